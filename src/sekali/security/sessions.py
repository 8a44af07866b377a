"""Sessions: where somebody is logged in, until they log out, stay away too long, or end it from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sekali import kernel

from .secrets import fingerprint, new_token

SQL = kernel.queries(__file__)
LONGEST = timedelta(hours=12)
"""A long shift; then log in again, and nothing typed is lost."""
MOST = 50
"""Of one account; a further one ends the oldest."""


@dataclass(frozen=True, slots=True)
class Device:
    """What is seen of the other side: its network address and what its browser says that it is."""

    address: str = ""
    browser: str = ""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One line of the page "my sessions". ``here``: the one that asks. The id opens nothing."""

    id: str
    here: bool
    created_at: datetime
    used_at: datetime
    device: Device


class Sessions:
    """All sessions. A token is only ever in its owner's cookie; its fingerprint is kept."""

    def __init__(self, database: kernel.Database, idle: timedelta) -> None:
        self._database = database
        self._idle = idle

    async def open(self, tx: kernel.Session, account: UUID, device: Device, until: datetime | None = None) -> str:
        """A new session's token. ``until``: when it ends at the latest, if that is before LONGEST."""
        token, at = new_token(), kernel.now()
        ends = min(at + LONGEST, until) if until else at + LONGEST
        await tx.execute(
            SQL.open, fingerprint(token), account, at, ends, device.address[:60], device.browser[:300], MOST - 1
        )
        return token

    async def renew(self, tx: kernel.Session, account: UUID, token: str, device: Device) -> str:
        """A new token in place of ``token``: at each step of rights, so that one seen before is worth nothing."""
        await self.close(tx, token)
        return await self.open(tx, account, device)

    async def account(self, token: str) -> kernel.Row | None:
        """The account that a token belongs to; None when it is unknown, has ended or was not used for too long."""
        at = kernel.now()
        return await self._database.fetchrow(SQL.actor, fingerprint(token), at, at - self._idle)

    async def close(self, tx: kernel.Session, token: str) -> None:
        await tx.execute(SQL.close, fingerprint(token))

    async def of(self, account: UUID, token: str) -> Sequence[OpenSession]:
        """Those of an account that are open; ``token`` is the one that asks."""
        at = kernel.now()
        rows = await self._database.fetch(SQL.of_account, account, fingerprint(token), at, at - self._idle)
        return [
            OpenSession(
                row["id"], row["here"], row["created_at"], row["used_at"], Device(row["address"], row["browser"])
            )
            for row in rows
        ]

    async def close_one(self, tx: kernel.Session, account: UUID, id: str) -> bool:
        """End one of an account's own; False when there is none of that id."""
        return bool(await tx.fetchval(SQL.close_one, account, id))

    async def close_others(self, tx: kernel.Session, account: UUID, token: str | None = None) -> int:
        """End all of an account, or all but the one of ``token``; how many."""
        return await tx.fetchval(SQL.close_others, account, fingerprint(token) if token else None)
