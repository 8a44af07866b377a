"""A backup is everything as of one moment, and nothing but the right key and every byte of it brings it back."""

import asyncio
import io
import resource
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pyrage
import pytest
import pytest_asyncio
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from running import another_database, dsn_of

from sekali import app, audit, backup, kernel, security
from sekali.backup import sealing

MIGRATIONS = [one.sha256 for one in kernel.migrations()]
TABLES = """select format('%I.%I', schemaname, tablename) as name from pg_tables
where schemaname not in ('pg_catalog', 'information_schema') order by 1"""
SEQUENCES = "select schemaname, sequencename, last_value from pg_sequences order by 1, 2"


async def everything(database: kernel.Database) -> dict[str, str]:
    """Every row of every table, as text, in an order of its own: what the backup's own sums are held against."""
    found = {}
    for table in await database.fetch(TABLES):
        name = table["name"]
        if name != "exchange.request":  # unlogged: a short memory
            sql = (
                f"select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {name} t"  # noqa: S608
            )
            found[name] = await database.fetchval(sql)
    return found


def whoever(word: str = "") -> object:
    return lambda: word


@dataclass(frozen=True)
class Kept:
    """A backup of a city of 100 people, with a file beside its database."""

    source: kernel.Database
    file: Path
    folder: Path
    key: Path
    secret: backup.Secret
    before: dict[str, str]

    async def restore(self, database: kernel.Database, folder: Path) -> backup.Seen:
        seen = backup.look(self.file, self.secret)
        assert not backup.unwilling(seen, folder, MIGRATIONS)
        await backup.restore(database, database.dsn, folder, self.file, self.secret, seen, lambda size: None)
        return seen


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kept(cluster, city_template, tmp_path_factory):
    place = tmp_path_factory.mktemp("backup")
    (place / "data/keys").mkdir(parents=True)
    (place / "data/keys/server.key").write_bytes(b"a key of the server")
    (place / "data/bulk").mkdir()
    (place / "data/bulk/Patient.ndjson").write_bytes(b"{}")
    public = backup.new_key(place / "key")
    file, data, recipient = place / "one.age", place / "data", backup.recipient_in(public)
    told: list[tuple[int, int]] = []
    async with another_database(cluster, city_template) as database:
        await backup.make(database, database.dsn, data, file, recipient, lambda *now: told.append(now))
        assert told == sorted(told) and told[-1][0] == told[-1][1], "it says how far it is"
        secret = backup.secret_in(place / "key", whoever())
        yield Kept(database, file, place, place / "key", secret, await everything(database))


async def test_what_comes_back_is_what_was_kept(kept, cluster, tmp_path) -> None:
    async with another_database(cluster) as database:
        await kept.restore(database, tmp_path)
        assert await everything(database) == kept.before
        assert await database.fetch(SEQUENCES) == await kept.source.fetch(SEQUENCES)
        verdict = await audit.verify(database)
        assert verdict.checked == await kept.source.fetchval("select count(*) from audit.event") and not verdict.breaks
        assert await kernel.migrate(database) == 0


async def test_the_files_beside_the_database_come_along_and_those_of_bulk_jobs_do_not(kept, cluster, tmp_path) -> None:
    async with another_database(cluster) as database:
        seen = await kept.restore(database, tmp_path)
    assert seen.files == {PurePosixPath("keys/server.key"): b"a key of the server"}
    written = tmp_path / "keys/server.key"
    assert written.read_bytes() == b"a key of the server" and written.stat().st_mode & 0o777 == 0o600


async def test_a_backup_made_while_people_write_is_of_one_moment(cluster, database, tmp_path, folder) -> None:
    """What was acknowledged before it began is in it; each resource has the version it says, and every chain holds."""
    sekali = await app.build(kernel.Settings(data=folder / "data"), database)
    grant = security.decide(security.SYSTEM, security.Purpose.LOAD)
    acknowledged: list[str] = []
    stop, many = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        while not stop.is_set():
            async with sekali.store.change(grant) as change:
                name = [{"text": f"Hitung {len(acknowledged)}"}]
                one = await change.create({"resourceType": "Patient", "name": name})
            acknowledged.append(str(one.id))
            if len(acknowledged) == 50:
                many.set()

    public = backup.new_key(tmp_path / "key")
    secret = backup.secret_in(tmp_path / "key", whoever())
    writers = [asyncio.create_task(write()) for _ in range(3)]
    try:
        await many.wait()
        before, file = set(acknowledged), tmp_path / "one.age"
        await backup.make(
            database, database.dsn, tmp_path / "none", file, backup.recipient_in(public), lambda *now: None
        )
        during = set(acknowledged) - before
    finally:
        stop.set()
        await asyncio.gather(*writers)
    assert during, "people wrote while it was made"
    async with another_database(cluster) as calm:
        seen = backup.look(file, secret)
        await backup.restore(calm, calm.dsn, tmp_path, file, secret, seen, lambda size: None)
        back = {str(row["id"]) for row in await calm.fetch("select id from records.resource where type = 'Patient'")}
        assert before <= back <= set(acknowledged)
        assert not (await audit.verify(calm)).breaks
        wrote = await calm.fetchval("select count(*) from audit.event where kind = 'wrote'")
        assert wrote == len(back), "the audit is of the same moment as what it tells of"


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(place=st.floats(0, 1, exclude_max=True), change=st.integers(1, 255))
def test_one_damaged_byte_anywhere_is_refused(kept, place, change) -> None:
    whole = kept.file.read_bytes()
    damaged = bytearray(whole)
    damaged[int(place * len(whole))] ^= change
    file = kept.folder / "damaged.age"
    file.write_bytes(damaged)
    with pytest.raises(sealing.Damaged, match="Nothing was changed"):
        backup.look(file, kept.secret)


def test_every_byte_of_its_beginning_and_end_counts(kept) -> None:
    whole, file = kept.file.read_bytes(), kept.folder / "damaged.age"
    for place in (*range(260), *range(len(whole) - 40, len(whole))):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        file.write_bytes(damaged)
        with pytest.raises(sealing.Damaged):
            backup.look(file, kept.secret)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(share=st.floats(0, 1, exclude_max=True), more=st.binary(max_size=100))
def test_one_that_is_cut_off_or_too_long_is_refused(kept, share, more) -> None:
    whole, file = kept.file.read_bytes(), kept.folder / "cut.age"
    for content in (whole[: int(share * len(whole))], whole + more + b"\0", whole + whole):
        file.write_bytes(content)
        with pytest.raises(sealing.Damaged):
            backup.look(file, kept.secret)


def test_pieces_that_changed_places_are_refused(kept) -> None:
    whole, piece = kept.file.read_bytes(), 64 * 1024 + 16
    start = len(whole) % piece or piece
    head = whole[:start]
    pieces = [whole[at : at + piece] for at in range(start, len(whole), piece)]
    file = kept.folder / "moved.age"
    file.write_bytes(b"".join([head, pieces[1], pieces[0], *pieces[2:]]))
    with pytest.raises(sealing.Damaged):
        backup.look(file, kept.secret)


def test_the_wrong_key_is_told_from_a_damaged_file(kept, tmp_path) -> None:
    backup.new_key(tmp_path / "other")
    with pytest.raises(kernel.Trouble, match="key does not open"):
        backup.look(kept.file, backup.secret_in(tmp_path / "other", whoever()))


async def test_it_is_never_put_over_data(kept, tmp_path, database) -> None:
    before = await everything(database)
    with pytest.raises(kernel.Trouble, match="not empty"):
        await kept.restore(database, tmp_path)
    assert await everything(database) == before and not list(tmp_path.iterdir())


def test_a_key_that_is_there_already_is_not_written_over(kept, tmp_path) -> None:
    seen = backup.look(kept.file, kept.secret)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/server.key").write_bytes(b"another")
    assert "is another than in the backup" in backup.unwilling(seen, tmp_path, MIGRATIONS)


def test_an_older_sekali_says_that_it_cannot(kept, tmp_path) -> None:
    seen = backup.look(kept.file, kept.secret)
    assert "of another Sekali" in backup.unwilling(seen, tmp_path, MIGRATIONS[:-1])


async def test_a_restore_that_breaks_off_keeps_nothing(kept, cluster, tmp_path) -> None:
    """The file was whole when it was looked through, and is damaged when it is read again."""
    seen = backup.look(kept.file, kept.secret)
    file = tmp_path / "one.age"
    damaged = bytearray(kept.file.read_bytes())
    damaged[-20] ^= 1
    file.write_bytes(damaged)
    async with another_database(cluster) as database:
        with pytest.raises(sealing.Damaged):
            await backup.restore(database, database.dsn, tmp_path / "data", file, kept.secret, seen, lambda size: None)
        await asyncio.sleep(0.2)
        assert not await database.fetch(TABLES) and not (tmp_path / "data").exists()


async def test_a_full_disk_leaves_no_file_that_looks_whole(kept, tmp_path) -> None:
    recipient = backup.recipient_in(kept.key)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))  # as a disk with 100 kB left
    try:
        with pytest.raises(kernel.Trouble, match="is full"):
            await backup.make(
                kept.source, kept.source.dsn, tmp_path, tmp_path / "two.age", recipient, lambda *now: None
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())


async def test_a_dump_that_fails_leaves_no_file(kept, cluster, tmp_path) -> None:
    recipient = backup.recipient_in(kept.key)
    with pytest.raises(kernel.Trouble, match="pg_dump did not finish"):
        await backup.make(
            kept.source, dsn_of(cluster, "postgres"), tmp_path, tmp_path / "two.age", recipient, lambda *now: None
        )
    assert not list(tmp_path.iterdir())


async def test_no_older_backup_is_written_over(kept) -> None:
    before = kept.file.read_bytes()
    with pytest.raises(kernel.Trouble, match="Nothing is written over"):
        recipient = backup.recipient_in(kept.key)
        await backup.make(kept.source, kept.source.dsn, kept.folder, kept.file, recipient, lambda *now: None)
    assert kept.file.read_bytes() == before


def test_ready_programs_open_it_too(kept) -> None:
    """age, zstd, tar and pg_restore, as docs/operations.md says for the day on which there is no Sekali."""
    plain = pyrage.decrypt(kept.file.read_bytes(), [kept.secret])
    with tarfile.open(fileobj=io.BytesIO(zstandard.ZstdDecompressor().stream_reader(plain).read())) as tar:
        names = tar.getnames()
        pieces = [tar.extractfile(name).read() for name in names if name.startswith("database/")]
    assert names[0] == "about.json" and names[-1] == "contents.json"
    command = [str(kernel.client_programs() / "pg_restore"), "--list"]
    told = subprocess.run(command, input=b"".join(pieces), capture_output=True, check=True).stdout
    assert b"TABLE DATA records resource" in told


def test_nothing_of_a_person_is_in_the_file(kept) -> None:
    content = kept.file.read_bytes()
    assert content.startswith(b"age-encryption.org/v1\n")
    assert b"Patient" not in content and b"records" not in content


def test_a_key_may_be_under_a_passphrase(tmp_path) -> None:
    public = backup.new_key(tmp_path / "key", "kata sandi yang panjang")
    assert b"AGE-SECRET" not in (tmp_path / "key").read_bytes()
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    secret = backup.secret_in(tmp_path / "key", whoever("kata sandi yang panjang"))
    assert str(secret.to_public()) in public.read_text()
    with pytest.raises(kernel.Trouble, match="passphrase does not open"):
        backup.secret_in(tmp_path / "key", whoever("lain"))
    with pytest.raises(kernel.Trouble, match="key.pub: no secret is needed"):
        backup.recipient_in(tmp_path / "key")


@pytest.mark.parametrize("content", [b"", b"halo", b"# nothing\n", b"age1short", b"AGE-SECRET-KEY-1SHORT", b"\xff\0"])
def test_a_file_that_is_no_key_is_told(tmp_path, content) -> None:
    (tmp_path / "key").write_bytes(content)
    for reading in (lambda path: backup.recipient_in(path), lambda path: backup.secret_in(path, whoever())):
        with pytest.raises(kernel.Trouble) as told:
            reading(tmp_path / "key")
        assert content.decode("latin-1")[5:] not in str(told.value) or len(content) < 8


def test_a_new_key_is_never_written_over_another(tmp_path) -> None:
    backup.new_key(tmp_path / "key")
    before = (tmp_path / "key").read_bytes()
    with pytest.raises(kernel.Trouble, match="cannot be written"):
        backup.new_key(tmp_path / "key")
    assert (tmp_path / "key").read_bytes() == before


@pytest.mark.parametrize("name", ["../over.key", "/etc/over.key", "keys/../../over.key"])
def test_a_file_name_that_leads_out_is_refused(kept, tmp_path, name) -> None:
    """Whoever has the key that makes backups could write one."""
    with backup.archive.writing(tmp_path / "one.age", backup.recipient_in(kept.key)) as forged:
        seen = backup.look(kept.file, kept.secret)
        forged.about(seen.about)
        forged.file(PurePosixPath(name), b"x")
        forged.piece(b"x")
        forged.contents(seen.tables)
    with pytest.raises(kernel.Trouble, match="no backup"):
        backup.look(tmp_path / "one.age", kept.secret)
