"""The server's keys: what they seal opens only as it was kept; one that is missing is said at the start; another takes over
while everything goes on.
"""

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import decrypting
import httpx
import pyrage
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from running import dsn_of, load_city

from sekali import app, backup, demo, fhir, kernel, records, security
from sekali.identity import directory

PLACE = st.tuples(st.binary(max_size=300), st.binary(max_size=40))
TERMS = st.lists(st.integers(-(2**63), 2**63 - 1), max_size=60, unique=True)


@pytest.fixture
def reader(city) -> records.Reader:
    return city.store.under(security.decide(security.SYSTEM, security.Purpose.EXPORT))


async def some(city: app.Sekali, type: str, count: int = 1) -> list[records.Stored]:
    return await decrypting.kept(city.database, city.cipher, f"type = '{type}' order by id limit {count}")


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


async def test_a_row_that_was_moved_is_refused_and_nothing_of_it_is_told(city, reader) -> None:
    one, other = await some(city, "Condition", 2)
    await city.database.execute(
        "update records.resource r set content = o.content from records.resource o where r.id = $1 and o.id = $2",
        one.id, other.id,
    )  # fmt: skip
    with pytest.raises(kernel.Broken) as refused:
        await reader.read("Condition", one.id)
    told = refused.value.text("en") + refused.value.text("id")
    assert other.resource["code"]["coding"][0]["code"] not in told and str(other.id) not in told
    assert (await reader.read("Condition", other.id)).content == other.content
    with pytest.raises(kernel.Broken):
        await reader.search("Condition", [("patient", f"Patient/{one.subject}")])


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
async def test_what_was_changed_is_refused(city, reader, change) -> None:
    (one,) = await some(city, "Condition")
    await city.database.execute(f"update records.resource r set {change} where id = $1", one.id)  # noqa: S608
    with pytest.raises(kernel.Broken):
        await reader.read("Condition", one.id)


async def test_an_earlier_version_is_bound_to_its_place_too(city, reader, loading) -> None:
    (one,) = await some(city, "Condition")
    async with city.store.change(loading) as change:
        await change.update("Condition", one.id, one.resource | {"recordedDate": "2026-11-24"})
    assert (await reader.vread("Condition", one.id, 1)).content == one.content
    await city.database.execute(
        "update records.resource r set content = v.content from records.version v where v.id = r.id and r.id = $1",
        one.id,
    )
    with pytest.raises(kernel.Broken):
        await reader.read("Condition", one.id)


async def test_over_http_it_is_a_clear_answer(city, reader) -> None:
    (one,) = await some(city, "Organization")
    await city.database.execute("update records.resource set content = 'x' where id = $1", one.id)
    transport = httpx.ASGITransport(city.asgi)
    async with httpx.AsyncClient(transport=transport, base_url="http://sekali") as http:
        client = {"client_id": demo.CLIENTS[0][0], "client_secret": demo.CLIENTS[0][1]}
        token = (await http.post("/oauth2/v1/accesstoken?grant_type=client_credentials", data=client)).json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        answer = await http.get(f"/fhir-r4/v1/Organization/{one.id}", headers=headers)
    assert answer.status_code == 500 and answer.json()["issue"][0]["code"] == "exception"
    assert "changed or moved outside Sekali" in answer.text and str(one.id) not in answer.text


# Which keys there are


async def test_a_database_without_its_key_does_not_start(city, tmp_path) -> None:
    with pytest.raises(kernel.Trouble, match=r"key 1, which is not here .*server\.key"):
        await app.build(kernel.Settings(data=tmp_path), city.database)
    assert not (tmp_path / "keys").exists(), "none is made in its place"


async def test_another_key_in_its_place_does_not_start(city, tmp_path) -> None:
    given = str(pyrage.x25519.Identity.generate())
    with pytest.raises(kernel.Trouble, match="is not the one that this database is sealed with"):
        await app.build(kernel.Settings(data=tmp_path, server_key=given), city.database)


async def test_a_command_says_it_in_a_sentence(city, tmp_path, cluster) -> None:
    process = await asyncio.create_subprocess_exec(
        "sekali", "keys", "show", stdout=-1, stderr=-1,
        env={"PATH": path_of_commands(), "PYTHONPATH": str(Path(app.__file__).parents[1]), "SEKALI_DATA": str(tmp_path),
             "SEKALI_DATABASE_URL": city.database.dsn},
    )  # fmt: skip
    told, wrong = await process.communicate()
    assert process.returncode == 1 and b"which is not here" in told and b"Traceback" not in told + wrong


def path_of_commands() -> str:
    return f"{Path(sys.executable).parent}:{os.environ['PATH']}"


async def test_keys_may_come_from_the_settings_each_with_its_number(sekali, folder, tmp_path) -> None:
    first = (folder / "data/keys/server.key").read_text().strip()
    second = str(pyrage.x25519.Identity.generate())
    both = await app.build(kernel.Settings(data=tmp_path, server_key=f"1:{first} 2:{second}"), sekali.database)
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


@pytest_asyncio.fixture(loop_scope="session")
async def own_city(database, tmp_path) -> AsyncIterator[app.Sekali]:
    """With keys of its own, which others must not see change."""
    sekali = await app.build(kernel.Settings(data=tmp_path / "own", rate_address=None, rate_account=None), database)
    await load_city(sekali, 100)
    yield sekali


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


async def test_all_that_is_kept_gets_the_new_key_and_says_the_same(own_city, loading, tmp_path) -> None:
    city = own_city
    reader = city.store.under(security.decide(security.SYSTEM, security.Purpose.EXPORT))
    (one,) = await some(city, "Condition")
    async with city.store.change(loading) as change:
        await change.update("Condition", one.id, one.resource | {"recordedDate": "2026-11-24"})
    patients = await decrypting.kept(city.database, city.cipher, "type = 'Patient'")
    before = {(s.type, s.id): s.content for s in await decrypting.kept(city.database, city.cipher)}
    rows = {table: n for (table, _), n in (await counts(city.database)).items()}

    assert await city.rekeying.begin() == 2
    assert await city.rekeying.finish() >= sum(rows.values()) - 1
    assert await counts(city.database) == {(table, 2): n for table, n in rows.items()}
    assert {(s.type, s.id): s.content for s in await decrypting.kept(city.database, city.cipher)} == before
    assert (await reader.vread("Condition", one.id, 1)).content == one.content
    for patient in patients[:10]:
        nik = next(i["value"] for i in patient.resource["identifier"] if i["system"] == fhir.NIK)
        assert await city.directory.find(fhir.NIK, nik) == patient.id
        found = await reader.search("Patient", [("identifier", f"{fhir.NIK}|{nik}")])
        assert [s.id for s in found.items] == [patient.id]
        assert await city.doorkeeper.log_in("loket.jetis", "sekali-demo", "127.0.0.1")

    (tmp_path / "own/keys/server.key").unlink()
    anew = await app.build(kernel.Settings(data=tmp_path / "own"), city.database)
    again = anew.store.under(security.decide(security.SYSTEM, security.Purpose.EXPORT))
    assert (await again.read("Condition", one.id)).version == 2, "the old key is needed no more"


async def test_a_number_that_is_somebodys_under_the_old_key_is_nobody_elses_under_the_new(own_city, loading) -> None:
    (patient,) = await some(own_city, "Patient")
    number = next(i for i in patient.resource["identifier"] if i["system"] == fhir.NIK)
    assert await own_city.rekeying.begin() == 2
    with pytest.raises(kernel.Conflict, match="known already"):
        async with own_city.store.change(loading) as change:
            await change.create({"resourceType": "Patient", "identifier": [number], "name": [{"text": "Kembar"}]})
    assert await own_city.directory.find(fhir.NIK, number["value"]) == patient.id
    await own_city.rekeying.finish()
    with pytest.raises(kernel.Conflict, match="known already"):
        async with own_city.store.change(loading) as change:
            await change.create({"resourceType": "Patient", "identifier": [number], "name": [{"text": "Kembar"}]})


async def test_another_process_that_does_not_know_of_the_change_misses_nothing(own_city, loading, tmp_path) -> None:
    """Each process learns of a new key by itself: whoever looks for something asks whether the keys are still the same."""
    other = await app.build(kernel.Settings(data=tmp_path / "own"), own_city.database)
    assert other.cipher.in_use == (1,)
    await own_city.rekeying.begin()
    async with own_city.store.change(loading) as change:
        numbers = [{"system": fhir.NIK, "value": "9901035705900017"}]
        person = await change.create(
            {"resourceType": "Patient", "identifier": numbers, "name": [{"text": "Baru Kunci"}]}
        )
    assert other.cipher.in_use == (1,), "nobody has told it"
    assert await other.directory.find(fhir.NIK, "9901035705900017") == person.id
    other.cipher.in_use = (1,)
    reader = other.store.under(security.decide(security.SYSTEM, security.Purpose.EXPORT))
    found = await reader.search("Patient", [("identifier", f"{fhir.NIK}|9901035705900017")])
    assert [one.id for one in found.items] == [person.id]
    other.cipher.in_use = (1,)
    async with other.store.change(loading) as change:
        second = await change.create({"resourceType": "Patient", "name": [{"text": "Juga Baru"}]})
    assert await own_city.database.fetchval("select key from records.resource where id = $1", second.id) == 2


async def test_what_somebody_holds_is_not_waited_for_and_gets_the_key_later(own_city, loading) -> None:
    one, other = await some(own_city, "Condition", 2)
    await own_city.rekeying.begin()
    release = asyncio.Event()
    held = asyncio.Event()

    async def hold() -> None:
        async with own_city.store.change(loading) as change:
            await change.present("Condition", one.id)
            held.set()
            await release.wait()
            await change.update("Condition", one.id, one.resource | {"recordedDate": "2026-11-24"})

    holding = asyncio.create_task(hold())
    await held.wait()
    walking = asyncio.create_task(own_city.rekeying.finish())
    key = "select key from records.resource where id = $1"
    while await own_city.database.fetchval(key, other.id) != 2:
        assert not walking.done() and not holding.done()
        await asyncio.sleep(0.01)
    assert await own_city.database.fetchval(key, one.id) == 1 and not walking.done()
    release.set()
    await holding
    await walking
    assert {k for _, k in await counts(own_city.database)} == {2}


async def test_plain_rows_of_an_earlier_version_are_sealed(own_city) -> None:
    """As an update from a version that sealed nothing finds them."""
    database, cipher = own_city.database, own_city.cipher
    before = {one.id: one for one in await decrypting.kept(database, cipher)}
    for one in before.values():
        await database.execute("update records.resource set content = $2, tokens = $3, key = 0 where id = $1",
                               one.id, one.content, one.terms)  # fmt: skip
    rows = await database.fetch("select value_hash, system from identity.identifier")
    for row in rows:
        await database.execute(
            "update identity.identifier set value_hash = $3, key = 0 where value_hash = $1 and system = $2",
            row["value_hash"], row["system"], cipher.id_back(row["value_hash"], 1),
        )  # fmt: skip
    for row in await database.fetch("select * from security.account"):
        name = security.ACCOUNTS.opened(cipher, row)["name"]
        await database.execute(
            "update security.account set name = convert_to($2, 'UTF8') where id = $1", row["id"], name
        )
    await database.execute("insert into security.server_key (number, mark, made_at) values (0, '', now())")
    await cipher.look()
    person = next(one for one in before.values() if one.type == "Patient")
    nik = next(i["value"] for i in person.resource["identifier"] if i["system"] == fhir.NIK)
    reader = own_city.store.under(security.decide(security.SYSTEM, security.Purpose.EXPORT))
    question = [("identifier", f"{fhir.NIK}|{nik}")]
    assert [one.id for one in (await reader.search("Patient", question)).items] == [person.id], "served meanwhile"
    assert await own_city.directory.find(fhir.NIK, nik) == person.id

    await own_city.rekeying.finish()
    assert {key for _, key in await counts(database)} == {1} and cipher.in_use == (1,)
    assert {one.id: one for one in await decrypting.kept(database, cipher)} == before
    assert [one.id for one in (await reader.search("Patient", question)).items] == [person.id]
    await own_city.rekeying.write_anew()
    assert await own_city.doorkeeper.log_in("loket.jetis", "sekali-demo", "127.0.0.1")


async def test_while_keys_change_every_answer_is_whole(own_city, loading, monkeypatch) -> None:
    """Readers, searchers and writers, who know what must be there, go on through three changes of keys."""
    monkeypatch.setattr("sekali.records.rekeying.STEP", 20)
    monkeypatch.setattr("sekali.identity.rekeying.STEP", 20)
    sekali = own_city
    chance = random.Random(2018)
    patients = {
        one.id: one.resource for one in await decrypting.kept(sekali.database, sekali.cipher, "type = 'Patient'")
    }
    niks = {id: next(i["value"] for i in p["identifier"] if i["system"] == fhir.NIK) for id, p in patients.items()}
    reader = sekali.store.under(security.decide(security.SYSTEM, security.Purpose.EXPORT))
    until = asyncio.Event()
    done = {"read": 0, "found": 0, "searched": 0, "written": 0}
    written: dict[UUID, int] = {}

    async def read() -> None:
        while not until.is_set():
            id = chance.choice(list(patients))
            assert (await reader.read("Patient", id)).resource["identifier"] == patients[id]["identifier"]
            done["read"] += 1

    async def find() -> None:
        while not until.is_set():
            id = chance.choice(list(patients))
            assert await sekali.directory.find(fhir.NIK, niks[id]) == id
            done["found"] += 1

    async def search() -> None:
        while not until.is_set():
            id = chance.choice(list(patients))
            page = await reader.search("Patient", [("identifier", f"{fhir.NIK}|{niks[id]}")])
            assert [one.id for one in page.items] == [id]
            for one, n in list(written.items())[-3:]:
                page = await reader.search("Observation", [("identifier", f"urn:uji|{n}")])
                assert [found.id for found in page.items] == [one]
            done["searched"] += 1

    async def write(number: int) -> None:
        n = number * 1_000_000
        while not until.is_set():
            n += 1
            person = chance.choice(list(patients))
            resource = {"resourceType": "Observation", "status": "final", "code": {"text": "uji"},
                        "identifier": [{"system": "urn:uji", "value": str(n)}],
                        "subject": {"reference": f"Patient/{person}"}}  # fmt: skip
            async with sekali.store.change(loading) as change:
                one = await change.create(resource)
            written[one.id] = n
            async with sekali.store.change(loading) as change:
                await change.update("Observation", one.id, resource | {"note": [{"text": str(n)}]})
            done["written"] += 1

    people = [asyncio.create_task(work) for work in (read(), read(), find(), search(), write(1), write(2))]
    for number in (2, 3, 4):
        assert await sekali.rekeying.begin() == number
        await asyncio.sleep(0.2)
        await sekali.rekeying.finish()
        assert sekali.cipher.in_use == (number,)
        assert not any(task.done() for task in people), [task.exception() for task in people if task.done()]
    until.set()
    await asyncio.gather(*people)
    assert all(done.values()), done
    assert {key for _, key in await counts(sekali.database)} == {4}
    for one, n in written.items():
        assert (await reader.read("Observation", one)).resource["note"] == [{"text": str(n)}]
        assert (await reader.vread("Observation", one, 1)).resource["identifier"][0]["value"] == str(n)


async def test_terms_of_every_earlier_key_are_looked_under(own_city) -> None:
    await own_city.rekeying.begin()
    terms = own_city.cipher.every_term([7])
    assert terms == own_city.cipher.terms([7], 1) + own_city.cipher.terms([7], 2) and len(set(terms)) == 2
    assert len(set(own_city.cipher.every_id(directory.value_hash("1")))) == 2


# A backup


async def test_a_backup_brings_the_keys_along_and_shows_none(own_city, cluster, tmp_path) -> None:
    key = (tmp_path / "own/keys/server.key").read_bytes().strip()
    public = backup.new_key(tmp_path / "backup.key")
    file, dsn = tmp_path / "one.age", own_city.database.dsn
    await backup.make(
        own_city.database, dsn, tmp_path / "own", file, backup.recipient_in(public), lambda done, of: None
    )
    assert key not in file.read_bytes() and b"AGE-SECRET-KEY" not in file.read_bytes()

    secret = backup.secret_in(tmp_path / "backup.key", lambda: "")
    seen = backup.look(file, secret)
    admin = await kernel.Database.connect(cluster.dsn, 1)
    await admin.execute("create database sealed_back")
    database = await kernel.Database.connect(dsn_of(cluster, "sealed_back"), 4)
    try:
        back = tmp_path / "back"
        await backup.restore(database, dsn_of(cluster, "sealed_back"), back, file, secret, seen, lambda size: None)
        (back / "keys/server.key").rename(tmp_path / "aside")
        with pytest.raises(kernel.Trouble, match="which is not here"):
            await app.build(kernel.Settings(data=back), database)
        (tmp_path / "aside").rename(back / "keys/server.key")
        again = await app.build(kernel.Settings(data=back), database)
        before = {one.id: one.content for one in await decrypting.kept(own_city.database, own_city.cipher)}
        assert {one.id: one.content for one in await decrypting.kept(database, again.cipher)} == before
    finally:
        await database.close()
        await admin.execute("drop database sealed_back with (force)")
        await admin.close()
