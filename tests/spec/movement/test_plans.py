"""A masterplan as it is kept: versions, two people at once, what the public sees, who may."""

import asyncio
import io

import pytest
from openpyxl import load_workbook

from sekali import audit, kernel, program
from sekali.program import spreadsheet

CITY, OTHER = "kota-yogyakarta", "kabupaten-sleman"


@pytest.fixture
def desk(movement):
    """Plans, Kota Yogyakarta, somebody of its team."""
    return movement.program.plans, movement.regions[CITY].id, movement.team(CITY)


def workbook(facts, version: int, **cells: str) -> bytes:
    """The spreadsheet of a version after somebody wrote into some general fields."""
    book = load_workbook(io.BytesIO(spreadsheet.write(facts, version, "Kota Yogyakarta")))
    for row in book[spreadsheet.GENERAL].iter_rows(min_row=2):
        if row[0].value in cells:
            row[2].value = cells[row[0].value]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# Versions


async def test_a_plan_that_nobody_began_is_version_0(desk) -> None:
    plans, city, team = desk
    found = await plans.read(team, city)
    assert (found.version, found.facts, found.published) == (0, {}, None) and await plans.versions(team, city) == []


async def test_every_change_is_a_version_that_stays_readable(desk) -> None:
    plans, city, team = desk
    assert await plans.change(team, city, {"vision": "First"}, 0, "begun") == 1
    assert await plans.change(team, city, {"vision": "Second", "intro": "Words"}, 1) == 2
    assert await plans.change(team, city, {"intro": ""}, 2) == 3
    texts = [(await plans.read(team, city, n)).facts for n in (0, 1, 2, 3)]
    assert texts == [{}, {"vision": "First"}, {"intro": "Words", "vision": "Second"}, {"vision": "Second"}]
    history = await plans.versions(team, city)
    assert [(one.version, one.note) for one in history] == [(3, ""), (2, ""), (1, "begun")]
    assert {one.actor_name for one in history} == {team.name}
    with pytest.raises(kernel.NotFound):
        await plans.read(team, city, 4)


async def test_what_changes_nothing_is_no_version(desk) -> None:
    plans, city, team = desk
    await plans.change(team, city, {"vision": "First"}, 0)
    assert await plans.change(team, city, {"vision": "  First "}, 1) == 1
    assert len(await plans.versions(team, city)) == 1


async def test_a_field_that_a_masterplan_has_not_is_refused_with_its_name(desk) -> None:
    plans, city, team = desk
    with pytest.raises(kernel.Invalid) as refused:
        await plans.change(team, city, {"vision": "First", "winner": "us", "P1.baseline": "many"}, 0)
    assert {fault.path for fault in refused.value.faults} == {"winner", "P1.baseline"}
    assert (await plans.read(team, city)).version == 0


async def test_an_earlier_version_is_restored_as_a_new_one(desk) -> None:
    plans, city, team = desk
    await plans.change(team, city, {"vision": "First", "intro": "Words"}, 0)
    await plans.change(team, city, {"vision": "Second", "intro": "", "closing": "End"}, 1)
    wanted, present = (await plans.read(team, city, 1)).facts, (await plans.read(team, city)).facts
    assert await plans.change(team, city, dict.fromkeys(present, "") | wanted, 2, "restored 1") == 3
    assert (await plans.read(team, city)).facts == wanted
    assert (await plans.read(team, city, 2)).facts == present, "what was replaced is not lost"


# Two people


async def test_two_people_on_different_fields_both_keep_their_work(desk) -> None:
    plans, city, team = desk
    await plans.change(team, city, {"vision": "First"}, 0)
    await plans.change(team, city, {"intro": "of Ani"}, 1)
    assert await plans.change(team, city, {"closing": "of Budi"}, 1) == 3
    assert (await plans.read(team, city)).facts == {"vision": "First", "intro": "of Ani", "closing": "of Budi"}


async def test_many_people_at_the_same_moment_lose_nothing(desk) -> None:
    plans, city, team = desk
    paths = [f"{dimension}.{aim}" for dimension in program.DIMENSIONS for aim in ("target", "strategy")]
    versions = await asyncio.gather(*(plans.change(team, city, {path: f"text of {path}"}, 0) for path in paths))
    assert sorted(versions) == list(range(1, 13))
    assert (await plans.read(team, city)).facts == {path: f"text of {path}" for path in paths}


async def test_two_people_on_the_same_field_clash_and_nothing_is_lost(desk) -> None:
    plans, city, team = desk
    await plans.change(team, city, {"vision": "First"}, 0)
    await plans.change(team, city, {"vision": "of Ani"}, 1)
    with pytest.raises(program.Clash) as clash:
        await plans.change(team, city, {"vision": "of Budi", "intro": "more of Budi"}, 1)
    (one,) = clash.value.clashes
    assert (one.path, one.base, one.mine, one.theirs) == ("vision", "First", "of Budi", "of Ani")
    assert clash.value.version == 2 and (await plans.read(team, city)).facts == {"vision": "of Ani"}
    # When Budi has read it and chooses
    assert await plans.change(team, city, {"vision": "of both", "intro": "more of Budi"}, 2) == 3


async def test_two_people_who_write_the_same_do_not_clash(desk) -> None:
    plans, city, team = desk
    await plans.change(team, city, {"vision": "First"}, 0)
    await plans.change(team, city, {"vision": "Same"}, 1)
    assert await plans.change(team, city, {"vision": "Same"}, 1) == 2


async def test_two_people_who_both_add_a_programme_have_two_programmes(desk) -> None:
    plans, city, team = desk
    await plans.change(team, city, {"P1.name": "Buses"}, 0)
    await plans.change(team, city, {"P1.name": "Clinics", "P1.office": "Dinas Kesehatan"}, 0)
    assert (await plans.read(team, city)).facts == {
        "P1.name": "Buses", "P2.name": "Clinics", "P2.office": "Dinas Kesehatan",
    }  # fmt: skip


# The spreadsheet


async def test_a_spreadsheet_from_an_old_version_is_merged(desk) -> None:
    plans, city, team = desk
    await plans.change(team, city, {"vision": "First", "intro": "Words"}, 0)
    old = await plans.read(team, city)
    await plans.change(team, city, {"closing": "meanwhile"}, 1)
    assert await plans.load(team, city, workbook(old.facts, old.version, vision="from Excel")) == 3
    assert (await plans.read(team, city)).facts == {"vision": "from Excel", "intro": "Words", "closing": "meanwhile"}
    assert (await plans.versions(team, city))[0].note == "spreadsheet"


async def test_a_spreadsheet_that_wrote_what_somebody_changed_clashes(desk) -> None:
    plans, city, team = desk
    await plans.change(team, city, {"vision": "First"}, 0)
    old = await plans.read(team, city)
    await plans.change(team, city, {"vision": "meanwhile"}, 1)
    with pytest.raises(program.Clash):
        await plans.load(team, city, workbook(old.facts, old.version, vision="from Excel"))
    assert (await plans.read(team, city)).facts == {"vision": "meanwhile"}


async def test_the_same_spreadsheet_twice_is_one_version(desk) -> None:
    plans, city, team = desk
    book = workbook({}, 0, vision="from Excel")
    assert await plans.load(team, city, book) == await plans.load(team, city, book) == 1


async def test_what_is_no_spreadsheet_changes_nothing(desk) -> None:
    plans, city, team = desk
    for content in (b"", b"PK\x03\x04", b"%PDF-1.7"):
        with pytest.raises((kernel.Invalid, kernel.Unsupported)):
            await plans.load(team, city, content)
    assert (await plans.read(team, city)).version == 0


# The public


async def test_everyone_sees_the_published_version_and_not_the_newest(desk, movement) -> None:
    plans, city, team = desk
    await plans.change(
        team, city, {"vision": "First", "first_year": "2019", "P1.name": "Clinic", "P1.y1.target": "3"}, 0
    )
    await plans.change(team, city, {"vision": "Secret"}, 1)
    assert await plans.public(city) is None and await movement.program.open_data.table("promises") == []
    await plans.publish(team, city, 1)
    assert (await plans.public(city)).facts["vision"] == "First"
    (promise,) = await movement.program.open_data.table("promises")
    assert (promise["region"], promise["year"], promise["horizon"], promise["target"]) == (CITY, 2019, "short", 3)
    await plans.publish(team, city, None)
    assert await plans.public(city) is None and await movement.program.open_data.table("promises") == []


async def test_a_version_that_is_not_there_cannot_be_published(desk) -> None:
    plans, city, team = desk
    with pytest.raises(kernel.NotFound):
        await plans.publish(team, city, 1)
    await plans.change(team, city, {"vision": "First"}, 0)
    with pytest.raises(kernel.NotFound):
        await plans.publish(team, city, 2)


# Who may


async def test_another_citys_team_neither_reads_nor_writes(desk, movement) -> None:
    plans, city, team = desk
    await plans.change(team, city, {"vision": "First"}, 0)
    other = movement.team(OTHER)
    for work in (
        plans.read(other, city), plans.versions(other, city), plans.change(other, city, {"vision": "Mine"}, 1),
        plans.load(other, city, workbook({}, 0, vision="Mine")), plans.publish(other, city, 1),
    ):  # fmt: skip
        with pytest.raises(kernel.Forbidden):
            await work
    assert (await plans.read(team, city)).facts == {"vision": "First"} and await plans.public(city) is None


async def test_a_mentor_reads_the_own_cities_and_writes_none(desk, movement) -> None:
    plans, city, team = desk
    await plans.change(team, city, {"vision": "First"}, 0)
    mentor, part = await movement.person("mentor", "Citra"), await movement.program.cohorts.part_of(city)
    with pytest.raises(kernel.Forbidden):
        await plans.read(mentor, city)
    await movement.program.mentoring.appoint(movement.secretariat, part.id, [mentor.facility])
    assert (await plans.read(mentor, city)).facts == {"vision": "First"}
    for work in (
        plans.change(mentor, city, {"vision": "Mine"}, 1), plans.publish(mentor, city, 1),
        plans.read(mentor, movement.regions[OTHER].id),
    ):  # fmt: skip
        with pytest.raises(kernel.Forbidden):
            await work
    # When another one mentors instead
    await movement.program.mentoring.appoint(movement.secretariat, part.id, [])
    with pytest.raises(kernel.Forbidden):
        await plans.read(mentor, city)


async def test_the_secretariat_reads_every_plan_and_writes_none(desk, movement) -> None:
    plans, city, team = desk
    await plans.change(team, city, {"vision": "First"}, 0)
    assert (await plans.read(movement.secretariat, city)).facts == {"vision": "First"}
    with pytest.raises(kernel.Forbidden):
        await plans.change(movement.secretariat, city, {"vision": "Ours"}, 1)


async def test_each_change_is_in_the_audit_and_the_chain_holds(desk, movement) -> None:
    plans, city, team = desk
    await plans.change(team, city, {"vision": "First"}, 0)
    await plans.change(team, city, {"vision": "Second"}, 1)
    await plans.change(team, city, {"vision": "Second"}, 2)
    await plans.publish(team, city, 2)
    assert await movement.heard() == [
        ("plan-changed", f"plan/{city}", text) for text in ("version 1", "version 2", "published 2")
    ]
    assert (await audit.verify(movement.database)).breaks == ()
