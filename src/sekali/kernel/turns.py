"""Long work in a process that has one thread for everybody."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

SLICE = 0.001
"""Seconds. A small request needs some ten turns of the loop, so it waits some ten times this beside long work."""


class Turns:
    """Made where long work begins, asked between its pieces."""

    def __init__(self) -> None:
        self._since = time.perf_counter()

    async def give(self) -> None:
        """Let the others run, when this piece of work had its slice."""
        if time.perf_counter() - self._since > SLICE:
            await asyncio.sleep(0)
            self._since = time.perf_counter()


@asynccontextmanager
async def beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Work that goes on while the block runs, and is stopped at its end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
