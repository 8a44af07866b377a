"""Who looked at my data: the citizen's own view of the audit."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sekali import kernel


@dataclass(frozen=True, slots=True)
class Look:
    """One time that somebody did something with this citizen's data."""

    at: datetime
    kind: str
    actor_name: str
    role: str
    facility: UUID | None
    purpose: str
    basis: str
    what: str


async def looks(database: kernel.Database, citizen: UUID, limit: int = 100) -> list[Look]:
    """The latest ``limit`` (at most 500) events about ``citizen``, newest first."""
    rows = await database.fetch(
        "select at, kind, actor_name, role, facility, purpose, basis, what from audit.event"
        " where citizen = $1 order by at desc limit $2",
        citizen,
        min(limit, 500),
    )
    return [Look(**row) for row in rows]
