"""The values of observations: OBX-3, OBX-5 by OBX-2, OBX-6."""

import re
from decimal import Decimal
from typing import Any
from uuid import UUID

from sekali import fhir, kernel

from .message import Parts, Segment, component_of
from .refusals import NOT_IN_TABLE, WRONG_FORM, Refused
from .tables import CODES
from .times import day, moment

_NUMERIC = re.compile(r"[+-]?\d{1,20}(\.\d{1,20})?")
_COMPARED = re.compile(r"(<=|>=|<|>)?")


def report_number(organization: object) -> str:
    """The system of a facility's numbers of reports."""
    return f"http://sys-ids.kemkes.go.id/diagnostic/{organization}"


def observation_number(organization: object) -> str:
    """The system of a facility's numbers of observations."""
    return f"http://sys-ids.kemkes.go.id/observation/{organization}"


def local_code(organization: object) -> str:
    """The system of a facility's own codes; Sekali's name, since no public one is known."""
    return f"urn:sekali:code:{organization}"


def coded(parts: Parts, organization: UUID) -> dict[str, Any] | None:
    """CE, CWE: code ^ words ^ system, and once more for the alternate."""
    codings, words = [], ""
    for first in (1, 4):
        code, display, system = (component_of(parts, first + n) for n in range(3))
        words = words or display
        if code:
            known = CODES.get(("system", system.upper()))
            codings.append(
                {"system": known.code if known else local_code(organization), "code": code}
                | ({"display": display} if display else {})
            )
    if not codings and not words:
        return None
    return ({"coding": codings} if codings else {}) | ({"text": words} if words else {})


def value(segment: Segment, zone: str, organization: UUID) -> dict[str, Any]:
    """``value[x]`` of one OBX. Raises Refused for a type that is not taken, or a value that does not fit its type."""
    kind = segment.text(2).upper()
    parts = segment.repetitions(5)[0]
    place = segment.place(5)
    if kind == "NM":
        return {"valueQuantity": {"value": _number(segment, component_of(parts, 1))} | _unit(segment)}
    if kind == "SN":
        return _structured(segment, parts)
    if kind in ("ST", "TX", "FT"):
        lines = ["".join(sub for sub in one[0]) for one in segment.repetitions(5)]
        return {"valueString": "\n".join(lines)}
    if kind in ("CE", "CWE", "CNE"):
        concept = coded(parts, organization)
        return {"valueCodeableConcept": concept} if concept else {}
    if kind in ("DT", "TS", "DTM"):
        text = component_of(parts, 1)
        return {"valueDateTime": day(text, place) if len(text) <= 8 else kernel.fhir_instant(moment(text, zone, place))}
    raise Refused(
        NOT_IN_TABLE, segment.place(2), "OBX-2 has a type that is not taken here. Send NM, SN, ST, TX, FT, CE, CWE, DT or TS."
    )  # fmt: skip


def _structured(segment: Segment, parts: Parts) -> dict[str, Any]:
    """SN: comparator ^ number ^ separator ^ number."""
    compared, first, between, second = (component_of(parts, n) for n in range(1, 5))
    low, unit = _number(segment, first), _unit(segment)
    if between == "-" and second:
        return {"valueRange": {"low": {"value": low} | unit, "high": {"value": _number(segment, second)} | unit}}
    if between in ("/", ":") and second:
        return {"valueRatio": {"numerator": {"value": low}, "denominator": {"value": _number(segment, second)}}}
    if between or not _COMPARED.fullmatch(compared):
        raise _no_number(segment)
    return {"valueQuantity": {"value": low} | ({"comparator": compared} if compared else {}) | unit}


def _number(segment: Segment, text: str) -> Decimal:
    if not _NUMERIC.fullmatch(text):
        raise _no_number(segment)
    return Decimal(text)


def _no_number(segment: Segment) -> Refused:
    return Refused(
        WRONG_FORM,
        segment.place(5),
        "OBX-5 is no number, though OBX-2 says so. Send the number with a point, or type ST.",
    )


def _unit(segment: Segment) -> dict[str, str]:
    """OBX-6; a code only when it says that it is UCUM."""
    parts = next(iter(segment.repetitions(6)), [])
    code, words, system = (component_of(parts, n) for n in (1, 2, 3))
    if not code and not words:
        return {}
    unit = {"unit": words or code}
    return unit | {"system": fhir.UCUM, "code": code} if system.upper() == "UCUM" and code else unit
