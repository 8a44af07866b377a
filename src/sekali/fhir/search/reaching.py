"""Going into a resource along the steps of a search parameter."""

from typing import Any

from ..definitions import Place
from ..elements import members_of, split_reference


def reach(node: Any, place: Place) -> list[Any]:
    """Every value at ``place``, through lists; of references only those that point at the kind asked for."""
    if place.type == "exists":
        return [_dead(node)]
    if len(place.steps) == 1 and isinstance(place.steps[0], str) and not place.target:  # most of them
        return members_of([node], place.steps[0])
    nodes = [node]
    for step in place.steps:
        name, member, value = (step, "", "") if isinstance(step, str) else step
        found = members_of(nodes, name)
        if member == "[]":
            nodes = found[int(value) :][:1]
        elif member:
            nodes = [one for one in found if isinstance(one, dict) and one.get(member) == value]
        else:
            nodes = found
    if place.target:
        nodes = [one for one in nodes if points_at(one, node) == place.target]
    return nodes


def points_at(reference: Any, resource: Any) -> str:
    """The kind that a Reference points at: by what it refers to, also inside the resource, else by its ``type``."""
    if not isinstance(reference, dict):
        return ""
    text = reference.get("reference") or ""
    if text.startswith("#"):
        inside = (one for one in resource.get("contained", ()) if one.get("id") == text[1:])
        return next(inside, {}).get("resourceType", "")
    found = split_reference(text)
    return found[0] if found else reference.get("type") or ""


def _dead(patient: dict[str, Any]) -> bool:
    """``Patient.deceased.exists() and Patient.deceased != false``."""
    return "deceasedDateTime" in patient or patient.get("deceasedBoolean") is True
