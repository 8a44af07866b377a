"""Patience with a body that comes slowly: somebody on a bad line is waited for, somebody who only holds a place is not."""

import asyncio
from time import monotonic

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sekali import kernel

BETWEEN = 30.0
"""Seconds between two pieces."""
AT_FIRST = 60.0
"""Seconds for which the pace does not matter."""
SLOWEST = 512
"""Bytes a second after that, on average."""
_NO_BODY = frozenset({"GET", "HEAD"})


class Patience:
    """Ends a request whose body comes too slowly, by the failure TooSlow where the body is read."""

    def __init__(
        self, app: ASGIApp, between: float = BETWEEN, at_first: float = AT_FIRST, slowest: int = SLOWEST
    ) -> None:
        self._app = app
        self._between = between
        self._at_first = at_first
        self._slowest = slowest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _NO_BODY:
            await self._app(scope, receive, send)
            return
        body = _Body(receive, self._between, self._at_first, self._slowest)

        async def closing(message: Message) -> None:
            if body.late and message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        await self._app(scope, body.receive, closing)


class _Body:
    def __init__(self, receive: Receive, between: float, at_first: float, slowest: int) -> None:
        self.late = False
        self._receive = receive
        self._between = between
        self._at_first = at_first
        self._slowest = slowest
        self._whole = False
        self._size = 0
        self._since = monotonic()

    async def receive(self) -> Message:
        """The next piece. Raises TooSlow."""
        if self._whole:
            return await self._receive()
        try:
            async with asyncio.timeout(self._between):
                message = await self._receive()
        except TimeoutError:
            raise self._too_slow() from None
        self._size += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        lasted = monotonic() - self._since
        if not self._whole and lasted > self._at_first and self._size < lasted * self._slowest:
            raise self._too_slow()
        return message

    def _too_slow(self) -> kernel.TooSlow:
        self.late = True
        return kernel.TooSlow(
            "What you sent came too slowly, so nothing of it was kept. Please try again.", path="body"
        )
