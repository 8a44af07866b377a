"""Telling by websocket, for those who cannot be called: the subscriber connects, binds with a token, and listens.

https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/channels.html#websockets. A connection is served by the process that
it came to. Each subscription goes on after the last event that was sent; numbers tell whether one is missing.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from sekali import kernel, security

from .bell import ALL, Bell
from .book import Book
from .notifications import Notifications
from .subscription import Subscription
from .wanted import Wanted, understood

log = logging.getLogger("sekali.subscriptions")
TOKEN = timedelta(hours=1)
MOST_OPEN = 200
"""Connections of one process."""
UNBOUND = 10.0
"""Seconds for which a connection may say nothing."""
STALLED = 30.0
"""Seconds for which a subscriber may take nothing."""
EVERY = 1.0
LOOK_EVERY = 30.0
"""Seconds after which a connection looks, also when nobody rang."""
PURPOSE = "subscription websocket"
TRY_AGAIN, REFUSED, GOING = 1013, 1008, 1001
_WORD = "bind-with-token"


def sockets_url(base: str) -> str:
    """Where a websocket connects to a server whose FHIR base this is."""
    return base.replace("http", "ws", 1) + Sockets.PATH


class _Token(msgspec.Struct):
    token: str = ""


class _Message(msgspec.Struct):
    """A message in JSON, as some clients send it."""

    type: str = ""
    payload: _Token = msgspec.field(default_factory=_Token)


_decoder = msgspec.json.Decoder(_Message)


@dataclass(slots=True)
class _Bound:
    """:ivar sent: the number of the last event that this connection was told.
    :ivar fresh: bound just now: nobody has looked yet what happened before.
    """

    wish: int
    until: datetime
    sent: int
    beat_at: datetime | None
    fresh: bool = True

    def beats(self) -> bool:
        """Whether it is time to say that we are still there."""
        return self.beat_at is not None and self.beat_at <= kernel.now()


class _Refused(Exception):  # noqa: N818 - how a connection ends
    """The connection is closed, with a reason."""


class Sockets:
    """An ASGI application for websockets. Whoever connects is nobody until they bind."""

    PATH = "/subscriptions"
    authority = "binding token"

    def __init__(self, book: Book, notifications: Notifications, doorkeeper: security.Doorkeeper, bell: Bell) -> None:
        self._book = book
        self._notifications = notifications
        self._doorkeeper = doorkeeper
        self._bell = bell
        self._open = 0

    def token(self, actor: security.Actor, ids: Sequence[UUID]) -> tuple[str, datetime]:
        """Leave to listen to some subscriptions of ``actor``, and until when."""
        until = kernel.now() + TOKEN
        return self._doorkeeper.seal(" ".join(map(str, (actor.id, until.isoformat(), *ids))), PURPOSE), until

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        if self._open >= MOST_OPEN:
            await socket.close(TRY_AGAIN)
            return
        self._open += 1
        try:
            await socket.accept()
            await self._serve(_Connection(self, socket))
        except WebSocketDisconnect:
            pass
        finally:
            self._open -= 1

    async def _serve(self, connection: "_Connection") -> None:
        tasks = [asyncio.create_task(connection.hear()), asyncio.create_task(connection.tell())]
        code, reason = GOING, ""
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
        except _Refused as refused:
            code, reason = REFUSED, str(refused)
        except WebSocketDisconnect:
            return
        except TimeoutError:
            code = REFUSED
        except kernel.Failure:
            code = TRY_AGAIN
        except Exception as error:
            log.error("websocket: %s", kernel.places(error))
            code = TRY_AGAIN
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # the other end was faster
            await connection.socket.close(code, reason)


class _Connection:
    """One subscriber's connection, with what is bound to it."""

    def __init__(self, sockets: Sockets, socket: WebSocket) -> None:
        self.socket = socket
        self._sockets = sockets
        self._bound: dict[UUID, _Bound] = {}
        self._turn = asyncio.Lock()

    async def hear(self) -> None:
        """Bind, and bind again, as often as the subscriber asks, until it goes. Raises _Refused, TimeoutError."""
        async with asyncio.timeout(UNBOUND) as limit:
            while True:
                message = await self.socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                await self._understand(message.get("text") or "")
                limit.reschedule(None if self._bound else limit.when())

    async def _understand(self, text: str) -> None:
        if text.startswith("{"):
            try:
                message = _decoder.decode(text)
            except msgspec.MsgspecError:
                raise _Refused("This is not JSON that is understood here.") from None
            if message.type == "ping":
                await self._send(b'{"type":"pong"}')
                return
            word, token = message.type, message.payload.token
        else:
            word, _, token = text.strip().partition(" ")
        if word.rstrip(":") != _WORD:
            raise _Refused("Send: bind-with-token, a blank, and the token.")
        await self._bind(token.strip())

    async def _bind(self, token: str) -> None:
        sockets = self._sockets
        said = sockets._doorkeeper.unseal(token, PURPOSE, TOKEN.total_seconds()) if token.isascii() else None
        if said is None:
            raise _Refused("This token is unknown or has ended. Ask $get-ws-binding-token for another.")
        client, until, *ids = said.split(" ")
        found = await sockets._book.listening(UUID(client), [UUID(id) for id in ids])
        for one in found:
            await asyncio.sleep((one.due_at - kernel.now()).total_seconds())  # until every process knows of it
            wanted = understood(one.content, sockets._book.policy)
            await sockets._book.taken(one, wanted, one.delivered)
            now = await sockets._book.one(one.id)
            if now is None:
                continue
            await self._send(sockets._notifications.without_events(now, "handshake", wanted.content))
            before = self._bound.get(one.id)
            sent = max(one.delivered, before.sent if before is not None and before.wish == one.wish else 0)
            self._bound[one.id] = _Bound(one.wish, datetime.fromisoformat(until), sent, now.beat_at)
        if not found:
            raise _Refused("None of this token's Subscriptions is there any more.")

    async def tell(self) -> None:
        """Tell what happens. Raises _Refused when the last token has ended, Failure."""
        clock, looked = asyncio.get_running_loop().time, 0.0
        heard: set[str] = set()
        with self._sockets._bell.ear() as ear:
            while True:
                everywhere = ALL in heard or clock() - looked >= LOOK_EVERY
                looked = clock() if everywhere else looked
                had = bool(self._bound)
                for id, bound in list(self._bound.items()):
                    news = everywhere or bound.fresh or str(id) in heard or bound.beats()
                    over = bound.until <= kernel.now() or (news and not await self._tell(id, bound))
                    if over and self._bound.get(id) is bound:  # and was not bound anew meanwhile
                        del self._bound[id]
                if had and not self._bound:
                    raise _Refused("Nothing is bound any more. Bind with a new token.")
                heard = await ear.listen(EVERY)

    async def _tell(self, id: UUID, bound: _Bound) -> bool:
        """What has happened since of one subscription; False when it is not there any more, or not the same."""
        sockets = self._sockets
        one = await sockets._book.one(id)
        grant = await sockets._notifications.grant(one) if one is not None else None
        if one is None or grant is None or one.wish != bound.wish:
            return False
        wanted = understood(one.content, sockets._book.policy)
        await sockets._book.number(id)
        while events := await sockets._book.events(id, wanted.at_once, bound.sent + 1):
            await self._send(await sockets._notifications.of_events(one, grant, events, wanted.content))
            bound.sent = events[-1].number
            await self._taken(one, wanted, bound)
        bound.fresh = False
        if bound.beats():
            await self._send(sockets._notifications.without_events(one, "heartbeat", wanted.content))
            await self._taken(one, wanted, bound)
        return True

    async def _taken(self, one: Subscription, wanted: Wanted, bound: _Bound) -> None:
        await self._sockets._book.taken(one, wanted, bound.sent)
        bound.beat_at = kernel.now() + timedelta(seconds=wanted.beat) if wanted.beat else None

    async def _send(self, body: bytes) -> None:
        async with self._turn, asyncio.timeout(STALLED):
            await self.socket.send_text(body.decode())
