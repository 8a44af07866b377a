"""One request over HTTP/1.1 to a server that the operator has named, with an end to its time and its size.

No redirect is followed: what the operator did not name is not asked.
"""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlencode, urlsplit

import httptools

PATIENCE = 10.0
"""Seconds for all of it."""
LARGEST = 256 << 10
"""Bytes of an answer."""


class Unreachable(Exception):
    """There was no answer that could be read; why, in words for the log."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


class _Reading:
    """What httptools tells of an answer."""

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.body = b""
        self.whole = False

    def on_body(self, part: bytes) -> None:
        self.body += part

    def on_message_complete(self) -> None:
        self.whole = True


@cache
def _tls() -> ssl.SSLContext:
    """The machine's own certificate authorities (SSL_CERT_FILE names others)."""
    return ssl.create_default_context()


async def fetch(url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """GET ``url``, or POST a form to it. Raises Unreachable."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await _fetch(url, form, headers or {})
    except TimeoutError:
        raise Unreachable("no answer in time") from None
    except (OSError, UnicodeError, ValueError) as error:  # ssl.SSLError is an OSError
        raise Unreachable(f"no connection: {type(error).__name__}") from None
    except httptools.HttpParserError:
        raise Unreachable("no HTTP") from None


async def _fetch(url: str, form: Mapping[str, str] | None, headers: Mapping[str, str]) -> Answer:
    parts = urlsplit(url)
    secure, host = parts.scheme == "https", parts.hostname or ""
    body = urlencode(form).encode() if form is not None else b""
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    told = {"Host": parts.netloc, "Accept": "application/json", "Connection": "close"} | headers
    if form is not None:
        told |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
    lines = [f"{'GET' if form is None else 'POST'} {target} HTTP/1.1", *(f"{name}: {told[name]}" for name in told)]
    reader, writer = await asyncio.open_connection(
        host,
        parts.port or (443 if secure else 80),
        ssl=_tls() if secure else None,
        server_hostname=host if secure else None,
    )
    try:
        writer.write("\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body)
        return await _read(reader)
    finally:
        writer.close()


async def _read(reader: asyncio.StreamReader) -> Answer:
    found, size = _Reading(), 0
    while not found.whole and (data := await reader.read(16 << 10)):
        size += len(data)
        if size > LARGEST:
            raise Unreachable("the answer is too large")
        with suppress(httptools.HttpParserUpgrade):
            found.parser.feed_data(data)
    status = found.parser.get_status_code()
    if not status:
        raise Unreachable("the connection ended without an answer")
    return Answer(status, found.body)
