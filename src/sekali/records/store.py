"""The store: no look and no word without a Grant."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol
from uuid import UUID

from sekali import audit, fhir, kernel, security

from . import search, transaction
from .change import Change, Writing, event
from .prepared import COLUMNS, Prepared
from .search import Page
from .stored import Stored, stored

SQL = kernel.queries(__file__)

MOST_OF_A_RECORD = 5000
MOST_HISTORY = 200
MOST_AT_ONCE = 500


class Watcher(Protocol):
    """Somebody who keeps their own tables in step with the resources, inside the same transaction.

    They may refuse by raising a Failure: then nothing was written.
    """

    async def __call__(self, tx: kernel.Session, changes: Sequence[Change]) -> None: ...


class Relations(Protocol):
    """Somebody who knows whether a facility stands in a relation to a person. ``care`` does; ``app`` joins the two."""

    async def __call__(self, facility: UUID, citizen: UUID) -> bool: ...


async def no_relations(facility: UUID, citizen: UUID) -> bool:
    """Where nobody knows, there is none."""
    return False


class Store:
    """FHIR resources in PostgreSQL. Everything goes through :meth:`under` or :meth:`change`, with a Grant."""

    def __init__(
        self,
        database: kernel.Database,
        journal: audit.Journal,
        watchers: Sequence[Watcher] = (),
        relations: Relations = no_relations,
    ) -> None:
        self._database = database
        self._journal = journal
        self._watchers = tuple(watchers)
        self._relations = relations
        self._read = database.coalesced(SQL.read)

    def under(self, grant: security.Grant) -> "Reader":
        """Reading, as far as ``grant`` allows."""
        return Reader(self._database, self._journal, self._read, self._relations, grant)

    @asynccontextmanager
    async def change(self, grant: security.Grant) -> AsyncIterator[Writing]:
        """One transaction: what is written, the watchers' tables, the audit; all of it or nothing."""
        async with self._database.transaction() as tx:
            writing = Writing(tx, grant)
            yield writing
            await writing.finish()
            await self._tell(tx, writing.changes)
            await writing.seal()

    async def transaction(self, grant: security.Grant, bundle: bytes) -> bytes:
        """A FHIR transaction Bundle: all of it or nothing. Returns the transaction-response Bundle.

        Raises Invalid and the others, with the place in the Bundle as path.
        """
        plan = transaction.plan(bundle)
        async with self.change(grant) as writing:
            return await transaction.carry_out(plan, writing)

    async def load(
        self,
        grant: security.Grant,
        rows: Sequence[Prepared],
        also: Callable[[kernel.Session], Awaitable[None]] | None = None,
    ) -> None:
        """Many prepared resources at once, by COPY, in one transaction; one audit event for all.

        :param also: the caller's own note in the same transaction (how far a load has come). Raises Conflict.
        """
        for type in {row.type for row in rows}:
            grant.may_write(type)
        async with self._database.transaction() as tx:
            await tx.copy("records.resource", COLUMNS, rows)
            await self._tell(tx, [Change(r.type, r.id, r.subject, r.content, r.deleted, grant) for r in rows])
            if also is not None:
                await also(tx)
            await audit.append(tx, [event(grant, audit.Kind.LOADED, None, f"{len(rows)} resources")])

    async def _tell(self, tx: kernel.Session, changes: Sequence[Change]) -> None:
        for watcher in self._watchers:
            await watcher(tx, changes)


class Reader:
    """What may be read under one Grant. Every look is on the audit's disk before it is answered."""

    def __init__(
        self,
        database: kernel.Database,
        journal: audit.Journal,
        read: kernel.Coalesced,
        relations: Relations,
        grant: security.Grant,
    ) -> None:
        self._database = database
        self._journal = journal
        self._read = read
        self._relations = relations
        self._grant = grant

    async def read(self, type: str, id: UUID) -> Stored:
        """The present version. Raises NotFound, Gone, Forbidden."""
        self._grant.may_read(type)
        row = await self._read(kernel.shard_of(id), type, id)
        return await self._show(type, stored(row) if row else None)

    async def vread(self, type: str, id: UUID, version: int) -> Stored:
        """One version. Raises NotFound, Gone (this version is a deletion), Forbidden."""
        self._grant.may_read(type)
        row = await self._database.fetchrow(SQL.vread, kernel.shard_of(id), type, id, version)
        return await self._show(type, stored(row) if row else None)

    async def history(self, type: str, id: UUID, count: int = 50, before: int | None = None) -> list[Stored]:
        """Versions, newest first, deletions too. Raises NotFound, Forbidden."""
        self._grant.may_read(type)
        rows = await self._database.fetch(
            SQL.history, kernel.shard_of(id), type, id, before or 2**31 - 1, min(count, MOST_HISTORY)
        )
        if not rows and before is None:
            raise kernel.NotFound("There is no %(type)s with this id.", rule="20007", type=type)
        versions = [stored(row) for row in rows]
        for one in versions[:1]:
            await self._require_standing(type, one.subject)
        await self._looked(versions[:1], f"{type}/{id}/_history")
        return versions

    async def read_many(self, type: str, ids: Sequence[UUID]) -> list[Stored]:
        """Those of ``ids`` (at most 500) that are there and that the Grant concerns, in one round trip."""
        self._grant.may_read(type)
        some = list(ids)[:MOST_AT_ONCE]
        rows = await self._database.fetch(SQL.read, [kernel.shard_of(id) for id in some], [type] * len(some), some)
        found = [one for one in map(stored, rows) if not one.deleted and self._grant.subject in (None, one.subject)]
        await self._looked(found, type)
        return found

    async def record(self, types: Sequence[str]) -> dict[str, list[Stored]]:
        """All that is kept of the Grant's person of these types, newest first, in one round trip. Raises Forbidden."""
        for type in types:
            self._grant.may_read(type)
        subject = self._grant.subject
        if subject is None:
            raise kernel.Forbidden("It is not clear whose data this is about.")
        rows = await self._database.fetch(SQL.record, kernel.shard_of(subject), list(types), subject, MOST_OF_A_RECORD)
        found: dict[str, list[Stored]] = {type: [] for type in types}
        for row in rows:
            found[row["type"]].append(stored(row))
        await self._journal.record(event(self._grant, audit.Kind.LOOKED, subject, ",".join(types)))
        return found

    async def search(self, type: str, params: Sequence[tuple[str, str]], *, lenient: bool = False) -> Page:
        """A page of what matches. Raises Invalid (unknown parameter), TooCostly (nothing narrows it), Forbidden."""
        query = search.parse(type, params, lenient)
        self._grant.may_read(type)
        if type in self._grant.related and query.person() is None:
            raise kernel.Forbidden("Name the patient: your facility may read only those it cares for.", rule="20003")
        await self._require_standing(type, query.person())
        page = await search.run(self._database, query, self._grant)
        names = ",".join(name for name, _ in page.used)
        await self._looked(page.items, f"{type}?{names}", audit.Kind.SEARCHED)
        return page

    async def _show(self, type: str, one: Stored | None) -> Stored:
        if one is None:
            raise kernel.NotFound("There is no %(type)s with this id.", rule="20007", type=type)
        await self._require_standing(type, one.subject)
        await self._looked([one], one.reference)
        if one.deleted:
            raise kernel.Gone("This %(type)s was deleted.", type=type)
        return one

    async def _require_standing(self, type: str, subject: UUID | None) -> None:
        """Raises Forbidden when it is another person's, or one's whom the actor's facility does not care for."""
        self._grant.concerns(subject)
        if type not in self._grant.related or subject is None:
            return
        facility = self._grant.actor.facility
        if facility is None or not await self._relations(facility, subject):
            raise kernel.Forbidden("Your facility has no visit or referral of this person.", rule="20003")

    async def _looked(self, found: Sequence[Stored], what: str, kind: audit.Kind = audit.Kind.LOOKED) -> None:
        """One event for each person whose data was shown; the city's own (its places) needs none."""
        citizens = {one.subject for one in found} - {None}
        if not citizens and kind is audit.Kind.SEARCHED and what.partition("?")[0] not in fhir.CITY_TYPES:
            citizens = {None}  # a search that found nobody is written down too
        await self._journal.record_all([event(self._grant, kind, citizen, what) for citizen in citizens])
