"""The book of subscriptions: whose each is, how far it has come, and how its last attempt ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sekali import audit, kernel, security

from . import signing
from .endpoints import Policy
from .outbox import SETTLING, Outbox
from .subscription import SEALED, Subscription, purpose, subscription
from .wanted import Wanted, understood

SQL = kernel.queries(__file__)
MOST = 20
"""Subscriptions of one client."""
LONGEST_PAUSE = timedelta(hours=1)
BOTH_SIGN = timedelta(hours=24)
"""For which a former secret signs beside a new one."""
MOST_EVENTS = 100_000
"""Kept of one subscription."""
FIRST, LAST = 0, 2**63 - 1
_SERVERS = ("id", "status", "error")


@dataclass(frozen=True, slots=True)
class Patience:
    """How attempts that fail are repeated, and how long things are kept.

    :ivar attempts: failures in a row until the status is ``error``.
    :ivar pause: before the second attempt; each further one is twice as long.
    :ivar failing: after which a subscription that only fails is ``off``.
    :ivar kept: how long events are.
    """

    attempts: int
    pause: timedelta
    failing: timedelta
    kept: timedelta

    def after(self, failures: int) -> timedelta:
        """The pause after so many failures in a row."""
        return min(self.pause * 2 ** min(failures - 1, 12), LONGEST_PAUSE)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. ``focus`` and ``context`` are ``Type/id``."""

    number: int
    at: datetime
    citizen: UUID | None
    focus: str
    context: list[str]


class Book:
    """What is kept of subscriptions. What a client does is audited."""

    def __init__(
        self, database: kernel.Database, outbox: Outbox, policy: Policy, patience: Patience, vault: security.Vault
    ) -> None:
        self.database = database
        self.policy = policy
        self._outbox = outbox
        self._patience = patience
        self._vault = vault

    def _there(self, row: kernel.Row | None) -> Subscription:
        if row is None:
            raise kernel.NotFound("There is no %(type)s with this id.", rule="20007", type="Subscription")
        return subscription(row, self._vault)

    def _sealed(self, content: bytes, id: UUID) -> bytes:
        return self._vault.seal(content, purpose(id))

    async def seal(self) -> None:
        """Seal what an earlier version kept as it was."""
        async with self.database.transaction() as tx:
            for row in await tx.fetch(SQL.open_ones):
                kept = [row[name] for name in SEALED]
                sealed = [
                    one if one is None or self._vault.is_sealed(one) else self._sealed(one, row["id"]) for one in kept
                ]
                await tx.execute(SQL.seal, row["id"], *sealed)

    # For clients

    async def add(self, actor: security.Actor, resource: dict[str, Any], base: str) -> Subscription:
        """A new one, with its first secret. Raises Invalid, TooCostly (the client has 20)."""
        wanted = understood(resource, self.policy)
        id, now = kernel.new_id(kernel.CITY), kernel.this_millisecond()
        async with self.database.transaction() as tx:
            await tx.execute("select pg_advisory_xact_lock(hashtextextended('subscription ' || $1, 0))", str(actor.id))
            if await tx.fetchval(SQL.count, actor.id) >= MOST:
                raise kernel.TooCostly(
                    "Your system has %(most)s Subscriptions. Delete one that is not used.", most=MOST
                )
            await tx.execute(
                SQL.add, id, actor.id, actor.facility, wanted.topic.url, list(wanted.filters), wanted.channel,
                self._sealed(_content(resource), id), base, now, self._sealed(signing.new_secret(), id), now + SETTLING,
                wanted.ends_at,
            )  # fmt: skip
            await _tell(tx, actor, id, f"created, {wanted.topic.name}, {wanted.channel}, {wanted.content}")
        self._outbox.forget()
        return await self.own(actor, id)

    async def own(self, actor: security.Actor, id: UUID) -> Subscription:
        """One of the actor's own. Raises NotFound, for anybody else's too."""
        return self._there(await self.database.fetchrow(SQL.own, id, actor.id))

    async def all_own(self, actor: security.Actor) -> list[Subscription]:
        """All of the actor's own."""
        return [subscription(row, self._vault) for row in await self.database.fetch(SQL.all_own, actor.id)]

    async def replace(
        self, actor: security.Actor, id: UUID, resource: dict[str, Any], base: str, version: int | None
    ) -> Subscription:
        """What is wanted instead; it is shaken hands with anew, unless it is to be ``off``.

        Raises NotFound, Invalid, PreconditionFailed.
        """
        async with self.database.transaction() as tx:
            before = self._there(await tx.fetchrow(SQL.lock, id, actor.id))
            _require_version(before, version)
            wanted = understood(resource, self.policy, before.content)
            if wanted.topic.url != before.content["criteria"]:
                reason = "stays as it is, for what has happened already is of this topic; create another Subscription"
                raise kernel.Invalid(faults=[kernel.Fault("Subscription.criteria", reason)])
            status, now = "off" if resource["status"] == "off" else "requested", kernel.this_millisecond()
            await tx.execute(
                SQL.replace, id, wanted.topic.url, list(wanted.filters), wanted.channel,
                self._sealed(_content(resource), id), base, now, status, now + SETTLING, wanted.ends_at,
            )  # fmt: skip
            await _tell(tx, actor, id, f"{status}, {wanted.topic.name}, {wanted.channel}, {wanted.content}")
        self._outbox.forget()
        return await self.own(actor, id)

    async def renew_secret(self, actor: security.Actor, id: UUID) -> Subscription:
        """A new secret; for a day the former one signs too. Raises NotFound."""
        async with self.database.transaction() as tx:
            self._there(await tx.fetchrow(SQL.lock, id, actor.id))
            await tx.execute(SQL.renew, id, self._sealed(signing.new_secret(), id), kernel.now() + BOTH_SIGN)
            await _tell(tx, actor, id, "a new secret")
        return await self.own(actor, id)

    async def remove(self, actor: security.Actor, id: UUID, version: int | None) -> None:
        """Take it and its events away. Raises NotFound, PreconditionFailed."""
        async with self.database.transaction() as tx:
            _require_version(self._there(await tx.fetchrow(SQL.lock, id, actor.id)), version)
            await tx.execute(SQL.remove, id)
            await tx.execute(SQL.forget_events, id)
            await _tell(tx, actor, id, "deleted")
        self._outbox.forget()

    # For whoever sends

    async def one(self, id: UUID) -> Subscription | None:
        """One that is not ``off``."""
        row = await self.database.fetchrow(SQL.one, id)
        return subscription(row, self._vault) if row is not None and row["status"] != "off" else None

    async def due(self, line: kernel.Session | kernel.Database) -> list[UUID]:
        """Those for which something is to be sent by POST."""
        return [row["id"] for row in await line.fetch(SQL.due, kernel.now())]

    async def listening(self, client: UUID, ids: Sequence[UUID]) -> list[Subscription]:
        """Those of a client's that go by websocket."""
        return [subscription(row, self._vault) for row in await self.database.fetch(SQL.listening, client, list(ids))]

    async def number(self, id: UUID) -> int:
        """Give what has happened its numbers, without a gap; the last number there is."""
        async with self.database.transaction() as tx:
            last = await tx.fetchval(SQL.hold, id)
            return last if last is None else await tx.fetchval(SQL.number, id, last)

    async def events(self, id: UUID, most: int, first: int = FIRST, last: int = LAST) -> list[Event]:
        """Numbered events in their order."""
        return [Event(**row) for row in await self.database.fetch(SQL.events, id, first, last, most)]

    async def taken(self, one: Subscription, wanted: Wanted, up_to: int) -> None:
        """The subscriber has taken a message, with everything up to a number."""
        now = kernel.this_millisecond()
        beat_at = now + timedelta(seconds=wanted.beat) if wanted.beat else None
        await self.database.execute(SQL.taken, one.id, up_to, beat_at, now, one.wish)

    async def skip(self, one: Subscription) -> None:
        """What was to be sent is kept no longer."""
        await self.database.execute(SQL.skip, one.id)

    async def failed(self, one: Subscription, why: str, for_good: bool = False) -> None:
        """An attempt failed. ``for_good``: there will be no other."""
        failures, now = one.failures + 1, kernel.this_millisecond()
        late = not one.shaken or failures >= self._patience.attempts
        status = "off" if for_good else "error" if late else one.status
        await self.database.execute(
            SQL.failed, one.id, now, now + self._patience.after(failures), why, status, one.wish
        )

    async def tidy(self) -> None:
        """End what is over, and forget what was kept long enough."""
        now = kernel.now()
        await self.database.execute(SQL.over, now, now - self._patience.failing)
        await self.database.execute(SQL.trim_old, now - self._patience.kept)
        await self.database.execute(SQL.trim_many, MOST_EVENTS)
        await self.database.execute(SQL.trim_lost)


def _require_version(one: Subscription, version: int | None) -> None:
    if version is not None and version != one.version:
        raise kernel.PreconditionFailed(
            "Somebody changed this since you read it (version %(seen)s, now %(now)s). Read it again, then change it.",
            path="If-Match", seen=version, now=one.version,
        )  # fmt: skip


def _content(resource: dict[str, Any]) -> bytes:
    """What the client says, without what the server says."""
    kept = {name: value for name, value in resource.items() if name not in _SERVERS}
    meta = {name: value for name, value in kept.pop("meta", {}).items() if name not in ("versionId", "lastUpdated")}
    return kernel.encode(kept | ({"meta": meta} if meta else {}))


async def _tell(tx: kernel.Session, actor: security.Actor, id: UUID, detail: str) -> None:
    """Those who send, and the audit."""
    await tx.fetch(SQL.ring, str(id))
    grant = security.decide(actor, security.Purpose.INTEGRATION)
    event = audit.Event(
        audit.Kind.SUBSCRIBED, actor.id, actor.signature, actor.role.value, actor.facility, None, grant.purpose.value,
        grant.basis, f"Subscription/{id}", detail,
    )  # fmt: skip
    await audit.append(tx, [event])
