"""Loading the demo city, against raw COPY: of the same bytes into a bare table, and of the same rows into ours."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path

from city import City
from serving import DATA

from sekali import app, demo, kernel, records, security

BATCH = 400


def made(people: int) -> list[list[records.Prepared]]:
    """All batches, in memory before the clock starts."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        numbers = range((people + BATCH - 1) // BATCH)
        return [f.result() for f in [pool.submit(demo.people, 2018, people, n, date(2026, 11, 23)) for n in numbers]]


async def measure_load(cluster: kernel.Cluster, people: int, repeats: int) -> None:
    """Resources a second of both, in turns, each time in a fresh database."""
    batches = await asyncio.to_thread(made, people)
    count = sum(len(batch) for batch in batches)
    size = sum(len(row.content) for batch in batches for row in batch)
    admin = await kernel.Database.connect(cluster.dsn, 1)
    rates: dict[str, list[float]] = {"ours": [], "bytes": [], "rows": []}
    for n in range(repeats):
        for name, measure in (("bytes", _bytes), ("rows", _rows), ("ours", _ours)):
            await admin.execute(f"create database load_{name}_{n}")
            database = await kernel.Database.connect(cluster.dsn.replace("/sekali?", f"/load_{name}_{n}?"), 4)
            await kernel.migrate(database)
            rates[name].append(count / await measure(database, batches))
            await database.close()
            await admin.execute(f"drop database load_{name}_{n} with (force)")
    await admin.close()
    print(
        f"{'load, indexed and watched':34} {statistics.median(rates['ours']):8.0f}/s  {count} resources, {size >> 20} MB"
    )
    for name, words in (("bytes", "COPY of the bytes, no index"), ("rows", "COPY of the rows, our indexes")):
        ratios = [ours / raw for ours, raw in zip(rates["ours"], rates[name], strict=True)]
        ratio = statistics.median(ratios)
        print(
            f"{'':34}   of {words:30} {statistics.median(rates[name]):8.0f}/s  ratio {ratio:.2f} "
            f"({min(ratios):.2f} to {max(ratios):.2f})  goal 0.40 {'reached' if ratio >= 0.4 else 'MISSED'}"
        )


async def _copy(database: kernel.Database, table: str, columns: Sequence[str], batches: list[list[tuple]]) -> float:
    began = time.perf_counter()
    for batch in batches:
        async with database.transaction() as tx:
            await tx.copy(table, columns, batch)
    return time.perf_counter() - began


async def _bytes(database: kernel.Database, batches: list[list[records.Prepared]]) -> float:
    await database.execute("create table public.raw (content bytea)")
    return await _copy(database, "public.raw", ["content"], [[(row.content,) for row in batch] for batch in batches])


async def _rows(database: kernel.Database, batches: list[list[records.Prepared]]) -> float:
    return await _copy(database, "records.resource", records.Prepared._fields, batches)


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
    rows = [[tuple(row) for row in kept[n : n + BATCH]] for n in range(0, len(kept), BATCH)]
    admin = await kernel.Database.connect(city.cluster.dsn, 1)
    rates: dict[str, list[float]] = {"bytes": [], "rows": [], "import": []}
    for n in range(repeats):
        for name, measured in rates.items():
            await admin.execute(f"create database bulk_{name}_{n}")
            database = await kernel.Database.connect(city.cluster.dsn.replace("/sekali?", f"/bulk_{name}_{n}?"), 10)
            await kernel.migrate(database)
            if name == "bytes":
                await database.execute("create table public.raw (content bytea)")
                taken = await _copy(database, "public.raw", ["content"], [[(line,) for line in lines]])
            elif name == "rows":
                taken = await _copy(database, "records.resource", records.Prepared._fields, rows)
            else:
                taken = await _import(database, city.folder / f"in{n}", files, len(lines))
            measured.append(len(lines) / taken)
            await database.close()
            await admin.execute(f"drop database bulk_{name}_{n} with (force)")
    await admin.close()
    print(f"{'$import of the same':34} {statistics.median(rates['import']):8.0f}/s")
    for name, words in (("bytes", "COPY of the bytes, no index"), ("rows", "COPY of the rows, our indexes")):
        ratios = [ours / raw for ours, raw in zip(rates["import"], rates[name], strict=True)]
        ratio = statistics.median(ratios)
        print(f"{'':34}   of {words:30} {statistics.median(rates[name]):8.0f}/s  ratio {ratio:.3f} "
              f"({min(ratios):.3f} to {max(ratios):.3f})  goal 0.55 {'reached' if ratio >= 0.55 else 'MISSED'}")  # fmt: skip


async def _import(database: kernel.Database, folder: Path, files: Sequence[Path], lines: int) -> float:
    sekali = await app.build(kernel.Settings(data=folder), database)
    began = time.perf_counter()
    job, _ = await sekali.bulk.import_files(files, 2, lambda job: None)
    if (job.come.taken, job.come.wrong) != (lines, 0):
        raise SystemExit(f"{job.come.wrong} lines of our own export were refused")
    return time.perf_counter() - began
