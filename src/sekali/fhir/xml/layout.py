"""What may stand inside a type, in the order of the definitions."""

from functools import cache
from typing import NamedTuple

from ..definitions import R4, json_member

FHIR = "http://hl7.org/fhir"
XHTML = "http://www.w3.org/1999/xhtml"
DEEPEST = 64
"""Levels of elements, those of narratives among them; FHIR resources have about a dozen."""

RESOURCES = frozenset(R4.resources)
NUMBERS = frozenset({"decimal", "integer", "positiveInt", "unsignedInt"})


class Member(NamedTuple):
    """An element of a type.

    :ivar place: its place in the order of the definitions.
    :ivar type: its FHIR type, ``Resource`` for any that holds one; a choice (``value[x]``) is one member for each type.
    """

    place: int
    type: str
    many: bool

    @property
    def primitive(self) -> bool:
        """Whether it has a value of its own, which JSON keeps apart from its id and extensions (``_name``)."""
        return self.type in R4.primitives and self.type != "xhtml"


@cache
def members(type: str) -> dict[str, Member]:
    """Name -> what it is; those that XML writes as attributes are in :func:`attributes`."""
    found = {}
    for place, (name, element) in enumerate(R4.elements[type].items()):
        if name in attributes(type):
            continue
        for one in element.types:
            type_of_it = "Resource" if one in RESOURCES else one
            found[json_member(name, one)] = Member(place, type_of_it, element.many)
    return found


@cache
def attributes(type: str) -> tuple[str, ...]:
    """``id`` of any element, not of a resource; ``url`` of an extension."""
    if type in RESOURCES:
        return ()
    return ("id", "url") if type == "Extension" else ("id",)
