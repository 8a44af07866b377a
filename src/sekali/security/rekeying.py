"""Another key for all that is kept, while others read and write; the same for what was kept under none.

First the new key is made known: from then on whoever writes uses it, and whoever looks for something does so under both. Then
every table is walked, page by page, each in a transaction of its own; a row that somebody holds is left for the next walk. When
a walk has left nothing, no row is under an older key and none will be, so these are out of use. One that was killed begins its
walk anew, and passes over what has the key already.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sekali import audit, kernel

from .actors import SYSTEM
from .cipher import Cipher
from .columns import Step
from .vault import MOST_KEYS, Vault

SQL = kernel.queries(__file__)
log = logging.getLogger(__name__)
Tell = Callable[[str, int], None]
_LOCK = 7_352_546  # any number that all Sekali processes share: one walks at a time


@dataclass(frozen=True, slots=True)
class ServerKey:
    """One key. ``left_at``: since when nothing is sealed with it any more; ``place``: where it lies or lay."""

    number: int
    made_at: datetime
    left_at: datetime | None
    place: str


class Table(Protocol):
    """A table with something sealed. Each module has its own; ``app`` joins them."""

    @property
    def table(self) -> str:
        """``schema.table``."""

    async def rekey(self, tx: kernel.Session, cipher: Cipher, after: tuple[Any, ...] | None) -> Step:
        """Give the next page of rows the newest key, and wait for nobody."""


class Rekeying:
    """Gives all tables the newest key. They are walked in order."""

    def __init__(self, database: kernel.Database, vault: Vault, cipher: Cipher, tables: Sequence[Table]) -> None:
        self._database = database
        self._vault = vault
        self._cipher = cipher
        self._tables = tables

    async def begin(self) -> int:
        """Take a new key into use; its number. Raises Trouble while an earlier rotation is unfinished."""
        if len(await self._cipher.look()) > 1:
            raise kernel.Trouble("The last change of keys is not finished. Finish it first: sekali keys finish")
        newest = self._cipher.newest
        number = max(self._vault.there())
        if number <= newest:  # else it was made before, by somebody who was stopped, or stands in the settings
            number = newest + 1
            if number > MOST_KEYS:
                raise kernel.Trouble(f"There can be at most {MOST_KEYS} keys.")
            self._vault.make(number)
        async with self._database.transaction() as tx:
            await tx.execute(SQL.lock)
            await tx.execute(SQL.take, number, self._cipher.mark(number), kernel.now())
            await audit.append(tx, [_event(number, "begun")])
        await self._cipher.look()
        return number

    async def finish(self, tell: Tell = lambda table, count: None) -> int:
        """Walk until nothing is under an older key; how many rows were given the newest. Nothing is done where nothing is.

        :param tell: is told a table and how many rows of it have it now.
        """
        if len(await self._cipher.look()) == 1:
            return 0
        total = 0
        async with self._database.line("sekali_keys", lambda said: None) as line:
            if not await line.fetchval(SQL.alone, _LOCK):
                raise kernel.Trouble("Somebody else does this at this moment.")
            for table in self._tables:
                total += await self._walk(table, tell)
            async with self._database.transaction() as tx:
                await tx.execute(SQL.lock)
                await tx.execute(SQL.leave, self._cipher.newest, kernel.now())
                await audit.append(tx, [_event(self._cipher.newest, "finished")])
        await self._cipher.look()
        return total

    async def keys(self) -> list[ServerKey]:
        """All that anything was ever sealed with, the oldest first; number 0 is none."""
        rows = await self._database.fetch(SQL.keys)
        return [ServerKey(**row, place=self._vault.place(row["number"]) if row["number"] else "") for row in rows]

    async def write_anew(self) -> None:
        """Write the files of all tables anew, so that rows as they were before lie in none. Each is locked meanwhile.

        What planners know of their columns is gathered anew too: it holds some values.
        """
        for table in self._tables:
            await self._database.maintain(f"vacuum (full, analyze) {table.table}")

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """What was begun and stopped is finished beside all else."""
        task = asyncio.create_task(self._finish_quietly())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _finish_quietly(self) -> None:
        try:
            await self.finish()
        except (kernel.Failure, kernel.Trouble) as failure:
            log.warning("The change of keys is not finished: %s", failure)

    async def _walk(self, table: Table, tell: Tell) -> int:
        total, left = 0, True
        while left:
            left, place = False, None
            while True:
                async with self._database.transaction() as tx:
                    await self._cipher.hold(tx)
                    step = await table.rekey(tx, self._cipher, place)
                total += step.done
                left |= step.left > 0
                if step.done:
                    tell(table.table, total)
                if (place := step.place) is None:
                    break
        return total


def _event(number: int, what: str) -> audit.Event:
    """The operator's own hand, at the server; of nobody's data, since everybody's says the same as before."""
    return audit.Event(
        audit.Kind.KEYS_CHANGED,
        SYSTEM.id,
        SYSTEM.signature,
        SYSTEM.role.value,
        None,
        None,
        "",
        "",
        f"key {number}",
        what,
    )
