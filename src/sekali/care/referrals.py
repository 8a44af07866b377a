"""Referrals: to a hospital that fits, answered, used once, sent back (PMK 001/2012; the payer's rules of 90 days and one use)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt
from typing import Any
from uuid import UUID

from sekali import audit, fhir, kernel, records, security

from . import reading, resources
from .atrest import REFERRALS
from .facilities import Facilities, is_open, today
from .relations import require_facility, treating
from .views import Department, Diagnosis, Facility, HospitalOption, Letter, Referral, Visit
from .visits import next_number, visit_here

SQL = kernel.queries(__file__)

VALID = timedelta(days=90)
MOST_SHOWN = 200
SUMMARY_TYPES = ("Patient", "Coverage", "AllergyIntolerance", "Condition", "MedicationRequest")

_STATUS = {
    "requested": "requested", "received": "requested", "accepted": "accepted", "rejected": "declined",
    "in-progress": "arrived", "completed": "finished", "cancelled": "cancelled", "failed": "cancelled",
}  # fmt: skip
"""Task.status -> what the lists call it."""


class Referrals:
    """From the doctor's choice to the hospital's answer, the arrival and the letter back."""

    def __init__(self, database: kernel.Database, store: records.Store, facilities: Facilities) -> None:
        self._database = database
        self._store = store
        self._facilities = facilities

    # The puskesmas

    async def fitting(self, actor: security.Actor, department_code: str) -> list[HospitalOption]:
        """Hospitals with this department: those with a place and of the next tier first, then the nearer."""
        here = await self._facilities.one(actor.facility)
        facilities, now = await self._facilities.all(), kernel.now()
        options = []
        for department in await self._facilities.departments(code=department_code):
            hospital = facilities[department.facility]
            if hospital.kind == "hospital" and hospital.id != here.id:
                options.append(_option(here, hospital, department, now))
        options.sort(key=lambda o: (o.department.free_today == 0, o.higher_tier, o.distance_km))
        best = [o for o in options if o.department.free_today > 0][:1]
        return [
            HospitalOption(o.facility, o.department, o.distance_km, o.open_now, o.higher_tier, o in best)
            for o in options
        ]

    async def refer(
        self, actor: security.Actor, visit_id: UUID, hospital: UUID, department_code: str, reason: str, priority: str
    ) -> Referral:
        """Ask a hospital. Raises Invalid (no diagnosis, no reason), Conflict (full, or asked already)."""
        visit = await visit_here(self._database, self._store.cipher, visit_id, require_facility(actor))
        grant = await treating(self._database, actor, visit.citizen)
        option = await self._choose(actor, hospital, department_code)
        if priority not in ("routine", "urgent"):
            raise kernel.Invalid("Choose how urgent it is.", path="priority")
        if len(reason.strip()) < 5:
            raise kernel.Invalid("Write why the person is referred.", path="reason")
        record = await self._store.under(grant).record(SUMMARY_TYPES)
        diagnoses = reading.examination(reading.of_visit(record, visit_id)).diagnoses
        if not diagnoses:
            raise kernel.Invalid("Save a diagnosis first: the letter needs it.", path="diagnoses")
        if await self.made_in(visit.citizen, visit.facility, visit.arrived_at):
            raise kernel.Conflict("This visit has a referral already.")
        here = await self._facilities.one(visit.facility)
        async with self._store.change(grant) as change:
            id = await self._write(change, actor, here, visit, option, diagnoses[0], reason.strip(), priority, record)
            change.note(audit.Kind.REFERRED, visit.citizen, f"ServiceRequest/{id}")
        return await self.one(actor, id)

    async def _choose(self, actor: security.Actor, hospital: UUID, department_code: str) -> HospitalOption:
        for option in await self.fitting(actor, department_code):
            if option.facility.id == hospital:
                if option.department.free_today == 0:
                    raise kernel.Conflict("This hospital has no place left today. Choose another.", path="hospital")
                return option
        raise kernel.Invalid("Choose a hospital that has this department.", path="hospital")

    async def _write(
        self, change: records.Writing, actor: security.Actor, here: Facility, visit: Visit, option: HospitalOption,
        diagnosis: Diagnosis, reason: str, priority: str, record: reading.Record,
    ) -> UUID:  # fmt: skip
        """ServiceRequest, Task, the clinical summary and the list, in one transaction."""
        at, day = kernel.now(), today(here.zone)
        last = await next_number(change.tx, here.id, f"letters/{day:%m%y}")
        number = f"{here.ppk}{day:%m%y}P{last:06}"  # the form of the payer's referral numbers
        to, expires_on = (option.facility.id, option.facility.name), day + VALID
        department = (option.department.code, option.department.name)
        request = await change.create(
            resources.service_request(
                visit, number, to, department, diagnosis, reason, priority, actor.name, at, expires_on
            )
        )
        task = await change.create(resources.task(visit, request.id, to, priority, at))
        await change.create(_summary(visit, record, actor.name, at))
        person = reading.person(record["Patient"][0])
        sealed = _sealer(self._store.cipher, request.id)
        await self._store.cipher.hold(change.tx)
        await change.tx.execute(
            SQL.add, kernel.shard_of(request.id), request.id, task.id, number, visit.citizen, sealed("name", person.name),
            person.birth_date, person.sex, visit.facility, option.facility.id, option.department.code,
            sealed("reason", reason), sealed("diagnosis", f"{diagnosis.code} {diagnosis.text}"), priority, actor.name, at,
            expires_on,
        )  # fmt: skip
        return request.id

    async def sent(self, actor: security.Actor) -> list[Referral]:
        """What this facility asked of others, and their answers and letters back; newest first."""
        return await self._list("r.from_facility = $1 order by r.requested_at desc", require_facility(actor))

    # The hospital

    async def board(self, actor: security.Actor) -> list[Referral]:
        """What others ask of this facility: those waiting first, urgent before routine, the longest waiting first."""
        security.decide(actor, security.Purpose.REFERRAL, relation=security.Relation.REFERRED)
        return await self._list(
            "r.to_facility = $1 order by r.status <> 'requested', r.priority <> 'urgent', r.requested_at",
            require_facility(actor),
        )

    async def accept(self, actor: security.Actor, id: UUID) -> None:
        """Yes: the person may come. Raises Conflict when it was answered already or the department is full."""
        referral = await self._to_answer(actor, id)
        departments = await self._facilities.departments(referral.to_facility, referral.department_code)
        if departments and departments[0].free_today == 0:
            raise kernel.Conflict(
                "Your department has no place left today. Redirect the person, or decline with a reason."
            )
        await self._answer(actor, referral, {"status": "accepted"})

    async def decline(self, actor: security.Actor, id: UUID, reason: str) -> None:
        """No, with a reason that the puskesmas reads. Raises Invalid without one."""
        if len(reason.strip()) < 5:
            raise kernel.Invalid("Write a reason: the puskesmas will read it.", path="reason")
        referral = await self._to_answer(actor, id)
        await self._answer(actor, referral, {"status": "rejected", "statusReason": {"text": reason.strip()}})

    async def redirect(self, actor: security.Actor, id: UUID, hospital: UUID, reason: str) -> None:
        """Pass it to another hospital, which is asked anew. Raises Invalid, Conflict."""
        if len(reason.strip()) < 5:
            raise kernel.Invalid("Write a reason: the puskesmas will read it.", path="reason")
        referral = await self._to_answer(actor, id)
        option = await self._choose(actor, hospital, referral.department_code)
        owner = resources.reference("Organization", option.facility.id, option.facility.name)
        await self._answer(
            actor, referral, {"status": "requested", "owner": owner, "statusReason": {"text": reason.strip()}}
        )

    async def _to_answer(self, actor: security.Actor, id: UUID) -> Referral:
        referral = await self.one(actor, id)
        if referral.to_facility != actor.facility:
            raise kernel.Forbidden("This referral is for another facility.")
        if referral.status != "requested":
            raise kernel.Conflict("This referral was answered already.")
        return referral

    async def _answer(self, actor: security.Actor, referral: Referral, answer: dict[str, Any]) -> None:
        grant = security.decide(actor, security.Purpose.REFERRAL, referral.citizen, security.Relation.REFERRED)
        task = await self._store.under(grant).read("Task", referral.task)
        if task.resource["status"] != "requested":
            raise kernel.Conflict("This referral was answered already.")
        async with self._store.change(grant) as change:
            moved = task.resource | answer | {"lastModified": kernel.fhir_instant(kernel.now())}
            if "owner" in answer:  # another hospital is asked: the order is addressed to it now
                request = await change.present("ServiceRequest", referral.id)
                addressed = request.resource | {"performer": [answer["owner"]]}
                await change.update("ServiceRequest", referral.id, addressed, request.version)
            await change.update("Task", referral.task, moved, task.version)
            change.note(audit.Kind.REFERRAL_ANSWERED, referral.citizen, f"Task/{referral.task}", answer["status"])

    # The arrival

    async def citizen_of(self, actor: security.Actor, number: str) -> UUID:
        """Whom a referral letter is about. Raises NotFound."""
        require_facility(actor)
        row = await self._database.fetchrow("select citizen from care.referral where number = $1", number)
        if row is None:
            raise kernel.NotFound("No referral letter has this number. Scan the card, or type the NIK.")
        return row["citizen"]

    async def live_for(self, citizen: UUID, facility: UUID) -> Referral | None:
        """The referral that opens this facility's desk for a person: not used, not expired, not declined."""
        found = await self._list(
            "r.citizen = $1 and r.to_facility = $2 and r.status in ('requested', 'accepted') and r.used_at is null"
            " order by r.requested_at desc",
            citizen,
            facility,
        )
        return next((one for one in found if one.status in ("requested", "accepted")), None)

    async def refuse_use(self, actor: security.Actor, id: UUID) -> None:
        """Say why a referral that was shown cannot be used now. Raises Conflict or Gone."""
        referral = await self.one(actor, id)
        if referral.used_at is not None:
            raise kernel.Conflict(
                "This referral was used already. For another visit the hospital writes a control letter."
            )
        if referral.status == "expired":
            raise kernel.Gone("This referral has expired (90 days). The puskesmas can write a new one.")
        raise kernel.Conflict("This referral is not for this facility now. Look at the person again.")

    async def use(self, change: records.Writing, referral: Referral, visit: Visit, at: datetime, day: date) -> None:
        """Use it, once, with the visit that it brings. Raises Conflict when somebody was faster."""
        done = await change.tx.execute(SQL.use, kernel.shard_of(referral.id), referral.id, at, day)
        if done != "UPDATE 1":
            raise kernel.Conflict(
                "This referral was used already. For another visit the hospital writes a control letter."
            )
        await self._move_task(change, referral.task, "in-progress", at, visit.id)

    async def complete(self, change: records.Writing, id: UUID, at: datetime) -> None:
        """The visit that it brought is over."""
        row = await change.tx.fetchrow(
            "select task from care.referral where shard = $1 and id = $2", kernel.shard_of(id), id
        )
        await self._move_task(change, row["task"], "completed", at)
        request = await change.present("ServiceRequest", id)
        await change.update("ServiceRequest", id, request.resource | {"status": "completed"}, request.version)

    async def write_back(self, change: records.Writing, id: UUID, letter: str) -> None:
        """The letter back, where the puskesmas sees it."""
        await self._store.cipher.hold(change.tx)
        sealed = _sealer(self._store.cipher, id)("letter_back", letter)
        await change.tx.execute(SQL.write_back, kernel.shard_of(id), id, sealed)

    async def _move_task(
        self, change: records.Writing, id: UUID, status: str, at: datetime, encounter: UUID | None = None
    ) -> None:
        task = await change.present("Task", id)
        moved = task.resource | {"status": status, "lastModified": kernel.fhir_instant(at)}
        if encounter is not None:
            moved["encounter"] = resources.reference("Encounter", encounter)
        await change.update("Task", id, moved, task.version)

    # Looking

    async def one(self, actor: security.Actor, id: UUID) -> Referral:
        """A referral from or to the actor's facility. Raises NotFound."""
        found = await self._list(
            "r.shard = $1 and r.id = $2 and $3 in (r.from_facility, r.to_facility)",
            kernel.shard_of(id),
            id,
            require_facility(actor),
        )
        if not found:
            raise kernel.NotFound("Your facility has no such referral.")
        return found[0]

    async def of_visit(self, id: UUID | None, actor: security.Actor) -> Referral | None:
        """The referral that brought somebody here."""
        return await self.one(actor, id) if id is not None else None

    async def made_in(self, citizen: UUID, facility: UUID, since: datetime) -> Referral | None:
        """The referral that a visit led to."""
        found = await self._list(
            "r.citizen = $1 and r.from_facility = $2 and r.requested_at >= $3 order by r.requested_at desc",
            citizen, facility, since,
        )  # fmt: skip
        return found[0] if found else None

    async def of_citizen(self, citizen: UUID) -> list[Referral]:
        """A person's own referrals, newest first."""
        return await self._list("r.citizen = $1 order by r.requested_at desc", citizen)

    async def letter(self, actor: security.Actor, id: UUID) -> Letter:
        """The letter to print. Raises NotFound, Forbidden."""
        referral = await self.one(actor, id)
        grant = security.decide(actor, security.Purpose.REFERRAL, referral.citizen, security.Relation.REFERRED)
        record = await self._store.under(grant).record(SUMMARY_TYPES)
        facilities = await self._facilities.all()
        return Letter(
            referral, reading.person(record["Patient"][0]), reading.coverage(record), facilities[referral.from_facility],
            facilities[referral.to_facility], reading.allergies(record), reading.problems(record), reading.medications(record),
        )  # fmt: skip

    async def _list(self, where: str, *values: Any) -> list[Referral]:
        """``where`` is always a constant of this file; values go as parameters."""
        rows = await self._database.fetch(f"{SQL.shown} where {where} limit {MOST_SHOWN}", *values)
        return [_referral(REFERRALS.opened(self._store.cipher, row), today("Asia/Jakarta")) for row in rows]


async def follow(tx: kernel.Session, changes: Sequence[records.Change]) -> None:
    """Keep the list in step with ServiceRequests and Tasks, whoever wrote them: a desk, or a facility's own system.

    This is a ``records.Watcher``; ``app`` joins the two.
    """
    written = [change for change in changes if change.type in ("ServiceRequest", "Task") and not change.deleted]
    if written:
        await tx.send_before()  # then the keys are held
    for change in written:
        if change.type == "ServiceRequest" and (row := _noted(change)):
            await tx.execute(SQL.note, *row)
    for change in written:
        if change.type != "Task":
            continue
        task = change.resource
        request = reading.id_of(task.get("focus", {}))
        if request is not None:
            await tx.execute(SQL.join_task, kernel.shard_of(request), request, change.id)
        status = _STATUS.get(task["status"])
        owner = reading.id_of(task.get("owner", {}))
        reason = task.get("statusReason", {}).get("text", "")
        if status:
            row = await tx.fetchrow(SQL.of_task, change.id)
            if row is not None:
                answer = _sealer(change.cipher, row["id"])("answer", reason)
                await tx.execute(SQL.follow, change.id, status, answer, owner, kernel.now())


def _noted(change: records.Change) -> tuple[Any, ...] | None:
    """The row of a ServiceRequest that refers a person from one facility to another; None for any other."""
    request = change.resource
    to = next((id for one in request.get("performer", ()) if (id := reading.id_of(one))), None)
    by = request.get("requester", {})
    here = reading.id_of(by) if by.get("reference", "").startswith("Organization/") else change.grant.actor.facility
    if to is None or here is None or "3457005" not in reading.codes(request.get("code")):
        return None
    numbers = {one.get("system", ""): one.get("value", "") for one in request.get("identifier", ())}
    number = numbers.get(fhir.REFERRAL) or next(iter(numbers.values()), "") or change.id.hex[-12:].upper()
    note = next(iter(request.get("note", ())), {})
    at = kernel.now()
    sealed = _sealer(change.cipher, change.id)
    until = request.get("occurrencePeriod", {}).get("end", "")[:10]
    return (
        kernel.shard_of(change.id), change.id, number[:60], change.subject,
        sealed("name", request["subject"].get("display", "")), here, to,
        next(iter(reading.codes(request.get("performerType"))), "UMU"),
        sealed("reason", note.get("text", "")[:2000]),
        sealed("diagnosis", next((reading.words(one) for one in request.get("reasonCode", ())), "")),
        request.get("priority", "routine"),
        note.get("authorString") or by.get("display", ""), at,
        date.fromisoformat(until) if len(until) == 10 else at.date() + VALID,
    )  # fmt: skip


def _sealer(cipher: security.Cipher, id: UUID) -> Callable[[str, str], bytes]:
    """Seals a column's text of one referral; who writes it holds the keys."""
    return lambda name, text: REFERRALS.seal(cipher, name, text, kernel.shard_of(id), id)


def _referral(row: Mapping[str, Any], day: date) -> Referral:
    values = {key: value for key, value in row.items() if key != "shard"}
    if values["status"] in ("requested", "accepted") and values["expires_on"] < day:
        values["status"] = "expired"
    return Referral(**values)


def _option(here: Facility, hospital: Facility, department: Department, now: datetime) -> HospitalOption:
    return HospitalOption(
        hospital, department, distance_km(here, hospital), is_open(hospital, now),
        higher_tier=here.kind == "puskesmas" and hospital.hospital_class in ("A", "B"),
    )  # fmt: skip


def distance_km(one: Facility, other: Facility) -> Decimal:
    """As the crow flies, to 100 m (haversine)."""
    lat1, lat2 = radians(one.latitude), radians(other.latitude)
    dlat, dlon = lat2 - lat1, radians(other.longitude) - radians(one.longitude)
    a = sin(dlat / 2) ** 2 + cos(lat1) * cos(lat2) * sin(dlon / 2) ** 2
    return Decimal(12742 * asin(sqrt(a))).quantize(Decimal("0.1"))


def _summary(visit: Visit, record: reading.Record, doctor: str, at: datetime) -> dict[str, Any]:
    """The patient summary that goes with the referral (LOINC 60591-5, as the IPS names it)."""
    sections = {
        "Alergi": ("; ".join(reading.allergies(record)), _references(record, "AllergyIntolerance")),
        "Masalah kesehatan": ("; ".join(reading.problems(record)), _references(record, "Condition")),
        "Obat": ("; ".join(reading.medications(record)), _references(record, "MedicationRequest")),
    }
    return resources.composition(
        visit, ("60591-5", "Patient summary Document"), "Ringkasan pasien", sections, doctor, at
    )


def _references(record: reading.Record, type: str) -> list[str]:
    return [one.reference for one in record[type][:50]]
