"""What was done with whose data, by whom and why: append-only, hash-chained, a closed catalogue of events."""

from .anchors import Anchored, Anchors, last_number, read_anchors
from .chain import Ready, append, appending, ready, write_as
from .event import AT_THE_DOOR, REFUSED_AT_THE_DOOR, Event, Kind
from .journal import Journal
from .keys import private_key, public_key, public_text
from .looks import LIMIT, Look, Looked, Noted, look, looks, noted, places_of_looks
from .trail import Told, Traced, Trail
from .verifying import Verdict, export, last_anchor, verify, verify_export
from .walk import NO_MARKS, Break, Marks

__all__ = [
    "AT_THE_DOOR", "REFUSED_AT_THE_DOOR",
    "Anchored", "Anchors", "Break", "Event", "Journal", "Kind", "LIMIT", "Look", "Looked", "Marks", "NO_MARKS", "Noted",
    "Ready", "Told", "Traced", "Trail", "Verdict", "append", "appending", "export", "last_anchor", "last_number", "look",
    "looks", "noted", "places_of_looks", "private_key", "public_key", "public_text", "read_anchors", "ready", "verify",
    "verify_export", "write_as",
]  # fmt: skip
