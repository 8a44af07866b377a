"""What has happened that somebody wants to know of, written down in the transaction in which it happened.

Who listens for what is remembered for a second, so that a write that concerns nobody costs no question to the database.
A subscription's handshake waits longer than that (:data:`SETTLING`): when it is ``active``, every process knows of it.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from sekali import fhir, kernel, records, security

from .topics import BY_KIND, Concerns, Topic, context_of, party
from .wanted import queries

SQL = kernel.queries(__file__)
BOOK = kernel.queries(__file__.replace("outbox", "book"))
REMEMBERED = 1.0
SETTLING = timedelta(seconds=1.5)
Caring = Callable[[kernel.Session, Collection[UUID], Collection[UUID]], Awaitable[set[tuple[UUID, UUID]]]]
"""Of some people and facilities, who cares, or cared, for whom: (citizen, facility). ``care`` knows; ``app`` joins the two."""
Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Listener:
    id: UUID
    organization: UUID
    filters: dict[str, list[records.Query]]

    def wants(self, focus: Resource) -> bool:
        """Whether the focus fits all its filters."""
        return all(
            fhir.matches(focus, asked) for query in self.filters.get(focus["resourceType"], ()) for asked in query.asked
        )


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A change that a topic tells of, to those whom ``about`` (references) leads to."""

    topic: Topic
    change: records.Change
    about: frozenset[str]


class Outbox:
    """Writes events down."""

    def __init__(self, caring: Caring) -> None:
        self._caring = caring
        self._listeners: dict[str, list[_Listener]] = {}
        self._until = 0.0

    def forget(self) -> None:
        """Look anew who listens, before the next write of this process."""
        self._until = 0.0

    async def follow(self, tx: kernel.Session, changes: Sequence[records.Change]) -> None:
        """Note what somebody wants to know of. A ``records.Watcher``; what is loaded from elsewhere is no news."""
        some = [one for one in changes if one.type in BY_KIND and not one.deleted]
        if not some or some[0].grant.purpose is security.Purpose.LOAD:
            return
        listeners = await self._who_listens(tx)
        if not listeners:
            return
        candidates = list(_candidates(some, listeners))
        if candidates:
            found = await self._matched(tx, candidates, listeners)
            await self._add(tx, found)

    async def _who_listens(self, tx: kernel.Session) -> dict[str, list[_Listener]]:
        if monotonic() >= self._until:
            until = monotonic() + REMEMBERED
            found: dict[str, list[_Listener]] = defaultdict(list)
            for row in await tx.fetch(BOOK.concerned):
                found[row["topic"]].append(_Listener(row["id"], row["organization"], queries(row["filters"])))
            self._listeners, self._until = found, until
        return self._listeners

    async def _matched(
        self, tx: kernel.Session, candidates: Sequence[_Candidate], listeners: dict[str, list[_Listener]]
    ) -> list[tuple[UUID, _Candidate]]:
        """Whom to tell of what."""
        makers = await _makers(tx, candidates)
        people = {one.change.subject for one in candidates if one.topic.concerns is not Concerns.ORGANIZATIONS}
        people.discard(None)
        facilities = {one.organization for some in listeners.values() for one in some}
        cared = await self._caring(tx, people, facilities) if people else set()
        found = []
        for one in candidates:
            asked = one.topic.concerns is Concerns.REQUESTS
            named = {makers.get(about, "") for about in one.about} if asked else one.about
            told = []
            for listener in listeners[one.topic.url]:
                own = f"Organization/{listener.organization}" in named
                related = (one.change.subject, listener.organization) in cared
                fires = {
                    Concerns.ORGANIZATIONS: own, Concerns.REQUESTS: own and related, Concerns.PEOPLE: related,
                }[one.topic.concerns]  # fmt: skip
                if fires and listener.wants(one.change.resource):
                    told.append(listener)
            there = await _there(tx, one.change, told)
            found += [(listener.id, one) for listener in told if listener.organization in there]
        return found

    async def _add(self, tx: kernel.Session, found: Sequence[tuple[UUID, _Candidate]]) -> None:
        if not found:
            return
        rows = [
            (id, n, one.change.subject, f"{one.change.type}/{one.change.id}",
             " ".join(context_of(one.topic, one.change.resource)))
            for n, (id, one) in enumerate(found)
        ]  # fmt: skip
        await tx.fetch(SQL.add, *map(list, zip(*rows, strict=True)), kernel.now())


def _candidates(changes: Sequence[records.Change], listeners: dict[str, list[_Listener]]) -> Iterator[_Candidate]:
    for change in changes:
        topics = [topic for topic in BY_KIND[change.type] if listeners.get(topic.url)]
        if not topics:
            continue
        before = kernel.decode(change.before) if change.before else None
        for topic in topics:
            about = frozenset(topic.told(change.resource, before)) - {""}
            if about:
                yield _Candidate(topic, change, about)


async def _there(tx: kernel.Session, change: records.Change, told: Sequence[_Listener]) -> set[UUID]:
    """For whom of these what was written is there at all: of what is sealed not even a number is told."""
    if not told:
        return set()
    facilities = {one.organization for one in told}
    return await records.shown_to(tx, change.type, change.id, facilities, security.Purpose.INTEGRATION)


async def _makers(tx: kernel.Session, candidates: Sequence[_Candidate]) -> dict[str, str]:
    """ServiceRequest -> the organization that asked for it."""
    wanted = {about for one in candidates if one.topic.concerns is Concerns.REQUESTS for about in one.about}
    keys = [key for text in wanted if (key := fhir.split_reference(text)) is not None and key[0] == "ServiceRequest"]
    found = await records.standing(tx, candidates[0].change.cipher, keys) if keys else []
    return {one.reference: party(one.resource, "requester") for one in found}
