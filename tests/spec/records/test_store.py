"""A resource is kept as it was sent, every version for ever."""

import asyncio

import pytest

from sekali import fhir, kernel, security

NIK = "9901014107900001"
PATIENT = {
    "resourceType": "Patient",
    "identifier": [{"system": fhir.NIK, "value": NIK}],
    "name": [{"text": "Siti Aminah"}],
    "birthDate": "1990-07-01",
    "gender": "female",
}


async def create(sekali, grant, resource, id=None):
    async with sekali.store.change(grant) as change:
        return await change.create(resource, id)


async def test_the_server_gives_id_version_and_time_and_changes_nothing_else(sekali, loading) -> None:
    sent = b'{"resourceType":"Patient","name":[ {"text":"Budi"} ],"extension":[{"url":"http://x","valueDecimal":1.00}]}'
    kept = await create(sekali, loading, sent)
    assert kept.content.endswith(b',"name":[ {"text":"Budi"} ],"extension":[{"url":"http://x","valueDecimal":1.00}]}')
    assert kept.resource["meta"]["versionId"] == "1"
    read = await sekali.store.under(loading).read("Patient", kept.id)
    assert read.content == kept.content


async def test_what_belongs_to_a_person_lies_with_the_person(sekali, loading) -> None:
    person = await create(sekali, loading, PATIENT)
    condition = {"resourceType": "Condition", "code": {"text": "x"}, "subject": {"reference": f"Patient/{person.id}"}}
    kept = await create(sekali, loading, condition)
    assert kernel.shard_of(kept.id) == kernel.shard_of(person.id)
    assert kept.id.version == person.id.version == 8


async def test_an_update_keeps_what_was(sekali, loading) -> None:
    first = await create(sekali, loading, PATIENT)
    async with sekali.store.change(loading) as change:
        await change.update("Patient", first.id, PATIENT | {"gender": "male"}, 1)
    reader = sekali.store.under(loading)
    assert [one.version for one in await reader.history("Patient", first.id)] == [2, 1]
    assert (await reader.vread("Patient", first.id, 1)).content == first.content


async def test_a_stale_update_is_refused_and_the_newer_stays(sekali, loading) -> None:
    first = await create(sekali, loading, PATIENT)

    async def update(gender: str) -> None:
        async with sekali.store.change(loading) as change:
            await change.update("Patient", first.id, PATIENT | {"gender": gender}, 1)

    outcomes = await asyncio.gather(update("male"), update("other"), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "PreconditionFailed"]


async def test_a_deleted_resource_is_gone_and_its_history_stays(sekali, loading) -> None:
    person = await create(sekali, loading, PATIENT)
    async with sekali.store.change(loading) as change:
        await change.delete("Patient", person.id)
    reader = sekali.store.under(loading)
    with pytest.raises(kernel.Gone):
        await reader.read("Patient", person.id)
    assert [(one.version, one.deleted) for one in await reader.history("Patient", person.id)] == [(2, True), (1, False)]


async def test_a_person_with_a_record_cannot_be_deleted(sekali, loading) -> None:
    person = await create(sekali, loading, PATIENT)
    await create(
        sekali,
        loading,
        {"resourceType": "Condition", "code": {"text": "x"}, "subject": {"reference": f"Patient/{person.id}"}},
    )
    with pytest.raises(kernel.Conflict):
        async with sekali.store.change(loading) as change:
            await change.delete("Patient", person.id)


async def test_each_fault_has_a_path_and_a_reason(sekali, loading) -> None:
    with pytest.raises(kernel.Invalid) as refused:
        await create(sekali, loading, PATIENT | {"gender": "unclear", "nik": "1", "birthDate": "01-07-1990"})
    assert {fault.path for fault in refused.value.faults} == {"Patient.gender", "Patient.nik", "Patient.birthDate"}
    assert all(fault.reason for fault in refused.value.faults)


async def test_a_reference_must_lead_somewhere(sekali, loading) -> None:
    nobody = kernel.new_person()
    with pytest.raises(kernel.Invalid) as refused:
        await create(
            sekali,
            loading,
            {"resourceType": "Condition", "code": {"text": "x"}, "subject": {"reference": f"Patient/{nobody}"}},
        )
    assert refused.value.faults[0].path == "Condition.subject"
    assert f"Patient/{nobody}: the reference leads nowhere" in refused.value.faults[0].reason


async def test_when_one_thing_fails_nothing_is_kept(sekali, loading) -> None:
    id = kernel.new_person()
    with pytest.raises(kernel.Invalid):
        async with sekali.store.change(loading) as change:
            await change.create(PATIENT, id)
            await change.create({"resourceType": "Patient", "gender": "?"})
    with pytest.raises(kernel.NotFound):
        await sekali.store.under(loading).read("Patient", id)


async def test_one_person_for_each_nik_however_many_ask_at_once(sekali, loading) -> None:
    outcomes = await asyncio.gather(*(create(sekali, loading, PATIENT) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(outcome, kernel.Conflict) for outcome in outcomes) == 7
    assert await sekali.database.fetchval("select count(*) from records.resource where type = 'Patient'") == 1


async def test_a_grant_for_one_person_opens_no_other(sekali, loading) -> None:
    one = await create(sekali, loading, PATIENT)
    other = await create(sekali, loading, {"resourceType": "Patient", "name": [{"text": "Lain"}]})
    clerk = security.Actor(kernel.new_person(), "x", security.Role.CLERK, kernel.new_id(0), "P")
    grant = security.decide(clerk, security.Purpose.REGISTRATION, one.id, security.Relation.PRESENT)
    reader = sekali.store.under(grant)
    assert (await reader.read("Patient", one.id)).id == one.id
    with pytest.raises(kernel.Forbidden):
        await reader.read("Patient", other.id)
    assert await reader.read_many("Patient", [other.id]) == []
    with pytest.raises(kernel.Forbidden):
        await reader.read("Observation", one.id)


async def test_two_who_share_a_shard_are_still_two(sekali, loading) -> None:
    one = await create(sekali, loading, PATIENT)
    neighbour = kernel.new_id(kernel.shard_of(one.id))
    await create(sekali, loading, {"resourceType": "Patient", "name": [{"text": "Tetangga"}]}, neighbour)
    clerk = security.Actor(kernel.new_person(), "x", security.Role.CLERK, kernel.new_id(0), "P")
    grant = security.decide(clerk, security.Purpose.REGISTRATION, one.id, security.Relation.PRESENT)
    with pytest.raises(kernel.Forbidden):
        await sekali.store.under(grant).read("Patient", neighbour)
    assert [p.id for p in (await sekali.store.under(grant).record(["Patient"]))["Patient"]] == [one.id]
