"""Whether a resource really has what was asked for."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from typing import Any

from ..definitions import R4, Place
from ..elements import split_reference
from ..parameters import WHOLE, Component, Parameter
from . import dates, near, numbers, quantities
from .reaching import reach
from .terms import Asked, Term
from .texts import begins, fold, strings
from .tokens import Token, tokens, types_of

MANY = 20
"""So many references or codes are compared as a set; they come from a chain or a value set, each of them whole."""
Found = list[tuple[Any, Place]]
"""Values with the place that they were found at."""


def matches(resource: dict[str, Any], asked: Asked) -> bool:
    """Whether one of the values asked for is there (with ``:not`` and ``:not-in``: none of them)."""
    parameter, modifier = asked.parameter, asked.modifier
    if parameter.kind == "composite" and modifier != "missing":
        return any(_composite(resource, parameter, term) for term in asked.terms)
    found = values(resource, parameter.places)
    if modifier == "missing":
        return any((not found) == (term.text == "true") for term in asked.terms)
    if len(asked.terms) > MANY and asked.pairs and modifier in ("", "not"):
        return any((token.system, token.code) in asked.pairs for token in _tokens(found)) != (modifier == "not")
    if modifier in ("not", "not-in"):
        test = _test("token", modifier.removeprefix("not-") if modifier == "not-in" else "")
        return not any(test(found, term) for term in asked.terms)
    if len(asked.terms) > MANY and parameter.kind == "reference":
        return any(not asked.texts.isdisjoint(references(value)) for value, _ in found)
    test = _test(parameter.kind, modifier)
    return any(test(found, term) for term in asked.terms)


def values(node: Any, places: Iterable[Place]) -> Found:
    """Everything that a parameter looks at."""
    return [(value, place) for place in places for value in reach(node, place)]


def _test(kind: str, modifier: str) -> Callable[[Found, Term], bool]:
    match kind, modifier:
        case "token", "text":
            return _token_text
        case "token", "in":
            return _token_in
        case "token", "other":
            return lambda found, term: any(token.code and not _is(token, term) for token in _tokens(found))
        case "token", "of-type":
            return _of_type
        case "token", _:
            return _token
        case "reference", "identifier":
            return _reference_identifier
        case "reference", _:
            return _reference
        case "string", "exact":
            return lambda found, term: any(text == term.exact for text in _strings(found))
        case "string", "contains":
            return lambda found, term: any(term.text in fold(text) for text in _strings(found))
        case "string", "is":
            return lambda found, term: any(fold(text) == term.text for text in _strings(found))
        case "string", "is-not":
            return lambda found, term: any(fold(text) != term.text for text in _strings(found))
        case "string", "begins":
            return lambda found, term: any(fold(text).startswith(term.text) for text in _strings(found))
        case "string", "ends":
            return lambda found, term: any(fold(text).endswith(term.text) for text in _strings(found))
        case "string", _:
            return lambda found, term: begins(term.text, list(_strings(found)))
        case "date", _:
            return _date
        case "number", _:
            return _number
        case "quantity", _:
            return _quantity
        case "special", _:
            return lambda found, term: any(near.holds(value, term) for value, _ in found)
        case "uri", "below":
            return lambda found, term: any(str(value).startswith(term.text) for value, _ in found)
        case "uri", "above":
            return lambda found, term: any(term.text.startswith(str(value)) for value, _ in found)
    return lambda found, term: any(value == term.text for value, _ in found)


def _strings(found: Found) -> Iterator[str]:
    for value, place in found:
        yield from strings(value, place.type)


def _tokens(found: Found) -> Iterator[Token]:
    for value, place in found:
        yield from tokens(value, place.type, place.system)


def _is(token: Token, term: Term) -> bool:
    """``code``, ``system|code``, ``|code`` (no system), ``system|`` (any code of it)."""
    if term.system is not None and term.system != token.system:
        return False
    return token.code == term.text if term.text else bool(token.code)


def _token(found: Found, term: Term) -> bool:
    return any(_is(token, term) for token in _tokens(found))


def _token_text(found: Found, term: Term) -> bool:
    return any(fold(token.text).startswith(term.text) for token in _tokens(found) if token.text)


def _token_in(found: Found, term: Term) -> bool:
    system = R4.systems.get(term.text, "")
    codes = R4.codes[term.text]
    return any(token.code in codes and (not system or token.system in ("", system)) for token in _tokens(found))


def _of_type(found: Found, term: Term) -> bool:
    wanted = Term(term.exact, system=term.system)
    return any(
        value.get("value") == term.text and any(_is(kind, wanted) for kind in types_of(value))
        for value, place in found if place.type == "Identifier"
    )  # fmt: skip


def references(value: Any) -> Iterable[str]:
    """What a Reference or canonical can be found by: ``Type/id``, or its URL with and without its version; of a resource
    that stands in a Bundle, its own kind and id.
    """
    if not isinstance(value, dict):
        return _by_url(value) if isinstance(value, str) else ()
    if "resourceType" in value:
        return (f"{value['resourceType']}/{value['id']}",) if isinstance(value.get("id"), str) else ()
    text = value.get("reference")
    return _by_reference(text) if isinstance(text, str) else ()


@lru_cache(4096)
def _by_reference(text: str) -> tuple[str, ...]:
    found = split_reference(text)
    return ("/".join(found),) if found else _by_url(text)


def _by_url(text: str) -> tuple[str, ...]:
    return (text, text.partition("|")[0]) if "|" in text else (text,)


def reached(resource: dict[str, Any], parameter: Parameter) -> list[Any]:
    """The values of a parameter in a resource."""
    return [value for value, _ in values(resource, parameter.places)]


def pointed_at(resource: dict[str, Any], parameter: Parameter) -> Iterator[str]:
    """Everything that a reference parameter points at, as ``Type/id`` or URL."""
    for value, _ in values(resource, parameter.places):
        yield from references(value)


def _reference(found: Found, term: Term) -> bool:
    bare = "/" not in term.text and ":" not in term.text
    for value, _ in found:
        if not isinstance(value, dict):
            if term.exact in references(value):
                return True
        elif any(text == term.text or (bare and text.endswith("/" + term.text)) for text in references(value)):
            return True
    return False


def _reference_identifier(found: Found, term: Term) -> bool:
    return any(
        _is(token, term)
        for value, _ in found if isinstance(value, dict) and isinstance(value.get("identifier"), dict)
        for token in tokens(value["identifier"], "Identifier")
    )  # fmt: skip


def _date(found: Found, term: Term) -> bool:
    return any(
        dates.holds(term.prefix, term.since, term.until, one)
        for value, place in found for one in dates.intervals(value, place.type)
    )  # fmt: skip


def _number(found: Found, term: Term) -> bool:
    measure = numbers.Measure.of(term.number)
    return any(numbers.holds(term.prefix, measure, one) for value, _ in found for one in numbers.bounds(value))


def _quantity(found: Found, term: Term) -> bool:
    return any(
        numbers.holds(term.prefix, measure, one)
        for value, _ in found for measure, one in quantities.compared(value, term)
    )  # fmt: skip


def _composite(resource: dict[str, Any], parameter: Parameter, term: Term) -> bool:
    return any(
        all(_part(resource, node, n, component, part) for component, part in zip(parameter.components, term.parts, strict=True))
        for n, place in enumerate(parameter.places) for node in reach(resource, place)
    )  # fmt: skip


def _part(resource: dict[str, Any], node: Any, n: int, component: Component, term: Term) -> bool:
    found = [
        (value, place)
        for place in component.places[n]
        for value in (reach(resource, _from_the_whole(place)) if place.steps[0] == WHOLE else reach(node, place))
    ]
    return _test(component.kind, "")(found, term)


@cache
def _from_the_whole(place: Place) -> Place:
    return Place(place.steps[1:], place.type, place.target, place.system)


def sort_key(resource: dict[str, Any], parameter: Parameter, descending: bool) -> str:
    """By what a resource is sorted: its least value (descending: its greatest) as text that sorts; empty without any."""
    found = values(resource, parameter.places)
    match parameter.kind:
        case "date":
            spans = [one for value, place in found for one in dates.intervals(value, place.type)]
            keys = [(until if descending else since).isoformat() for since, until in spans]
        case "number" | "quantity":
            keys = [_sortable(low) for value, _ in found for low, _high in numbers.bounds(value)]
        case "token":
            keys = [token.code or fold(token.text) for token in _tokens(found)]
        case "reference":
            keys = [text for value, _ in found for text in references(value)]
        case "string":
            keys = [fold(text) for text in _strings(found)]
        case _:
            keys = [str(value) for value, _ in found]
    keys = [key for key in keys if key]
    return (max if descending else min)(keys, default="")


def _sortable(number: Any) -> str:
    """A number as text that sorts as the number does, to 1e-9; beyond 1e20 all are equal."""
    limited = max(min(number, 10**20), -(10**20)) + 10**20
    return f"{limited:.9f}".rjust(32, "0")
