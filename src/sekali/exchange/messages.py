"""Requests and answers: bodies with a limit, versions, content types (https://hl7.org/fhir/R4/http.html)."""

from email.utils import format_datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from sekali import kernel, records

from .outcomes import FHIR_JSON

BASE = "/fhir-r4/v1"
LARGEST_BODY = 8 << 20
DEEPEST = 64
"""Levels of nesting; FHIR resources have about a dozen."""
_JSON = ("application/fhir+json", "application/json", "application/json+fhir")


async def read_body(request: Request, most: int = LARGEST_BODY) -> bytes:
    """The body. Raises TooCostly as soon as it is too large, Unsupported when it is not JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _JSON:
        raise kernel.Unsupported("Send application/fhir+json.", path="Content-Type")
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > most:
        raise _too_large(most)
    body = await limited(request, most)
    _require_shallow(body)
    return body


async def limited(request: Request, most: int) -> bytes:
    """The body as it comes. Raises TooCostly as soon as it is more than ``most`` bytes."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise _too_large(most)
        parts.append(part)
    return b"".join(parts)


def _too_large(most: int) -> kernel.TooCostly:
    return kernel.TooCostly("This is larger than %(most)s KB. Send it in parts.", path="body", most=most >> 10)


def _require_shallow(body: bytes) -> None:
    """Refuse nesting that would only exhaust a parser. Strings may hold brackets, so this counts a little too many."""
    if body.count(b"{") + body.count(b"[") <= DEEPEST:
        return
    depth, inside, escaped = 0, False, False
    for byte in body:
        if inside:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                inside = False
        elif byte == 0x22:
            inside = True
        elif byte in (0x7B, 0x5B):
            depth += 1
            if depth > DEEPEST:
                raise kernel.Invalid(faults=[kernel.Fault("$", f"more than {DEEPEST} levels of nesting")])
        elif byte in (0x7D, 0x5D):
            depth -= 1


def require_json_wanted(request: Request) -> None:
    """Raises Unsupported when the client wants another format than JSON."""
    wanted = request.query_params.get("_format") or request.headers.get("accept", "")
    if wanted and not any(word in wanted for word in ("json", "*/*", "application/*")):
        raise kernel.Unsupported("Sekali answers application/fhir+json only.", path="Accept")


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


def resource_response(request: Request, one: records.Stored, status: int = 200) -> Response:
    """A resource's exact bytes; 304 when the client has this version; nothing but headers for return=minimal."""
    headers = {
        "ETag": f'W/"{one.version}"',
        "Last-Modified": format_datetime(one.updated.replace(microsecond=0), usegmt=True),
    }
    if status in (200, 201) and request.method in ("POST", "PUT"):
        headers["Location"] = f"{base_url(request)}/{one.reference}/_history/{one.version}"
    if request.method == "GET" and request.headers.get("if-none-match") == headers["ETag"]:
        return Response(None, 304, headers)
    if request.method != "GET" and "return=minimal" in request.headers.get("prefer", ""):
        return Response(None, status, headers)
    return Response(one.content, status, headers, FHIR_JSON)
