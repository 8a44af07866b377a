"""Quantities: a number with its unit. What is in a unit of UCUM is found in every other that it can be converted to.

https://hl7.org/fhir/R4/search.html#quantity. Beside the number as it is written, its size in base units is an index term
(``g1m-3~e3:54``), so that a question with a unit of UCUM looks for that one only.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

from ..names import UCUM
from . import numbers
from .numbers import Bounds, Measure
from .terms import Term
from .units import Unit, unit

MONEY = "urn:iso:std:iso:4217"


def index_texts(value: Any) -> Iterable[str]:
    """The sizes of a quantity: as it is written, and in base units."""
    if isinstance(value, dict) and "value" in value:  # no Range; the same few values come again and again
        return _of_one(value["value"], value.get("comparator", ""), value.get("system"), value.get("code"))
    return _index_texts(value)


@lru_cache(maxsize=4096)
def _of_one(number: Decimal | int, comparator: str, system: str | None, code: str | None) -> tuple[str, ...]:
    return tuple(_index_texts({"value": number, "comparator": comparator, "system": system, "code": code}))


def _index_texts(value: Any) -> Iterator[str]:
    for one in numbers.bounds(value):
        yield from numbers.index_texts(one)
    dimension = _dimension(value)
    if dimension:
        for one in _in_base(value):
            yield from (f"{dimension}~{text}" for text in numbers.index_texts(one))


def lookup_texts(term: Term) -> list[str] | None:
    """Terms of which every match has one; None where the index cannot help."""
    measure, wanted = _asked(str(term.number), term.system, term.text)
    texts = numbers.lookup_texts(term.prefix, measure)
    return [f"{wanted.dimension}~{text}" for text in texts] if texts and wanted else texts


def compared(value: Any, term: Term) -> Iterator[tuple[Measure, Bounds]]:
    """What is asked and what is there, in one unit; nothing where they cannot be compared.

    In the same unit both stay as they are written. Otherwise both are in base units, the precision of what is asked too.
    """
    if _is_in(value, term):
        measure = Measure.of(term.number)
        yield from ((measure, one) for one in numbers.bounds(value))
        return
    measure, wanted = _asked(str(term.number), term.system, term.text)
    if wanted and _dimension(value) == wanted.dimension:
        yield from ((measure, one) for one in _in_base(value))


@lru_cache(maxsize=256)
def _asked(number: str, system: str | None, code: str) -> tuple[Measure, Unit | None]:
    """In base units, with the unit, where it is one of UCUM's. ``number`` as text: 5.4 and 5.40 are not the same."""
    wanted = unit(code) if system == UCUM else None
    measure = Measure.of(Decimal(number))
    return (measure.converted(wanted.base), wanted) if wanted else (measure, None)


def _ends(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Of a Range its ends, else itself."""
    return [value[end] for end in ("low", "high") if end in value] or [value]


def _is_in(value: Any, term: Term) -> bool:
    """Whether a quantity is written in the unit asked for; ``||mg`` asks for the code or what people read."""
    if not term.text or not isinstance(value, dict):
        return not term.text
    ends = _ends(value)
    if term.system:
        money = value.get("currency") == term.text and term.system == MONEY
        return money or all(one.get("system") == term.system and one.get("code") == term.text for one in ends)
    return all(term.text in (one.get("code"), one.get("unit"), one.get("currency")) for one in ends)


def _dimension(value: Any) -> str:
    """Of a quantity in units of UCUM, the one dimension of its ends; empty for any other."""
    if not isinstance(value, dict):
        return ""
    found = {one.dimension if (one := _unit_of(end)) else "" for end in _ends(value)}
    return found.pop() if len(found) == 1 else ""


def _unit_of(quantity: dict[str, Any]) -> Unit | None:
    code = quantity.get("code")
    return unit(code) if quantity.get("system") == UCUM and isinstance(code, str) else None


def _in_base(value: dict[str, Any]) -> Iterator[Bounds]:
    """The bounds of a quantity whose ends have a dimension, in base units."""
    for low, high in numbers.bounds(value):
        ends = _ends(value)
        yield _unit_of(ends[0]).base(low), _unit_of(ends[-1]).base(high)
