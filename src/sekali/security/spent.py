"""What works once, in all processes: numbers of assertions, codes of the second factor, challenges of passkeys.

A thing is remembered until it would be refused for its age anyway.
"""

from datetime import datetime, timedelta

from sekali import kernel

from .secrets import fingerprint

SQL = kernel.queries(__file__)


async def spend(tx: kernel.Session, what: str, thing: str, until: datetime) -> bool:
    """Use ``thing``, of the kind ``what``, up. False when it was used before.

    A second transaction that spends the same waits for the first.
    """
    # a second is added, so that what is refused at `until` sharp is never forgotten before
    until += timedelta(seconds=1)
    return bool(await tx.fetchval(SQL.spend, what, fingerprint(thing), until, kernel.now()))


async def has_room(tx: kernel.Session, what: str, most: int) -> bool:
    """Whether fewer than ``most`` of this kind are remembered now."""
    return bool(await tx.fetchval(SQL.room, what, most, kernel.now()))
