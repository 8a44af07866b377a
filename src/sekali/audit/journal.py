"""Reads are audited too: their events are committed in groups, and an answer leaves when its group is durable."""

import asyncio
from collections.abc import Sequence

from sekali import kernel

from .chain import append_alone
from .event import Event

GROUP = 1000
"""The most answers that wait for one commit; those behind it go with the next."""
MANY, PAUSE = 8, 0.002
"""After a group of so many the next one begins so many seconds later, and is larger: a commit costs nearly the same for one
as for fifty (docs/measurements.md). Where few ask, nobody waits."""


class Journal:
    """Group commit of audit events that have no transaction of their own."""

    def __init__(self, database: kernel.Database) -> None:
        self._database = database
        self._waiting: list[tuple[Sequence[Event], asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def record(self, event: Event) -> None:
        """Return when ``event`` is on disk. Raises Unavailable: what cannot be audited is not answered."""
        await self.record_all([event])

    async def record_all(self, events: Sequence[Event]) -> None:
        """The same for several at once; for none it returns at once."""
        if not events:
            return
        durable = asyncio.get_running_loop().create_future()
        self._waiting.append((events, durable))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        await durable

    async def _write(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
                await self._commit(group)
                if len(group) >= MANY:
                    await asyncio.sleep(PAUSE)
        finally:
            self._writer = None

    async def _commit(self, group: list[tuple[Sequence[Event], asyncio.Future[None]]]) -> None:
        try:
            await append_alone(self._database, [event for events, _ in group for event in events])
        except Exception as error:
            for _, durable in group:
                if not durable.done():
                    durable.set_exception(error)
            return
        for _, durable in group:
            if not durable.done():
                durable.set_result(None)
