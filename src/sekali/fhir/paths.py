"""The places in a resource that a path names, in the part of FHIRPath that patches need.

``Type.element.element[0]``, ``.where(member = 'text')`` (several with ``and``), ``.first()``, ``.last()``. An element of
several types has its bare name, as FHIRPath wants it: ``Patient.deceased``, not ``Patient.deceasedBoolean``.
http://hl7.org/fhirpath/N1/
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .definitions import R4, Element

GRAMMAR = "write Type.element[0], .where(member = 'text'), .where(a = 'x' and b = 'y'), .first() or .last()"
_TEXT = r"'(?:[^'\\]|\\['\\])*'"
_CONDITION = rf"[A-Za-z]+\s*=\s*{_TEXT}"
_STEP = re.compile(
    rf"\.where\(\s*(?P<where>{_CONDITION}(?:\s+and\s+{_CONDITION})*)\s*\)"
    r"|\.(?P<pick>first|last)\(\)|\[(?P<index>\d{1,6})\]|\.(?P<name>[A-Za-z][A-Za-z0-9]*+)(?!\()"
)
_CONDITIONS = re.compile(rf"([A-Za-z]+)\s*=\s*({_TEXT})")


class Refused(Exception):
    """What cannot be done there, and what to do instead; whoever knows the place tells the sender."""


@dataclass(frozen=True, slots=True)
class Place:
    """One element of a resource.

    :ivar type: its FHIR type, a key of ``R4.elements`` or a primitive.
    :ivar up: the element that it is part of; None for the resource itself.
    :ivar holder: the JSON object of ``up``.
    :ivar member: its name in the JSON.
    :ivar index: where it stands in a list; None where there is none.
    :ivar choice: the name before the type, where it may have several (``deceased``).
    """

    type: str
    up: "Place | None"
    holder: dict[str, Any]
    member: str = ""
    index: int | None = None
    choice: str = ""

    @property
    def value(self) -> Any:
        """Its JSON value; None for a simple one that has only extensions."""
        if self.up is None:
            return self.holder
        found = self.holder.get(self.member)
        if self.index is None:
            return found
        return found[self.index] if isinstance(found, list) and self.index < len(found) else None

    @property
    def object(self) -> dict[str, Any]:
        """Its value, where it can have elements of its own. Raises Refused."""
        if self.type in R4.primitives:
            raise Refused("extensions of a simple value cannot be reached by FHIRPath Patch here; send a JSON Patch")
        if not isinstance(self.value, dict):
            raise Refused("this element is not an object")
        return self.value


def masked(path: str) -> str:
    """A path as it may stand in a message: what a patch compares with may be a person's number."""
    return re.sub(r"'(?:[^'\\]|\\.)*'?", "'…'", path, flags=re.DOTALL)[:200]


def places(resource: dict[str, Any], path: str) -> list[Place]:
    """Where a path leads, in the order of the resource. Raises Refused."""
    return _walk(resource, _parsed(path, resource))


def list_at(resource: dict[str, Any], path: str) -> tuple[Place, str]:
    """The element that has the list which a path names, and the list's name. Raises Refused."""
    steps = _parsed(path, resource)
    if not steps or steps[-1]["name"] is None:
        raise Refused("name a list here, without an index")
    found = _walk(resource, steps[:-1])
    if len(found) != 1:
        raise Refused(f"a list of one element must be named; {len(found)} fit")
    name = steps[-1]["name"]
    if not element_of(found[0], name)[0].many:
        raise Refused("this element is no list; use add or replace")
    return found[0], name


def element_of(place: Place, name: str) -> tuple[Element, bool]:
    """What R4 says of an element of ``place``, and whether its JSON name ends with its type. Raises Refused."""
    type = place.object.get("resourceType") if place.type == "Resource" else place.type
    elements = R4.elements.get(type, {})
    if name in elements:
        return elements[name], False
    if f"{name}[x]" in elements:
        return elements[f"{name}[x]"], True
    raise Refused(f"{type} has no element of the name {name[:64]}")


def member_of(name: str, type: str) -> str:
    """The JSON name of an element of several types: (deceased, boolean) -> deceasedBoolean."""
    return name + type[:1].upper() + type[1:]


def _parsed(path: str, resource: dict[str, Any]) -> list[re.Match[str]]:
    kind = str(resource.get("resourceType"))
    head = re.match(r"[A-Za-z]+", path)
    if head is None or head[0] != kind:
        raise Refused(f"the path must begin with {kind}")
    steps, at = [], head.end()
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            raise Refused(f"Sekali does not understand {masked(path[at:])}; {GRAMMAR}")
        steps.append(step)
        at = step.end()
    return steps


def _walk(resource: dict[str, Any], steps: Sequence[re.Match[str]]) -> list[Place]:
    found = [Place(resource["resourceType"], None, resource)]
    for step in steps:
        if step["name"]:
            found = [child for place in found for child in _children(place, step["name"])]
        elif step["index"]:
            found = found[int(step["index"]) :][:1]
        elif step["pick"]:
            found = found[:1] if step["pick"] == "first" else found[-1:]
        else:
            fits = _condition(step["where"])
            found = [place for place in found if fits(place.value)]
    return found


def _condition(text: str) -> Callable[[Any], bool]:
    wanted = [(name, re.sub(r"\\(.)", r"\1", value[1:-1])) for name, value in _CONDITIONS.findall(text)]
    return lambda value: isinstance(value, dict) and all(value.get(name) == text for name, text in wanted)


def _children(place: Place, name: str) -> list[Place]:
    element, choice = element_of(place, name)
    holder = place.object
    if element.many:
        count = max((len(one) for one in lists(holder, name)), default=0)
        return [Place(element.types[0], place, holder, name, n) for n in range(count)]
    members = {member_of(name, type): type for type in element.types} if choice else {name: element.types[0]}
    return [
        Place(type, place, holder, member, None, name if choice else "")
        for member, type in members.items()
        if member in holder or f"_{member}" in holder
    ]


def lists(holder: dict[str, Any], member: str) -> list[list[Any]]:
    """The list of that name, and the one of its simple values' extensions (``given``, ``_given``), if there.

    https://hl7.org/fhir/R4/json.html#primitive. Raises Refused for what should be a list and is none.
    """
    found = [holder[name] for name in (member, f"_{member}") if name in holder]
    if not all(isinstance(one, list) for one in found):
        raise Refused("this element should be a list and is none")
    return found
