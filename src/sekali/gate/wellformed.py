"""Only what is a request goes further: what no browser and no system sends is answered at once."""

import re
from collections.abc import Callable
from urllib.parse import quote_from_bytes

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sekali import kernel

Refuse = Callable[[str, kernel.Failure], Response]
"""The path, and why -> the answer, in the shape of that door."""
_HOST = re.compile(rb"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?").fullmatch
"""A name or address, and a port (RFC 9110, 7.2)."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]").search
_AS_IT_IS = "".join(map(chr, range(0x21, 0x7F)))


class Wellformed:
    """Refuses a Host that is none, or several, and control characters in the path; writes a query as ASCII."""

    def __init__(self, app: ASGIApp, refuse: Refuse) -> None:
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) > 1 or (hosts and not _HOST(hosts[0])) or _CONTROL(scope["path"]):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            failure = kernel.Invalid("This address cannot be read. Open Sekali by its own address.", path="Host")
            await self._refuse(scope["path"], failure)(scope, receive, send)
            return
        if not scope["query_string"].isascii():
            scope["query_string"] = quote_from_bytes(scope["query_string"], safe=_AS_IT_IS).encode()
        await self._app(scope, receive, send)
