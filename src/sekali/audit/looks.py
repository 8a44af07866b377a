"""Who looked at my data: the citizen's own view of the audit.

People and machines are told apart, so that a system that asks every minute does not bury the one person who looked. Of
each, what was done for one reason on one day is one entry: the actor's own name stands in it, never that of the system
through which somebody asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sekali import kernel

SQL = kernel.queries(__file__)
LIMIT = 25
"""Entries of a page."""
FURTHEST = 40
"""Pages that can be turned; what is further back is found by its dates."""
EVER = datetime(2000, 1, 1, tzinfo=UTC)

MACHINES = ("integrator", "system")
"""Roles that are no people; the two indexes of ``audit.event`` by citizen say the same."""
_WHOSE = {
    True: "role in ('integrator', 'system')",
    False: "role not in ('integrator', 'system') and (role <> 'citizen' or purpose = 'acting')",
}


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody did with this citizen's data for one reason on one day. ``stream`` and ``seq`` name the last event."""

    actor: UUID
    actor_name: str
    role: str
    facility: UUID | None
    purpose: str
    basis: str
    first: datetime
    last: datetime
    times: int
    kinds: tuple[str, ...]
    whats: tuple[str, ...]
    stream: str
    seq: int

    @property
    def parts(self) -> tuple[str, ...]:
        """Kinds of resource, without ids."""
        named = (part.strip().split(" +")[0].partition("/")[0] for what in self.whats for part in what.split(","))
        return tuple(dict.fromkeys(part for part in named if part))


@dataclass(frozen=True, slots=True)
class Looked:
    """Which entries are asked for. ``zone``: whose days; ``page`` from 1."""

    machines: bool = False
    facility: UUID | None = None
    since: datetime = EVER
    until: datetime | None = None
    zone: str = "Asia/Jakarta"
    page: int = 1


async def looks(database: kernel.Database, citizen: UUID, asked: Looked) -> tuple[list[Look], bool]:
    """A page of entries, the newest first, without the citizen's own, with those of whoever acts for them; whether there
    are more.

    What was done is here as soon as it was done: it is read from the audit itself.
    """
    page = max(1, min(asked.page, FURTHEST))
    rows = await database.fetch(
        SQL.entries.replace("true /* whose */", _WHOSE[asked.machines]),
        citizen, asked.since, asked.until or kernel.now(), asked.facility, asked.zone, LIMIT + 1, (page - 1) * LIMIT,
    )  # fmt: skip
    return [_look(row) for row in rows[:LIMIT]], len(rows) > LIMIT and page < FURTHEST


async def places_of_looks(database: kernel.Database, citizen: UUID) -> list[UUID]:
    """The facilities from which somebody looked."""
    return [row["facility"] for row in await database.fetch(SQL.places, citizen, EVER, kernel.now())]


async def look(database: kernel.Database, citizen: UUID, stream: str, seq: int) -> Look | None:
    """One event about ``citizen``; None when it is another's, or none."""
    row = await database.fetchrow(SQL.one, stream, seq, citizen)
    return _look(row) if row else None


@dataclass(frozen=True, slots=True)
class Noted:
    """Where something that was done with a citizen's data stands, and when the citizen first looked after it."""

    stream: str
    seq: int
    seen_at: datetime | None


async def noted(database: kernel.Database, citizen: UUID, done: Mapping[str, datetime]) -> dict[str, Noted]:
    """The first event that names each ``what``, which was done at that time. What nobody wrote down is not there."""
    rows = await database.fetch(SQL.noted, citizen, list(done), list(done.values())) if done else []
    return {row["what"]: Noted(row["stream"], row["seq"], row["seen_at"]) for row in rows}


def _look(row: kernel.Row) -> Look:
    return Look(**{**row, "kinds": tuple(sorted(row["kinds"])), "whats": tuple(sorted(row["whats"]))})
