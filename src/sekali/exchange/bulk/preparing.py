"""Lines of an import made into rows, by pure functions that other processes run."""

import os
import re
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import connection, get_context, parent_process
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import msgspec

from sekali import fhir, kernel, records

from ..messages import require_shallow
from .lines import Line
from .names import Key, Named, Namer, Places, as_uuid, digest, found

_REFERENCE = re.compile(rb'"reference"\s*:\s*"([^"\\]{1,2000})"')


class Looked(NamedTuple):
    """What lines are.

    :ivar first, rest: whether some are of people and the city's, and of all else.
    """

    named: list[Named]
    wrong: list["Wrong"]
    first: bool
    rest: bool


class Made(NamedTuple):
    """A line that became a row.

    :ivar references: those that lead to nothing which this import brings.
    :ivar stranger: whether it belongs to a person whom this import does not bring.
    """

    line: int
    key: Key
    row: records.Ready
    references: list[Key]
    stranger: bool


class Wrong(NamedTuple):
    """A line that cannot be taken, and why."""

    line: int
    key: Key
    failure: kernel.Failure


class _Head(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    id: str = ""


_head = msgspec.json.Decoder(_Head)


class Terms(NamedTuple):
    """What all lines of an import are prepared with.

    :ivar names: the file of names.
    :ivar facility: the one that writes, if it is one's.
    :ivar strict: whether references must lead somewhere.
    """

    names: Path
    seals: records.Seals
    facility: UUID | None
    strict: bool


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


def _key(line: Line) -> Key | None:
    """Kind and id of a line; None where it says no kind that is kept here."""
    try:
        head = _head.decode(line.content or b"")
    except (msgspec.DecodeError, RecursionError):
        return None
    return (head.resource_type, head.id) if head.resource_type in fhir.TYPES else None


def _is_first(type: str) -> bool:
    """People and what is the city's come first: all else may belong to one of them."""
    return type not in fhir.PERSON_TYPES


def look(lines: Sequence[Line], namer: Namer) -> Looked:
    """Name the lines, and tell of those that are no resource."""
    named: list[Named] = []
    wrong: list[Wrong] = []
    kinds = set()
    for line in lines:
        key = _key(line)
        if key is None:
            wrong.append(Wrong(line.number, ("", ""), _strange(line)))
            continue
        type, old = key
        kinds.add(type)
        if old:
            owner = "" if _is_first(type) else _owner(line.content)
            named.append((digest(key), namer.name(type, old, owner).bytes, line.number))
    first = sum(map(_is_first, kinds))
    return Looked(named, wrong, first > 0, first < len(kinds))


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
    people = set()
    for element in fhir.values_at(resource, fhir.PERSON_TYPES[resource["resourceType"]]):
        text = element.get("reference") if isinstance(element, dict) else None
        split = fhir.split_reference(text) if isinstance(text, str) else None
        if split is not None and split[0] == "Patient":
            people.add(split[1])
    return people.pop() if len(people) == 1 else ""


def make(lines: Sequence[Line], file: int, first: bool, stamp: records.Stamp, terms: Terms) -> list[Made | Wrong]:
    """Rows of those lines that are people and the city's (``first``), or of all else.

    References to what this import brings are rewritten; nothing else in the bytes changes.

    :param file: which one of the import the lines are of.
    """
    mine = [(line, key) for line in lines if (key := _key(line)) is not None and _is_first(key[0]) == first]
    wanted = {one for line, key in mine for one in (key, *_mentioned(line.content or b"")) if one[1]}
    places = found(terms.names, wanted)
    return list(kernel.side_by_side(_made_or_wrong(line, key, file, places, stamp, terms) for line, key in mine))


def _made_or_wrong(
    line: Line, key: Key, file: int, places: Places, stamp: records.Stamp, terms: Terms
) -> kernel.Steps[Made | Wrong]:
    try:
        return (yield from _made(line, key, file, places, stamp, terms))
    except kernel.Failure as failure:
        return Wrong(line.number, key, failure)
    except Exception:  # a resource that breaks what it is prepared with must not stop the rest
        return Wrong(line.number, key, kernel.Invalid("This resource cannot be prepared."))


def _made(line: Line, key: Key, file: int, places: Places, stamp: records.Stamp, terms: Terms) -> kernel.Steps[Made]:
    """One row. Raises Failure."""
    content = line.content or b""
    require_shallow(content)
    place = places.get(key)
    if place is not None and (place.file, place.line) != (file, line.number):
        raise kernel.Conflict("This id stands on an earlier line of this import.")
    brought, elsewhere = set[Key](), set[Key]()
    content = _rewritten(content, places, brought, elsewhere)
    new = place.new if place else _fresh(key[0], content)
    row = yield from records.preparing(content, new, 1, stamp.at, terms.strict)
    if b"\\" in row.content:  # a reference may be written with escapes
        elsewhere |= fhir.references(row.content) - brought
    stranger = row.subject is not None and row.type != "Patient" and ("Patient", str(row.subject)) not in brought
    owned = terms.seals.own(row, brought | elsewhere, terms.facility)
    yield
    ready = records.ready(owned, stamp.key)
    return Made(line.number, key, ready, list(elsewhere) if terms.strict else [], stranger)


def _mentioned(content: bytes) -> Iterator[Key]:
    """Every kind and id that a resource refers to."""
    for text in _REFERENCE.findall(content):
        key = fhir.split_reference(text.decode("utf-8", "replace"))
        if key is not None:
            yield key


def _fresh(type: str, content: bytes) -> UUID:
    """For what has no id of its own; its owner has their name here already."""
    if type == "Patient":
        return kernel.new_person()
    owner = None if _is_first(type) else as_uuid(_owner(content))
    return kernel.new_id(kernel.CITY if owner is None else kernel.shard_of(owner))


def _rewritten(content: bytes, places: Places, brought: set[Key], elsewhere: set[Key]) -> bytes:
    """With references to what this import brings leading to what that is called here.

    ``brought`` gets these, as they are called here; ``elsewhere`` all others.
    """

    def renamed(match: re.Match[bytes]) -> bytes:
        key = fhir.split_reference(match[1].decode("utf-8", "replace"))
        if key is None:
            return match[0]
        place = places.get(key)
        if place is None or place.gone:
            elsewhere.add(key)
            return match[0]
        brought.add((key[0], str(place.new)))
        return b'"reference":"%s/%s"' % (key[0].encode(), str(place.new).encode())

    return _REFERENCE.sub(renamed, content)
