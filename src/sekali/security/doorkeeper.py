"""Who comes in: people by name and password, a facility's system by client id and secret."""

import asyncio
import hmac
import secrets as random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sekali import audit, kernel

from . import assertions
from .accounts import Account, Accounts, actor_of
from .actors import Actor, Role
from .by_provider import ByProvider, Trip
from .cipher import Cipher
from .columns import Columns
from .emergency_accounts import EmergencyAccounts
from .events import at_the_door
from .house import House
from .own_account import OwnAccount
from .passkeys import Offer, Passkeys
from .passwords import Passwords
from .provider import Provider
from .scopes import Scope
from .second_factor import Proof, SecondFactor, new_secret
from .secrets import Seal, fingerprint, new_code
from .sessions import Device, Sessions
from .spent import has_room, spend
from .tokens import AccessToken, Tokens, system_of
from .vault import Vault

SQL = kernel.queries(__file__)

INVITATION = timedelta(days=30)
TOKEN = timedelta(seconds=3599)
SHORT_TOKEN = timedelta(minutes=5)
"""Of a client that signs assertions: what SMART Backend Services recommends."""
MOST_ASSERTIONS = 1000
"""Of one client within the minutes that they live; their numbers are kept for so long."""
STEP = timedelta(minutes=10)
"""Between the password and the second factor; time enough to set an app up."""
_NO_RULES = House()
KEYS = Columns("security.key", ("purpose",), ("secret",))
"""In hexadecimal digits."""
INVITATIONS = Columns("security.invitation", ("code_hash",), ("name",))


@dataclass(frozen=True, slots=True)
class NextStep:
    """The password was right, and more is asked for.

    :ivar sealed: goes out in a form and comes back with the answer, to :meth:`Doorkeeper.answer`.
    :ivar username: whose it is.
    :ivar secret: for an app that has to be set up first, because the role asks for a second factor and there is none.
    """

    sealed: str
    username: str
    secret: str | None = None


class Doorkeeper:
    """Accounts, sessions, invitations, clients and tokens. Everything it does is audited.

    :ivar own: what people do with their own account. After :meth:`open`.
    :ivar emergency: the operators' emergency account. After :meth:`open`.
    :ivar by_provider: coming in by an external OpenID provider; None when there is none. After :meth:`open`.
    """

    own: OwnAccount
    emergency: EmergencyAccounts
    by_provider: ByProvider | None = None

    def __init__(
        self, database: kernel.Database, journal: audit.Journal, vault: Vault, cipher: Cipher, house: House = _NO_RULES
    ) -> None:
        self._database = database
        self._cipher = cipher
        self._journal = journal
        self._vault = vault
        self._house = house
        self._accounts = Accounts(database, cipher)
        self._passwords = Passwords(house.breached)
        self._sessions = Sessions(database, house.idle)
        self._tokens = Tokens(database)
        self._seal: Seal | None = None

    async def open(self) -> None:
        """Read the server's own keys, made at the first start. Call once before use."""
        self._seal = Seal(await self._key("seal"))
        self._second, self._passkeys = (
            SecondFactor(self._database, self._vault), Passkeys(self._database, self._house.addresses, self._seal),
        )  # fmt: skip
        self.own = OwnAccount(
            self._database, self._accounts, self._passwords, self._sessions, self._second, self._passkeys,
            self._house.second_factor,
        )  # fmt: skip
        self.emergency = EmergencyAccounts(
            self._database, self._accounts, self._sessions, self.own, self._vault, self._house.operator
        )
        if self._house.provider is not None:
            self.by_provider = ByProvider(
                self._database, self._accounts, self._sessions, self._seal, self._house.addresses,
                Provider(self._house.provider),
            )  # fmt: skip

    async def _key(self, purpose: str) -> bytes:
        async with self._database.transaction() as tx:
            await self._cipher.hold(tx)
            made = KEYS.seal(self._cipher, "secret", random.token_hex(32), purpose)
            await tx.execute(SQL.make_key, purpose, made)
            row = await tx.fetchrow(SQL.key, purpose)
        return bytes.fromhex(KEYS.opened(self._cipher, row)["secret"])

    def seal(self, text: str, purpose: str) -> str:
        """``text`` for a hidden field. See :class:`Seal`."""
        assert self._seal is not None, "open() comes first"
        return self._seal.seal(text, purpose)

    def unseal(self, sealed: str, purpose: str, max_age: float) -> str | None:
        """What was sealed, or None."""
        assert self._seal is not None, "open() comes first"
        return self._seal.unseal(sealed, purpose, max_age)

    # People

    async def add_account(
        self, tx: kernel.Session, *, username: str, password: str | None, name: str, role: Role,
        facility: UUID | None = None, facility_name: str = "", citizen: UUID | None = None, zone: str = "Asia/Jakarta",
    ) -> UUID:  # fmt: skip
        """A new account, inside the caller's transaction. Raises Conflict when the name is taken, Invalid for a password
        that is not good enough.
        """
        assert role is not Role.EMERGENCY_OPERATOR, "that is made at the terminal, and by no other way"
        if password is not None:
            await asyncio.to_thread(self._passwords.require_good, password, username)
        return await self._accounts.add(
            tx, username=username, password=password, name=name, role=role, facility=facility,
            facility_name=facility_name, citizen=citizen, zone=zone,
        )  # fmt: skip

    async def log_in(self, username: str, password: str, address: str, browser: str = "") -> str | NextStep:
        """The token of a new session, or what is asked for next.

        Raises Unauthenticated, or Forbidden while the account rests.
        """
        account = await self._accounts.named(username)
        await self._accounts.check(account, password, address)
        assert account is not None, "a password matched"
        if step := await self._step(account, "password"):
            return step
        async with self._database.transaction() as tx:
            return await self._enter(tx, account, Device(address, browser), "password")

    async def _step(self, account: Account, by: str) -> NextStep | None:
        """What is asked for after the first step, which was taken ``by`` this."""
        has = await self._second.state(account["id"])
        if not has and Role(account["role"]) not in self._house.second_factor:
            return None
        secret = None if has else new_secret()
        text = " ".join((str(account["id"]), _password_mark(account), by, secret or ""))
        return NextStep(self.seal(text, "next step"), account["username"], secret)

    async def next_step(self, sealed: str) -> NextStep | None:
        """The step that a form brought back, to be shown again; None when it is too old or the password was changed."""
        account, secret, _ = await self._halfway(sealed)
        return NextStep(sealed, account["username"], secret or None) if account else None

    async def _halfway(self, sealed: str) -> tuple[Account | None, str, str]:
        """The account, the secret of an app that is being set up, and what the first step was taken by."""
        text = self.unseal(sealed, "next step", STEP.total_seconds())
        if text is None:
            return None, "", ""
        id, mark, by, secret = text.split(" ")
        account = await self._accounts.of(UUID(id))
        same = account is not None and _password_mark(account) == mark
        return (account, secret, by) if same else (None, "", "")

    async def answer(self, sealed: str, code: str, address: str, browser: str = "") -> tuple[str, Sequence[str]]:
        """The token of a new session for the second factor, and recovery codes if it was set up just now.

        Raises Unauthenticated when the code is not right or the step is too old, Forbidden while the account rests.
        """
        account, secret, by = await self._halfway(sealed)
        await self._accounts.require_awake(account, address)
        if account is None:
            raise kernel.Unauthenticated("That took too long. Please log in again.", path="again")
        device, id = Device(address, browser), account["id"]
        async with self._database.transaction() as tx:
            if secret and await self._second.state(id) is None:
                codes = await self.own.set_up(tx, actor_of(account), secret, code)
                return await self._enter(tx, account, device, f"{by} and code"), codes
            held = await self._accounts.held(tx, id)
            await self._accounts.require_awake(held, address)
            proof = await self._second.proof(tx, id, code)
            if proof is None:
                await self._accounts.note_wrong(tx, held, address, kernel.now(), "code")
            else:
                token = await self._enter(tx, account, device, f"{by} and {proof.value}")
                if proof is Proof.RECOVERY:
                    await audit.append(tx, [at_the_door(audit.Kind.RECOVERY_CODE_USED, actor_of(account))])
        if proof is None:
            raise kernel.Unauthenticated("This code is not right, or was used already. Wait for the next one.")
        return token, ()

    async def enter_by_passkey(self, netloc: str, sealed: str, answer: str, address: str, browser: str = "") -> str:
        """The token of a new session for a passkey's answer to our challenge. Raises Invalid.

        A resting account is let in: a passkey cannot be guessed, and so nobody is kept out by other people's guesses.
        """
        async with self._database.transaction() as tx:
            account = await self._accounts.held(tx, await self._passkeys.account(tx, netloc, sealed, answer))
            assert account is not None, "an account with a passkey is never deleted"
            return await self._enter(tx, account, Device(address, browser), "passkey")

    async def enter_by_provider(
        self, trip: Trip, answer: Mapping[str, str], address: str, browser: str = ""
    ) -> str | NextStep:
        """The token of a new session for somebody who comes back from the provider, or what is asked for next.

        As with a passkey, a resting account is let in. Raises Unauthenticated, Unavailable.
        """
        assert self.by_provider is not None, "nobody departs without a provider"
        proved = await self.by_provider.prove(trip, answer)
        strong = self.by_provider.was_strong(proved)
        async with self._database.transaction() as tx:
            account = await self.by_provider.account(tx, trip, proved)
            if not strong and (step := await self._step(account, "provider")):
                return step
            by = "provider with second factor" if strong else "provider"
            return await self._enter(tx, account, Device(address, browser), by)

    def offer_entry(self, netloc: str) -> Offer | None:
        """What the log-in page hands to the browser for a passkey; None at an address where there are none."""
        return self._passkeys.offer_entry(netloc) if self._passkeys.can_be_used(netloc) else None

    async def _enter(self, tx: kernel.Session, account: Account, device: Device, by: str) -> str:
        await self._accounts.succeeded(tx, account["id"])
        token = await self._sessions.open(tx, account["id"], device)
        await audit.append(tx, [at_the_door(audit.Kind.LOGGED_IN, actor_of(account), by)])
        return token

    async def session(self, token: str) -> Actor | None:
        """Who a cookie belongs to; None when it is unknown or has ended."""
        row = await self._sessions.account(token)
        return actor_of(account) if (account := self._accounts.opened(row)) else None

    async def log_out(self, token: str) -> None:
        """End the session."""
        actor = await self.session(token)
        if actor is None:
            return
        async with self._database.transaction() as tx:
            await self._sessions.close(tx, token)
            await audit.append(tx, [at_the_door(audit.Kind.LOGGED_OUT, actor)])

    async def forget(self, tx: kernel.Session, citizen: UUID) -> None:
        """Nobody comes in as this person any more, who is destroyed in this transaction."""
        await tx.execute(SQL.forget_invitations, citizen)
        accounts = [row["id"] for row in await tx.fetch(SQL.forget_accounts, citizen)]
        await tx.execute(SQL.forget_traces, accounts)

    async def invite(
        self, tx: kernel.Session, name: str, *, citizen: UUID | None = None, role: Role = Role.CITIZEN,
        facility: UUID | None = None, facility_name: str = "", zone: str = "Asia/Jakarta",
    ) -> str:  # fmt: skip
        """A one-time code that opens an account of ``role`` for ``citizen`` or at ``facility``; earlier ones end."""
        code = new_code()
        await self._cipher.hold(tx)
        mark = fingerprint(code)
        sealed = INVITATIONS.seal(self._cipher, "name", name, mark)
        await tx.execute(
            SQL.invite, mark, citizen, sealed, kernel.now() + INVITATION, role.value, facility, facility_name, zone
        )  # fmt: skip
        return code

    async def activate(self, code: str, username: str, password: str) -> None:
        """Turn a code into an account. Raises Invalid (unknown or old code, password not good enough), Conflict (name taken)."""
        await asyncio.to_thread(self._passwords.require_good, password, username)
        if not 3 <= len(username.strip()) <= 60:
            raise kernel.Invalid("The user name needs 3 to 60 characters.", path="username")
        tidy = code.strip().upper().replace("-", "").replace(" ", "")
        async with self._database.transaction() as tx:
            row = await tx.fetchrow(SQL.accept_invitation, fingerprint(tidy), kernel.now())
            if row is None:
                raise kernel.Invalid(
                    "This code is not known, or was used already. Ask the counter for a new one.", path="code"
                )
            row = INVITATIONS.opened(self._cipher, row)
            place = {name: row[name] for name in ("name", "facility", "facility_name", "citizen", "zone")}
            role = Role(row["role"])
            id = await self.add_account(tx, username=username, password=password, role=role, **place)
            actor = Actor(id, role=role, **place)
            await audit.append(tx, [at_the_door(audit.Kind.ACTIVATED, actor)])

    # Systems

    async def add_client(
        self, tx: kernel.Session, client_id: str, secret: str | None, organization: UUID, name: str
    ) -> None:
        """A facility's own system. One client id belongs to one organization. Raises Conflict.

        :param secret: None for one that will sign assertions only.
        """
        hashed = fingerprint(secret) if secret is not None else None
        try:
            await tx.execute(SQL.add_client, client_id, hashed, kernel.new_id(kernel.CITY), organization, name)
        except kernel.Duplicate:
            raise kernel.Conflict("This client id is taken.") from None

    async def add_operator(self, tx: kernel.Session, client_id: str, secret: str) -> None:
        """A system of the operator's own: it may ask for bulk jobs of everybody, and for nothing else. Raises Conflict."""
        try:
            await tx.execute(SQL.add_operator, client_id, fingerprint(secret), kernel.new_id(kernel.CITY), "Sekali")
        except kernel.Duplicate:
            raise kernel.Conflict("This client id is taken.") from None

    async def register_keys(self, client_id: str, document: bytes, end_secret: bool = False) -> list[str]:
        """Let a client show who it is by the public keys of a JWK Set, which replace those that it had; their kids.

        :param end_secret: its secret no longer opens anything, nor do the tokens that it has (``TOKEN_CACHE`` seconds later).

        Raises NotFound, Invalid.
        """
        keys = assertions.keys_in(document)
        async with self._database.transaction() as tx:
            client = await tx.fetchrow(SQL.client, client_id)
            if client is None:
                raise kernel.NotFound("There is no client of this id.")
            await tx.execute(SQL.drop_keys, client_id)
            for key in keys:
                await tx.execute(SQL.add_key, client_id, key.kid, key.jwk, kernel.now())
            if end_secret:
                await tx.execute(SQL.end_secret, client_id)
                await tx.execute(SQL.end_tokens, client_id)
            said = f"keys: {', '.join(key.kid for key in keys)}{'; secret ended' if end_secret else ''}"
            await audit.append(tx, [at_the_door(audit.Kind.CLIENT_CHANGED, system_of(client), said)])
        return [key.kid for key in keys]

    async def token(self, client_id: str, secret: str, scope: Scope | None = None) -> AccessToken:
        """An access token for a client, for ``scope`` or for all that it may. Raises Unauthenticated."""
        client = await self._database.fetchrow(SQL.client, client_id[:200])
        hashed = client["secret_hash"] if client else None
        if hashed is None or not hmac.compare_digest(hashed, fingerprint(secret)):
            if client is not None:
                await self._journal.record(at_the_door(audit.Kind.TOKEN_REFUSED, system_of(client), "secret"))
            raise kernel.Unauthenticated("The client id or secret is not right.")
        async with self._database.transaction() as tx:
            return await self._tokens.issue(tx, client, TOKEN, "secret", scope)

    async def token_by_assertion(
        self, assertion: str, audiences: Sequence[str], scope: Scope | None = None
    ) -> AccessToken:
        """An access token for a client that signs who it is. Raises Unauthenticated, which never tells why.

        :param audiences: the addresses of our own token endpoint.
        """
        client = None
        try:
            client = await self._database.fetchrow(SQL.client, assertions.claimed_client(assertion))
            if client is None:
                raise assertions.Refused("no such client")
            rows = await self._database.fetch(SQL.keys, client["id"])
            keys = [assertions.PublicKey(row["kid"], row["jwk"]) for row in rows]
            proved = assertions.verify(assertion, keys, audiences, kernel.now())
            async with self._database.transaction() as tx:
                what = f"assertion {client['id']}"
                if not await has_room(tx, what, MOST_ASSERTIONS):
                    raise assertions.Refused("too many in five minutes")
                if not await spend(tx, what, proved.number, proved.until):
                    raise assertions.Refused("jti was used before")
                return await self._tokens.issue(tx, client, SHORT_TOKEN, f"key {proved.kid}", scope)
        except assertions.Refused as refused:
            if client is not None:
                event = at_the_door(audit.Kind.TOKEN_REFUSED, system_of(client), f"assertion: {refused}")
                await self._journal.record(event)
            raise kernel.Unauthenticated("The client could not be authenticated.") from None

    async def system(self, actor: UUID) -> Actor | None:
        """The system that acts under an id, for what is done on its behalf later; None when there is none any more."""
        row = await self._database.fetchrow(SQL.system, actor)
        return system_of(row) if row else None

    async def bearer(self, value: str) -> Actor | None:
        """The system that a token belongs to; None when it is unknown or has ended."""
        return await self._tokens.bearer(value)


def _password_mark(account: Account) -> str:
    """Changes with the password; an account may have none."""
    return fingerprint(account["password_hash"] or "").hex()
