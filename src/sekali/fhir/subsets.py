"""Parts of a resource: ``_summary`` and ``_elements`` (https://hl7.org/fhir/R4/search.html#summary)."""

from functools import cache

from sekali import kernel

from .definitions import R4, json_member

SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
_ALWAYS = frozenset({"resourceType", "id", "meta", "implicitRules"})


@cache
def _names(type: str, summary: str) -> frozenset[str]:
    """The members that a summary keeps: those marked in the definitions, and what must be there."""
    elements = R4.elements[type]
    kept = {name for name, one in elements.items() if one.least or (summary == "true" and one.summary)}
    kept |= {"text"} if summary == "text" else set()
    return _ALWAYS | {
        json_member(name, one) for name in kept for one in elements[name].types
    }  # fmt: skip


def subset(content: bytes, type: str, elements: frozenset[str], summary: str) -> bytes:
    """The members asked for, each byte for byte, marked as a part; with ``data`` everything but the narrative."""
    members = kernel.members(content)
    if elements:
        kept = {name for name in members if name.lstrip("_") in elements} | _names(type, "must")
    elif summary == "data":
        kept = members.keys() - {"text"}
    else:
        kept = _names(type, summary)
    meta = kernel.decode(bytes(members.get("meta", kernel.Raw(b"{}"))))
    meta["tag"] = [*meta.get("tag", ()), SUBSETTED]
    members["meta"] = kernel.Raw(kernel.encode(meta))
    parts = (kernel.encode(name) + b":" + bytes(value) for name, value in members.items() if name.lstrip("_") in kept)
    return b"{" + b",".join(parts) + b"}"
