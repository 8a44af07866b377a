"""Whose time to be kept is over: the last visit anywhere in the city, and whether anything is still running or held.

A visit is what the working lists know (check-in, referral, a record opened in an emergency) and all that is dated or written in
the record about care, by any facility or its system. Corrections of who somebody is and their own words are none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sekali import kernel, records

from .facilities import today
from .retention import Kept, Retention

SQL = kernel.queries(__file__.replace("due.py", "destruction.py"))
STEP = 1000
FARTHEST = 50
"""Steps of one look through a facility's people."""
Session = kernel.Database | kernel.Session


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with one person. ``running``: what keeps them beside time (held, duty, visit, ...), or empty."""

    kept: Kept
    running: str

    @property
    def due(self) -> bool:
        """Whether they may be destroyed."""
        return self.kept.over and not self.running


async def standings(session: Session, rule: Retention, people: Sequence[UUID], zone: str) -> dict[UUID, Standing]:
    """How it stands with each, as this session sees it; those who are not there are left out."""
    last = await records.last_cared(session, people)
    for row in await session.fetch(SQL.last, list(last)):
        if row["at"] is not None:
            last[row["id"]] = max(last[row["id"]], row["at"])
    day = today(zone)
    rows = await session.fetch(SQL.running, list(last), day, kernel.now())
    running = {row["id"]: row["why"] or "" for row in rows}
    return {id: Standing(rule.kept(at, day, zone), running[id]) for id, at in last.items()}


async def due_at(
    database: kernel.Database, rule: Retention, facility: UUID, zone: str, after: UUID | None, most: int
) -> tuple[list[tuple[UUID, Standing]], UUID | None]:
    """Some of a facility's people who are due and not proposed there yet, by id; and from where to look further."""
    place, edge = after or UUID(int=0), rule.edge(today(zone), zone)
    found: list[tuple[UUID, Standing]] = []
    for _ in range(FARTHEST):
        rows = await database.fetch(SQL.candidates, facility, place, edge, STEP)
        quiet = await records.quiet(database, [row["citizen"] for row in rows if row["quiet"]], edge)
        known = await standings(database, rule, quiet, zone)
        for id in sorted(id for id, one in known.items() if one.due):
            if len(found) == most:
                return found, found[-1][0]
            found.append((id, known[id]))
        if len(rows) < STEP:
            return found, None
        place = rows[-1]["citizen"]
    return found, place


@dataclass(frozen=True, slots=True)
class Tally:
    """Of all people of the city. ``next``: the first day on which somebody becomes due by time alone; None without any."""

    kept: int
    due: int
    held: int
    destroyed: int
    next: date | None
    whole: bool
    """Whether everybody was counted."""


async def count_people(
    database: kernel.Database, rule: Retention, people: Sequence[UUID], zone: str, now: Tally
) -> Tally:
    """A count with some more people in it."""
    known = (await standings(database, rule, people, zone)).values()
    due = sum(one.due for one in known)
    waiting = [_day_after(one.kept.until) for one in known if not one.kept.over]
    soonest = min([*waiting, *([now.next] if now.next else [])], default=None)
    return replace(now, kept=now.kept + len(known) - due, due=now.due + due, next=soonest)


def _day_after(until: date) -> date:
    """The first day on which a record need not be kept any more."""
    return until if until == date.max else date.fromordinal(until.toordinal() + 1)
