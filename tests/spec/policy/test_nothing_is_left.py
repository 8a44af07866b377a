"""Nothing of a destroyed person is left in any table, old or new; and whoever comes again is somebody new.

Every table of the database is named here, with what becomes of it. A new one fails the first test until somebody has thought.
"""

from decimal import Decimal

import decrypting
import pytest
from policy_world import BASE
from retention_world import Role, age, desk, full_person, gone_by
from spec_people import form

from sekali import app, care, fhir, kernel, security
from sekali.identity import directory
from sekali.records.stored import stored

WORD = "rahasiamusnah"
GONE = {
    "records.resource": "subject", "records.version": "subject", "records.consent": "subject",
    "identity.citizen": "id", "identity.identifier": "citizen",
    "care.concerned": "citizen", "care.duty": "citizen", "care.emergency": "citizen", "care.guardian": "citizen",
    "care.hold": "citizen", "care.referral": "citizen", "care.relation": "citizen", "care.visit": "citizen",
    "bulk.person": "citizen", "bulk.told": "citizen", "subscription.event": "citizen",
    "security.account": "citizen", "security.invitation": "citizen",
}  # fmt: skip
"""Tables with rows of a person, and the column that says whose; all of these rows go."""
OF_ACCOUNT = {
    "security.passkey", "security.provider_link", "security.recovery_code", "security.second_factor", "security.session",
}  # fmt: skip
"""And those of the person's account."""
STAYS = {
    "audit.event": "append-only; ids and no content",
    "care.retention": "the legal-basis log: the row stays, whose it was and the words go",
    "care.proposal": "goes with the person; there is none of somebody who is only due",
}
NOBODY = {
    "audit.anchor", "audit.anchored", "audit.head", "bulk.job", "care.baseline", "care.counter", "care.department",
    "care.facility", "care.hours", "demo.batch", "demo.city", "exchange.request", "hl7v2.message", "hl7v2.sender",
    "kernel.migration", "records.classing", "records.terms", "security.access_token", "security.attempt", "security.client",
    "security.client_key", "security.emergency_account", "security.emergency_deed", "security.emergency_told", "security.key",
    "security.server_key", "security.spent", "subscription.subscription",
}  # fmt: skip
"""Hold nothing that leads to a person (hl7v2.message: keyed digests and the sender's own numbers); ``program``: no patients."""
NAMES_SOMEBODY = {"citizen", "subject", "patient", "person", "guardian"}
KNOWN_NAMES = {
    ("care.guardian", "guardian"), ("security.provider_link", "subject"),
    ("audit.event", "citizen"), ("care.retention", "citizen"), ("care.proposal", "citizen"),
} | set(GONE.items())  # fmt: skip


async def columns(database: kernel.Database) -> list[tuple[str, str]]:
    rows = await database.fetch(
        "select table_schema || '.' || table_name as place, column_name::text as name from information_schema.columns c"
        " join information_schema.tables t using (table_schema, table_name)"
        " where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')"
    )
    return [(row["place"], row["name"]) for row in rows]


async def test_every_table_is_dealt_with(sekali) -> None:
    found = await columns(sekali.database)
    tables = {place for place, _ in found if not place.startswith("program.")}
    assert tables == GONE.keys() | OF_ACCOUNT | STAYS.keys() | NOBODY, (
        "a table is new: what becomes of a destroyed person in it?"
    )
    naming = {(place, name) for place, name in found if name in NAMES_SOMEBODY and not place.startswith("program.")}
    assert naming == {one for one in KNOWN_NAMES if one[1] in NAMES_SOMEBODY}, "a column names somebody"
    accounts = {place for place, name in found if name == "account"}
    assert accounts == OF_ACCOUNT | {"security.emergency_account", "security.emergency_deed", "security.emergency_told"}
    uuids = await sekali.database.fetch(
        "select table_schema || '.' || table_name || '.' || column_name as name from information_schema.columns"
        " where data_type = 'uuid' and table_schema || '.' || table_name = any($1::text[])", sorted(NOBODY),
    )  # fmt: skip
    assert {row["name"] for row in uuids} == {
        "bulk.job.id", "bulk.job.actor", "bulk.job.facility", "bulk.job.holder", "care.counter.facility", "care.department.id",
        "care.department.facility", "care.facility.id", "care.hours.facility", "exchange.request.organization",
        "hl7v2.message.sender", "hl7v2.sender.id", "hl7v2.sender.organization", "records.classing.id", "records.terms.id",
        "security.client.actor", "security.client.organization", "security.emergency_account.account",
        "security.emergency_deed.account", "security.emergency_told.account", "security.emergency_told.reader",
        "subscription.subscription.id", "subscription.subscription.client", "subscription.subscription.organization",
    }, "an id is new in a table that leads to nobody"  # fmt: skip


async def whole(database: kernel.Database) -> dict[str, str]:
    """Every row of every table as a text."""
    found = {}
    for place in sorted({place for place, _ in await columns(database)}):
        rows = await database.fetch(f"select t::text as row from {place} t")  # noqa: S608
        found[place] = "\n".join(row["row"] for row in rows)
    return found


async def words(sekali: app.Sekali) -> str:
    """All that is sealed, opened."""
    parts = []
    for table in ("resource", "version"):
        rows = await sekali.database.fetch(f"select {decrypting.COLUMNS} from records.{table}")  # noqa: S608
        parts += [stored(sekali.cipher, row).content.decode() for row in rows]
    for table in app.AT_REST:
        if type(table) is security.Columns:
            rows = await sekali.database.fetch(f"select * from {table.table}")  # noqa: S608
            parts += [str(table.opened(sekali.cipher, row)) for row in rows]
    for row in await sekali.database.fetch("select id, name from identity.citizen"):
        parts.append(sekali.cipher.open_text(row["name"], security.about("identity.citizen", row["id"])))
    return "\n".join(parts)


async def test_all_that_was_planted_is_gone(world) -> None:
    sekali, database, at = world.city, world.city.database, desk(world)
    stays, _ = await full_person(world, "tetaptinggal")
    person, ids = await full_person(world, WORD)
    await age(world, person.id)
    # held once, and asked for deletion once, so that both are in the log
    await at.work.hold(at.officer, person.id, f"Perkara {WORD} di pengadilan")
    hold = (await at.work.holds(at.officer))[0]
    await at.work.release(at.officer, hold.id, f"Perkara {WORD} selesai")

    # given: something in each of these places (else this test would prove nothing)
    account = await database.fetchval("select id from security.account where citizen = $1", person.id)
    for place, column in GONE.items():
        assert await database.fetchval(f"select count(*) from {place} where {column} = $1", person.id), place  # noqa: S608
    for place in OF_ACCOUNT:
        assert await database.fetchval(f"select count(*) from {place} where account = $1", account), place  # noqa: S608
    before, open_before = await whole(database), await words(sekali)
    for needle in (WORD, person.nik, person.name, *person.secrets.values()):
        assert needle in open_before, needle
    others = {place: text for place, text in before.items() if place.startswith("program.")}

    done = await gone_by(at, person.id)
    assert (done.destroyed, done.kept, done.again) == (1, (), 0)

    after, open_after = await whole(database), await words(sekali)
    for needle in (WORD, person.nik, person.name, *person.secrets.values()):
        assert needle not in open_after, needle
        assert not [place for place, text in after.items() if needle in text], needle
    for id in ids:
        for form_ in (str(id), id.hex):
            assert not [place for place, text in after.items() if form_ in text and place != "audit.event"], (id, form_)
    numbers = {str(one) for one in sekali.cipher.every_id(directory.value_hash(person.nik))}
    assert not any(number in after["identity.identifier"] for number in numbers)
    # and: nobody else lost anything
    assert {place: text for place, text in after.items() if place.startswith("program.")} == others
    assert "tetaptinggal" in open_after and stays.nik in open_after
    for place, column in GONE.items():
        if place != "care.hold":
            assert await database.fetchval(f"select count(*) from {place} where {column} = $1", stays.id), place  # noqa: S608


async def test_the_audit_stays_and_holds_and_the_log_says_who_and_by_which_right(world) -> None:
    sekali, at = world.city, desk(world)
    person, _ = await full_person(world, WORD)
    await age(world, person.id)
    count = await sekali.database.fetchval("select count(*) from audit.event where citizen = $1", person.id)
    resources = await sekali.database.fetch(
        "select type, count(*)::int as n from records.resource where subject = $1 group by type", person.id
    )
    done = await gone_by(at, person.id)

    (entry,) = await at.work.deed(at.head, done.deed, 10)
    assert entry.kind is care.Deed.DESTROYED and (entry.by_name, entry.proposer) == (at.head.name, at.officer.name)
    assert entry.content.counts == {row["type"]: row["n"] for row in resources} and entry.resources >= 8
    assert entry.years == 25 and "pasal 39" in entry.content.basis["id"] and "art. 39" in entry.content.basis["en"]
    assert entry.kept_until.year == entry.last_visit.year + 25 and entry.kept_until < care.today("Asia/Jakarta")
    assert entry.id.version == 4, "random: it cannot be guessed"
    events = await sekali.database.fetch("select kind, what from audit.event where citizen = $1 order by at", person.id)
    assert len(events) > count and events[-1]["kind"] == "destroyed" and events[-1]["what"] == f"Retention/{entry.id}"
    assert {"destruction-proposed"} <= {row["kind"] for row in events}
    text = "\n".join(str(row) for row in await sekali.database.fetch("select * from audit.event"))
    assert not [one for one in (WORD, person.nik, person.name) if one in text]


async def test_what_is_destroyed_is_as_what_never_was_and_who_comes_again_is_new(world) -> None:
    person, _ = await full_person(world, WORD)
    client, writer = await world.client("asker"), await world.client("writer")
    assert (await writer.get(f"{BASE}/{person.reference}")).status_code == 200
    own = await world.desk(Role.CITIZEN, "", person.id)
    assert (await own.get("/warga")).status_code == 200
    await age(world, person.id)
    await gone_by(desk(world), person.id)

    never = f"Patient/{kernel.new_person()}"
    for http in (client, writer):
        for path in ("{}", "{}/_history", "{}/_history/1", "{}/$everything"):
            told = await http.get(f"{BASE}/{path.format(person.reference)}")
            as_never = await http.get(f"{BASE}/{path.format(never)}")
            assert told.status_code == as_never.status_code == 404
            assert told.text.replace(person.reference, never) == as_never.text
        found = await http.get(f"{BASE}/Patient", params={"identifier": f"{fhir.NIK}|{person.nik}"})
        assert found.json().get("total", 0) == 0
        assert (await http.get(f"{BASE}/Condition/{person.conditions['']}")).status_code == 404
    assert (await own.get("/warga")).status_code == 303, "nobody comes in as this person"
    wrong = {"subject": {"reference": person.reference}, "resourceType": "Condition", "code": {"text": "x"}}
    assert (await writer.post(f"{BASE}/Condition", json=wrong)).status_code == 400, "nothing is written about nobody"

    # the same NIK at a counter: somebody who is not known, and gets a new id
    clerk = world.actor(Role.CLERK, "asker")
    with pytest.raises(kernel.NotFound):
        await world.city.care.counter.find(clerk, person.nik)
    department = (await world.city.care.facilities.departments(world.places["asker"]))[0].id
    await world.city.care.counter.register(clerk, form(department, nik=person.nik), Decimal(1))
    again = await world.city.care.counter.find(clerk, person.nik)
    assert again != person.id
    record = await world.city.store.under(world.loading()).read("Patient", again)
    assert record.version == 1 and person.name not in record.content.decode()
