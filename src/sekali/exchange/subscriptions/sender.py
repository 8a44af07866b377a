"""Sending by POST: each subscription's events in their order, each at least once, again and again until they are taken.

One web process of all does it: the one whose connection holds a lock of PostgreSQL's. When it dies, however it dies, its
connection ends, and another has the lock within a second.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from sekali import kernel

from . import signing
from .bell import Bell
from .book import Book
from .endpoints import Unreachable
from .notifications import Notifications
from .posting import connected
from .subscription import Subscription
from .wanted import Wanted, understood

log = logging.getLogger("sekali.subscriptions")
EVERY = 1.0
"""Seconds after which the sender looks, also when nobody rang."""
TIDY_EVERY = 300.0
AT_ONCE = 8
LOCK = 0x5EC0_0012
CHANNEL = "subscription"


class Sender:
    """Tells subscribers by POST."""

    def __init__(self, book: Book, notifications: Notifications, bell: Bell) -> None:
        self._book = book
        self._notifications = notifications
        self._bell = bell
        self._at_work: dict[UUID, asyncio.Task[None]] = {}
        self._again: set[UUID] = set()
        self._turns = asyncio.Semaphore(AT_ONCE)

    def working(self) -> AbstractAsyncContextManager[None]:
        """Listen, and send if no other process does, while the block runs."""
        return kernel.beside(self._work())

    async def _work(self) -> None:
        while True:
            with contextlib.suppress(kernel.Failure):  # the database is on its way back
                async with self._book.database.line(CHANNEL, self._bell.ring) as line:
                    await self._stay(line)
            await asyncio.sleep(EVERY)

    async def _stay(self, line: kernel.Session) -> None:
        """While ``line`` lasts. Whoever has lost it has lost the lock as well, and stops. Raises Unavailable."""
        leads, tidied, clock = False, 0.0, asyncio.get_running_loop().time
        try:
            self._bell.ring()  # while there was no line, nobody could ring
            with self._bell.ear() as ear:
                while True:
                    leads = leads or await line.fetchval("select pg_try_advisory_lock($1)", LOCK)
                    if leads:
                        if clock() - tidied >= TIDY_EVERY:
                            tidied = clock()
                            await self._book.tidy()
                        for id in await self._book.due(line):
                            self._begin(id)
                    await ear.listen(EVERY)
        finally:
            for task in self._at_work.values():
                task.cancel()
            await asyncio.gather(*self._at_work.values(), return_exceptions=True)

    def _begin(self, id: UUID) -> None:
        if id in self._at_work:
            self._again.add(id)
            return
        task = self._at_work[id] = asyncio.create_task(self._serve(id))
        task.add_done_callback(lambda _: self._ended(id))

    def _ended(self, id: UUID) -> None:
        del self._at_work[id]
        if id in self._again:  # something came while it was on its way out
            self._again.discard(id)
            self._bell.ring()

    async def once(self) -> None:
        """Send everything that is due, as far as it is taken."""
        await asyncio.gather(*(self._serve(id) for id in await self._book.due(self._book.database)))

    async def _serve(self, id: UUID) -> None:
        async with self._turns:
            one = None
            try:
                while (one := await self._book.one(id)) is not None and await self._step(one):
                    pass
            except kernel.Failure:
                return  # no database; the next look goes on
            except Exception as error:
                log.error("subscription %s: %s", id, kernel.places(error))
                if one is not None:
                    with contextlib.suppress(kernel.Failure):
                        await self._book.failed(one, "Something went wrong here; it is in our log.")

    async def _step(self, one: Subscription) -> bool:
        """Send one message, if there is one to send; whether there may be another."""
        if one.due_at > kernel.now():
            return False
        try:
            wanted = understood(one.content, self._book.policy)
        except kernel.Invalid as refused:
            await self._book.failed(one, f"It is not allowed any more: {refused.faults[0].reason}.")
            return False
        if wanted.channel != "rest-hook":
            return False
        grant = await self._notifications.grant(one)
        if grant is None:
            await self._book.failed(one, "Its client is no more.", for_good=True)
            return False
        if not one.shaken:
            name = f"handshake-{one.wish}"
            return await self._post(one, wanted, name, one.delivered, self._plain(one, "handshake", wanted))
        await self._book.number(one.id)
        events = await self._book.events(one.id, wanted.at_once, one.delivered + 1)
        if events:
            last = events[-1].number
            name = f"events-{events[0].number}-{last}"
            return await self._post(
                one, wanted, name, last,
                lambda: self._notifications.of_events(one, grant, events, wanted.content),
            )  # fmt: skip
        if one.delivered < one.numbered:
            await self._book.skip(one)
        if one.beat_at is not None and one.beat_at <= kernel.now():
            name = f"heartbeat-{int(one.beat_at.timestamp())}"
            return await self._post(one, wanted, name, one.delivered, self._plain(one, "heartbeat", wanted))
        return False

    def _plain(self, one: Subscription, kind: str, wanted: Wanted) -> Callable[[], Awaitable[bytes]]:
        async def body() -> bytes:
            return self._notifications.without_events(one, kind, wanted.content)

        return body

    async def _post(
        self, one: Subscription, wanted: Wanted, name: str, up_to: int, body: Callable[[], Awaitable[bytes]]
    ) -> bool:
        """One attempt; whether it was taken. ``body`` is made, and audited, when the connection is there."""
        try:
            async with (
                asyncio.timeout(wanted.timeout),
                connected(self._book.policy.endpoint(wanted.endpoint), self._book.policy) as line,
            ):
                message, now = await body(), kernel.now()
                signed = signing.headers(one.secrets(now), f"{one.id}-{name}", int(now.timestamp()), message)
                status = await line.post([("Content-Type", wanted.media_type), *signed, *wanted.headers], message)
        except TimeoutError:
            why = "The endpoint did not answer in time."
        except Unreachable as unreachable:
            why = str(unreachable)
        except ssl.SSLCertVerificationError:
            why = "The endpoint's certificate is not valid."
        except OSError:
            why = "The endpoint cannot be reached."
        else:
            if 200 <= status < 300:
                await self._book.taken(one, wanted, up_to)
                return True
            why = f"The endpoint answered {status}."
            await self._book.failed(one, why, for_good=status == 410)
            return False
        await self._book.failed(one, why)
        return False
