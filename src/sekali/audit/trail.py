"""A facility's own part of the audit: what its people and systems did, the newest first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sekali import kernel

from .event import Event
from .journal import Journal
from .looks import EVER

SQL = kernel.queries(__file__)
MOST = 200
"""Events of a page."""
DAYS = 7
"""Days that are looked through at once when nobody's name narrows the question; the next page goes on behind them."""
_END = datetime(9999, 1, 1, tzinfo=UTC)
_OF_CHAINS = "select * from audit.event where stream = any($2::text[])"
_OF_CITIZEN = """
  select * from audit.event where citizen = $2::uuid and role in ('integrator', 'system') union all
  select * from audit.event where citizen = $2::uuid and role not in ('integrator', 'system')
"""


@dataclass(frozen=True, slots=True)
class Traced:
    """One event, and the place that names it."""

    stream: str
    seq: int
    at: datetime
    kind: str
    actor: UUID
    actor_name: str
    role: str
    facility: UUID
    citizen: UUID | None
    purpose: str
    basis: str
    what: str


@dataclass(frozen=True, slots=True)
class Told:
    """What is asked for. ``type``: a kind of resource that was touched; ``person``: only what is about some person.

    :ivar behind: (time, chain, number) of the last that was told.
    """

    citizen: UUID | None = None
    actor: UUID | None = None
    actor_name: str | None = None
    kinds: Sequence[str] | None = None
    type: str | None = None
    person: bool = False
    since: datetime = EVER
    until: datetime | None = None
    behind: tuple[datetime, str, int] | None = None
    count: int = 50


class Trail:
    """Reads what was audited; reading it is audited too."""

    def __init__(self, database: kernel.Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal

    async def search(self, reader: Event, asked: Told) -> tuple[list[Traced], tuple[datetime, str, int] | None]:
        """Events of the reader's facility, and behind which the next page begins (None: there are no more).

        :param reader: the event that says who reads, of its own facility; written before the answer.
        """
        end = min(asked.until or _END, kernel.now() + timedelta(days=1))
        begin = asked.since
        if asked.citizen is None:  # some days at once, from the newest
            newest = min(end, asked.behind[0] + timedelta(microseconds=1) if asked.behind else end)
            begin = max(begin, newest.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS - 1))
            of, source = await self._chains(reader.facility, begin, newest), _OF_CHAINS
        else:
            of, source = asked.citizen, _OF_CITIZEN
        count = max(1, min(asked.count, MOST))
        behind = asked.behind or (end + timedelta(days=1), "", 0)
        rows = await self._database.fetch(
            SQL.found.replace("/* from */", source), reader.facility, of, *behind, begin, end, asked.actor,
            _like(asked.actor_name), asked.kinds, rf"(^|,){re.escape(asked.type)}(/|,| |$)" if asked.type else None,
            asked.person, count + 1,
        )  # fmt: skip
        await self._journal.record(reader)
        found = [Traced(**row) for row in rows[:count]]
        if len(rows) > count:
            return found, (found[-1].at, found[-1].stream, found[-1].seq)
        if begin > max(asked.since, await self._first_day(reader.facility)):
            return found, (begin, "", 0)
        return found, None

    async def one(self, reader: Event, stream: str, seq: int) -> Traced | None:
        """One event of the reader's facility, or None; told only when the reading is on disk."""
        row = await self._database.fetchrow(SQL.one, stream, seq, reader.facility)
        if row is None:
            return None
        await self._journal.record(reader._replace(citizen=row["citizen"]))
        return Traced(**row)

    async def _chains(self, facility: UUID | None, begin: datetime, end: datetime) -> list[str]:
        rows = await self._database.fetch(SQL.chains, str(facility), f"{begin:%Y-%m-%d}", f"{end:%Y-%m-%d}")
        return [row["stream"] for row in rows]

    async def _first_day(self, facility: UUID | None) -> datetime:
        rows = await self._chains(facility, EVER, _END)
        day = min((stream.split("/")[1] for stream in rows), default="9999-12-31")
        return datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)


def _like(text: str | None) -> str | None:
    return None if text is None else re.sub(r"([\\%_])", r"\\\1", text.lower()) + "%"
