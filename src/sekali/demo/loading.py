"""Loading the demo city: in batches, each a transaction, made in other processes while the last one commits."""

import asyncio
from collections.abc import Callable
from datetime import date
from functools import partial

from sekali import care, identity, kernel, program, records, security

from . import movement
from .accounts import add_all
from .people import BATCH, EXAMPLES, people
from .places import facilities
from .practitioners import practitioners

Progress = Callable[[int, int], None]
"""Called with people loaded and people in all."""

STAFF = -1
"""The batch of doctors and nurses."""
AHEAD = 3
"""Batches that are made while one is being written; more would only fill memory."""


async def loaded(database: kernel.Database) -> bool:
    """Whether the demo city is there, whole."""
    return bool(await database.fetchval("select finished_at is not null from demo.city"))


async def load(
    database: kernel.Database,
    store: records.Store,
    doorkeeper: security.Doorkeeper,
    directory: identity.Directory,
    places: care.Facilities,
    the_movement: program.Program,
    seed: int,
    population: int,
    progress: Progress,
    workers: int = 2,
) -> int:
    """Load what is not loaded yet; how many resources in all. A load that was broken off goes on where it stopped."""
    seed, population, as_of = await _city(database, seed, population)  # of the city that was begun, not of a new wish
    await _load_places(places, seed)
    done = {row["number"] for row in await database.fetch("select number from demo.batch")}
    numbers = range((population + BATCH - 1) // BATCH)
    missing = [number for number in numbers if number not in done]
    people_done = population - sum(min(BATCH, population - n * BATCH) for n in missing)
    progress(people_done, population)
    grant = security.decide(security.SYSTEM, security.Purpose.LOAD)
    if STAFF not in done:
        staff = practitioners(seed, as_of)
        await store.load(grant, staff, partial(_note, number=STAFF, count=len(staff)))
    async for number, rows in _made(seed, population, as_of, missing, workers):
        await store.load(grant, rows, partial(_note, number=number, count=len(rows)))
        people_done += min(BATCH, population - number * BATCH)
        progress(people_done, population)
    await _finish(database, doorkeeper, directory, places, the_movement)
    return await database.fetchval("select sum(resources)::int from demo.batch")


async def _city(database: kernel.Database, seed: int, population: int) -> tuple[int, int, date]:
    """The city that was begun, or a new one as of today."""
    await database.execute(
        "insert into demo.city (seed, population, as_of) values ($1, $2, $3) on conflict do nothing",
        seed, population, kernel.now().date(),
    )  # fmt: skip
    row = await database.fetchrow("select seed, population, as_of from demo.city")
    return row["seed"], row["population"], row["as_of"]


async def _load_places(places: care.Facilities, seed: int) -> None:
    there = await places.all()
    for facility, departments in facilities(seed):
        if facility.id not in there:
            await places.add(facility, departments)


async def _made(seed: int, population: int, as_of: date, numbers: list[int], workers: int):
    """Batches as they become ready, in order."""
    if not numbers:
        return
    loop = asyncio.get_running_loop()
    with kernel.processes(workers, people.__module__) as pool:
        waiting = [(n, loop.run_in_executor(pool, people, seed, population, n, as_of)) for n in numbers[:AHEAD]]
        for place in range(len(numbers)):
            number, future = waiting.pop(0)
            if place + AHEAD < len(numbers):
                following = numbers[place + AHEAD]
                waiting.append((following, loop.run_in_executor(pool, people, seed, population, following, as_of)))
            yield number, await future


async def _note(tx: kernel.Session, number: int, count: int) -> None:
    await tx.execute("insert into demo.batch (number, resources) values ($1, $2)", number, count)


async def _finish(
    database: kernel.Database, doorkeeper: security.Doorkeeper, directory: identity.Directory, places: care.Facilities,
    the_movement: program.Program,
) -> None:  # fmt: skip
    """Accounts, and the planner's statistics; then the city is whole."""
    if await loaded(database):
        return
    by_name = {facility.name: facility for facility in (await places.all()).values()}
    siti = await directory.find_scan(identity.read_scan(f"SEKALI:{EXAMPLES[0].card}"), next(iter(by_name.values())).id)
    assert siti is not None, "the examples are in the first batch"
    seats = await movement.load(the_movement)
    async with database.transaction() as tx:
        await add_all(tx, doorkeeper, by_name, siti, seats)
        await tx.execute("update demo.city set finished_at = now()")
    await database.execute("analyze")
