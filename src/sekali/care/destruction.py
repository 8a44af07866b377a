"""Destruction after its time (*pemusnahan*, PMK 24/2022 art. 39): proposed by one person, confirmed by another, done one by one.

The records officer proposes, or holds what is still to be used; the head of the facility confirms. Whether the time is over is
looked up anew in the transaction that destroys, while nobody can write about the person.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid4

from sekali import audit, identity, kernel, records, security

from . import reading
from .atrest import HOLDS
from .due import Standing, Tally, count_people, due_at, standings
from .ledger import PAGE as LOG_PAGE
from .ledger import Deed, Entry, Ledger, Proposed
from .relations import caring, require_facility
from .retention import Kept, Retention
from .views import Person

SQL = kernel.queries(__file__)
PAGE = 25
MOST_WAITING = 200
"""Proposals, and holds, of one facility that a page shows."""
MOST_COUNTED = 2_000_000
AT_ONCE = 2000
SHORTEST, LONGEST = 10, 500
"""Letters of a reason."""
ZONE = "Asia/Jakarta"
"""Whose calendar the whole city is counted by."""
_FORGOTTEN = (
    SQL.forget_duties, SQL.forget_concerned, SQL.forget_visits, SQL.forget_referrals, SQL.forget_emergencies,
    SQL.forget_guardians, SQL.forget_holds, SQL.forget_proposal, SQL.forget_relations,
)  # fmt: skip
Forget = Callable[[kernel.Session, UUID], Awaitable[None]]
"""How another module removes what it has of a person."""


@dataclass(frozen=True, slots=True)
class Due:
    """Somebody whose time is over. ``elsewhere``: another facility has proposed it; this one can still hold."""

    person: Person
    kept: Kept
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """Somebody whose destruction waits for the head."""

    person: Person
    last_visit: date
    proposed_by: UUID
    by_name: str
    proposed_at: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """Somebody who is kept for longer."""

    id: UUID
    person: Person
    reason: str
    by_name: str
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What came of a confirmation. ``kept``: those who are not due any more, and why: a visit, a hold, ...

    ``again``: those whom somebody else held at that moment; they wait still.
    """

    deed: UUID
    destroyed: int
    kept: tuple[str, ...]
    again: int


class Destruction:
    """At the desk of one facility; the record is the whole city's, and so is its end.

    :param forgets: what other modules than care, records and identity have of a person.
    """

    def __init__(
        self, database: kernel.Database, store: records.Store, directory: identity.Directory, rule: Retention,
        forgets: Sequence[Forget],
    ) -> None:  # fmt: skip
        self._database = database
        self._store = store
        self._cipher = store.cipher
        self._forgets = (directory.forget, *forgets)
        self.rule = rule
        self.ledger = Ledger(database, store.cipher, rule)

    # What there is

    async def due(self, actor: security.Actor, after: UUID | None) -> tuple[list[Due], UUID | None]:
        """A page of those of the facility whose time is over, and from where to look further. Audited. Raises Forbidden."""
        grant = _leave(actor)
        found, place = await due_at(self._database, self.rule, require_facility(actor), actor.zone, after, PAGE)
        ids = [id for id, _ in found]
        people = await self._people(grant, ids)
        rows = await self._database.fetch(SQL.elsewhere, ids, require_facility(actor))
        elsewhere = {row["citizen"] for row in rows}
        return [Due(people[id], one.kept, id in elsewhere) for id, one in found if id in people], place

    async def proposals(self, actor: security.Actor) -> list[Proposal]:
        """Those that wait for the facility's head, the oldest first, at most 200. Audited. Raises Forbidden."""
        grant, rows = _leave(actor), await self._database.fetch(SQL.proposals, require_facility(actor), MOST_WAITING)
        people = await self._people(grant, [row["citizen"] for row in rows])
        return [
            Proposal(people[row["citizen"]], row["last_visit"], row["proposed_by"], row["by_name"], row["proposed_at"])
            for row in rows if row["citizen"] in people
        ]  # fmt: skip

    async def holds(self, actor: security.Actor) -> list[Hold]:
        """Those whom the facility keeps for longer, the newest first, at most 200. Audited. Raises Forbidden."""
        grant, rows = _leave(actor), await self._database.fetch(SQL.holds, require_facility(actor), MOST_WAITING)
        people = await self._people(grant, [row["citizen"] for row in rows])
        return [
            Hold(row["id"], people[row["citizen"]], HOLDS.opened(self._cipher, row)["reason"], row["by_name"], row["begun_at"])
            for row in rows if row["citizen"] in people
        ]  # fmt: skip

    async def one_due(self, actor: security.Actor, citizen: UUID) -> Due:
        """One whose time is over. Audited. Raises NotFound (also for whoever is not due any more), Forbidden."""
        grant = _leave(actor)
        await self._require_theirs(self._database, actor, citizen)
        standing = (await standings(self._database, self.rule, [citizen], actor.zone)).get(citizen)
        people = await self._people(grant, [citizen] if standing and standing.kept.over else [])
        if citizen not in people:
            raise kernel.NotFound("This person is not due any more. Load the list anew.")
        return Due(people[citizen], standing.kept)

    async def log(
        self, actor: security.Actor, before: tuple[datetime, UUID] | None
    ) -> tuple[list[Entry], Entry | None]:
        """A page of the facility's legal-basis log, and the entry after which there are more. Raises Forbidden."""
        _leave(actor)
        found = await self.ledger.page(require_facility(actor), before)
        return found[:LOG_PAGE], found[LOG_PAGE - 1] if len(found) > LOG_PAGE else None

    async def whole_log(self, actor: security.Actor, most: int) -> list[Entry]:
        """The newest of it. Raises Forbidden."""
        _leave(actor)
        return await self.ledger.every(require_facility(actor), most)

    async def deed(self, actor: security.Actor, deed: UUID, most: int) -> list[Entry]:
        """What one confirmation at the facility destroyed. Raises NotFound, Forbidden."""
        _leave(actor)
        found = await self.ledger.of_deed(require_facility(actor), deed, most)
        if not found:
            raise kernel.NotFound("There is no such page.")
        return found

    async def _people(self, grant: security.Grant, ids: Sequence[UUID]) -> dict[UUID, Person]:
        if not ids:
            return {}
        return {one.id: reading.person(one) for one in await self._store.under(grant).read_many("Patient", ids)}

    async def of_citizen(self, citizen: UUID, zone: str) -> Kept:
        """Until when the law has a record kept. Raises NotFound for somebody who is not there. The caller holds a Grant."""
        found = await standings(self._database, self.rule, [citizen], zone)
        if citizen not in found:
            raise kernel.NotFound("There is no such person here.")
        return found[citizen].kept

    async def tally(self, actor: security.Actor) -> Tally:
        """Counts of the whole city; of at most two million people. Raises Forbidden."""
        grant = security.decide(actor, security.Purpose.RETENTION)
        destroyed, held = await self.ledger.counts()
        now, place, seen = Tally(0, 0, held, destroyed, None, True), None, 0
        while people := await records.people(self._database, grant, place, AT_ONCE):
            now = await count_people(self._database, self.rule, people, ZONE, now)
            place, seen = people[-1], seen + len(people)
            if seen >= MOST_COUNTED:
                return replace(now, whole=False)
        return now

    # One proposes, or holds

    async def propose(self, actor: security.Actor, people: Sequence[UUID]) -> int:
        """Ask the head to confirm; how many of them are proposed now. All of them or nobody.

        Raises Invalid (nobody, or more than a page), Conflict (somebody is not due any more), NotFound, Forbidden.
        """
        people = list(dict.fromkeys(people))
        if not people:
            raise kernel.Invalid("Choose at least one person.")
        if len(people) > PAGE:
            raise kernel.Invalid("These are more than one page shows. Propose them page by page.")
        grant = _leave(actor)
        grant.may_write(records.RETENTION)
        async with self._database.transaction() as tx:
            await records.stay(tx, people)
            events = [await self.propose_in(tx, grant, one) for one in people]
            await audit.append(tx, events)
        return len(people)

    async def propose_in(self, tx: kernel.Session, grant: security.Grant, citizen: UUID) -> audit.Event:
        """The same of one person in the caller's transaction, which stays with them; the event to write. Raises as it does."""
        grant.may_write(records.RETENTION)
        actor = grant.actor
        facility = await self._require_theirs(tx, actor, citizen)
        standing = (await standings(tx, self.rule, [citizen], actor.zone)).get(citizen)
        if standing is None or not standing.due:
            raise kernel.Conflict(_not_due(standing))
        values = (citizen, facility, actor.id, actor.name, kernel.now(), standing.kept.last_visit)
        if await tx.fetchval(SQL.propose, *values) is None:
            raise kernel.Conflict("This was proposed already, here or at another facility. Load the list anew.")
        return records.event(grant, audit.Kind.DESTRUCTION_PROPOSED, citizen, f"Patient/{citizen}")

    async def take_back(self, actor: security.Actor, citizen: UUID) -> None:
        """A proposal that nobody has confirmed is none any more; the record stays. Raises NotFound, Forbidden."""
        grant = _leave(actor)
        if not {records.RETENTION, records.DESTRUCTION} & grant.writes:
            grant.may_write(records.RETENTION)
        async with self._database.transaction() as tx:
            if await tx.fetchval(SQL.drop, citizen, require_facility(actor)) is None:
                raise kernel.NotFound("There is no such proposal. Load the list anew.")
            event = records.event(grant, audit.Kind.DESTRUCTION_PROPOSED, citizen, f"Patient/{citizen}", "taken back")
            await audit.append(tx, [event])

    async def hold(self, actor: security.Actor, citizen: UUID, reason: str) -> None:
        """It is still to be used: it is not due until somebody ends this. Raises Invalid, NotFound, Forbidden."""
        grant, reason, id = _leave(actor), _reason(reason), kernel.new_id(kernel.CITY)
        grant.may_write(records.RETENTION)
        async with self._database.transaction() as tx:
            await records.stay(tx, [citizen])
            facility = await self._require_theirs(tx, actor, citizen)
            kept = (await standings(tx, self.rule, [citizen], actor.zone))[citizen].kept
            await self._cipher.hold(tx)
            sealed = HOLDS.seal(self._cipher, "reason", reason, id)
            await tx.execute(SQL.hold, id, citizen, facility, sealed, actor.name, kernel.now())
            await tx.execute(SQL.unpropose, citizen)
            reference = await self.ledger.write(tx, Deed.HELD, actor, citizen, kept, reason)
            await audit.append(tx, [_event(grant, audit.Kind.RETENTION_HELD, citizen, reference)])

    async def release(self, actor: security.Actor, id: UUID, reason: str) -> None:
        """It is used no longer. Raises Invalid, NotFound, Forbidden."""
        grant, reason = _leave(actor), _reason(reason)
        grant.may_write(records.RETENTION)
        facility = require_facility(actor)
        async with self._database.transaction() as tx:
            citizen = await tx.fetchval(SQL.held, id, facility)
            if citizen is not None:
                await records.stay(tx, [citizen])
                await self._cipher.hold(tx)
                sealed = HOLDS.seal(self._cipher, "end_reason", reason, id)
                citizen = await tx.fetchval(SQL.release, id, facility, kernel.now(), actor.name, sealed)
            if citizen is None:
                raise kernel.NotFound("There is no such hold, or it has ended. Load the list anew.")
            kept = (await standings(tx, self.rule, [citizen], actor.zone))[citizen].kept
            reference = await self.ledger.write(tx, Deed.RELEASED, actor, citizen, kept, reason)
            await audit.append(tx, [_event(grant, audit.Kind.RETENTION_RELEASED, citizen, reference)])

    # Another confirms

    async def confirm(self, actor: security.Actor, people: Sequence[UUID]) -> Confirmed:
        """Destroy those of the proposed who are due at this moment, each in a transaction of its own.

        Stopped on the way, each is whole or gone, and who is left waits for another confirmation. Raises Invalid (nobody, too
        many), Forbidden (also to whoever proposed one of them: then nobody is destroyed), NotFound.
        """
        people = list(dict.fromkeys(people))
        if not 0 < len(people) <= MOST_WAITING:
            raise kernel.Invalid("Choose at least one person.")
        grant = _leave(actor)
        grant.may_write(records.DESTRUCTION)
        facility, deed = require_facility(actor), uuid4()
        rows = await self._database.fetch(SQL.proposals, facility, MOST_WAITING)
        proposers = {row["citizen"]: row["proposed_by"] for row in rows}
        if any(one not in proposers for one in people):
            raise kernel.NotFound("There is no such proposal. Load the list anew.")
        if any(proposers[one] == actor.id for one in people):
            raise kernel.Forbidden("You proposed this. Somebody else at your facility has to confirm it.")
        destroyed, kept, again = 0, [], 0
        for one in people:
            try:
                why = await self._destroy(grant.about(one), one, facility, deed)
            except kernel.Conflict:  # two waited for each other: the database let the other one go first
                again += 1
                continue
            destroyed += not why
            kept += [why] if why else []
        return Confirmed(deed, destroyed, tuple(kept), again)

    async def _destroy(self, grant: security.Grant, citizen: UUID, facility: UUID, deed: UUID) -> str:
        """Destroy one person, or take the proposal away; why, or nothing when they are destroyed."""
        actor = grant.actor
        async with self._database.transaction() as tx:
            await records.alone(tx, citizen)
            row = await tx.fetchrow(SQL.take, citizen, facility)
            if row is None or row["proposed_by"] == actor.id:
                return "gone"
            standing = (await standings(tx, self.rule, [citizen], actor.zone)).get(citizen)
            if standing is None or not standing.due:
                await tx.execute(SQL.drop, citizen, facility)
                why = standing.running or "visit" if standing else "gone"
                event = records.event(
                    grant, audit.Kind.DESTRUCTION_PROPOSED, citizen, f"Patient/{citizen}", f"not due any more: {why}"
                )
                await audit.append(tx, [event])
                return why
            await self._cipher.hold(tx)
            counts = await records.destroy(tx, grant, citizen)
            await self.ledger.forget(tx, citizen)
            for forget in self._forgets:
                await forget(tx, citizen)
            for sql in _FORGOTTEN:
                await tx.execute(sql, citizen)
            proposed = Proposed(row["proposed_by"], row["by_name"], row["proposed_at"], deed)
            reference = await self.ledger.write(
                tx, Deed.DESTROYED, actor, citizen, standing.kept, counts=counts, proposed=proposed
            )
            await audit.append(tx, [_event(grant, audit.Kind.DESTROYED, citizen, reference)])
        return ""

    async def _require_theirs(self, tx: kernel.Session | kernel.Database, actor: security.Actor, citizen: UUID) -> UUID:
        """The actor's facility. Raises NotFound for somebody whom it never cared for."""
        facility = require_facility(actor)
        if not await caring(tx, [citizen], [facility]):
            raise kernel.NotFound("There is no such person here.")
        return facility


def _leave(actor: security.Actor) -> security.Grant:
    """Leave to see whose time is over at the actor's facility. Raises Forbidden."""
    grant = security.decide(actor, security.Purpose.RETENTION, None, security.Relation.DUE)
    grant.may_read(records.RETENTION)
    return grant


def _event(grant: security.Grant, kind: audit.Kind, citizen: UUID, reference: UUID) -> audit.Event:
    return records.event(grant, kind, citizen, f"Retention/{reference}")


def _reason(text: str) -> str:
    """Raises Invalid."""
    text = " ".join(text.split())
    if not SHORTEST <= len(text) <= LONGEST:
        raise kernel.Invalid(faults=[kernel.Fault("reason", "Write why, in 10 to 500 letters. It stays in the log.")])
    return text


def _not_due(standing: Standing | None) -> str:
    if standing is None or not standing.kept.over:
        return "Somebody of these was cared for since, so the time has begun anew. Load the list anew."
    if standing.running == "held":
        return "Somebody of these is held: the record is still to be used. Load the list anew."
    return (
        "Of somebody of these something still runs: a request, a visit, a referral, an emergency review or a guardian."
    )
