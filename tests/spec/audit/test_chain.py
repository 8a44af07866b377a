"""The audit: nothing is left out, changed or taken away unseen."""

import asyncio
import random
from contextlib import suppress

import pytest

from sekali import audit, kernel


def looked(citizen=None, facility=None) -> audit.Event:
    return audit.Event(
        audit.Kind.LOOKED, kernel.new_person(), "dr. Uji", "doctor", facility, citizen, "treatment", "x", "Patient"
    )


async def write(database, count: int = 5, facility=None) -> None:
    journal = audit.Journal(database)
    await asyncio.gather(*(journal.record(looked(facility=facility)) for _ in range(count)))


async def test_chains_of_many_writers_hold(database) -> None:
    one, other = kernel.new_id(0), kernel.new_id(0)
    await asyncio.gather(write(database, 40, one), write(database, 40, other), write(database, 40, one))
    assert await audit.verify(database) == audit.Verdict(120, ())
    streams = await database.fetchval("select array_agg(distinct stream) from audit.event")
    assert {stream.partition("/")[0] for stream in streams} == {str(one), str(other)}


async def test_who_writes_at_the_same_time_waits_for_nobody(database) -> None:
    """Each transaction holds its chain until it is on disk; if two needed one chain, the second would never get here."""
    facility = kernel.new_id(0)
    async with database.transaction() as slow, database.transaction() as quick:
        await audit.append(slow, [looked(facility=facility)])
        await asyncio.wait_for(audit.append(quick, [looked(facility=facility)]), 20)
    assert await audit.verify(database) == audit.Verdict(2, ())


async def test_a_command_at_the_terminal_may_write_the_chains_of_a_server_that_remembers_where_they_ended(
    database, cluster
) -> None:
    facility = kernel.new_id(0)
    command = await kernel.Database.connect(database.dsn, 1)
    for one in (database, command, database, database, command, command):
        await audit.Journal(one).record_all([looked(facility=facility), looked()])
        async with one.transaction() as tx:
            await audit.append(tx, [looked(facility=facility)])
    await command.close()
    assert await audit.verify(database) == audit.Verdict(18, ())
    longest = await database.fetchval("select max(seq) from audit.head")
    assert longest == 12, "they wrote one chain"


class _TakenBackError(Exception):
    """A transaction, or a part of it, ends without effect."""


@pytest.mark.parametrize("seed", range(5))
async def test_chains_go_on_after_whatever_was_taken_back_and_whoever_wrote_between(database, seed: int) -> None:
    """Two programs with one connection each write the same chains; some of what they write is taken back."""
    draw, facility, kept = random.Random(seed), kernel.new_id(0), 0
    writers = [await kernel.Database.connect(database.dsn, 1) for _ in range(2)]

    def some() -> list[audit.Event]:
        return [looked(facility=draw.choice((facility, None))) for _ in range(draw.randint(1, 3))]

    for _ in range(60):
        writer, lost, part_lost = draw.choice(writers), draw.random() < 0.3, draw.random() < 0.5
        wrote = 0
        with suppress(_TakenBackError):
            async with writer.transaction() as tx:
                for _ in range(draw.randint(1, 3)):
                    events = some()
                    with suppress(_TakenBackError):
                        async with tx.part():
                            await audit.append(tx, events)
                            if part_lost:
                                raise _TakenBackError
                        wrote += len(events)
                if lost:
                    raise _TakenBackError
            kept += wrote
        if draw.random() < 0.5:
            events = some()
            await audit.Journal(writer).record_all(events)
            kept += len(events)
    for writer in writers:
        await writer.close()
    assert kept > 60 and await audit.verify(database) == audit.Verdict(kept, ())


@pytest.mark.parametrize(
    ("tampering", "reason"),
    [
        ("update audit.event set actor_name = 'orang lain' where seq = 3", "changed"),
        ("update audit.event set at = at + interval '1 microsecond' where seq = 3", "changed"),
        ("delete from audit.event where seq = 3", "missing"),
        ("delete from audit.event where seq = 5", "missing"),
        ("update audit.event set seq = seq + 10 where seq = 5", "missing"),
        ("delete from audit.head", "head"),
        ("insert into audit.event select stream, 6, at, kind, actor, actor_name, role, facility, citizen, purpose, basis,"
         " what, detail, hash from audit.event where seq = 5", "behind the end"),
    ],
)  # fmt: skip
async def test_tampering_is_found(database, tampering: str, reason: str) -> None:
    await write(database)
    assert (await audit.verify(database)).breaks == ()
    await database.execute(tampering)
    (broken,) = (await audit.verify(database)).breaks
    assert reason in broken.reason


async def test_what_is_rolled_back_leaves_no_trace_and_no_gap(database) -> None:
    await write(database, 2)
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            await audit.append(tx, [looked()])
            raise ZeroDivisionError
    await write(database, 2)
    assert await audit.verify(database) == audit.Verdict(4, ())


async def test_no_event_holds_a_name_a_nik_or_content(city, staff, siti) -> None:
    citizen = await city.care.counter.find(staff.clerk, siti)
    arrival = await city.care.counter.arrive(staff.clerk, citizen)
    await city.care.counter.check_in(staff.clerk, citizen, arrival.department.id, 1)
    rows = await city.database.fetch("select e::text as text from audit.event e")
    assert not [row for row in rows if arrival.person.nik in row["text"] or "Siti" in row["text"]]
