"""Connections are few: who waits longest comes first, and who goes away takes none with them."""

import asyncio
import contextlib
import random

import pytest

from sekali import kernel

SIZE = 3


@pytest.fixture
async def few(database):
    """The same database, by three connections."""
    made = kernel.Database(database._dsn, SIZE)
    yield made
    await made.close()


async def test_who_waits_longest_comes_first_whoever_comes_later(database) -> None:
    one = kernel.Database(database._dsn, 1)
    order: list[str] = []

    async def guest(name: str) -> None:
        await one.fetchval("select 1")
        order.append(name)

    async with one.transaction():
        early = [asyncio.create_task(guest(f"early {n}")) for n in range(5)]
        await asyncio.sleep(0)
    late = [asyncio.create_task(guest(f"late {n}")) for n in range(5)]
    await asyncio.gather(*early, *late)
    await one.close()
    assert order == [*(f"early {n}" for n in range(5)), *(f"late {n}" for n in range(5))]


@pytest.mark.parametrize("seed", range(5))
async def test_no_connection_is_lost_whenever_somebody_goes_away(few, seed: int) -> None:
    rng = random.Random(seed)

    async def guest() -> None:
        for _ in range(5):
            await few.fetchval("select 1")

    guests = [asyncio.create_task(guest()) for _ in range(60)]
    for _ in range(200):
        await asyncio.sleep(rng.choice((0, 0, 0.0005)))
        rng.choice(guests).cancel()
    for one in guests:
        with contextlib.suppress(asyncio.CancelledError, kernel.Failure):
            await one
    async with contextlib.AsyncExitStack() as all_at_once:
        places = [(await all_at_once.enter_async_context(few.transaction())).place for _ in range(SIZE)]
    assert sorted(places) == list(range(SIZE))


async def test_who_waits_too_long_is_told_and_the_next_one_is_served(few, monkeypatch) -> None:
    monkeypatch.setattr("sekali.kernel.database.WAIT_FOR_CONNECTION", 0.05)
    async with contextlib.AsyncExitStack() as all_at_once:
        for _ in range(SIZE):
            await all_at_once.enter_async_context(few.transaction())
        with pytest.raises(kernel.Unavailable):
            await few.fetchval("select 1")
    assert await few.fetchval("select 1") == 1


async def test_a_part_is_taken_back_alone(database) -> None:
    await database.execute("create table public.parts (n integer primary key)")
    async with database.transaction() as tx:
        for n in (1, 2, 2, 3):
            with contextlib.suppress(kernel.Duplicate):
                async with tx.part():
                    await tx.execute("insert into public.parts values ($1 + 10)", n)
                    await tx.execute("insert into public.parts values ($1)", n)
        with contextlib.suppress(ZeroDivisionError):
            async with tx.part():
                await tx.execute("insert into public.parts values (4)")
                raise ZeroDivisionError
    assert [row["n"] for row in await database.fetch("select n from public.parts order by n")] == [1, 2, 3, 11, 12, 13]


async def test_with_the_transaction_its_parts_are_gone_too(database) -> None:
    await database.execute("create table public.parts (n integer)")
    with contextlib.suppress(ZeroDivisionError):
        async with database.transaction() as tx:
            async with tx.part():
                await tx.execute("insert into public.parts values (1)")
            raise ZeroDivisionError
    assert await database.fetchval("select count(*) from public.parts") == 0
