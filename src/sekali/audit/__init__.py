"""What was done with whose data, by whom and why: append-only, hash-chained, a closed catalogue of events."""

from .chain import Break, Verdict, append, verify, write_as
from .event import Event, Kind
from .journal import Journal
from .looks import Look, looks

__all__ = ["Break", "Event", "Journal", "Kind", "Look", "Verdict", "append", "looks", "verify", "write_as"]
