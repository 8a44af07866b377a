"""Units of measure: what a UCUM code comes to in base units (https://ucum.org/ucum, case sensitive codes).

The table is UCUM's own, unchanged (``data/ucum-essence.xml``). Two codes can be converted where they come to the same
dimension. Arbitrary units (``[iU]``) and those that a logarithm or another curve defines (``[pH]``, ``B``) are dimensions of
their own: ``k[iU]`` and ``[iU]`` can be converted, ``[iU]`` and ``g`` cannot. A temperature has a zero of its own, so
``Cel`` and ``[degF]`` stand alone, never in a product.
"""

import re
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

MOST_LETTERS = 80
MOST_PARTS = 24
MOST_POWER = 40
"""Of a code that is understood; a longer one is compared as it is written."""

_NAMESPACE = {"u": "http://unitsofmeasure.org/ucum-essence"}
_ZERO = {"Cel": Decimal("273.15"), "[degF]": Decimal("459.67"), "[degRe]": Decimal("218.52")}
"""What is added to a value before it is multiplied: where the scale's zero is (https://ucum.org/ucum#section-Special-Units)."""
_COMPONENT = re.compile(
    r"(?P<atom>(?:10[*^]|(?:[^\s\d\[\]{}().+/\-]|\[[^\s\[\]]+\])+))(?P<power>[+-]?\d{1,3})?|(?P<number>\d{1,30})"
)
_ANNOTATION = re.compile(r"\{[^{}]*\}")
_EXACT = Context(prec=60, traps=[])
"""So that a value can be had that is far too large for anything: it is infinite then."""
Powers = dict[str, int]


class Unit(NamedTuple):
    """What one of it is.

    :ivar dimension: base units with their powers, as text: ``g1m-3``; the same for all that can be converted.
    :ivar zero: added to a value first; not 0 only for a scale of temperature.
    """

    dimension: str
    numerator: Decimal
    denominator: Decimal
    zero: Decimal

    def base(self, value: Decimal) -> Decimal:
        """A value in base units, to 60 digits."""
        return _EXACT.divide(_EXACT.multiply(_EXACT.add(value, self.zero), self.numerator), self.denominator)


class _Defined(NamedTuple):
    """A row of UCUM's table. ``text``: what ``value`` of it is; empty for what is a dimension of its own."""

    metric: bool
    value: Fraction
    text: str


class _Amount(NamedTuple):
    """A factor with its base units; ``zero`` is the name of a scale of temperature, which stands alone."""

    factor: Fraction
    powers: Powers
    zero: str = ""


class _Unknown(Exception):  # noqa: N818 - no error: the code is none of UCUM's
    """A code that is not understood."""


class _Table:
    """UCUM's prefixes and units."""

    def __init__(self, path: Path) -> None:
        root = ElementTree.parse(path).getroot()  # noqa: S314 - our own file
        self.prefixes = {
            one.attrib["Code"]: Fraction(one.find("u:value", _NAMESPACE).attrib["value"])
            for one in root.findall("u:prefix", _NAMESPACE)
        }
        self.units = {
            one.attrib["Code"]: _Defined(True, Fraction(1), "") for one in root.findall("u:base-unit", _NAMESPACE)
        }
        for one in root.findall("u:unit", _NAMESPACE):
            self.units[one.attrib["Code"]] = _defined(one)

    def amount(self, code: str) -> _Amount:
        """Raises _Unknown."""
        return _Reading(self, code).whole()

    def atom(self, name: str) -> _Amount:
        """A unit, or a metric one with a prefix before it. Raises _Unknown."""
        if name in self.units:
            return self._own(name)
        for length in (2, 1):
            prefix, rest = name[:length], name[length:]
            if prefix in self.prefixes and rest in self.units and self.units[rest].metric:
                one = self._own(rest)
                if one.zero:
                    break  # a thousandth of a degree has another zero
                return _Amount(one.factor * self.prefixes[prefix], one.powers)
        raise _Unknown

    def _own(self, name: str) -> _Amount:
        defined = self.units[name]
        if not defined.text:
            return _Amount(defined.value, {name: 1})
        one = self.amount(defined.text)
        return _Amount(one.factor * defined.value, one.powers, name if name in _ZERO else "")


def _defined(unit: ElementTree.Element) -> _Defined:
    code, metric = unit.attrib["Code"], unit.attrib["isMetric"] == "yes"
    value = unit.find("u:value", _NAMESPACE)
    if code in _ZERO:
        value = value.find("u:function", _NAMESPACE)
    elif unit.attrib.get("isSpecial") == "yes" or (
        unit.attrib.get("isArbitrary") == "yes" and value.attrib["Unit"] == "1"
    ):
        return _Defined(metric, Fraction(1), "")
    return _Defined(metric, Fraction(value.attrib["value"]), value.attrib["Unit"])


class _Reading:
    """Reads one code: ``/`` and ``.`` from left to right, parentheses, powers, annotations in braces."""

    def __init__(self, table: _Table, code: str) -> None:
        self._table, self._code, self._at, self._parts = table, code, 0, 0

    def whole(self) -> _Amount:
        """Raises _Unknown for what is no code, or too long a one."""
        if not self._code or len(self._code) > MOST_LETTERS or not self._code.isascii():
            raise _Unknown
        found = self._term()
        if self._at < len(self._code):
            raise _Unknown
        return found

    def _take(self, text: str) -> bool:
        taken = self._code.startswith(text, self._at)
        self._at += len(text) * taken
        return taken

    def _term(self) -> _Amount:
        found = _Amount(Fraction(1), {}) if self._take("/") else None
        sign = 1 if found is None else -1
        while True:
            one = self._component()
            found = one if found is None else _times(found, one, sign)
            if self._take("."):
                sign = 1
            elif self._take("/"):
                sign = -1
            else:
                return found

    def _component(self) -> _Amount:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise _Unknown
        if self._take("("):
            found = self._term()
            if not self._take(")") or found.zero:
                raise _Unknown
        else:
            found = self._simple()
        note = _ANNOTATION.match(self._code, self._at)
        if note:
            self._at = note.end()
        elif found is None:
            raise _Unknown
        return found or _Amount(Fraction(1), {})

    def _simple(self) -> _Amount | None:
        """None where nothing stands before an annotation."""
        match = _COMPONENT.match(self._code, self._at)
        if match is None:
            return None
        self._at = match.end()
        if match["number"]:
            if int(match["number"]) == 0:
                raise _Unknown
            return _Amount(Fraction(int(match["number"])), {})
        one = self._table.atom(match["atom"])
        return _to_the(one, int(match["power"])) if match["power"] else one


def _times(a: _Amount, b: _Amount, sign: int) -> _Amount:
    if a.zero or b.zero:
        raise _Unknown
    powers = dict(a.powers)
    for name, power in b.powers.items():
        powers[name] = powers.get(name, 0) + sign * power
    return _Amount(a.factor * b.factor if sign > 0 else a.factor / b.factor, powers)


def _to_the(one: _Amount, power: int) -> _Amount:
    if abs(power) > MOST_POWER or one.zero:
        raise _Unknown
    return _Amount(one.factor**power, {name: own * power for name, own in one.powers.items()})


@cache
def _table() -> _Table:
    """Read when the first unit is asked for: a few milliseconds."""
    return _Table(Path(__file__).parents[1] / "data/ucum-essence.xml")


@lru_cache(maxsize=4096)
def unit(code: str) -> Unit | None:
    """What a UCUM code comes to; None for what is no code, or one that cannot be converted."""
    try:
        one = _table().amount(code)
    except (_Unknown, RecursionError):
        return None
    dimension = "".join(f"{name}{power}" for name, power in sorted(one.powers.items()) if power)
    return Unit(
        dimension or "1", Decimal(one.factor.numerator), Decimal(one.factor.denominator), _ZERO.get(one.zero, Decimal())
    )
