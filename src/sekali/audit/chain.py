"""The hash chains: one for each facility and day."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sekali import kernel

from .event import Event

SQL = kernel.queries(__file__)

_COLUMNS = ("kind", "actor", "actor_name", "role", "facility", "citizen", "purpose", "basis", "what", "detail")


def _stream(event: Event, at: datetime) -> str:
    return f"{event.facility or 'system'}/{at:%Y-%m-%d}"


def _link(before: bytes, seq: int, at: datetime, values: Sequence[object]) -> bytes:
    """sha256 of the link before and this event's canonical form (a JSON list in the order of the columns)."""
    microseconds = int(at.timestamp()) * 1_000_000 + at.microsecond
    body = kernel.encode([seq, microseconds, *(value if value is None else str(value) for value in values)])
    return hashlib.sha256(before + body).digest()


def _values(event: Event) -> tuple[object, ...]:
    return (
        event.kind.value,
        event.actor,
        event.actor_name,
        event.role,
        event.facility,
        event.citizen,
        event.purpose,
        event.basis,
        event.what,
        event.detail,
    )


async def append(tx: kernel.Session, events: Sequence[Event]) -> None:
    """Write events at the end of their chains, inside the caller's transaction.

    It locks the chains until the commit, so it is the last thing that a transaction does.
    """
    if not events:
        return
    at = kernel.now()
    streams = sorted({_stream(event, at) for event in events})
    heads = {row["stream"]: (row["seq"], row["hash"]) for row in await tx.fetch(SQL.lock_heads, streams)}
    if len(heads) < len(streams):
        await tx.execute(SQL.make_heads, [stream for stream in streams if stream not in heads])
        heads = {row["stream"]: (row["seq"], row["hash"]) for row in await tx.fetch(SQL.lock_heads, streams)}
    rows = []
    for event in events:
        stream, values = _stream(event, at), _values(event)
        seq, before = heads[stream]
        heads[stream] = seq + 1, _link(before, seq + 1, at, values)
        rows.append((stream, seq + 1, at, *values, heads[stream][1]))
    await tx.execute(SQL.append, *map(list, zip(*rows, strict=True)))
    await tx.execute(SQL.move_heads, streams, [heads[s][0] for s in streams], [heads[s][1] for s in streams])


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
            if row["hash"] != _link(before, row["seq"], row["at"], [row[column] for column in _COLUMNS]):
                return seq, Break(stream, row["seq"], "an event was changed")
            seq, before = row["seq"], row["hash"]
    if (head_seq, head_hash) != (seq, before):
        return seq, Break(stream, seq, "the chain does not end where its head says")
    return seq, None
