"""Loading the demo city, against raw COPY of the same bytes into a table without any index."""

import asyncio
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context

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
    ours, raw = [], []
    for n in range(repeats):
        name = f"load_{n}"
        await admin.execute(f"create database {name}")
        database = await kernel.Database.connect(cluster.dsn.replace("/sekali?", f"/{name}?"), 4)
        await kernel.migrate(database)
        await database.execute("create table public.raw (content bytea)")
        raw.append(count / await _raw(database, batches))
        sekali = await app.build(kernel.Settings(), database)
        ours.append(count / await _ours(sekali.store, batches))
        await database.close()
        await admin.execute(f"drop database {name} with (force)")
    await admin.close()
    ratios = [o / r for o, r in zip(ours, raw, strict=True)]
    ratio = statistics.median(ratios)
    print(
        f"{'load, indexed and watched':34} {statistics.median(ours):8.0f}/s  raw COPY {statistics.median(raw):7.0f}/s  "
        f"ratio {ratio:.2f} (of {min(ratios):.2f}-{max(ratios):.2f})  goal 0.40 {'reached' if ratio >= 0.4 else 'MISSED'}  "
        f"{count} resources, {size >> 20} MB"
    )


async def _raw(database: kernel.Database, batches: list[list[records.Prepared]]) -> float:
    began = time.perf_counter()
    for batch in batches:
        async with database.transaction() as tx:
            await tx.copy("public.raw", ["content"], [(row.content,) for row in batch])
    return time.perf_counter() - began


async def _ours(store: records.Store, batches: list[list[records.Prepared]]) -> float:
    grant = security.decide(security.SYSTEM, security.Purpose.LOAD)
    began = time.perf_counter()
    for batch in batches:
        await store.load(grant, batch)
    return time.perf_counter() - began
