"""A page: its path, whose it is, and everything that must hold before its handler runs."""

import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sekali import care, kernel, program, records, security

from . import uploads
from .failures import failure_page, unexpected_page
from .forms import typed
from .frame import HEADERS, choose_language
from .keep import kept
from .login import login_page

log = logging.getLogger("sekali.web")
COOKIE = "sekali"
RESCUERS = {security.Role.DOCTOR, security.Role.NURSE}
"""Who may open a record in an emergency; while they have one open, each of their pages says so."""
PUBLIC: frozenset[security.Role] = frozenset()
"""Nobody has to log in."""


class Login(Protocol):
    """A demo account that the login page offers."""

    @property
    def username(self) -> str: ...
    @property
    def facility(self) -> str: ...
    @property
    def to_try(self) -> str: ...


class Asked(Protocol):
    """One request of a facility's own system, as the exchange's log keeps it."""

    @property
    def client(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def parameters(self) -> Sequence[str]: ...
    @property
    def status(self) -> int: ...
    @property
    def milliseconds(self) -> float: ...
    @property
    def size(self) -> int: ...
    @property
    def issues(self) -> Sequence[object]: ...


Requests = Callable[[UUID], Awaitable[Sequence[Asked]]]
"""The last requests of an organization's systems, the newest first; ``exchange`` keeps them, ``app`` joins the two."""


class Copies(Protocol):
    """Copies of a person's own record; ``exchange`` makes them, ``app`` joins the two."""

    async def everything(self, grant: security.Grant) -> bytes: ...
    async def summary(self, grant: security.Grant) -> bytes: ...
    async def resources(self, grant: security.Grant, most: int) -> list[records.Stored]: ...


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A client of the exchange, and a hospital to refer to, that the documentation's examples are tried with."""

    client: str
    secret: str
    hospital: str


@dataclass(frozen=True, slots=True)
class Doors:
    """What the pages stand in front of; joined by ``app``. ``addresses`` and ``accounts``: how often each may ask."""

    database: kernel.Database
    care: care.Care
    program: program.Program
    doorkeeper: security.Doorkeeper
    settings: kernel.Settings
    requests: Requests
    copies: Copies
    addresses: kernel.Rates
    accounts: kernel.Rates
    logins: Sequence[Login] = ()
    sandbox: Sandbox | None = None


Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Page:
    """One entry of the route table. ``authority`` is the roles that may, empty for everyone; ``upload``: of a file."""

    path: str
    handler: Handler
    authority: frozenset[security.Role]
    methods: tuple[str, ...]
    upload: bool = False

    def route(self, doors: Doors) -> Route:
        """The Starlette route, with everything that comes before the handler."""
        return Route(self.path, _Endpoint(self, doors), methods=list(self.methods))


def page(
    path: str, handler: Handler, roles: frozenset[security.Role] | set[security.Role], method: str = "GET",
    upload: bool = False,
) -> Page:  # fmt: skip
    """Declare a page. ``roles`` is PUBLIC or the roles that may."""
    return Page(path, handler, frozenset(roles), (method,), upload)


class _Endpoint:
    def __init__(self, page: Page, doors: Doors) -> None:
        self.authority = page.authority
        self._page = page
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._answer(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if getattr(request.state, "hang_up", False):
            response.headers["Connection"] = "close"
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        request.state.doors, request.state.actor = self._doors, None
        request.state.language = choose_language(request)
        request.state.typed, request.state.emergencies, request.state.untold = {}, (), False
        try:
            self._doors.addresses.take(kernel.neighbourhood(request.client.host if request.client else ""))
            require_same_origin(request)
            if request.method == "POST" and not self._page.upload:
                request.state.typed = await typed(request)
            actor = request.state.actor = await _actor(request, self._doors)
            if actor is not None and actor.role in RESCUERS:
                request.state.emergencies = await self._doors.care.emergency.mine(actor)
            if actor is not None:
                request.state.untold = await self._doors.doorkeeper.emergency.untold(actor)
            if self._page.upload:
                await uploads.read(request, trusted=actor is not None and actor.role in self.authority)
            if self.authority and request.state.actor is None:
                return _log_in_first(request)
            if self.authority and request.state.actor.role not in self.authority:
                raise kernel.Forbidden("This page belongs to another desk than yours.")
            return await self._page.handler(request)
        except kernel.Failure as failure:
            return failure_page(request, failure)
        except Exception as error:
            reference = secrets.token_hex(4)
            log.error("reference %s: %s", reference, kernel.places(error))
            return unexpected_page(request, reference)


def device(request: Request) -> security.Device:
    """Where a request comes from."""
    host = request.client.host if request.client else ""
    return security.Device(host, request.headers.get("user-agent", ""))


def give_session(response: Response, token: str, doors: Doors) -> Response:
    """The answer, with the cookie of a session."""
    response.set_cookie(
        COOKIE, token, max_age=int(security.LONGEST.total_seconds()), httponly=True, samesite="lax",
        secure=doors.settings.https,
    )  # fmt: skip
    return response


async def _actor(request: Request, doors: Doors) -> security.Actor | None:
    token = request.cookies.get(COOKIE)
    actor = await doors.doorkeeper.session(token) if token else None
    if actor is not None:
        doors.accounts.take(actor.id)
    return actor


def _log_in_first(request: Request) -> Response:
    """The login page; what was typed into a form goes with it and comes back after."""
    if request.method == "POST":
        return login_page(request, 401, kept=kept(request), again=True)
    return RedirectResponse(f"/masuk?ke={request.url.path}", 303)


def require_same_origin(request: Request) -> None:
    """A form of another site cannot act here: browsers say where a POST comes from (Sec-Fetch-Site, else Origin)."""
    if request.method in ("GET", "HEAD"):
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        allowed = site == "same-origin"
    else:
        allowed = request.headers.get("origin") == f"{request.url.scheme}://{request.url.netloc}"
    if not allowed:
        raise kernel.Forbidden(
            "This form came from another site, so nothing was done. Open Sekali itself and try again."
        )
