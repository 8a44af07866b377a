"""A citizen asks why somebody looked; the facility answers within a set time (by default 3 x 24 hours, as UU PDP 27/2022
sets for a person's other requests).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sekali import audit, kernel, security

from .atrest import QUESTIONS
from .facilities import Facilities
from .own import of_myself
from .relations import require_facility

SQL = kernel.queries(__file__)
SHORTEST, LONGEST_REASON, LONGEST_ANSWER = 5, 1000, 2000
MOST_WAITING = 20
"""Questions of one citizen that wait for an answer at once."""
SHOWN = 100
PURPOSE, BASIS = "question", "the person's own right of access (UU PDP 27/2022)"


@dataclass(frozen=True, slots=True)
class Question:
    """A question about one look, and its answer. The asker has no name here: the facility needs none to answer."""

    id: UUID
    citizen: UUID
    facility: UUID
    facility_name: str
    looked_at: datetime
    looker: UUID
    looker_name: str
    looker_role: str
    purpose: str
    parts: tuple[str, ...]
    reason: str
    asked_at: datetime
    due_at: datetime
    answer: str | None
    answered_at: datetime | None
    answerer_name: str | None

    @property
    def overdue(self) -> bool:
        """Unanswered after its time, or answered too late."""
        return (self.answered_at or kernel.now()) > self.due_at


class Questions:
    """Asked on the citizen's page, answered at the facility's desk."""

    def __init__(
        self, database: kernel.Database, journal: audit.Journal, cipher: security.Cipher, facilities: Facilities,
        within: timedelta,
    ) -> None:  # fmt: skip
        self._database = database
        self._cipher = cipher
        self._journal = journal
        self._facilities = facilities
        self._within = within

    async def about(self, actor: security.Actor, stream: str, seq: int) -> audit.Look:
        """The look that somebody wants to ask about. Raises NotFound, Invalid (nobody could answer)."""
        citizen = of_myself(actor).subject
        found = await audit.look(self._database, citizen, stream, seq)
        if found is None:
            raise kernel.NotFound("There is no such entry about you.")
        if found.role == security.Role.CITIZEN.value:
            raise kernel.Invalid("This was you yourself.")
        if found.facility is None or found.facility not in await self._facilities.all():
            raise kernel.Invalid("This was done by no facility, so none can answer. Ask the city's health office.")
        return found

    async def ask(self, actor: security.Actor, stream: str, seq: int, reason: str) -> UUID:
        """Ask the facility of a look why. Raises Invalid, Conflict (asked before), TooCostly (too many wait)."""
        look = await self.about(actor, stream, seq)
        citizen, reason, at, id = of_myself(actor).subject, reason.strip(), kernel.now(), kernel.new_id(kernel.CITY)
        if not SHORTEST <= len(reason) <= LONGEST_REASON:
            raise kernel.Invalid("Write what you want to know, in 5 to 1,000 letters.", path="reason")
        if await self._database.fetchval(SQL.waiting, citizen) >= MOST_WAITING:
            raise kernel.TooCostly("Twenty of your questions wait for an answer. Please wait for some of them first.")
        try:
            async with self._database.transaction() as tx:
                await self._cipher.hold(tx)
                await tx.execute(
                    SQL.ask, id, citizen, look.facility, stream, seq, look.last, look.actor, look.actor_name, look.role,
                    look.purpose, ",".join(look.parts), QUESTIONS.seal(self._cipher, "reason", reason, id), at, at + self._within,
                )  # fmt: skip
                await audit.append(tx, [_event(audit.Kind.QUESTIONED, actor, citizen, id)])
        except kernel.Duplicate:
            raise kernel.Conflict("You asked about this already. The answer will stand on this page.") from None
        return id

    async def of_citizen(self, actor: security.Actor) -> Sequence[Question]:
        """My questions, the newest first."""
        where = " where q.citizen = $1 order by q.asked_at desc limit $2"
        return await self._shown(where, of_myself(actor).subject, SHOWN)

    async def waiting(self, actor: security.Actor) -> Sequence[Question]:
        """Those that the actor's facility has to answer, the most urgent first."""
        where = " where q.facility = $1 and q.answered_at is null order by q.due_at limit $2"
        return await self._shown(where, require_facility(actor), SHOWN)

    async def answered(self, actor: security.Actor) -> Sequence[Question]:
        """Those that it has answered, the newest first."""
        where = " where q.facility = $1 and q.answered_at is not null order by q.answered_at desc limit $2"
        return await self._shown(where, require_facility(actor), SHOWN)

    async def one(self, actor: security.Actor, id: UUID) -> Question:
        """A question of the actor's facility; that it was read is audited, and shown to who asked. Raises NotFound."""
        found = await self._one(actor, id)
        await self._journal.record(_event(audit.Kind.LOOKED, actor, found.citizen, id))
        return found

    async def answer(self, actor: security.Actor, id: UUID, text: str) -> None:
        """Answer, once. Raises NotFound, Forbidden (to whom the question is about), Invalid, Conflict."""
        found, text = await self._one(actor, id), text.strip()
        if found.looker == actor.id:
            raise kernel.Forbidden("This question is about you. Somebody else at your facility has to answer it.")
        if not SHORTEST <= len(text) <= LONGEST_ANSWER:
            raise kernel.Invalid("Write an answer of 5 to 2,000 letters.", path="answer")
        async with self._database.transaction() as tx:
            await self._cipher.hold(tx)
            sealed = QUESTIONS.seal(self._cipher, "answer", text, id)
            done = await tx.fetchval(SQL.answer, id, found.facility, sealed, kernel.now(), actor.id, actor.name)
            if done is None:
                raise kernel.Conflict("Somebody else has answered this question.")
            await audit.append(tx, [_event(audit.Kind.QUESTION_ANSWERED, actor, found.citizen, id)])

    async def _one(self, actor: security.Actor, id: UUID) -> Question:
        found = await self._shown(" where q.facility = $1 and q.id = $2", require_facility(actor), id)
        if not found:
            raise kernel.NotFound("Your facility has no such question.")
        return found[0]

    async def _shown(self, where: str, *values: object) -> list[Question]:
        rows = await self._database.fetch(SQL.shown + where, *values)
        opened = (QUESTIONS.opened(self._cipher, row) for row in rows)
        return [Question(**{**row, "parts": tuple(filter(None, row["parts"].split(",")))}) for row in opened]


def _event(kind: audit.Kind, actor: security.Actor, citizen: UUID, id: UUID) -> audit.Event:
    what = f"Question/{id}"
    return audit.Event(kind, actor.id, actor.signature, actor.role.value, actor.facility, citizen, PURPOSE, BASIS, what)
