"""Requests and answers: bodies with a limit, versions, content types (https://hl7.org/fhir/R4/http.html)."""

from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from sekali import kernel, records

from .encodings import unpacker
from .outcomes import FHIR_JSON, issue, outcome_of
from .representation import from_xml, is_xml

BASE = "/fhir-r4/v1"
LARGEST_BODY = 8 << 20
LARGEST_XML = 16 << 20
"""Bytes; read as a tree it takes some 25 times as much memory."""
_JSON = ("application/fhir+json", "application/json", "application/json+fhir")


def media_type(request: Request) -> str:
    """What the body is, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_body(request: Request, most: int = LARGEST_BODY, also: str = "") -> bytes:
    """The body, as JSON also when it came as XML. Raises TooCostly as soon as it is too large, Invalid for broken XML and
    for what is nested too deeply, Unsupported when it is none of these nor ``also``.
    """
    body = await read_deep(request, most, also)
    kernel.require_shallow(body)
    return body


async def read_deep(request: Request, most: int, also: str = "") -> bytes:
    """The same of a body that is taken apart first: its parts are yet to be looked at by ``kernel.require_shallow``."""
    kind = media_type(request)
    if kind not in _JSON and kind != also and not is_xml(kind):
        raise kernel.Unsupported(
            "Send the header Content-Type: application/fhir+json, or application/fhir+xml.", path="Content-Type"
        )
    if is_xml(kind):
        most = min(most, LARGEST_XML)
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > most:
        raise _too_large(most)
    body = await limited(request, most)
    return await from_xml(body) if is_xml(kind) else body


async def limited(request: Request, most: int) -> bytes:
    """The body, unpacked as it comes. Raises TooCostly as soon as it, or what is in it, is more than ``most`` bytes.

    Raises Unsupported for a Content-Encoding that is not had, Invalid for one that is broken.
    """
    packing = unpacker(request.headers.get("content-encoding", ""))
    parts, size, came = [], 0, 0
    async for part in request.stream():
        came += len(part)
        for piece in packing.pieces(part):
            size += len(piece)
            if max(size, came) > most:
                raise _too_large(most)
            parts.append(piece)
    packing.require_whole()
    return b"".join(parts)


def _too_large(most: int) -> kernel.TooCostly:
    return kernel.TooCostly("This is larger than %(most)s KB. Send it in parts.", path="body", most=most >> 10)


def resource_id(request: Request, type: str) -> UUID:
    """The id in the path. Raises NotFound: an id of another form cannot be one of ours."""
    try:
        return UUID(request.path_params["id"])
    except ValueError:
        raise kernel.NotFound("There is no %(type)s with this id.", rule="20007", type=type) from None


def if_match(request: Request) -> int | None:
    """The version in If-Match (``W/"3"``). Raises Invalid."""
    text = request.headers.get("if-match")
    if text is None:
        return None
    number = text.strip().removeprefix("W/").strip('"')
    if not number.isdecimal() or len(number) > 9:
        raise kernel.Invalid('If-Match has the form W/"3".', path="If-Match")
    return int(number)


def base_url(request: Request) -> str:
    """Where this server says that it is."""
    return f"{request.url.scheme}://{request.url.netloc}{BASE}"


def prefers(request: Request, form: str) -> bool:
    """Whether the client asks for this form of answer to a write. https://hl7.org/fhir/R4/http.html#ops"""
    return f"return={form}" in request.headers.get("prefer", "").replace(" ", "").replace(",", ";").split(";")


def done(what: str) -> dict[str, Any]:
    """The OperationOutcome of something that went well."""
    return outcome_of([issue("informational", f"Done: {what}.", None, "information")])


@lru_cache(4096)
def http_date(moment: datetime) -> str:
    """As headers have it. (All that is written at once has one time, and what is read is read again.)"""
    return format_datetime(moment, usegmt=True)


def resource_response(request: Request, one: records.Stored, status: int = 200) -> Response:
    """A resource's exact bytes; 304 when the client has this version.

    A write is answered as ``Prefer: return=`` says: with nothing but headers for minimal, with what was done for
    OperationOutcome.
    """
    headers = {
        "ETag": f'W/"{one.version}"',
        "Last-Modified": http_date(one.updated),
    }
    if status in (200, 201) and request.method in ("POST", "PUT"):
        headers["Location"] = f"{base_url(request)}/{one.reference}/_history/{one.version}"
    if request.method == "GET" and request.headers.get("if-none-match") == headers["ETag"]:
        return Response(None, 304, headers)
    if request.method != "GET" and prefers(request, "minimal"):
        return Response(None, status, headers)
    if request.method != "GET" and prefers(request, "OperationOutcome"):
        written = status == 201 or request.method != "POST"
        what = f"version {one.version} is kept" if written else f"version {one.version} was there; nothing was written"
        return Response(kernel.encode(done(what)), status, headers, FHIR_JSON)
    return Response(one.content, status, headers, FHIR_JSON)
