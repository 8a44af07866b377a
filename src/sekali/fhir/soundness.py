"""Is this plainly sound? One quick pass over what nearly every resource is made of.

It says yes, or nothing: what is broken, and what is merely seldom (contained resources, narratives, most extensions, the 29th
of February), is looked at in full by ``validation``, which also tells what is wrong. Whatever is plainly sound must have no
fault there; ``tests/conformance/test_soundness.py`` compares the two.

The pass is msgspec's, with types made from R4's own definitions: structure, cardinality, the form of primitives and binding
codes. What types cannot say (one of a choice, constraints, a name that stands twice) is asked of the decoded resource.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Annotated, Any, Literal

import msgspec

from sekali import kernel

from .definitions import R4, Element, json_member
from .invariants import INVARIANTS, Invariant

Node = dict[str, Any]
_EMPTY = re.compile(rb"\{\s*\}")
_EXTENDED = {*R4.resources, "Address", "Extension"}
"""Types whose extensions are looked at."""
_OTHERS = {
    "Meta": {"project", "author", "onBehalfOf", "account", "accounts", "compartment"},  # not HL7's, but in our source
    "Reference": {"identifier"},
}
"""Elements that are left to the full look."""
_OF_31, _OF_30 = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])", "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
_DAY = f"[12][0-9]{{3}}-(?:{_OF_31}|{_OF_30}|02-(?:0[1-9]|1[0-9]|2[0-8]))"
_TIME = r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])"
_MONTH = "[12][0-9]{3}(?:-(?:0[1-9]|1[0-2]))?"


def _text(pattern: str) -> Any:
    return Annotated[str, msgspec.Meta(pattern=rf"^(?:{pattern})\Z")]


def _number(least: int) -> Any:
    return Annotated[int, msgspec.Meta(ge=least, lt=1 << 31)]


_SOME_TEXT = Annotated[str, msgspec.Meta(min_length=1)]
_PRIMITIVES: dict[str, Any] = {
    "boolean": bool,
    "canonical": _text(r"\S+"),
    "code": _text(r"\S+"),
    "date": _text(f"{_DAY}|{_MONTH}"),
    "dateTime": _text(f"{_DAY}(?:{_TIME})?|{_MONTH}"),
    "decimal": int | float,
    "id": _text("[A-Za-z0-9.-]{1,64}"),
    "instant": _text(_DAY + _TIME),
    "integer": _number(-1 << 31),
    "markdown": _SOME_TEXT,
    "positiveInt": _number(1),
    "string": _SOME_TEXT,
    "unsignedInt": _number(0),
    "uri": _text(r"\S+"),
    "url": _text(r"\S+"),
}
_SYSTEM = _text(r"[^\s:]+:\S*")
_ELSEWHERE = _text("[^#].*")
"""A reference that does not lead into the resource itself."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """What is asked of a node whose structure is sound.

    :ivar choices: members of which one may be there, and whether one must.
    :ivar inside: members with something to ask inside them -> their type.
    """

    constraints: tuple[Invariant, ...]
    choices: tuple[tuple[frozenset[str], bool], ...]
    inside: dict[str, str]


def plainly_sound(content: bytes, resource: Any) -> bool:
    """Whether a resource (JSON bytes, and decoded) has no fault; False where this quick look cannot tell."""
    type = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(type, str) or type not in R4.resources:
        return False
    try:
        _decoder(type).decode(content)
    except (msgspec.DecodeError, RecursionError):
        return False
    return _each_name_once_and_nothing_empty(content, resource) and _holds(resource, type)


def _each_name_once_and_nothing_empty(content: bytes, resource: Node) -> bool:
    """Of a name that stands twice in an object one is gone from what was decoded."""
    encoded = kernel.encode(resource)
    if encoded == content:  # as most systems write: without blanks
        return b"{}" not in content
    return not _EMPTY.search(content) and b"\\" not in content and content.count(b'"') == encoded.count(b'"')


def _holds(node: Node, type: str) -> bool:
    rules = _rules(type)
    for one in rules.constraints:
        if not one.holds(node):
            return False
    for names, needed in rules.choices:
        there = len(names & node.keys())
        if there > 1 or (needed and not there):
            return False
    for name in rules.inside.keys() & node.keys():
        value, inside = node[name], rules.inside[name]
        for one in value if isinstance(value, list) else (value,):
            if not _holds(one, inside):
                return False
    return True


def _known(type: str) -> Iterator[tuple[str, str, Element]]:
    """(member, its type, its element) of all that the quick look knows of a type."""
    for name, element in R4.elements[type].items():
        if name in _OTHERS.get(type, ()) or (name.endswith("xtension") and type not in _EXTENDED):
            continue
        for one in element.types:
            if one in _PRIMITIVES or (one in R4.elements and one not in R4.primitives and one != "Narrative"):
                yield json_member(name, one), one, element


@cache
def _rules(type: str) -> _Rules:
    inside = {name: one for name, one, _ in _known(type) if _asked(one)}
    choices = tuple(
        (frozenset(json_member(name, one) for one in element.types), element.least > 0)
        for name, element in R4.elements[type].items() if name.endswith("[x]")
    )  # fmt: skip
    return _Rules(INVARIANTS.get(type, ()), choices, inside)


@cache
def _asked(type: str) -> bool:
    """Whether there is something to ask of a type, or of what may stand inside it."""
    seen, waiting = set[str](), [type]
    while waiting:
        one = waiting.pop()
        if one in _PRIMITIVES or one in seen:
            continue
        if one in INVARIANTS or any(name.endswith("[x]") for name in R4.elements[one]):
            return True
        seen.add(one)
        waiting += [inside for _, inside, _ in _known(one)]
    return False


@cache
def _decoder(type: str) -> msgspec.json.Decoder[Any]:
    with _making:
        _make(type)
        return msgspec.json.Decoder(vars(_HERE)[_named(type)])


_making = Lock()
_HERE = sys.modules[__name__]
"""Types refer to each other by name, and to themselves; msgspec looks for the names here."""


def _named(type: str) -> str:
    return "R4_" + type.replace(".", "_")


def _make(type: str) -> None:
    """The class of a type, and of all that may stand inside it."""
    if hasattr(_HERE, _named(type)):
        return
    setattr(_HERE, _named(type), None)
    fields: list[Any] = [("resourceType", Literal[type])] if type in R4.resources else []
    for name, one, element in _known(type):
        if one not in _PRIMITIVES:
            _make(one)
        field = _field(type, name, one, element)
        needed = element.least and name in R4.elements[type]  # of a choice it is asked later
        fields.append((f"{name}_", field) if needed else (f"{name}_", field, msgspec.UNSET))
    made = msgspec.defstruct(
        _named(type), fields, module=__name__, forbid_unknown_fields=True, kw_only=True, gc=False,
        rename=lambda field: field.removesuffix("_"),
    )  # fmt: skip
    setattr(_HERE, _named(type), made)


def _field(type: str, name: str, one: str, element: Element) -> Any:
    if (type, name) == ("Coding", "system"):
        found = _SYSTEM
    elif (type, name) == ("Reference", "reference"):
        found = _ELSEWHERE
    elif one == "code" and R4.codes.get(element.required):
        found = Literal[tuple(sorted(R4.codes[element.required]))]
    else:
        found = _PRIMITIVES.get(one, _named(one))
    return Annotated[list[found], msgspec.Meta(min_length=1)] if element.many else found
