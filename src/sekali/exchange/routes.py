"""The route table. Every route says whose authority it needs; a test walks it."""

import logging
import secrets
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router, WebSocketRoute
from starlette.types import Receive, Scope, Send

from sekali import kernel, security

from . import auditevents, consents, operations
from .access import actor_of, admit, grant_of
from .bulk import handlers as bulk
from .doors import Doors
from .interactions import capabilities, create, delete, history, patch, read, search, transaction, update, vread
from .messages import BASE
from .oauth import access_token
from .outcomes import failure_response, unexpected
from .representation import VARY, negotiated
from .requestlog import WHO, Watch
from .requestlog.handler import own_log
from .smart import configuration
from .subscriptions import handlers as subscriptions

log = logging.getLogger("sekali.exchange")
Open = Callable[[Request, Doors], Awaitable[Response]]


def refusal(error: BaseException) -> Response:
    """The answer to what went wrong: a Failure as it is, anything else as a reference into the log."""
    if isinstance(error, kernel.Failure):
        return failure_response(error)
    reference = secrets.token_hex(4)
    log.error("reference %s: %s", reference, kernel.places(error))
    return unexpected(reference)


class Endpoint:
    """One interaction as an ASGI application; failures leave as OperationOutcome.

    :ivar path: as the request log tells it.
    :ivar authority: ``public`` or ``bearer token``.
    """

    def __init__(
        self, path: str, interaction: Open, doors: Doors, authority: str, plain: bool = False, counted: bool = True
    ) -> None:
        self.path = path
        self.interaction = interaction
        self._plain = plain  # has one form only, whatever is asked for
        self._counted = counted
        self.authority = authority
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        watch = send = Watch(send)
        try:
            send = send if self._plain else negotiated(scope, send)
            if self._counted:
                admit(scope, self._doors)
            response = await self.interaction(request, self._doors)
        except Exception as error:
            response = watch.refused(refusal(error))
        response.headers.setdefault("Vary", VARY)
        await response(scope, receive, send)
        self._doors.log.note(scope, self.path, watch)


def _granted(interaction: Callable[..., Awaitable[Response]], whole: bool = False) -> Open:
    """``whole``: it is about all kinds at once, so a token of some kinds only does not do."""

    async def run(request: Request, doors: Doors) -> Response:
        authorization = request.headers.get("authorization", "").encode("latin-1")
        grant = await grant_of(authorization, doors)
        if whole:
            security.require_whole(grant.actor.scope)
        request.scope[WHO] = grant.actor.name, grant.actor.facility
        return await interaction(request, doors, grant)

    run.__name__ = interaction.__module__.rpartition(".")[2]
    return run


def _known(handler: bulk.Handler) -> Open:
    async def run(request: Request, doors: Doors) -> Response:
        authorization = request.headers.get("authorization", "").encode("latin-1")
        actor = await actor_of(authorization, doors)
        request.scope[WHO] = actor.name, actor.facility
        return await handler(request, doors, actor)

    return run


async def _log(request: Request, doors: Doors) -> Response:
    """The request log does not tell of itself: whoever looks every second would see nothing else."""
    authorization = request.headers.get("authorization", "").encode("latin-1")
    return await own_log(request, doors.log, await actor_of(authorization, doors))


async def _post_for_tokens(request: Request, doors: Doors) -> Response:
    raise kernel.NotFound("A token is given to a POST with client_id and client_secret in the body.")


async def _nothing_here(request: Request, doors: Doors) -> Response:
    raise kernel.NotFound("There is no such interaction. GET %(base)s/metadata lists those there are.", base=BASE)


def routes(doors: Doors) -> list[BaseRoute]:
    """The interactions that Sekali has, and an answer for those that it has not."""

    def granted(path: str, method: str, interaction: Callable[..., Awaitable[Response]], whole: bool = False) -> Route:
        endpoint = Endpoint(BASE + path, _granted(interaction, whole), doors, "bearer token")
        return Route(BASE + path, endpoint, methods=[method])

    def consent(method: str, interaction: Callable[..., Awaitable[Response]]) -> Route:
        endpoint = Endpoint(consents.PATH, _granted(interaction), doors, "bearer token")
        return Route(consents.PATH, endpoint, methods=[method])

    def known(path: str, method: str, interaction: Open) -> Route:
        return Route(
            BASE + path, Endpoint(BASE + path, interaction, doors, "bearer token", plain=True), methods=[method]
        )

    def public(path: str, method: str, interaction: Open, counted: bool = True) -> Route:
        return Route(path, Endpoint(path, interaction, doors, "public", counted=counted), methods=[method])

    bundles, smart = transaction.Bundles(), "/.well-known/smart-configuration"
    found = [
        read.ReadRoute(BASE, read.Read(doors, admit, grant_of, refusal)),  # the most frequent first
        public(f"{BASE}/metadata", "GET", capabilities.capabilities, counted=False),  # also asked: is it up?
        known("/$log", "GET", _log),
        *(known(path, method, _known(handler)) for path, method, handler in bulk.routes()),
        *(granted(path, method, handler, whole=True) for path, method, handler in subscriptions.routes()),
        WebSocketRoute(BASE + doors.subscriptions.sockets.PATH, doors.subscriptions.sockets),
        *(granted(path, method, handler, whole=True) for path, method, handler in auditevents.routes()),
        *(granted(path, method, handler) for path, method, handler in operations.routes()),
        granted("/_history", "GET", history.history_of_all),
        granted("/{type}", "GET", search.search),
        Route(BASE + smart, Endpoint(BASE + smart, configuration, doors, "public", plain=True), methods=["GET"]),
        public("/oauth2/v1/accesstoken", "POST", access_token),
        public("/oauth2/v1/accesstoken", "GET", _post_for_tokens),
        consent("GET", consents.standing),
        consent("POST", consents.say),
        granted("/{type}/_search", "POST", search.search_by_form),
        granted("/{type}/_history", "GET", history.history_of_type),
        granted("/{type}/{id}/_history", "GET", history.history),
        granted("/{type}/{id}/_history/{version}", "GET", vread.vread),
        granted("/{type}/{id}", "GET", read.unknown),
        granted("", "POST", bundles),
        granted("/", "POST", bundles),
        granted("/{type}", "POST", create.create),
        granted("/{type}/{id}", "PUT", update.update),
        granted("/{type}/{id}", "PATCH", patch.patch),
        granted("/{type}/{id}", "DELETE", delete.delete),
        granted("/{type}", "PUT", update.update_where),
        granted("/{type}", "DELETE", delete.delete_where),
        granted("/{type}", "PATCH", patch.patch_where),
        # whatever the method is, also of what there is by another one
        *(Route(path, Endpoint(path, _nothing_here, doors, "public"))
          for path in ("/oauth2/v1/accesstoken", BASE, BASE + "/{rest:path}")),
    ]  # fmt: skip
    bundles.inner = Router(found)
    return found
