"""From segments to FHIR, row by row of the mapping table."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .message import Segment
from .refusals import MISSING_FIELD, MISSING_SEGMENT, Place, Refused
from .tables import MAPPING, Row
from .values import CONVERTERS, Cell, Context

Found = Mapping[str, Sequence[Segment]]
"""The segments that one resource is made of, by name; the first counts, of NTE all do."""


def build(resource: str, found: Found, context: Context, only: Collection[str] = ()) -> dict[str, Any]:
    """The elements that the mapping table gives for ``resource``. Where two rows name one element, the first that has a
    value wins; lists grow together. ``only`` names the elements, where not all are wanted. Raises Refused with the place of
    the field that does not fit."""
    made: dict[str, Any] = {}
    for row in MAPPING:
        if row.resource != resource or (only and row.element not in only):
            continue
        there = _at(made, row.element)
        if there is None or isinstance(there, list):
            _carry_over(row, found, context, made)
    return made


def place_of(element: str) -> Place | None:
    """The field that an element came from (``Patient.birthDate`` -> PID-7); None when no row names it."""
    type, _, rest = element.partition(".")
    for row in MAPPING:
        kinds = ("Encounter",) if row.resource == "Discharge" else (row.resource,)
        if type in kinds and (rest.startswith(row.element) or row.element == "value[x]" and rest.startswith("value")):
            return Place(row.segment, 1, row.number)
    return None


def _carry_over(row: Row, found: Found, context: Context, made: dict[str, Any]) -> None:
    segments = found.get(row.segment, ())
    if not segments:
        if row.needed:
            raise Refused(
                MISSING_SEGMENT, Place(row.segment), "The segment %(segment)s is missing. Add it and send again.",
                segment=row.segment,
            )  # fmt: skip
        return
    name, _, table = row.how.partition(":")
    cell = Cell(segments, row.number, table, context)
    value = CONVERTERS[name](cell) if name == "notes" or cell.repetitions else None
    if value in (None, [], {}):
        if row.needed:
            place = segments[0].place(row.number)
            raise Refused(MISSING_FIELD, place, "%(place)s is empty. Fill it and send again.")
        return
    _put(made, row.element, value)


def _at(made: dict[str, Any], element: str) -> Any:
    """What stands there already."""
    here: Any = made
    for name in element.split("."):
        here = here.get(name) if isinstance(here, dict) else None
    return here


def _put(made: dict[str, Any], element: str, value: Any) -> None:
    if element == "value[x]":
        made.update(value)
        return
    *above, last = element.split(".")
    here = made
    for name in above:
        here = here.setdefault(name, {})
    here[last] = [*here.get(last, ()), *value] if isinstance(value, list) else value
