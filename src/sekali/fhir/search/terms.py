"""What is asked: one value of a search parameter, understood. https://hl7.org/fhir/R4/search.html#prefix"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation

from sekali import kernel

from ..definitions import R4
from ..elements import split_reference
from ..parameters import PART_OF, Parameter
from ..types import TYPES
from .dates import interval
from .texts import fold
from .units import unit

NEAR = 10
"""Kilometres, where ``near`` names no distance."""
_KILOMETRE = unit("km")
PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
MODIFIERS: dict[str, frozenset[str]] = {
    "token": frozenset({"missing", "text", "not", "in", "not-in", "of-type", "above", "below"}),
    "reference": frozenset({"missing", "identifier", "above", "below"}),
    "string": frozenset({"missing", "exact", "contains"}),
    "uri": frozenset({"missing", "above", "below"}),
    **{kind: frozenset({"missing"}) for kind in ("date", "number", "quantity", "composite", "special")},
}
"""kind -> the modifiers that are known; a reference may also be narrowed to a kind (``subject:Patient``)."""


@dataclass(frozen=True, slots=True)
class Term:
    """One value of a parameter. Which members are used depends on the parameter's kind.

    :ivar text: a folded string, a code, a ``Type/id``, a URI; of a composite the whole.
    :ivar exact: the text as it was written.
    :ivar system: of a token or quantity; None for any, empty for none.
    :ivar since: with ``until``, the half-open interval of a date.
    """

    text: str = ""
    exact: str = ""
    prefix: str = "eq"
    system: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    number: Decimal | None = None
    parts: tuple["Term", ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A parameter with its modifier and the values of which one must match."""

    parameter: Parameter
    modifier: str
    terms: tuple[Term, ...]
    texts: frozenset[str] = field(init=False)
    """The texts of all values, for what may have very many (references found by a chain)."""
    pairs: frozenset[tuple[str, str]] = field(init=False)
    """(system, code) of all values, where each has both: for the many codes of a value set."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "texts", frozenset(term.text for term in self.terms))
        whole = self.parameter.kind == "token" and all(term.system is not None and term.text for term in self.terms)
        pairs = frozenset((term.system, term.text) for term in self.terms) if whole else frozenset()
        object.__setattr__(self, "pairs", pairs)

    @property
    def open(self) -> bool:
        """Whether somebody who knows more than R4's own codes has to say first which values are meant."""
        if self.modifier in ("above", "below"):
            return self.parameter.kind in ("token", "reference")
        return self.modifier in ("in", "not-in") and any(term.text not in R4.codes for term in self.terms)


def parse(parameter: Parameter, modifier: str, value: str) -> Term:
    """One value as it came in the URL (without its commas). Raises Invalid, Unsupported (an unknown modifier)."""
    name = parameter.name
    if modifier not in MODIFIERS[parameter.kind] and modifier and not _kind_of(parameter, modifier):
        raise kernel.Invalid(
            "The search parameter %(name)s does not know :%(modifier)s.", path=name, name=name, modifier=modifier[:40]
        )
    if not value:
        raise kernel.Invalid("The search parameter %(name)s has no value.", path=name, name=name)
    if modifier == "missing":
        if value not in ("true", "false"):
            raise kernel.Invalid("%(name)s:missing is true or false.", path=name, name=name)
        return Term(value)
    if modifier == "identifier":
        return _token(value)
    if modifier in ("in", "not-in"):
        bare = value.partition("|")[0]
        return Term(bare if bare in R4.codes else value)
    if modifier in ("above", "below") and parameter.kind == "token":
        return _of_levels(parameter, value)
    if modifier in ("above", "below") and parameter.kind == "reference":
        return _part(parameter, value)
    return _value(parameter, parameter.kind, modifier, value)


def _kind_of(parameter: Parameter, modifier: str) -> bool:
    return parameter.kind == "reference" and modifier in TYPES


def _value(parameter: Parameter, kind: str, modifier: str, value: str) -> Term:
    match kind:
        case "date":
            return _date(parameter.name, value)
        case "string":
            return Term(fold(value), value)
        case "reference":
            return _reference(value, modifier)
        case "number":
            prefix, number = _number(parameter.name, value)
            return Term(prefix=prefix, number=number)
        case "quantity":
            return _quantity(parameter.name, value)
        case "uri":
            return Term(value)
        case "special":
            return _near(parameter.name, value)
        case "composite":
            return _composite(parameter, value)
    return (
        _of_type(parameter.name, value)
        if modifier == "of-type"
        else Term(fold(value), value)
        if modifier == "text"
        else _token(value)
    )


def _of_levels(parameter: Parameter, value: str) -> Term:
    """A code with its system, which an element that is always of one system implies."""
    term, name = _token(value), parameter.name
    implied = {place.system for place in parameter.places}
    system = term.system or (implied.pop() if len(implied) == 1 else "")
    if not (system and term.text):
        raise kernel.Invalid("%(name)s:above and :below need system|code.", path=name, name=name)
    return Term(term.text, system=system)


def _part(parameter: Parameter, value: str) -> Term:
    """``Type/id`` of a kind whose resources are parts of each other."""
    kinds = sorted(parameter.targets & PART_OF.keys())
    term, name = _reference(value, kinds[0] if len(kinds) == 1 else ""), parameter.name
    if term.text.partition("/")[0] not in kinds:
        raise kernel.Invalid(
            "%(name)s:above and :below need Type/id of what can be part of another: %(kinds)s.",
            path=name, name=name, kinds=", ".join(kinds) or "-",
        )  # fmt: skip
    return term


def _token(value: str) -> Term:
    system, bar, code = value.partition("|")
    return Term(code, system=system) if bar else Term(value)


def _of_type(name: str, value: str) -> Term:
    parts = value.split("|")
    if len(parts) != 3 or not all(parts):
        raise kernel.Invalid("%(name)s:of-type needs system|code|value.", path=name, name=name)
    return Term(parts[2], parts[1], system=parts[0])


def _reference(value: str, modifier: str) -> Term:
    """``text`` is what a Reference is compared with, ``exact`` what a canonical URL is."""
    found = split_reference(value)
    if found:
        return Term("/".join(found), value)
    return Term(f"{modifier}/{value}" if modifier in TYPES else value, value)


def _prefixed(value: str) -> tuple[str, str]:
    return (value[:2], value[2:]) if value[:2] in PREFIXES else ("eq", value)


def _date(name: str, value: str) -> Term:
    prefix, text = _prefixed(value)
    if text[:1].isalpha():
        raise kernel.Invalid("%(name)s does not know the prefix %(prefix)s.", path=name, name=name, prefix=text[:2])
    try:
        since, until = interval(text.replace(" ", "+"))
    except (ValueError, OverflowError):
        raise kernel.Invalid("%(name)s needs a date such as 2026-11-23.", path=name, name=name) from None
    return Term(text, prefix=prefix, since=since, until=until)


def _number(name: str, value: str) -> tuple[str, Decimal]:
    prefix, text = _prefixed(value)
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or abs(number.adjusted()) > 999 or len(text) > 60:
        raise kernel.Invalid("%(name)s needs a number such as 5.4.", path=name, name=name)
    return prefix, number


def _quantity(name: str, value: str) -> Term:
    parts = value.split("|")
    if len(parts) not in (1, 3):
        raise kernel.Invalid("%(name)s needs a number, or number|system|code.", path=name, name=name)
    prefix, number = _number(name, parts[0])
    system, code = parts[1:] if len(parts) == 3 else (None, "")
    return Term(code, prefix=prefix, system=system, number=number)


def _near(name: str, value: str) -> Term:
    """``parts``: latitude and longitude in degrees; ``number``: how far away at most, in km."""
    texts = value.split("|")
    try:
        latitude, longitude, *more = map(Decimal, texts[:3] if len(texts) > 2 and texts[2] else texts[:2])
        length = unit(texts[3]) if len(texts) == 4 and texts[3] else _KILOMETRE
        good = (
            len(texts) <= 4 and abs(latitude) <= 90 and abs(longitude) <= 180 and all(0 <= one < 10**9 for one in more)
        )
    except (ArithmeticError, ValueError):
        good = False
    if not good or length is None or length.dimension != _KILOMETRE.dimension:
        raise kernel.Invalid(
            "%(name)s needs latitude|longitude|distance|unit, such as -7.79|110.36|5|km.", path=name, name=name
        )
    far = length.base(more[0]) / _KILOMETRE.base(Decimal(1)) if more else Decimal(NEAR)
    return Term(value, number=far, parts=(Term(number=latitude), Term(number=longitude)))


def _composite(parameter: Parameter, value: str) -> Term:
    parts = split(value, "$")
    if len(parts) != len(parameter.components):
        name, n = parameter.name, len(parameter.components)
        raise kernel.Invalid("%(name)s needs %(n)s values with $ between them.", path=name, name=name, n=n)
    return Term(value, parts=tuple(
        _value(parameter, component.kind, "", part) for component, part in zip(parameter.components, parts, strict=True)
    ))  # fmt: skip


def split(value: str, at: str) -> list[str]:
    """At a separator that has no ``\\`` before it; ``\\,`` ``\\$`` ``\\|`` ``\\\\`` stand for themselves."""
    parts, part, escaped = [], [], False
    for c in value:
        if escaped:
            part.append(c if c in ",$|\\" else "\\" + c)
            escaped = False
        elif c == "\\":
            escaped = True
        elif c == at:
            parts.append("".join(part))
            part = []
        else:
            part.append(c)
    return [*parts, "".join(part)]
