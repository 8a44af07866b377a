"""The hash chains: one for each facility, day, writing process and connection of it.

:mod:`verifying` walks them.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from sekali import kernel

from .event import Event

SQL = kernel.queries(__file__)
LONGEST = 1000
"""Characters of ``what`` and ``detail``: names of kinds and ids, never content. Longer ones end with an ellipsis."""

Heads = dict[str, tuple[int, bytes]]
"""Chain -> the number and the hash of its last event."""
_PARAMETERS = 19
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_writer = 0


def appending(first: int) -> str:
    """The call that writes the events of a :class:`Ready` where their chains end as thought, and says whether they do, for
    statements whose parameters from ``first`` on are its ``values``. See migration 0025.
    """
    return f"audit.append({', '.join(f'${first + n}' for n in range(_PARAMETERS))})"


def write_as(number: int) -> None:
    """Which process of this server writes. Each of its connections has chains of its own, since whoever writes to one
    holds it until the commit is on disk, and nobody shall wait for that.
    """
    global _writer  # noqa: PLW0603 - one process is one writer, from its start to its end
    _writer = number


def _streams(events: Sequence[Event], at: datetime, place: int) -> dict[UUID | None, str]:
    """Facility -> its chain, for all facilities of some events."""
    return {one: f"{one or 'system'}/{at:%Y-%m-%d}/{_writer}.{place}" for one in {event.facility for event in events}}


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
    if await _follow(tx, at, events):
        return
    names = sorted(_streams(events, at, tx.place).values())
    heads = await _lock(tx, names)
    if len(heads) < len(names):
        await tx.execute(SQL.make_heads, [name for name in names if name not in heads])
        heads = await _lock(tx, names)
    tx.known.clear()
    tx.known.update(heads)
    if not await _follow(tx, at, events):
        raise RuntimeError("a chain has grown while it was locked")


async def append_alone(database: kernel.Database, events: Sequence[Event]) -> None:
    """Write events, in a transaction of their own: one round trip, where the connection knows how its chains ended."""
    async with database.session() as session:
        if await _follow(session, kernel.now(), events):
            return
    async with database.transaction() as tx:
        await append(tx, events)


class Ready:
    """Events that are ready to be written at the end of their chains, as this connection thinks they end.

    :ivar values: what the call takes, for a statement that does more than this (see :func:`appending`).
    """

    def __init__(self, session: kernel.Session, heads: Heads, values: list[object]) -> None:
        self._session = session
        self._heads = heads
        self.values = values

    def written(self) -> None:
        """The call said true."""
        self._session.known.update(self._heads)


def ready(session: kernel.Session, events: Sequence[Event], at: datetime | None = None) -> Ready | None:
    """Some events for the next statement; None where the connection does not know how their chains end, or there are none."""
    at = at or kernel.now()
    streams = _streams(events, at, session.place)
    if not streams or not session.known.keys() >= set(streams.values()):
        return None
    # whatever happens now, they may not end so any more
    before: Heads = {stream: session.known.pop(stream) for stream in streams.values()}
    heads, columns = _linked(at, events, streams, before)
    return Ready(session, heads, [at, *columns])


async def _follow(session: kernel.Session, at: datetime, events: Sequence[Event]) -> bool:
    """Whether they were written: not where the chains end otherwise than this connection thinks.

    What it thinks may have been taken back with a transaction, or another program (a command at the terminal) has written.
    """
    one = ready(session, events, at)
    if one is None or not await session.fetchval(f"select {appending(1)}", *one.values):
        return False
    one.written()
    return True


async def _lock(tx: kernel.Session, streams: list[str]) -> Heads:
    return {row["stream"]: (row["seq"], row["hash"]) for row in await tx.fetch(SQL.lock_heads, streams)}


def _linked(
    at: datetime, events: Sequence[Event], streams: Mapping[UUID | None, str], before: Heads
) -> tuple[Heads, list[list[object]]]:
    """How the chains end then, and the columns of all that is written."""
    moment, heads = microseconds(at), dict(before)
    actors: dict[tuple[object, ...], int] = {}
    rows = []
    for event in map(_bounded, events):
        stream = streams[event.facility]
        seq, last = heads[stream]
        hash = link(last, seq + 1, moment, event)
        heads[stream] = seq + 1, hash
        actor = (stream, event.actor, event.actor_name, event.role, event.facility, event.purpose, event.basis)
        number = actors.setdefault(actor, len(actors) + 1)
        rows.append((number, seq + 1, event.kind, event.citizen, event.what, event.detail, hash))
    ends = [(stream, before[stream][1], *head) for stream, head in heads.items()]
    return heads, [*_columns(ends), *_columns(actors), *_columns(rows)]


def _columns(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    return list(map(list, zip(*rows, strict=True)))
