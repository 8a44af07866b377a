"""What a larger city costs: all the exchange's works, and reads and searches of people drawn at random, in a small and in a
large demo city.

Both cities stand at once on one machine and are measured in turns: `python bench/growth.py` (about a quarter of an hour).
In the large one also the first page of a very rare and of a very common value, and the bytes that a resource takes on disk.
"""

import asyncio
import os
import statistics
import time
from collections import Counter

from city import City, cluster, kept, loaded, target_of
from run import REPEATS, SECONDS, require_wrk
from serving import Server
from workload import Target, Work, drive, load, works

from sekali import security

SMALL, LARGE = int(os.environ.get("BENCH_PEOPLE", "20000")), int(os.environ.get("BENCH_MORE_PEOPLE", "200000"))
DRAWN = 5000
"""People who are asked for, so that it is not one page of the database that is measured."""
LOADED = 1500
"""People whom each city gets over HTTP, for the works on one person."""
CONNECTIONS = 64
NIK = "https://fhir.kemkes.go.id/id/nik"
DRAWING = """local paths = {{{paths}}}
function request() return wrk.format("GET", paths[math.random(#paths)], wrk.headers) end
"""


async def drawn(city: City) -> list[Work]:
    """Reads and searches of people drawn at random."""
    rows = await kept(city, "type = 'Patient' order by random() limit $1", DRAWN)
    niks = [next((i["value"] for i in one.resource["identifier"] if i["system"] == NIK), None) for one in rows]
    paths = {
        "read of anybody": [f"/fhir-r4/v1/Patient/{one.id}" for one in rows],
        "search of anybody's identifier": [f"/fhir-r4/v1/Patient?identifier={NIK}%7C{nik}" for nik in niks if nik],
    }
    return [
        Work(name, "", lua=DRAWING.format(paths=",".join(f'"{path}"' for path in all_))) for name, all_ in paths.items()
    ]


async def first_pages(city: City) -> None:
    """Milliseconds of a first page: of a code that one Condition has, and of the rarest and commonest of the city's."""
    reader = city.sekali.store.under(security.decide(security.SYSTEM, security.Purpose.EXPORT))
    conditions = await kept(city, "type = 'Condition' and not deleted")
    counted = Counter(coding["code"] for one in conditions for coding in one.resource["code"].get("coding", ()))
    (most, *_, least), total = counted.most_common(), counted.total()
    async with city.sekali.store.change(security.decide(security.SYSTEM, security.Purpose.LOAD)) as change:
        person = await change.create({"resourceType": "Patient", "name": [{"text": "Langka (contoh)"}]})
        alone = {"system": "http://hl7.org/fhir/sid/icd-10", "code": "A98.4"}
        await change.create(
            {"resourceType": "Condition", "code": {"coding": [alone]}, "subject": {"reference": person.reference}}
        )
    await city.database.execute("analyze records.resource")
    for code, count in (("A98.4", 1), least, most):
        taken = []
        for _ in range(9):
            start = time.perf_counter()
            await reader.search("Condition", [("code", code)])
            taken.append(1000 * (time.perf_counter() - start))
        print(f"first page of a diagnosis that {count:,} of {total:,} Conditions have: "
              f"{statistics.median(taken):.1f} ms (goal < 10 of very rare and very common ones)")  # fmt: skip


async def sizes(city: City) -> None:
    """Bytes on disk of a resource, with indexes and without."""
    row = await city.database.fetchrow(
        "select count(*) as n, sum(length(content)) as content, pg_table_size('records.resource') as kept,"
        " pg_indexes_size('records.resource') as indexes from records.resource"
    )
    print(f"{city.people:,} people, {row['n']:,} resources: {row['content'] / row['n']:.0f} bytes of content each, "
          f"{row['kept'] / row['n']:.0f} kept, {row['indexes'] / row['n']:.0f} of indexes")  # fmt: skip


async def main() -> None:
    require_wrk()
    async with (
        cluster() as (one, here), loaded(one, here, SMALL) as small,
        cluster() as (other, there), loaded(other, there, LARGE) as large,
    ):  # fmt: skip
        found: dict[str, dict[int, list[float]]] = {}
        with Server(small.cluster.dsn) as one_server, Server(large.cluster.dsn) as other_server:
            sides = []
            for city, server in ((small, one_server), (large, other_server)):
                target = await target_of(city, server)
                _, made = await load(target, LOADED)
                sides.append((city, target, [*await drawn(city), *await works(target, made)]))
            for n in range(REPEATS):
                for todo in zip(*(works_ for _, _, works_ in sides), strict=True):
                    for (city, target, _), work in zip(sides, todo, strict=True):
                        await measured(found, city, target, work, n)
        for name, rates in found.items():
            lost = statistics.median(1 - b / a for a, b in zip(rates[SMALL], rates[LARGE], strict=True))
            print(f"{name:44} {SMALL:,} people {statistics.median(rates[SMALL]):7.0f}/s   {LARGE:,} people "
                  f"{statistics.median(rates[LARGE]):7.0f}/s   lost {lost:.0%} (goal < 15 %)")  # fmt: skip
        await first_pages(large)
        for city in (small, large):
            await sizes(city)


async def measured(found: dict[str, dict[int, list[float]]], city: City, target: Target, work: Work, n: int) -> None:
    """One run, after a short one that warms the caches."""
    await asyncio.to_thread(drive, target, work, CONNECTIONS, 1, city.folder, 2 * n)
    rate = await asyncio.to_thread(drive, target, work, CONNECTIONS, SECONDS, city.folder, 2 * n + 1)
    found.setdefault(work.name, {SMALL: [], LARGE: []})[city.people].append(rate.rate)


if __name__ == "__main__":
    asyncio.run(main())
