"""Is this FHIR R4? Every fault with its place and its reason.

Structure, cardinality and the form of primitives are checked by a compiled validator; the codes that R4 binds as
*required* are checked here, since that validator does not know them.
"""

from functools import cache
from typing import Any, NamedTuple

import fhirkit

from sekali import kernel

from .definitions import R4
from .types import require_kind
from .wording import worded

MOST_FAULTS = 50
MOST_CODES_TOLD = 20
_SYSTEM = "must be the code system's whole URI, such as http://hl7.org/fhir/sid/icd-10"
"""HL7's own validator refuses a relative one too: it would name another system on every server."""


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
    try:
        found = fhirkit.validate(content)
    except fhirkit.ParseError as error:
        raise kernel.Invalid("This is not valid JSON.", faults=[kernel.Fault("$", str(error))]) from None
    errors = (issue for issue in found if issue.severity in ("error", "fatal"))
    faults = [kernel.Fault(one.path, worded(one.path, one.message)) for one in errors]
    if isinstance(resource, dict):
        faults += _code_faults(resource)
    return faults[:MOST_FAULTS]


class _Member(NamedTuple):
    """What is known of one member of a type: its binding codes and the type of what is inside it."""

    codes: frozenset[str] | None
    inside: str


@cache
def _members(type: str) -> dict[str, _Member]:
    """JSON member -> what there is to look at; members without codes inside them are left out."""
    found = {}
    for name, element in R4.elements.get(type, {}).items():
        for one in element.types:
            member = name.replace("[x]", one[:1].upper() + one[1:])
            codes = R4.codes.get(element.required) if one == "code" else None
            inside = one if one in R4.elements and one not in R4.primitives else ""
            if codes or inside:
                found[member] = _Member(codes, inside)
    return found


def _code_faults(resource: dict[str, Any]) -> list[kernel.Fault]:
    faults: list[kernel.Fault] = []
    type = resource.get("resourceType")
    if isinstance(type, str):
        _look(resource, type, type, faults)
    return faults


def _look(node: dict[str, Any], type: str, path: str, faults: list[kernel.Fault]) -> None:
    if type in ("Resource", "Extension"):
        type = node.get("resourceType", type)
    if type == "Coding" and isinstance(system := node.get("system"), str) and ":" not in system:
        faults.append(kernel.Fault(f"{path}.system", _SYSTEM))
    known = _members(type)
    for name, value in node.items():
        member = known.get(name)
        if member is None:
            continue
        for one in value if isinstance(value, list) else (value,):
            if member.codes is not None:
                if isinstance(one, str) and one not in member.codes:
                    some = ", ".join(sorted(member.codes)[:MOST_CODES_TOLD])
                    faults.append(kernel.Fault(f"{path}.{name}", f"must be one of: {some}"))
            elif isinstance(one, dict):
                _look(one, member.inside, f"{path}.{name}", faults)
