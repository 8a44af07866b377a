"""The mapping as data: one row for each field, and the code tables beside it (``data/*.tsv``).

``origin`` of a code says whose row it is: HL7's v2-to-FHIR guide (1.0.0), or ours where that guide has none.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_FOLDER = Path(__file__).parent / "data"


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_FOLDER / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


class Row(NamedTuple):
    """One field of a segment and the element that it becomes.

    :ivar how: the name of a function in ``values``, with the code table that it needs (``code:sex``).
    """

    resource: str
    element: str
    field: str
    how: str
    needed: str
    meaning: str

    @property
    def segment(self) -> str:
        """``PID``."""
        return self.field.partition("-")[0]

    @property
    def number(self) -> int:
        """The field's, from 1."""
        return int(self.field.partition("-")[2])


class Code(NamedTuple):
    """What a code of HL7 v2 is in FHIR."""

    system: str
    code: str
    display: str


class Event(NamedTuple):
    """What is done at an event; ``status`` is the Encounter's."""

    event: str
    work: str
    status: str
    meaning: str


class Authority(NamedTuple):
    """An assigning authority (PID-3.4) and identifier type (PID-3.5), ``*`` for any, and what kind of number it is.

    The authority ``own`` is the sending facility (MSH-4) or none.
    """

    authority: str
    type: str
    kind: str


MAPPING = tuple(Row(**row) for row in _rows("mapping"))
CODES = {(row["table"], row["value"]): Code(row["system"], row["code"], row["display"]) for row in _rows("codes")}
HL7_TABLE = {row["table"]: row["hl7"] for row in _rows("codes")}
EVENTS = {row["event"]: Event(**row) for row in _rows("events")}
AUTHORITIES = tuple(Authority(**row) for row in _rows("authorities"))
