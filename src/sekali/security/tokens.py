"""Access tokens of facilities' own systems. A token is only ever with its system; its fingerprint is kept."""

from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from uuid import UUID

from sekali import audit, kernel

from .actors import Actor, Role
from .events import at_the_door
from .scopes import Scope, scope_of
from .secrets import fingerprint, new_token

SQL = kernel.queries(__file__)
TOKEN_CACHE = 30.0
"""Seconds for which a checked token is not looked up again: the longest that a withdrawn one still works."""
CACHED_TOKENS = 10_000
LONGEST_TOLD = 200
"""Characters of a scope in the audit."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a facility's system gets: the token, its seconds to live, and whose it is."""

    value: str
    expires_in: int
    client: str
    organization: UUID | None
    organization_name: str


class Tokens:
    """All access tokens."""

    def __init__(self, database: kernel.Database) -> None:
        self._database = database
        self._known: dict[bytes, tuple[float, Actor]] = {}

    async def issue(
        self, tx: kernel.Session, client: kernel.Row, lives: timedelta, by: str, scope: Scope | None
    ) -> AccessToken:
        """A new token for a client, which has shown who it is ``by`` this; for ``scope``, or for all that it may."""
        value, at = new_token(), kernel.now()
        await tx.execute(SQL.issue, fingerprint(value), client["id"], at, at + lives, scope.text if scope else None)
        await audit.append(
            tx,
            [
                at_the_door(
                    audit.Kind.TOKEN_ISSUED, system_of(client), f"{by}; {scope.text[:LONGEST_TOLD]}" if scope else by
                )
            ],
        )
        return AccessToken(
            value, int(lives.total_seconds()), client["id"], client["organization"], client["organization_name"]
        )

    async def bearer(self, value: str) -> Actor | None:
        """The system that a token belongs to; None when it is unknown or has ended."""
        key = fingerprint(value)
        cached = self._known.get(key)
        if cached and cached[0] > monotonic():
            return cached[1]
        at = kernel.now()
        row = await self._database.fetchrow(SQL.bearer, key, at)
        if row is None:
            self._known.pop(key, None)
            return None
        if len(self._known) >= CACHED_TOKENS:
            self._known.clear()
        actor = system_of(row)
        if row["scope"] is not None:
            scope = scope_of(row["scope"])
            if scope is None:  # of kinds that are no more: never a token for everything
                return None
            actor = replace(actor, scope=scope)
        left = (row["expires_at"] - at).total_seconds()
        self._known[key] = monotonic() + min(TOKEN_CACHE, left), actor
        return actor


def system_of(row: kernel.Row) -> Actor:
    """Who a client is."""
    role = Role.SYSTEM if row["operator"] else Role.INTEGRATOR
    return Actor(row["actor"], row["id"], role, row["organization"], row["organization_name"])
