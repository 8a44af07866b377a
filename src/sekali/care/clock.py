"""By when something has to be done, and how that stands. Pure: the time of day comes in as a value.

UU PDP 27/2022 counts some of a person's rights in 3 x 24 hours: hours that pass, whatever the day of the week.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    """Of a duty at one moment."""

    OPEN = "open"
    SOON = "due-soon"
    """The last third of its time has begun."""
    OVERDUE = "overdue"
    IN_TIME = "in-time"
    LATE = "late"
    """Done, but after its time."""


@dataclass(frozen=True, slots=True)
class Clock:
    """From ``asked_at`` until ``due_at``, which itself is still in time; stopped at ``ended_at``."""

    asked_at: datetime
    due_at: datetime
    ended_at: datetime | None = None

    def state(self, now: datetime) -> State:
        """How it stands."""
        if self.ended_at is not None:
            return State.LATE if self.ended_at > self.due_at else State.IN_TIME
        if now > self.due_at:
            return State.OVERDUE
        return State.SOON if self.left(now) * 3 <= self.due_at - self.asked_at else State.OPEN

    def left(self, now: datetime) -> timedelta:
        """What is left of its time; negative when it is over. A stopped clock keeps what was left."""
        return self.due_at - (self.ended_at or now)

    def used(self, now: datetime) -> float:
        """How much of its time has gone, from 0 to 1."""
        whole = self.due_at - self.asked_at
        return min(1.0, max(0.0, 1 - self.left(now) / whole)) if whole else 1.0

    def days(self) -> tuple[float, ...]:
        """Where each 24 hours of it end, as shares of the whole, for drawing; the end itself is left out."""
        whole, day = self.due_at - self.asked_at, timedelta(days=1)
        return tuple(number * day / whole for number in range(1, min(32, -(-whole // day))))


def due(asked_at: datetime, hours: int) -> datetime:
    """When something asked for at ``asked_at`` has to be done."""
    return asked_at + timedelta(hours=hours)
