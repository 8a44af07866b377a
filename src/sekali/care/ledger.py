"""The legal-basis log (*catatan dasar hukum*): who refused, held, released or destroyed what, when, and on which ground.

An entry names staff and an unguessable reference, and of the person nothing once they are destroyed: then the words that
somebody wrote go, and the id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

import msgspec

from sekali import kernel, security

from .atrest import RETENTION
from .retention import Kept, Retention

SQL = kernel.queries(__file__)
PAGE = 50


class Deed(StrEnum):
    """What can be in the log."""

    REFUSED = "refused"
    """A deletion that somebody asked for."""
    HELD = "held"
    RELEASED = "released"
    DESTROYED = "destroyed"


class Content(msgspec.Struct, frozen=True):
    """``basis``: language -> words. ``counts``: kind of resource -> how many were destroyed. ``words``: of who did it."""

    basis: dict[str, str]
    counts: dict[str, int] = {}
    words: str = ""


@dataclass(frozen=True, slots=True)
class Proposed:
    """Who proposed a destruction, and when; ``deed``: what was confirmed at once."""

    by: UUID
    name: str
    at: datetime
    deed: UUID


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. ``id`` is its reference."""

    id: UUID
    kind: Deed
    facility: UUID
    facility_name: str
    at: datetime
    by_name: str
    deed: UUID | None
    proposer: str
    proposed_at: datetime | None
    last_visit: date
    kept_until: date
    years: int
    content: Content

    @property
    def resources(self) -> int:
        """How many were destroyed."""
        return sum(self.content.counts.values())


class Ledger:
    """Writes and reads it. ``rule``: under which it is written."""

    def __init__(self, database: kernel.Database, cipher: security.Cipher, rule: Retention) -> None:
        self._database = database
        self._cipher = cipher
        self._rule = rule

    async def write(
        self, tx: kernel.Session, kind: Deed, actor: security.Actor, citizen: UUID, kept: Kept, words: str = "",
        counts: dict[str, int] | None = None, proposed: Proposed | None = None,
    ) -> UUID:  # fmt: skip
        """An entry in the caller's transaction, which holds the keys; its reference."""
        id = uuid4()
        sealed = self._sealed(id, Content(self._rule.basis, counts or {}, words))
        by = (proposed.deed, proposed.by, proposed.name, proposed.at) if proposed else (None, None, "", None)
        await tx.execute(
            SQL.write, id, kind, actor.facility, kernel.now(), None if proposed else citizen, actor.id, actor.name, *by,
            kept.last_visit, kept.until, self._rule.years, sealed,
        )  # fmt: skip
        return id

    async def forget(self, tx: kernel.Session, citizen: UUID) -> None:
        """Entries of before name the person no longer, nor say what somebody wrote about them."""
        for row in await tx.fetch(SQL.of_citizen, citizen):
            content = msgspec.structs.replace(self._content(row), words="")
            await tx.execute(SQL.blind, row["id"], self._sealed(row["id"], content))

    async def page(self, facility: UUID, before: tuple[datetime, UUID] | None) -> list[Entry]:
        """A page of a facility's, the newest first; one more than a page where there are more."""
        where = " and ($2::timestamptz is null or (r.at, r.id) < ($2, $3)) order by r.at desc, r.id desc limit $4"
        return await self._shown(where, facility, *(before or (None, None)), PAGE + 1)

    async def every(self, facility: UUID, most: int) -> list[Entry]:
        """The newest of a facility's."""
        return await self._shown(" order by r.at desc, r.id desc limit $2", facility, most)

    async def of_deed(self, facility: UUID, deed: UUID, most: int) -> list[Entry]:
        """What one confirmation destroyed, in the order in which it was done."""
        return await self._shown(" and r.deed = $2 order by r.at, r.id limit $3", facility, deed, most)

    async def counts(self) -> tuple[int, int]:
        """How many people were destroyed in the city, and how many are held now."""
        row = await self._database.fetchrow(SQL.counts)
        assert row is not None, "counts are one row"
        return row["destroyed"], row["held"]

    async def _shown(self, where: str, *values: object) -> list[Entry]:
        return [self._entry(row) for row in await self._database.fetch(SQL.shown + where, *values)]

    def _entry(self, row: kernel.Row) -> Entry:
        values = {name: row[name] for name in Entry.__slots__ if name not in ("kind", "content")}
        return Entry(**values, kind=Deed(row["kind"]), content=self._content(row))

    def _sealed(self, id: UUID, content: Content) -> bytes:
        return RETENTION.seal(self._cipher, "content", kernel.encode(content).decode(), id)

    def _content(self, row: kernel.Row) -> Content:
        return msgspec.json.decode(RETENTION.opened(self._cipher, row)["content"], type=Content)


def totals(entries: Sequence[Entry]) -> dict[str, int]:
    """Kind of resource -> how many of these entries."""
    found: dict[str, int] = {}
    for entry in entries:
        for kind, count in entry.content.counts.items():
            found[kind] = found.get(kind, 0) + count
    return dict(sorted(found.items()))
