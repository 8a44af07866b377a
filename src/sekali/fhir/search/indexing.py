"""What is kept beside a resource to find it by, and what to look up for a question."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from sekali import kernel

from ..definitions import Place
from ..parameters import MAIN_DATE, SEARCH, Parameter
from ..types import TYPES
from . import dates, near, numbers, quantities
from .matching import references
from .reaching import reach
from .terms import Asked, Term
from .texts import fold, strings
from .tokens import tokens

CODED = frozenset(("CodeableConcept", "Coding", "code"))
"""Types of which the same few values stand in thousands of resources, so that what one is found by is kept."""
MOST_REMEMBERED = 1000
"""Bytes of such a value; of a longer one nothing is kept."""
MOST_WORDS = 40
"""Of a markdown text; a longer one is kept under one term, and looked at by itself."""
LONG = "(long)"
NOT_LOOKED_UP = frozenset("missing text not not-in in contains identifier above below other is-not ends".split())
"""Modifiers that the index terms say nothing of."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """What is kept beside a resource.

    :ivar tokens: hashes of the index terms, sorted, each once.
    :ivar date: the clinical date (of a Patient: the birth date), for ranges and sorting.
    """

    tokens: list[int]
    date: datetime | None


class Lookup(NamedTuple):
    """Hashes of which a match has one, or all of them.

    :ivar exact: whether whatever has it matches, so that counting needs no second look.
    """

    hashes: list[int]
    all: bool = False
    exact: bool = False


@dataclass(frozen=True, slots=True)
class _Kept:
    """A place whose values are found by the same terms under one name or several (``code``, ``combo-code``).

    :ivar next: the member after the first on the way; empty where there is none, or a choice.
    :ivar hash: of a term; it remembers what stands in many resources.
    """

    texts: Callable[[Any, Place], Iterable[str]]
    place: Place
    names: tuple[str, ...]
    next: str
    hash: Callable[[str, str, str], int]


@dataclass(frozen=True, slots=True)
class _Member:
    """What is kept of one member of a resource.

    :ivar coded: whether it holds codes and nothing else, so that the same few stand in thousands of resources.
    """

    kept: tuple[_Kept, ...]
    coded: bool


def _by_member(own: dict[str, Parameter]) -> dict[str, _Member]:
    """First member on the way -> what is kept of it (the widest parameter of each kind)."""
    names: dict[tuple[str, Place], list[str]] = {}
    for name in sorted({one.index for one in own.values()} & own.keys()):
        for place in own[name].places:
            if place.type != "exists":  # true of nearly nobody: it is looked at, never looked up
                names.setdefault((own[name].kind, place), []).append(name)
    found: dict[str, list[_Kept]] = {}
    for (kind, place), some in names.items():
        if place.steps[0] == "meta":
            place = Place((_of_meta(place.steps[1]), *place.steps[2:]), place.type, place.target, place.system)
        step, *more = place.steps
        member = _name(step)
        then = more[0] if more and isinstance(more[0], str) else ""
        hash = term_hash if kind == "reference" or place.type == "Identifier" else _known_hash
        found.setdefault(member, []).append(_Kept(_TEXTS[kind], place, tuple(some), then, hash))
    return {member: _Member(tuple(kept), all(map(_is_code, kept))) for member, kept in found.items()}


def _name(step: str | tuple[str, str, str]) -> str:
    return step if isinstance(step, str) else step[0]


def _of_meta(name: str) -> str:
    """What is in meta, which everything has, is looked at as if it were the resource's own: of most there is nothing."""
    return f"meta.{name}"


def _is_code(kept: _Kept) -> bool:
    return kept.texts is _token_texts and kept.place.type in CODED and len(kept.place.steps) == 1


_TIMED = frozenset(("dateTime", "instant", "Period", "Timing"))


def _edition(own: dict[str, Parameter]) -> int:
    """2: quantities in base units, places, the first entry of a Bundle. 3: the months of times in UTC."""
    kept = [one for one in own.values() if one.index]
    if any(place.type in _TIMED for one in kept if one.kind == "date" for place in one.places):
        return 3
    return 2 if any(one.kind in ("quantity", "special") or one.inside for one in kept) else 1


EDITIONS: dict[str, int] = {type: edition for type, own in SEARCH.items() if (edition := _edition(own)) > 1}
"""type -> edition of its index terms, where it is not the first. Raised when :func:`index` makes others than before, so that
``records.renew`` makes those of all that is kept anew."""


def index(resource: dict[str, Any]) -> Indexed:
    """The search columns of a valid resource."""
    type = resource["resourceType"]
    indexed = _INDEXED[type]
    hashes = set[int]()
    resource = resource | {_of_meta(name): value for name, value in resource.get("meta", {}).items()}
    for member, value in resource.items():
        found = indexed.get(member)
        if found is None:
            continue
        if found.coded and len(content := kernel.encode(value)) <= MOST_REMEMBERED:
            hashes.update(_of_codes(type, member, content))
        else:
            hashes.update(_hashes(type, member, resource))
    return Indexed(sorted(hashes), main_date(resource))


def _hashes(type: str, member: str, resource: dict[str, Any]) -> Iterator[int]:
    there = resource[member]
    for kept in _INDEXED[type][member].kept:
        if kept.next and isinstance(there, dict) and kept.next not in there:
            continue
        for value in reach(resource, kept.place):
            for text in kept.texts(value, kept.place):
                for name in kept.names:
                    yield kept.hash(type, name, text)


@lru_cache(16_384)
def _of_codes(type: str, member: str, value: bytes) -> tuple[int, ...]:
    return tuple(_hashes(type, member, {member: kernel.decode(value)}))


def term_hash(type: str, name: str, text: str) -> int:
    """The 64-bit hash of one term, signed as PostgreSQL's bigint is."""
    return int.from_bytes(blake2b(f"{type}.{name}={text}".encode(), digest_size=8).digest(), "big", signed=True)


_known_hash = lru_cache(4096)(term_hash)
"""The same of what stands in many resources: months, words, codes; not of what each has for itself."""


def main_date(resource: dict[str, Any]) -> datetime | None:
    """The beginning of the first date that the type's main date parameter finds."""
    for member, place in _MAIN_DATES[resource["resourceType"]]:
        for value in reach(resource, place) if member in resource else ():
            for since, _ in dates.intervals(value, place.type):
                return since
    return None


def _token_texts(value: Any, place: Place) -> Iterator[str]:
    for token in tokens(value, place.type, place.system):
        if token.code:
            yield token.code
            if token.system and token.system != place.system:
                yield f"{token.system}|{token.code}"


def _string_texts(value: Any, place: Place) -> Iterator[str]:
    for text in strings(value, place.type):
        words = {word[:3] for word in fold(text).split()}
        yield from words if place.type != "markdown" or len(words) <= MOST_WORDS else (LONG,)


def _date_texts(value: Any, place: Place) -> Iterator[str]:
    for one in dates.intervals(value, place.type):
        yield from dates.index_texts(one)


def _number_texts(value: Any, place: Place) -> Iterator[str]:
    for one in numbers.bounds(value):
        yield from numbers.index_texts(one)


_TEXTS: dict[str, Callable[[Any, Place], Iterable[str]]] = {
    "token": _token_texts,
    "reference": lambda value, place: references(value),
    "string": _string_texts,
    "date": _date_texts,
    "number": _number_texts,
    "quantity": lambda value, place: quantities.index_texts(value),
    "special": lambda value, place: near.index_texts(value),
    "uri": lambda value, place: (str(value),),
    "composite": lambda value, place: (),
}
"""Kind of parameter -> the texts of a value's terms. What is composed is found by the first of its parts."""
_MAIN_DATES = {
    type: tuple((_name(place.steps[0]), place) for place in SEARCH[type][name].places) if name else ()
    for type, name in MAIN_DATE.items()
}
"""type -> where its main date may stand, and the first member on the way."""
_INDEXED = {type: _by_member(own) for type, own in SEARCH.items()}


def lookup(asked: Asked) -> Lookup | None:
    """What to look up so that no match is missed; None where the index cannot help."""
    parameter, modifier = asked.parameter, asked.modifier
    if not parameter.index or parameter.places[0].type == "exists" or modifier in NOT_LOOKED_UP:
        return None
    kind, terms = parameter.kind, asked.terms
    if modifier == "of-type":
        terms = tuple(Term(term.text) for term in terms)
    if kind == "composite":
        kind, terms = parameter.components[0].kind, tuple(term.parts[0] for term in terms)
    found = [_lookup_texts(parameter, kind, term) for term in terms]
    if any(one is None or not one[0] for one in found):
        return None
    if len(found) == 1:
        texts, every = found[0]
    else:  # of several values one term each is enough to miss nothing
        texts, every = [text for one, all_ in found for text in (one[:1] if all_ else one)], False
    exact = (
        kind in ("token", "reference", "uri")
        and parameter.index == parameter.name
        and not modifier
        and all(term.system is None for term in terms)
    )
    return Lookup([term_hash(parameter.type, parameter.index, text) for text in texts], every, exact)


def _lookup_texts(parameter: Parameter, kind: str, term: Term) -> tuple[list[str], bool] | None:
    """(texts, whether all are needed)."""
    match kind:
        case "token":
            implied = {place.system for place in parameter.places}
            with_system = term.system and term.system not in implied and parameter.kind != "composite"
            return ([f"{term.system}|{term.text}" if with_system else term.text], True) if term.text else None
        case "reference":
            if "/" in term.text or ":" in term.text:
                return list(dict.fromkeys((term.text, term.exact or term.text))), term.exact in ("", term.text)
            return [term.text, *(f"{type}/{term.text}" for type in sorted(parameter.targets or TYPES))], False
        case "string":
            words = [word[:3] for word in term.text.split() if len(word) >= 3]
            if words and any(place.type == "markdown" for place in parameter.places):
                return [max(words, key=len), LONG], False
            return (words, True) if words else None
        case "date":
            texts = dates.lookup_texts(term.prefix, term.since, term.until)
        case "number":
            texts = numbers.lookup_texts(term.prefix, numbers.Measure.of(term.number))
        case "quantity":
            texts = quantities.lookup_texts(term)
        case "special":
            texts = near.lookup_texts(term)
        case _:
            return [term.text], True
    return (texts, False) if texts else None
