"""The store: no look and no word without a Grant."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sekali import audit, kernel, security

from . import consents
from .change import Change, Writing, event
from .extract import Extract
from .packed import COLUMNS, Ready, Stamp, packed, with_seal
from .prepared import Prepared
from .query import Query
from .reader import Codes, Reader, Relations, no_codes, no_relations
from .sealing import Seals
from .stored import Stored, columns, stored

SQL = kernel.queries(__file__)
EXTRACT = kernel.queries(__file__.replace("store", "extract"))
Also = Callable[[kernel.Session], Awaitable[None]]
"""What else is done in a transaction."""


class _TakenBack(Exception):  # noqa: N818 - no error: how a trial ends
    """A trial is over."""


class Watcher(Protocol):
    """Somebody who keeps their own tables in step with the resources, inside the same transaction.

    They may refuse by raising a Failure: then nothing was written. Whoever seals something has the rows sent first
    (``Session.send_before``), or asks the transaction for something else: with them the keys are held.
    """

    async def __call__(self, tx: kernel.Session, changes: Sequence[Change]) -> None: ...


class Store:
    """FHIR resources in PostgreSQL. Everything goes through :meth:`under` or :meth:`change`, with a Grant.

    ``strict``: references must lead somewhere, and what SATUSEHAT ties to a person must name one. ``classes`` knows what is
    sensitive, ``cipher`` seals what is kept of people.
    """

    def __init__(
        self,
        database: kernel.Database,
        journal: audit.Journal,
        cipher: security.Cipher,
        watchers: Sequence[Watcher] = (),
        relations: Relations = no_relations,
        strict: bool = True,
        codes: Codes = no_codes,
        classes: security.Classes | None = None,
    ) -> None:
        self._database = database
        self.cipher = cipher
        self._strict = strict
        self._journal = journal
        self._watchers = tuple(watchers)
        self._relations = relations
        self._codes = codes
        self.seals = Seals(classes or security.Classes())
        self._read = database.coalesced(SQL.read)
        self._origin = database.coalesced(SQL.origin)

    def under(self, grant: security.Grant) -> Reader:
        """Reading, as far as ``grant`` allows."""
        return Reader(
            self._database, self.cipher, self._journal, self._read, self._origin, self._relations, grant, self._codes
        )  # fmt: skip

    def extract(
        self, grant: security.Grant, since: datetime, until: datetime, filters: Mapping[str, Sequence[Query]]
    ) -> Extract:
        """What stood at one moment, as far as ``grant`` allows. See :class:`Extract`; its user tells the audit."""
        return Extract(self._database, self.cipher, grant, self._relations, since, until, filters)

    @asynccontextmanager
    async def change(self, grant: security.Grant) -> AsyncIterator[Writing]:
        """One transaction: what is written, the watchers' tables, the audit; all of it or nothing."""
        async with self._database.transaction() as tx:
            writing = Writing(tx, self.cipher, grant, self._strict, self.seals, self._relations)
            yield writing
            await self._tell(tx, writing.changes)
            with writing.within:
                await writing.finish()

    @asynccontextmanager
    async def trial(self, grant: security.Grant) -> AsyncIterator[Writing]:
        """As ``change``, and refused for the same reasons, references and watchers too; then all is taken back."""
        with suppress(_TakenBack):
            async with self._database.transaction() as tx:
                writing = Writing(tx, self.cipher, grant, self._strict, self.seals, self._relations)
                yield writing
                await self._tell(tx, writing.changes)
                with writing.within:
                    await writing.finish(told=False)
                raise _TakenBack

    async def load(self, grant: security.Grant, rows: Sequence[Prepared], also: Also | None = None) -> None:
        """Many prepared resources at once, by COPY, in one transaction; one audit event for all.

        :param also: the caller's own note in the same transaction (how far a load has come). Raises Conflict.
        """
        owned = [self.seals.own(row, None, grant.actor.facility) for row in rows]
        async with self._database.transaction() as tx:
            sealed = await self.seals.put(tx, self.cipher, owned)
            key = self.cipher.key
            await self._copy(tx, grant, sealed, [packed(key, row) for row in sealed])
            if also is not None:
                await also(tx)
            await self._loaded(tx, grant, len(rows))

    @asynccontextmanager
    async def taking_in(self, grant: security.Grant) -> AsyncIterator["Taking"]:
        """A transaction for rows that are made ready only now, with its time and its key; one audit event for all.

        It begins before they are made, so that an extract has either all of them or none (``Extract.settle``), and whoever
        makes them can seal them too.
        """
        async with self._database.transaction() as tx:
            await self.cipher.hold(tx)
            taking = Taking(self, tx, grant, Stamp(kernel.this_millisecond(), self.cipher.key))
            yield taking
            if taking.taken:
                await self._loaded(tx, grant, taking.taken)

    async def _copy(
        self, tx: kernel.Session, grant: security.Grant, rows: Sequence[Prepared | Ready], packed: Iterable[bytes]
    ) -> None:
        for type in {row.type for row in rows}:
            grant.may_write(type)
        await tx.copy("records.resource", COLUMNS, packed)
        await self._tell(
            tx, [Change(r.type, r.id, r.subject, r.content, r.deleted, grant, self.cipher) for r in rows]
        )  # fmt: skip

    async def _loaded(self, tx: kernel.Session, grant: security.Grant, count: int) -> None:
        """The audit of it; the last thing before the commit."""
        await audit.append(tx, [event(grant, audit.Kind.LOADED, None, f"{count} resources")])

    async def _tell(self, tx: kernel.Session, changes: Sequence[Change]) -> None:
        await consents.follow(tx, changes)
        for watcher in self._watchers:
            await watcher(tx, changes)


class Taking:
    """A transaction that rows go into, which are made ready while it waits. Made by ``Store.taking_in``.

    :ivar tx: the transaction, for the caller's own tables (how far it has come).
    :ivar stamp: what rows are made ready with.
    :ivar taken: how many have gone in.
    """

    def __init__(self, store: Store, tx: kernel.Session, grant: security.Grant, stamp: Stamp) -> None:
        self._store = store
        self._grant = grant
        self.tx = tx
        self.stamp = stamp
        self.taken = 0

    async def there(self, keys: Collection[tuple[str, UUID]]) -> dict[tuple[str, UUID], bool]:
        """Which ids may not be given again: (type, id) -> whether it can be referred to (is not deleted)."""
        for type in {type for type, _ in keys}:
            self._grant.may_write(type)
        rows = await self.tx.fetch(EXTRACT.there, *columns(keys))
        return {(row["type"], row["id"]): not row["deleted"] for row in rows}

    async def put(self, rows: Sequence[Ready]) -> None:
        """All of these, by COPY. Where it raises a Failure (Conflict), none of them; others can still go in."""
        async with self.tx.part():
            whole = await self._store.seals.whole(self.tx, self._store.cipher, rows, [one.named for one in rows])
            packed = [with_seal(row, sensitive) for row, sensitive in zip(rows, whole, strict=True)]
            await self._store._copy(self.tx, self._grant, rows, packed)
        self.taken += len(rows)


async def standing(tx: kernel.Session, cipher: security.Cipher, keys: Collection[tuple[str, str]]) -> list[Stored]:
    """What is there of (type, id), for a watcher that must know it to do its work. It shows it to nobody: no Grant, no audit."""
    ids = [(type, found) for type, text in keys if (found := kernel.as_uuid(text)) is not None]
    found = [stored(cipher, row) for row in await tx.fetch(SQL.read, *columns(ids))]
    return [one for one in found if not one.deleted]
