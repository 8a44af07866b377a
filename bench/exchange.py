"""The FHIR interactions over HTTP, everything on (token, Grant, audit): rates, latencies, and a write beside a big one.

Part of `make bench`. One client drives all (wrk, with the bodies in a Lua script), over loopback, on the same two cores as
server and database. What a rate is compared with stands in docs/measurements.md.
"""

import asyncio
import json
import re
import shutil
import statistics
import subprocess
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from run import PEOPLE, REPEATS, SECONDS, own_folder
from serving import Server

from sekali import app, demo, fhir, kernel, program, records, security

CONNECTIONS = (1, 16, 64)
BUNDLE = 60
CHART, BIG = 100_000, 10_000
LUA = 'wrk.method = "{method}"\nwrk.body = [==[{body}]==]\nwrk.headers["Content-Type"] = "application/fhir+json"\n'


@dataclass(frozen=True)
class Work:
    """One kind of request. ``each``: resources in it."""

    name: str
    path: str
    method: str = "GET"
    body: str = ""
    each: int = 1


def wrk(server: Server, token: str, work: Work, connections: int, folder: Path) -> tuple[float, float, float]:
    """Requests a second, and the median and 99th percentile in milliseconds. Every answer must be a 2xx."""
    script = folder / "work.lua"
    script.write_text(LUA.format(method=work.method, body=work.body), encoding="utf-8")
    told = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--timeout", "20s", "--latency", "-s", str(script),
         "-H", f"Authorization: Bearer {token}", f"{server.url}/fhir-r4/v1{work.path}"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    if "Non-2xx" in told or "Socket errors" in told:
        raise SystemExit(f"{work.name}: not every answer was right: {told}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1]), _ms(told, "50%"), _ms(told, "99%")


def _ms(told: str, at: str) -> float:
    number, unit = re.search(rf"{at}\s+([\d.]+)(us|ms|s)", told).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def observation(patient: str, n: int = 0) -> dict:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n % 400_000)
    return {
        "resourceType": "Observation", "status": "final", "subject": {"reference": patient},
        "category": [{"coding": [{"system": fhir.OBSERVATION_CATEGORY, "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}]},
        "effectiveDateTime": at.isoformat(),
        "valueQuantity": {"value": 60 + n % 40, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"},
    }  # fmt: skip


def bundle(entries: int) -> str:
    """A transaction: a new person with all else about them."""
    person = f"urn:uuid:{uuid.uuid4()}"
    made = [
        {
            "resourceType": "Patient",
            "name": [{"text": "Orang Ukur (contoh)"}],
            "gender": "female",
            "birthDate": "1990-01-01",
        }
    ]
    made += [observation(person, n) for n in range(entries - 1)]
    names = [person, *(f"urn:uuid:{uuid.uuid4()}" for _ in made[1:])]
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"fullUrl": name, "resource": one, "request": {"method": "POST", "url": one["resourceType"]}}
        for name, one in zip(names, made, strict=True)
    ]})  # fmt: skip


async def works(database: kernel.Database) -> list[Work]:
    """What a hospital's system does most, on people whom it cares for."""
    facility = await database.fetchval("select organization from security.client where id = $1", demo.CLIENTS[0][0])
    citizen = await database.fetchval(
        "select r.citizen from care.relation r join records.resource o on o.subject = r.citizen and o.type = 'Observation'"
        " where r.facility = $1 group by 1 order by count(*) desc, 1 limit 1", facility,
    )  # fmt: skip
    row = await database.fetchrow(
        "select id from records.resource where subject = $1 and type = 'Observation' limit 1", citizen
    )
    condition = await database.fetchval(
        "select id from records.resource where subject = $1 and type = 'Condition' limit 1", citizen
    )
    one, patient = f"/Observation/{row['id']}", f"Patient/{citizen}"
    return [
        Work("read", f"/{patient}"), Work("vread", f"{one}/_history/1"),
        Work("search by subject and code, sorted", f"/Observation?patient={citizen}&code=8480-6&_sort=-date"),
        Work("search by date range", f"/Observation?patient={citizen}&date=ge2020-01-01&date=lt2027-01-01"),
        Work("search with _include", f"/Condition?_id={condition}&patient={citizen}&_include=Condition:subject"),
        Work("$everything", f"/{patient}/$everything"),
        Work("create", "/Observation", "POST", json.dumps(observation(patient))),
        Work(f"transaction of {BUNDLE}", "", "POST", bundle(BUNDLE), BUNDLE),
    ]  # fmt: skip


async def small_beside_big(server: Server, token: str) -> None:
    """How long small writes take while a bundle of ten thousand goes in."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}
    person = {
        "resourceType": "Patient",
        "name": [{"text": "Kecil (contoh)"}],
        "gender": "male",
        "birthDate": "1980-01-01",
    }
    async with httpx.AsyncClient(base_url=f"{server.url}/fhir-r4/v1", headers=headers, timeout=300) as client:
        began = time.perf_counter()
        big = asyncio.create_task(client.post("", content=bundle(BIG)))
        taken: list[float] = []
        while not big.done():
            start = time.perf_counter()
            answer = await client.post("/Patient", json=person)
            assert answer.status_code == 201, answer.text
            taken.append(1000 * (time.perf_counter() - start))
            await asyncio.sleep(0.02)
        assert (await big).status_code == 200
    taken.sort()
    print(f"a bundle of {BIG:,} takes {time.perf_counter() - began:.1f} s; {len(taken)} small writes meanwhile: "
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
            records.prepare(kernel.encode(observation(person.reference, n)), kernel.new_id(shard), 1, kernel.now())[0]
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


def line(work: Work, found: Sequence[tuple[int, list[tuple[float, float, float]]]]) -> None:
    parts = []
    for connections, runs in found:
        rate = statistics.median(run[0] for run in runs) * work.each
        p50, p99 = (statistics.median(run[n] for run in runs) for n in (1, 2))
        parts.append(f"{connections:2}: {rate:7.0f}/s p50 {p50:6.1f} p99 {p99:6.1f} ms")
    print(f"{work.name:36} {'   '.join(parts)}")


async def main() -> None:
    if shutil.which("wrk") is None:
        raise SystemExit("The HTTP side is driven by wrk (Debian: apt-get install wrk). Install it, then try again.")
    folder = own_folder()
    cluster = kernel.Cluster(kernel.Settings(data=folder / "data"))
    cluster.hold()
    await cluster.start()
    try:
        database = await kernel.Database.connect(cluster.dsn)
        await kernel.migrate(database)
        sekali = await app.build(kernel.Settings(), database)
        await program.history.load(database, sekali.program.regions)
        await demo.load(database, sekali.store, sekali.doorkeeper, sekali.directory, sekali.care.facilities, sekali.program,
                        2018, PEOPLE, lambda done, total: None)  # fmt: skip
        await database.execute("analyze")
        todo = await works(database)
        print(f"\n{PEOPLE} people; resources a second at {CONNECTIONS} connections, everything on")
        with Server(cluster.dsn, bare=False) as server:
            token = server.token(*demo.CLIENTS[0][:2])
            for work in todo:
                found = [
                    (c, [await asyncio.to_thread(wrk, server, token, work, c, folder) for _ in range(REPEATS)])
                    for c in CONNECTIONS
                ]
                line(work, found)
            await small_beside_big(server, token)
        await long_chart(sekali)
        await database.close()
    finally:
        await cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    asyncio.run(main())
