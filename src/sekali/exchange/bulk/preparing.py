"""Lines of an import made into rows, by pure functions that other processes run."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from sekali import fhir, kernel, records

from .lines import Line, Lines
from .names import Key, Named, Namer, Place, Places, digest, found

_REFERENCE = re.compile(rb'"reference"\s*:\s*"([^"\\]{1,2000})"')


class Looked(NamedTuple):
    """What lines are.

    :ivar first, rest: whether some are of people and the city's, and of all else.
    """

    named: list[Named]
    wrong: list["Wrong"]
    first: bool
    rest: bool


class Made(msgspec.Struct, frozen=True, gc=False):
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


_OWNING = sorted({path.partition(".")[0] for path in fhir.PERSON_TYPES.values()})
_Head = msgspec.defstruct(
    "_Head", [("resourceType", str, ""), ("id", str, ""), *((name, msgspec.Raw, msgspec.Raw()) for name in _OWNING)]
)
"""Of a line: its kind and id, and the elements that may say whose it is."""
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


class _Lead(NamedTuple):
    """Where a reference leads.

    :ivar key: as it is called here.
    :ivar text: how it is written here.
    :ivar brought: whether to something that this import brings.
    """

    key: Key
    text: bytes
    brought: bool


class _Mine(NamedTuple):
    """A line that is to become a row.

    :ivar texts: of its references, as they stand.
    """

    line: Line
    key: Key
    texts: list[bytes]


class _Batch(NamedTuple):
    """What lines are made into rows with; ``leads`` by the text of a reference."""

    file: int
    places: Places
    leads: dict[bytes, _Lead]
    stamp: records.Stamp
    terms: Terms


def _head_of(content: bytes | None) -> Any:
    """A ``_Head``; None where a line says no kind that is kept here."""
    try:
        head = _head.decode(content or b"")
    except (msgspec.DecodeError, RecursionError):
        return None
    return head if head.resourceType in fhir.TYPES else None


def _is_first(type: str) -> bool:
    """People and what is the city's come first: all else may belong to one of them."""
    return type not in fhir.PERSON_TYPES


def look(lines: Lines, namer: Namer) -> Looked:
    """Name the lines, and tell of those that are no resource."""
    named: list[Named] = []
    wrong: list[Wrong] = []
    kinds = set()
    for line in lines.each():
        head = _head_of(line.content)
        if head is None:
            wrong.append(Wrong(line.number, ("", ""), _strange(line)))
            continue
        type, old = head.resourceType, head.id
        kinds.add(type)
        if old:
            owner = "" if _is_first(type) else _owner(head)
            named.append((digest((type, old)), namer.name(type, old, owner).bytes, line.number))
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


def _owner(head: Any) -> str:
    """The id of the one Patient that a line's resource names, as it names it."""
    path = fhir.PERSON_TYPES[head.resourceType]
    name = path.partition(".")[0]
    try:
        element = kernel.decode(getattr(head, name) or b"null")
    except kernel.Invalid:
        return ""
    people = set(fhir.named_at({name: element}, path))
    return people.pop() if len(people) == 1 else ""


def make(lines: Lines, file: int, first: bool, stamp: records.Stamp, terms: Terms) -> list[Made | Wrong]:
    """Rows of those lines that are people and the city's (``first``), or of all else.

    References to what this import brings are rewritten; nothing else in the bytes changes.

    :param file: which one of the import the lines are of.
    """
    heads = ((line, _head_of(line.content)) for line in lines.each())
    mine = [
        _Mine(line, (head.resourceType, head.id), _REFERENCE.findall(line.content or b""))
        for line, head in heads if head is not None and _is_first(head.resourceType) == first
    ]  # fmt: skip
    split = {
        text: fhir.split_reference(text.decode("utf-8", "replace")) for text in {t for one in mine for t in one.texts}
    }
    keys = {text: key for text, key in split.items() if key is not None}
    places = found(terms.names, {*keys.values(), *(one.key for one in mine if one.key[1])})
    leads = {text: _lead(text, key, places.get(key)) for text, key in keys.items()}
    batch = _Batch(file, places, leads, stamp, terms)
    return list(kernel.side_by_side(_made_or_wrong(one, batch) for one in mine))


def _lead(text: bytes, key: Key, place: Place | None) -> _Lead:
    if place is None or place.gone:
        return _Lead(key, text, False)
    return _Lead((key[0], str(place.new)), b"%b/%b" % (key[0].encode(), str(place.new).encode()), True)


def _made_or_wrong(one: _Mine, batch: _Batch) -> kernel.Steps[Made | Wrong]:
    try:
        return (yield from _made(one, batch))
    except kernel.Failure as failure:
        return Wrong(one.line.number, one.key, failure)
    except Exception:  # a resource that breaks what it is prepared with must not stop the rest
        return Wrong(one.line.number, one.key, kernel.Invalid("This resource cannot be prepared."))


def _made(one: _Mine, batch: _Batch) -> kernel.Steps[Made]:
    """One row. Raises Failure."""
    line, key, stamp, terms = one.line, one.key, batch.stamp, batch.terms
    content = line.content or b""
    kernel.require_shallow(content)
    place = batch.places.get(key)
    if place is not None and (place.file, place.line) != (batch.file, line.number):
        raise kernel.Conflict("This id stands on an earlier line of this import.")
    brought, elsewhere, renamed = set[Key](), set[Key](), False
    for text in one.texts:
        lead = batch.leads.get(text)
        if lead is not None:
            (brought if lead.brought else elsewhere).add(lead.key)
            renamed |= lead.text != text
    if renamed:
        content = _rewritten(content, batch.leads)
    new = place.new if place else _fresh(content)
    row = yield from records.preparing(content, new, 1, stamp.at, terms.strict)
    if b"\\" in row.content:  # a reference may be written with escapes
        elsewhere |= fhir.references(row.content) - brought
    stranger = row.subject is not None and row.type != "Patient" and ("Patient", str(row.subject)) not in brought
    owned = terms.seals.own(row, brought | elsewhere, terms.facility)
    yield
    ready = records.ready(owned, stamp.key)
    return Made(line.number, key, ready, list(elsewhere) if terms.strict else [], stranger)


def _fresh(content: bytes) -> UUID:
    """For what has no id of its own; its owner has their name here already."""
    head = _head_of(content)
    if head.resourceType == "Patient":
        return kernel.new_person()
    owner = None if _is_first(head.resourceType) else kernel.as_uuid(_owner(head))
    return kernel.new_id(kernel.CITY if owner is None else kernel.shard_of(owner))


def _rewritten(content: bytes, leads: Mapping[bytes, _Lead]) -> bytes:
    """With references to what this import brings leading to what that is called here."""

    def renamed(match: re.Match[bytes]) -> bytes:
        lead = leads.get(match[1])
        return match[0] if lead is None else b'"reference":"%b"' % lead.text

    return _REFERENCE.sub(renamed, content)
