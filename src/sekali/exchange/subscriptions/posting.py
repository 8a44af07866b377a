"""One POST over HTTP/1.1, to an address that was looked at before.

The connection is made first, so that what is to be said is read, and audited, only when there is somebody to say it to.
No redirect is followed, of the answer only the status is read.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cache

import httptools

from .endpoints import Endpoint, Policy, Unreachable

LARGEST_ANSWER = 64 << 10
"""Bytes of status and headers."""
Headers = Sequence[tuple[str, str]]


@cache
def _tls() -> ssl.SSLContext:
    """The machine's own certificate authorities (SSL_CERT_FILE names others)."""
    return ssl.create_default_context()


class _Status:
    """What httptools tells of the answer."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self.found: int | None = None

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status >= 200:  # an answer of 1xx comes before the real one
            self.found = status

    def feed(self, data: bytes) -> int | None:
        with suppress(httptools.HttpParserUpgrade):
            self._parser.feed_data(data)
        return self.found


class Line:
    """A connection for one POST."""

    def __init__(self, endpoint: Endpoint, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._endpoint = endpoint
        self._reader = reader
        self._writer = writer

    async def post(self, headers: Headers, body: bytes) -> int:
        """The status of the answer. Raises Unreachable, OSError, ssl.SSLError."""
        lines = [
            f"POST {self._endpoint.target} HTTP/1.1", f"Host: {self._endpoint.authority}", "Connection: close",
            f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in headers),
        ]  # fmt: skip
        self._writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        await self._writer.drain()
        status, size = _Status(), 0
        while data := await self._reader.read(8192):
            size += len(data)
            try:
                found = status.feed(data)
            except httptools.HttpParserError:
                raise Unreachable("The endpoint did not answer in HTTP.") from None
            if found is not None:
                return found
            if size > LARGEST_ANSWER:
                raise Unreachable("The endpoint's answer was too large.")
        raise Unreachable("The endpoint closed the connection without an answer.")


async def _opened(endpoint: Endpoint, addresses: Sequence[str]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """To the first address that answers."""
    tls = {"ssl": _tls(), "server_hostname": endpoint.host} if endpoint.secure else {}
    for address in addresses[:-1]:
        with suppress(OSError):
            return await asyncio.open_connection(address, endpoint.port, **tls)
    return await asyncio.open_connection(addresses[-1], endpoint.port, **tls)


@asynccontextmanager
async def connected(endpoint: Endpoint, policy: Policy) -> AsyncIterator[Line]:
    """A connection to the endpoint while the block runs. The caller limits the time. Raises as :meth:`Line.post`."""
    reader, writer = await _opened(endpoint, await policy.resolve(endpoint))
    try:
        yield Line(endpoint, reader, writer)
    finally:
        writer.close()
