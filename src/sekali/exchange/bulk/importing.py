"""The work of ``$import``: twice through the lines, each time going on where it stopped.

First every id gets its name here. Then the rows are taken in: of all files those of people and of the city's, then those of
what belongs to them. (A file that has both kinds is read once more.)
"""

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from uuid import UUID

from sekali import fhir, kernel, records

from ..outcomes import failure_response
from ..requestlog import strange_parts
from .folder import Parts
from .job import Come, Job
from .jobs import Jobs
from .lines import File, Lines
from .names import Key, Namer, Names
from .preparing import Looked, Made, Terms, Wrong, look, make

_NUMBER = re.compile(r"(?<![\w-])\d{6,}(?![\w-])")
"""A number that a line gave, perhaps a person's; ids are told."""

STAGES = 3
"""Names; rows of people and the city's; rows of all else."""
FIRST, REST = 1, 2
"""Bits of ``Come.kinds``, and the stages that take them."""
MOST_LINES = 20_000_000
BETWEEN_NOTES = 1.0


@dataclass(slots=True)
class _Step:
    """Where a batch ends."""

    file: int
    line: int
    offset: int
    done: int


class Importing:
    """One import being done by one worker."""

    def __init__(self, jobs: Jobs, store: records.Store, one: Job, most: int, workers: int, strict: bool) -> None:
        self._jobs = jobs
        self._store = store
        self._job = one
        self._grant = one.grant
        self._come: Come = one.come
        self._parts = Parts(Path(one.folder), one.come.parts, most, jobs.seals(one))
        self._names_at = Path(one.folder) / "names"
        self._names = Names(self._names_at)
        self._namer = Namer(one.id.bytes, int(one.moment.timestamp() * 1000))
        self._workers = workers
        self._ahead = min(workers + 1, jobs.database.size // 2 - 1)  # each has a connection; half are for others
        self._terms = Terms(self._names_at, store.seals, one.grant.actor.facility, strict)
        self._unsynced = self._unkept = False
        self._gone: list[tuple[Key, int, int]] = []
        self._noted = monotonic()

    async def run(self) -> None:
        """To the end, from where a worker before left it. Raises Lost, TooCostly, Unavailable, Forbidden."""
        self._come.total = STAGES * sum(source.bytes for source in self._job.asked.sources)
        self._come.kinds = self._come.kinds or [0] * len(self._job.asked.sources)
        executor = kernel.processes(self._workers, look.__module__)
        try:
            while self._come.stage < STAGES:
                await self._stage(executor)
                self._come.stage, self._come.file, self._come.line, self._come.offset = self._come.stage + 1, 0, 0, 0
                await self._note()
        finally:
            self._parts.close()
            self._names.close()
            executor.shutdown(wait=False, cancel_futures=True)
        self._names_at.unlink(missing_ok=True)

    async def _stage(self, executor: ProcessPoolExecutor) -> None:
        """Some batches at a time: other processes work on them side by side, what comes of them is kept in order."""
        running: deque[asyncio.Task[None]] = deque()
        try:
            async for lines, step in self._read():
                before = running[-1] if running else None
                running.append(asyncio.create_task(self._batch(executor, lines, step, before)))
                if len(running) > self._ahead:
                    await running.popleft()
            while running:
                await running.popleft()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _read(self) -> AsyncIterator[tuple[Lines, _Step]]:
        """The lines of this stage, from where it has come to."""
        sources, stage, begun = self._job.asked.sources, self._come.stage, self._come.file
        before = sum(source.bytes for source in sources) * stage
        line, offset = self._come.line, self._come.offset
        for number, source in enumerate(sources):
            if number >= begun and (stage == 0 or self._come.kinds[number] & stage):
                file = File(Path(self._job.folder) / source.path, line, offset, self._jobs.seals(self._job))
                try:
                    while (lines := await asyncio.to_thread(file.lines)).contents:
                        if lines.last > MOST_LINES:
                            raise kernel.TooCostly("A file may have at most %(most)s lines.", most=MOST_LINES)
                        yield lines, _Step(number, lines.last, lines.end, before + file.read)
                finally:
                    file.close()
            if number >= begun:
                line, offset = 0, 0
            before += source.bytes

    async def _batch(
        self, executor: ProcessPoolExecutor, lines: Lines, step: _Step, before: asyncio.Task[None] | None
    ) -> None:
        """One batch, which is kept after the one ``before``."""
        run = partial(asyncio.get_running_loop().run_in_executor, executor)
        if self._come.stage == 0:
            looked = await run(look, lines, self._namer)
            await _turn(before)
            await self._name(looked, step)
            self._at(step)
            if monotonic() - self._noted >= BETWEEN_NOTES:
                await self._note()
        else:
            first = self._come.stage == FIRST
            async with self._store.taking_in(self._grant) as taking:
                found = await run(make, lines, step.file, first, taking.stamp, self._terms)
                await _turn(before)
                await self._take(taking, found, step)

    # Names

    async def _name(self, found: Looked, step: _Step) -> None:
        """Each line's id gets its name. (Done once more after a kill, it gives the same.)"""
        self._come.kinds[step.file] |= FIRST * found.first | REST * found.rest
        self._tell(found.wrong, step.file)
        await asyncio.to_thread(self._names.add, step.file, found.named)
        self._unkept = True

    # Rows

    async def _take(self, taking: records.Taking, found: Sequence[Made | Wrong], step: _Step) -> None:
        """Load what can be, tell of the rest, and note how far it has come."""
        good, wrong = await self._checked(taking, [one for one in found if isinstance(one, Made)])
        self._tell([*(one for one in found if isinstance(one, Wrong)), *wrong], step.file)
        await self._put(taking, good, step.file)
        self._at(step)
        await self._sync()
        await self._also(taking.tx)

    async def _checked(self, taking: records.Taking, made: list[Made]) -> tuple[list[Made], list[Wrong]]:
        """Apart from what leads nowhere."""
        keys = {("Patient", one.row.subject) for one in made if one.stranger and one.row.subject is not None}
        keys |= {
            (type, id) for one in made for type, text in one.references if (id := kernel.as_uuid(text)) is not None
        }
        there = await self._there(taking, keys)
        good, wrong = [], []
        for one in made:
            failure = self._refusal(one, there)
            if failure is not None:
                wrong.append(Wrong(one.line, one.key, failure))
            else:
                good.append(one)
        return good, wrong

    async def _there(self, taking: records.Taking, keys: set[tuple[str, UUID]]) -> dict[tuple[str, UUID], bool]:
        """What is kept already of (type, id), of the kinds that may be written -> whether it can be referred to."""
        asked = {key for key in keys if key[0] in self._grant.writes}
        return await taking.there(asked) if asked else {}

    def _refusal(self, one: Made, there: Mapping[tuple[str, UUID], bool]) -> kernel.Failure | None:
        """Why a row cannot be taken; None when it can."""
        row = one.row
        if row.type not in self._grant.writes:
            return kernel.Forbidden("Your role may not write %(type)s here.", rule="20003", type=row.type)
        if one.stranger and row.subject is not None and not there.get(("Patient", row.subject)):
            path = f"{row.type}.{fhir.PERSON_TYPES[row.type]}"
            return kernel.Invalid(faults=[kernel.Fault(path, "the person it belongs to is not here")])
        lost = [ref for ref in one.references if (id := kernel.as_uuid(ref[1])) is None or not there.get((ref[0], id))]
        if lost:
            faults = [kernel.Fault("/".join(ref), "the reference leads nowhere") for ref in sorted(lost)[:20]]
            return kernel.Invalid(rule="20007", faults=faults)
        return None

    async def _put(self, taking: records.Taking, rows: Sequence[Made], file: int) -> None:
        """Where they are refused, without what is there already; then in two halves, until the one that is refused stands
        alone.
        """
        if not rows:
            return
        try:
            await taking.put([one.row for one in rows])
            self._come.taken += len(rows)
        except kernel.Unavailable:
            raise
        except kernel.Failure as failure:
            there = await self._there(taking, {(one.row.type, one.row.id) for one in rows})
            known = [one for one in rows if (one.row.type, one.row.id) in there]
            if known:
                taken = kernel.Conflict("This id is there already.")
                self._tell([Wrong(one.line, one.key, taken) for one in known], file)
                await self._put(taking, [one for one in rows if (one.row.type, one.row.id) not in there], file)
            elif len(rows) == 1:
                self._tell([Wrong(rows[0].line, rows[0].key, failure)], file)
            else:
                middle = len(rows) // 2
                await self._put(taking, rows[:middle], file)
                await self._put(taking, rows[middle:], file)

    # How far it has come

    def _at(self, step: _Step) -> None:
        come = self._come
        come.file, come.line, come.offset, come.done = step.file, step.line, step.offset, step.done

    async def _note(self) -> None:
        await self._sync()
        async with self._jobs.database.transaction() as tx:
            await self._also(tx)

    async def _also(self, tx: kernel.Session) -> None:
        """In the transaction that did the work: how far it has come."""
        await self._jobs.come(tx, self._job, self._come)
        self._noted = monotonic()

    async def _sync(self) -> None:
        """What lies in files is on disk before the note says so."""
        if self._unsynced:
            await asyncio.to_thread(self._parts.sync)
            self._unsynced = False
        if self._unkept or self._gone:
            gone, self._gone, self._unkept = self._gone, [], False
            await asyncio.to_thread(self._names.keep, gone)

    def _tell(self, wrong: Sequence[Wrong], file: int) -> None:
        """Lines that cannot be taken go into the file of errors."""
        said = self._job.asked.sources[file].said
        self._gone += [(one.key, file, one.line) for one in wrong if one.key[1]]
        for one in wrong:
            outcome = kernel.decode(bytes(failure_response(one.failure).body))
            for issue in outcome["issue"]:
                issue["diagnostics"] = f"{said}, line {one.line}"
                issue["details"]["text"] = _NUMBER.sub("…", issue["details"]["text"])
                if any(strange_parts(place) for place in issue.get("expression", ())):
                    del issue["expression"]  # a name that the line gave, perhaps a person's
            self._parts.add("error", "OperationOutcome", kernel.encode(outcome))
            self._come.wrong += 1
            self._unsynced = True


async def _turn(before: asyncio.Task[None] | None) -> None:
    """Return when the batch before is kept. Raises what that one failed with."""
    if before is not None:
        await before


def progress(one: Job) -> str:
    """For X-Progress."""
    percent = 100 * one.come.done // one.come.total if one.come.total else 0
    return f"{percent} %, {one.come.taken} resources taken in, {one.come.wrong} lines refused"
