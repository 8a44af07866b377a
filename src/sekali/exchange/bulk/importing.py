"""The work of ``$import``: four times through the lines, each time going on where it stopped.

First every id gets its name here, people's before what belongs to them; then the rows are taken in, in the same order.
"""

import asyncio
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
from .folder import Parts
from .job import Come, Job
from .jobs import Jobs
from .lines import Line, Lines
from .preparing import Key, Made, Named, Names, Wrong, as_uuid, is_first, key_of, look, make, mentioned, new_name, pool

SQL = kernel.queries(__file__)

STAGES = 4
"""Names of people and of the city's; names of all else; rows of the first; rows of all else."""
MOST_LINES = 20_000_000
AHEAD = 3
"""Batches made ready while one is written."""
BETWEEN_NOTES = 1.0


@dataclass(slots=True)
class _Step:
    """Where a batch ends."""

    file: int
    line: int
    offset: int
    done: int


@dataclass(slots=True)
class _Batch:
    lines: list[Line]
    step: _Step
    found: list[Named | Made | Wrong]
    names: Names


class Importing:
    """One import being done by one worker."""

    def __init__(self, jobs: Jobs, store: records.Store, one: Job, most: int, workers: int, strict: bool) -> None:
        self._jobs = jobs
        self._store = store
        self._job = one
        self._grant = one.grant
        self._come: Come = one.come
        self._parts = Parts(Path(one.folder), one.come.parts, most)
        self._workers = workers
        self._strict = strict
        self._unsynced = False
        self._gone: list[tuple[str, str, int, int]] = []
        self._noted = monotonic()

    async def run(self) -> None:
        """To the end, from where a worker before left it. Raises Lost, TooCostly, Unavailable, Forbidden."""
        self._come.total = STAGES * sum(source.bytes for source in self._job.asked.sources)
        executor = pool(self._workers)
        try:
            while self._come.stage < STAGES:
                await self._stage(executor)
                self._come.stage, self._come.file, self._come.line, self._come.offset = self._come.stage + 1, 0, 0, 0
                await self._note()
        finally:
            self._parts.close()
            executor.shutdown(wait=False, cancel_futures=True)

    async def _stage(self, executor: ProcessPoolExecutor) -> None:
        take = self._name if self._come.stage < 2 else self._take
        async for batch in self._batches(executor):
            await take(batch)
            self._at(batch.step)
            if monotonic() - self._noted >= BETWEEN_NOTES:
                await self._note()

    async def _batches(self, executor: ProcessPoolExecutor) -> AsyncIterator[_Batch]:
        """Batches in order, some of them made ready ahead."""
        waiting: deque[asyncio.Task[_Batch]] = deque()
        try:
            async for lines, step in self._read():
                waiting.append(asyncio.create_task(self._ready(executor, lines, step)))
                if len(waiting) > AHEAD:
                    yield await waiting.popleft()
            while waiting:
                yield await waiting.popleft()
        finally:
            for task in waiting:
                task.cancel()

    async def _read(self) -> AsyncIterator[tuple[list[Line], _Step]]:
        sources, begun = self._job.asked.sources, self._come.file
        before = sum(source.bytes for source in sources) * self._come.stage
        line, offset = self._come.line, self._come.offset
        for number, source in enumerate(sources):
            if number >= begun:
                file = Lines(Path(self._job.folder) / source.path, line, offset)
                try:
                    while lines := await asyncio.to_thread(file.batch):
                        if lines[-1].number > MOST_LINES:
                            raise kernel.TooCostly("A file may have at most %(most)s lines.", most=MOST_LINES)
                        yield lines, _Step(number, lines[-1].number, lines[-1].end, before + file.read)
                finally:
                    file.close()
                line, offset = 0, 0
            before += source.bytes

    async def _ready(self, executor: ProcessPoolExecutor, lines: list[Line], step: _Step) -> _Batch:
        """A batch with the work of other processes done."""
        run = partial(asyncio.get_running_loop().run_in_executor, executor)
        first = self._come.stage % 2 == 0
        if self._come.stage < 2:
            return _Batch(lines, step, await run(look, lines, first), {})
        mine = [(line, key) for line in lines if (key := key_of(line.content)) and is_first(key[0]) == first]
        if not mine:
            return _Batch(lines, step, [], {})
        wanted = {key for line, own in mine for key in (own, *mentioned(line.content or b""))}
        names, places = await self._names(wanted)
        once, twice = [], []
        for line, key in mine:
            known = places.get(key)
            if known is None and key[1] or known and known != (step.file, line.number):
                twice.append(Wrong(line, key, kernel.Conflict("This id stands on an earlier line of this import.")))
            else:
                once.append((line, key))
        return _Batch(lines, step, [*await run(make, once, names, kernel.now(), self._strict), *twice], names)

    # Names

    async def _name(self, batch: _Batch) -> None:
        """Give each line its id, in one transaction with how far it has come."""
        self._tell([one for one in batch.found if isinstance(one, Wrong)], batch.step.file)
        named = [one for one in batch.found if isinstance(one, Named) and one.old]
        owners = await self._owners({one.owner for one in named if one.owner})
        rows = [
            (one.type, one.old, new_name(one.type, one.old, owners.get(one.owner)), batch.step.file, one.line)
            for one in named
        ]
        if not rows:
            return
        self._at(batch.step)
        await self._sync()
        async with self._jobs.database.transaction() as tx:
            await self._also(tx)
            await tx.execute(SQL.add_names, self._job.id, *map(list, zip(*rows, strict=True)))

    async def _owners(self, texts: set[str]) -> dict[str, UUID]:
        """People as the file names them -> who they are here."""
        names, _ = await self._names({("Patient", text) for text in texts})
        found = {text: names.get(("Patient", text)) or as_uuid(text) for text in texts}
        return {text: id for text, id in found.items() if id is not None}

    async def _names(self, keys: set[Key]) -> tuple[Names, dict[Key, tuple[int, int]]]:
        """What ids have become, and the file and line that each stands on."""
        if not keys:
            return {}, {}
        types, olds = map(list, zip(*keys, strict=True))
        rows = await self._jobs.database.fetch(SQL.names, self._job.id, types, olds)
        names = {(row["type"], row["old"]): row["new"] for row in rows}
        return names, {(row["type"], row["old"]): (row["file"], row["line"]) for row in rows}

    # Rows

    async def _take(self, batch: _Batch) -> None:
        """Load what can be, and tell of the rest."""
        made = [one for one in batch.found if isinstance(one, Made)]
        wrong = [one for one in batch.found if isinstance(one, Wrong)]
        if made:
            good, more = await self._checked(made, batch.names)
            self._tell([*wrong, *more], batch.step.file)
            await self._load(sorted(good, key=lambda one: one.line.number), batch.step)
        else:
            self._tell(wrong, batch.step.file)

    async def _checked(self, made: list[Made], names: Names) -> tuple[list[Made], list[Wrong]]:
        """Apart from what is there already, and what leads nowhere."""
        brought = {(key[0], str(new)) for key, new in names.items()}
        keys = {(one.row.type, one.row.id) for one in made}
        keys |= {("Patient", one.row.subject) for one in made if one.row.subject is not None}
        if self._strict:
            keys |= {(type, id) for one in made for type, text in one.references if (id := as_uuid(text)) is not None}
        there = await self._store.there(self._grant, {key for key in keys if key[0] in self._grant.writes})
        good, wrong, taken = [], [], set()
        for one in made:
            key = (one.row.type, one.row.id)
            lost = [ref for ref in one.references if ref not in brought and not there.get((ref[0], as_uuid(ref[1])))]
            failure = self._refusal(one, key in there or key in taken, there, lost if self._strict else [])
            if failure is not None:
                wrong.append(Wrong(one.line, one.key, failure))
            else:
                taken.add(key)
                good.append(one)
        return good, wrong

    def _refusal(
        self, one: Made, known: bool, there: Mapping[tuple[str, UUID], bool], lost: list[Key]
    ) -> kernel.Failure | None:
        """Why a row cannot be taken; None when it can."""
        row = one.row
        if row.type not in self._grant.writes:
            return kernel.Forbidden("Your role may not write %(type)s here.", rule="20003", type=row.type)
        if known:
            return kernel.Conflict("This id is there already.")
        if row.type != "Patient" and row.subject is not None and not there.get(("Patient", row.subject)):
            path = f"{row.type}.{fhir.PERSON_TYPES[row.type]}"
            return kernel.Invalid(faults=[kernel.Fault(path, "the person it belongs to is not here")])
        if lost:
            faults = [kernel.Fault("/".join(ref), "the reference leads nowhere") for ref in sorted(lost)[:20]]
            return kernel.Invalid(rule="20007", faults=faults)
        return None

    async def _load(self, made: Sequence[Made], step: _Step) -> None:
        """In one transaction; where something is refused, in two halves, until the one that is refused stands alone."""
        if not made:
            return
        before = self._come.taken
        self._come.taken += len(made)
        self._at(step)
        try:
            await self._sync()
            await self._store.load(self._grant, [one.row for one in made], self._also, stamp=True)
        except kernel.Unavailable:
            raise
        except kernel.Failure as failure:
            self._come.taken = before
            if len(made) == 1:
                self._tell([Wrong(made[0].line, made[0].key, failure)], step.file)
                return
            middle = len(made) // 2
            last = made[middle - 1].line
            await self._load(made[:middle], _Step(step.file, last.number, last.end, step.done))
            await self._load(made[middle:], step)

    # How far it has come

    def _at(self, step: _Step) -> None:
        come = self._come
        come.file, come.line, come.offset, come.done = step.file, step.line, step.offset, step.done

    async def _note(self) -> None:
        await self._sync()
        async with self._jobs.database.transaction() as tx:
            await self._also(tx)

    async def _also(self, tx: kernel.Session) -> None:
        """In the transaction that did the work: how far it has come, and which ids nothing may refer to any more."""
        await self._jobs.come(tx, self._job, self._come)
        if self._gone:
            await tx.execute(SQL.forget, self._job.id, *map(list, zip(*self._gone, strict=True)))
            self._gone = []
        self._noted = monotonic()

    async def _sync(self) -> None:
        if self._unsynced:
            await asyncio.to_thread(self._parts.sync)
            self._unsynced = False

    def _tell(self, wrong: Sequence[Wrong], file: int) -> None:
        """Lines that cannot be taken go into the file of errors."""
        said = self._job.asked.sources[file].said
        self._gone += [(*one.key, file, one.line.number) for one in wrong if one.key[1]]
        for one in wrong:
            outcome = kernel.decode(bytes(failure_response(one.failure).body))
            for issue in outcome["issue"]:
                issue["diagnostics"] = f"{said}, line {one.line.number}"
            self._parts.add("error", "OperationOutcome", kernel.encode(outcome))
            self._come.wrong += 1
            self._unsynced = True


def progress(one: Job) -> str:
    """For X-Progress."""
    percent = 100 * one.come.done // one.come.total if one.come.total else 0
    return f"{percent} %, {one.come.taken} resources taken in, {one.come.wrong} lines refused"
