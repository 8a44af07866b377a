"""Coming in by an external OpenID provider, and whose account a log-in there opens.

No account is made by itself: the role and the place are given by a facility's head (PMK 24/2022, art. 30), never by the
provider, so an operator links a log-in there to an account that is here.
"""

import hmac
import logging
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit

from sekali import audit, kernel

from .accounts import Account, Accounts
from .actors import Actor, Role
from .events import by_operator
from .fetching import Unreachable
from .id_tokens import Expected, Proved, Refused
from .provider import Provider
from .secrets import Seal, new_token
from .sessions import Sessions
from .spent import spend

SQL = kernel.queries(__file__)
log = logging.getLogger("sekali.security")
PATIENCE = timedelta(minutes=15)
"""From here to the provider and back."""
BACK = "/masuk/penyedia/kembali"
"""Where the provider sends people to; to be registered there, below our address."""


@dataclass(frozen=True, slots=True)
class Trip:
    """Somebody on the way to the provider and back. All of it is in their own browser, sealed."""

    state: str
    nonce: str
    verifier: str
    begun: datetime
    back: str
    to: str


@dataclass(frozen=True, slots=True)
class Departure:
    """Where to send a browser, and what it keeps until it is back."""

    address: str
    sealed: str


class Unlinked(kernel.Unauthenticated):
    """Somebody whom the provider knows, and no account is linked to.

    :ivar subject: the provider's name for them, which the operator links.
    """

    def __init__(self, provider: str, subject: str) -> None:
        super().__init__(
            "%(provider)s knows you, but your account here is not linked to it yet. Log in with your password, or show "
            "this to the operator:", provider=provider,
        )  # fmt: skip
        self.subject = subject


class ByProvider:
    """See the module.

    :ivar name: what people call the provider.
    """

    def __init__(
        self, database: kernel.Database, accounts: Accounts, sessions: Sessions, seal: Seal, addresses: Sequence[str],
        provider: Provider,
    ) -> None:  # fmt: skip
        self._database = database
        self._accounts = accounts
        self._sessions = sessions
        self._seal = seal
        self._addresses = addresses
        self._provider = provider
        self.name = provider.known.name

    async def depart(self, netloc: str, to: str) -> Departure:
        """To the provider. ``to``: where to go on after. Raises Unavailable."""
        here = self._here(netloc)
        trip = Trip(new_token(), new_token(), new_token(), kernel.now(), here + BACK, to)
        challenge = urlsafe_b64encode(sha256(trip.verifier.encode()).digest()).decode().rstrip("=")
        with self._answering():
            address = await self._provider.address(trip.back, trip.state, trip.nonce, challenge)
        text = f"{trip.state} {trip.nonce} {trip.verifier} {trip.begun.timestamp()} {trip.back} {to}"
        return Departure(address, self._seal.seal(text, "provider"))

    def trip(self, sealed: str, state: str) -> Trip:
        """The trip that a browser comes back from. Raises Unauthenticated when it did not begin here, or too long ago."""
        text = self._seal.unseal(sealed, "provider", PATIENCE.total_seconds())
        if text is not None:
            mark, nonce, verifier, begun, back, to = text.split(" ", 5)
            if hmac.compare_digest(mark.encode(), state.encode()):
                return Trip(mark, nonce, verifier, datetime.fromtimestamp(float(begun), UTC), back, to)
        raise kernel.Unauthenticated("That took too long, or was begun elsewhere. Please log in again.")

    async def prove(self, trip: Trip, answer: Mapping[str, str]) -> Proved:
        """Who has come back. Raises Unauthenticated, or Unavailable."""
        if "code" not in answer:
            raise kernel.Unauthenticated("%(provider)s did not let you in.", provider=self.name)
        known = self._provider.known
        expected = Expected(known.issuer, known.client, trip.nonce, trip.begun - known.fresh)
        with self._answering():
            return await self._provider.prove(answer["code"], trip.verifier, trip.back, answer.get("iss"), expected)

    async def account(self, tx: kernel.Session, trip: Trip, proved: Proved) -> Account:
        """Whose account it opens, held; the trip is used up by that. Raises Unauthenticated."""
        if not await spend(tx, "provider", trip.state, trip.begun + PATIENCE):
            raise kernel.Unauthenticated("That took too long, or was begun elsewhere. Please log in again.")
        id = await tx.fetchval(SQL.used, self._provider.known.issuer, proved.subject, kernel.now())
        account = await self._accounts.held(tx, id) if id else None
        if account is None:
            raise Unlinked(self.name, proved.subject)
        return account

    def was_strong(self, proved: Proved) -> bool:
        """Whether the provider has asked for what stands for our second factor."""
        return bool(proved.means & self._provider.known.second_factor)

    async def linked(self, actor: Actor) -> bool:
        """Whether somebody's own log-in there opens their account."""
        return await self._database.fetchval(SQL.linked, actor.id, self._provider.known.issuer)

    async def farewell(self, netloc: str) -> str | None:
        """Where to log out of the provider too; None when it has no such place, or is away."""
        try:
            return await self._provider.farewell(self._here(netloc) + "/")
        except (Unreachable, Refused):
            return None

    # The operator

    async def link(self, username: str, subject: str) -> None:
        """Let whom the provider calls ``subject`` come in as ``username``; an earlier link of the account ends.

        Raises NotFound, Conflict when somebody else's account is linked to it, Invalid for a citizen's account.
        """
        account = await self._named(username)
        if account["role"] == Role.CITIZEN:
            raise kernel.Invalid("A citizen's account is opened at a counter; only staff come in by a provider.")
        issuer = self._provider.known.issuer
        async with self._database.transaction() as tx:
            await tx.execute(SQL.unlink, account["id"], issuer)
            try:
                await tx.execute(SQL.link, issuer, subject, account["id"], kernel.now())
            except kernel.Duplicate:
                raise kernel.Conflict("Another account is linked to this log-in. Unlink that one first.") from None
            await audit.append(tx, [by_operator(audit.Kind.PROVIDER_LINKED, account)])

    async def unlink(self, username: str) -> None:
        """No longer; all sessions of the account end. Raises NotFound."""
        account = await self._named(username)
        async with self._database.transaction() as tx:
            if not await tx.fetchval(SQL.unlink, account["id"], self._provider.known.issuer):
                raise kernel.NotFound("This account is not linked.")
            await self._sessions.close_others(tx, account["id"])
            await audit.append(tx, [by_operator(audit.Kind.PROVIDER_UNLINKED, account)])

    async def _named(self, username: str) -> Account:
        account = await self._accounts.named(username)
        if account is None:
            raise kernel.NotFound("There is no account of this name.")
        return account

    def _here(self, netloc: str) -> str:
        """Our address as the browser has it, if that is one of ours; never what a request makes up."""
        return next((one for one in self._addresses if urlsplit(one).netloc == netloc), self._addresses[0])

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except Unreachable as error:
            log.warning("OpenID provider: %s", error)
            raise kernel.Unavailable(
                "%(provider)s does not answer now. Log in with your password, or try again later.",
                provider=self.name, retry_after=60,
            ) from None  # fmt: skip
        except Refused as error:
            log.warning("OpenID provider: refused: %s", error)
            raise kernel.Unauthenticated(
                "What %(provider)s answered does not count, so nobody was let in. Try again, or log in with your password.",
                provider=self.name,
            ) from None  # fmt: skip
