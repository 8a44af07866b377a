"""The FHIR interactions over HTTP, everything on (token, Grant, audit): rates, latencies, and a write beside a big one.

Part of `make bench`. One client drives all (wrk, with the bodies in a Lua script), over loopback, on the same two cores as
server and database. What a rate is compared with stands in docs/measurements.md.
"""

import asyncio
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from city import cluster, loaded, target_of
from run import PEOPLE, REPEATS, SECONDS, require_wrk
from serving import Server
from workload import BATCH, Rate, Target, Work, bundle, drive, load, observation, patient, works

from sekali import app, kernel, records, security

CONNECTIONS = (1, 16, 64)
LOADED = 2000
"""People whom each server gets over HTTP."""
CHART, BIG, BIG_REPEATS, WRITERS = 100_000, 10_000, 5, 8


async def small_beside_big(target: Target) -> None:
    """How long small writes take while bundles of ten thousand go in."""
    person = patient()
    taken: list[float] = []
    going = True

    async def writer() -> None:
        async with target.client() as client:  # a connection of its own
            while going:
                start = time.perf_counter()
                answer = await client.post("/Patient", json=person)
                assert answer.status_code == 201, answer.text
                taken.append(1000 * (time.perf_counter() - start))
                await asyncio.sleep(0.05)

    big = [0.0] * BIG_REPEATS
    contents = [bundle(BIG) for _ in big]
    writers = [asyncio.create_task(writer()) for _ in range(WRITERS)]
    async with target.client() as client:
        for n, content in enumerate(contents):
            began = time.perf_counter()
            answer = await client.post("", content=content)
            assert answer.status_code == 200, answer.text[:300]
            big[n] = time.perf_counter() - began
    going = False
    await asyncio.gather(*writers)
    taken.sort()
    print(f"a bundle of {BIG:,} takes {statistics.median(big):.1f} s; {len(taken)} small writes by {WRITERS} meanwhile: "
          f"p50 {taken[len(taken) // 2]:.0f} ms, p99 {taken[int(len(taken) * 0.99)]:.0f} ms (goal p99 < 100)")  # fmt: skip


async def long_chart(sekali: app.Sekali) -> None:
    """The newest page of a chart of a hundred thousand."""
    load, everyone = (
        security.decide(security.SYSTEM, purpose) for purpose in (security.Purpose.LOAD, security.Purpose.EXPORT)
    )
    async with sekali.store.change(load) as change:
        person = await change.create({"resourceType": "Patient", "name": [{"text": "Rekam Panjang (contoh)"}]})
    shard = kernel.shard_of(person.id)
    for start in range(0, CHART, 5000):
        rows = [
            records.prepare(kernel.encode(observation(person.reference, n)), kernel.new_id(shard), 1, kernel.now())
            for n in range(start, start + 5000)
        ]
        await sekali.store.load(load, rows)
    await sekali.database.execute("analyze records.resource")
    reader = sekali.store.under(everyone)
    for name, more in (
        ("by date", [("_sort", "-date")]),
        ("by change", []),
        ("of one code by date", [("code", "8867-4"), ("_sort", "-date")]),
    ):
        taken = []
        for _ in range(9):
            start = time.perf_counter()
            page = await reader.search("Observation", [("patient", str(person.id)), *more])
            taken.append(1000 * (time.perf_counter() - start))
            assert len(page.items) == 20
        print(f"newest page of a chart of {CHART:,}, {name}: {statistics.median(taken):.1f} ms (goal < 100)")


def targets() -> list[Target]:
    """Other servers: ``BENCH_PEERS="name=https://…/fhir other=…"``; for each a token by ``BENCH_TOKEN_NAME``, by
    ``BENCH_FACILITY_NAME`` whom visits are at, where only they may read them, and by ``BENCH_PIDS_NAME`` the processes
    (server and database, with commas) whose CPU is counted, where it runs on this machine.
    """
    found = []
    for name, base in (one.split("=", 1) for one in os.environ.get("BENCH_PEERS", "").split()):
        token, facility, pids = (
            os.environ.get(f"BENCH_{what}_{name.upper()}", "") for what in ("TOKEN", "FACILITY", "PIDS")
        )
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        found.append(
            Target(name, base.rstrip("/"), headers, facility, tuple(map(int, pids.split(",") if pids else ())))
        )
    return found


async def side_by_side(all_: Sequence[Target], folder: Path) -> None:
    """Every kind of work, on each server in turns; the first is ours."""
    todo: dict[str, dict[str, Work]] = {}
    for target in all_:
        rate, made = await load(target, LOADED)
        print(f"{target.name}: {len(made):,} resources by transactions of {BATCH * 12}, {rate:.0f}/s")
        for work in await works(target, made):
            todo.setdefault(work.name, {})[target.name] = work
    for name, works_ in todo.items():
        found: dict[str, dict[int, list[Rate]]] = {target.name: {c: [] for c in CONNECTIONS} for target in all_}
        for n in range(REPEATS):
            for target in all_:
                for m, c in enumerate(CONNECTIONS):
                    run = n * len(CONNECTIONS) + m
                    measured = await asyncio.to_thread(drive, target, works_[target.name], c, SECONDS, folder, run)
                    found[target.name][c].append(measured)
        for target in all_:
            each = works_[target.name].each
            print(f"{name if target is all_[0] else '':44} {target.name:8} {line(found[target.name], each)}")
            if target is not all_[0]:
                print(f"{'':44} {'ratio':8} {ratios(found[all_[0].name], found[target.name])}", flush=True)


def line(found: Mapping[int, Sequence[Rate]], each: int) -> str:
    """Resources a second, milliseconds, and CPU of a request, by connections: medians."""
    parts = []
    for connections, runs in found.items():
        rate, p50, p99, cpu = (
            statistics.median(getattr(run, name) for run in runs) for name in ("rate", "p50", "p99", "cpu")
        )
        parts.append(f"{connections:2}: {rate * each:7.0f}/s p50 {p50:6.1f} p99 {p99:6.1f} ms {cpu:6.0f} µs CPU")
    return "   ".join(parts)


def ratios(ours: Mapping[int, Sequence[Rate]], theirs: Mapping[int, Sequence[Rate]]) -> str:
    """Ours as a multiple of theirs, run by run: the median."""
    return "   ".join(
        f"{c:2}: {statistics.median(a.rate / b.rate for a, b in zip(ours[c], theirs[c], strict=True)):7.2f}"
        for c in ours
    )


async def main() -> None:
    require_wrk()
    async with cluster() as (within, folder), loaded(within, folder, PEOPLE) as city:
        with Server(within.dsn) as server:
            ours = await target_of(city, server)
            print(f"\n{PEOPLE} people; resources a second at {CONNECTIONS} connections, everything on")
            await side_by_side([ours, *targets()], folder)
            await small_beside_big(ours)
        await long_chart(city.sekali)


if __name__ == "__main__":
    asyncio.run(main())
