"""A breach of data protection: recorded by the facility's head, shown at once to those whom it concerns, told within its time.

UU PDP 27/2022 art. 46 asks for a notice in writing to those concerned and to the authority: what was disclosed, when and how, and
what is done about it. Whether the public must be told too is for the head to judge.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from sekali import audit, kernel, records, security

from .atrest import DUTIES
from .clock import due
from .counter import Counter
from .duties import of_my_rights
from .duty import Breach, Duty, Outcome, duty, kept
from .relations import caring, require_facility

SQL = kernel.queries(__file__)
SHORTEST, LONGEST = 10, 2000
MOST_LISTED = 500
"""People named by their numbers; for more choose everybody."""
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Happened:
    """What the head writes down. ``numbers``: a card, NIK or JKN number on each line; empty for everybody."""

    how: str
    since: datetime
    known_at: datetime
    disclosed: str
    handling: str
    numbers: Sequence[str] = ()


class Breaches:
    """Of one facility, and as those concerned see them."""

    def __init__(
        self, database: kernel.Database, journal: audit.Journal, cipher: security.Cipher, counter: Counter, hours: int
    ) -> None:
        self._database = database
        self._journal = journal
        self._cipher = cipher
        self._counter = counter
        self._hours = hours

    async def record(self, actor: security.Actor, what: Happened) -> UUID:
        """Keep it; those concerned see it from now on, and the clock runs since it was known. Raises Forbidden, Invalid."""
        grant, facility, id = _leave(actor), require_facility(actor), kernel.new_id(kernel.CITY)
        _require(what)
        listed = await self._people(actor, facility, what.numbers)
        detail = Breach(what.since, what.disclosed.strip(), what.handling.strip(), not what.numbers)
        async with self._database.transaction() as tx:
            await self._cipher.hold(tx)
            at, how = due(what.known_at, self._hours), DUTIES.seal(self._cipher, "reason", what.how.strip(), id)
            wish, _ = kept(self._cipher, id, detail)
            await tx.execute(SQL.record, id, facility, actor.id, how, wish, what.known_at, at)
            if what.numbers:
                await tx.execute(SQL.concern, id, facility, listed)
            else:
                await tx.execute(SQL.concern_all, id, facility)
            number = await tx.fetchval(SQL.count, id)
            await audit.append(tx, [records.event(grant, audit.Kind.BREACH_RECORDED, None, f"Duty/{id}", str(number))])
        return id

    async def one(self, actor: security.Actor, id: UUID) -> tuple[Duty, int]:
        """One of the facility, and how many it concerns. Audited. Raises NotFound, Forbidden."""
        grant = _leave(actor)
        found = await self._one(actor, id)
        await self._journal.record(records.event(grant, audit.Kind.LOOKED, None, f"Duty/{id}"))
        return found, await self._database.fetchval(SQL.count, id)

    async def tell(
        self, actor: security.Actor, id: UUID, handling: str, persons_at: datetime | None, authority_at: datetime | None
    ) -> None:
        """Note what is done and when the notices went out; with both the clock stops at the later. Raises Invalid, Conflict."""
        grant, found, handling = _leave(actor), await self._one(actor, id), handling.strip()
        faults = [
            kernel.Fault(name, "Write when it was, between the time when the breach was known and now.")
            for name, at in (("persons_at", persons_at), ("authority_at", authority_at))
            if at is not None and not found.asked_at <= at <= kernel.now()
        ]
        if not SHORTEST <= len(handling) <= LONGEST:
            faults.append(kernel.Fault("handling", "Write this in a sentence of 10 to 2,000 letters."))
        if faults:
            raise kernel.Invalid(faults=faults)
        detail = msgspec.structs.replace(
            found.detail, handling=handling, persons_at=persons_at, authority_at=authority_at
        )
        ended = max(persons_at, authority_at) if persons_at and authority_at else None
        who = (Outcome.NOTICED, actor.id, actor.name, ended) if ended else (None, None, None, None)
        async with self._database.transaction() as tx:
            await self._cipher.hold(tx)
            wish, _ = kept(self._cipher, id, detail)
            if await tx.fetchval(SQL.tell, id, found.facility, wish, *who) is None:
                raise kernel.Conflict("Both notices were written down already.")
            await audit.append(tx, [records.event(grant, audit.Kind.BREACH_TOLD, None, f"Duty/{id}")])

    async def of_citizen(self, actor: security.Actor) -> Sequence[Duty]:
        """Those that concern me, the newest first. Raises Forbidden."""
        where = " and d.id in (select duty from care.concerned where citizen = $1) order by d.asked_at desc limit $2"
        rows = await self._database.fetch(SQL.shown + where, of_my_rights(actor).subject, SHOWN)
        return [duty(self._cipher, row) for row in rows]

    async def _one(self, actor: security.Actor, id: UUID) -> Duty:
        row = await self._database.fetchrow(
            SQL.shown + " and d.facility = $1 and d.id = $2", require_facility(actor), id
        )
        if row is None:
            raise kernel.NotFound("Your facility has no such duty.")
        return duty(self._cipher, row)

    async def _people(self, actor: security.Actor, facility: UUID, numbers: Sequence[str]) -> list[UUID]:
        """Those whom the lines mean. A number of somebody whom the facility never cared for is as one that nobody has."""
        if len(numbers) > MOST_LISTED:
            raise kernel.Invalid(faults=[kernel.Fault("numbers", "At most 500 lines; for more choose everybody.")])
        found: list[UUID | None] = []
        for number in numbers:
            try:
                found.append(await self._counter.find(actor, number))
            except (kernel.NotFound, kernel.Invalid):
                found.append(None)
        known = {citizen for citizen, _ in await caring(self._database, [one for one in found if one], [facility])}
        wrong = [str(place) for place, one in enumerate(found, 1) if one not in known]
        if wrong:
            raise kernel.Invalid(
                "No number of somebody whom your facility cares for stands on these lines: %(lines)s.",
                path="numbers", lines=", ".join(wrong[:20]),
            )  # fmt: skip
        return sorted(known)


def _leave(actor: security.Actor) -> security.Grant:
    """Leave to see and to write breaches of the actor's facility. Raises Forbidden."""
    grant = security.decide(actor, security.Purpose.RIGHTS)
    grant.may_read("breach")
    grant.may_write("breach")
    return grant


def _require(what: Happened) -> None:
    """Raises Invalid, with each field that is wrong."""
    faults = [
        kernel.Fault(name, "Write this in a sentence of 10 to 2,000 letters.")
        for name in ("how", "disclosed", "handling")
        if not SHORTEST <= len(getattr(what, name).strip()) <= LONGEST
    ]
    if not what.since <= what.known_at <= kernel.now():
        faults.append(
            kernel.Fault("known_at", "It was known after it began, and not later than now. Look at both times.")
        )
    if faults:
        raise kernel.Invalid(faults=faults)
