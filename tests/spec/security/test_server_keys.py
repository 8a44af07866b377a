"""The server's keys: what they seal opens only as it was kept; one that is missing is said at the start; another takes over
while everything goes on.
"""

import asyncio
import os
import random
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import decrypting
import httpx
import pyrage
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from running import another_database

from sekali import app, backup, demo, fhir, identity, kernel, records, security

PLACE = st.tuples(st.binary(max_size=300), st.binary(max_size=40))
TERMS = st.lists(st.integers(-(2**63), 2**63 - 1), max_size=60, unique=True)


@dataclass(frozen=True)
class Town:
    """One city for all tests here, with keys of its own that change from test to test."""

    sekali: app.Sekali
    folder: Path

    @property
    def database(self) -> kernel.Database:
        return self.sekali.database

    @property
    def cipher(self) -> security.Cipher:
        return self.sekali.cipher

    @property
    def store(self) -> records.Store:
        return self.sekali.store

    @property
    def reader(self) -> records.Reader:
        return self.store.under(security.decide(security.SYSTEM, security.Purpose.EXPORT))

    def key(self, number: int) -> Path:
        return Path(self.cipher.vault.place(number))

    async def some(self, type: str, count: int = 1) -> list[records.Stored]:
        return await decrypting.kept(self.database, self.cipher, f"type = '{type}' order by id limit {count}")

    async def another_process(self) -> app.Sekali:
        return await app.build(kernel.Settings(data=self.folder), self.database)

    @asynccontextmanager
    async def spoiled(self, one: records.Stored, change: str, *values: object) -> AsyncIterator[None]:
        """While the block runs, a row is not as it was kept."""
        row = await self.database.fetchrow(
            "select content, version, subject from records.resource where id = $1", one.id
        )
        await self.database.execute(f"update records.resource r set {change} where id = $1", one.id, *values)  # noqa: S608
        try:
            yield
        finally:
            await self.database.execute(
                "update records.resource set content = $2, version = $3, subject = $4 where id = $1", one.id, *row
            )


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(cluster, city_template, folder, tmp_path_factory) -> AsyncIterator[Town]:
    own = tmp_path_factory.mktemp("town")
    shutil.copytree(folder / "data/keys", own / "keys")
    async with another_database(cluster, city_template, 8) as database:
        settings = kernel.Settings(data=own, rate_address=None, rate_account=None)
        yield Town(await app.build(settings, database), own)


# What is sealed


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sealed=PLACE, other=st.binary(max_size=40), bit=st.integers(0, 7), at=st.floats(0, 1, exclude_max=True))
async def test_a_seal_opens_as_it_was_made_and_not_otherwise(sekali, sealed, other, bit, at) -> None:
    content, about = sealed
    kept = sekali.cipher.seal(content, about)
    assert sekali.cipher.open(kept, about) == content and len(kept) == len(content) + security.LONGER
    assert sekali.cipher.seal(content, about) != kept, "the same twice is not seen to be the same"
    if other != about:
        with pytest.raises(kernel.Broken):
            sekali.cipher.open(kept, other)
    changed = bytearray(kept)
    changed[int(at * len(kept))] ^= 1 << bit
    with pytest.raises((kernel.Broken, kernel.Unavailable)):
        sekali.cipher.open(bytes(changed), about)
    with pytest.raises((kernel.Broken, kernel.Unavailable)):
        sekali.cipher.open(kept[: int(at * len(kept))], about)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hashes=TERMS, value=st.uuids())
async def test_terms_are_the_same_each_time_and_tell_nothing_of_what_they_are(sekali, hashes, value) -> None:
    kept = sekali.cipher.terms(hashes)
    assert sorted(kept) == kept == sekali.cipher.terms(list(reversed(hashes))) and len(set(kept)) == len(hashes)
    assert not set(kept) & set(hashes)
    one_by_one = sorted(term for one in hashes for term in sekali.cipher.terms([one]))
    assert kept == one_by_one, "what is asked for alone is found among many"
    assert sekali.cipher.id_back(sekali.cipher.id(value), sekali.cipher.newest) == value != sekali.cipher.id(value)


async def test_a_row_that_was_moved_is_refused_and_nothing_of_it_is_told(town) -> None:
    one, other = await town.some("Condition", 2)
    moved = "content = (select o.content from records.resource o where o.id = $2)"
    async with town.spoiled(one, moved, other.id):
        with pytest.raises(kernel.Broken) as refused:
            await town.reader.read("Condition", one.id)
        told = refused.value.text("en") + refused.value.text("id")
        assert other.resource["code"]["coding"][0]["code"] not in told and str(other.id) not in told
        assert (await town.reader.read("Condition", other.id)).content == other.content
        with pytest.raises(kernel.Broken):
            await town.reader.search("Condition", [("patient", f"Patient/{one.subject}")])


@pytest.mark.parametrize(
    "change",
    [
        "subject = (select id from records.resource o where o.type = 'Patient' and o.id <> r.subject limit 1)",
        "version = version + 1",
        "content = set_byte(content, length(content) - 1, get_byte(content, length(content) - 1) # 1)",
        "content = set_byte(content, 20, get_byte(content, 20) # 128)",
        "content = ''",
        "content = convert_to('{\"resourceType\":\"Condition\"}', 'UTF8')",
        "content = substring(content from 1 for 30)",
    ],
)
async def test_what_was_changed_is_refused(town, change) -> None:
    (one,) = await town.some("Condition")
    async with town.spoiled(one, change):
        with pytest.raises(kernel.Broken):
            await town.reader.read("Condition", one.id)


async def test_an_earlier_version_is_bound_to_its_place_too(town, loading) -> None:
    (one,) = await town.some("Condition")
    async with town.store.change(loading) as change:
        await change.update("Condition", one.id, one.resource | {"recordedDate": "2026-11-24"})
    assert (await town.reader.vread("Condition", one.id, one.version)).content == one.content
    former = "content = (select v.content from records.version v where v.id = r.id order by version desc limit 1)"
    async with town.spoiled(one, former):
        with pytest.raises(kernel.Broken):
            await town.reader.read("Condition", one.id)


async def test_over_http_it_is_a_clear_answer(town) -> None:
    (one,) = await town.some("Organization")
    transport = httpx.ASGITransport(town.sekali.asgi)
    async with (
        town.spoiled(one, "content = 'x'"), httpx.AsyncClient(transport=transport, base_url="http://sekali") as http,
    ):  # fmt: skip
        client = {"client_id": demo.CLIENTS[0][0], "client_secret": demo.CLIENTS[0][1]}
        token = (await http.post("/oauth2/v1/accesstoken?grant_type=client_credentials", data=client)).json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        answer = await http.get(f"/fhir-r4/v1/Organization/{one.id}", headers=headers)
    assert answer.status_code == 500 and answer.json()["issue"][0]["code"] == "exception"
    assert "changed or moved outside Sekali" in answer.text and str(one.id) not in answer.text


# Which keys there are


async def test_a_database_without_its_key_does_not_start(town, tmp_path) -> None:
    with pytest.raises(kernel.Trouble, match=r"key 1, which is not here .*server\.key"):
        await app.build(kernel.Settings(data=tmp_path), town.database)
    assert not (tmp_path / "keys").exists(), "none is made in its place"


async def test_another_key_in_its_place_does_not_start(town, tmp_path) -> None:
    given = str(pyrage.x25519.Identity.generate())
    with pytest.raises(kernel.Trouble, match="is not the one that this database is sealed with"):
        await app.build(kernel.Settings(data=tmp_path, server_key=given), town.database)


async def test_a_command_says_it_in_a_sentence(town, tmp_path) -> None:
    process = await asyncio.create_subprocess_exec(
        "sekali", "keys", "show", stdout=-1, stderr=-1,
        env={"PATH": path_of_commands(), "PYTHONPATH": str(Path(app.__file__).parents[1]), "SEKALI_DATA": str(tmp_path),
             "SEKALI_DATABASE_URL": town.database.dsn},
    )  # fmt: skip
    told, wrong = await process.communicate()
    assert process.returncode == 1 and b"which is not here" in told and b"Traceback" not in told + wrong


def path_of_commands() -> str:
    return f"{Path(sys.executable).parent}:{os.environ['PATH']}"


async def test_keys_may_come_from_the_settings_each_with_its_number(database, tmp_path) -> None:
    await app.build(kernel.Settings(data=tmp_path / "before"), database)
    first = (tmp_path / "before/keys/server.key").read_text().strip()
    backup.new_key(tmp_path / "second")
    second = (tmp_path / "second").read_text()
    comment, _, second = second.partition("\n")
    given = f"{comment}\n1:{first}\n2:{second}"
    both = await app.build(kernel.Settings(data=tmp_path, server_key=given), database)
    assert both.cipher.newest == 1, "what is written is sealed with the key that is in use"
    assert await both.rekeying.begin() == 2 and both.cipher.in_use == (1, 2)
    with pytest.raises(kernel.Trouble, match="not finished"):
        await both.rekeying.begin()
    await both.rekeying.finish()
    assert both.cipher.in_use == (2,)
    with pytest.raises(kernel.Trouble, match="SEKALI_SERVER_KEY brings the keys"):
        await both.rekeying.begin()


@pytest.mark.parametrize("wrong", ["1:x", "0:AGE-SECRET-KEY-1", "AGE-SECRET-KEY-1 1:AGE-SECRET-KEY-1", "halo"])
def test_keys_that_are_none_are_told(tmp_path, wrong) -> None:
    with pytest.raises(kernel.Trouble, match="SEKALI_SERVER_KEY holds no key"):
        security.Vault(kernel.Settings(data=tmp_path, server_key=wrong)).there()


# Another key


async def counts(database: kernel.Database) -> dict[tuple[str, int], int]:
    """Rows of each table by the key that they have."""
    rows = await database.fetch(
        "select 'resource' as t, key as k, count(*) as n from records.resource group by 2"
        " union all select 'version', key, count(*) from records.version group by 2"
        " union all select 'identifier', key, count(*) from identity.identifier group by 2"
        " union all select 'citizen', get_byte(name, 2), count(*) from identity.citizen group by 2"
        " union all select 'account', get_byte(name, 2), count(*) from security.account group by 2"
    )
    return {(row["t"], row["k"]): row["n"] for row in rows}


async def test_all_that_is_kept_gets_the_new_key_and_says_the_same(town, loading) -> None:
    (one,) = await town.some("Condition")
    async with town.store.change(loading) as change:
        two = await change.update("Condition", one.id, one.resource | {"recordedDate": "2026-11-25"})
    patients = await town.some("Patient", 10)
    before = {(s.type, s.id): s.content for s in await decrypting.kept(town.database, town.cipher)}
    rows = {table: n for (table, _), n in (await counts(town.database)).items()}
    former = town.cipher.newest

    number = await town.sekali.rekeying.begin()
    assert number == former + 1
    assert await town.sekali.rekeying.finish() >= sum(rows.values())
    assert await counts(town.database) == {(table, number): n for table, n in rows.items()}
    assert {(s.type, s.id): s.content for s in await decrypting.kept(town.database, town.cipher)} == before
    assert (await town.reader.vread("Condition", one.id, one.version)).content == one.content
    for patient in patients:
        assert await town.sekali.directory.find(fhir.NIK, nik_of(patient)) == patient.id
        found = await town.reader.search("Patient", [("identifier", f"{fhir.NIK}|{nik_of(patient)}")])
        assert [s.id for s in found.items] == [patient.id]
    assert await town.sekali.doorkeeper.log_in("loket.jetis", "sekali-demo", "127.0.0.1")

    told = await town.database.fetch(
        "select what, detail from audit.event where kind = 'keys-changed' and what = $1 order by seq", f"key {number}"
    )
    assert [tuple(row) for row in told] == [(f"key {number}", "begun"), (f"key {number}", "finished")]

    town.key(former).unlink()
    again = (await town.another_process()).store.under(security.decide(security.SYSTEM, security.Purpose.EXPORT))
    assert (await again.read("Condition", one.id)).version == two.version, "the old key is needed no more"


def nik_of(patient: records.Stored) -> str:
    return next(one["value"] for one in patient.resource["identifier"] if one["system"] == fhir.NIK)


async def test_a_number_that_is_somebodys_under_the_old_key_is_nobody_elses_under_the_new(town, loading) -> None:
    (patient,) = await town.some("Patient")
    twin = {"resourceType": "Patient", "name": [{"text": "Kembar"}],
            "identifier": [{"system": fhir.NIK, "value": nik_of(patient)}]}  # fmt: skip
    await town.sekali.rekeying.begin()
    with pytest.raises(kernel.Conflict, match="known already"):
        async with town.store.change(loading) as change:
            await change.create(twin)
    assert await town.sekali.directory.find(fhir.NIK, nik_of(patient)) == patient.id
    await town.sekali.rekeying.finish()
    with pytest.raises(kernel.Conflict, match="known already"):
        async with town.store.change(loading) as change:
            await change.create(twin)


async def test_a_change_waits_for_rows_that_are_sealed_elsewhere_at_this_moment(town, loading) -> None:
    """Whoever makes rows ready has the key of the transaction that they go into; it stays the key until that has ended,
    also where some of the rows are refused meanwhile.
    """
    (somebody,), person = await town.some("Patient"), kernel.new_person()
    patient = {"resourceType": "Patient", "name": [{"text": "Tertutup Dahulu"}]}
    twin = patient | {"identifier": [{"system": fhir.NIK, "value": nik_of(somebody)}]}

    async with town.store.taking_in(loading) as taking:
        change = asyncio.create_task(town.sekali.rekeying.begin())
        await asyncio.sleep(0.3)
        assert not change.done()
        row, refused = (
            records.prepare(kernel.encode(one), id, 1, taking.stamp.at)
            for one, id in ((patient, person), (twin, kernel.new_person()))
        )
        with pytest.raises(kernel.Conflict, match="known already"):
            await taking.put(
                [records.ready(town.store.seals.own(one, None, None), taking.stamp.key) for one in (row, refused)]
            )
        await taking.put([records.ready(town.store.seals.own(row, None, None), taking.stamp.key)])
    assert taking.taken == 1
    assert not await town.database.fetchval("select count(*) from records.resource where id = $1", refused.id)
    number = await change
    assert number > taking.stamp.key.number
    await town.sekali.rekeying.finish()
    kept = await town.database.fetchval("select key from records.resource where id = $1", person)
    assert kept == number and (await town.reader.read("Patient", person)).content == row.content


async def test_another_process_that_does_not_know_of_the_change_misses_nothing(town, loading) -> None:
    """Each process learns of a new key by itself: whoever looks for something asks whether the keys are still the same."""
    other, former = await town.another_process(), town.cipher.in_use
    number = await town.sekali.rekeying.begin()
    numbers = [{"system": fhir.NIK, "value": "9901035705900017"}]
    async with town.store.change(loading) as change:
        person = await change.create(
            {"resourceType": "Patient", "identifier": numbers, "name": [{"text": "Baru Kunci"}]}
        )
    assert other.cipher.in_use == former, "nobody has told it"
    assert await other.directory.find(fhir.NIK, "9901035705900017") == person.id
    other.cipher.in_use = former
    reader = other.store.under(security.decide(security.SYSTEM, security.Purpose.EXPORT))
    found = await reader.search("Patient", [("identifier", f"{fhir.NIK}|9901035705900017")])
    assert [one.id for one in found.items] == [person.id]
    other.cipher.in_use = former
    async with other.store.change(loading) as change:
        second = await change.create({"resourceType": "Patient", "name": [{"text": "Juga Baru"}]})
    assert await town.database.fetchval("select key from records.resource where id = $1", second.id) == number
    await town.sekali.rekeying.finish()


async def test_what_somebody_holds_is_not_waited_for_and_gets_the_key_later(town, loading) -> None:
    one, other = await town.some("Condition", 2)
    number = await town.sekali.rekeying.begin()
    release, held = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with town.store.change(loading) as change:
            await change.present("Condition", one.id)
            held.set()
            await release.wait()
            await change.update("Condition", one.id, one.resource | {"recordedDate": "2026-11-26"})

    holding = asyncio.create_task(hold())
    await held.wait()
    walking = asyncio.create_task(town.sekali.rekeying.finish())
    key = "select key from records.resource where id = $1"
    while await town.database.fetchval(key, other.id) != number:
        assert not walking.done() and not holding.done()
        await asyncio.sleep(0.01)
    assert await town.database.fetchval(key, one.id) == number - 1 and not walking.done()
    release.set()
    await holding
    await walking
    assert {k for _, k in await counts(town.database)} == {number}


async def test_plain_rows_of_an_earlier_version_are_searched_as_before_and_sealed(town) -> None:
    """As an update from a version that sealed nothing finds them."""
    database, cipher = town.database, town.cipher
    before = {one.id: one for one in await decrypting.kept(database, cipher)}
    for one in before.values():
        await database.execute("update records.resource set content = $2, tokens = $3, key = 0 where id = $1",
                               one.id, one.content, one.terms)  # fmt: skip
    for row in await database.fetch("select value_hash, system from identity.identifier"):
        await database.execute(
            "update identity.identifier set value_hash = $3, key = 0 where value_hash = $1 and system = $2",
            row["value_hash"], row["system"], cipher.id_back(row["value_hash"], cipher.newest),
        )  # fmt: skip
    await database.execute("insert into security.server_key (number, mark, made_at) values (0, '', now())")
    cipher.in_use = (0, cipher.newest)
    (person,) = await town.some("Patient")
    question = [("identifier", f"{fhir.NIK}|{nik_of(person)}")]
    for _ in range(2):
        assert [one.id for one in (await town.reader.search("Patient", question)).items] == [person.id]
        assert await town.sekali.directory.find(fhir.NIK, nik_of(person)) == person.id
        await town.sekali.rekeying.finish()
    assert {key for _, key in await counts(database)} == {cipher.newest} and len(cipher.in_use) == 1
    assert {one.id: one for one in await decrypting.kept(database, cipher)} == before
    await town.sekali.rekeying.write_anew()
    assert await town.sekali.doorkeeper.log_in("loket.jetis", "sekali-demo", "127.0.0.1")


async def test_while_keys_change_every_answer_is_whole(town, loading, monkeypatch) -> None:
    """Readers, searchers and writers, who know what must be there, go on through three changes of keys."""
    for walk in (records.rekeying.RESOURCES, records.rekeying.VERSIONS, identity.rekeying.IDENTIFIERS):
        monkeypatch.setattr(walk, "rows", 20)
    chance = random.Random(2018)
    numbered = "type = 'Patient' and exists (select from identity.identifier i where i.citizen = id)"
    patients = {
        one.id: one
        for one in await decrypting.kept(town.database, town.cipher, numbered)
        if fhir.NIK in {i["system"] for i in one.resource["identifier"]}
    }
    until = asyncio.Event()
    done = {"read": 0, "found": 0, "searched": 0, "written": 0}
    written: dict[UUID, int] = {}

    async def read() -> None:
        while not until.is_set():
            one = chance.choice(list(patients.values()))
            assert (await town.reader.read("Patient", one.id)).content == one.content
            done["read"] += 1

    async def find() -> None:
        while not until.is_set():
            one = chance.choice(list(patients.values()))
            assert await town.sekali.directory.find(fhir.NIK, nik_of(one)) == one.id
            done["found"] += 1

    async def search() -> None:
        while not until.is_set():
            one = chance.choice(list(patients.values()))
            page = await town.reader.search("Patient", [("identifier", f"{fhir.NIK}|{nik_of(one)}")])
            assert [found.id for found in page.items] == [one.id]
            for id, n in list(written.items())[-3:]:
                page = await town.reader.search("Observation", [("identifier", f"urn:uji|{n}")])
                assert [found.id for found in page.items] == [id]
            done["searched"] += 1

    async def write(number: int) -> None:
        n = number * 1_000_000
        while not until.is_set():
            n += 1
            person = chance.choice(list(patients))
            resource = {"resourceType": "Observation", "status": "final", "code": {"text": "uji"},
                        "identifier": [{"system": "urn:uji", "value": str(n)}],
                        "subject": {"reference": f"Patient/{person}"}}  # fmt: skip
            async with town.store.change(loading) as change:
                one = await change.create(resource)
            written[one.id] = n
            async with town.store.change(loading) as change:
                await change.update("Observation", one.id, resource | {"note": [{"text": str(n)}]})
            done["written"] += 1

    people = [asyncio.create_task(work) for work in (read(), read(), find(), search(), write(1), write(2))]
    for _ in range(3):
        number = await town.sekali.rekeying.begin()
        await asyncio.sleep(0.2)
        await town.sekali.rekeying.finish()
        assert town.cipher.in_use == (number,)
        assert not any(task.done() for task in people), [task.exception() for task in people if task.done()]
    until.set()
    await asyncio.gather(*people)
    assert all(done.values()), done
    assert {key for _, key in await counts(town.database)} == {number}
    for id, n in written.items():
        assert (await town.reader.read("Observation", id)).resource["note"] == [{"text": str(n)}]
        assert (await town.reader.vread("Observation", id, 1)).resource["identifier"][0]["value"] == str(n)


# A backup


async def test_a_backup_brings_the_keys_along_and_shows_none(town, cluster, tmp_path) -> None:
    key = town.key(town.cipher.newest).read_bytes().strip()
    public = backup.new_key(tmp_path / "backup.key")
    file, dsn = tmp_path / "one.age", town.database.dsn
    await backup.make(town.database, dsn, town.folder, file, backup.recipient_in(public), lambda done, of: None)
    assert key not in file.read_bytes() and b"AGE-SECRET-KEY" not in file.read_bytes()

    secret = backup.secret_in(tmp_path / "backup.key", lambda: "")
    seen = backup.look(file, secret)
    async with another_database(cluster, size=4) as database:
        back = tmp_path / "back"
        await backup.restore(database, database.dsn, back, file, secret, seen, lambda size: None)
        newest = back / "keys" / town.key(town.cipher.newest).name
        newest.rename(tmp_path / "aside")
        with pytest.raises(kernel.Trouble, match="which is not here"):
            await app.build(kernel.Settings(data=back), database)
        (tmp_path / "aside").rename(newest)
        again = await app.build(kernel.Settings(data=back), database)
        before = {one.id: one.content for one in await decrypting.kept(town.database, town.cipher)}
        assert {one.id: one.content for one in await decrypting.kept(database, again.cipher)} == before
