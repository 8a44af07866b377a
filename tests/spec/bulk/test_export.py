"""``$export``: all of it, once, as of one moment; and nothing of others. https://hl7.org/fhir/uv/bulkdata/STU2/export.html"""

import asyncio
import json
import random
import stat
from collections import Counter
from datetime import datetime
from uuid import UUID

import decrypting
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekali import audit, kernel, records
from sekali.exchange.bulk import folder as the_folder


async def present(office, where: str = "true", *values) -> list[records.Stored]:
    return await decrypting.kept(office.sekali.database, office.sekali.cipher, f"not deleted and {where}", *values)


def ids(lines: list[bytes]) -> Counter:
    found = map(json.loads, lines)
    return Counter((one["resourceType"], one["id"]) for one in found)


async def related(office, client_id: str) -> set[UUID]:
    rows = await office.sekali.database.fetch(
        "select citizen from care.relation r join security.client c on c.organization = r.facility where c.id = $1",
        client_id,
    )
    return {row["citizen"] for row in rows}


async def test_the_operator_takes_out_every_resource_once_with_its_exact_bytes(office) -> None:
    manifest = await office.finished(office.operator, "$export")

    kept = [one.content for one in await present(office)]
    assert sorted(await office.lines(office.operator, manifest)) == sorted(kept)
    assert manifest["requiresAccessToken"] is True and manifest["error"] == [] and manifest["deleted"] == []
    assert manifest["request"].endswith("/fhir-r4/v1/$export") and datetime.fromisoformat(manifest["transactionTime"])


async def test_a_hospitals_system_may_not_take_out_everybody(office) -> None:
    for answer in (
        await office.rsud.get("$export"), await office.rsud.post("bulk"),
        await office.rsud.post("$import", json={"input": []}),
    ):  # fmt: skip
        assert answer.status_code == 403 and answer.json()["resourceType"] == "OperationOutcome"


async def test_an_operators_system_may_do_nothing_else(office) -> None:
    assert (await office.operator.get("Patient?name=siti")).status_code == 403


async def test_nobody_gets_anything_without_a_token(office) -> None:
    for path in ("$export", "Patient/$export", f"bulk/{UUID(int=1)}"):
        assert (await office.rsud.get(path, headers={"Authorization": ""})).status_code == 401


async def test_a_hospitals_system_gets_those_it_stands_in_a_relation_to_and_no_trace_of_others(office) -> None:
    whom = await related(office, "rsud-simrs")
    started = await office.rsud.get("Patient/$export", headers={"Prefer": "respond-async"})
    before = await office.rsud.get(started.headers["content-location"])
    assert before.status_code == 202 and before.headers["retry-after"] and len(before.headers["x-progress"]) <= 100
    manifest = await office.manifest(office.rsud, started.headers["content-location"])

    rows = await present(office, "subject = any($1::uuid[])", sorted(whom))
    assert whom and 0 < len(rows) < await office.sekali.database.fetchval("select count(*) from records.resource")
    lines = await office.lines(office.rsud, manifest)
    assert sorted(lines) == sorted(one.content for one in rows)
    assert await related(office, "pratama-simrs") - whom, "there are others"


async def test_a_relation_that_is_not_there_any_more_when_the_work_begins_gives_nothing(office) -> None:
    whom = await related(office, "rsud-simrs")
    started = await office.rsud.get("Patient/$export?_type=Patient")
    lost = min(whom)
    await office.sekali.database.execute("delete from care.relation where citizen = $1", lost)
    manifest = await office.manifest(office.rsud, started.headers["content-location"])
    assert str(lost) not in {id for _, id in ids(await office.lines(office.rsud, manifest))}


async def test_a_job_is_only_its_askers_own(office) -> None:
    started = await office.rsud.get("Patient/$export")
    place = started.headers["content-location"]
    manifest = await office.manifest(office.rsud, place)
    for other in (office.pratama, office.operator):
        for path in (place, manifest["output"][0]["url"]):
            assert (await other.get(path)).status_code == 404
        assert (await other.delete(place)).status_code == 404
    assert (await office.rsud.get(place)).status_code == 200


async def group_of(office, members: list[UUID], loading) -> UUID:
    async with office.sekali.store.change(loading) as change:
        group = await change.create(
            {"resourceType": "Group", "type": "person", "actual": True,
             "member": [{"entity": {"reference": f"Patient/{one}"}} for one in members]}
        )  # fmt: skip
    return group.id


async def test_a_group_is_its_members(office, loading) -> None:
    members = sorted(await related(office, "rsud-simrs"))[:3]
    group = await group_of(office, members, loading)
    manifest = await office.finished(office.rsud, f"Group/{group}/$export?_type=Patient")
    assert ids(await office.lines(office.rsud, manifest)) == Counter(("Patient", str(one)) for one in members)


async def test_a_group_with_a_stranger_is_refused_as_reading_it_is(office, loading) -> None:
    strangers = await related(office, "pratama-simrs") - await related(office, "rsud-simrs")
    group = await group_of(office, [*sorted(await related(office, "rsud-simrs"))[:2], min(strangers)], loading)
    assert (await office.rsud.get(f"Group/{group}")).status_code == 403
    assert (await office.rsud.get(f"Group/{group}/$export")).status_code == 403
    manifest = await office.finished(office.operator, f"Group/{group}/$export?_type=Patient")
    assert len(await office.lines(office.operator, manifest)) == 3


async def test_what_is_written_after_the_kick_off_is_not_seen(office, loading) -> None:
    rows = await present(office, "type = 'Condition' order by id limit 2")
    changed, deleted = rows
    started = await office.operator.get("$export?_type=Condition,Patient")
    async with office.sekali.store.change(loading) as change:
        new = changed.resource | {"recordedDate": "2026-11-24"}
        await change.update("Condition", changed.id, new)
        await change.delete("Condition", deleted.id)
        patient = await change.create({"resourceType": "Patient", "name": [{"text": "Baru"}]})
    lines = await office.lines(
        office.operator, await office.manifest(office.operator, started.headers["content-location"])
    )

    assert lines.count(changed.content) == 1 and lines.count(deleted.content) == 1
    assert ids(lines)["Condition", str(changed.id)] == 1
    assert ("Patient", str(patient.id)) not in ids(lines)


async def test_whoever_began_to_write_before_the_kick_off_is_waited_for(office, loading) -> None:
    async with office.sekali.store.change(loading) as change:
        patient = await change.create({"resourceType": "Patient", "name": [{"text": "Lambat"}]})
        await asyncio.sleep(0.01)
        started = await office.operator.get("$export?_type=Patient")
        work = asyncio.create_task(office.work())
        await asyncio.sleep(0.3)
        assert not work.done()
    await work
    manifest = await office.manifest(office.operator, started.headers["content-location"])
    assert ids(await office.lines(office.operator, manifest))["Patient", str(patient.id)] == 1


async def test_rows_of_an_import_that_are_still_made_ready_are_waited_for_too(office, loading) -> None:
    """They have the time of a transaction that began before, so they must not come into the next export only."""
    id = kernel.new_person()
    patient = kernel.encode({"resourceType": "Patient", "name": [{"text": "Di jalan"}]})

    async with office.sekali.store.taking_in(loading) as taking:
        await asyncio.sleep(0.01)
        started = await office.operator.get("$export?_type=Patient")
        work = asyncio.create_task(office.work())
        await asyncio.sleep(0.3)
        assert not work.done()
        row = records.prepare(patient, id, 1, taking.stamp.at)
        await taking.put([records.ready(office.sekali.store.seals.own(row, None, None), taking.stamp.key)])
    await work
    manifest = await office.manifest(office.operator, started.headers["content-location"])
    assert ids(await office.lines(office.operator, manifest))["Patient", str(id)] == 1


async def test_since_the_last_export_there_is_what_changed_and_what_was_deleted(office, loading) -> None:
    first = await office.finished(office.operator, "$export?_type=Condition")
    rows = await present(office, "type = 'Condition' order by id limit 2")
    async with office.sekali.store.change(loading) as change:
        await change.update("Condition", rows[0].id, rows[0].resource | {"recordedDate": "2026-11-24"})
        await change.delete("Condition", rows[1].id)
    asked = {"_type": "Condition", "_since": first["transactionTime"]}
    second = await office.finished(office.operator, "$export", params=asked)

    assert ids(await office.lines(office.operator, second)) == Counter([("Condition", str(rows[0].id))])
    (line,) = await office.lines(office.operator, second, "deleted")
    assert json.loads(line) == {
        "resourceType": "Bundle", "type": "transaction",
        "entry": [{"request": {"method": "DELETE", "url": f"Condition/{rows[1].id}"}}],
    }  # fmt: skip
    assert second["deleted"][0]["type"] == "Bundle"


async def test_a_type_filter_is_a_search_and_several_of_a_kind_add_up(office) -> None:
    asked = {
        "_type": "Patient,Condition",
        "_typeFilter": "Patient?gender=female,Condition?code=E11.9%2CJ06.9,Condition?code=I10",
    }
    lines = [
        json.loads(one)
        for one in await office.lines(office.operator, await office.finished(office.operator, "$export", params=asked))
    ]
    assert {one["gender"] for one in lines if one["resourceType"] == "Patient"} == {"female"}
    rows = [one.resource for one in await present(office, "type = 'Condition'")]
    wanted = {one["id"] for one in rows if {c["code"] for c in one["code"]["coding"]} & {"E11.9", "J06.9", "I10"}}
    assert {one["id"] for one in lines if one["resourceType"] == "Condition"} == wanted


async def test_a_post_asks_with_parameters(office) -> None:
    body = {"resourceType": "Parameters", "parameter": [
        {"name": "_outputFormat", "valueString": "ndjson"}, {"name": "_type", "valueString": "Patient"},
    ]}  # fmt: skip
    started = await office.operator.post("Patient/$export", json=body)
    manifest = await office.manifest(office.operator, started.headers["content-location"])
    assert {one["type"] for one in manifest["output"]} == {"Patient"}


@pytest.mark.parametrize(
    "question",
    ["_outputFormat=csv", "_type=Nonsense", "_since=yesterday", "_elements=id", "_typeFilter=Patient", "_typeFilter=Patient?no=1",
     "_typeFilter=Patient?_has:Condition:subject:code=I10", "_type=Organization"],
)  # fmt: skip
async def test_what_is_not_had_is_said(office, question: str) -> None:
    answer = await office.rsud.get(f"Patient/$export?{question}")
    assert answer.status_code in (400, 404, 415) and answer.json()["issue"][0]["details"]["text"]


async def test_lenient_handling_leaves_out_what_is_not_had(office) -> None:
    answer = await office.rsud.get(
        "Patient/$export?_elements=id", headers={"Prefer": "respond-async, handling=lenient"}
    )
    assert answer.status_code == 202


async def test_everybody_whose_data_went_out_can_see_it_once(office) -> None:
    whom = await related(office, "rsud-simrs")
    manifest = await office.finished(office.rsud, "Patient/$export")
    events = await office.sekali.database.fetch(
        "select citizen, role, purpose from audit.event where kind = 'exported'"
    )
    assert Counter(row["citizen"] for row in events) == Counter([*whom, None])
    assert {(row["role"], row["purpose"]) for row in events} == {("integrator", "integration")}
    await office.lines(office.rsud, manifest)
    fetched = await office.sekali.database.fetchval("select count(*) from audit.event where kind = 'fetched'")
    assert fetched == len(manifest["output"])
    assert not (await audit.verify(office.sekali.database)).breaks


async def test_a_cancelled_job_is_gone_with_its_files(office) -> None:
    started = await office.rsud.get("Patient/$export")
    place = started.headers["content-location"]
    manifest = await office.manifest(office.rsud, place)
    assert (await office.rsud.delete(place)).status_code == 202
    assert (await office.rsud.get(place)).status_code == 404
    assert (await office.rsud.get(manifest["output"][0]["url"])).status_code == 404
    await office.sekali.bulk.worker().tidy()
    assert list(office.sekali.bulk.folder.iterdir()) == []
    assert await office.sekali.database.fetchval("select count(*) from bulk.told") == 0


async def test_files_expire(office) -> None:
    manifest = await office.finished(office.rsud, "Patient/$export")
    await office.sekali.database.execute("update bulk.job set expires_at = now() - interval '1 second'")
    assert (await office.rsud.get(manifest["output"][0]["url"])).status_code == 404
    await office.sekali.bulk.worker().tidy()
    assert list(office.sekali.bulk.folder.iterdir()) == []


async def test_files_are_small_enough_and_for_nobody_elses_eyes(office, monkeypatch) -> None:
    monkeypatch.setattr(the_folder, "MOST_LINES", 30)
    manifest = await office.finished(office.operator, "$export?_type=Patient")
    assert [one["count"] for one in manifest["output"]] == [30, 30, 30, await office.sekali.database.fetchval(
        "select count(*) from records.resource where type = 'Patient'") - 90]  # fmt: skip
    for path in office.sekali.bulk.folder.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


async def test_a_job_that_becomes_too_large_says_so(office) -> None:
    office.sekali.bulk.most = 100_000
    started = await office.operator.get("$export")
    await office.work()
    answer = await office.operator.get(started.headers["content-location"])
    assert answer.status_code == 500 and "MB" in answer.json()["issue"][0]["details"]["text"]


async def test_a_disk_that_is_almost_full_is_left_alone(office, monkeypatch) -> None:
    monkeypatch.setattr(the_folder, "LEAST_FREE", 1 << 60)
    assert (await office.operator.get("$export")).status_code == 503


async def test_a_client_may_have_five_jobs(office) -> None:
    answers = await asyncio.gather(*(office.rsud.get("Patient/$export") for _ in range(8)))
    assert Counter(one.status_code for one in answers) == {202: 5, 503: 3}


async def test_a_job_whose_worker_is_gone_is_taken_up_when_its_lease_has_ended(office) -> None:
    started = await office.operator.get("$export")
    jobs = office.sekali.bulk.jobs
    assert await jobs.next(UUID(int=7), [])
    assert await jobs.next(UUID(int=8), []) is None
    await office.sekali.database.execute("update bulk.job set leased_until = now() - interval '1 second'")
    manifest = await office.manifest(office.operator, started.headers["content-location"])
    assert len(await office.lines(office.operator, manifest)) == len(await present(office))


async def write(office, loading, seed: int, seen: dict, until: asyncio.Event) -> None:
    """Create, change and delete without pause, some of it slowly; each version that was committed goes into ``seen``."""
    chance = random.Random(seed)
    own: list[UUID] = []
    while not until.is_set():
        async with office.sekali.store.change(loading) as change:
            done = []
            for _ in range(chance.randint(1, 4)):
                if own and chance.random() < 0.3:
                    done.append(await change.delete("Patient", own.pop(chance.randrange(len(own)))))
                elif own and chance.random() < 0.6:
                    id = chance.choice(own)
                    done.append(
                        await change.update(
                            "Patient", id, {"resourceType": "Patient", "name": [{"text": f"{chance.random()}"}]}
                        )
                    )
                else:
                    done.append(await change.create({"resourceType": "Patient", "name": [{"text": "Uji"}]}))
                    own.append(done[-1].id)
            await asyncio.sleep(chance.choice((0, 0, 0.002, 0.02)))
        for one in done:
            seen.setdefault(one.id, []).append(one)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), pause=st.floats(0, 0.15))
async def test_while_others_write_every_resource_of_that_moment_is_there_exactly_once(
    office, loading, seed, pause
) -> None:
    seen: dict[UUID, list] = {}
    before = {one.id: one.content for one in await present(office, "type = 'Patient'")}
    until = asyncio.Event()
    writers = [asyncio.create_task(write(office, loading, seed + n, seen, until)) for n in range(3)]
    try:
        await asyncio.sleep(pause)
        started = await office.operator.get("$export?_type=Patient")
        manifest = await office.manifest(office.operator, started.headers["content-location"])
    finally:
        until.set()
        await asyncio.gather(*writers)
    moment = datetime.fromisoformat(manifest["transactionTime"])
    expected = Counter(before.values())
    for versions in seen.values():
        older = [one for one in sorted(versions, key=lambda one: one.version) if one.updated < moment]
        if older and not older[-1].deleted:
            expected[older[-1].content] += 1
    assert Counter(await office.lines(office.operator, manifest)) == expected
