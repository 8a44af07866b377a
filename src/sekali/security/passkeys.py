"""Passkeys (W3C Web Authentication, level 3): a key in a person's own device, opened by its PIN or finger.

A passkey is two factors by itself, what one has and what one knows or is, so nothing else is asked for. It is bound to
the host that the operator named in the settings, never to one that a request names.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from sekali import kernel

from .actors import Actor
from .secrets import Seal
from .spent import spend

SQL = kernel.queries(__file__)
MOST = 10
"""Of one account."""
PATIENCE = timedelta(minutes=10)
"""How long a challenge holds."""
LARGEST = 64 << 10
"""Characters of an authenticator's answer."""
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Passkey:
    """One line of the account page. The id opens nothing."""

    id: str
    name: str
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Offer:
    """What a page hands to the browser: options as JSON, and the challenge in them, sealed, to come back with the answer."""

    options: str
    sealed: str


class Passkeys:
    """The passkeys of all accounts."""

    def __init__(self, database: kernel.Database, addresses: Sequence[str], seal: Seal) -> None:
        self._database = database
        self._seal = seal
        parts = [urlsplit(one) for one in addresses]
        self._places = {one.netloc: (one.hostname or "", f"{one.scheme}://{one.netloc}") for one in parts}

    def can_be_used(self, netloc: str) -> bool:
        """Whether passkeys work at this ``host:port``: one of our addresses that has a name, as browsers ask."""
        host, _ = self._places.get(netloc, ("", ""))
        try:
            ip_address(host.strip("[]"))
        except ValueError:
            return bool(host)
        return False

    async def of(self, account: UUID) -> list[Passkey]:
        """Those of an account."""
        rows = await self._database.fetch(SQL.of_account, account)
        return [Passkey(bytes_to_base64url(row["id"]), row["name"], row["added_at"], row["used_at"]) for row in rows]

    async def offer_new(self, netloc: str, actor: Actor, username: str) -> Offer:
        """Options for a new passkey of ``actor``, whom a device will show as ``username``."""
        host, _ = self._places[netloc]
        there = [PublicKeyCredentialDescriptor(base64url_to_bytes(one.id)) for one in await self.of(actor.id)]
        options = webauthn.generate_registration_options(
            rp_id=host, rp_name="Sekali", user_name=username, user_id=actor.id.bytes, user_display_name=username,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=there,
        )  # fmt: skip
        return self._offer(options, options.challenge, f"new passkey {actor.id}")

    def offer_entry(self, netloc: str) -> Offer:
        """Options for coming in by a passkey; the device knows whose it is."""
        host, _ = self._places[netloc]
        options = webauthn.generate_authentication_options(
            rp_id=host, user_verification=UserVerificationRequirement.REQUIRED
        )
        return self._offer(options, options.challenge, "passkey")

    async def add(self, tx: kernel.Session, netloc: str, actor: Actor, sealed: str, answer: str, name: str) -> None:
        """Keep a new passkey. Raises Invalid."""
        host, origin = self._place(netloc)
        challenge = await self._challenge(tx, sealed, f"new passkey {actor.id}")
        if len(await tx.fetch(SQL.of_account, actor.id)) >= MOST:
            raise kernel.Invalid("There are %(most)s passkeys already. Remove one first.", most=MOST, path="passkey")
        with _foreign_bytes():
            made = webauthn.verify_registration_response(
                credential=answer[:LARGEST], expected_challenge=challenge, expected_rp_id=host,
                expected_origin=origin, require_user_verification=True,
            )  # fmt: skip
        tidy = name.strip()[:LONGEST_NAME] or "Passkey"
        try:
            await tx.execute(
                SQL.add, made.credential_id, actor.id, made.credential_public_key, made.sign_count, tidy, kernel.now()
            )
        except kernel.Duplicate:
            raise _not_right() from None

    async def account(self, tx: kernel.Session, netloc: str, sealed: str, answer: str) -> UUID:
        """Whose passkey signed our challenge. Raises Invalid."""
        host, origin = self._place(netloc)
        challenge = await self._challenge(tx, sealed, "passkey")
        with _foreign_bytes():
            credential = parse_authentication_credential_json(answer[:LARGEST])
        row = await tx.fetchrow(SQL.held, credential.raw_id)
        if row is None:
            raise _not_right()
        with _foreign_bytes():
            proved = webauthn.verify_authentication_response(
                credential=credential, expected_challenge=challenge, expected_rp_id=host, expected_origin=origin,
                credential_public_key=row["public_key"], credential_current_sign_count=row["uses"],
                require_user_verification=True,
            )  # fmt: skip
        await tx.execute(SQL.used, row["id"], proved.new_sign_count, kernel.now())
        return row["account"]

    async def remove(self, tx: kernel.Session, account: UUID, id: str) -> str | None:
        """Take one away; its name, or None when there is none."""
        try:
            return await tx.fetchval(SQL.remove, account, base64url_to_bytes(id))
        except ValueError:
            return None

    async def remove_all(self, tx: kernel.Session, account: UUID) -> int:
        """Take all of an account away; how many."""
        return await tx.fetchval(SQL.remove_all, account)

    def _offer(self, options: object, challenge: bytes, purpose: str) -> Offer:
        return Offer(webauthn.options_to_json(options), self._seal.seal(bytes_to_base64url(challenge), purpose))  # type: ignore[arg-type]

    def _place(self, netloc: str) -> tuple[str, str]:
        if not self.can_be_used(netloc):
            raise _not_right()
        return self._places[netloc]

    async def _challenge(self, tx: kernel.Session, sealed: str, purpose: str) -> bytes:
        """The challenge that we gave, used up by this."""
        text = self._seal.unseal(sealed, purpose, PATIENCE.total_seconds())
        if text is None or not await spend(tx, "passkey", text, kernel.now() + PATIENCE):
            raise kernel.Invalid("That took too long, or was sent twice. Please try again.", path="passkey")
        return base64url_to_bytes(text)


@contextmanager
def _foreign_bytes() -> Iterator[None]:
    """Whatever a parser of JSON, CBOR and keys makes of bytes that anybody may send: they are not right."""
    try:
        yield
    except Exception:
        raise _not_right() from None


def _not_right() -> kernel.Invalid:
    return kernel.Invalid("This passkey could not be used here. Try again, or use your password.", path="passkey")
