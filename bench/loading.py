"""Loading the demo city and importing it, against raw COPY: of the same bytes into a bare table, and of the same rows into
ours, as the driver packs them and packed before the clock starts.
"""

import asyncio
import itertools
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path

import asyncpg
from city import City
from serving import DATA

from sekali import app, demo, kernel, records, security

BATCH = 400
OURS = "ours"
Side = Callable[[kernel.Database], Awaitable[float]]
"""Seconds that one way takes in a fresh database."""


def made(people: int) -> list[list[records.Prepared]]:
    """All batches, in memory before the clock starts."""
    with kernel.processes(2, demo.people.__module__) as pool:
        numbers = range((people + BATCH - 1) // BATCH)
        return [f.result() for f in [pool.submit(demo.people, 2018, people, n, date(2026, 11, 23)) for n in numbers]]


async def measure_load(cluster: kernel.Cluster, people: int, repeats: int) -> None:
    """Resources a second of all, in turns, each time in a fresh database."""
    batches = await asyncio.to_thread(made, people)
    kernel.settle()  # as a server does; else what the measurement holds were looked through again and again
    count = sum(len(batch) for batch in batches)
    size = sum(len(row.content) for batch in batches for row in batch)
    sides = {
        **limits(batches, [row.content for batch in batches for row in batch]),
        OURS: partial(_ours, batches=batches),
    }
    rates = await in_turns(cluster, sides, count, repeats)
    print(
        f"{'load, indexed and watched':34} {statistics.median(rates[OURS]):8.0f}/s  {count} resources, {size >> 20} MB"
    )
    tell(rates, 0.4)


async def in_turns(
    cluster: kernel.Cluster, sides: Mapping[str, Side], count: int, repeats: int
) -> dict[str, list[float]]:
    """What each side does of ``count`` in a second, every time in a fresh database."""
    rates: dict[str, list[float]] = {name: [] for name in sides}
    admin = await kernel.Database.connect(cluster.dsn, 1)
    for n in range(repeats):
        for place, (name, measure) in enumerate(sides.items()):
            await admin.execute(f"create database turn_{n}_{place}")
            database = await kernel.Database.connect(cluster.dsn.replace("/sekali?", f"/turn_{n}_{place}?"), 10)
            await kernel.migrate(database)
            rates[name].append(count / await measure(database))
            await database.close()
            await admin.execute(f"drop database turn_{n}_{place} with (force)")
    await admin.close()
    return rates


def tell(rates: Mapping[str, list[float]], goal: float) -> None:
    """The ratio of ours to each limit."""
    for name in rates.keys() - {OURS}:
        ratios = [ours / raw for ours, raw in zip(rates[OURS], rates[name], strict=True)]
        ratio = statistics.median(ratios)
        print(f"{'':34}   of {name:32} {statistics.median(rates[name]):8.0f}/s  ratio {ratio:.3f} "
              f"({min(ratios):.3f} to {max(ratios):.3f})  goal {goal} {'reached' if ratio >= goal else 'MISSED'}")  # fmt: skip


def limits(batches: list[list[records.Prepared]], contents: list[bytes]) -> dict[str, Side]:
    """COPY of what ours keeps in the end, ``contents`` alone or the rows of ``batches``."""
    key = security.Key(1, b"of nobody")
    ready = [[records.packed(key, row) for row in batch] for batch in batches]

    async def bare(database: kernel.Database) -> float:
        await database.execute("create table public.raw (content bytea)")
        return await _driven(database, "public", "raw", ["content"], [[(one,) for one in contents]])

    async def driven(database: kernel.Database) -> float:
        return await _driven(database, "records", "resource", records.Prepared._fields, batches)

    async def packed(database: kernel.Database) -> float:
        began = time.perf_counter()
        for batch in ready:
            async with database.transaction() as tx:
                await tx.copy("records.resource", records.COLUMNS, batch)
        return time.perf_counter() - began

    return {
        "COPY of the bytes, no index": bare,
        "COPY of the rows by the driver": driven,
        "COPY of rows packed before": packed,
    }


async def _driven(
    database: kernel.Database, schema: str, table: str, columns: Sequence[str], batches: Sequence[Sequence[tuple]]
) -> float:
    line = await asyncpg.connect(database.dsn)
    began = time.perf_counter()
    for batch in batches:
        async with line.transaction():
            await line.copy_records_to_table(table, schema_name=schema, columns=columns, records=batch)
    taken = time.perf_counter() - began
    await line.close()
    return taken


async def _ours(database: kernel.Database, batches: list[list[records.Prepared]]) -> float:
    sekali = await app.build(kernel.Settings(data=DATA), database)
    grant = security.decide(security.SYSTEM, security.Purpose.LOAD)
    began = time.perf_counter()
    for batch in batches:
        await sekali.store.load(grant, batch)
    return time.perf_counter() - began


async def measure_bulk(city: City, repeats: int) -> None:
    """The whole city out as NDJSON, and in again into an empty database; beside COPY of the same bytes and rows."""
    out = city.folder / "out"
    began = time.perf_counter()
    done = await city.sekali.bulk.export_to(out, [], lambda job: None)
    count, taken = done.come.done, time.perf_counter() - began
    files = sorted(out.glob("*.ndjson"))
    print(f"\n{'$export of everything':34} {count / taken:8.0f}/s  {count} resources")
    lines = [line for file in files for line in file.read_bytes().splitlines()]
    names = ", ".join(records.Prepared._fields)
    kept = await city.database.fetch(f"select {names} from records.resource")  # noqa: S608 - names of our own columns
    rows = [records.Prepared(*row) for row in kept]
    batches = [rows[n : n + BATCH] for n in range(0, len(rows), BATCH)]
    turns = itertools.count()
    del kept
    kernel.settle()

    async def ours(database: kernel.Database) -> float:
        return await _import(database, city.folder / f"in{next(turns)}", files, len(lines))

    rates = await in_turns(city.cluster, {**limits(batches, lines), OURS: ours}, len(lines), repeats)
    print(f"{'$import of the same':34} {statistics.median(rates[OURS]):8.0f}/s")
    tell(rates, 0.55)


async def _import(database: kernel.Database, folder: Path, files: Sequence[Path], lines: int) -> float:
    sekali = await app.build(kernel.Settings(data=folder), database)
    began = time.perf_counter()
    job, _ = await sekali.bulk.import_files(files, 2, lambda job: None)
    if (job.come.taken, job.come.wrong) != (lines, 0):
        raise SystemExit(f"{job.come.wrong} lines of our own export were refused")
    return time.perf_counter() - began
