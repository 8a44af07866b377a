"""Is this FHIR R4? Every fault with its place and its reason.

Structure, cardinality and the form of primitives are checked by a compiled validator; what that one does not know is
looked at here: codes that R4 binds as *required*, empty objects, days that there are not, and constraints
(``invariants``).
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

import fhirkit

from sekali import kernel

from .definitions import R4, json_member
from .invariants import INVARIANTS, broken_resource
from .satusehat import rule_of
from .soundness import plainly_sound
from .types import require_kind
from .wording import worded

MOST_FAULTS = 50
MOST_CODES_TOLD = 20
_SYSTEM = "must be the code system's whole URI, such as http://hl7.org/fhir/sid/icd-10"
"""HL7's own validator refuses a relative one too: it would name another system on every server."""
_EMPTY = "must not be empty; leave the element out"
_LATE_IN_THE_MONTH = re.compile(r"\d{4}-\d\d-(29|3\d)").match
_NO_DAY = "must be a day that the calendar has"
_LOST = "names a contained resource that is not there (ref-1)"


def validate(content: bytes) -> list[kernel.Fault]:
    """The faults of one resource as JSON bytes, none when it is valid; at most 50. Raises Invalid for no JSON."""
    return _faults(content, kernel.decode(content))


def require_valid(content: bytes, resource: dict[str, Any] | None = None) -> dict[str, Any]:
    """The decoded resource. Raises Invalid with each fault; NotFound for a kind that is not kept here.

    :param resource: ``content`` decoded, where the caller has it already.
    """
    resource = kernel.decode(content) if resource is None else resource
    type = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(type, str) or not type:
        raise kernel.Invalid(faults=[kernel.Fault("Resource.resourceType", "A resource says what kind it is.")])
    require_kind(type)
    faults = _faults(content, resource)
    if faults:
        raise kernel.Invalid(faults=faults)
    return resource


def _faults(content: bytes, resource: Any) -> list[kernel.Fault]:
    return [] if plainly_sound(content, resource) else faults_in_full(content, resource)


def faults_in_full(content: bytes, resource: Any) -> list[kernel.Fault]:
    """The faults of a resource at which a quick look was not enough."""
    try:
        found = fhirkit.validate(content)
    except fhirkit.ParseError as error:
        raise kernel.Invalid("This is not valid JSON.", faults=[kernel.Fault("$", str(error))]) from None
    errors = (issue for issue in found if issue.severity in ("error", "fatal"))
    faults = [kernel.Fault(one.path, worded(one.path, one.message), _rule(one)) for one in errors]
    if isinstance(resource, dict):
        faults += _walked(resource, sound=not faults)
    return faults[:MOST_FAULTS]


def _rule(found: fhirkit.Issue) -> str:
    return rule_of(found.path) if found.message == "required element missing" else ""


@dataclass(frozen=True, slots=True)
class _Member:
    """What there is to look at in one member of a type: its binding codes, what is inside it, or else a date.

    :ivar inside: its type.
    """

    codes: frozenset[str] | None
    inside: str


@cache
def _members(type: str) -> dict[str, _Member]:
    """JSON member -> what there is to look at; members without anything are left out."""
    found = {}
    for name, element in R4.elements.get(type, {}).items():
        for one in element.types:
            member = json_member(name, one)
            codes = R4.codes.get(element.required) if one == "code" else None
            inside = one if one in R4.elements and one not in R4.primitives else ""
            if codes or inside or one in ("date", "dateTime", "instant"):
                found[member] = _Member(codes, inside)
            if one in R4.primitives:
                found[f"_{member}"] = _Member(None, "string")  # its id and extensions
    return found


@dataclass(frozen=True, slots=True)
class _Walk:
    """What is known while one resource is looked at.

    :ivar sound: whether its structure is right, so that constraints can be asked of it.
    :ivar contained: ids that local references may name.
    """

    faults: list[kernel.Fault]
    sound: bool
    contained: frozenset[str]


def _walked(resource: dict[str, Any], sound: bool) -> list[kernel.Fault]:
    walk = _Walk([], sound, _contained(resource))
    type = resource.get("resourceType")
    if isinstance(type, str):
        _look(resource, type, type, walk)
    return walk.faults


def _contained(resource: dict[str, Any]) -> frozenset[str]:
    found = resource.get("contained")
    if not isinstance(found, list):
        return frozenset()
    ids = (one.get("id") for one in found if isinstance(one, dict))
    return frozenset(id for id in ids if isinstance(id, str))


def _look(node: dict[str, Any], type: str, path: str, walk: _Walk) -> None:
    if not node:
        walk.faults.append(kernel.Fault(path, _EMPTY))
        return
    if type == "Resource" and isinstance(kind := node.get("resourceType"), str):
        type = kind
        if "contained" in node:  # the entry of a Bundle
            walk = replace(walk, contained=_contained(node))
    if walk.sound and (type in INVARIANTS or type == "Reference" or "contained" in node):
        _constrained(node, type, path, walk)
    if type == "Coding" and isinstance(system := node.get("system"), str) and ":" not in system:
        walk.faults.append(kernel.Fault(f"{path}.system", _SYSTEM))
    known = _members(type)
    for name, value in node.items():
        member = known.get(name)
        if member is None:
            continue
        for one in value if isinstance(value, list) else (value,):
            if member.inside:
                if isinstance(one, dict):
                    _look(one, member.inside, f"{path}.{name}", walk)
            elif not isinstance(one, str):
                continue
            elif member.codes is None:
                if not _exists(one):
                    walk.faults.append(kernel.Fault(f"{path}.{name}", _NO_DAY))
            elif one not in member.codes:
                some = ", ".join(sorted(member.codes)[:MOST_CODES_TOLD])
                walk.faults.append(kernel.Fault(f"{path}.{name}", f"must be one of: {some}"))


def _exists(text: str) -> bool:
    """Whether a date of the right form is one: its form allows 30 February."""
    if not _LATE_IN_THE_MONTH(text):
        return True
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def _constrained(node: dict[str, Any], type: str, path: str, walk: _Walk) -> None:
    for one in INVARIANTS.get(type, ()):
        if not one.holds(node):
            walk.faults.append(kernel.Fault(path, f"{one.reason} ({one.key})"))
    if "contained" in node:
        walk.faults.extend(kernel.Fault(path, reason) for reason in broken_resource(node))
    local = node.get("reference", "") if type == "Reference" else ""
    if local.startswith("#") and len(local) > 1 and local[1:] not in walk.contained:
        walk.faults.append(kernel.Fault(path, _LOST))
