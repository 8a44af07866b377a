"""Reaching into a resource."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from uuid import UUID

from sekali import kernel

from .types import PERSON_TYPES, TYPES

_MEMBER = re.compile(rb'"reference"\s*:\s*"([^"]*)"')
_MEMBER_AMONG_ESCAPES = re.compile(rb'(?<!\\)"reference"\s*:\s*"([^"]*)"')
"""Slower: what begins with a condition has no first letters to look for."""
_REFERENCE = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]+)?$")


def values_at(resource: Any, path: str) -> list[Any]:
    """Every value at a dotted path, through lists (``participant.individual``)."""
    nodes = resource if isinstance(resource, list) else [resource]
    for name in path.split("."):
        nodes = members_of(nodes, name)
    return nodes


def members_of(nodes: Iterable[Any], name: str) -> list[Any]:
    """Every value of one member of some objects, through lists."""
    found: list[Any] = []
    for node in nodes:
        value = node.get(name) if isinstance(node, dict) else None
        if isinstance(value, list):
            found += value
        elif value is not None:
            found.append(value)
    return found


@lru_cache(4096)
def split_reference(reference: str) -> tuple[str, str] | None:
    """``Patient/x`` or ``https://…/Patient/x`` -> ("Patient", "x"); None for anything else."""
    found = _REFERENCE.search(reference)
    return (found[1], found[2]) if found and found[1] in TYPES else None


def references(content: bytes) -> set[tuple[str, str]]:
    """Every (type, id) that a resource (valid JSON) points at, at any depth, of the kinds that are kept here.

    A quotation mark that is not escaped begins or ends a string, so the bytes need not be decoded for it.
    """
    member = _MEMBER
    if b"\\" in content:
        content, member = kernel.encode(kernel.decode(content)), _MEMBER_AMONG_ESCAPES
    found = {split_reference(text.decode()) for text in member.findall(content)}
    found.discard(None)
    return found


def place_of(reference: str, value: Any, path: str) -> str | None:
    """Where in a resource a reference stands first: ``Encounter.participant[0].individual``; None where it does not."""
    if isinstance(value, dict) and value.get("reference") == reference:
        return path
    if isinstance(value, dict):
        inside = ((f"{path}.{name}", member) for name, member in value.items())
    else:
        inside = ((f"{path}[{n}]", member) for n, member in enumerate(value))
    places = (place_of(reference, member, where) for where, member in inside if isinstance(member, (dict, list)))
    return next((place for place in places if place), None)


def subject_of(resource: dict[str, Any]) -> UUID | None:
    """The id of the one person that a resource belongs to: its ``subject``, ``patient``, ``beneficiary``, ``for`` ...

    None where it names nobody, several, or one that cannot be an id of this server.
    """
    path = PERSON_TYPES.get(resource["resourceType"])
    if path is None:
        return None
    found = set(people_at(resource, path))
    return found.pop() if len(found) == 1 else None


def people_at(resource: Any, path: str) -> list[UUID]:
    """The ids of all people whom the References at a path name."""
    return [person for text in _references_at(resource, path) if (person := _person(text)) is not None]


def named_at(resource: Any, path: str) -> list[str]:
    """The same as they are written, be they of this server or not."""
    found = map(split_reference, _references_at(resource, path))
    return [one[1] for one in found if one is not None and one[0] == "Patient"]


def _references_at(resource: Any, path: str) -> list[str]:
    found = [one.get("reference") for one in values_at(resource, path) if isinstance(one, dict)]
    return [one for one in found if isinstance(one, str)]


@lru_cache(4096)
def _person(reference: str) -> UUID | None:
    found = split_reference(reference)
    return kernel.as_uuid(found[1]) if found is not None and found[0] == "Patient" else None
