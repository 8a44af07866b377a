"""Does a resource keep the rules of a profile? A small reader of StructureDefinitions, pure and without a snapshot.

Understood: ``min``, ``max``, fixed and pattern values, bindings of strength *required* to value sets that are known
here, the types of a choice, and slices told apart by a value (``system`` of an identifier, ``url`` of an extension).
Whatever else a profile asks (invariants, above all) is not checked, and named as that.

https://hl7.org/fhir/R4/profiling.html. The profiles in ``data/profiles`` are Sekali's own, after SATUSEHAT's published
field rules; an extension ``urn:sekali:rule`` names the number of the rule, or of the group that it is one of.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from sekali import kernel

from .definitions import R4

RULE = "urn:sekali:rule"
_DATA = Path(__file__).parent / "data/profiles"
_SAID = frozenset(
    """id path short definition comment sliceName label alias requirements mustSupport isSummary extension min max type
    binding slicing""".split()
)
"""What an ElementDefinition may say that is understood here, or asks nothing."""


class Finding(NamedTuple):
    """One rule that is not kept.

    :ivar path: FHIRPath of the place, with numbers (``Patient.identifier[1].system``).
    :ivar rule: SATUSEHAT's number, empty where none is known.
    :ivar code: SATUSEHAT's kind of fault: ``value`` or ``format``.
    """

    path: str
    reason: str
    rule: str
    code: str = "value"


@dataclass(slots=True)
class _Node:
    """One element of a profile."""

    name: str
    least: int = 0
    most: int | None = None
    fixed: Any = None
    pattern: Any = None
    system: str = ""
    codes: frozenset[str] | None = None
    types: tuple[str, ...] = ()
    by: str = ""
    closed: bool = False
    rule: str = ""
    inside: dict[str, "_Node"] = field(default_factory=dict)
    slices: dict[str, "_Node"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Profile:
    """A StructureDefinition, read.

    :ivar unchecked: what it asks and nobody here checks, each in a sentence.
    """

    url: str
    type: str
    content: bytes
    root: _Node
    unchecked: tuple[str, ...]


def read_profile(content: bytes) -> Profile:
    """A StructureDefinition with a differential. Raises KeyError for one that is none."""
    definition = kernel.decode(content)
    root, unchecked = _Node(definition["type"]), []
    for element in definition["differential"]["element"]:
        unchecked += _add(root, element, definition)
    return Profile(definition["url"], definition["type"], content, root, tuple(unchecked))


@cache
def profiles() -> dict[str, Profile]:
    """The profiles that Sekali brings, by their URLs."""
    found = (read_profile(path.read_bytes()) for path in sorted(_DATA.glob("*.json")))
    return {one.url: one for one in found}


def _add(root: _Node, element: dict[str, Any], definition: dict[str, Any]) -> list[str]:
    """Take one element in; the sentences about what of it is not checked."""
    node = root
    for step in element["id"].split(".")[1:]:
        name, _, slice_ = step.partition(":")
        node = node.inside.setdefault(name, _Node(name))
        if slice_:
            node = node.slices.setdefault(slice_, _Node(name))
    node.least = element.get("min", node.least)
    if element.get("max", "*") != "*":
        node.most = int(element["max"])
    node.types = tuple(one["code"] for one in element.get("type", ()))
    node.rule = next((one["valueString"] for one in element.get("extension", ()) if one["url"] == RULE), "")
    unchecked = [f"{one['key']}: {one['human']}" for one in element.get("constraint", ())]
    for name, value in element.items():
        if name.startswith("fixed"):
            node.fixed = value
        elif name.startswith("pattern"):
            node.pattern = value
        elif name not in _SAID and name != "constraint":
            unchecked.append(f"{element['id']}: {name}")
    return unchecked + _bind(node, element, definition) + _slice(node, element)


def _bind(node: _Node, element: dict[str, Any], definition: dict[str, Any]) -> list[str]:
    binding = element.get("binding")
    if binding is None:
        return []
    url = binding.get("valueSet", "").partition("|")[0]
    known = _contained(definition, url[1:]) if url.startswith("#") else (R4.systems.get(url, ""), R4.codes.get(url))
    if binding["strength"] != "required" or known[1] is None:
        return [f"{element['id']}: binding {url}"]
    node.system, node.codes = known
    return []


def _contained(definition: dict[str, Any], id: str) -> tuple[str, frozenset[str] | None]:
    """System and codes of a value set that the profile carries itself: one system, its codes listed."""
    for one in definition.get("contained", ()):
        if one["id"] == id:
            (include,) = one["compose"]["include"]
            return include["system"], frozenset(concept["code"] for concept in include["concept"])
    return "", None


def _slice(node: _Node, element: dict[str, Any]) -> list[str]:
    slicing = element.get("slicing")
    if slicing is None:
        return []
    (discriminator, *more) = slicing["discriminator"]
    if more or discriminator["type"] != "value" or "." in discriminator["path"]:
        return [f"{element['id']}: slicing"]
    node.by, node.closed = discriminator["path"], slicing["rules"] == "closed"
    return []


def check(resource: dict[str, Any], profile: Profile) -> list[Finding]:
    """What of a resource does not keep the profile's rules. (For another kind: that, and nothing else.)"""
    if resource.get("resourceType") != profile.type:
        return [Finding(str(resource.get("resourceType")), f"this profile is one of {profile.type}", "")]
    return list(_inside(resource, profile.root, profile.type))


def _inside(value: dict[str, Any], node: _Node, path: str) -> Iterator[Finding]:
    for name, child in node.inside.items():
        yield from _element(_values(value, name, f"{path}.{name}"), child, f"{path}.{name}")


Found = list[tuple[Any, str, str]]
"""Values, each with its path and the type that its name gives (of a choice), else empty."""


def _values(value: dict[str, Any], name: str, path: str) -> Found:
    if name.endswith("[x]"):
        stem = name[:-3]
        chosen = {member: member[len(stem) :] for member in value if member.startswith(stem) and member != stem}
        some = ((member, type) for member, type in chosen.items() if type[:1].isupper())
        return [(value[member], f"{path[:-3]}{type}", type) for member, type in some]
    there = value.get(name)
    if isinstance(there, list):
        return [(one, f"{path}[{n}]", "") for n, one in enumerate(there)]
    return [] if there is None else [(there, path, "")]


def _element(found: Found, node: _Node, path: str) -> Iterator[Finding]:
    yield from _counted(len(found), node, path, "")
    for value, place, type in found:
        if type and node.types and type.lower() not in {one.lower() for one in node.types}:
            yield Finding(place, f"must be of type {' or '.join(node.types)}", node.rule)
        else:
            yield from _value(value, node, place)
    if node.by:
        yield from _sliced(found, node, path)


def _counted(many: int, node: _Node, path: str, slice_: str) -> Iterator[Finding]:
    what = f" of {slice_}" if slice_ else ""
    if many < node.least:
        yield Finding(path, f"is missing{what}" if node.least == 1 else f"needs at least {node.least}{what}", node.rule)
    if node.most is not None and many > node.most:
        yield Finding(path, f"may be there at most {node.most} times{what}" if node.most else f"must not be there{what}",
                      node.rule)  # fmt: skip


def _value(value: Any, node: _Node, path: str) -> Iterator[Finding]:
    if node.fixed is not None and value != node.fixed:
        yield Finding(path, f"must be {_shown(node.fixed)}", node.rule)
    if node.pattern is not None and not _fits(value, node.pattern):
        yield Finding(path, f"must have {_shown(node.pattern)}", node.rule)
    if node.codes is not None and not _coded(value, node):
        yield Finding(path, f"must have one of: {', '.join(sorted(node.codes))}", node.rule)
    if isinstance(value, dict):
        yield from _inside(value, node, path)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else kernel.encode(value).decode()


def _fits(value: Any, pattern: Any) -> bool:
    """Whether everything in the pattern is in the value (of lists: somewhere in them)."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(_fits(value.get(name), part) for name, part in pattern.items())
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(_fits(one, part) for one in value) for part in pattern)
    return value == pattern


def _coded(value: Any, node: _Node) -> bool:
    """Whether a code, Coding or CodeableConcept has one of the codes."""
    codes = node.codes or frozenset()
    if not isinstance(value, dict):
        return isinstance(value, str) and value in codes
    codings = value["coding"] if isinstance(value.get("coding"), list) else [value]
    return any(
        isinstance(one, dict) and one.get("code") in list(codes) and node.system in ("", one.get("system"))
        for one in codings
    )


def _sliced(found: Found, node: _Node, path: str) -> Iterator[Finding]:
    members: dict[str, Found] = {name: [] for name in node.slices}
    for value, place, type in found:
        name = next((name for name, one in node.slices.items() if _belongs(value, one, node.by)), None)
        if name is not None:
            members[name].append((value, place, type))
        elif node.closed:
            yield Finding(place, f"must be one of: {', '.join(node.slices)}", node.rule)
    for name, slice_ in node.slices.items():
        yield from _counted(len(members[name]), slice_, path, name)
        for value, place, _ in members[name]:
            yield from _value(value, slice_, place)


def _belongs(value: Any, slice_: _Node, by: str) -> bool:
    """Whether the member that tells the slices apart has this slice's value."""
    told = slice_.inside.get(by)
    if told is None or not isinstance(value, dict):
        return False
    return value.get(by) == told.fixed if told.fixed is not None else _fits(value.get(by), told.pattern)
