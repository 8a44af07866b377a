"""The book of jobs: who has which, and how far each has come."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from sekali import kernel, security

from .job import JOBS, Asked, Come, Job, job
from .sealed import Seals

SQL = kernel.queries(__file__)

LEASE = timedelta(seconds=15)
"""For which a worker that gives no sign keeps its job."""
MOST_LIVE = 5
"""Unfinished jobs of one client."""


class Lost(Exception):  # noqa: N818 - it is no error
    """The job is no longer this worker's: it was cancelled, or another has taken it up."""


class Jobs:
    """What is kept of jobs in the database. ``kept`` is how long their files are."""

    def __init__(self, database: kernel.Database, cipher: security.Cipher, kept: timedelta) -> None:
        self.database = database
        self.cipher = cipher
        self._kept = kept

    async def add(
        self, kind: str, actor: security.Actor, request: str, asked: Asked, folder: str,
        moment: datetime, *,
        attended: bool = False, state: str = "waiting", people: list[UUID] | None = None, id: UUID | None = None,
    ) -> UUID:  # fmt: skip
        """A new job. Raises Unavailable when its asker has too many."""
        id, now = id or kernel.new_id(kernel.CITY), kernel.now()
        async with self.database.transaction() as tx:
            await tx.execute("select pg_advisory_xact_lock($1)", kernel.shard_of(actor.id) ^ actor.id.int % 2**31)
            if await tx.fetchval(SQL.live, actor.id, now) >= MOST_LIVE and not attended:
                raise kernel.Unavailable(
                    "Your system has %(most)s bulk jobs already. Wait for one, or cancel it.",
                    retry_after=60,
                    most=MOST_LIVE,
                )
            await self.cipher.hold(tx)
            await tx.execute(
                SQL.add, id, kind, actor.id, actor.name, actor.role.value, actor.facility, actor.facility_name,
                self._sealed("request", request, id), self._sealed("asked", msgspec.json.encode(asked).decode(), id),
                folder, attended, moment, state, now, now + self._kept,
            )  # fmt: skip
            if people:
                await tx.execute(SQL.add_people, id, people)
        return id

    def seals(self, one: Job) -> Seals:
        """What the files of a job are sealed with; a command's own are as its operator wants them."""
        return Seals(None if one.attended else self.cipher, one.id)

    def _sealed(self, name: str, text: str, id: UUID) -> bytes:
        return JOBS.seal(self.cipher, name, text, id)

    async def find(self, id: UUID, actor: security.Actor) -> Job:
        """A job of ``actor``. Raises NotFound, for anybody else's too, and Forbidden for a token that opens less than it."""
        row = await self.database.fetchrow(SQL.find, id, actor.id, kernel.now())
        if row is None:
            raise kernel.NotFound("There is no such bulk job, or its files have expired.")
        found = job(self.cipher, row)
        found.require_open_to(actor)
        return found

    async def same(self, kind: str, actor: security.Actor, request: str) -> Job | None:
        """The job that a command began with these very files, finished or not."""
        jobs = (job(self.cipher, row) for row in await self.database.fetch(SQL.attended, actor.id, kind))
        return next((one for one in jobs if one.request == request), None)

    async def submit(self, id: UUID, actor: security.Actor, asked: Asked, request: str) -> None:
        """An import has its manifest now. Raises Conflict when it had one."""
        async with self.database.transaction() as tx:
            await self.cipher.hold(tx)
            question = self._sealed("asked", msgspec.json.encode(asked).decode(), id)
            if not await tx.fetchval(
                SQL.submit, id, actor.id, question, self._sealed("request", request, id), kernel.now()
            ):
                raise kernel.Conflict("This import has begun already.")

    async def cancel(self, id: UUID, actor: security.Actor) -> None:
        """Whoever works on it stops at the next step. Raises NotFound."""
        if not await self.database.fetchval(SQL.cancel, id, actor.id, kernel.now()):
            raise kernel.NotFound("There is no such bulk job, or its files have expired.")

    # For workers

    async def next(self, holder: UUID, but: list[UUID]) -> Job | None:
        """A job to do, now ``holder``'s; ``but`` are those that cannot be taken here just now."""
        now = kernel.now()
        row = await self.database.fetchrow(SQL.next, holder, now, now + LEASE, but)
        return job(self.cipher, row) if row else None

    async def take(self, id: UUID, holder: UUID) -> Job:
        """A command's own job. Raises NotFound."""
        row = await self.database.fetchrow(SQL.take, id, holder, kernel.now() + LEASE)
        if row is None:
            raise kernel.NotFound("There is no such bulk job, or its files have expired.")
        return job(self.cipher, row)

    async def renew(self, one: Job) -> None:
        """Raises Lost."""
        now = kernel.now()
        if not await self.database.fetchval(SQL.renew, one.id, one.holder, now + LEASE, now + self._kept):
            raise Lost

    async def come(self, tx: kernel.Session, one: Job, come: Come) -> None:
        """Note how far it has come, in the transaction that did the work. Raises Lost, so that nothing of it is kept."""
        if not await tx.fetchval(SQL.hold, one.id, one.holder):
            raise Lost
        await tx.execute(SQL.come, one.id, msgspec.json.encode(come))

    async def end(self, one: Job, problem: bytes | None = None) -> None:
        """It is done, or has failed with ``problem``; its files are kept from now on."""
        state, until = "failed" if problem else "done", kernel.now() + self._kept
        async with self.database.transaction() as tx:
            await self.cipher.hold(tx)
            sealed = self._sealed("problem", problem.decode(), one.id) if problem else None
            await tx.execute(SQL.end, one.id, one.holder, state, sealed, until)

    async def give_back(self, one: Job) -> None:
        """Stopped, not finished: another may go on at once."""
        await self.database.execute(SQL.give_back, one.id, one.holder)

    async def people(self, id: UUID, from_: UUID) -> list[UUID]:
        """Some of those whom an export is about, in order, from one of them on."""
        return [row["citizen"] for row in await self.database.fetch(SQL.people, id, from_)]

    async def count_people(self, id: UUID) -> int:
        """How many those are."""
        return await self.database.fetchval(SQL.count_people, id)

    async def untold(self, tx: kernel.Session, one: Job, people: set[UUID]) -> list[UUID]:
        """Those of whom the audit is not told yet; they count as told from this transaction on."""
        return [row["citizen"] for row in await tx.fetch(SQL.tell, one.id, sorted(people))]

    async def stale(self) -> list[tuple[UUID, str, bool]]:
        """Jobs that can go: id, folder, whether the folder is a person's own."""
        return [
            (row["id"], row["folder"], row["attended"]) for row in await self.database.fetch(SQL.stale, kernel.now())
        ]

    async def forget(self, id: UUID) -> None:
        """A job without its files."""
        await self.database.execute(SQL.forget, id)
