"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when it is lost.

A code is good for its own half minute and the one before and after, once (RFC 6238, section 5.2).
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

import pyotp

from sekali import kernel

from .columns import Locked
from .secrets import new_code
from .spent import spend
from .vault import Vault

SQL = kernel.queries(__file__)
STEP = 30
"""Seconds of one code."""
RECOVERY_CODES = 10
RECOVERY_LENGTH = 12
ISSUER = "Sekali"


class Proof(StrEnum):
    """What was shown as the second factor."""

    CODE = "code"
    RECOVERY = "recovery code"


@dataclass(frozen=True, slots=True)
class State:
    """What an account has: since when, and how many recovery codes are left."""

    since: datetime
    unused: int


def new_secret() -> str:
    """160 random bits in base 32, as authenticator apps take them (RFC 4226, section 4)."""
    return pyotp.random_base32()


def address(secret: str, username: str) -> str:
    """The ``otpauth://`` address that a QR code shows to an app."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def _purpose(account: UUID) -> str:
    return SECRETS.purpose.format(account)


SECRETS = Locked("security.second_factor", ("account",), ("secret",), purpose="second factor of {}")


class SecondFactor:
    """The second factors of all accounts."""

    def __init__(self, database: kernel.Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def state(self, account: UUID) -> State | None:
        """None: the account has none."""
        row = await self._database.fetchrow(SQL.state, account)
        return State(row["added_at"], row["unused"]) if row else None

    async def set_up(self, tx: kernel.Session, account: UUID, secret: str, code: str) -> Sequence[str]:
        """Keep ``secret`` once a code shows that the app has it; the recovery codes, which are never shown again.

        Raises Invalid when the code is not right.
        """
        if not await self._spend_code(tx, account, secret, code):
            raise kernel.Invalid(
                "This code is not right. Is the time of your phone right? Wait for the next code.", path="code"
            )
        await tx.execute(SQL.add, account, self._vault.seal(secret.encode(), _purpose(account)), kernel.now())
        return await self.renew_recovery(tx, account)

    async def renew_recovery(self, tx: kernel.Session, account: UUID) -> Sequence[str]:
        """New recovery codes in place of those that there were."""
        await tx.execute(SQL.drop_recovery, account)
        codes = [new_code(RECOVERY_LENGTH) for _ in range(RECOVERY_CODES)]
        for code in codes:
            await tx.execute(SQL.add_recovery, account, self._vault.mark(code, _purpose(account)))
        return ["-".join(code[at : at + 4] for at in range(0, RECOVERY_LENGTH, 4)) for code in codes]

    async def proof(self, tx: kernel.Session, account: UUID, typed: str) -> Proof | None:
        """What ``typed`` proves; it is used up by that. None: nothing."""
        tidy = typed.replace(" ", "").replace("-", "").upper()
        if len(tidy) == RECOVERY_LENGTH:
            used = await tx.fetchval(SQL.use_recovery, account, self._vault.marks(tidy, _purpose(account)))
            return Proof.RECOVERY if used else None
        locked = await tx.fetchval(SQL.secret, account)
        if locked is None:
            return None
        right = await self._spend_code(tx, account, self._vault.open(locked, _purpose(account)).decode(), tidy)
        return Proof.CODE if right else None

    async def remove(self, tx: kernel.Session, account: UUID) -> bool:
        """Take it away; False when there was none."""
        await tx.execute(SQL.drop_recovery, account)
        return bool(await tx.fetchval(SQL.remove, account))

    async def _spend_code(self, tx: kernel.Session, account: UUID, secret: str, typed: str) -> bool:
        app, now = pyotp.TOTP(secret, interval=STEP), int(kernel.now().timestamp()) // STEP
        tidy = typed.replace(" ", "")
        for step in (now, now - 1, now + 1):
            if hmac.compare_digest(app.generate_otp(step).encode(), tidy.encode()):
                ends = datetime.fromtimestamp((step + 2) * STEP, UTC)
                return await spend(tx, f"code {account}", f"{step} {secret}", ends)
        return False
