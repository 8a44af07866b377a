"""What a database holds, counted and hashed: the same before a backup and after it came back, or it did not come back."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sekali import kernel

SQL = kernel.queries(__file__)
SLICE = 64 << 20
"""Bytes that one query reads, so that none takes long."""
_MODULUS = 1 << 64


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its rows, and the sum of their hashes, whatever their order."""

    rows: int
    hash: int


@asynccontextmanager
async def one_moment(database: kernel.Database) -> AsyncIterator[tuple[kernel.Session, str]]:
    """A transaction that sees one moment and changes nothing, and the name by which pg_dump sees the same."""
    async with database.transaction() as tx:
        await tx.execute(SQL.only_read)
        yield tx, await tx.fetchval(SQL.snapshot)


async def size(tx: kernel.Session) -> int:
    """Bytes of all tables, without their indexes."""
    return sum(row["bytes"] for row in await tx.fetch(SQL.tables))


async def contents(tx: kernel.Session, tell: Callable[[int], None] = lambda size: None) -> dict[str, Table]:
    """Every table by its name. ``tell`` is told the bytes that were gone through since it was told last."""
    found = {}
    for table in await tx.fetch(SQL.tables):
        step = max(1, SLICE * table["blocks"] // max(table["bytes"], 1))
        rows = total = 0
        for first in range(0, table["blocks"], step):
            sql = (
                "select count(*) as rows, coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text as total "  # noqa: S608 - a name from the catalogue, quoted by the server
                f"from {table['name']} t where ctid >= $1 and ctid < $2"
            )
            one = await tx.fetchrow(sql, (first, 0), (first + step, 0))
            rows, total = rows + one["rows"], total + int(one["total"])
            tell(table["bytes"] * min(step, table["blocks"] - first) // table["blocks"])
        found[table["plain"]] = Table(rows, total % _MODULUS)
    return found
