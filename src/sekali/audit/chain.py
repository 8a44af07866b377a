"""The hash chains: one for each facility, day, writing process and connection of it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sekali import kernel

from .event import Event

SQL = kernel.queries(__file__)


_writer = 0


def write_as(number: int) -> None:
    """Which process of this server writes. Each of its connections has chains of its own, since whoever writes to one
    holds it until the commit is on disk, and nobody shall wait for that.
    """
    global _writer  # noqa: PLW0603 - one process is one writer, from its start to its end
    _writer = number


def _stream(event: Event, day: str, place: int) -> str:
    return f"{event.facility or 'system'}/{day}/{_writer}.{place}"


def _link(before: bytes, seq: int, microseconds: int, values: Sequence[object]) -> bytes:
    """sha256 of the link before and this event's canonical form (a JSON list in the order of the columns)."""
    return hashlib.sha256(before + kernel.encode([seq, microseconds, *values])).digest()


def _microseconds(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000 + at.microsecond


async def append(tx: kernel.Session, events: Sequence[Event]) -> None:
    """Write events at the end of their chains, inside the caller's transaction.

    It locks the chains until the commit, so it is the last thing that a transaction does.
    """
    if not events:
        return
    at = kernel.now()
    day = f"{at:%Y-%m-%d}"
    streams = sorted({_stream(event, day, tx.place) for event in events})
    heads = {row["stream"]: (row["seq"], row["hash"]) for row in await tx.fetch(SQL.lock_heads, streams)}
    if len(heads) < len(streams):
        await tx.execute(SQL.make_heads, [stream for stream in streams if stream not in heads])
        heads = {row["stream"]: (row["seq"], row["hash"]) for row in await tx.fetch(SQL.lock_heads, streams)}
    rows, moment = [], _microseconds(at)
    for event in events:
        stream = _stream(event, day, tx.place)
        seq, before = heads[stream]
        heads[stream] = seq + 1, _link(before, seq + 1, moment, event)
        rows.append((stream, seq + 1, at, *event, heads[stream][1]))
    ends = [streams, [heads[s][0] for s in streams], [heads[s][1] for s in streams]]
    await tx.execute(SQL.append, *map(list, zip(*rows, strict=True)), *ends)


@dataclass(frozen=True, slots=True)
class Break:
    """A place where a chain does not hold."""

    stream: str
    seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many events were checked, and where the chains break (nowhere, when all is well)."""

    checked: int
    breaks: tuple[Break, ...]


async def verify(database: kernel.Database) -> Verdict:
    """Walk every chain from its first event. Finds a changed, removed, added or reordered event."""
    checked, breaks = 0, []
    for head in await database.fetch(SQL.streams):
        count, broken = await _verify_stream(database, head["stream"], head["seq"], head["hash"])
        checked += count
        if broken:
            breaks.append(broken)
    return Verdict(checked, tuple(breaks))


async def _verify_stream(
    database: kernel.Database, stream: str, head_seq: int | None, head_hash: bytes | None
) -> tuple[int, Break | None]:
    seq, before = 0, b""
    while rows := await database.fetch(SQL.events, stream, seq):
        for row in rows:
            if row["seq"] != seq + 1:
                return seq, Break(stream, seq + 1, "an event is missing")
            values = [value if value is None else str(value) for value in (row[field] for field in Event._fields)]
            if row["hash"] != _link(before, row["seq"], _microseconds(row["at"]), values):
                return seq, Break(stream, row["seq"], "an event was changed")
            seq, before = row["seq"], row["hash"]
    if (head_seq, head_hash) != (seq, before):
        return seq, Break(stream, seq, "the chain does not end where its head says")
    return seq, None
