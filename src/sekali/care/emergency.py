"""Emergency access (*akses darurat*): a record opened to save somebody, loud, short, and looked into afterwards.

Who looks into it is the facility's head; what the head leaves lying beyond the set time shows at the auditor's desk too.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sekali import audit, kernel, records, security

from .atrest import EMERGENCIES
from .clock import Clock, State
from .counter import Counter
from .own import of_myself
from .record import read
from .relations import require_facility
from .views import ReadRecord

SQL = kernel.queries(__file__)
SHORTEST, LONGEST = 10, 500
"""Letters of a reason."""
TELLING = timedelta(days=7)
"""For which the person is told first of all, from when they first looked; longer while nobody has looked into it."""
VERDICTS = ("accepted", "questioned")


@dataclass(frozen=True, slots=True)
class Opening:
    """One use of emergency access. ``verdict`` is empty until the facility's head has looked into it."""

    id: UUID
    citizen: UUID
    facility: UUID
    facility_name: str
    actor: UUID
    actor_name: str
    role: str
    reason: str
    opened_at: datetime
    ends_at: datetime
    reviewed_at: datetime | None
    reviewer: str
    verdict: str
    note: str
    due_at: datetime
    visited_at: datetime | None = None
    """For the head: when the person was received here, within a day before or after; None when they were not."""

    @property
    def lasts(self) -> timedelta:
        """How long it is, or was, open."""
        return self.ends_at - self.opened_at

    @property
    def left(self) -> timedelta:
        """What is left of it; nothing when it has ended."""
        return max(self.ends_at - kernel.now(), timedelta())

    @property
    def waited(self) -> timedelta:
        """For the head, until it was looked into or up to now."""
        return (self.reviewed_at or kernel.now()) - self.opened_at

    @property
    def due_after(self) -> timedelta:
        """The time that the head has."""
        return self.due_at - self.opened_at

    @property
    def state(self) -> State:
        """How the head's time stands."""
        return Clock(self.opened_at, self.due_at, self.reviewed_at).state(kernel.now())

    @property
    def overdue(self) -> bool:
        """Nobody has looked into it in time, so the auditor sees it."""
        return self.state is State.OVERDUE

    @property
    def late(self) -> bool:
        """Looked into, but not in time."""
        return self.state is State.LATE


@dataclass(frozen=True, slots=True)
class Told:
    """An opening as the person reads of it. ``fresh``: to be told first of all; ``entry``: to ask about, as forms name it."""

    opening: Opening
    fresh: bool
    entry: str


class Emergency:
    """Opens, shows and reviews."""

    def __init__(
        self,
        database: kernel.Database,
        store: records.Store,
        counter: Counter,
        lasts: timedelta,
        review_within: timedelta,
    ) -> None:
        self._database = database
        self._store = store
        self._counter = counter
        self._lasts = lasts
        self._review_within = review_within

    async def open(self, actor: security.Actor, scan: str, reason: str) -> UUID:
        """Open the record of the person whom a card or number means; how it is called.

        Raises Invalid (a reason with 10 to 500 letters), NotFound, Forbidden (not a doctor or nurse).
        """
        facility, reason = require_facility(actor), " ".join(reason.split())
        security.decide(
            actor, security.Purpose.EMERGENCY, actor.id, security.Relation.EMERGENCY
        )  # before anything is told
        if len(reason) > LONGEST or sum(map(str.isalnum, reason)) < SHORTEST:
            raise kernel.Invalid(faults=[kernel.Fault("reason", "Write why, in a sentence of 10 to 500 letters.")])
        citizen = await self._counter.find(actor, scan)
        grant = security.decide(actor, security.Purpose.EMERGENCY, citizen, security.Relation.EMERGENCY)
        id, at = kernel.new_id(kernel.CITY), kernel.now()
        async with self._database.transaction() as tx:
            await records.stay(tx, [citizen])
            await self._store.cipher.hold(tx)
            await tx.execute(
                SQL.open,
                id,
                citizen,
                facility,
                actor.id,
                actor.name,
                actor.role.value,
                EMERGENCIES.seal(self._store.cipher, "reason", reason, id),
                at,
                at + self._lasts,
            )
            await audit.append(tx, [records.event(grant, audit.Kind.EMERGENCY_OPENED, citizen, _what(id))])
        return id

    async def show(self, actor: security.Actor, id: UUID) -> tuple[Opening, ReadRecord]:
        """The record, while it lasts. Raises NotFound, Forbidden (it has ended)."""
        row = await self._database.fetchrow(SQL.one, id)
        if row is None or row["actor"] != actor.id or row["facility"] != actor.facility:
            raise kernel.NotFound("There is no such page.")
        if row["ends_at"] <= kernel.now():
            raise kernel.Forbidden(
                "This emergency access has ended. If it is still needed, open the record again with a reason."
            )
        grant = security.decide(actor, security.Purpose.EMERGENCY, row["citizen"], security.Relation.EMERGENCY)
        return self._opening(row), await read(self._store, grant)

    async def mine(self, actor: security.Actor) -> list[Opening]:
        """What this actor has open now."""
        return [self._opening(row) for row in await self._database.fetch(SQL.mine, actor.id, kernel.now())]

    async def finish(self, actor: security.Actor, id: UUID) -> None:
        """It is not needed any longer."""
        await self._database.execute(SQL.finish, id, actor.id, kernel.now())

    async def told(self, actor: security.Actor) -> list[Told]:
        """For the person's own page, newest first. Raises Forbidden."""
        citizen = of_myself(actor).subject
        openings = [self._opening(row) for row in await self._database.fetch(SQL.of_citizen, citizen)]
        noted = await audit.noted(self._database, citizen, {_what(one.id): one.opened_at for one in openings})
        return [_told(one, noted.get(_what(one.id))) for one in openings]

    async def reviews(self, actor: security.Actor) -> list[Opening]:
        """For a facility's head: what is to be looked into first. Raises Forbidden."""
        security.decide(actor, security.Purpose.OVERSIGHT).may_read("emergency-use")
        return [self._opening(row) for row in await self._database.fetch(SQL.of_facility, require_facility(actor))]

    async def escalated(self, actor: security.Actor) -> list[Opening]:
        """For the auditor: what no head has looked into in time, the longest waiting first. Raises Forbidden."""
        security.decide(actor, security.Purpose.AUDIT).may_read("emergency-use")
        rows = await self._database.fetch(SQL.escalated, kernel.now() - self._review_within)
        return [self._opening(row) for row in rows]

    async def review(self, actor: security.Actor, id: UUID, verdict: str, note: str) -> None:
        """Accept it as justified, or not, with a note that its user and the person read. Raises Invalid, Conflict, Forbidden."""
        grant = security.decide(actor, security.Purpose.OVERSIGHT)
        grant.may_write("emergency-use")
        note = " ".join(note.split())[:LONGEST]
        if verdict not in VERDICTS:
            raise kernel.Invalid("Choose whether it was justified.")
        if verdict == "questioned" and len(note) < SHORTEST:
            raise kernel.Invalid("Write why it was not justified: the person and the one who looked will read it.")
        async with self._database.transaction() as tx:
            await self._store.cipher.hold(tx)
            sealed = EMERGENCIES.seal(self._store.cipher, "note", note, id)
            values = (id, require_facility(actor), verdict, sealed, actor.name, kernel.now())
            citizen = await tx.fetchval(SQL.review, *values)
            if citizen is None:
                raise kernel.Conflict("This was looked into already, or is another facility's.")
            await audit.append(tx, [records.event(grant, audit.Kind.EMERGENCY_REVIEWED, citizen, _what(id), verdict)])

    def _opening(self, row: kernel.Row) -> Opening:
        due = row["opened_at"] + self._review_within
        return Opening(**EMERGENCIES.opened(self._store.cipher, row), due_at=due)


def _what(id: UUID) -> str:
    """How the audit names it."""
    return f"emergency/{id}"


def _told(one: Opening, noted: audit.Noted | None) -> Told:
    seen = noted.seen_at if noted else None
    fresh = not one.verdict or seen is None or seen > kernel.now() - TELLING
    return Told(one, fresh, f"{noted.seq}.{noted.stream}" if noted else "")
