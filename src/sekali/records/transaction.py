"""Transaction Bundles (https://hl7.org/fhir/R4/http.html#transaction): all of it or nothing."""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from sekali import fhir, kernel

from .change import Writing
from .prepared import Prepared, decode, instant
from .stored import Stored

MOST_ENTRIES = 10_000
_LOCAL = re.compile(rb'"(urn:uuid:[0-9a-fA-F-]{36})"')
_CONDITIONAL = re.compile(rb'"reference"\s*:\s*"(([A-Z][A-Za-z]+)\?([^"\\]{1,500}))"')
_ORDER = {"DELETE": 0, "POST": 1, "PUT": 2, "PATCH": 2}
"""The order of R4's transaction rules; what is read comes last, when everything is written."""


class _Request(msgspec.Struct, rename="camel"):
    method: str
    url: str
    if_match: str | None = None
    if_none_exist: str | None = None


class _Entry(msgspec.Struct, rename="camel"):
    request: _Request
    full_url: str | None = None
    resource: msgspec.Raw = msgspec.Raw(b"")


class _Bundle(msgspec.Struct, rename="camel"):
    resource_type: str
    type: str
    entry: list[_Entry] = []


_decoder = msgspec.json.Decoder(_Bundle)


@dataclass(slots=True)
class Step:
    """One entry, understood: where it stood, what it does, to what."""

    place: int
    method: str
    full_url: str | None
    content: bytes
    type: str
    id: UUID | None
    if_match: int | None
    condition: str | None
    """Of a create: when something fits it, nothing is made. Of an update or delete: what fits it is meant."""
    media_type: str = ""
    """Of a patch."""
    decoded: dict[str, Any] | None = None
    """Of a create: its content as it was when its id was given, decoded."""
    ready: Prepared | None = None
    """Of a create: what is kept."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A Bundle, understood: what is written in the order of R4's rules, and what is read: place -> url."""

    steps: list[Step]
    reads: dict[int, str]


async def plan(bundle: bytes) -> Plan:
    """What a transaction Bundle asks for. Raises Invalid with the place of what is wrong."""
    try:
        read = _decoder.decode(bundle)
    except msgspec.ValidationError as error:
        raise kernel.Invalid(faults=[kernel.Fault("Bundle", str(error))]) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise kernel.Invalid("This is not valid JSON.", faults=[kernel.Fault("$", str(error))]) from None
    if read.resource_type != "Bundle" or read.type != "transaction":
        raise kernel.Invalid(
            rule="20011", faults=[kernel.Fault("Bundle.type", "Sekali takes Bundles of type transaction")]
        )
    if len(read.entry) > MOST_ENTRIES:
        raise kernel.TooCostly("A Bundle may have at most %(most)s entries.", most=MOST_ENTRIES)
    reads = {place: one.request.url for place, one in enumerate(read.entry) if one.request.method == "GET"}
    steps, turns = [], kernel.Turns()
    for place, entry in enumerate(read.entry):
        if place not in reads:
            steps.append(_step(place, entry))
            await turns.give()
    urls = [step.full_url for step in steps if step.full_url]
    if len(set(urls)) < len(urls):
        raise kernel.Invalid(rule="20014", faults=[kernel.Fault("Bundle.entry.fullUrl", "each fullUrl must be unique")])
    return Plan(sorted(steps, key=lambda step: _ORDER[step.method]), reads)


def _step(place: int, entry: _Entry) -> Step:
    path = f"Bundle.entry[{place}]"
    method, request = entry.request.method, entry.request
    if method not in _ORDER:
        raise kernel.Invalid(faults=[kernel.Fault(f"{path}.request.method", "must be GET, POST, PUT, PATCH or DELETE")])
    content = bytes(entry.resource)
    if method != "DELETE" and not content:
        raise kernel.Invalid(faults=[kernel.Fault(f"{path}.resource", "is missing")])
    where, _, condition = request.url.strip("/").partition("?")
    type, _, id_text = where.partition("/")
    if type not in fhir.TYPES:
        raise kernel.Invalid(
            faults=[kernel.Fault(f"{path}.request.url", "names a kind of resource that is not kept here")]
        )
    try:
        id = UUID(id_text) if method != "POST" and (not condition or method == "PATCH") else None
        version = int(request.if_match.strip('W/"')) if request.if_match else None
    except ValueError:
        raise kernel.Invalid(
            faults=[kernel.Fault(f"{path}.request", 'url must be Type/id and ifMatch W/"version"')]
        ) from None
    media_type = ""
    with _at(place):  # not the whole Bundle at once: it would be looked at for so long that others had to wait
        kernel.require_shallow(content)
        if method == "PATCH":
            content, media_type = fhir.unwrapped(content, "application/fhir+json")
            kernel.require_shallow(content)
    condition = condition or request.if_none_exist
    return Step(place, method, entry.full_url, content, type, id, version, condition, media_type)


async def look(plan: Plan, read: Callable[[str, UUID], Awaitable[Stored]]) -> None:
    """Have what will be patched read first, before the transaction: a patch tells what is there. Raises as ``read``."""
    for step in plan.steps:
        if step.method == "PATCH":
            with _at(step.place):
                await read(step.type, step.id)


async def carry_out(plan: Plan, writing: Writing) -> dict[int, bytes]:
    """Do the steps within the caller's transaction; place in the Bundle -> entry of the response."""
    turns = kernel.Turns()
    for step in plan.steps:
        if b"?" in step.content:  # as in nearly none
            with _at(step.place):
                await _settle_references(step, writing)
    known = await _assign(plan.steps, writing, turns)
    results: dict[int, bytes] = {}
    await _make_ready(plan.steps, known, writing, turns)
    for step in plan.steps:
        await turns.give()
        with _at(step.place):
            results[step.place] = kernel.encode({"response": await _do(step, known, writing)})
    writing.within = _at(None)
    return results


async def _settle_references(step: Step, writing: Writing) -> None:
    """``Patient?identifier=…`` as a reference becomes the one that fits. Raises PreconditionFailed where none does."""
    for written, type, query in set(_CONDITIONAL.findall(step.content)):
        if type.decode() not in fhir.TYPES:
            continue
        found = await writing.find(type.decode(), query.decode())
        if found is None:
            raise kernel.PreconditionFailed("No %(type)s fits this condition.", type=type.decode(), path="resource")
        step.content = step.content.replace(b'"' + written + b'"', b'"' + found.reference.encode() + b'"')


async def _assign(steps: list[Step], writing: Writing, turns: kernel.Turns) -> dict[bytes, bytes]:
    """Ids for all that is new (people first, since what is theirs lies with them): local name -> ``Type/id``."""
    known: dict[bytes, bytes] = {}
    for people in (True, False):
        for step in steps:
            if (step.method != "POST" and not step.condition) or (step.type == "Patient") != people:
                continue
            await turns.give()
            with _at(step.place):
                await _place(step, known, writing)
            if step.full_url and step.id:
                known[step.full_url.encode()] = f"{step.type}/{step.id}".encode()
    return known


async def _place(step: Step, known: dict[bytes, bytes], writing: Writing) -> None:
    """The id that a create or a conditional step is about."""
    found = await writing.find(step.type, step.condition) if step.condition else None
    step.id = found.id if found else None
    if step.method == "DELETE":
        return
    if found is None:
        step.method = "POST"  # an update of what is not there makes it
        step.content = _resolved(step.content, known)
        step.decoded = decode(step.content)
        step.id = writing.new_id(step.decoded)
    elif step.method == "POST":
        step.method = "FOUND"


async def _make_ready(steps: Iterable[Step], known: dict[bytes, bytes], writing: Writing, turns: kernel.Turns) -> None:
    """All that will be created, side by side, before anything is written."""
    new = [step for step in steps if step.method == "POST"]
    made = kernel.side_by_side(_creating(step, known, writing) for step in new)
    for step, ready in zip(new, made, strict=True):
        step.ready = ready
        await turns.give()


def _creating(step: Step, known: dict[bytes, bytes], writing: Writing) -> kernel.Steps[Prepared]:
    with _at(step.place):
        content = _resolved(step.content, known)
        decoded, step.decoded = step.decoded if content is step.content else None, None
        ready = yield from writing.preparing(content, step.id, decoded)
        if ready.type != step.type:
            raise kernel.Invalid(faults=[kernel.Fault("request.url", "names another kind than the resource is")])
        return ready


async def _do(step: Step, known: dict[bytes, bytes], writing: Writing) -> dict[str, Any]:
    if step.method == "FOUND":
        return {"status": "200 OK", "location": f"{step.type}/{step.id}"}
    if step.method == "DELETE":
        if step.id is not None:
            await writing.delete(step.type, step.id, step.if_match)
        return {"status": "204 No Content"}
    if step.ready is not None:
        return _response("201 Created", await writing.keep(step.ready))
    content = _resolved(step.content, known)
    if step.method == "PATCH":
        return _response("200 OK", await writing.patch(step.type, step.id, content, step.media_type, step.if_match))
    one = await writing.put(step.type, step.id, content, step.if_match)
    return _response("201 Created" if one.version == 1 else "200 OK", one)


def _response(status: str, one: Stored) -> dict[str, Any]:
    return {
        "status": status,
        "location": f"{one.reference}/_history/{one.version}",
        "etag": f'W/"{one.version}"',
        "lastModified": instant(one.updated),
    }


def _resolved(content: bytes, known: dict[bytes, bytes]) -> bytes:
    """References between entries become real ones; nothing else in the bytes changes."""
    if b"urn:uuid:" not in content:
        return content
    return _LOCAL.sub(lambda found: b'"' + known.get(found[1], found[1]) + b'"', content)


class _at:  # noqa: N801 - reads as a phrase
    """Says where in the Bundle a failure happened."""

    def __init__(self, place: int | None) -> None:
        self._path = "Bundle" if place is None else f"Bundle.entry[{place}]"

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, failure: BaseException | None, _trace: object) -> None:
        if not isinstance(failure, kernel.Failure) or isinstance(failure, kernel.Unavailable):
            return
        if isinstance(failure, kernel.Invalid):
            failure.faults = tuple(kernel.Fault(f"{self._path}.resource: {f.path}", f.reason) for f in failure.faults)
        failure.path = f"{self._path}.{failure.path}" if failure.path else self._path
