"""Events in order, page by page, as of one moment."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

from sekali import kernel

from .walk import Break, Head, Marks, Walk

SQL = kernel.queries(__file__)
PAGE = 5000
LAST = (1 << 31) - 1
"""A number that no event of a chain has."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process's share: the chains behind ``begin`` up to ``end``. ``streams`` are those in it, in the database's
    own order, which need not be Python's.
    """

    begin: str
    end: str
    streams: tuple[str, ...]


async def one_moment(tx: kernel.Session, snapshot: str = "") -> None:
    """From here the transaction sees what was there at this moment, or at that of another connection."""
    await tx.execute(SQL.one_moment)
    if snapshot:
        await tx.execute(f"set transaction snapshot '{snapshot}'")  # PostgreSQL's own word, and it takes no parameter


async def walk(
    tx: kernel.Session, part: Part, heads: Mapping[str, Head], marks: Marks, tell: Callable[[int], None]
) -> tuple[int, tuple[Break, ...]]:
    """Walk the chains of a part: how many events, and where they break."""
    along = Walk(heads, marks)
    async for page in pages(tx, part.begin, part.end):
        along.take(page)
        tell(along.checked)
    return along.checked, along.finish()


async def pages(tx: kernel.Session, begin: str, end: str) -> AsyncIterator[Sequence[kernel.Row]]:
    """All events of the chains behind ``begin`` up to ``end``; the database looks for the next page while this one is
    worked on.
    """
    page = await tx.fetch(SQL.page, begin, LAST, end, PAGE)
    while page:
        coming = asyncio.create_task(tx.fetch(SQL.page, page[-1]["stream"], page[-1]["seq"], end, PAGE))
        await asyncio.sleep(0)
        try:
            yield page
        finally:
            page = await coming
