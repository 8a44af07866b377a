"""Keeping what was written, in one question that says what is thought of the keys and of people's words.

Where it is otherwise the database keeps nothing and tells how it is; then it is asked once more. Why: ADR 31.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from sekali import audit, kernel, security

from .prepared import Prepared
from .seal import asks
from .sealing import Owned, Seals, closed_over, tied
from .stored import columns, sealed

SQL = kernel.queries(__file__)
KEEP_AND_TELL = SQL.keep.replace("null::boolean", f"case when k.kept then {audit.appending(11)} end")
"""The same, and if they were kept, their audit."""
AT_ONCE = 100
"""Rows of one question: they are made ready without letting others have their turn."""
_TRIES = 3
"""The second time things are as the first answer told: since then nobody changes them."""
_Row = tuple[object, ...]


class Outcome(NamedTuple):
    """What came of it.

    :ivar lost: some references that lead nowhere, as ``Type/id``; where there are any, the last rows were not kept.
    :ivar told: whether the audit was written too.
    """

    lost: list[str]
    told: bool


class Keeping:
    """What one transaction keeps under a Grant. Rows of a first version are new, others replace what is locked."""

    def __init__(self, tx: kernel.Session, cipher: security.Cipher, seals: Seals, grant: security.Grant) -> None:
        self._tx = tx
        self._cipher = cipher
        self._seals = seals
        self._grant = grant
        self._closed: frozenset[UUID] = frozenset()  # as far as is known, nobody

    async def keep(
        self, owned: Sequence[Owned], references: Collection[tuple[str, UUID]] = (), told: audit.Ready | None = None
    ) -> Outcome:
        """Keep rows. From here on the keys and the people's words stay as they are, and nobody of them is destroyed.

        :param references: what must be there for the actor.
        :param told: the audit of it all; the last thing before the commit.

        Raises Conflict for an id that is there already.
        """
        rows = [one.row for one in owned]
        turns = kernel.Turns()
        masks = await self._seals.carried(self._tx, rows, [one.named for one in owned])
        await turns.give()
        people = tied(rows)  # all doors at once, so that two cannot wait for each other
        last = max(0, len(rows) - 1) // AT_ONCE * AT_ONCE
        for at in range(0, last, AT_ONCE):
            await self._ask(rows[at : at + AT_ONCE], masks[at : at + AT_ONCE], people)
            people = set()
            await turns.give()
        return await self._ask(rows[last:], masks[last:], people, references, told)

    async def _ask(
        self, rows: Sequence[Prepared], masks: Sequence[int], people: set[UUID],
        references: Collection[tuple[str, UUID]] = (), told: audit.Ready | None = None,
    ) -> Outcome:  # fmt: skip
        asked = sorted(people | tied(rows))
        for _ in range(_TRIES):
            closed = [one for one in asked if one in self._closed]
            values = (
                *self._whole(rows, masks),
                self._cipher.in_use,
                closed,
                asked,
                *columns(references),
                *asks(self._grant),
            )
            answer = await self._answer(values, told)
            self._cipher.take_up(answer["keys"])
            self._closed = self._closed.difference(asked).union(answer["closed"])
            if answer["kept"] or answer["lost"]:
                return Outcome(answer["lost"], bool(answer["told"]))
        raise kernel.Conflict("Somebody else changed the same thing at the same moment. Please try again.")

    async def _answer(self, values: Sequence[object], told: audit.Ready | None) -> kernel.Row:
        try:
            if told is None:
                answer = await self._tx.fetchrow(SQL.keep, *values)
            else:
                answer = await self._tx.fetchrow(KEEP_AND_TELL, *values, *told.values)
        except kernel.Duplicate:
            raise kernel.Conflict("This id is there already.") from None
        assert answer is not None, "there is always an answer"
        if told is not None and answer["told"]:
            told.written()
        return answer

    def _whole(self, rows: Sequence[Prepared], masks: Sequence[int]) -> tuple[list[_Row], list[_Row]]:
        """What is new and what is replaced, as records.resource has it, sealed under the newest key."""
        key = self._cipher.key
        new: list[_Row] = []
        replaced: list[_Row] = []
        for row, mask in zip(rows, closed_over(rows, masks, self._closed), strict=True):
            whole = (*row[:8], key.terms(row.tokens), sealed(key, row), mask, row.origin, row.addressee, key.number)
            (new if row.version == 1 else replaced).append(whole)
        return new, replaced
