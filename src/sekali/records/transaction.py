"""Transaction Bundles (https://hl7.org/fhir/R4/http.html#transaction): all of it or nothing."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from sekali import fhir, kernel

from .change import Writing, new_resource_id
from .stored import Stored

MOST_ENTRIES = 1000
_LOCAL = re.compile(rb'"(urn:uuid:[0-9a-fA-F-]{36})"')
_ORDER = {"DELETE": 0, "POST": 1, "PUT": 2}
"""The order of R4's transaction rules; Sekali's Bundles write and do not read."""


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
    if_none_exist: str | None


def plan(bundle: bytes) -> list[Step]:
    """The steps of a Bundle in the order of R4's rules. Raises Invalid with the place of what is wrong."""
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
    steps = [_step(place, entry) for place, entry in enumerate(read.entry)]
    urls = [step.full_url for step in steps if step.full_url]
    if len(set(urls)) < len(urls):
        raise kernel.Invalid(rule="20014", faults=[kernel.Fault("Bundle.entry.fullUrl", "each fullUrl must be unique")])
    return sorted(steps, key=lambda step: _ORDER[step.method])


def _step(place: int, entry: _Entry) -> Step:
    path = f"Bundle.entry[{place}]"
    method, request = entry.request.method, entry.request
    if method not in _ORDER:
        raise kernel.Invalid(faults=[kernel.Fault(f"{path}.request.method", "must be POST, PUT or DELETE")])
    content = bytes(entry.resource)
    if method != "DELETE" and not content:
        raise kernel.Invalid(faults=[kernel.Fault(f"{path}.resource", "is missing")])
    type, _, id_text = request.url.strip("/").partition("/")
    if type not in fhir.TYPES:
        raise kernel.Invalid(
            faults=[kernel.Fault(f"{path}.request.url", "names a kind of resource that is not kept here")]
        )
    try:
        id = UUID(id_text) if method != "POST" else None
        version = int(request.if_match.strip('W/"')) if request.if_match else None
    except ValueError:
        raise kernel.Invalid(
            faults=[kernel.Fault(f"{path}.request", 'url must be Type/id and ifMatch W/"version"')]
        ) from None
    return Step(place, method, entry.full_url, content, type, id, version, request.if_none_exist)


async def carry_out(steps: list[Step], writing: Writing) -> bytes:
    """Do the steps within the caller's transaction; the response Bundle, in the order of the request."""
    known = await _assign(steps, writing)
    results: dict[int, dict[str, Any]] = {}
    for step in steps:
        with _at(step.place):
            results[step.place] = await _do(step, known, writing)
    with _at(None):
        await writing.finish()
    entries = [{"response": results[place]} for place in sorted(results)]
    return kernel.encode({"resourceType": "Bundle", "type": "transaction-response", "entry": entries})


async def _assign(steps: list[Step], writing: Writing) -> dict[bytes, bytes]:
    """Ids for all that is new (people first, since what is theirs lies with them): local name -> ``Type/id``."""
    known: dict[bytes, bytes] = {}
    for people in (True, False):
        for step in steps:
            if step.method != "POST" or (step.type == "Patient") != people:
                continue
            with _at(step.place):
                found = await _existing(step, writing)
                step.id = found or new_resource_id(kernel.decode(_resolved(step.content, known)))
            if found:
                step.method = "FOUND"
            if step.full_url:
                known[step.full_url.encode()] = f"{step.type}/{step.id}".encode()
    return known


async def _existing(step: Step, writing: Writing) -> UUID | None:
    if step.if_none_exist is None:
        return None
    name, _, value = step.if_none_exist.partition("=")
    if name != "identifier" or "|" not in value:
        raise kernel.Unsupported("ifNoneExist needs identifier=system|value.", path="request.ifNoneExist")
    found = await writing.find_by_identifier(step.type, value)
    if len(found) > 1:
        raise kernel.PreconditionFailed("More than one has this identifier.", path="request.ifNoneExist")
    return found[0].id if found else None


async def _do(step: Step, known: dict[bytes, bytes], writing: Writing) -> dict[str, Any]:
    if step.method == "FOUND":
        return {"status": "200 OK", "location": f"{step.type}/{step.id}"}
    content = _resolved(step.content, known)
    if step.method == "DELETE":
        await writing.delete(step.type, step.id, step.if_match)
        return {"status": "204 No Content"}
    if step.method == "PUT":
        return _response("200 OK", await writing.update(step.type, step.id, content, step.if_match))
    one = await writing.create(content, step.id)
    if one.type != step.type:
        raise kernel.Invalid(faults=[kernel.Fault("request.url", "names another kind than the resource is")])
    return _response("201 Created", one)


def _response(status: str, one: Stored) -> dict[str, Any]:
    return {
        "status": status,
        "location": f"{one.reference}/_history/{one.version}",
        "etag": f'W/"{one.version}"',
        "lastModified": one.updated.isoformat(timespec="milliseconds"),
    }


def _resolved(content: bytes, known: dict[bytes, bytes]) -> bytes:
    """References between entries become real ones; nothing else in the bytes changes."""
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
