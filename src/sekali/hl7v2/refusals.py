"""What is wrong with a message, and where: one vocabulary for the ERR segment.

Codes are those of HL7 table 0357. A message is an English msgid and never carries a NIK, a name or a token.
"""

from typing import Any, NamedTuple

from sekali import kernel

MISSING_SEGMENT = 100
MISSING_FIELD = 101
WRONG_FORM = 102
NOT_IN_TABLE = 103
TOO_LARGE = 104
WRONG_TYPE = 200
WRONG_EVENT = 201
WRONG_PROCESSING = 202
WRONG_VERSION = 203
UNKNOWN_KEY = 204
DUPLICATE_KEY = 205
LOCKED = 206
INTERNAL = 207

NAMES = {
    0: "Message accepted", MISSING_SEGMENT: "Segment sequence error", MISSING_FIELD: "Required field missing",
    WRONG_FORM: "Data type error", NOT_IN_TABLE: "Table value not found", TOO_LARGE: "Value too long",
    WRONG_TYPE: "Unsupported message type", WRONG_EVENT: "Unsupported event code",
    WRONG_PROCESSING: "Unsupported processing id", WRONG_VERSION: "Unsupported version id",
    UNKNOWN_KEY: "Unknown key identifier", DUPLICATE_KEY: "Duplicate key identifier", LOCKED: "Application record locked",
    INTERNAL: "Application internal error",
}  # fmt: skip
REJECTS = frozenset({WRONG_TYPE, WRONG_EVENT, WRONG_PROCESSING, WRONG_VERSION, INTERNAL})
"""Answered AR (HL7 v2.5.1, 2.9.2.2): not about the content. All others are AE."""


class Place(NamedTuple):
    """A place in a message: segment, its occurrence, field, repetition and component, each counted from 1; 0 is none."""

    segment: str
    sequence: int = 1
    field: int = 0
    repetition: int = 0
    component: int = 0

    def __str__(self) -> str:
        return f"{self.segment}-{self.field}" if self.field else self.segment


class Refused(kernel.Failure):
    """A message that was not kept: the code, the place (``%(place)s`` in the words), and a sentence that says what to do."""

    def __init__(self, code: int, place: Place, message: str, **params: Any) -> None:
        super().__init__(message, path=str(place), place=str(place), **params)
        self.code = code
        self.place = place


class Note(NamedTuple):
    """Something that a sender should know of a message that was kept: severity I or W in the ERR segment."""

    code: int
    place: Place
    message: str
    severity: str = "W"
