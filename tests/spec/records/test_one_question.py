"""A write is one question: what is written is seen by whoever asks before its end, and what is not as thought is asked again."""

from collections import Counter

import pytest

from sekali import audit, fhir, kernel, records
from sekali.kernel.database import Session


@pytest.fixture
def questions(monkeypatch) -> Counter[str]:
    """What the database is asked within transactions, but for begin and commit."""
    asked: Counter[str] = Counter()

    def counted(name: str):
        real = getattr(Session, name)

        async def ask(self, sql, *values):
            asked[name] += 1
            return await real(self, sql, *values)

        return ask

    for name in ("fetch", "fetchrow", "fetchval", "execute", "copy"):
        monkeypatch.setattr(Session, name, counted(name))
    return asked


def patient(name: str = "Uji Satu Tanya (contoh)") -> dict:
    return {"resourceType": "Patient", "name": [{"text": name}]}


def observation(person: str, **more: object) -> dict:
    code = {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]}
    return {
        "resourceType": "Observation",
        "status": "final",
        "subject": {"reference": person},
        "code": code,
        **more,
    }


async def test_a_create_asks_once_and_an_update_twice(city, loading, questions) -> None:
    async with city.store.change(loading) as change:
        person = await change.create(patient())
        one = await change.create(observation(person.reference))
    for _ in range(city.database.size):  # whichever connection comes, it knows how its chains end
        async with city.store.change(loading) as change:
            await change.create(observation(person.reference))
    questions.clear()
    async with city.store.change(loading) as change:
        await change.create(observation(person.reference))
    assert questions.total() == 1
    questions.clear()
    async with city.store.change(loading) as change:
        await change.update("Observation", one.id, observation(person.reference, valueString="lain"))
    assert questions.total() == 2


async def test_whoever_asks_the_transaction_sees_what_was_written(city, loading) -> None:
    version = "select version from records.resource where type = 'Observation' and id = $1"
    async with city.store.change(loading) as change:
        person = await change.create(patient())
        one = await change.create(observation(person.reference))
        assert await change.tx.fetchval(version, one.id) == 1
        await change.update("Observation", one.id, observation(person.reference, valueString="dua"))
        assert await change.tx.fetchval(version, one.id) == 2
        await change.update("Observation", one.id, observation(person.reference, valueString="tiga"))
        async with change.tx.part():
            assert await change.tx.fetchval(version, one.id) == 3
        await change.delete("Observation", one.id)
    assert await city.database.fetchval(version, one.id) == 4
    before = "select version from records.version where id = $1 order by version"
    assert [row["version"] for row in await city.database.fetch(before, one.id)] == [1, 2, 3]


async def test_a_reference_that_leads_nowhere_keeps_nothing_and_the_audit_goes_on(city, loading) -> None:
    async with city.store.change(loading) as change:
        person = await change.create(patient())
    lost = f"Encounter/{kernel.new_id(kernel.shard_of(person.id))}"
    count = "select count(*) from records.resource where subject = $1"
    for _ in range(3):
        with pytest.raises(kernel.Invalid) as refused:
            async with city.store.change(loading) as change:
                await change.create(observation(person.reference))
                await change.create(observation(person.reference, encounter={"reference": lost}))
        assert [(one.path, lost in one.reason) for one in refused.value.faults] == [("Observation.encounter", True)]
        assert await city.database.fetchval(count, person.id) == 1
        async with city.store.change(loading) as change:
            await change.create(patient())
    assert (await audit.verify(city.database)).breaks == ()


async def test_what_is_written_along_is_there_however_its_id_is_written(city, loading) -> None:
    async with city.store.change(loading) as change:
        person = await change.create(patient())
        shouted = {"reference": f"Patient/{str(person.id).upper()}"}
        one = await change.create(observation(person.reference, performer=[shouted]))
    assert await city.database.fetchval("select version from records.resource where id = $1", one.id) == 1


async def test_what_was_deleted_along_is_not_there(city, loading) -> None:
    async with city.store.change(loading) as change:
        person = await change.create(patient())
        visit = await change.create(
            {
                "resourceType": "Encounter",
                "status": "finished",
                "class": {"code": "AMB"},
                "subject": {"reference": person.reference},
            }
        )
    with pytest.raises(kernel.Invalid) as refused:
        async with city.store.change(loading) as change:
            await change.delete("Encounter", visit.id)
            await change.create(observation(person.reference, encounter={"reference": visit.reference}))
    assert [one.path for one in refused.value.faults] == ["Observation.encounter"]


async def test_what_can_be_no_id_leads_nowhere_either(city, loading) -> None:
    with pytest.raises(kernel.Invalid) as refused:
        async with city.store.change(loading) as change:
            person = await change.create(patient())
            await change.create(observation(person.reference, encounter={"reference": "Encounter/1"}))
    assert [one.path for one in refused.value.faults] == ["Observation.encounter"]


async def test_an_id_that_is_there_already(city, loading) -> None:
    async with city.store.change(loading) as change:
        person = await change.create(patient())
    with pytest.raises(kernel.Conflict, match="there already"):
        async with city.store.change(loading) as change:
            await change.create(patient(), person.id)


async def test_a_trial_refuses_as_the_write_would_and_keeps_nothing(city, loading) -> None:
    async with city.store.trial(loading) as change:
        person = await change.create(patient())
        await change.create(observation(person.reference))
    assert not await city.database.fetchval("select count(*) from records.resource where subject = $1", person.id)
    with pytest.raises(kernel.Invalid):
        async with city.store.trial(loading) as change:
            await change.create(observation(f"Patient/{kernel.new_person()}"))


async def test_a_bundle_is_made_ready_whole_before_anything_is_written(city, loading, questions) -> None:
    """What is wrong in the last entry is told of that entry, and the database was asked nothing."""
    entries = [
        {"resource": one, "request": {"method": "POST", "url": one["resourceType"]}}
        for one in (patient(), patient(), {"resourceType": "Patient", "gender": "none of these"})
    ]
    bundle = kernel.encode({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    questions.clear()
    with pytest.raises(kernel.Invalid) as refused:
        async with city.store.change(loading) as change:
            await records.carry_out(await records.plan(bundle), change)
    assert [one.path for one in refused.value.faults] == ["Bundle.entry[2].resource: Patient.gender"]
    assert not questions.total()


async def test_a_number_of_somebody_else_is_refused_with_all_that_came_along(city, loading) -> None:
    number = {"system": fhir.JKN, "value": "0009990001112"}
    async with city.store.change(loading) as change:
        await change.create(patient() | {"identifier": [number]})
    with pytest.raises(kernel.Conflict, match="known already"):
        async with city.store.change(loading) as change:
            person = await change.create(patient() | {"identifier": [number]})
            await change.create(observation(person.reference))
    assert not await city.database.fetchval("select count(*) from records.resource where subject = $1", person.id)
