"""Who may ask for what in bulk, and the jobs that come of it."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from sekali import audit, fhir, kernel, records, security

from .asking import Params, asked, sources
from .folder import locked, made, require_room
from .job import Asked, Job, Source, export_grant
from .jobs import Jobs
from .worker import Worker

People = Callable[[UUID], Awaitable[list[UUID]]]
"""Everybody to whom a facility stands in a relation. ``care`` knows; ``app`` joins the two."""
Progress = Callable[[Job], None]


class Bulk:
    """Bulk jobs. Their files are under ``folder``, kept for ``kept`` after a job is done; a job has ``most`` bytes."""

    def __init__(
        self, database: kernel.Database, store: records.Store, journal: audit.Journal, people: People, folder: Path,
        kept: timedelta, most: int, strict: bool,
    ) -> None:  # fmt: skip
        self.jobs = Jobs(database, store.cipher, kept)
        self.folder = folder
        self.most = most
        self._store = store
        self.journal = journal
        self._people = people
        self._strict = strict

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Do jobs while the block runs, as one worker of this process."""
        made(self.folder)
        async with self.worker().working():
            yield

    def worker(self, processes: int = 1) -> Worker:
        """Somebody who does jobs."""
        return Worker(self.jobs, self._store, self.most, self._strict, processes)

    # Out

    async def export(
        self, actor: security.Actor, level: str, params: Params, request: str, *, group: UUID | None = None,
        lenient: bool = False, folder: Path | None = None,
    ) -> UUID:  # fmt: skip
        """Begin an export. Raises Invalid, Forbidden, NotFound (the Group), Unavailable.

        :param level: ``system`` (the operator only), ``patient`` or ``group``.
        :param folder: where a command wants the files; then that command does the work.
        """
        grant = export_grant(actor)
        if level == "system" and grant.related:
            raise kernel.Forbidden("Only the operator may take out everybody's data.", rule="20003")
        question = asked(level, params, grant, lenient)
        people = await self._whom(actor, group) if question.people else None
        id, moment = kernel.new_id(kernel.CITY), records.moment()
        place = folder or self.folder / str(id)
        require_room(made(place))
        await self.journal.record(_begun(grant, f"{level} $export", f"bulk {id}"))
        return await self.jobs.add(
            "export", actor, request, question, str(place), moment, people=people, id=id, attended=folder is not None
        )

    async def _whom(self, actor: security.Actor, group: UUID | None) -> list[UUID]:
        """The people of an export: of a Group that may be read, else all that the facility stands in a relation to."""
        if group is None:
            return await self._people(actor.facility) if actor.facility is not None else []
        whole = export_grant(replace(actor, scope=None))  # who is meant is no answer: a token without Group will do
        resource = (await self._store.under(whole).read("Group", group)).resource
        members = [one for one in resource.get("member", ()) if not one.get("inactive")]
        return fhir.people_at(members, "entity")

    async def export_to(self, folder: Path, params: Params, tell: Progress) -> Job:
        """The operator's own export into a folder, at once; one that was broken off goes on. Raises Trouble, and as above."""
        request = f"sekali export --to {folder} {sorted(params)}"
        before = await self.jobs.same("export", security.SYSTEM, request)
        if before is None or before.state == "done":
            _require_empty(folder)
            id = await self.export(security.SYSTEM, "system", params, request, folder=folder)
        else:
            id = before.id
        return await self._attended(id, folder, tell)

    # In

    async def open_import(self, actor: security.Actor) -> UUID:
        """A job that files can be uploaded to. Raises Forbidden, Unavailable."""
        security.decide(actor, security.Purpose.LOAD)
        security.require_whole(actor.scope, reads=False)
        id = kernel.new_id(kernel.CITY)
        place = self.folder / str(id)
        require_room(made(place / "input"))
        return await self.jobs.add("import", actor, "", Asked(), str(place), kernel.now(), state="open", id=id)

    async def begin_import(self, actor: security.Actor, id: UUID, urls: Sequence[str], request: str) -> None:
        """The manifest of an import whose files are there. Raises Invalid, Conflict, NotFound, Forbidden."""
        one = await self.jobs.find(id, actor)
        seals = self.jobs.seals(one)
        there = {path.name: seals.size(path) for path in (Path(one.folder) / "input").glob("*.ndjson")}
        await self.jobs.submit(id, actor, Asked(sources=sources(urls, there)), request)

    async def import_files(self, paths: Sequence[Path], processes: int, tell: Progress) -> tuple[Job, bool]:
        """The operator's own files, at once; an import of the same files that was broken off goes on.

        The second value is False when these files were taken in before: then nothing is done.
        """
        digest = _digest(paths)
        request = f"sekali import {digest}"
        before = await self.jobs.same("import", security.SYSTEM, request)
        if before is not None and before.state == "done":
            return before, False
        if before is None:
            id = kernel.new_id(kernel.CITY)
            require_room(made(self.folder / str(id)))
            found = [Source(str(path.absolute()), path.name, path.stat().st_size) for path in paths]
            question, place = Asked(sources=found, digest=digest), self.folder / str(id)
            await self.jobs.add(
                "import", security.SYSTEM, request, question, str(place), kernel.now(), attended=True, id=id
            )
        else:
            id = before.id
        return await self._attended(id, self.folder / str(id), tell, processes), True

    async def _attended(self, id: UUID, folder: Path, tell: Progress, processes: int = 1) -> Job:
        """Do a job here and now. Raises Trouble when another command is at it, or when it fails."""
        with locked(made(folder)) as mine:
            if not mine:
                raise kernel.Trouble("Another command is doing the same just now.")
            one = await self.jobs.take(id, uuid4())
            await self.worker(processes).do(one, tell, 0.2)
            return await self.jobs.find(id, security.SYSTEM)


def _require_empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise kernel.Trouble(f"{folder} is not empty. Choose an empty folder, or one that does not exist yet.")


def _digest(paths: Sequence[Path]) -> str:
    """The same for the same files, wherever they lie. Raises Trouble."""
    whole = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as file:
                whole.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            raise kernel.Trouble(f"{path} cannot be read ({error.strerror}).") from None
    return whole.hexdigest()


def _begun(grant: security.Grant, what: str, detail: str) -> audit.Event:
    actor = grant.actor
    return audit.Event(
        audit.Kind.EXPORTED, actor.id, actor.signature, actor.role.value, actor.facility, None, grant.purpose.value,
        grant.basis, what, detail,
    )  # fmt: skip


def manifest(one: Job, base: str) -> dict[str, object]:
    """https://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---complete-status"""

    def listed(kind: str) -> list[dict[str, object]]:
        return [
            {"type": part.type, "url": f"{base}/bulk/{one.id}/{part.name}", "count": part.lines}
            for part in one.come.parts if part.kind == kind and part.lines
        ]  # fmt: skip

    return {
        "transactionTime": instant(one.moment),
        "request": one.request,
        "requiresAccessToken": True,
        "output": listed("output"),
        "deleted": listed("deleted"),
        "error": listed("error"),
    }


def instant(moment: datetime) -> str:
    """With milliseconds: the next ``_since`` must leave nothing between."""
    return moment.isoformat(timespec="milliseconds")
