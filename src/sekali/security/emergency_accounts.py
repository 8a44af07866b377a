"""The operators' emergency account, for when nobody else can come in.

Made at the server's terminal only, for a short time, with one printed code that opens it once. It sees no person's record: its
line of the access table reads nothing of anybody. Whatever is done with it is audited, and told to every facility's head and
every auditor on each of their pages until they say that they have read it.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sekali import audit, kernel

from .access import Purpose, decide
from .accounts import Account, Accounts, actor_of
from .actors import SYSTEM, Actor, Role
from .events import at_the_door
from .own_account import OwnAccount
from .secrets import new_code
from .sessions import Device, Sessions
from .vault import Vault

SQL = kernel.queries(__file__)
log = logging.getLogger("sekali.security")
CODE = 16
"""Letters of the printed code: 78 bits."""
MOST_SHOWN = 50
READERS = frozenset({Role.FACILITY_HEAD, Role.AUDITOR})
"""Who is told."""
_PURPOSE = "emergency account"


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that was done; ``about``: the user name or facility that it was done to."""

    at: datetime
    what: str
    about: str


@dataclass(frozen=True, slots=True)
class EmergencyUse:
    """One account, as heads and auditors are told of it. ``told_at``: when this reader said to have read it."""

    id: UUID
    reason: str
    made_by: str
    made_at: datetime
    ends_at: datetime
    entered_at: datetime | None
    deeds: Sequence[Deed]
    told_at: datetime | None

    @property
    def new(self) -> bool:
        """Whether something of it happened after the reader read of it."""
        last = max([self.made_at, *([self.entered_at] if self.entered_at else []), *(deed.at for deed in self.deeds)])
        return self.told_at is None or self.told_at < last


@dataclass(frozen=True, slots=True)
class DoorState:
    """Accounts that rest, accounts that are inside, size of the database in bytes."""

    resting: int
    inside: int
    bytes: int


class EmergencyAccounts:
    """See the module."""

    def __init__(
        self, database: kernel.Database, accounts: Accounts, sessions: Sessions, own: OwnAccount, vault: Vault,
        lasts: timedelta,
    ) -> None:  # fmt: skip
        self._database = database
        self._accounts = accounts
        self._sessions = sessions
        self._own = own
        self._vault = vault
        self._lasts = lasts

    # At the terminal

    async def make(self, reason: str, made_by: str) -> tuple[str, datetime]:
        """A new account's printed code, and when it ends. Raises Invalid without a reason, Conflict while one holds."""
        reason = reason.strip()
        if not 10 <= len(reason) <= 500:
            raise kernel.Invalid("Say why, in 10 to 500 characters: everybody who is told will read it.", path="reason")
        code, at = new_code(CODE), kernel.now()
        ends = at + self._lasts
        async with self._database.transaction() as tx:
            await tx.execute("lock table security.emergency_account in share row exclusive mode")
            if await tx.fetchrow(SQL.running, at):
                raise kernel.Conflict("There is an emergency account already. It cannot be made longer; end it first.")
            id = await self._accounts.add(
                tx, username=f"darurat-{at:%Y%m%d%H%M%S%f}", password=None, name="Operator (emergency)",
                role=Role.EMERGENCY_OPERATOR, facility=None, facility_name="", citizen=None, zone="Asia/Jakarta",
            )  # fmt: skip
            await tx.execute(SQL.add, id, reason, made_by[:100], at, ends, self._vault.mark(code, _PURPOSE))
            await self._say(tx, SYSTEM, f"made {id} by {made_by[:100]}")
        return "-".join(code[start : start + 4] for start in range(0, CODE, 4)), ends

    async def end(self) -> bool:
        """End the one that holds, and its session. False: there is none."""
        async with self._database.transaction() as tx:
            ended = [row["account"] for row in await tx.fetch(SQL.end, kernel.now())]
            await tx.execute(SQL.end_sessions, ended)
            for id in ended:
                await self._say(tx, SYSTEM, f"ended {id}")
        return bool(ended)

    # At the door

    async def enter(self, typed: str, device: Device) -> str:
        """The token of a session that ends with the account. Raises Unauthenticated, Forbidden (too many from here)."""
        await self._accounts.require_awake(None, device.address)
        tidy, at = typed.replace(" ", "").replace("-", "").upper()[:100], kernel.now()
        async with self._database.transaction() as tx:
            row = await tx.fetchrow(SQL.enter, self._vault.marks(tidy, _PURPOSE), at)
            if row is None:
                await self._accounts.note_wrong(tx, None, device.address, at, "emergency code")
            else:
                account = await self._accounts.held(tx, row["account"])
                assert account is not None, "it was made with an account"
                await self._say(tx, actor_of(account), "entered")
                return await self._sessions.open(tx, account["id"], device, until=row["ends_at"])
        raise kernel.Unauthenticated("This code is not known, was used already, or its time is over.")

    # What it may do

    async def state(self, actor: Actor) -> DoorState:
        """Raises Forbidden."""
        self._require(actor)
        row = await self._database.fetchrow(SQL.state, kernel.now())
        return DoorState(row["resting"], row["inside"], row["bytes"])

    async def wake(self, actor: Actor, username: str) -> None:
        """Let an account that rests be tried again. Raises Forbidden, NotFound."""
        self._require(actor)
        account = await self._named(username)
        async with self._database.transaction() as tx:
            await self._accounts.succeeded(tx, account["id"])
            await self._done(tx, actor, "woke", _told_as(account), account["id"])

    async def take_away(self, actor: Actor, username: str) -> None:
        """Take the second factor and the passkeys of a lost phone away. Raises Forbidden, NotFound."""
        self._require(actor)
        account = await self._named(username)
        await self._own.take_away(username, actor)
        async with self._database.transaction() as tx:
            await self._done(tx, actor, "second-factor", _told_as(account), account["id"])

    async def note_head(self, tx: kernel.Session, actor: Actor, facility: str, id: UUID) -> None:
        """That a code for a new head of a facility is given out, in the transaction that makes it. Raises Forbidden."""
        self._require(actor)
        await self._done(tx, actor, "head", facility, id)

    # Who is told

    async def untold(self, actor: Actor) -> bool:
        """Whether a head or auditor has something new to read; False for everybody else."""
        return actor.role in READERS and any(one.new for one in await self.uses(actor))

    async def uses(self, actor: Actor) -> list[EmergencyUse]:
        """The last 50. Raises Forbidden."""
        self._require_reader(actor)
        rows = await self._database.fetch(SQL.uses, actor.id, MOST_SHOWN)
        return [
            EmergencyUse(
                row["account"], row["reason"], row["made_by"], row["made_at"], row["ends_at"], row["entered_at"],
                [Deed(*deed) for deed in zip(row["times"], row["whats"], row["abouts"], strict=True)], row["told_at"],
            )
            for row in rows
        ]  # fmt: skip

    async def told(self, actor: Actor, id: UUID) -> None:
        """A head or auditor has read all of it so far. Raises Forbidden, NotFound."""
        self._require_reader(actor)
        async with self._database.transaction() as tx:
            if not await tx.fetchval(SQL.told, id, actor.id, kernel.now()):
                raise kernel.NotFound("There is no such page.")
            await self._say(tx, actor, f"read {id}")

    async def _named(self, username: str) -> Account:
        row = await self._accounts.named(username)
        if row is None:
            raise kernel.NotFound("There is no account of this name.")
        return row

    def _require(self, actor: Actor) -> None:
        decide(actor, Purpose.OPERATIONS).may_write("operations")

    def _require_reader(self, actor: Actor) -> None:
        if actor.role not in READERS:
            raise kernel.Forbidden("This page belongs to another desk than yours.")

    async def _done(self, tx: kernel.Session, actor: Actor, what: str, about: str, id: UUID) -> None:
        await tx.execute(SQL.add_deed, actor.id, kernel.now(), what, about)
        await self._say(tx, actor, f"{what} {id}")

    async def _say(self, tx: kernel.Session, actor: Actor, detail: str) -> None:
        """Into the audit, and loudly into the log."""
        await audit.append(tx, [at_the_door(audit.Kind.EMERGENCY_ACCOUNT, actor, detail)])
        log.warning("the operators' emergency account: %s", detail)


def _told_as(account: Account) -> str:
    """What a citizen chose as user name may be the own name, and is nobody's business."""
    return "" if account["role"] == Role.CITIZEN else account["username"]
