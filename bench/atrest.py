"""What sealing at rest costs: CPU of this process for each resource that is loaded, read and found, with the cipher and
without it, in turns within one run: `python bench/atrest.py`. CPU time, not time on the wall: others may use the machine.
"""

import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from city import City, cluster, kept, loaded
from loading import made
from serving import DATA

from sekali import app, audit, care, fhir, identity, kernel, records, security

PEOPLE, ROUNDS, EACH = int(os.environ.get("BENCH_PEOPLE", "2000")), int(os.environ.get("BENCH_REPEATS", "7")), 1000
NIK = "https://fhir.kemkes.go.id/id/nik"


class PlainKey(security.Key):
    """Seals nothing."""

    def seal(self, content: bytes, about: bytes) -> bytes:
        return content

    def terms(self, hashes: Sequence[int]) -> list[int]:
        return list(hashes)


class Plain(security.Cipher):
    """Keeps everything as it is."""

    async def hold(self, tx: kernel.Session) -> None:
        return None

    async def look(self) -> tuple[int, ...]:
        return self.in_use

    @property
    def key(self) -> security.Key:
        return PlainKey(security.PLAIN, b"")

    def open(self, sealed: bytes, about: bytes) -> bytes:
        return sealed

    def terms(self, hashes: Sequence[int], number: int | None = None) -> list[int]:
        return list(hashes)


def each(work: Callable[[], Any], times: int = 20_000) -> float:
    """Microseconds of CPU of one call, the median of seven."""
    taken = []
    for _ in range(7):
        began = time.process_time()
        for _ in range(times):
            work()
        taken.append((time.process_time() - began) / times * 1e6)
    return statistics.median(taken)


async def cost(work: Callable[[int], Awaitable[Any]], count: int) -> float:
    """Microseconds of CPU of this process for each of ``count``, eight at a time."""
    began = time.process_time()
    for start in range(0, count, 8):
        await asyncio.gather(*(work(n) for n in range(start, start + 8)))
    return (time.process_time() - began) / count * 1e6


def tell(what: str, found: dict[str, list[float]]) -> None:
    """Both medians, and what the difference is."""
    plain, sealed = (statistics.median(found[name]) for name in ("plain", "sealed"))
    ratios = [s / p for s, p in zip(found["sealed"], found["plain"], strict=True)]
    print(f"{what:40} {plain:7.1f} µs plain  {sealed:7.1f} µs sealed  {sealed - plain:+6.1f} µs, "
          f"{statistics.median(ratios):.2f} times ({min(ratios):.2f} to {max(ratios):.2f})")  # fmt: skip


async def measure(city: City, other: kernel.Database) -> None:
    cipher = city.sekali.cipher
    people = await kept(city, "type = 'Patient' order by id limit 1000")
    rows = [row for batch in await asyncio.to_thread(made, 400) for row in batch]
    size = statistics.mean(len(row.content) for row in rows)
    content, terms = rows[0].content, [fhir.term_hash("Patient", "name", str(n)) for n in range(30)]
    sealed = cipher.seal(content, b"x")
    print(f"{len(content)} bytes: seal {each(lambda: cipher.seal(content, b'x')):.2f} µs, "
          f"open {each(lambda: cipher.open(sealed, b'x')):.2f} µs; 30 terms {each(lambda: cipher.terms(terms)):.2f} µs; "
          f"one number {each(lambda: cipher.id(people[0].id)):.2f} µs")  # fmt: skip
    print(
        f"a resource of the demo has {size:.0f} bytes and {statistics.mean(len(row.tokens) for row in rows):.0f} terms\n"
    )

    load = security.decide(security.SYSTEM, security.Purpose.LOAD)
    found: dict[str, list[float]] = {"plain": [], "sealed": []}
    for _ in range(ROUNDS):
        for name, one in (("plain", plain_of(other, Plain(cipher.vault, other))), ("sealed", await sealed_of(other))):
            await other.execute("truncate records.resource, identity.identifier, identity.citizen, care.relation")
            began = time.process_time()
            for start in range(0, len(rows), 400):
                await one.load(load, rows[start : start + 400])
            found[name].append((time.process_time() - began) / len(rows) * 1e6)
    tell(f"load of a resource ({len(rows)} of them)", found)

    grant = security.decide(security.SYSTEM, security.Purpose.EXPORT)
    real = city.sekali.store.under(grant)
    await other.execute("truncate records.resource, identity.identifier, identity.citizen, care.relation")
    plain = plain_of(other, Plain(cipher.vault, other))
    for start in range(0, len(rows), 400):
        await plain.load(load, rows[start : start + 400])
    bare = plain.under(grant)
    ids = {"sealed": [one.id for one in people][:300], "plain": [row.id for row in rows if row.type == "Patient"][:300]}
    niks = {
        "sealed": [nik_of(one.resource) for one in people][:300],
        "plain": [nik_of(kernel.decode(row.content)) for row in rows if row.type == "Patient"][:300],
    }

    def look(reader: records.Reader, name: str, n: int) -> Awaitable[Any]:
        return reader.read("Patient", ids[name][n % 300])

    def find(reader: records.Reader, name: str, n: int) -> Awaitable[Any]:
        return reader.search("Patient", [("identifier", f"{NIK}|{niks[name][n % 300]}")])

    def visits(reader: records.Reader, name: str, n: int) -> Awaitable[Any]:
        return reader.search("Encounter", [("patient", f"Patient/{ids[name][n % 300]}")])

    for what, ask in (("read of a Patient", look), ("search by NIK", find), ("a person's visits", visits)):
        found = {"plain": [], "sealed": []}
        for _ in range(ROUNDS):
            for name, reader in (("plain", bare), ("sealed", real)):
                found[name].append(await cost(lambda n: ask(reader, name, n), EACH))  # noqa: B023
        tell(f"{what}, audited", found)

    writers = {"plain": plain, "sealed": city.sekali.store}
    found = {"plain": [], "sealed": []}
    for _ in range(ROUNDS):
        for name, store in writers.items():

            async def write(n: int) -> None:
                person = ids[name][n % 300]  # noqa: B023
                async with store.change(load) as change:  # noqa: B023
                    await change.create({"resourceType": "Observation", "status": "final", "code": {"text": "uji"},
                                         "subject": {"reference": f"Patient/{person}"}})  # fmt: skip

            found[name].append(await cost(write, EACH // 4))
    tell("create of an Observation, a transaction", found)


def nik_of(patient: dict) -> str:
    return next(one["value"] for one in patient["identifier"] if one["system"] == NIK)


def plain_of(database: kernel.Database, cipher: security.Cipher) -> records.Store:
    cipher.in_use = (0,)
    watchers = (identity.Directory(database, cipher).claim, care.follow_tasks, care.follow_care)
    return records.Store(database, audit.Journal(database), cipher, watchers, care.Relations(database))


async def sealed_of(database: kernel.Database) -> records.Store:
    cipher = security.Cipher(security.Vault(kernel.Settings(data=DATA)), database)
    await cipher.join()
    watchers = (identity.Directory(database, cipher).claim, care.follow_tasks, care.follow_care)
    return records.Store(database, audit.Journal(database), cipher, watchers, care.Relations(database))


async def main() -> None:
    async with cluster() as (within, folder), loaded(within, folder, PEOPLE) as city:
        await city.database.execute("create database other")
        other = await kernel.Database.connect(within.dsn.replace("/sekali?", "/other?"), 8)
        await kernel.migrate(other)
        await app.build(kernel.Settings(data=DATA), other)
        await measure(city, other)
        await other.close()


if __name__ == "__main__":
    asyncio.run(main())
