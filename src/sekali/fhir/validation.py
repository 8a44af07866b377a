"""Is this FHIR R4? Every fault with its place and its reason.

Structure, cardinality and the form of primitives are checked by a compiled validator; the codes that R4 binds as
*required* are checked here, since that validator does not know them.
"""

from typing import Any

import fhirkit

from sekali import kernel

from .types import REQUIRED_CODES, TYPES

MOST_FAULTS = 50


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
    if type not in TYPES:
        raise kernel.NotFound("Sekali does not keep resources of this kind.", path=type[:64])
    faults = _faults(content, resource)
    if faults:
        raise kernel.Invalid(faults=faults)
    return resource


def _faults(content: bytes, resource: Any) -> list[kernel.Fault]:
    try:
        found = fhirkit.validate(content)
    except fhirkit.ParseError as error:
        raise kernel.Invalid("This is not valid JSON.", faults=[kernel.Fault("$", str(error))]) from None
    faults = [kernel.Fault(issue.path, issue.message) for issue in found if issue.severity in ("error", "fatal")]
    if isinstance(resource, dict):
        faults += _code_faults(resource)
    return faults[:MOST_FAULTS]


def _code_faults(resource: dict[str, Any]) -> list[kernel.Fault]:
    type = resource.get("resourceType")
    faults = []
    for element, codes in REQUIRED_CODES.get(type, {}).items():
        value = resource.get(element)
        for code in value if isinstance(value, list) else [value]:
            if isinstance(code, str) and code not in codes:
                faults.append(kernel.Fault(f"{type}.{element}", f"must be one of: {', '.join(sorted(codes))}"))
    return faults
