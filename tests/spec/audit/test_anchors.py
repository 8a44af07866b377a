"""Anchors: signed, outside, each holding on to the one before it."""

import asyncio
import stat
from base64 import b64encode
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sekali import audit, kernel


def looked(facility=None) -> audit.Event:
    return audit.Event(
        audit.Kind.LOOKED, kernel.new_id(0), "dr. Uji", "doctor", facility, kernel.new_person(), "treatment", "x", "Patient"
    )  # fmt: skip


class Office:
    """A database with its anchors, and those who look at them."""

    def __init__(self, database: kernel.Database, folder: Path) -> None:
        self.database, self.folder, self.key_file = database, folder / "anchors", folder / "keys/audit.pem"
        self.anchors = audit.Anchors(database, self.folder, self.key_file)

    async def work(self, times: int = 1) -> None:
        """Some events and an anchor."""
        for _ in range(times):
            await audit.Journal(self.database).record(looked(kernel.new_id(0)))
            await self.anchors.make()

    def read(self) -> audit.Anchored:
        return audit.read_anchors(self.folder, audit.public_key(audit.public_text(audit.private_key(self.key_file))))

    @property
    def files(self) -> list[Path]:
        return sorted(self.folder.iterdir())


@pytest_asyncio.fixture(loop_scope="session")
async def office(database, tmp_path) -> Office:
    return Office(database, tmp_path)


async def test_the_key_is_made_once_and_closed_to_others(office: Office) -> None:
    await office.work()
    assert stat.S_IMODE(office.key_file.stat().st_mode) == 0o600
    first = office.key_file.read_bytes()
    await office.work()
    assert office.key_file.read_bytes() == first
    office.key_file.write_text("nothing")
    with pytest.raises(kernel.Trouble, match="Ed25519"):
        await office.anchors.make()


async def test_a_public_key_is_text_or_a_file_of_it(office: Office, tmp_path: Path) -> None:
    text = audit.public_text(audit.private_key(office.key_file))
    kept = tmp_path / "public"
    kept.write_text(f"{text}\n")
    assert audit.public_key(str(kept)) == audit.public_key(text)
    with pytest.raises(kernel.Trouble, match="public key"):
        audit.public_key("nowhere")


async def test_each_anchor_tells_of_what_grew_and_holds_the_one_before(office: Office) -> None:
    await office.work(3)
    await office.anchors.make()
    told = office.read()
    assert (told.count, told.breaks) == (4, ())
    assert len(told.marks.of) == 3
    assert [kernel.decode(file.read_bytes().splitlines()[0])["number"] for file in office.files] == [1, 2, 3, 4]
    assert [len(kernel.decode(file.read_bytes().splitlines()[0])["heads"]) for file in office.files] == [1, 1, 1, 0]


async def test_anchors_hold_nothing_of_a_person(office: Office) -> None:
    await office.work()
    (file,) = office.files
    kept = await office.database.fetchrow("select citizen, actor from audit.event")
    assert str(kept["citizen"]) not in file.read_text() and str(kept["actor"]) not in file.read_text()
    assert "dr. Uji" not in file.read_text()


@pytest.mark.parametrize("which", [0, 1, 2])
async def test_an_anchor_taken_away_is_missed(office: Office, which: int) -> None:
    await office.work(3)
    office.files[which].unlink()
    found = office.read().breaks
    if which == 2:
        assert found == () and await audit.last_anchor(office.database) == 3 > audit.last_number(office.folder)
    else:
        assert [one.seq for one in found] == [which + 2] and "missing" in found[0].reason


async def test_an_anchor_changed_or_signed_by_another_is_told_and_not_believed(office: Office) -> None:
    await office.work(3)
    file = office.files[1]
    signed, _ = file.read_bytes().splitlines()
    file.write_bytes(signed + b"\n" + b64encode(Ed25519PrivateKey.generate().sign(signed)) + b"\n")
    assert [(one.stream, one.seq) for one in office.read().breaks] == [(file.name, 2)]
    for content in (b"", b"\n", b"{}\nAAAA\n", signed.replace(b'"number":2', b'"number":3') + b"\nAA=="):
        file.write_bytes(content)
        first = office.read().breaks[0]
        assert (first.stream, first.seq) == (file.name, 2)


async def test_two_at_once_make_two(office: Office) -> None:
    other = Office(office.database, office.folder.parent)
    await office.work()
    await asyncio.gather(office.anchors.make(), other.anchors.make(), office.anchors.make())
    assert (office.read().count, office.read().breaks) == (4, ())


async def test_an_end_between_file_and_commit_and_an_emptied_folder_do_no_harm(office: Office) -> None:
    await office.work(2)
    await office.database.execute("delete from audit.anchor where number = 2")
    await office.work()
    assert (office.read().count, office.read().breaks) == (3, ())
    moved = office.folder.rename(office.folder.with_name("elsewhere"))
    await office.work()
    for file in office.folder.iterdir():
        file.rename(moved / file.name)
    moved.rename(office.folder.with_name("anchors2"))
    office.folder.rmdir()
    office.folder.with_name("anchors2").rename(office.folder)
    assert (office.read().count, office.read().breaks) == (4, ())


async def test_of_many_anchors_of_a_chain_few_are_remembered_and_they_still_hold(office: Office) -> None:
    journal, facility = audit.Journal(office.database), kernel.new_id(0)
    for _ in range(9):
        await journal.record(looked(facility))
        await office.anchors.make()
    told = office.read()
    ((stream, marks),) = told.marks.of.items()
    assert [mark.seq for mark in marks] == [1, 2, 3, 9]
    assert (await audit.verify(office.database, told.marks)).breaks == ()
    await office.database.execute("delete from audit.event where seq > 7")
    await office.database.execute("update audit.head set seq = 7, hash = (select hash from audit.event where seq = 7)")
    ((broken,)) = (await audit.verify(office.database, told.marks)).breaks
    assert (broken.stream, broken.seq) == (stream, 8) and "8 to 9" in broken.reason


async def test_begun_anew_in_an_empty_folder_only_and_on_record(office: Office) -> None:
    await office.work(2)
    with pytest.raises(kernel.Trouble, match="empty folder"):
        await office.anchors.make(anew=True)
    fresh = Office(office.database, office.folder.parent / "fresh")
    await fresh.anchors.make(anew=True)
    assert (fresh.read().count, fresh.read().breaks) == (1, ())
    kinds = await office.database.fetch("select kind from audit.event where kind = 'anchors-begun'")
    assert len(kinds) == 1
    await fresh.anchors.make()
    assert (await audit.verify(office.database, fresh.read().marks)).breaks == ()
    assert len(fresh.read().marks.of) == 3, "every chain, and the one of the note"


async def test_a_folder_that_cannot_be_written_is_said(office: Office) -> None:
    office.folder.parent.mkdir(exist_ok=True)
    office.folder.write_text("a file")
    with pytest.raises(kernel.Trouble, match="anchor"):
        await office.anchors.make()
    assert await audit.last_anchor(office.database) == 0


async def test_they_are_made_by_themselves(office: Office) -> None:
    await audit.Journal(office.database).record(looked())

    async def first() -> None:
        while not office.folder.exists() or not office.read().count:  # noqa: ASYNC110 - nothing tells but the file
            await asyncio.sleep(0.02)

    async with office.anchors.working(1):
        await asyncio.wait_for(first(), 20)
    async with Office(office.database, office.folder.parent / "none").anchors.working(0):
        await asyncio.sleep(0.1)
    assert not (office.folder.parent / "none").exists()
