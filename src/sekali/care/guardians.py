"""Guardians (*wali*): who acts for a child, a parent, somebody who cannot; proved at a counter, until a day.

A guardian sees the record and takes copies. Nothing is said or decided for the person: consent stays their own word, given
by themselves or at a counter. What is of a sensitive class is closed to a guardian unless the person opens it to them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sekali import audit, fhir, kernel, records, security

from . import reading, resources
from .atrest import GUARDIANS
from .counter import Counter
from .facilities import Facilities, today
from .record import read
from .referrals import Referrals
from .relations import at_counter
from .views import ReadRecord, Referral

SQL = kernel.queries(__file__)
KINSHIP_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
KINSHIPS = {
    "PRN": "Parent", "GRPRN": "Grandparent", "CHILD": "Child", "SPS": "Spouse", "SIB": "Sibling", "GUARD": "Guardian",
}  # fmt: skip
"""HL7's code (v3-RoleCode) for what the guardian is to the person -> HL7's word."""
PROOFS = ("family-card", "birth-certificate", "marriage-book", "court-decision", "written-authority")
"""Kinds of paper that a clerk may have been shown. (Which of them is enough is not for software to say.)"""
MOST_SHOWN = 50
MOST_WARDS = 20
_BEFORE = timedelta(microseconds=1)
"""From the end of an interval to the last moment of it."""
_DAY = len("2026-11-29")


@dataclass(frozen=True, slots=True)
class Guardianship:
    """One person acting for another.

    :ivar name: of the guardian, for the one acted for; of the one acted for, for the guardian.
    :ivar kinship: what the guardian is to the person, as in ``KINSHIPS``; empty in the guardian's own list.
    :ivar until: the last day.
    """

    id: UUID
    citizen: UUID
    name: str
    kinship: str
    proof: str
    facility: UUID
    begun_at: datetime
    until: date
    stands: bool


@dataclass(frozen=True, slots=True)
class Proved:
    """What a clerk was shown: the guardian's card or number, what they are to the person, by which paper, until when."""

    scan: str
    kinship: str
    proof: str
    until: date


class Guardians:
    """Begun at a counter; ended there, by either of the two, or by a day.

    :param longest: how long one may last before it is proved again.
    """

    def __init__(
        self, database: kernel.Database, store: records.Store, counter: Counter, facilities: Facilities, referrals: Referrals,
        longest: timedelta,
    ) -> None:  # fmt: skip
        self._database = database
        self._store = store
        self._counter = counter
        self._facilities = facilities
        self._referrals = referrals
        self.longest = longest

    async def begin(self, actor: security.Actor, citizen: UUID, proved: Proved) -> None:
        """Note somebody who acts for the person at the counter. Raises Invalid (by field), Conflict, Forbidden."""
        grant = at_counter(actor, citizen)
        facility = await self._facilities.one(actor.facility)
        now = today(facility.zone)
        guardian = await self._named(actor, citizen, proved, now)
        names = await self._names(actor, (citizen, guardian))
        related = _related_person(citizen, names[guardian], proved, now)
        async with self._store.change(grant) as change:
            await records.stay(change.tx, [citizen, guardian])
            one = await change.create(related)
            await change.tx.execute(SQL.expire, citizen, guardian, kernel.now(), now)
            await self._store.cipher.hold(change.tx)
            called = GUARDIANS.seal(self._store.cipher, "called", names[citizen], one.id)
            try:
                await change.tx.execute(
                    SQL.begin, one.id, citizen, guardian, called, proved.proof, facility.id, kernel.now(), proved.until
                )
            except kernel.Duplicate:
                raise kernel.Conflict("This person acts for them already. End that first, then begin anew.") from None
            change.note(audit.Kind.GUARDIAN_BEGUN, citizen, one.reference, f"until {proved.until}")

    async def _named(self, actor: security.Actor, citizen: UUID, proved: Proved, now: date) -> UUID:
        """The guardian whom a form means. Raises Invalid with each fault."""
        faults = []
        guardian: UUID | None = None
        try:
            guardian = await self._counter.find(actor, proved.scan)
        except (kernel.Invalid, kernel.NotFound) as failure:
            faults.append(kernel.Fault("scan", failure.message))
        if guardian == citizen:
            faults.append(kernel.Fault("scan", "Nobody is their own guardian. Scan the card of the one who acts."))
        if proved.kinship not in KINSHIPS:
            faults.append(kernel.Fault("kinship", "Choose what they are to the person."))
        if proved.proof not in PROOFS:
            faults.append(kernel.Fault("proof", "Choose what you were shown."))
        if not now <= proved.until <= now + self.longest:
            faults.append(kernel.Fault("until", "Write a day from today on, and not further than allowed."))
        if faults or guardian is None:
            raise kernel.Invalid(faults=faults)
        return guardian

    async def _names(self, actor: security.Actor, people: Sequence[UUID]) -> dict[UUID, str]:
        grant = security.decide(actor, security.Purpose.REGISTRATION)
        found = await self._store.under(grant).read_many("Patient", people)
        return {one.id: reading.name(one.resource) for one in found}

    async def standing(self, grant: security.Grant) -> list[Guardianship]:
        """Who acts, or acted, for the Grant's person; those who do first. Audited."""
        rows = await self._database.fetch(SQL.of_citizen, grant.subject, MOST_SHOWN)
        if not rows:
            return []
        found = (await self._store.under(grant).record(("RelatedPerson",)))["RelatedPerson"]
        related = {one.id: one.resource for one in found}
        now = today(grant.actor.zone)
        return [_of_person(row, related.get(row["id"], {}), now) for row in rows]

    async def end(self, grant: security.Grant, id: UUID) -> None:
        """From the moment this returns the guardian sees nothing more. Raises NotFound, Forbidden."""
        async with self._store.change(grant) as change:
            one = await change.present("RelatedPerson", id)
            if one.subject != grant.subject:
                raise kernel.NotFound("There is no such page.")
            period = one.resource.get("period", {})
            # a day, as its beginning is, and not an earlier one, wherever each of the two was said
            period = period | {"end": max(period.get("start", ""), today(grant.actor.zone).isoformat())}
            await change.update("RelatedPerson", id, one.resource | {"active": False, "period": period}, one.version)
            change.note(audit.Kind.GUARDIAN_ENDED, grant.subject, one.reference)

    async def of_guardian(self, actor: security.Actor) -> list[Guardianship]:
        """For whom the actor acts, at most 20. Nobody's record is looked at."""
        if actor.citizen is None:
            return []
        rows = await self._database.fetch(SQL.of_guardian, actor.citizen, today(actor.zone), MOST_WARDS)
        return [self._of_guardian(row) for row in rows]

    def _of_guardian(self, row: kernel.Row) -> Guardianship:
        one = GUARDIANS.opened(self._store.cipher, row)
        return Guardianship(
            one["id"],
            one["citizen"],
            one["called"],
            "",
            one["proof"],
            one["facility"],
            one["begun_at"],
            one["until"],
            True,
        )

    async def acting(self, actor: security.Actor, citizen: UUID) -> security.Grant:
        """Leave to act for somebody, looked up anew each time. Raises Forbidden."""
        grant, _ = await self._acting(actor, citizen)
        return grant

    async def give_up(self, actor: security.Actor, citizen: UUID) -> None:
        """Whoever acts ends it. Raises Forbidden."""
        await self.end(*await self._acting(actor, citizen))

    async def _acting(self, actor: security.Actor, citizen: UUID) -> tuple[security.Grant, UUID]:
        """The Grant, and the RelatedPerson by which it is so."""
        id = actor.citizen and await self._database.fetchval(SQL.acting, actor.citizen, citizen, today(actor.zone))
        if not id:
            raise kernel.Forbidden("You do not act for this person, or not any longer. A counter can note it.")
        return security.decide(actor, security.Purpose.ACTING, citizen, security.Relation.GUARDIAN), id

    async def record(self, actor: security.Actor, citizen: UUID) -> tuple[ReadRecord, list[Referral]]:
        """The record of somebody for whom the actor acts, and their referrals as far as nothing in them is closed.

        Audited as the guardian's look. Raises Forbidden.
        """
        grant = await self.acting(actor, citizen)
        record = await read(self._store, grant)
        tasks = (await self._store.under(grant).record(("Task",)))["Task"]
        seen = {one.id for one in tasks}
        return record, [one for one in await self._referrals.of_citizen(citizen) if one.task in seen]


def _of_person(row: kernel.Row, related: dict[str, Any], now: date) -> Guardianship:
    codings = [coding for one in related.get("relationship", ()) for coding in one.get("coding", ())]
    kinship = next((one.get("code", "") for one in codings if one.get("system") == KINSHIP_SYSTEM), "")
    return Guardianship(
        row["id"], row["citizen"], reading.name(related), kinship, row["proof"], row["facility"], row["begun_at"],
        row["until"], stands=row["ended_at"] is None and row["until"] >= now,
    )  # fmt: skip


def _related_person(citizen: UUID, name: str, proved: Proved, begins: date) -> dict[str, Any]:
    """https://hl7.org/fhir/R4/relatedperson.html"""
    return {
        "resourceType": "RelatedPerson",
        "active": True,
        "patient": resources.reference("Patient", citizen),
        "relationship": [{"coding": [{"system": KINSHIP_SYSTEM, "code": proved.kinship, "display": KINSHIPS[proved.kinship]}]}],
        "name": [{"text": name}],
        "period": {"start": begins.isoformat(), "end": proved.until.isoformat()},
    }  # fmt: skip


async def follow_guardians(tx: kernel.Session, changes: Sequence[records.Change]) -> None:
    """Whoever changes a RelatedPerson may end or shorten what a counter noted. A ``records.Watcher``."""
    said = [
        (change.id, _last_day(change), change.deleted or change.resource.get("active") is False)
        for change in changes if change.type == "RelatedPerson"
    ]  # fmt: skip
    if said:
        await tx.execute(SQL.shorten, *map(list, zip(*said, strict=True)), kernel.now())


def _last_day(change: records.Change) -> date | None:
    """The day on which its period ends, of a time its day where it was written; None where it says none."""
    end = "" if change.deleted else change.resource.get("period", {}).get("end", "")[:_DAY]
    try:
        return (fhir.interval(end)[1] - _BEFORE).date() if end else None
    except (ValueError, OverflowError):
        return None
