"""Long work in a process that has one thread for everybody."""

import asyncio
import time

SLICE = 0.002
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
