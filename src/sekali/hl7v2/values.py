"""Fields to FHIR's data types: one function for each word in the column ``how`` of the mapping table."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sekali import fhir, kernel

from . import results_values
from .message import Parts, Segment, component_of
from .numbers import identifiers, number
from .refusals import NOT_IN_TABLE, Note, Place, Refused
from .tables import CODES, HL7_TABLE
from .times import day, moment


@dataclass(frozen=True, slots=True)
class Context:
    """Whose message it is.

    :ivar zone: of times without an offset.
    :ivar facility: MSH-4, the authority of the sender's own numbers.
    :ivar notes: what the sender is told beside the acknowledgement; converters add to it.
    """

    organization: UUID
    organization_name: str
    zone: str
    facility: str
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Cell:
    """One field to be converted. ``table`` is the code table that its row names."""

    segments: Sequence[Segment]
    field: int
    table: str
    context: Context

    @property
    def segment(self) -> Segment:
        return self.segments[0]

    @property
    def repetitions(self) -> list[Parts]:
        return self.segment.repetitions(self.field)

    @property
    def text(self) -> str:
        """The first component."""
        return self.segment.text(self.field)

    def place(self, repetition: int = 0, component: int = 0) -> Place:
        return self.segment.place(self.field, repetition, component)


def names(cell: Cell) -> list[dict[str, Any]]:
    """XPN: family ^ given ^ middle. Many systems put the whole name in one of them."""
    found = []
    for parts in cell.repetitions[:5]:
        family, given, middle = (component_of(parts, n) for n in (1, 2, 3))
        text = " ".join(part for part in (given, middle, family) if part)
        if not text:
            continue
        name: dict[str, Any] = {"use": "official", "text": text}
        if family and given:
            name |= {"family": family, "given": [one for one in (given, middle) if one]}
        found.append(name)
    return found


def addresses(cell: Cell) -> list[dict[str, Any]]:
    """XAD: street ^ other ^ city ^ province ^ postal code ^ country."""
    found = []
    for parts in cell.repetitions[:5]:
        lines = [line for line in (component_of(parts, 1), component_of(parts, 2)) if line]
        named = {
            name: component_of(parts, n) for name, n in (("city", 3), ("state", 4), ("postalCode", 5), ("country", 6))
        }
        address = ({"line": lines} if lines else {}) | {name: text for name, text in named.items() if text}
        if address:
            found.append({"use": "home"} | address)
    return found


def phones(cell: Cell) -> list[dict[str, Any]]:
    """XTN: the number in component 1 or 12, mail in component 4."""
    found = []
    for parts in cell.repetitions[:5]:
        mail, phone = component_of(parts, 4), component_of(parts, 1) or component_of(parts, 12)
        if phone:
            found.append({"system": "phone", "value": phone, "use": cell.table})
        if mail:
            found.append({"system": "email", "value": mail, "use": cell.table})
    return found


def _coding(cell: Cell, text: str, repetition: int = 0) -> dict[str, str]:
    """Raises Refused for a code that the table does not have."""
    found = CODES.get((cell.table, text.upper()))
    if found is None:
        place = cell.place(repetition)
        raise Refused(
            NOT_IN_TABLE, place, "%(place)s has a code that is not taken here (HL7 table %(table)s). See docs/hl7v2.md.",
            table=HL7_TABLE[cell.table],
        )  # fmt: skip
    return {name: value for name, value in found._asdict().items() if value}


def coding(cell: Cell) -> dict[str, str]:
    """A Coding by a code table."""
    return _coding(cell, cell.text)


def code(cell: Cell) -> str:
    """FHIR's own code by a code table."""
    return _coding(cell, cell.text)["code"]


def concept(cell: Cell) -> dict[str, Any] | None:
    """A CodeableConcept; a code that the table does not have is left out, with a note."""
    return next(iter(concepts(cell)), None)


def concepts(cell: Cell) -> list[dict[str, Any]]:
    """The same for each repetition."""
    found = []
    for number_, parts in enumerate(cell.repetitions[:10], 1):
        try:
            found.append({"coding": [_coding(cell, component_of(parts, 1), number_)]})
        except Refused as refused:
            cell.context.notes.append(
                Note(NOT_IN_TABLE, refused.place, "This code is not known here and was left out; the rest was kept.")
            )
    return found


def text_concept(cell: Cell) -> dict[str, Any] | None:
    """The words of a coded field, or else its code, as text."""
    parts = cell.repetitions[0]
    text = component_of(parts, 2) or component_of(parts, 1)
    return {"text": text} if text else None


def text_concepts(cell: Cell) -> list[dict[str, Any]]:
    """The same as a list of one."""
    found = text_concept(cell)
    return [found] if found else []


def yes(cell: Cell) -> bool | None:
    """Y is true; anything else is not said."""
    return True if cell.text.upper() == "Y" else None


def visit(cell: Cell) -> list[dict[str, str]]:
    """The facility's visit number."""
    value = number(cell.text, cell.place())
    return [{"system": fhir.encounter_number(cell.context.organization), "value": value}]


def ward(cell: Cell) -> list[dict[str, Any]]:
    """PL: point of care, room, bed, as the hospital says them."""
    text = " ".join(part for part in (component_of(cell.repetitions[0], n) for n in (1, 2, 3)) if part)
    return [{"location": {"display": text}}] if text else []


def doctor(cell: Cell) -> list[dict[str, Any]]:
    """XCN: number ^ family ^ given ^ … ^ title; only how the doctor is called."""
    parts = cell.repetitions[0]
    text = " ".join(part for part in (component_of(parts, n) for n in (6, 3, 2)) if part)
    role = {
        "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
        "code": "ATND",
        "display": "attender",
    }
    return [{"type": [{"coding": [role]}], "individual": {"display": text}}] if text else []


def _moment(cell: Cell) -> str:
    return kernel.fhir_instant(moment(cell.text, cell.context.zone, cell.place()))


def filler(cell: Cell) -> list[dict[str, str]]:
    """The number that the laboratory gave to the order."""
    value = number(cell.text, cell.place())
    return [{"system": results_values.report_number(cell.context.organization), "value": value}]


def notes(cell: Cell) -> list[dict[str, str]]:
    """All comments that follow, as one annotation."""
    lines = [component_of(parts, 1) for segment in cell.segments for parts in segment.repetitions(cell.field)]
    text = "\n".join(line for line in lines if re.search(r"\S", line))
    return [{"text": text}] if text else []


CONVERTERS: dict[str, Callable[[Cell], Any]] = {
    "identifiers": lambda cell: identifiers(
        cell.segment, cell.field, cell.context.organization, cell.context.facility, cell.context.notes
    ),
    "names": names,
    "day": lambda cell: day(cell.text, cell.place()),
    "moment": _moment,
    "addresses": addresses,
    "phones": phones,
    "coding": coding,
    "code": code,
    "concept": concept,
    "concepts": concepts,
    "text-concept": text_concept,
    "text-concepts": text_concepts,
    "yes": yes,
    "visit": visit,
    "ward": ward,
    "doctor": doctor,
    "filler": filler,
    "coded": lambda cell: results_values.coded(cell.repetitions[0], cell.context.organization),
    "value": lambda cell: results_values.value(cell.segment, cell.context.zone, cell.context.organization),
    "range": lambda cell: [{"text": cell.text}] if cell.text else [],
    "notes": notes,
}
"""The words of the column ``how``."""
