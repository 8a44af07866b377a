"""The work list of duties: asked for on the citizen's page, answered at the facility by who may, with a clock from the start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sekali import audit, kernel, records, security

from . import reading
from .atrest import DUTIES
from .clock import due
from .consents import Consents, Wish
from .corrections import corrected
from .destruction import Destruction
from .duty import Correction, Deletion, Detail, Duty, Kind, Outcome, Restriction, duty, kept
from .facilities import Facilities
from .grounds import Grounds
from .ledger import Deed
from .own import of_myself
from .relations import require_facility
from .retention import Kept
from .views import Person

SQL = kernel.queries(__file__)
SHORTEST, LONGEST_REASON, LONGEST_ANSWER = 5, 1000, 2000
MOST_WAITING = 20
"""Requests of one citizen that wait at once."""
SHOWN = 100
_ASKED = {Kind.QUESTION: audit.Kind.QUESTIONED}
_ANSWERED = {Kind.QUESTION: audit.Kind.QUESTION_ANSWERED}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the facility says. ``version``: of the Patient that was on the screen, for a correction."""

    accept: bool
    text: str
    ground: str = ""
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A duty as who answers it sees it. ``person``: whose it is, while it waits and is no question; None else.

    ``kept``: of a deletion that waits: how long the law has the record kept.
    """

    duty: Duty
    person: Person | None
    version: int | None
    kept: Kept | None = None


def of_my_rights(actor: security.Actor) -> security.Grant:
    """Leave to demand something of what is one's own. Raises Forbidden to all who are no citizens."""
    return of_myself(actor, security.Purpose.RIGHTS)


class Duties:
    """``hours``: how long each kind may take. Nobody answers about themselves."""

    def __init__(
        self,
        database: kernel.Database,
        journal: audit.Journal,
        store: records.Store,
        facilities: Facilities,
        consents: Consents,
        hours: Mapping[Kind, int],
        grounds: Grounds,
        destruction: Destruction,
    ) -> None:
        self._database = database
        self._journal = journal
        self._store = store
        self._cipher = store.cipher
        self._facilities = facilities
        self._consents = consents
        self.hours = hours
        self.grounds = grounds
        self._destruction = destruction

    async def places(self, actor: security.Actor) -> list[tuple[UUID, str]]:
        """The facilities that somebody can turn to: those that cared for them; when there is none, all."""
        every = await self._facilities.all()
        own = {row["facility"] for row in await self._database.fetch(SQL.places, of_my_rights(actor).subject)}
        found = [(id, one.name) for id, one in every.items() if id in own] or [
            (id, one.name) for id, one in every.items()
        ]
        return sorted(found, key=lambda one: one[1])

    async def begin(
        self, actor: security.Actor, kind: Kind, facility: UUID | None, reason: str, detail: Detail
    ) -> UUID:
        """A citizen asks; the clock runs from now. Raises Invalid, TooCostly (too many wait), Duplicate."""
        grant, at, id = of_my_rights(actor), kernel.now(), kernel.new_id(kernel.CITY)
        grant.may_write("duty")
        reason = reason.strip()
        if not SHORTEST <= len(reason) <= LONGEST_REASON:
            wrong = kernel.Fault("reason", "Write what you want to know or to be done, in 5 to 1,000 letters.")
            raise kernel.Invalid(faults=[wrong])
        if facility is None or facility not in await self._facilities.all():
            raise kernel.Invalid(faults=[kernel.Fault("facility", "Choose the facility that shall answer.")])
        if await self._database.fetchval(SQL.waiting, grant.subject) >= MOST_WAITING:
            raise kernel.TooCostly("Twenty of your requests wait for an answer. Please wait for some of them first.")
        async with self._database.transaction() as tx:
            await records.stay(tx, [grant.subject])
            await self._cipher.hold(tx)
            sealed, ends = DUTIES.seal(self._cipher, "reason", reason, id), due(at, self.hours[kind])
            wish, look = kept(self._cipher, id, detail)
            await tx.execute(SQL.begin, id, kind, facility, grant.subject, actor.id, sealed, wish, look, at, ends)
            await audit.append(tx, [_event(grant, _ASKED.get(kind, audit.Kind.RIGHT_ASKED), grant.subject, id, kind)])
        return id

    async def of_citizen(self, actor: security.Actor) -> Sequence[Duty]:
        """What I asked for, the newest first."""
        where = " where d.citizen = $1 order by d.asked_at desc limit $2"
        return await self._shown(where, of_my_rights(actor).subject, SHOWN)

    async def withdraw(self, actor: security.Actor, id: UUID) -> None:
        """Take a request back. Raises NotFound, Conflict (it has an answer)."""
        grant = of_my_rights(actor)
        grant.may_write("duty")
        if not await self._shown(" where d.citizen = $1 and d.id = $2", grant.subject, id):
            raise kernel.NotFound("You asked for no such thing.")
        async with self._database.transaction() as tx:
            if await tx.fetchval(SQL.withdraw, id, grant.subject, kernel.now()) is None:
                raise kernel.Conflict("This is over already: look at the answer.")
            await audit.append(tx, [_event(grant, audit.Kind.RIGHT_WITHDRAWN, grant.subject, id)])

    async def waiting(self, actor: security.Actor) -> Sequence[Duty]:
        """What the actor's facility has to do, the most urgent first. Raises Forbidden."""
        where = " where d.facility = $1 and d.kind = any($2) and d.ended_at is null order by d.due_at, d.id limit $3"
        return await self._shown(where, *_at_desk(actor), SHOWN)

    async def ended(self, actor: security.Actor) -> Sequence[Duty]:
        """What it has done, the newest first. Raises Forbidden."""
        where = (
            " where d.facility = $1 and d.kind = any($2) and d.ended_at is not null order by d.ended_at desc limit $3"
        )
        return await self._shown(where, *_at_desk(actor), SHOWN)

    async def overdue(self, actor: security.Actor) -> int:
        """How many are past their time. Raises Forbidden."""
        return await self._database.fetchval(SQL.overdue, *_at_desk(actor), kernel.now())

    async def open(self, actor: security.Actor, id: UUID) -> Opened:
        """One of the actor's facility, and whose it is as far as answering needs it. Both are audited, and shown to the person.

        Raises NotFound, Forbidden.
        """
        found = await self._here(actor, id)
        if found.ended_at is not None:
            grant = security.decide(actor, security.Purpose.RIGHTS)
            await self._journal.record(_event(grant, audit.Kind.LOOKED, found.citizen, id))
            return Opened(found, None, None)
        grant = _answering(actor, found)
        await self._journal.record(_event(grant, audit.Kind.LOOKED, found.citizen, id))
        if found.kind is Kind.QUESTION:  # the facility needs no name to answer why somebody looked
            return Opened(found, None, None)
        patient = await self._store.under(grant).read("Patient", found.citizen)
        asked = found.kind is Kind.DELETION
        until = await self._destruction.of_citizen(grant.subject, actor.zone) if asked else None
        return Opened(found, reading.person(patient), patient.version, until)

    async def answer(self, actor: security.Actor, id: UUID, answer: Answer) -> None:
        """Answer, once; what is accepted holds from the moment this returns.

        Raises NotFound, Forbidden (to whom a question is about), Invalid, Conflict (answered already), PreconditionFailed
        (the person's data changed since they were read).
        """
        found, text = await self._here(actor, id), answer.text.strip()
        if found.about == actor.id:
            raise kernel.Forbidden("This question is about you. Somebody else at your facility has to answer it.")
        if found.ended_at is not None:
            raise kernel.Conflict("Somebody else has answered this.")
        grant, outcome, ground = _answering(actor, found), self._outcome(found, answer), answer.ground
        grant.may_write("duty")
        until = await self._destruction.of_citizen(grant.subject, actor.zone) if found.kind is Kind.DELETION else None
        if until is not None:
            _require_lawful(until, actor, outcome, ground)
        if not SHORTEST <= len(text) <= LONGEST_ANSWER:
            raise kernel.Invalid(faults=[kernel.Fault("answer", "Write an answer of 5 to 2,000 letters.")])
        ground = ground if outcome is Outcome.REFUSED else None
        async with self._store.change(grant) as change:
            if until is not None:
                await records.stay(change.tx, [found.citizen])
            await self._cipher.hold(change.tx)
            sealed = DUTIES.seal(self._cipher, "answer", text, id)
            values = (id, found.facility, outcome, ground, sealed, actor.id, actor.name, kernel.now())
            if await change.tx.fetchval(SQL.finish, *values) is None:
                raise kernel.Conflict("Somebody else has answered this.")
            if until is not None:
                await self._answer_deletion(change, found, until, outcome, ground, text)
            elif outcome is Outcome.ACCEPTED:
                await self._take_effect(change, grant, found, answer.version)
            kind = _ANSWERED.get(found.kind, audit.Kind.RIGHT_ANSWERED)
            change.note(kind, found.citizen, f"Duty/{id}", f"{found.kind} {outcome}")

    def _outcome(self, found: Duty, answer: Answer) -> Outcome:
        """Raises Invalid for a refusal without a ground that there is."""
        if found.kind is Kind.QUESTION:
            return Outcome.ANSWERED
        if answer.accept:
            return Outcome.ACCEPTED
        if answer.ground not in {one.code for one in self.grounds.of(found.kind)}:
            raise kernel.Invalid(faults=[kernel.Fault("ground", "Choose the ground on which it is refused.")])
        return Outcome.REFUSED

    async def _take_effect(
        self, change: records.Writing, grant: security.Grant, found: Duty, version: int | None
    ) -> None:
        """What was asked for, in the transaction of the answer."""
        match found.detail:
            case Correction():
                now = await change.present("Patient", found.citizen)
                if version is None:
                    raise kernel.Invalid("Open the request again, look at the person's present data, then accept.")
                await change.update("Patient", found.citizen, corrected(now.resource, found.detail), version)
            case Restriction(label, whom, until):
                if await self._closed(grant, found.detail):
                    return
                await self._consents.write(change, grant, Wish(False, label, whom, until=until))

    async def _answer_deletion(
        self, change: records.Writing, found: Duty, until: Kept, outcome: Outcome, ground: str | None, text: str
    ) -> None:
        """The date that the person is told; then a refusal into the legal-basis log, or the first step of the destruction."""
        wish, _ = kept(self._cipher, found.id, Deletion(until.last_visit, until.until))
        await change.tx.execute(SQL.reword, found.id, wish)
        actor = change.grant.actor
        if outcome is Outcome.REFUSED:
            ledger, words = self._destruction.ledger, f"{self.grounds.words(ground, 'id')}: {text}"
            await ledger.write(change.tx, Deed.REFUSED, actor, found.citizen, until, words)
            return
        leave = security.decide(actor, security.Purpose.RETENTION, found.citizen, security.Relation.DUE)
        change.add(await self._destruction.propose_in(change.tx, leave, found.citizen))

    async def _closed(self, grant: security.Grant, wish: Restriction) -> bool:
        """Whether the person keeps this closed for as long already: a word with an end would take the place of that one."""
        _, said = await self._consents.of(grant)
        return any(
            not one.permit and wish.label in (one.labels or ("",)) and one.facility == wish.whom and not one.purpose
            and (one.until is None or wish.until is not None and one.until >= wish.until)
            for one in said
        )  # fmt: skip

    async def _here(self, actor: security.Actor, id: UUID) -> Duty:
        found = await self._shown(
            " where d.facility = $1 and d.id = $2 and d.citizen is not null", _at_desk(actor)[0], id
        )
        if not found:
            raise kernel.NotFound("Your facility has no such duty.")
        return found[0]

    async def _shown(self, where: str, *values: object) -> list[Duty]:
        return [duty(self._cipher, row) for row in await self._database.fetch(SQL.shown + where, *values)]


def _at_desk(actor: security.Actor) -> tuple[UUID, list[Kind]]:
    """The facility whose duties somebody may see, and of which kinds. Raises Forbidden."""
    grant = security.decide(actor, security.Purpose.RIGHTS)
    grant.may_read("duty")
    kinds = [kind for kind in Kind if kind is not Kind.BREACH or "breach" in grant.reads]
    return require_facility(actor), kinds


def _answering(actor: security.Actor, found: Duty) -> security.Grant:
    """Leave to look at who asks and to do what is asked: while it waits at the actor's facility, which the caller has seen."""
    return security.decide(actor, security.Purpose.RIGHTS, found.citizen, security.Relation.ASKED)


KEPT_BY_LAW = "kept"
"""The ground of a refusal: the time for which the law has it kept is not over."""


def _require_lawful(until: Kept, actor: security.Actor, outcome: Outcome, ground: str | None) -> None:
    """Raises Invalid for an answer to a deletion that the law does not allow."""
    if outcome is Outcome.ACCEPTED and not until.over:
        raise kernel.Invalid(
            "The law has this record kept through %(day)s, so it cannot be deleted. Refuse it on that ground.",
            day=f"{until.until:%d-%m-%Y}",
        )
    if outcome is Outcome.REFUSED and ground == KEPT_BY_LAW and until.over:
        raise kernel.Invalid(
            faults=[
                kernel.Fault(
                    "ground", "The time for which the law has it kept is over. Choose another ground, or accept."
                )
            ]
        )
    leave = security.decide(actor, security.Purpose.RETENTION, None, security.Relation.DUE)
    if outcome is Outcome.ACCEPTED and records.RETENTION not in leave.writes:
        raise kernel.Invalid(
            "To accept begins the destruction, which you confirm afterwards: the records officer accepts it."
        )


def _event(grant: security.Grant, kind: audit.Kind, citizen: UUID | None, id: UUID, detail: str = "") -> audit.Event:
    return records.event(grant, kind, citizen, f"Duty/{id}", detail)
