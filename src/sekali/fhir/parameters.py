"""The search parameters of each kind of resource: all of R4's. The CapabilityStatement is made from this table."""

from dataclasses import dataclass

from .definitions import R4, Place, SearchParameter
from .types import PERSON_TYPES, TYPES

WHOLE = "%resource"
INDEXED = frozenset({"token", "reference", "string", "date", "number", "quantity", "uri", "special"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """One search parameter of one type.

    :ivar kind: as FHIR names it: token, reference, string, date, number, quantity, uri, composite, special.
    :ivar places: where it looks.
    :ivar components: of a composite: its parts, each with where it looks from each of ``places``.
    :ivar index: the parameter whose index terms find its matches too: one that looks at the same places and more.
        Empty where nothing is indexed for it.
    """

    type: str
    name: str
    kind: str
    places: tuple[Place, ...]
    targets: frozenset[str]
    components: tuple["Component", ...] = ()
    index: str = ""

    @property
    def owner(self) -> bool:
        """Whether it asks whose the resource is, of a kind that is one person's."""
        element = R4.elements[self.type].get(PERSON_TYPES.get(self.type, ""))
        return (
            element is not None
            and not element.many
            and [one.steps for one in self.places] == [(PERSON_TYPES[self.type],)]
        )

    @property
    def inside(self) -> bool:
        """Whether what it leads to stands in the resource itself: a Bundle's first entry."""
        return self.kind == "reference" and self.places[0].type in self.targets


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a composite."""

    kind: str
    places: tuple[tuple[Place, ...], ...]


def _covers(wide: tuple[Place, ...], narrow: tuple[Place, ...]) -> bool:
    """Whether ``wide`` looks at everything that ``narrow`` looks at."""
    return all(any(_covers_one(one, place) for one in wide) for place in narrow)


def _covers_one(wide: Place, narrow: Place) -> bool:
    """The same members on the way, and no condition that the narrow one has not."""
    return (
        len(wide.steps) == len(narrow.steps)
        and wide.target in ("", narrow.target)
        and all(
            one in (other, other if isinstance(other, str) else other[0])
            for one, other in zip(wide.steps, narrow.steps, strict=True)
        )
    )


def _widest(name: str, all_: dict[str, SearchParameter]) -> str:
    """Of one kind, the parameter that looks at the most of what this one looks at."""
    own = all_[name]
    if own.kind not in INDEXED or name in ("_id", "_lastUpdated"):
        return ""
    wider = [
        other
        for other, found in all_.items()
        if found.kind == own.kind and other[0] != "_" and _covers(found.paths, own.paths)
    ]
    covered = {other: sum(_covers(all_[other].paths, all_[one].paths) for one in wider) for other in wider}
    return min(wider or [name], key=lambda other: (-covered.get(other, 0), other))


def _index_of_composite(found: SearchParameter, all_: dict[str, SearchParameter]) -> str:
    """The parameter that finds what a composite's first part needs."""
    kind, places = found.components[0]
    whole = tuple(
        Place(joined(base, inner), inner.type, inner.target, inner.system)
        for base, within in zip(found.paths, places, strict=True)
        for inner in within
    )
    wider = [name for name, other in all_.items() if other.kind == kind and _covers(other.paths, whole)]
    return _widest(min(wider), all_) if wider else ""


def joined(base: Place, inner: Place) -> tuple[str | tuple[str, str, str], ...]:
    """The steps from the resource to where a part of a composite looks."""
    return inner.steps[1:] if inner.steps[0] == WHOLE else (*base.steps, *inner.steps)


def _of(type: str) -> dict[str, Parameter]:
    known = R4.search[type]
    return {
        name: Parameter(
            type, name, one.kind, one.paths, frozenset(one.targets),
            tuple(Component(kind, places) for kind, places in one.components),
            _index_of_composite(one, known) if one.kind == "composite" else _widest(name, known),
        )
        for name, one in sorted(known.items())
    }  # fmt: skip


SEARCH: dict[str, dict[str, Parameter]] = {type: _of(type) for type in sorted(TYPES)}
"""type -> parameter name -> Parameter."""

PART_OF: dict[str, str] = {
    type: name
    for type, own in SEARCH.items()
    for name, one in own.items()
    if one.kind == "reference" and type in one.targets and [place.steps for place in one.places] == [("partOf",)]
}
"""Kinds whose resources are parts of each other, with the parameter that asks for the whole."""

_MAIN = {
    "Condition": "recorded-date",
    "MedicationDispense": "whenhandedover",
    "MedicationRequest": "authoredon",
    "MedicationStatement": "effective",
    "Patient": "birthdate",
    "QuestionnaireResponse": "authored",
    "RelatedPerson": "birthdate",
    "ServiceRequest": "authored",
    "Specimen": "collected",
    "Task": "authored-on",
}


def _main_date(type: str) -> str:
    dates = [name for name, one in SEARCH[type].items() if one.kind == "date" and name != "_lastUpdated"]
    return _MAIN.get(type) or next(
        (name for name in ("date", "authored", "created") if name in dates), min(dates, default="")
    )


MAIN_DATE: dict[str, str] = {type: _main_date(type) for type in SEARCH}
"""The date parameter by which a type is kept in order; empty where it has none."""
