"""batch: a Bundle whose entries stand by themselves. https://hl7.org/fhir/R4/http.html#transaction

Each entry is sent through the same routes as any request, with the same token, so it can do what they can, is refused
what they refuse, and its failure is its own.
"""

from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Scope

from sekali import kernel

from ..messages import BASE
from ..outcomes import FHIR_JSON, issue, outcome_of
from ..representation import INSIDE

MOST_ENTRIES = 1000
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_HEADERS = {
    "ifMatch": "if-match",
    "ifNoneMatch": "if-none-match",
    "ifModifiedSince": "if-modified-since",
    "ifNoneExist": "if-none-exist",
}


class _Entry(msgspec.Struct):
    request: dict[str, Any]
    resource: msgspec.Raw = msgspec.Raw(b"")


class _Bundle(msgspec.Struct):
    entry: list[_Entry] = []


_OUTCOME = b'{"resourceType":"OperationOutcome"'
_decoder = msgspec.json.Decoder(_Bundle)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one entry."""

    status: int
    headers: dict[str, str]
    body: bytes

    def entry(self) -> bytes:
        """As an entry of the response Bundle; an OperationOutcome stands in ``response.outcome``."""
        said = {"status": str(self.status)}
        said |= {name: self.headers[name] for name in ("location", "etag") if name in self.headers}
        response = kernel.encode(said)
        if self.body and (self.status >= 400 or self.body.startswith(_OUTCOME)):
            return b'{"response":' + response[:-1] + b',"outcome":' + self.body + b"}}"
        resource = b'"resource":' + self.body + b"," if self.body else b""
        return b"{" + resource + b'"response":' + response + b"}"


async def batch(request: Request, body: bytes, inner: ASGIApp) -> Response:
    """The entries one after the other, answered in their order. Raises Invalid, TooCostly."""
    try:
        entries = _decoder.decode(body).entry
    except msgspec.MsgspecError as error:
        raise kernel.Invalid(faults=[kernel.Fault("Bundle", str(error))]) from None
    if len(entries) > MOST_ENTRIES:
        raise kernel.TooCostly("A Bundle may have at most %(most)s entries.", most=MOST_ENTRIES)
    answers = [(await send(request.scope, inner, one.request, bytes(one.resource))).entry() for one in entries]
    head = b'{"resourceType":"Bundle","type":"batch-response","entry":['
    return Response(head + b",".join(answers) + b"]}", media_type=FHIR_JSON)


async def send(outer: Scope, inner: ASGIApp, request: dict[str, Any], body: bytes) -> Answer:
    """One entry through the routes."""
    method, url = str(request.get("method", "")), str(request.get("url", "")).strip("/")
    path, _, query = url.partition("?")
    if method not in METHODS or not path or ".." in path:
        told = issue("invalid", "An entry needs request.method and request.url, such as Patient/1.", "request")
        return Answer(400, {}, kernel.encode(outcome_of([told])))
    headers = [(b"accept", b"application/fhir+json")]
    headers += [(name, value) for name, value in outer["headers"] if name in (b"authorization", b"host", b"prefer")]
    if body:
        headers += [(b"content-type", b"application/fhir+json"), (b"content-length", b"%d" % len(body))]
    headers += [(header.encode(), str(request[name]).encode()) for name, header in _HEADERS.items() if name in request]
    scope = outer | {
        "method": method, "path": f"{BASE}/{path}", "raw_path": f"{BASE}/{path}".encode(), "query_string": query.encode(),
        "headers": headers, "path_params": {}, "state": {}, INSIDE: True,
    }  # fmt: skip
    return await _call(scope, inner, body)


async def _call(scope: Scope, inner: ASGIApp, body: bytes) -> Answer:
    status, headers, parts = 500, {}, []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def take(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            headers.update({name.decode().lower(): value.decode() for name, value in message["headers"]})
        else:
            parts.append(message.get("body", b""))

    await inner(scope, receive, take)
    return Answer(status, headers, b"".join(parts))
