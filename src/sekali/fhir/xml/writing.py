"""JSON to FHIR XML."""

import re
from decimal import Decimal
from html.entities import html5
from itertools import zip_longest
from typing import Any, NoReturn

from sekali import kernel

from .layout import DEEPEST, FHIR, NUMBERS, RESOURCES, XHTML, Member, attributes, members
from .tree import is_narrative

_SPECIAL = re.compile(r'[&<>"\t\n\r]')
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_NO_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
_ENTITY = re.compile(r"&(?!amp;|lt;|gt;|quot;|apos;)([A-Za-z][A-Za-z0-9]*;)")


def to_xml(content: bytes, pretty: bool = False) -> bytes:
    """The resource in XML, elements in the order of R4's definitions.

    :param pretty: an element a line, indented.

    Raises Invalid with the path of what R4 does not know or XML cannot carry.
    """
    writer = _Writer(pretty)
    writer.resource(kernel.decode(content), "", 0)
    return b'<?xml version="1.0" encoding="UTF-8"?>' + "".join(writer.parts).encode()


class _Writer:
    """:ivar parts: the text so far."""

    def __init__(self, pretty: bool) -> None:
        self.parts: list[str] = []
        self._pretty = pretty

    def resource(self, node: Any, path: str, depth: int) -> None:
        """A resource, at the root or held by another."""
        type = node.get("resourceType") if isinstance(node, dict) else None
        if not isinstance(type, str) or type not in RESOURCES:
            _refuse(path or "Resource.resourceType", "There is no such resource in R4.")
        declared = "" if path else f' xmlns="{FHIR}"'
        members = {name: value for name, value in node.items() if name != "resourceType"}
        self._element(type + declared, members, type, path or type, depth)

    def _element(self, tag: str, node: Any, type: str, path: str, depth: int, value: str = "") -> None:
        """``tag`` with what is inside it; ``value`` is the written attribute of a primitive."""
        if not isinstance(node, dict):
            _refuse(path, "is an object in JSON.")
        if depth > 2 * DEEPEST:
            _refuse(path, f"more than {DEEPEST} levels of nesting")
        written = "".join(
            f' {name}="{_attribute(node[name], f"{path}.{name}")}"' for name in attributes(type) if name in node
        )
        self._line(depth)
        self.parts.append(f"<{tag}{written}{value}>")
        before = len(self.parts)
        self._members(node, type, path, depth + 1)
        if len(self.parts) == before:
            self.parts[-1] = f"<{tag}{written}{value}/>"
            return
        self._line(depth)
        self.parts.append(f"</{tag.partition(' ')[0]}>")

    def _members(self, node: dict[str, Any], type: str, path: str, depth: int) -> None:
        known, apart = members(type), attributes(type)
        names = {}
        for key in node:
            if key in apart:
                continue
            name = key.removeprefix("_")
            member = known.get(name)
            if member is None or (name != key and not member.primitive):
                _refuse(f"{path}.{key}", "There is no such element in R4. Take it out, or put it into an extension.")
            names[name] = member
        for name in sorted(names, key=lambda name: names[name].place):
            self._values(name, names[name], node.get(name), node.get("_" + name), f"{path}.{name}", depth)

    def _values(self, name: str, member: Member, values: Any, extras: Any, path: str, depth: int) -> None:
        for some in (values, extras):
            if some is not None and isinstance(some, list) != member.many:
                _refuse(path, "is an array in JSON exactly where it may repeat.")
        if not member.many:
            self._value(name, member, values, extras, path, depth)
            return
        for n, (value, extra) in enumerate(zip_longest(values or (), extras or ())):
            self._value(name, member, value, extra, f"{path}[{n}]", depth)

    def _value(self, name: str, member: Member, value: Any, extra: Any, path: str, depth: int) -> None:
        if value is None and extra is None:
            return
        if member.primitive:
            written = "" if value is None else f' value="{_literal(value, member.type, path)}"'
            self._element(name, extra or {}, member.type, path, depth, written)
        elif member.type == "xhtml":
            self._line(depth)
            self.parts.append(_narrative(value, path))
        elif member.type == "Resource":
            self._line(depth)
            self.parts.append(f"<{name}>")
            self.resource(value, path, depth + 1)
            self._line(depth)
            self.parts.append(f"</{name}>")
        else:
            self._element(name, value, member.type, path, depth)

    def _line(self, depth: int) -> None:
        if self._pretty:
            self.parts.append("\n" + "  " * depth)


def _literal(value: Any, type: str, path: str) -> str:
    """A primitive as XML writes it."""
    if type == "boolean" and isinstance(value, bool):
        return "true" if value else "false"
    if type in NUMBERS and isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return _number(value)
    if type == "boolean" or type in NUMBERS:
        _refuse(path, "is not a number of this kind." if type in NUMBERS else "is true or false.")
    return _attribute(value, path)


def _number(value: int | Decimal) -> str:
    """All digits as they were: a small fraction is written out, what came as a power of ten stays one."""
    if isinstance(value, Decimal) and value.adjusted() > -40 and value.as_tuple().exponent <= 0:
        return format(value, "f")
    return str(value)


def _attribute(value: Any, path: str) -> str:
    if not isinstance(value, str):
        _refuse(path, "is text in JSON.")
    if _NO_XML.search(value):
        _refuse(path, "has a character that XML cannot carry.")
    return _SPECIAL.sub(lambda found: _ESCAPED[found[0]], value)


def _narrative(value: Any, path: str) -> str:
    """The ``div`` as it is kept; names of characters that only HTML knows become the characters."""
    text = _ENTITY.sub(lambda found: html5.get(found[1], found[0]), value).strip() if isinstance(value, str) else ""
    if not is_narrative(text):
        text = text.replace("<div", f'<div xmlns="{XHTML}"', 1)  # which JSON often leaves out
        if not is_narrative(text):
            _refuse(path, "is not one well-formed div in the namespace http://www.w3.org/1999/xhtml.")
    return text


def _refuse(path: str, reason: str) -> NoReturn:
    raise kernel.Invalid(faults=[kernel.Fault(path, reason)])
