"""Security headers on every answer, the ones that no page of ours made too (OWASP Secure Headers Project)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC = "/static/"
EVERYWHERE = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),  # for browsers that do not know frame-ancestors
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
PERSONAL = (b"cache-control", b"no-store")
"""Whatever is not a file of the program may be of a person."""
HTTPS = (b"strict-transport-security", b"max-age=63072000")
"""Two years; without includeSubDomains, for the city's other names are not ours to decide on."""


class Headers:
    """Gives each answer the headers that it has not given itself."""

    def __init__(self, app: ASGIApp, https: bool) -> None:
        self._app = app
        self._files = (*EVERYWHERE, HTTPS) if https else EVERYWHERE
        self._others = (*self._files, PERSONAL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        wanted = self._files if scope["path"].startswith(STATIC) else self._others

        async def armed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                given = {name.lower() for name, _ in headers}
                message["headers"] = headers + [one for one in wanted if one[0] not in given]
            await send(message)

        await self._app(scope, receive, armed)
