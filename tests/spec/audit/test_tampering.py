"""Whoever owns the database can write anything into it. The chains and the anchors outside tell what was done.

The log here was written by Sekali and anchored twice; then it is tampered with in every way, also by somebody who mends
the chain behind the tampering, and walked.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekali import audit, kernel
from sekali.audit import chain, walk

COLUMNS = ("kind", "actor", "actor_name", "role", "facility", "citizen", "purpose", "basis", "what", "detail")
Row = tuple[Any, ...]


@dataclass(frozen=True, repr=False)
class Log:
    """Rows as the walk takes them, the heads, and what the anchors say. ``anchored``: chain -> events at the last."""

    rows: tuple[Row, ...]
    heads: dict[str, tuple[int, bytes]]
    marks: audit.Marks
    anchored: dict[str, int]

    def __repr__(self) -> str:
        return f"a log of {len(self.rows)} events in {len(self.heads)} chains"

    @property
    def streams(self) -> list[str]:
        return sorted(self.heads)

    def of(self, stream: str) -> list[Row]:
        return [row for row in self.rows if row[0] == stream]


async def write(database: kernel.Database, facilities: Sequence[Any]) -> None:
    async def one(facility: Any, number: int) -> None:
        async with database.transaction() as tx:
            event = audit.Event(
                audit.Kind.LOOKED, kernel.new_id(0), f"dr. Uji {number}", "doctor", facility, kernel.new_person(),
                "treatment", "care", "Patient,Observation", "",
            )  # fmt: skip
            await audit.append(tx, [event, event._replace(kind=audit.Kind.WROTE)])

    await asyncio.gather(*(one(facility, number) for number in range(6) for facility in facilities))


@pytest_asyncio.fixture(loop_scope="session")
async def log(database, tmp_path) -> Log:
    facilities = [kernel.new_id(0), kernel.new_id(0), None]
    anchors = audit.Anchors(database, tmp_path / "anchors", tmp_path / "key.pem")
    for _ in range(2):
        await write(database, facilities)
        await anchors.make()
    anchored = await heads_of(database)
    await write(database, facilities)
    rows = await database.fetch(
        "select stream, hash, seq, at, kind, actor, actor_name, role, facility, citizen, purpose, basis, what, detail"
        " from audit.event order by stream, seq"
    )
    key = audit.public_key(audit.public_text(audit.private_key(tmp_path / "key.pem")))
    told = audit.read_anchors(tmp_path / "anchors", key)
    assert (told.count, told.breaks) == (2, ())
    ends = {stream: seq for stream, (seq, _) in anchored.items()}
    return Log(tuple(map(tuple, rows)), await heads_of(database), told.marks, ends)


async def heads_of(database: kernel.Database) -> dict[str, tuple[int, bytes]]:
    rows = await database.fetch("select stream, seq, hash from audit.head")
    return {row["stream"]: (row["seq"], row["hash"]) for row in rows}


def walked(rows: Sequence[Row], heads: dict[str, Any], marks: audit.Marks) -> tuple[audit.Break, ...]:
    """By pages of three, since a page ends anywhere."""
    one = walk.Walk(heads, marks)
    rows = sorted(rows, key=lambda row: (row[0], row[2]))
    for start in range(0, len(rows), 3):
        one.take(rows[start : start + 3])
    return one.finish()


def mended(rows: Sequence[Row], heads: dict[str, Any], stream: str) -> tuple[list[Row], dict[str, Any]]:
    """What somebody with the whole database makes of a chain: numbered anew, hashed anew, the head moved."""
    others = [row for row in rows if row[0] != stream]
    before, fresh = b"", []
    for seq, row in enumerate((row for row in rows if row[0] == stream), 1):
        before = chain.link(before, seq, chain.microseconds(row[3]), row[4:])
        fresh.append((stream, before, seq, *row[3:]))
    return others + fresh, {**heads, stream: (len(fresh), before)}


def changed(row: Row, column: int) -> Row:
    value = row[column]
    if isinstance(value, datetime):
        other: Any = value + timedelta(microseconds=1)
    elif isinstance(value, bytes):
        other = bytes(reversed(value))
    elif isinstance(value, str):
        other = f"{value}x"
    else:
        other = kernel.new_id(0)
    return (*row[:column], other, *row[column + 1 :])


def tampered(log: Log, draw: Any) -> tuple[str, int, list[Row]]:
    """(chain, first event that is wrong, all rows): one tampering with one event, nothing mended."""
    stream = draw(st.sampled_from(log.streams))
    mine = log.of(stream)
    place = draw(st.integers(0, len(mine) - 1))
    others = [row for row in log.rows if row[0] != stream]
    match draw(st.sampled_from(("change", "remove", "insert", "reorder", "truncate"))):
        case "change":
            mine[place] = changed(mine[place], draw(st.sampled_from([1, *range(3, 14)])))
            first = place
        case "remove":
            del mine[place]
            first = place
        case "insert":
            mine = [*mine[:place], mine[place], *((*r[:2], r[2] + 1, *r[3:]) for r in mine[place:])]
            first = place + 1
        case "reorder":
            other = draw(st.integers(0, len(mine) - 1).filter(lambda one: one != place))
            a, b = mine[place], mine[other]
            mine[place] = (*b[:2], a[2], *b[3:])
            mine[other] = (*a[:2], b[2], *a[3:])
            first = min(place, other)
        case _:
            first = place
            mine = mine[:place]
    return stream, first + 1, others + mine


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_event_tampered_with_among_many_is_found_and_named(log: Log, data: st.DataObject) -> None:
    assert walked(log.rows, log.heads, log.marks) == (), "an untouched log is never accused"
    stream, seq, rows = tampered(log, data.draw)
    (broken,) = walked(rows, log.heads, log.marks)
    assert broken.stream == stream
    assert broken.seq == seq or (broken.seq == 1 and not [row for row in rows if row[0] == stream])
    (alone,) = walked(rows, log.heads, audit.NO_MARKS)
    assert alone.stream == stream, "without anchors too, as long as the chain was not mended"


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_chain_that_was_written_anew_is_found_by_the_anchors(log: Log, data: st.DataObject) -> None:
    stream = data.draw(st.sampled_from(sorted(log.anchored)))
    mine, known = log.of(stream), log.anchored[stream]
    place = data.draw(st.integers(0, known - 1))
    match data.draw(st.sampled_from(("change", "remove", "insert", "truncate", "back"))):
        case "change":
            mine[place] = changed(mine[place], data.draw(st.sampled_from((4, 5, 6, 7, 9, 10, 11, 12, 13))))
        case "remove":
            del mine[place]
        case "insert":
            mine.insert(place, changed(mine[place], 6))
        case "truncate":
            mine = mine[:place]
        case _:
            mine[place] = (*mine[place][:3], mine[place][3] - timedelta(seconds=1), *mine[place][4:])
    rows, heads = mended([row for row in log.rows if row[0] != stream] + mine, log.heads, stream)
    (broken,) = walked(rows, heads, log.marks)
    assert broken.stream == stream


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whole_chains_taken_away_added_or_renamed_are_found(log: Log, data: st.DataObject) -> None:
    stream = data.draw(st.sampled_from(sorted(log.anchored)))
    gone = [row for row in log.rows if row[0] != stream]
    heads = {name: head for name, head in log.heads.items() if name != stream}
    (broken,) = walked(gone, heads, log.marks)
    assert (broken.stream, broken.reason) == (
        stream,
        f"the whole chain of {log.anchored[stream]} events or more is missing",
    )

    renamed = f"{stream[:-1]}99"
    rows, moved = mended(gone + [(renamed, *row[1:]) for row in log.of(stream)], heads, renamed)
    assert stream in {one.stream for one in walked(rows, moved, log.marks)}


def test_an_event_added_later_with_an_early_time_is_found(log: Log) -> None:
    """Also behind the end of a chain, and in a chain of its own; its hash is right, only its time is not."""
    stream = log.streams[0]
    last = log.of(stream)[-1]
    early = last[3] - timedelta(minutes=20)
    if early.date() != last[3].date():
        pytest.skip("just after midnight there is no earlier time of this day")
    late = audit.Marks(log.marks.of, chain.microseconds(last[3]))
    for name in (stream, f"{stream[:-1]}98"):
        rows, heads = mended([*log.rows, (name, *last[1:3], early, *last[4:])], log.heads, name)
        (broken,) = walked(rows, heads, late)
        assert (broken.stream, broken.at) == (name, early) and "dated back" in broken.reason


def test_an_event_of_another_facility_or_day_does_not_belong_into_a_chain(log: Log) -> None:
    stream = log.streams[0]
    for column, words in ((8, "another facility"), (3, "another day")):
        mine = log.of(stream)
        value = kernel.new_id(0) if column == 8 else mine[-1][3] + timedelta(days=1)
        mine[-1] = (*mine[-1][:column], value, *mine[-1][column + 1 :])
        rows, heads = mended([row for row in log.rows if row[0] != stream] + mine, log.heads, stream)
        (broken,) = walked(rows, heads, audit.NO_MARKS)
        assert words in broken.reason


def test_every_column_is_covered() -> None:
    assert audit.Event._fields == COLUMNS


async def test_several_processes_and_an_export_say_the_same(database, log: Log, tmp_path: Path) -> None:
    file, told = tmp_path / "audit.ndjson", [0]
    stream = max(log.anchored, key=lambda one: log.anchored[one])
    for tampering in (
        None,
        "update audit.event set actor_name = 'orang lain' where stream = $1 and seq = 3",
        "delete from audit.event where stream = $1",
    ):
        if tampering:
            await database.execute(tampering, stream)
        one = await audit.verify(database, log.marks, tell=lambda done, total: told.append(done))
        assert await audit.verify(database, log.marks, processes=2) == one
        with file.open("wb") as out:
            assert await audit.export(database, out) == one.checked
        assert audit.verify_export(file, log.marks) == one
        assert [found.stream for found in one.breaks] == ([stream] if tampering else [])
        assert told[-1] == one.checked


async def test_an_export_with_one_changed_letter_is_found(database, log: Log, tmp_path: Path) -> None:
    file = tmp_path / "audit.ndjson"
    with file.open("wb") as out:
        await audit.export(database, out)
    lines = file.read_bytes().splitlines(keepends=True)
    lines[7] = lines[7].replace(b"dr. Uji", b"dr. Uja")
    file.write_bytes(b"".join(lines))
    (broken,) = audit.verify_export(file, log.marks).breaks
    assert broken.reason == "it was changed" and broken.at
    file.write_bytes(b"".join(lines[:-4]))
    assert len(audit.verify_export(file, log.marks).breaks) >= 2, "and the end was cut off"
    file.write_text("not an export\n")
    with pytest.raises(kernel.Trouble, match="no export"):
        audit.verify_export(file)


async def test_while_others_write_an_untouched_log_is_not_accused(database) -> None:
    writing = asyncio.create_task(write(database, [kernel.new_id(0) for _ in range(30)]))
    while not writing.done():
        assert (await audit.verify(database)).breaks == ()
    await writing
