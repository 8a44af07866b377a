"""read: the present version of a resource. https://hl7.org/fhir/R4/http.html#read

The most frequent interaction of all, so it speaks ASGI itself: no request and response objects stand between the
socket and the bytes that are kept (measured in docs/measurements.md).
"""

import re
from collections.abc import Awaitable, Callable
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from sekali import fhir, kernel, security

from ..doors import Doors
from ..messages import BASE, http_date
from ..outcomes import FHIR_JSON
from ..representation import VARY, negotiated
from ..requestlog import WHO, Watch
from .kinds import kind

_HEX = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_JSON = FHIR_JSON.encode()
_PATH = f"{BASE}/{{type}}/{{id}}"
_VARY = (b"vary", VARY.encode())
Grants = Callable[[bytes, Doors], Awaitable[security.Grant]]


async def unknown(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``GET /{type}/{id}`` with an id that is no UUID, which nothing here has."""
    raise kernel.NotFound("There is no %(type)s with this id.", rule="20007", type=kind(request))


class ReadRoute(Route):
    """``GET /{type}/{id}`` for UUIDs; routes after it answer for all others, for Subscriptions and AuditEvents."""

    def __init__(self, base: str, endpoint: "Read") -> None:
        super().__init__(base + "/{type}/{id}", endpoint, methods=["GET"])
        self._own = re.compile(f"{re.escape(base)}/(?!Subscription/|AuditEvent/)([A-Z][A-Za-z]+)/({_HEX})").fullmatch

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As Starlette's own, with one pattern instead of converters."""
        if scope["type"] == "http" and scope["method"] == "GET" and (found := self._own(scope["path"])):
            return Match.FULL, {"endpoint": self.endpoint, "path_params": {"type": found[1], "id": found[2]}}
        return Match.NONE, {}


class Read:
    """The interaction, with its authority for the route table."""

    authority = "bearer token"

    def __init__(
        self,
        doors: Doors,
        admit: Callable[[Scope, Doors], None],
        grants: Grants,
        refuse: Callable[[BaseException], Response],
    ) -> None:
        self._doors = doors
        self._admit = admit
        self._grants = grants
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        watch = send = Watch(send)
        try:
            send = negotiated(scope, send)
            status, headers, body = await self._answer(scope)
        except Exception as error:
            await watch.refused(self._refuse(error))(scope, receive, send)
        else:
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        self._doors.log.note(scope, _PATH, watch)

    async def _answer(self, scope: Scope) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        self._admit(scope, self._doors)
        bearer = seen = b""
        for name, value in scope["headers"]:
            if name == b"authorization":
                bearer = value
            elif name == b"if-none-match":
                seen = value
        type = scope["path_params"]["type"]
        fhir.require_kind(type)
        grant = await self._grants(bearer, self._doors)
        scope[WHO] = grant.actor.name, grant.actor.facility
        one = await self._doors.store.under(grant).read(type, UUID(scope["path_params"]["id"]))
        tag = b'W/"%d"' % one.version
        headers = [(b"etag", tag), (b"last-modified", http_date(one.updated).encode()), _VARY]
        if seen == tag:
            return 304, headers, b""
        return 200, [*headers, (b"content-type", _JSON), (b"content-length", b"%d" % len(one.content))], one.content
