"""HL7's own definitions of R4, compiled by ``bin/compile-r4`` from the published ones.

https://hl7.org/fhir/R4/downloads.html (4.0.1, CC0)
"""

from pathlib import Path

import msgspec


class Element(msgspec.Struct, frozen=True, array_like=True):
    """One element of a type.

    :ivar types: FHIR types that it may have; several where its name ends with ``[x]``.
    :ivar required: the value set whose codes are binding; empty where there is none, or too large a one.
    :ivar targets: kinds that a reference may point at.
    """

    types: tuple[str, ...]
    many: bool
    least: int
    summary: bool
    required: str
    targets: tuple[str, ...]


def json_member(name: str, type: str) -> str:
    """How an element is written in JSON with a value of one type (``value[x]``, ``valueQuantity``)."""
    return name.replace("[x]", type[:1].upper() + type[1:])


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a search parameter looks.

    :ivar steps: names of members; (name, member, value) takes only those whose ``member`` is ``value``, and with ``[]`` for
        a member only the one at the place ``value``. ``%resource`` begins anew at the resource (in composites).
    :ivar type: the FHIR type of what is found there.
    :ivar target: the kind that a reference must point at; empty for any.
    :ivar system: the code system that a plain ``code`` there is of; empty where it is not known.
    """

    steps: tuple[str | tuple[str, str, str], ...]
    type: str
    target: str
    system: str


class SearchParameter(msgspec.Struct, frozen=True):
    """A search parameter of one type, its FHIRPath resolved.

    :ivar components: of a composite: the kind of each part, and where it looks from each of ``paths``.
    """

    kind: str
    paths: tuple[Place, ...]
    targets: tuple[str, ...] = ()
    components: tuple[tuple[str, tuple[tuple[Place, ...], ...]], ...] = ()


class _R4(msgspec.Struct, frozen=True):
    version: str
    resources: tuple[str, ...]
    primitives: frozenset[str]
    elements: dict[str, dict[str, Element]]
    codes: dict[str, frozenset[str]]
    systems: dict[str, str]
    parents: dict[str, dict[str, str]]
    search: dict[str, dict[str, SearchParameter]]
    patient: dict[str, tuple[str, ...]]


R4 = msgspec.json.decode((Path(__file__).parent / "data/r4.json").read_bytes(), type=_R4)
