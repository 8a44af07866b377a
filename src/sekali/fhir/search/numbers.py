"""Numbers and quantities (https://hl7.org/fhir/R4/search.html#number, #quantity), as decimal intervals."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

Bounds = tuple[Decimal, Decimal]
LEAST, MOST = Decimal("-Infinity"), Decimal("Infinity")
_COMPARED = {"<": (True, False), "<=": (True, False), ">": (False, True), ">=": (False, True)}


def implied(value: Decimal) -> Bounds:
    """What a number stands for by its digits: 5.4 is 5.35 to 5.45, 100 is 99.5 to 100.5, 1e2 is 50 to 150."""
    half = Decimal(5).scaleb(value.as_tuple().exponent - 1)
    return value - half, value + half


def bounds(value: Any) -> Iterator[Bounds]:
    """The bounds of a number, Quantity, Money or Range."""
    if isinstance(value, dict):
        if "low" in value or "high" in value:
            low, high = (value.get(end, {}).get("value") for end in ("low", "high"))
            yield LEAST if low is None else Decimal(low), MOST if high is None else Decimal(high)
        elif value.get("value") is not None:
            number = Decimal(value["value"])
            less, more = _COMPARED.get(value.get("comparator", ""), (False, False))
            yield LEAST if less else number, MOST if more else number
    elif isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        yield Decimal(value), Decimal(value)


class Measure(NamedTuple):
    """A number that is asked for, with what it stands for by its digits, and a tenth around it; all in one unit."""

    value: Decimal
    implied: Bounds
    near: Bounds

    @classmethod
    def of(cls, value: Decimal) -> "Measure":
        """As it is written."""
        tenth = abs(value) / 10
        return cls(value, implied(value), (value - tenth, value + tenth))

    def converted(self, convert: Callable[[Decimal], Decimal]) -> "Measure":
        """In another unit, its precision too; ``convert`` keeps the order of numbers."""
        return Measure(convert(self.value), _both(self.implied, convert), _both(self.near, convert))


def _both(one: Bounds, convert: Callable[[Decimal], Decimal]) -> Bounds:
    return convert(one[0]), convert(one[1])


def holds(prefix: str, asked: Measure, one: Bounds) -> bool:
    """Whether ``one`` stands to what is asked as ``prefix`` says; without a prefix by the digits that were written."""
    low, high = one
    since, until = asked.implied
    inside = since <= low and high < until
    match prefix:
        case "eq":
            return inside
        case "ne":
            return not inside
        case "gt":
            return high > asked.value
        case "lt":
            return low < asked.value
        case "ge":
            return high >= asked.value
        case "le":
            return low <= asked.value
        case "sa":
            return low > asked.value
        case "eb":
            return high < asked.value
    return low <= asked.near[1] and high >= asked.near[0]


def index_texts(one: Bounds) -> Iterator[str]:
    """The size of both ends: sign, power of ten, and first two digits."""
    low, high = (_size(end) for end in one)
    yield from (low,) if low == high else (f"l{low}", f"h{high}")


def _size(value: Decimal) -> str:
    if value.is_infinite():
        return "-inf" if value < 0 else "inf"
    if value == 0:
        return "0"
    digits, power = value.as_tuple().digits, value.adjusted()
    first = (*digits, 0)[:2]
    return f"{'-' if value < 0 else ''}e{power}:{first[0]}{first[1]}"


def lookup_texts(prefix: str, asked: Measure) -> list[str] | None:
    """Terms of which every match has one; only where the question is about a small range."""
    reach = asked.implied
    if prefix != "eq" or reach[0] <= 0 <= reach[1]:
        return None
    low, high = sorted(map(abs, reach))
    sign = "-" if reach[0] < 0 else ""
    if high.adjusted() - low.adjusted() > 1:
        return None
    found = []
    for power in range(low.adjusted(), high.adjusted() + 1):
        for first in range(10, 100):
            begin = Decimal(first).scaleb(power - 1)
            if begin <= high and begin + Decimal(1).scaleb(power - 1) > low:
                found.append(f"{sign}e{power}:{first}")
    return [text for size in found for text in (size, f"l{size}")]
