"""The numbers of a person in PID-3 and MRG-1, told apart by the table of assigning authorities."""

import re
from urllib.parse import quote
from uuid import UUID

from sekali import fhir, identity, kernel, records

from .message import Parts, Segment, component_of
from .refusals import NOT_IN_TABLE, WRONG_FORM, Note, Place, Refused
from .tables import AUTHORITIES

MOST = 20
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_-]{0,59}")


def number(text: str, place: Place) -> str:
    """A facility's own number. Raises Refused for signs that no number has."""
    if not _NUMBER.fullmatch(text):
        raise Refused(
            WRONG_FORM, place, "%(place)s is no usable number: letters, digits and . / _ - only, at most 60."
        )  # fmt: skip
    return text


async def numbered(writing: records.Writing, type: str, identifier: dict[str, str]) -> records.Stored | None:
    """The one resource of a type that carries an identifier."""
    return await writing.find(type, "identifier=" + quote(f"{identifier['system']}|{identifier['value']}", safe=""))


def identifiers(
    segment: Segment, field: int, organization: UUID, facility: str, notes: list[Note]
) -> list[dict[str, str]]:
    """FHIR's identifiers of one field, in its order. Raises Refused for a NIK or JKN number that cannot be one.

    A repetition whose authority the table does not have is left out, with a note: it may be another hospital's number.
    """
    found: list[dict[str, str]] = []
    for repetition, parts in enumerate(segment.repetitions(field)[:MOST], 1):
        place = segment.place(field, repetition)
        kind = _kind(parts, facility)
        if kind is None:
            notes.append(
                Note(
                    NOT_IN_TABLE,
                    place,
                    "The assigning authority of this number is not known here; the number was left out.",
                )
            )
            continue
        one = _identifier(kind, component_of(parts, 1), organization, place)
        if one not in found:
            found.append(one)
    return found


def _kind(parts: Parts, facility: str) -> str | None:
    said = {component_of(parts, 4, 1).upper(), component_of(parts, 4, 2).upper()} - {""}
    type = component_of(parts, 5).upper()
    for row in AUTHORITIES:
        named = row.authority == "*" or row.authority.upper() in said
        fits = said <= {facility.upper()} if row.authority == "own" else named
        if fits and row.type in ("*", type):
            return row.kind
    return None


def _identifier(kind: str, text: str, organization: UUID, place: Place) -> dict[str, str]:
    if kind == "nik":
        try:
            return {"use": "official", "system": fhir.NIK, "value": identity.parse_nik(text).value}
        except kernel.Invalid:
            raise Refused(
                WRONG_FORM, place, "%(place)s holds no NIK: it has 16 digits, with a date in digits 7 to 12. Correct it."
            ) from None  # fmt: skip
    if kind == "jkn":
        if not re.fullmatch(r"[0-9]{13}", text):
            raise Refused(WRONG_FORM, place, "%(place)s holds a JKN number without 13 digits. Correct it.")
        return {"use": "official", "system": fhir.JKN, "value": text}
    return {"use": "usual", "system": fhir.medical_record(organization), "value": number(text, place)}
