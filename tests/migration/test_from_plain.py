"""A database of a version that sealed nothing: after the update the same is there, and sealed."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import decrypting
from running import another_database

from sekali import app, fhir, kernel, records, security
from sekali.care.atrest import DUTIES, EMERGENCIES, REFERRALS, VISITS
from sekali.identity.directory import value_hash

MIGRATIONS = Path(__file__).parents[2] / "migrations"
NAME, NIK = "Siti Rahasiawati Ñandú", "9901035705900017"
AT = datetime(2026, 11, 1, tzinfo=UTC)


async def test_what_was_plain_is_sealed_by_the_update_and_found_as_before(cluster, tmp_path) -> None:
    before = tmp_path / "before"
    before.mkdir()
    for path in sorted(MIGRATIONS.glob("*.sql"))[:19]:
        shutil.copy(path, before)
    async with another_database(cluster) as database:
        await kernel.migrate(database, before)
        person = await fill(database)
        await kernel.migrate(database)
        sekali = await app.build(kernel.Settings(data=tmp_path / "data"), database)
        assert sekali.cipher.in_use == (0, 1)
        await look(sekali, person)
        assert NAME.encode().hex() in await everything(database)
        await sekali.rekeying.finish()
        assert sekali.cipher.in_use == (1,)
        await look(sekali, person)
        text = await everything(database)
        for word in (
            NAME,
            NAME.encode().hex(),
            NIK,
            NIK.encode().hex(),
            str(value_hash(NIK)),
            "f" * 64,
            "66" * 64,
            "alasan",
            b"alasan".hex(),
        ):
            assert word not in text, word
        assert await sekali.rekeying.finish() == 0


async def fill(database: kernel.Database) -> UUID:
    """As the version before kept it."""
    person = kernel.new_person()
    shard, other = kernel.shard_of(person), kernel.new_id(kernel.CITY)
    patient = {"resourceType": "Patient", "name": [{"text": NAME}], "identifier": [{"system": fhir.NIK, "value": NIK}]}
    row = records.prepare(kernel.encode(patient), person, 2, AT)
    await database.execute(
        "insert into records.resource (shard, type, id, subject, version, updated, deleted, date, tokens, content)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", *row[:10],
    )  # fmt: skip
    first = records.prepare(kernel.encode(patient), person, 1, AT)
    await database.execute(
        "insert into records.version (shard, type, id, subject, version, updated, deleted, content)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8)", *first[:7], first.content,
    )  # fmt: skip
    await database.execute(
        "insert into identity.identifier values ($1, $2, $3, $4)", value_hash(NIK), fhir.NIK, shard, person
    )
    await database.execute(
        "insert into identity.citizen values ($1, $2, $3, '1990-05-17', $4)",
        shard,
        person,
        NAME.lower(),
        value_hash("77"),
    )
    await database.execute(
        "insert into security.account (id, username, name, role) values ($1, 'siti', $2, 'citizen')", other, NAME
    )
    await database.execute(
        "insert into security.invitation (code_hash, citizen, name, expires_at) values ('x', $1, $2, '2027-01-01')",
        person,
        NAME,
    )
    await database.execute(
        "insert into care.visit values ($1, $2, $3, $3, $4, $5, null, '2026-11-01', 'A-1', 'arrived', 'first', $6,"
        " null, null, 3, 1)",
        shard, other, other, person, NAME, AT,
    )  # fmt: skip
    await database.execute(
        "insert into care.referral (shard, id, task, number, citizen, name, sex, from_facility, to_facility, department_code,"
        " reason, diagnosis, priority, doctor_name, status, requested_at, expires_on) values ($1, $2, $2, 'R', $3, $4, 'female',"
        " $2, $2, 'PDL', 'alasan', 'I10 alasan', 'routine', 'dr', 'requested', $5, '2027-01-01')",
        shard, other, person, NAME, AT,
    )  # fmt: skip
    await database.execute(
        "insert into care.emergency (id, citizen, facility, actor, actor_name, role, reason, opened_at, ends_at)"
        " values ($1, $2, $1, $1, 'x', 'doctor', 'alasan darurat', $3, $3)", other, person, AT,
    )  # fmt: skip
    await database.execute(
        "insert into care.question (id, citizen, facility, stream, seq, looked_at, looker, looker_name, looker_role, purpose,"
        " parts, reason, asked_at, due_at) values ($1, $2, $1, 's', 1, $3, $1, 'x', 'doctor', 'p', '', 'alasan tanya', $3, $3)",
        other, person, AT,
    )  # fmt: skip
    await database.execute(
        "insert into bulk.job (id, kind, actor, actor_name, role, facility_name, request, asked, folder, attended, moment, state,"
        " created_at, expires_at) values ($1, 'export', $1, 'x', 'system', '', $2, convert_to($3, 'UTF8'), 'f', false, $4,"
        " 'done', $4, '2099-01-01')", other, f"/$export?{NIK}", '{"level":"system"}', AT,
    )  # fmt: skip
    await database.execute("insert into security.key values ('seal', decode(repeat('ff', 32), 'hex'))")
    await database.execute("insert into hl7v2.message values ($1, '1', 'ADT', sha256('x'), $2)", other, AT)
    return person


async def look(sekali: app.Sekali, person: UUID) -> None:
    """All of it, as the program sees it."""
    database, cipher = sekali.database, sekali.cipher
    reader = sekali.store.under(security.decide(security.SYSTEM, security.Purpose.EXPORT))
    assert await sekali.directory.find(fhir.NIK, NIK) == person
    assert [one.id for one in (await reader.search("Patient", [("identifier", f"{fhir.NIK}|{NIK}")])).items] == [person]
    assert (await reader.vread("Patient", person, 1)).resource["name"] == [{"text": NAME}]
    assert (await decrypting.kept(database, cipher))[0].resource["name"] == [{"text": NAME}]
    grant = security.decide(security.SYSTEM, security.Purpose.LOAD)
    assert await sekali.directory.family(grant, "77") == [person]
    opened = {
        columns.table: columns.opened(cipher, await database.fetchrow(f"select * from {columns.table}"))  # noqa: S608
        for columns in (VISITS, REFERRALS, EMERGENCIES, DUTIES, security.ACCOUNTS, security.INVITATIONS)
    }
    names = ("care.visit", "care.referral", "security.account", "security.invitation")
    assert {opened[table]["name"] for table in names} == {NAME}
    assert (opened["care.referral"]["reason"], opened["care.referral"]["diagnosis"]) == ("alasan", "I10 alasan")
    assert (
        opened["care.referral"]["answer"] == opened["care.emergency"]["note"] == ""
        and opened["care.duty"]["answer"] is None
    )
    assert opened["care.emergency"]["reason"] == "alasan darurat" and opened["care.duty"]["reason"] == "alasan tanya"
    kept = await database.fetchval("select digest from hl7v2.message")
    assert cipher.is_digest(kept, await database.fetchval("select sha256('x')"))
    row = await database.fetchrow("select * from security.key")
    assert security.KEYS.opened(cipher, row)["secret"] == "ff" * 32 and sekali.doorkeeper.seal("x", "y")
    actor = security.Actor(opened["security.account"]["id"], "x", security.Role.SYSTEM, None, "")
    job = await sekali.bulk.jobs.find(actor.id, actor)
    assert job.request == f"/$export?{NIK}" and job.asked.level == "system"


async def everything(database: kernel.Database) -> str:
    tables = await database.fetch(
        "select format('%I.%I', schemaname, tablename) as name from pg_tables"
        " where schemaname not in ('pg_catalog', 'information_schema')"
    )
    texts = [await database.fetchval(f"select string_agg(t::text, '|') from {row['name']} t") for row in tables]  # noqa: S608
    return "".join(filter(None, texts))
