"""People whose last visit was years ago, with a planted text at every place where something of a person can be."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from policy_world import Person, Word, World

from sekali import care, fhir, kernel, security

Role = security.Role
LONG = 26
"""Years, more than the law has a record kept."""
AGED = {
    "records.resource": ("updated", "date"), "records.version": ("updated",),
    "care.visit": ("arrived_at", "started_at", "finished_at"), "care.referral": ("requested_at", "answered_at", "used_at"),
    "care.emergency": ("opened_at", "ends_at"),
}  # fmt: skip
"""Where the time of a visit stands; the rest of what is kept of somebody has no time of care."""


async def age(world: World, person: UUID, years: float = LONG) -> None:
    """All that was written about somebody was written so many years earlier."""
    days = int(years * 365.25)
    for table, columns in AGED.items():
        owner = "subject" if table.startswith("records") else "citizen"
        sets = ", ".join(f"{name} = {name} - make_interval(days => $2)" for name in columns)
        more = (
            ", day = day - $2"
            if table == "care.visit"
            else ", expires_on = expires_on - $2"
            if "referral" in table
            else ""
        )
        condition = " and type <> 'Patient'" if table == "records.resource" else ""
        await world.city.database.execute(
            f"update {table} set {sets}{more} where {owner} = $1{condition}", person, days  # noqa: S608
        )  # fmt: skip
    await world.city.database.execute(
        "update records.resource set updated = updated - make_interval(days => $2) where id = $1", person, days
    )


@dataclass(frozen=True)
class Desk:
    """The records officer and the head of one facility."""

    officer: security.Actor
    head: security.Actor
    work: care.Destruction


def desk(world: World, place: str = "writer") -> Desk:
    return Desk(
        world.actor(Role.RECORDS_OFFICER, place), world.actor(Role.FACILITY_HEAD, place), world.city.care.destruction
    )


async def gone_by(at: Desk, person: UUID) -> care.Confirmed:
    """Proposed by one, confirmed by the other."""
    await at.work.propose(at.officer, [person])
    return await at.work.confirm(at.head, [person])


async def is_there(world: World, person: UUID) -> bool:
    return bool(await world.city.database.fetchval("select count(*) from records.resource where subject = $1", person))


async def clerk_receives(world: World, person: UUID, place: str = "asker") -> UUID:
    """A visit at a counter, today."""
    department = (await world.city.care.facilities.departments(world.places[place]))[0].id
    return (await world.city.care.counter.check_in(world.actor(Role.CLERK, place), person, department, Decimal(1))).id


async def full_person(world: World, word: str) -> tuple[Person, list[UUID]]:
    """Somebody of whom something is at every place where something of a person can be, with a planted word wherever somebody
    wrote anything; and the ids of what is theirs.
    """
    person = await world.person(["", "HIV"])
    database, key, about = world.city.database, kernel.new_id(kernel.CITY), person.id
    await referred(world, person, word)
    await world.say(person, Word(True, "HIV", "asker"))
    visit = await clerk_receives(world, about)
    await database.execute("update care.visit set status = 'finished', finished_at = now() where id = $1", visit)
    await database.execute("update care.referral set status = 'finished', used_at = now() where citizen = $1", about)
    duties = [await asked(world, person, word)]
    opening = await opened_in_an_emergency(world, person, word)
    await concerned_by_a_breach(world, person)
    guardian = await world.person([])
    proved = care.Proved(guardian.nik, "PRN", "family-card", care.today("Asia/Jakarta"))
    await world.city.care.guardians.begin(world.actor(Role.CLERK, "asker"), about, proved)
    await database.execute("update care.guardian set ended_at = now() where citizen = $1", about)
    async with database.transaction() as tx:
        await world.city.doorkeeper.invite(tx, f"Undangan {word}", citizen=about)
    account = await database.fetchval("select id from security.account where citizen = $1", about)
    for sql, *values in (
        ("insert into security.passkey values (uuid_send($1), $1, '\\x02', 0, 'kunci', now(), now())", account),
        ("insert into security.provider_link values ('https://p.example', ($1::uuid)::text, $1::uuid, now(), now())", account),
        ("insert into security.recovery_code values ($1, '\\x03')", account),
        ("insert into security.second_factor values ($1, '\\x04', now())", account),
        ("insert into bulk.job (id, kind, actor, actor_name, role, facility_name, request, asked, folder, attended, moment,"
         " state, created_at, expires_at) values ($1, 'export', $1, '', '', '', '', '', '', false, now(), 'done', now(),"
         " now())", key),
        ("insert into bulk.person values ($1, $2)", key, about),
        ("insert into bulk.told values ($1, $2)", key, about),
        ("insert into subscription.event (subscription, at, citizen, focus, context) values ($1, now(), $2, $3, '{}')",
         key, about, f"Patient/{about}"),
    ):  # fmt: skip
        await database.execute(sql, *values)
    async with world.city.store.change(world.system("writer")) as change:
        now = await change.present("Patient", about)
        telecom = [{"system": "phone", "value": "0812"}, {"system": "email", "value": f"{word}@contoh.example"}]
        await change.update("Patient", about, now.resource | {"telecom": telecom})
    theirs = [UUID(one) for one in (*person.conditions.values(), *person.encounters.values())]
    return person, [about, *theirs, account, *duties, opening, visit]


async def referred(world: World, person: Person, word: str) -> None:
    """By the puskesmas' system to the asking hospital, so that it is on the lists of both."""
    places = {key: {"reference": f"Organization/{id}"} for key, id in world.places.items()}
    about = {"reference": person.reference}
    async with world.city.store.change(world.system("writer")) as change:
        order = await change.create(
            {"resourceType": "ServiceRequest", "status": "active", "intent": "order", "subject": about,
             "code": {"coding": [{"system": fhir.SNOMED, "code": "3457005"}]}, "requester": places["writer"],
             "performer": [places["asker"]], "reasonCode": [{"text": f"Mohon diperiksa {word}"}],
             "encounter": {"reference": f"Encounter/{person.encounters['']}"}}
        )  # fmt: skip
        await change.create(
            {"resourceType": "Task", "status": "requested", "intent": "order", "focus": {"reference": order.reference},
             "for": about, "requester": places["writer"], "owner": places["asker"]}
        )  # fmt: skip


async def concerned_by_a_breach(world: World, person: Person) -> None:
    """Of which both notices have gone out."""
    head, now, breaches = world.actor(Role.FACILITY_HEAD, "asker"), kernel.now(), world.city.care.breaches
    happened = care.Happened(
        how="Laptop hilang di bus", since=now, known_at=now, disclosed="Nama dan nomor", handling="Sudah dikunci jauh",
        numbers=[person.nik],
    )  # fmt: skip
    id = await breaches.record(head, happened)
    await breaches.tell(head, id, "Sudah diberitahukan semua", kernel.now(), kernel.now())


async def asked(world: World, person: Person, word: str) -> UUID:
    """A demand that was refused; the person has an account now, and is logged in."""
    own = await world.desk(Role.CITIZEN, "", person.id)
    form = {"reason": f"Salinan {word}", "facility": str(world.places["asker"])}
    assert (await own.post("/warga/hak/minta/salinan", data=form)).status_code == 303
    duty = await world.city.database.fetchval("select id from care.duty where citizen = $1", person.id)
    officer = await world.desk(Role.RECORDS_OFFICER, "asker")
    said = {"decision": "refuse", "ground": "elsewhere", "answer": f"Tidak ada {word}"}
    assert (await officer.post(f"/tugas/{duty}", data=said)).status_code == 303
    return duty


async def opened_in_an_emergency(world: World, person: Person, word: str) -> UUID:
    """And looked into."""
    emergency, doctor = world.city.care.emergency, world.actor(Role.DOCTOR, "other")
    opening = await emergency.open(doctor, person.nik, f"Pingsan di jalan {word}")
    await emergency.finish(doctor, opening)
    await emergency.review(world.actor(Role.FACILITY_HEAD, "other"), opening, "questioned", f"Tidak perlu {word}")
    return opening
