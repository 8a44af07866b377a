"""The hash chains: one for each facility, day, writing process and connection of it."""

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sekali import kernel

from .event import Event

SQL = kernel.queries(__file__)


Heads = dict[str, tuple[int, bytes]]
"""Chain -> the number and the hash of its last event."""
_writer = 0


def write_as(number: int) -> None:
    """Which process of this server writes. Each of its connections has chains of its own, since whoever writes to one
    holds it until the commit is on disk, and nobody shall wait for that.
    """
    global _writer  # noqa: PLW0603 - one process is one writer, from its start to its end
    _writer = number


def _stream(event: Event, day: str, place: int) -> str:
    return f"{event.facility or 'system'}/{day}/{_writer}.{place}"


def _streams(events: Sequence[Event], at: datetime, place: int) -> list[str]:
    return sorted({_stream(event, f"{at:%Y-%m-%d}", place) for event in events})


def _link(before: bytes, seq: int, microseconds: int, values: Sequence[object]) -> bytes:
    """sha256 of the link before and this event's canonical form (a JSON list in the order of the columns)."""
    return hashlib.sha256(before + kernel.encode([seq, microseconds, *values])).digest()


def _microseconds(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000 + at.microsecond


async def append(tx: kernel.Session, events: Sequence[Event]) -> None:
    """Write events at the end of their chains, inside the caller's transaction.

    It locks the chains until the commit, so it is the last thing that a transaction does.
    """
    if events:
        await _append(tx, events)


async def append_alone(database: kernel.Database, events: Sequence[Event]) -> None:
    """Write events, in a transaction of their own: one round trip, where the connection knows how its chains ended."""
    async with database.session() as session:
        at = kernel.now()
        streams = _streams(events, at, session.place)
        if all(stream in session.known for stream in streams):
            heads = {
                stream: session.known.pop(stream) for stream in streams
            }  # whatever happens now, it is not so any more
            with suppress(kernel.Conflict):  # another program writes these too, a command at the terminal
                session.known.update(await _write(session, at, events, heads))
                return
    async with database.transaction() as tx:
        heads = await _append(tx, events)
    tx.known.clear()
    tx.known.update(heads)


async def _append(tx: kernel.Session, events: Sequence[Event]) -> Heads:
    """Under a lock; how the chains end now comes back, true once the transaction is."""
    at = kernel.now()
    streams = _streams(events, at, tx.place)
    for stream in streams:
        tx.known.pop(stream, None)
    heads = await _lock(tx, streams)
    if len(heads) < len(streams):
        await tx.execute(SQL.make_heads, [stream for stream in streams if stream not in heads])
        heads = await _lock(tx, streams)
    return await _write(tx, at, events, heads)


async def _lock(tx: kernel.Session, streams: list[str]) -> Heads:
    return {row["stream"]: (row["seq"], row["hash"]) for row in await tx.fetch(SQL.lock_heads, streams)}


async def _write(session: kernel.Session, at: datetime, events: Sequence[Event], before: Heads) -> Heads:
    """How the chains end then. Raises Conflict when they did not end as ``before`` says; then nothing is kept."""
    day, moment, heads = f"{at:%Y-%m-%d}", _microseconds(at), dict(before)
    actors: dict[tuple[object, ...], int] = {}
    rows = []
    for event in events:
        stream = _stream(event, day, session.place)
        seq, last = heads[stream]
        hash = _link(last, seq + 1, moment, event)
        heads[stream] = seq + 1, hash
        actor = (stream, event.actor, event.actor_name, event.role, event.facility, event.purpose, event.basis)
        number = actors.setdefault(actor, len(actors) + 1)
        rows.append((number, seq + 1, event.kind, event.citizen, event.what, event.detail, hash))
    ends = [(stream, before[stream][0], *head) for stream, head in heads.items()]
    await session.execute(SQL.append, at, *_columns(ends), *_columns(actors), *_columns(rows))
    return heads


def _columns(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    return list(map(list, zip(*rows, strict=True)))


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
