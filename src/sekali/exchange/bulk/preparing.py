"""Lines of an import made into rows, by pure functions that other processes run."""

import os
import re
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from multiprocessing import connection, get_context, parent_process
from typing import NamedTuple
from uuid import UUID

import msgspec

from sekali import fhir, kernel, records

from ..messages import require_shallow
from .lines import Line

_REFERENCE = re.compile(rb'"reference"\s*:\s*"([^"\\]{1,2000})"')
Key = tuple[str, str]
"""Kind and id, as the file has them."""
Names = dict[Key, UUID]


class Named(NamedTuple):
    """A line that was looked at. ``old`` is empty where it has no id; ``owner`` where it belongs to no single person."""

    line: int
    type: str
    old: str
    owner: str


class Made(NamedTuple):
    """A line that became a row."""

    line: Line
    key: Key
    row: records.Prepared
    references: frozenset[Key]


class Wrong(NamedTuple):
    """A line that cannot be taken, and why."""

    line: Line
    key: Key
    failure: kernel.Failure


class _Head(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    id: str = ""


_head = msgspec.json.Decoder(_Head)


def pool(workers: int) -> ProcessPoolExecutor:
    """Processes that prepare lines, and end with this one however it ends."""
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_with_parent)


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None, "a pool's process has a parent"

    def watch() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def key_of(content: bytes | None) -> Key | None:
    """Kind and id of a line; None where it says no kind that is kept here."""
    try:
        head = _head.decode(content or b"")
    except (msgspec.DecodeError, RecursionError):
        return None
    return (head.resource_type, head.id) if head.resource_type in fhir.TYPES else None


def is_first(type: str) -> bool:
    """People and what is the city's come first: all else may belong to one of them."""
    return type not in fhir.PERSON_TYPES


def look(lines: Sequence[Line], first: bool) -> list[Named | Wrong]:
    """What the lines are, of people and the city's (``first``) or of all else; what is no resource is told first."""
    found: list[Named | Wrong] = []
    for line in lines:
        key = key_of(line.content)
        if key is None:
            if first:
                found.append(Wrong(line, ("", ""), _strange(line)))
        elif is_first(key[0]) == first:
            found.append(Named(line.number, *key, "" if first else _owner(line.content)))
    return found


def _strange(line: Line) -> kernel.Failure:
    """Why a line is no resource."""
    if line.content is None:
        return kernel.TooCostly("A line may have at most %(most)s MB.", most=8)
    try:
        fhir.require_valid(line.content)
    except kernel.Failure as failure:
        return failure
    return kernel.Invalid("This is no resource that Sekali keeps.")


def _owner(content: bytes | None) -> str:
    """The id of the one Patient that a resource names, as it names it."""
    try:
        resource = kernel.decode(content or b"")
    except kernel.Invalid:
        return ""
    found = set()
    for element in fhir.values_at(resource, fhir.PERSON_TYPES[resource["resourceType"]]):
        text = element.get("reference") if isinstance(element, dict) else None
        split = fhir.split_reference(text) if isinstance(text, str) else None
        if split is not None and split[0] == "Patient":
            found.add(split[1])
    return found.pop() if len(found) == 1 else ""


def as_uuid(text: str) -> UUID | None:
    """An id that this server could know, else None."""
    try:
        return UUID(text)
    except ValueError:
        return None


def own_form(text: str) -> UUID | None:
    """An id as this server gives them, written as it writes them; else None."""
    id = as_uuid(text)
    return id if id is not None and id.version == 8 and str(id) == text else None


def new_name(type: str, old: str, owner: UUID | None) -> UUID:
    """The id that a resource has here: its own where it is of this server's form and lies with its person."""
    own = own_form(old)
    if type == "Patient":
        return own if own is not None and kernel.shard_of(own) != kernel.CITY else kernel.new_person()
    shard = kernel.CITY if owner is None else kernel.shard_of(owner)
    return own if own is not None and kernel.shard_of(own) == shard else kernel.new_id(shard)


def mentioned(content: bytes) -> set[Key]:
    """Every kind and id that a resource refers to."""
    found = (fhir.split_reference(text.decode("utf-8", "replace")) for text in _REFERENCE.findall(content))
    return {one for one in found if one is not None}


def make(lines: Sequence[tuple[Line, Key]], names: Names, updated: datetime, strict: bool) -> list[Made | Wrong]:
    """Rows, with references to what this import brings rewritten; nothing else in the bytes changes."""
    found: list[Made | Wrong] = []
    for line, key in lines:
        try:
            require_shallow(line.content or b"")
            content = _rewritten(line.content or b"", names)
            id = names.get(key) or _fresh(key[0], content)
            row = records.prepare(content, id, 1, updated, strict)
            found.append(Made(line, key, row, frozenset(fhir.references(row.content))))
        except kernel.Failure as failure:
            found.append(Wrong(line, key, failure))
        except Exception:  # a resource that breaks what it is prepared with must not stop the rest
            found.append(Wrong(line, key, kernel.Invalid("This resource cannot be prepared.")))
    return found


def _fresh(type: str, content: bytes) -> UUID:
    """For what has no id of its own."""
    owner = as_uuid(_owner(content)) if not is_first(type) else None
    return new_name(type, "", owner)


def _rewritten(content: bytes, names: Names) -> bytes:
    def renamed(found: re.Match[bytes]) -> bytes:
        key = fhir.split_reference(found[1].decode("utf-8", "replace"))
        new = names.get(key) if key else None
        return found[0] if key is None or new is None else b'"reference":"%s/%s"' % (key[0].encode(), str(new).encode())

    return _REFERENCE.sub(renamed, content)
