"""FHIR XML to JSON."""

import re
from typing import Any, NoReturn

from sekali import kernel

from .layout import NUMBERS, RESOURCES, Member, attributes, members
from .tree import OTHER_SPACE, Node, parse

_NUMBER = {
    "decimal": re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?"),
    "integer": re.compile(r"-?(0|[1-9][0-9]*)"),
    "positiveInt": re.compile(r"[1-9][0-9]*"),
    "unsignedInt": re.compile(r"0|[1-9][0-9]*"),
}
"""https://hl7.org/fhir/R4/datatypes.html#primitive"""
_Value = tuple[Any, Any]
"""What JSON writes as ``name`` and as ``_name``."""


def from_xml(content: bytes) -> bytes:
    """The resource in JSON, its numbers digit for digit, its narrative as it was sent.

    What is checked is the form: each element has its name, place, namespace and a value. Whether the values are right
    is asked of the JSON. Raises Invalid with the path of the element and what to do.
    """
    root = parse(content)
    return kernel.encode(_resource(root, root.name))


def _resource(node: Node, path: str) -> dict[str, Any]:
    if node.narrative is not None or node.name not in RESOURCES:
        _refuse(path, "There is no such resource in R4.")
    return {"resourceType": node.name} | _content(node, node.name, path)


def _content(node: Node, type: str, path: str) -> dict[str, Any]:
    """The members of a resource or of an element that has no value of its own."""
    made: dict[str, Any] = _attributes(node, attributes(type), path)
    known, found, last = members(type), {}, 0
    for child in node.children:
        member = known.get(child.name)
        place = f"{path}.{child.name}"
        if member is None:
            _refuse(place, "There is no such element in R4. Take it out, or put it into an extension.")
        if member.place < last:
            _refuse(place, "stands too late. Elements come in the order of R4's definitions.")
        values = found.setdefault(child.name, [])
        if values and not member.many:
            _refuse(place, "may stand here only once.")
        last = member.place
        values.append(_value(child, member, f"{place}[{len(values)}]" if member.many else place))
    for name, values in found.items():
        for key, some in ((name, [value for value, _ in values]), ("_" + name, [more for _, more in values])):
            if any(one is not None for one in some):
                made[key] = some if known[name].many else some[0]
    if not made and type not in RESOURCES:
        _refuse(path, "is empty. Give it a value, or leave it out.")
    return made


def _value(node: Node, member: Member, path: str) -> _Value:
    if (node.narrative is not None) != (member.type == "xhtml"):
        _refuse(path, OTHER_SPACE)
    if member.type == "xhtml":
        return node.narrative, None
    if member.type == "Resource":
        return _held(node, path), None
    if member.primitive:
        return _primitive(node, member.type, path)
    return _content(node, member.type, path), None


def _held(node: Node, path: str) -> dict[str, Any]:
    """The one resource inside ``contained``, ``entry.resource`` or ``parameter.resource``."""
    _attributes(node, (), path)
    if len(node.children) != 1:
        _refuse(path, "holds exactly one resource.")
    return _resource(node.children[0], path)


def _primitive(node: Node, type: str, path: str) -> _Value:
    text = node.attributes.pop("value", None)
    if text == "" or (text is None and not node.children):
        _refuse(path, "is empty. Give it a value, or leave it out.")
    more = _content(node, type, path) if node.children or node.attributes else None
    return None if text is None else _literal(text, type, path), more


def _literal(text: str, type: str, path: str) -> Any:
    if type == "boolean":
        if text not in ("true", "false"):
            _refuse(path, "is true or false.")
        return text == "true"
    if type in NUMBERS:
        number = text.removeprefix("+") if type != "decimal" else text
        if not _NUMBER[type].fullmatch(number):
            _refuse(path, "is not a number of this kind.")
        return kernel.Raw(number.encode())
    return text


def _attributes(node: Node, known: tuple[str, ...], path: str) -> dict[str, str]:
    for name in node.attributes:
        if name not in known:
            _refuse(f"{path}.@{name.rpartition(' ')[2]}", "There is no such attribute here. Take it out.")
        if not node.attributes[name]:
            _refuse(f"{path}.@{name}", "is empty. Give it a value, or leave it out.")
    return dict(node.attributes)


def _refuse(path: str, reason: str) -> NoReturn:
    raise kernel.Invalid(faults=[kernel.Fault(path, reason)])
