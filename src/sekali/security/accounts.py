"""Accounts: a name, a password, and the rest that an account takes after too many wrong answers."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sekali import audit, kernel

from .actors import Actor, Role
from .cipher import Cipher
from .columns import Columns
from .events import at_the_door
from .secrets import hash_password, password_matches

SQL = kernel.queries(__file__)

ACCOUNTS = Columns("security.account", ("id",), ("name",))
Account = Mapping[str, Any]
"""A row of security.account with its name opened."""
WRONG_ANSWERS = 5
"""Passwords or codes; after so many in a row an account rests for REST."""
REST = timedelta(minutes=15)
WRONG_FROM_ONE_ADDRESS = 100
"""In REST; a puskesmas sits behind one address, so this is generous."""


class Accounts:
    """All accounts."""

    def __init__(self, database: kernel.Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    def opened(self, row: kernel.Row | None) -> Account | None:
        """An account as it is kept, to be read."""
        return ACCOUNTS.opened(self._cipher, row) if row else None

    async def named(self, username: str) -> Account | None:
        """The account of a user name."""
        return self.opened(await self._database.fetchrow(SQL.named, username.strip().lower()[:200]))

    async def of(self, id: UUID) -> Account | None:
        """The account of an id."""
        return self.opened(await self._database.fetchrow(SQL.of, id))

    async def held(self, tx: kernel.Session, id: UUID) -> Account | None:
        """The same, held until the transaction ends, so that answers to one account are looked at one by one."""
        return self.opened(await tx.fetchrow(SQL.held, id))

    async def add(
        self, tx: kernel.Session, *, username: str, password: str | None, name: str, role: Role, facility: UUID | None,
        facility_name: str, citizen: UUID | None, zone: str,
    ) -> UUID:  # fmt: skip
        """A new account. Raises Conflict when the name is taken."""
        id = kernel.new_id(kernel.CITY)
        hashed = await asyncio.to_thread(hash_password, password) if password is not None else None
        await self._cipher.hold(tx)
        sealed = ACCOUNTS.seal(self._cipher, "name", name, id)
        try:
            await tx.execute(
                SQL.add,
                id,
                username.strip().lower(),
                hashed,
                sealed,
                role.value,
                facility,
                facility_name,
                zone,
                citizen,
            )
        except kernel.Duplicate:
            raise kernel.Conflict("This user name is taken. Please choose another.", path="username") from None
        return id

    async def require_awake(self, account: Account | None, address: str) -> None:
        """Raises Forbidden while the account rests, or everybody from this address."""
        at = kernel.now()
        if await self._database.fetchval(SQL.attempts, address, at - REST) >= WRONG_FROM_ONE_ADDRESS:
            raise kernel.Forbidden("Too many wrong passwords from here. Please wait 15 minutes.")
        if account and account["locked_until"] and account["locked_until"] > at:
            raise kernel.Forbidden("Too many wrong passwords. This account rests for 15 minutes; then try again.")

    async def check(self, account: Account | None, password: str, address: str) -> None:
        """Raises Unauthenticated for a wrong password, Forbidden while the account rests."""
        await self.require_awake(account, address)
        hashed = account["password_hash"] if account else None
        if not await asyncio.to_thread(password_matches, hashed, password[:1000]):
            async with self._database.transaction() as tx:
                await self.note_wrong(tx, account, address, kernel.now(), "password")
            raise kernel.Unauthenticated("User name or password is not right.")
        assert account is not None, "a password matched"
        await self.require_awake(await self.of(account["id"]), address)  # not after many that were sent at once

    async def note_wrong(
        self, tx: kernel.Session, account: Account | None, address: str, at: datetime, what: str
    ) -> None:
        """One more wrong answer; ``what`` it was to, for the audit."""
        await tx.execute(SQL.add_attempt, address, at)
        if account is None:
            return
        rests = await tx.fetchval(SQL.failed, account["id"], WRONG_ANSWERS, at + REST)
        kind = audit.Kind.LOCKED if rests else audit.Kind.LOGIN_REFUSED
        await audit.append(tx, [at_the_door(kind, actor_of(account), what)])

    async def succeeded(self, tx: kernel.Session, id: UUID) -> None:
        """Somebody has come in: earlier wrong answers are forgotten."""
        await tx.execute(SQL.succeeded, id)

    async def set_password(self, tx: kernel.Session, id: UUID, password: str) -> None:
        """Keep another password. It is not looked at here."""
        await tx.execute(SQL.set_password, id, await asyncio.to_thread(hash_password, password))


def actor_of(row: Account) -> Actor:
    """Who an account is."""
    return Actor(
        row["id"], row["name"], Role(row["role"]), row["facility"], row["facility_name"], row["citizen"], row["zone"]
    )
