"""What the exchange has of a person, removed: an export that runs leaves them out from now on, and nobody is told of them."""

from uuid import UUID

from sekali import kernel

SQL = kernel.queries(__file__)


async def forget(tx: kernel.Session, person: UUID) -> None:
    """Files that an export has written already stay until their time is over (SEKALI_BULK_HOURS)."""
    for sql in (SQL.person, SQL.told, SQL.event):
        await tx.execute(sql, person)
