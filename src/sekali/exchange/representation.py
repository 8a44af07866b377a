"""In which form an answer goes out: JSON or XML, compact or pretty, compressed or not.

Every interaction answers compact JSON, and keeps its speed by it. Where a request asks for something else, what it
sends is turned into that here. https://hl7.org/fhir/R4/http.html#mime-type
"""

import asyncio
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple, TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.types import Message, Scope, Send

from sekali import fhir, kernel

from .encodings import CODINGS, compress
from .outcomes import FHIR_JSON, failure_response

JSON = frozenset({"application/fhir+json", "application/json", "application/json+fhir", "text/json", "json"})
LINES = frozenset({"application/fhir+ndjson", "application/ndjson", "ndjson"})
"""What bulk files are; asked for elsewhere it is answered as JSON."""
XML = {
    "application/fhir+xml": "application/fhir+xml",
    "application/xml+fhir": "application/fhir+xml",
    "xml": "application/fhir+xml",
    "application/xml": "application/xml",
    "text/xml": "text/xml; charset=utf-8",
}
"""What is asked for -> what the answer calls itself; R4 wants a generic name answered by itself."""
FORMATS = ("application/fhir+json", "json", "application/fhir+xml", "xml")
"""As the CapabilityStatement lists them."""
VARY = "Accept, Accept-Encoding"
INSIDE = "sekali.inside"
"""In the scope of a request that stands in a Bundle: its answer becomes a part of JSON."""
T = TypeVar("T")
_ANY = ("*/*", "application/*")
_WORTH_COMPRESSING = 1024
_WORTH_A_THREAD = 64 << 10
"""Bytes; what takes longer to turn than a thread takes to start."""


class Wanted(NamedTuple):
    """:ivar xml: the media type to answer with; empty for JSON.
    :ivar coding: one of ``CODINGS``, or empty.
    """

    xml: str
    pretty: bool
    coding: str


PLAIN = Wanted("", False, "")


def is_xml(media_type: str) -> bool:
    """Whether a body of this type is FHIR's XML."""
    return media_type in XML and "/" in media_type


async def from_xml(body: bytes) -> bytes:
    """A body in XML as JSON. Raises Invalid."""
    return await _apart(fhir.from_xml, body)


async def _apart(turn: Callable[..., T], body: bytes, *more: object) -> T:
    """``turn`` of a body; of a large one in a thread, so that it stands in nobody's way."""
    if len(body) > _WORTH_A_THREAD:
        return await asyncio.to_thread(turn, body, *more)
    return turn(body, *more)


def wanted(scope: Scope) -> Wanted:
    """What a request asks for; ``_format`` wins over Accept. Raises NotAcceptable for a format that is not had."""
    if INSIDE in scope:
        return PLAIN
    accept = coding = sent = b""
    for name, value in scope["headers"]:
        if name == b"accept":
            accept = accept + b"," + value if accept else value
        elif name == b"accept-encoding":
            coding = coding + b"," + value if coding else value
        elif name == b"content-type" and b"xml" in value:
            sent = value
    query = scope["query_string"]
    if b"_format" not in query and b"_pretty" not in query:
        query = b""
    if not (accept or coding or query or sent):
        return PLAIN
    return _understood(accept, coding, query, sent)


@lru_cache(512)
def _understood(accept: bytes, coding: bytes, query: bytes, sent: bytes) -> Wanted:
    asked = dict(parse_qsl(query.decode("latin-1")))
    format = asked.get("_format", "").replace(" ", "+")  # a plus sign that nobody escaped
    if not format and accept in (b"", b"*/*"):
        format = sent.decode("latin-1")  # who sends XML and asks for nothing else is answered in it
    media = _media(format or accept.decode("latin-1"))
    found = Wanted(media, asked.get("_pretty") == "true", _coding(coding.decode("latin-1")))
    return PLAIN if found == PLAIN else found


def _media(text: str) -> str:
    """Of a list of media types with weights: empty for JSON, else the name for XML. Raises NotAcceptable."""
    if not text.strip():
        return ""
    for name in _by_weight(text):
        if name in XML:
            return XML[name]
        if name in JSON or name in LINES or name in _ANY:
            return ""
    raise kernel.NotAcceptable("Sekali answers application/fhir+json and application/fhir+xml.", path="Accept")


def _coding(text: str) -> str:
    """The best coding of those with the highest weight; empty where none is known."""
    for name in _by_weight(text, CODINGS):
        if name == "*":
            return CODINGS[0]
        if name in (*CODINGS, "identity"):
            return "" if name == "identity" else name
    return ""


def _by_weight(text: str, better: tuple[str, ...] = ()) -> Iterator[str]:
    """The names of a header's list, by their ``q``, then as in ``better``, then as they came; those of no weight not."""
    found = []
    for part in text.lower().split(","):
        name, *params = (one.strip() for one in part.split(";"))
        weight = next((param[2:] for param in params if param.startswith("q=")), "1")
        try:
            found.append((-float(weight), better.index(name) if name in better else len(better), name))
        except ValueError:
            continue  # a weight that is no number
    return (name for weight, _, name in sorted(found, key=lambda one: one[:2]) if weight < 0)


def negotiated(scope: Scope, send: Send) -> Send:
    """``send``, or one that turns what it is given into what the request asks for. Raises NotAcceptable."""
    asked = wanted(scope)
    return send if asked is PLAIN else _Turning(asked, send)


class _Turning:
    """Takes an answer of FHIR JSON whole, and sends it on in another form; any other answer goes on as it is."""

    def __init__(self, asked: Wanted, send: Send) -> None:
        self._asked = asked
        self._send = send
        self._start: Message | None = None
        self._parts: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and (b"content-type", FHIR_JSON.encode()) in message["headers"]:
            self._start = message
            return
        if self._start is None:
            await self._send(message)
            return
        self._parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            await self._finish(self._start, b"".join(self._parts))

    async def _finish(self, start: Message, body: bytes) -> None:
        status = start["status"]
        try:
            type, coding, body = await _apart(_turned, body, self._asked)
        except kernel.Invalid as error:  # kept before anybody asked for XML, which is stricter
            refusal = failure_response(
                kernel.NotAcceptable(
                    "This cannot be written in XML. Ask for application/fhir+json.", path=error.faults[0].path
                )
            )
            status, type, coding, body = refusal.status_code, FHIR_JSON, "", bytes(refusal.body)
        headers = [
            (name, value) for name, value in start["headers"] if name not in (b"content-type", b"content-length")
        ]
        headers += [(b"content-type", type.encode()), (b"content-length", b"%d" % len(body))]
        if coding:
            headers.append((b"content-encoding", coding.encode()))
        await self._send(start | {"status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def _turned(body: bytes, asked: Wanted) -> tuple[str, str, bytes]:
    """Media type, coding and bytes. Raises Invalid for what XML cannot carry."""
    if asked.xml:
        body = fhir.to_xml(body, asked.pretty)
    elif asked.pretty:
        body = msgspec.json.format(body, indent=2)
    coding = asked.coding if len(body) > _WORTH_COMPRESSING else ""
    return asked.xml or FHIR_JSON, coding, compress(coding, body) if coding else body
