"""How fast the audit is walked: a million events of many facilities, written by Sekali, anchored, then verified.

`python bench/walking.py` (a few minutes, most of it writing). One event among them is then changed, and has to be named.
`BENCH_EVENTS` for another number.
"""

import asyncio
import os
import random
import time

from city import cluster

from sekali import audit, kernel

EVENTS = int(os.environ.get("BENCH_EVENTS", "1000000"))
AT_ONCE, FACILITIES, REPEATS = 500, 40, 3
WHAT = (
    "Patient,Coverage,AllergyIntolerance,Condition",
    "Patient",
    "Encounter,Observation",
    "ServiceRequest/" + "0" * 36,
)
BASIS = "care of the patient (PMK 24/2022 art. 34)"


async def write(database: kernel.Database) -> None:
    """The events, in transactions of AT_ONCE over all connections."""
    facilities = [kernel.new_id(0) for _ in range(FACILITIES)]
    people, actors = [kernel.new_person() for _ in range(5000)], [kernel.new_id(0) for _ in range(200)]

    async def some(count: int) -> None:
        async with database.transaction() as tx:
            await audit.append(tx, [
                audit.Event(audit.Kind.LOOKED, random.choice(actors), "dr. Uji Coba", "doctor", random.choice(facilities),
                            random.choice(people), "treatment", BASIS, random.choice(WHAT))
                for _ in range(count)
            ])  # fmt: skip

    for start in range(0, EVENTS, AT_ONCE * 4):
        left = EVENTS - start
        await asyncio.gather(*(some(min(AT_ONCE, left - n)) for n in range(0, min(left, AT_ONCE * 4), AT_ONCE)))


async def main() -> None:
    async with cluster() as (made, folder):
        database = await kernel.Database.connect(made.dsn, 4)
        await kernel.migrate(database)
        start = time.perf_counter()
        await write(database)
        print(f"{EVENTS:,} events written in {time.perf_counter() - start:.0f} s")
        start = time.perf_counter()
        anchors = audit.Anchors(database, folder / "anchors", folder / "key.pem")
        await anchors.make()
        print(f"anchored in {1000 * (time.perf_counter() - start):.0f} ms")
        key = audit.public_key(audit.public_text(audit.private_key(folder / "key.pem")))
        marks = audit.read_anchors(folder / "anchors", key).marks
        for processes in (1, 2):
            await timed(f"verified by {processes}", lambda p=processes: audit.verify(database, marks, p))
        start = time.perf_counter()
        with (folder / "audit.ndjson").open("wb") as file:
            await audit.export(database, file)
        rate = EVENTS / (time.perf_counter() - start)
        print(f"exported {rate:,.0f}/s, {(folder / 'audit.ndjson').stat().st_size / EVENTS:.0f} bytes an event")
        await timed("verified from the export, one process",
                    lambda: asyncio.to_thread(audit.verify_export, folder / "audit.ndjson", marks))  # fmt: skip
        one = await database.fetchrow("select stream, seq from audit.event offset $1 limit 1", EVENTS // 2)
        await database.execute(
            "update audit.event set actor_name = actor_name || '.' where stream = $1 and seq = $2", *one
        )
        (broken,) = (await audit.verify(database, marks, 2)).breaks
        assert (broken.stream, broken.seq) == tuple(one), broken
        print(f"one of them changed: {broken.stream}, number {broken.seq}: {broken.reason}")
        await database.close()


async def timed(name: str, verify) -> None:
    """Events a second, the best and the median of REPEATS; nothing may be accused."""
    taken = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        verdict = await verify()
        taken.append(time.perf_counter() - start)
        assert (verdict.checked, verdict.breaks) == (EVENTS, ()), verdict.breaks[:3]
    taken.sort()
    print(f"{name}: {EVENTS / taken[REPEATS // 2]:,.0f} events a second, best {EVENTS / taken[0]:,.0f}"
          f" (load of the machine {os.getloadavg()[0]:.1f})")  # fmt: skip


if __name__ == "__main__":
    asyncio.run(main())
