"""Rows that Sekali packs itself come back from PostgreSQL as they went in."""

import random
from datetime import UTC, datetime, timedelta
from struct import pack
from uuid import UUID

import pytest

from sekali import kernel

TABLE = "create table public.packed (n integer, id uuid, said text, raw bytea, at timestamptz, numbers bigint[])"
LEAST, MOST = -(2**63), 2**63 - 1


def some(chance: random.Random) -> tuple:
    long_ago = datetime(1, 1, 2, tzinfo=UTC) + timedelta(days=chance.randrange(3_000_000))
    return (
        chance.choice([None, UUID(int=chance.getrandbits(128)), UUID(int=0)]),
        "".join(chance.choices("a\tb\\\nä,'\"日", k=chance.randrange(40))),
        chance.randbytes(chance.choice([0, 1, 5000])),
        chance.choice([long_ago + timedelta(microseconds=chance.randrange(10**9)), datetime(2000, 1, 1, tzinfo=UTC)]),
        [chance.choice([LEAST, MOST, 0, chance.randint(LEAST, MOST)]) for _ in range(chance.choice([0, 1, 2, 700]))],
    )


def packed(n: int, row: tuple) -> bytes:
    id, said, raw, at, numbers = row
    return b"".join((
        pack("!hii", 6, 4, n), kernel.packed_id(id), kernel.packed_value(said.encode()), kernel.packed_value(raw),
        pack("!iq", 8, kernel.packed_time(at)), kernel.packed_numbers(numbers),
    ))  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_a_row_has_comes_back(database, seed: int) -> None:
    rows = [some(random.Random(f"{seed} {n}")) for n in range(100)]
    await database.execute(TABLE)
    async with database.transaction() as tx:
        await tx.copy("public.packed", ["n", "id", "said", "raw", "at", "numbers"], map(packed, range(100), rows))
    found = await database.fetch("select id, said, raw, at, numbers from public.packed order by n")
    assert [tuple(row) for row in found] == rows


async def test_the_least_time_is_before_all_others_and_can_be_packed_again(database) -> None:
    await database.execute(TABLE)
    least = datetime.min.replace(tzinfo=UTC)
    async with database.transaction() as tx:
        await tx.copy("public.packed", ["at"], [pack("!hiq", 1, 8, kernel.packed_time(least))])
    assert await database.fetchval("select at = '-infinity' from public.packed")
    assert kernel.packed_time(await database.fetchval("select at from public.packed")) == kernel.packed_time(least)


async def test_rows_that_are_cut_off_are_no_rows(database) -> None:
    """What is not whole is refused as a whole, and the connection lives on."""
    await database.execute(TABLE)
    with pytest.raises(Exception, match="unexpected EOF"):
        async with database.transaction() as tx:
            await tx.copy("public.packed", ["n"], [pack("!hii", 1, 4, 7), pack("!hi", 1, 4)])
    assert await database.fetchval("select count(*) from public.packed") == 0
