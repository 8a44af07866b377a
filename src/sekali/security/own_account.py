"""What people do with their own account, and what the operator does for those who cannot get in any more.

Whatever opens a further way in asks for the password once more, so that a desk left open for a minute is not enough; and
each step of rights gives the session a new token.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sekali import audit, kernel

from .accounts import Account, Accounts
from .actors import SYSTEM, Actor, Role
from .events import at_the_door, by_operator
from .passkeys import Offer, Passkey, Passkeys
from .passwords import Passwords
from .second_factor import SecondFactor, State
from .sessions import Device, OpenSession, Sessions


@dataclass(frozen=True, slots=True)
class Overview:
    """All that the account page shows.

    :ivar demanded: the role may not be without a second factor.
    """

    username: str
    second_factor: State | None
    demanded: bool
    passkeys: Sequence[Passkey]
    sessions: Sequence[OpenSession]


class OwnAccount:
    """See the module. Everything is audited."""

    def __init__(
        self, database: kernel.Database, accounts: Accounts, passwords: Passwords, sessions: Sessions,
        second: SecondFactor, passkeys: Passkeys, demanded: frozenset[Role],
    ) -> None:  # fmt: skip
        self._database = database
        self._accounts = accounts
        self._passwords = passwords
        self._sessions = sessions
        self._second = second
        self._passkeys = passkeys
        self._demanded = demanded

    async def overview(self, actor: Actor, token: str) -> Overview:
        """Of the one whose session ``token`` is."""
        return Overview(
            await self.username(actor),
            await self._second.state(actor.id),
            actor.role in self._demanded,
            await self._passkeys.of(actor.id),
            await self._sessions.of(actor.id, token),
        )

    async def username(self, actor: Actor) -> str:
        """The name that somebody logs in with."""
        return (await self._row(actor))["username"]

    async def confirm(self, actor: Actor, password: str, address: str) -> None:
        """The password once more. Raises Invalid when it is wrong, Forbidden while the account rests."""
        try:
            await self._accounts.check(await self._row(actor), password, address)
        except kernel.Unauthenticated:
            raise kernel.Invalid("This is not your password.", path="password_now") from None

    async def change_password(self, actor: Actor, old: str, new: str, device: Device) -> str:
        """Another password; every session ends, and the token of a new one comes back. Raises Invalid."""
        await self.confirm(actor, old, device.address)
        await asyncio.to_thread(self._passwords.require_good, new, await self.username(actor))
        if new == old:
            raise kernel.Invalid("This is the password that you have. Choose another.", path="password")
        async with self._database.transaction() as tx:
            await self._accounts.set_password(tx, actor.id, new)
            await audit.append(tx, [at_the_door(audit.Kind.PASSWORD_CHANGED, actor)])
            return await self._alone(tx, actor, device)

    async def set_up(self, tx: kernel.Session, actor: Actor, secret: str, code: str) -> Sequence[str]:
        """An authenticator app as second factor; its recovery codes. Raises Invalid when ``code`` is not the app's."""
        codes = await self._second.set_up(tx, actor.id, secret, code)
        await audit.append(tx, [at_the_door(audit.Kind.SECOND_FACTOR_SET, actor)])
        return codes

    async def set_up_here(self, actor: Actor, secret: str, code: str, device: Device) -> tuple[str, Sequence[str]]:
        """The same for somebody who is logged in: every session ends, and the token of a new one comes with the codes."""
        async with self._database.transaction() as tx:
            codes = await self.set_up(tx, actor, secret, code)
            return await self._alone(tx, actor, device), codes

    async def remove_second_factor(self, actor: Actor) -> None:
        """Do without one. Raises Forbidden where the role demands it."""
        if actor.role in self._demanded:
            raise kernel.Forbidden("Your role needs a second factor. You can set up another one in its place.")
        async with self._database.transaction() as tx:
            if await self._second.remove(tx, actor.id):
                await audit.append(tx, [at_the_door(audit.Kind.SECOND_FACTOR_REMOVED, actor)])

    async def offer_passkey(self, netloc: str, actor: Actor) -> Offer | None:
        """What the page hands to the browser for a new passkey; None at an address where there are none."""
        if not self._passkeys.can_be_used(netloc):
            return None
        return await self._passkeys.offer_new(netloc, actor, await self.username(actor))

    async def add_passkey(
        self, netloc: str, actor: Actor, token: str, sealed: str, answer: str, name: str, device: Device
    ) -> str:
        """Keep a new passkey; the session's new token. Raises Invalid."""
        async with self._database.transaction() as tx:
            await self._passkeys.add(tx, netloc, actor, sealed, answer, name)
            await audit.append(tx, [at_the_door(audit.Kind.PASSKEY_ADDED, actor)])
            return await self._sessions.renew(tx, actor.id, token, device)

    async def remove_passkey(self, actor: Actor, id: str) -> None:
        """Take a passkey away. Raises NotFound."""
        async with self._database.transaction() as tx:
            if await self._passkeys.remove(tx, actor.id, id) is None:
                raise kernel.NotFound("There is no such passkey. Perhaps it was removed already.")
            await audit.append(tx, [at_the_door(audit.Kind.PASSKEY_REMOVED, actor)])

    async def end_session(self, actor: Actor, id: str) -> None:
        """End one of one's own sessions. That it had ended already is no fault."""
        async with self._database.transaction() as tx:
            if await self._sessions.close_one(tx, actor.id, id):
                await audit.append(tx, [at_the_door(audit.Kind.SESSIONS_ENDED, actor, "1")])

    async def end_other_sessions(self, actor: Actor, token: str) -> int:
        """End all but this one; how many."""
        async with self._database.transaction() as tx:
            count = await self._sessions.close_others(tx, actor.id, token)
            await audit.append(tx, [at_the_door(audit.Kind.SESSIONS_ENDED, actor, str(count))])
        return count

    # The operator

    async def reset_password(self, username: str, password: str) -> None:
        """Another password for somebody who forgot theirs; all sessions end. Raises NotFound, Invalid."""
        account = await self._named(username)
        await asyncio.to_thread(self._passwords.require_good, password, username)
        async with self._database.transaction() as tx:
            await self._accounts.set_password(tx, account["id"], password)
            await self._accounts.succeeded(tx, account["id"])
            await self._sessions.close_others(tx, account["id"])
            await audit.append(tx, [by_operator(audit.Kind.PASSWORD_CHANGED, account)])

    async def take_away(self, username: str, by: Actor = SYSTEM) -> tuple[bool, int]:
        """For a lost phone: an account's second factor and passkeys go, and all its sessions end.

        Whether there was a second factor, and how many passkeys. Raises NotFound.
        """
        account = await self._named(username)
        async with self._database.transaction() as tx:
            had = await self._second.remove(tx, account["id"])
            count = await self._passkeys.remove_all(tx, account["id"])
            await self._sessions.close_others(tx, account["id"])
            gone = [audit.Kind.SECOND_FACTOR_REMOVED] * had + [audit.Kind.PASSKEY_REMOVED] * count
            await audit.append(tx, [by_operator(kind, account, by) for kind in gone])
        return had, count

    async def _alone(self, tx: kernel.Session, actor: Actor, device: Device) -> str:
        """This session goes on under a new token, and no other does."""
        await self._sessions.close_others(tx, actor.id)
        return await self._sessions.open(tx, actor.id, device)

    async def _row(self, actor: Actor) -> Account:
        row = await self._accounts.of(actor.id)
        if row is None:
            raise kernel.NotFound("There is no such account.")
        return row

    async def _named(self, username: str) -> Account:
        row = await self._accounts.named(username)
        if row is None:
            raise kernel.NotFound("There is no account of this name.")
        return row
