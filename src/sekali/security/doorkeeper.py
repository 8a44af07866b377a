"""Who comes in: people by name and password, a facility's system by client id and secret."""

import asyncio
import hmac
import secrets as random
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from sekali import audit, kernel

from .actors import Actor, Role
from .secrets import Seal, fingerprint, hash_password, new_code, new_token, password_matches

SQL = kernel.queries(__file__)

WRONG_PASSWORDS = 5
"""After so many in a row an account rests for LOCKED."""
LOCKED = timedelta(minutes=15)
WRONG_FROM_ONE_ADDRESS = 100
"""In LOCKED; a puskesmas sits behind one address, so this is generous."""
SESSION = timedelta(hours=12)
"""A long shift; then log in again, and nothing typed is lost."""
INVITATION = timedelta(days=30)
TOKEN = timedelta(seconds=3599)
TOKEN_CACHE = 30.0
"""Seconds for which a checked token is not looked up again: the longest that a withdrawn one still works."""
CACHED_TOKENS = 10_000
SHORTEST_PASSWORD = 8


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a facility's system gets: the token, its seconds to live, and whose it is."""

    value: str
    expires_in: int
    client: str
    organization: UUID | None
    organization_name: str


class Doorkeeper:
    """Accounts, sessions, invitations, clients and tokens. Everything it does is audited."""

    def __init__(self, database: kernel.Database, journal: audit.Journal) -> None:
        self._database = database
        self._journal = journal
        self._seal: Seal | None = None
        self._bearers: dict[bytes, tuple[float, Actor]] = {}

    async def open(self) -> None:
        """Read the server's own keys, made at the first start. Call once before use."""
        await self._database.execute(SQL.make_key, "seal", random.token_bytes(32))
        self._seal = Seal(await self._database.fetchval(SQL.key, "seal"))

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
        self,
        tx: kernel.Session,
        *,
        username: str,
        password: str | None,
        name: str,
        role: Role,
        facility: UUID | None = None,
        facility_name: str = "",
        citizen: UUID | None = None,
        zone: str = "Asia/Jakarta",
    ) -> UUID:
        """A new account, inside the caller's transaction. Raises Conflict when the name is taken."""
        id = kernel.new_id(kernel.CITY)
        hashed = await asyncio.to_thread(hash_password, password) if password is not None else None
        try:
            await tx.execute(
                SQL.add_account,
                id,
                username.strip().lower(),
                hashed,
                name,
                role.value,
                facility,
                facility_name,
                zone,
                citizen,
            )
        except kernel.Duplicate:
            raise kernel.Conflict("This user name is taken. Please choose another.", path="username") from None
        return id

    async def log_in(self, username: str, password: str, address: str) -> str:
        """The token of a new session. Raises Unauthenticated, or Forbidden while the account rests."""
        at = kernel.now()
        account = await self._database.fetchrow(SQL.account, username.strip().lower()[:200])
        if await self._database.fetchval(SQL.attempts, address, at - LOCKED) >= WRONG_FROM_ONE_ADDRESS:
            raise kernel.Forbidden("Too many wrong passwords from here. Please wait 15 minutes.")
        if account and account["locked_until"] and account["locked_until"] > at:
            raise kernel.Forbidden("Too many wrong passwords. This account rests for 15 minutes; then try again.")
        hashed = account["password_hash"] if account else None
        if not await asyncio.to_thread(password_matches, hashed, password[:1000]):
            await self._refuse(account, address, at)
            raise kernel.Unauthenticated("User name or password is not right.")
        token = new_token()
        async with self._database.transaction() as tx:
            await tx.execute(SQL.succeeded, account["id"])
            await tx.execute(SQL.open_session, fingerprint(token), account["id"], at, at + SESSION)
            await audit.append(tx, [_door_event(audit.Kind.LOGGED_IN, _actor(account))])
        return token

    async def _refuse(self, account: kernel.Row | None, address: str, at: datetime) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(SQL.add_attempt, address, at)
            if account is None:
                return
            actor = _actor(account)
            locked = await tx.fetchval(SQL.failed, account["id"], WRONG_PASSWORDS, at + LOCKED)
            await audit.append(tx, [_door_event(audit.Kind.LOCKED if locked else audit.Kind.LOGIN_REFUSED, actor)])

    async def session(self, token: str) -> Actor | None:
        """Who a cookie belongs to; None when it is unknown or has ended."""
        row = await self._database.fetchrow(SQL.session, fingerprint(token), kernel.now())
        return _actor(row) if row else None

    async def log_out(self, token: str) -> None:
        """End the session."""
        actor = await self.session(token)
        if actor is None:
            return
        async with self._database.transaction() as tx:
            await tx.execute(SQL.close_session, fingerprint(token))
            await audit.append(tx, [_door_event(audit.Kind.LOGGED_OUT, actor)])

    async def invite(
        self, tx: kernel.Session, name: str, *, citizen: UUID | None = None, role: Role = Role.CITIZEN,
        facility: UUID | None = None, facility_name: str = "", zone: str = "Asia/Jakarta",
    ) -> str:  # fmt: skip
        """A one-time code that opens an account of ``role`` for ``citizen`` or at ``facility``; earlier ones end."""
        code = new_code()
        await tx.execute(
            SQL.invite, fingerprint(code), citizen, name, kernel.now() + INVITATION, role.value, facility, facility_name, zone
        )  # fmt: skip
        return code

    async def activate(self, code: str, username: str, password: str) -> None:
        """Turn a code into an account. Raises Invalid (unknown or old code, short password), Conflict (name taken)."""
        if len(password) < SHORTEST_PASSWORD:
            raise kernel.Invalid(
                "The password needs at least %(least)s characters.", path="password", least=SHORTEST_PASSWORD
            )
        if not 3 <= len(username.strip()) <= 60:
            raise kernel.Invalid("The user name needs 3 to 60 characters.", path="username")
        tidy = code.strip().upper().replace("-", "").replace(" ", "")
        async with self._database.transaction() as tx:
            row = await tx.fetchrow(SQL.accept_invitation, fingerprint(tidy), kernel.now())
            if row is None:
                raise kernel.Invalid(
                    "This code is not known, or was used already. Ask the counter for a new one.", path="code"
                )
            place = {name: row[name] for name in ("name", "facility", "facility_name", "citizen", "zone")}
            role = Role(row["role"])
            id = await self.add_account(tx, username=username, password=password, role=role, **place)
            actor = Actor(id, role=role, **place)
            await audit.append(tx, [_door_event(audit.Kind.ACTIVATED, actor)])

    # Systems

    async def add_client(self, tx: kernel.Session, client_id: str, secret: str, organization: UUID, name: str) -> None:
        """A facility's own system. One client id belongs to one organization. Raises Conflict."""
        try:
            await tx.execute(
                SQL.add_client, client_id, fingerprint(secret), kernel.new_id(kernel.CITY), organization, name
            )
        except kernel.Duplicate:
            raise kernel.Conflict("This client id is taken.") from None

    async def add_operator(self, tx: kernel.Session, client_id: str, secret: str) -> None:
        """A system of the operator's own: it may ask for bulk jobs of everybody, and for nothing else. Raises Conflict."""
        try:
            await tx.execute(SQL.add_operator, client_id, fingerprint(secret), kernel.new_id(kernel.CITY), "Sekali")
        except kernel.Duplicate:
            raise kernel.Conflict("This client id is taken.") from None

    async def token(self, client_id: str, secret: str) -> AccessToken:
        """An access token for a client. Raises Unauthenticated."""
        client = await self._database.fetchrow(SQL.client, client_id[:200])
        if client is None or not hmac.compare_digest(client["secret_hash"], fingerprint(secret)):
            if client is not None:
                await self._journal.record(_door_event(audit.Kind.TOKEN_REFUSED, _system(client)))
            raise kernel.Unauthenticated("The client id or secret is not right.")
        value, at = new_token(), kernel.now()
        async with self._database.transaction() as tx:
            await tx.execute(SQL.issue_token, fingerprint(value), client["id"], at, at + TOKEN)
            await audit.append(tx, [_door_event(audit.Kind.TOKEN_ISSUED, _system(client))])
        return AccessToken(
            value, int(TOKEN.total_seconds()), client["id"], client["organization"], client["organization_name"]
        )

    async def system(self, actor: UUID) -> Actor | None:
        """The system that acts under an id, for what is done on its behalf later; None when there is none any more."""
        row = await self._database.fetchrow(SQL.system, actor)
        return _system(row) if row else None

    async def bearer(self, value: str) -> Actor | None:
        """The system that a token belongs to; None when it is unknown or has ended."""
        key = fingerprint(value)
        cached = self._bearers.get(key)
        if cached and cached[0] > monotonic():
            return cached[1]
        at = kernel.now()
        row = await self._database.fetchrow(SQL.bearer, key, at)
        if row is None:
            self._bearers.pop(key, None)
            return None
        if len(self._bearers) >= CACHED_TOKENS:
            self._bearers.clear()
        actor = _system(row)
        left = (row["expires_at"] - at).total_seconds()
        self._bearers[key] = monotonic() + min(TOKEN_CACHE, left), actor
        return actor


def _actor(row: kernel.Row) -> Actor:
    return Actor(
        row["id"], row["name"], Role(row["role"]), row["facility"], row["facility_name"], row["citizen"], row["zone"]
    )


def _system(row: kernel.Row) -> Actor:
    role = Role.SYSTEM if row["operator"] else Role.INTEGRATOR
    return Actor(row["actor"], row["id"], role, row["organization"], row["organization_name"])


def _door_event(kind: audit.Kind, actor: Actor) -> audit.Event:
    return audit.Event(kind, actor.id, actor.signature, actor.role.value, actor.facility, actor.citizen, "", "", "")
