"""One command, side by side with the limit: `make bench`. Prints ratios; docs/measurements.md says how to read them.

Every ratio is of two things measured in turns within one run on one server, so that a slow or busy machine changes both.
"""

import asyncio
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
from city import City, cluster, kept, loaded
from loading import measure_bulk, measure_load
from serving import Server
from workload import Target, Work, drive

from sekali import demo, kernel

REPEATS, SECONDS = int(os.environ.get("BENCH_REPEATS", "3")), int(os.environ.get("BENCH_SECONDS", "4"))
CLIENTS = 64
PGBENCH_CLIENTS = 16
PEOPLE = int(os.environ.get("BENCH_PEOPLE", "20000"))
CHECK_INS_A_SECOND, CHECK_IN_SECONDS = 50, 20

WITHOUT = {"bare": ("policy", "audit"), "not audited": ("audit",), "all on": ()}
"""What is measured -> the guards that it lacks (see bare.py)."""
GOALS = {"read by id": {"bare": 0.40, "all on": 0.25}, "search by NIK": {"bare": 0.50, "all on": 0.35}}
NIK = "https://fhir.kemkes.go.id/id/nik"
KNOWN = """select p.shard, p.id from care.relation r join security.client c on c.organization = r.facility
join records.resource p on p.id = r.citizen and p.type = 'Patient' where c.id = $1 order by p.id limit 1 offset 77"""
"""Somebody whom the asking hospital cares for: of others it is told an introduction only."""
READ = "select content from records.resource where shard = {shard} and type = 'Patient' and id = '{id}';\n"
FIND = (
    "select r.content from identity.identifier i join records.resource r on r.shard = i.shard and r.type = 'Patient'"
    " and r.id = i.citizen where i.value_hash = '{hash}' and i.system = '{system}';\n"
)


@dataclass(frozen=True)
class Side:
    """Requests a second, and the CPU of server and database for each, in microseconds."""

    rate: float
    cpu: float


def pgbench(cluster: kernel.Cluster, dsn: str, script: Path, mode: str) -> float:
    """Transactions a second of one statement; ``mode``: pgbench's own default ``simple``, or ``prepared``."""
    told = subprocess.run(
        [str(cluster._programs() / "pgbench"), "-n", "-M", mode, "-c", str(PGBENCH_CLIENTS), "-j", "2", "-T", str(SECONDS),
         "-f", str(script), dsn],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return float(re.search(r"tps = ([\d.]+)", told)[1])


def wrk(server: Server, cluster: kernel.Cluster, path: str, token: str, folder: Path, seconds: int) -> Side:
    """Requests a second over HTTP, and what each cost."""
    server.require_listener()
    target = Target("Sekali", server.url, {"Authorization": f"Bearer {token}"}, pids=server.pids(cluster))
    measured = drive(target, Work("", path), CLIENTS, seconds, folder, 0)
    return Side(measured.rate, measured.cpu)


def line(name: str, ours: list[Side], limits: dict[str, list[float]], goal: float) -> None:
    """One measured thing beside both of pgbench's modes."""
    print(
        f"{name:34} {statistics.median(s.rate for s in ours):8.0f}/s  {statistics.median(s.cpu for s in ours):.0f} µs CPU each"
    )
    for mode, limit in limits.items():
        ratios = [side.rate / tps for side, tps in zip(ours, limit, strict=True)]
        ratio = statistics.median(ratios)
        print(
            f"{'':34}   of pgbench -M {mode:8} {statistics.median(limit):8.0f}/s  ratio {ratio:.2f} "
            f"({min(ratios):.2f} to {max(ratios):.2f})  goal {goal:.2f} {'reached' if ratio >= goal else 'MISSED'}"
        )


def cost(name: str, bare: list[Side], guarded: list[Side]) -> None:
    """What part of the bare throughput some guards take."""
    taken = [1 - ours.rate / theirs.rate for ours, theirs in zip(guarded, bare, strict=True)]
    middle = statistics.median(taken)
    print(
        f"{name:42} {middle:.0%} ({min(taken):.0%} to {max(taken):.0%})  goal below 35 % "
        f"{'reached' if middle < 0.35 else 'MISSED'}"
    )


async def check_ins(server: Server, cards: list[str]) -> list[float]:
    """Milliseconds of each scan at a counter, 50 begun every second whether or not earlier ones are done."""
    headers = {"Sec-Fetch-Site": "same-origin"}
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30, limits=limits) as clerk:
        await clerk.post("/masuk", data={"username": "loket.gedongtengen", "password": demo.PASSWORD})
        taken: list[float] = []

        async def one(card: str) -> None:
            began = time.perf_counter()
            answer = await clerk.post("/loket", data={"scan": card})
            taken.append(1000 * (time.perf_counter() - began))
            assert answer.status_code == 200 and "present" in answer.text

        await asyncio.gather(*map(one, cards[:40]))  # warm
        taken.clear()
        tasks = []
        start = time.perf_counter()
        for n in range(CHECK_INS_A_SECOND * CHECK_IN_SECONDS):
            await asyncio.sleep(max(0.0, start + n / CHECK_INS_A_SECOND - time.perf_counter()))
            tasks.append(asyncio.create_task(one(cards[n % len(cards)])))
        await asyncio.gather(*tasks)
        return taken


async def main() -> None:
    require_wrk()
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {PEOPLE} people, {REPEATS} repeats, medians\n")
    async with cluster() as (within, folder):
        await measure_load(within, PEOPLE, REPEATS)
        async with loaded(within, folder, PEOPLE) as city:
            print(
                f"{'generation + load together':34} {city.rate:8.0f} resources/s  "
                f"goal 5000 {'reached' if city.rate >= 5000 else 'MISSED'}\n"
            )
            await measure_reads(city)
            await measure_bulk(city, REPEATS)


def require_wrk() -> None:
    if shutil.which("wrk") is None:
        raise SystemExit("The HTTP side is driven by wrk (Debian: apt-get install wrk). Install it, then try again.")


async def measure_reads(city: City) -> None:
    """Reads and searches in turns with pgbench, with and without guards; then check-ins."""
    paths, scripts = await same_row(city)
    for name, text in scripts.items():
        (city.folder / f"{name}.sql").write_text(text)
    limits = {name: {mode: [] for mode in ("simple", "prepared")} for name in scripts}
    sides: dict[tuple[str, str], list[Side]] = {(guards, name): [] for guards in WITHOUT for name in paths}
    for _ in range(REPEATS):
        for name, modes in limits.items():
            for mode, measured in modes.items():
                script = city.folder / f"{name}.sql"
                measured.append(await asyncio.to_thread(pgbench, city.cluster, city.cluster.dsn, script, mode))
        for guards, without in WITHOUT.items():
            with Server(city.cluster.dsn, without) as server:
                token = server.token(*demo.CLIENTS[0][:2])
                for name, path in paths.items():
                    wrk(server, city.cluster, path, token, city.folder, 1)  # warm
                    sides[guards, name].append(wrk(server, city.cluster, path, token, city.folder, SECONDS))
    for name, goals in GOALS.items():
        for guards, goal in goals.items():
            line(f"{name}, {guards}", sides[guards, name], limits[name], goal)
        for guards in ("not audited", "all on"):
            cost(f"{name}: what it costs, {guards}", sides["bare", name], sides[guards, name])
    with Server(city.cluster.dsn) as server:
        rows = await kept(city, "type = 'Patient' order by id limit 1000")
        taken = sorted(await check_ins(server, [f"SEKALI:{value}" for one in rows for value in card_of(one.content)]))
    p50, p99 = taken[len(taken) // 2], taken[int(len(taken) * 0.99)]
    print(f"\n{'check-in context, 50 a second':34} p50 {p50:.1f} ms  p99 {p99:.1f} ms of {len(taken)} scans  "
          f"goal p99 < 50 {'reached' if p99 < 50 else 'MISSED'}")  # fmt: skip


async def same_row(city: City) -> tuple[dict[str, str], dict[str, str]]:
    """Paths that give one person, and SQL that gives the same."""
    row = await city.database.fetchrow(KNOWN, demo.CLIENTS[0][0])
    patient = (await kept(city, "id = $1", row["id"]))[0].resource
    nik = next(i["value"] for i in patient["identifier"] if i["system"] == NIK)
    digest = await city.database.fetchval(
        "select value_hash from identity.identifier where citizen = $1 and system = $2", row["id"], NIK
    )
    return (
        {
            "read by id": f"/fhir-r4/v1/Patient/{row['id']}",
            "search by NIK": f"/fhir-r4/v1/Patient?identifier={NIK}|{nik}",
        },
        {
            "read by id": READ.format(shard=row["shard"], id=row["id"]),
            "search by NIK": FIND.format(hash=digest, system=NIK),
        },
    )


def card_of(content: bytes) -> list[str]:
    return [i["value"] for i in json.loads(content)["identifier"] if i["system"] == "urn:sekali:id:card"]


if __name__ == "__main__":
    asyncio.run(main())
