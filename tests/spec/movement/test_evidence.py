"""Evidence: which files are kept, how many, and who may see them."""

import asyncio
import hashlib

import pytest
from movement_office import actor

from sekali import audit, kernel, program, security

CITY, OTHER = "kota-yogyakarta", "kabupaten-bantul"
PDF, PNG, JPEG, ZIP = b"%PDF-1.7 a", b"\x89PNG\r\n\x1a\n a", b"\xff\xd8\xff\xe0 a", b"PK\x03\x04 a"
OFFICE = "application/vnd.openxmlformats-officedocument."


@pytest.fixture
def desk(movement):
    """The files, Kota Yogyakarta, somebody of its team."""
    return movement.program.evidence, movement.regions[CITY].id, movement.team(CITY)


# What is kept


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [("Laporan.pdf", PDF, "application/pdf"), ("foto.png", PNG, "image/png"), ("FOTO.JPG", JPEG, "image/jpeg"),
     ("foto.loket.jpeg", JPEG, "image/jpeg"), ("buku.docx", ZIP, OFFICE + "wordprocessingml.document"),
     ("data.xlsx", ZIP, OFFICE + "spreadsheetml.sheet")],
)  # fmt: skip
async def test_a_file_is_kept_byte_for_byte(desk, name: str, content: bytes, media_type: str) -> None:
    store, city, team = desk
    id = await store.add(team, city, name, content)
    found, kept = await store.content(team, id)
    assert kept == content and await store.of(team, city) == [found]
    assert (found.id, found.region, found.name, found.media_type) == (id, city, name, media_type)
    assert (found.size, found.sha256, found.actor_name) == (len(content), hashlib.sha256(content).digest(), team.name)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.pdf", b""), ("a.pdf", b" %PDF-1.7"), ("a.pdf", PNG), ("a.png", b"\x89PNG\n"), ("a.jpg", PDF), ("a.docx", PDF),
     ("a.xlsx", b"PK\x05\x06"), ("a.html", b"<html>"), ("a.svg", b"<svg/>"), ("a.zip", ZIP), ("a.pdf.exe", PDF), ("a", PDF),
     ("", PDF), ("a.", PDF)],
)  # fmt: skip
async def test_a_file_whose_name_or_content_is_not_of_a_known_kind_is_refused(desk, name: str, content: bytes) -> None:
    store, city, team = desk
    with pytest.raises(kernel.Unsupported):
        await store.add(team, city, name, content)
    assert await store.of(team, city) == []


async def test_10_mb_are_kept_and_a_byte_more_is_refused(desk) -> None:
    store, city, team = desk
    largest = PDF.ljust(10 * 1024 * 1024, b".")
    assert len(largest) == program.LARGEST_EVIDENCE
    with pytest.raises(kernel.TooCostly):
        await store.add(team, city, "a.pdf", largest + b".")
    assert await store.of(team, city) == []
    id = await store.add(team, city, "a.pdf", largest)
    assert (await store.content(team, id))[1] == largest


async def test_a_long_name_keeps_its_ending(desk) -> None:
    store, city, team = desk
    await store.add(team, city, "a" * 200 + ".pdf", PDF)
    (found,) = await store.of(team, city)
    assert found.name == "a" * 116 + ".pdf"


# How many


async def test_the_same_content_is_the_same_file_also_at_the_same_moment(desk, movement) -> None:
    store, city, team = desk
    ids = await asyncio.gather(*(store.add(team, city, f"{n}.pdf", PDF) for n in range(5)))
    assert len(set(ids)) == 1 and await store.add(team, city, "again.pdf", PDF) == ids[0]
    other = movement.team(OTHER)
    assert await store.add(other, other.facility, "theirs.pdf", PDF) != ids[0], "another city has its own"
    assert [one.id for one in await store.of(team, city)] == [ids[0]]


async def test_a_region_keeps_500_files_and_another_one_is_not_touched_by_that(desk, movement) -> None:
    store, city, team = desk
    known = await store.add(team, city, "known.pdf", PDF)
    await movement.database.execute(
        "insert into program.evidence select gen_random_uuid(), $1, n || '.pdf', 'application/pdf', 9,"
        " sha256(n::text::bytea), '', now(), 'X' from generate_series(1, 498) n",
        city,
    )
    outcomes = await asyncio.gather(
        *(store.add(team, city, f"{n}.pdf", PDF + bytes([n])) for n in range(3)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in outcomes) == ["TooCostly", "TooCostly", "UUID"]
    assert len(await store.of(team, city)) == 500 and await store.add(team, city, "known.pdf", PDF) == known
    other = movement.team(OTHER)
    await store.add(other, other.facility, "theirs.pdf", PDF)


# Who may


async def test_the_city_adds_and_those_who_help_or_judge_it_read(desk, movement) -> None:
    store, city, team = desk
    cohort = await movement.rehearsal([CITY, OTHER])
    mentor, assessor = await movement.person("mentor", "Citra"), await movement.person("assessor", "Ani")
    await movement.program.mentoring.appoint(
        movement.secretariat, (await movement.part(cohort, CITY)).id, [mentor.facility]
    )
    await movement.program.selection.assign(movement.secretariat, cohort, city, assessor.facility)
    id = await store.add(team, city, "a.pdf", PDF)
    for reader in (mentor, assessor, movement.secretariat):
        assert (await store.content(reader, id))[1] == PDF and [one.id for one in await store.of(reader, city)] == [id]
        with pytest.raises(kernel.Forbidden):
            await store.add(reader, city, "mine.pdf", PDF + b"mine")
    roles = set(security.Role) - {security.Role.SECRETARIAT, security.Role.SYSTEM, security.Role.CITY_TEAM}
    for stranger in [movement.team(OTHER), *(actor(role, city) for role in roles)]:
        for work in (
            store.add(stranger, city, "mine.pdf", PDF + b"mine"),
            store.of(stranger, city),
            store.content(stranger, id),
        ):
            with pytest.raises(kernel.Forbidden):
                await work
    assert [one.name for one in await store.of(team, city)] == ["a.pdf"]


async def test_an_assessor_with_a_conflict_of_interest_does_not_read(desk, movement) -> None:
    store, city, team = desk
    id = await store.add(team, city, "a.pdf", PDF)
    cohort, assessor = await movement.rehearsal([CITY]), await movement.person("assessor", "Ani")
    await movement.program.selection.assign(movement.secretariat, cohort, city, assessor.facility)
    await movement.program.panel.declare(movement.secretariat, assessor.facility, city, "sister in its team")
    for work in (store.of(assessor, city), store.content(assessor, id)):
        with pytest.raises(kernel.Forbidden):
            await work


async def test_a_file_that_is_not_there_is_not_found(desk) -> None:
    store, _, team = desk
    with pytest.raises(kernel.NotFound):
        await store.content(team, kernel.new_id(kernel.CITY))


async def test_each_new_file_is_in_the_audit_without_its_name(desk, movement) -> None:
    store, city, team = desk
    first = await store.add(team, city, "foto Ani.png", PNG)
    await store.add(team, city, "again.png", PNG)
    with pytest.raises(kernel.Unsupported):
        await store.add(team, city, "a.exe", PDF)
    second = await store.add(team, city, "a.pdf", PDF)
    assert await movement.heard() == [
        ("plan-changed", f"evidence/{first}", "image/png"), ("plan-changed", f"evidence/{second}", "application/pdf"),
    ]  # fmt: skip
    assert [one.id for one in await store.of(team, city)] == [second, first], "the newest first"
    assert (await audit.verify(movement.database)).breaks == ()
