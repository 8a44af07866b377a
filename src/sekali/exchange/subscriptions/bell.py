"""Waking those who wait within one process."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

ALL = ""


class Ear:
    """What somebody has heard since they last listened."""

    def __init__(self) -> None:
        self._heard: set[str] = set()
        self._rung = asyncio.Event()

    def hear(self, what: str) -> None:
        """``what`` was rung for."""
        self._heard.add(what)
        self._rung.set()

    async def listen(self, seconds: float) -> set[str]:
        """What was rung for since; empty when ``seconds`` have passed and nothing was."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), seconds)
        heard, self._heard = self._heard, set()
        self._rung.clear()
        return heard


class Bell:
    """Rung for a subscription of which something has happened, or for all; every ear hears it."""

    def __init__(self) -> None:
        self._ears: set[Ear] = set()

    def ring(self, what: str = ALL) -> None:
        """Wake everybody. ``what``: the id of a subscription."""
        for ear in self._ears:
            ear.hear(what)

    @contextmanager
    def ear(self) -> Iterator[Ear]:
        """Hears each ring while the block runs."""
        made = Ear()
        self._ears.add(made)
        try:
            yield made
        finally:
            self._ears.discard(made)
