"""Waking those who wait within one process."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Bell:
    """Rung when something has happened; every ear hears it."""

    def __init__(self) -> None:
        self._ears: set[asyncio.Event] = set()

    def ring(self) -> None:
        """Wake everybody."""
        for ear in self._ears:
            ear.set()

    @contextmanager
    def ear(self) -> Iterator[asyncio.Event]:
        """An event that is set at each ring, while the block runs."""
        made = asyncio.Event()
        self._ears.add(made)
        try:
            yield made
        finally:
            self._ears.discard(made)
