"""The hash chains: one for each facility, day, writing process and connection of it.

:mod:`verifying` walks them.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from sekali import kernel

from .event import Event

SQL = kernel.queries(__file__)
LONGEST = 1000
"""Characters of ``what`` and ``detail``: names of kinds and ids, never content. Longer ones end with an ellipsis."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_writer = 0


def write_as(number: int) -> None:
    """Which process of this server writes. Each of its connections has chains of its own, since whoever writes to one
    holds it until the commit is on disk, and nobody shall wait for that.
    """
    global _writer  # noqa: PLW0603 - one process is one writer, from its start to its end
    _writer = number


def _stream(event: Event, day: str, place: int) -> str:
    return f"{event.facility or 'system'}/{day}/{_writer}.{place}"


def link(before: bytes, seq: int, microseconds: int, values: Sequence[object]) -> bytes:
    """sha256 of the link before and this event's canonical form (a JSON list in the order of the columns)."""
    return hashlib.sha256(before + kernel.encode([seq, microseconds, *values])).digest()


def microseconds(at: datetime) -> int:
    """Since 1970 in UTC."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _bounded(event: Event) -> Event:
    if len(event.what) <= LONGEST and len(event.detail) <= LONGEST:
        return event
    return event._replace(what=_cut(event.what), detail=_cut(event.detail))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


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
    rows, moment = [], microseconds(at)
    for event in map(_bounded, events):
        stream = _stream(event, day, tx.place)
        seq, before = heads[stream]
        heads[stream] = seq + 1, link(before, seq + 1, moment, event)
        rows.append((stream, seq + 1, at, *event, heads[stream][1]))
    ends = [streams, [heads[s][0] for s in streams], [heads[s][1] for s in streams]]
    await tx.execute(SQL.append, *map(list, zip(*rows, strict=True)), *ends)
