"""The walk along the chains: pure, fed with events in order, it says where one does not hold.

A chain alone shows a change by somebody who does not mend the rest of it. Whoever owns the database can write a whole
chain anew, take it away or add one: that shows at the anchors, which lie elsewhere (see :mod:`anchors`).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sekali import kernel

from .chain import microseconds

SLACK = 5 * 60 * 1_000_000
"""Microseconds by which an event may be older than the one before it, or than an anchor that does not know it yet: a
clock that is set, a commit that is slow. A commit takes at most a minute."""
_DAY = 86_400_000_000
_EVER = 1 << 62
Head = tuple[int, bytes]
"""Number of events and hash of the last."""


@dataclass(frozen=True, slots=True)
class Break:
    """A place where a chain does not hold. ``seq`` is the first event that is wrong, ``at`` the time that it bears."""

    stream: str
    seq: int
    reason: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """What one anchor says of a chain: event ``seq`` had ``hash``; it was not there yet at ``since`` (microseconds)."""

    seq: int
    hash: bytes
    since: int
    until: int
    anchor: int


@dataclass(frozen=True, slots=True)
class Marks:
    """All that the anchors say. ``since`` is the time of the last: what no anchor knows is younger."""

    of: Mapping[str, Sequence[Mark]] = field(default_factory=dict)
    since: int = -_EVER

    def __bool__(self) -> bool:
        return bool(self.of)


NO_MARKS = Marks()


class Walk:
    """Feed it with :meth:`take`, then :meth:`finish`."""

    def __init__(self, heads: Mapping[str, Head], marks: Marks = NO_MARKS) -> None:
        self.checked = 0
        self.breaks: list[Break] = []
        self._heads = dict(heads)
        self._marks = marks
        self._unseen = set(marks.of)
        self._stream = ""

    def take(self, events: Iterable[Sequence[Any]]) -> None:
        """Events in order of chain and number, each as (stream, hash, seq, at, kind, actor … detail)."""
        encode, sha256 = kernel.encode, hashlib.sha256
        for event in events:
            if event[0] != self._stream:
                self._end()
                self._begin(event[0])
            seq, moment = event[2], microseconds(event[3])
            if seq != self._seq + 1:
                self._say(self._seq + 1, None, _missing(self._seq + 1, seq - 1))
            elif sha256(self._before + encode([seq, moment, *event[4:]])).digest() != event[1]:
                self._spoilt(seq, event[3])
            elif not self._low <= moment <= self._high or moment < self._last - SLACK or event[8] != self._facility:
                self._say(seq, event[3], self._misplaced(moment, event[8]))
            self._seq, self._before, self._last = seq, event[1], moment
            if seq >= self._next:
                self._pass(seq, event[1], event[3])
            self.checked += 1

    def finish(self) -> tuple[Break, ...]:
        """All breaks, when every event was taken; at most one of each chain: the first."""
        self._end()
        for stream in sorted(self._unseen | {s for s, (seq, _) in self._heads.items() if seq}):
            known = [mark.seq for mark in self._marks.of.get(stream, ())]
            most = max([*known, self._heads.get(stream, (0, b""))[0]])
            self.breaks.append(Break(stream, 1, f"the whole chain of {most} events or more is missing"))
        return tuple(sorted(self.breaks, key=lambda one: (one.stream, one.seq)))

    def _begin(self, stream: str) -> None:
        self._stream, self._seq, self._before, self._last = stream, 0, b"", -_EVER
        self._found: list[tuple[int, datetime | None, str]] = []
        self._unfit = 0
        self._unseen.discard(stream)
        self._left = sorted(self._marks.of.get(stream, ()), key=lambda mark: mark.seq)
        self._facility, self._first = _name(stream)
        self._aim()

    def _aim(self) -> None:
        """The next mark, and the times between which the events up to it lie."""
        mark = self._left[0] if self._left else None
        self._next = mark.seq if mark else _EVER
        self._low = max(self._first, (mark.since if mark else self._marks.since) - SLACK)
        self._high = min(self._first + _DAY - 1, mark.until + SLACK if mark else _EVER)

    def _pass(self, seq: int, hash: bytes, at: datetime) -> None:
        while self._left and self._left[0].seq <= seq:
            mark = self._left.pop(0)
            if mark.seq == seq and mark.hash != hash:
                self._say(seq, at, f"it, or one before it, was rewritten: anchor {mark.anchor} has another hash")
        self._aim()

    def _spoilt(self, seq: int, at: datetime) -> None:
        self._unfit += 1
        if self._unfit == 1:
            self._say(seq, at, "")  # how it reads depends on those that follow

    def _say(self, seq: int, at: datetime | None, reason: str) -> None:
        self._found.append((seq, at, reason))

    def _misplaced(self, moment: int, facility: UUID | None) -> str:
        if facility != self._facility:
            return "it belongs to another facility than its chain"
        if not self._first <= moment < self._first + _DAY:
            return "it bears another day than its chain"
        if moment < self._low:
            return "it is dated back: an anchor of a later time does not know it"
        if moment > self._high:
            return "it is dated forward: an anchor of an earlier time knows it"
        return "it is dated back: it is older than the one before it"

    def _end(self) -> None:
        if not self._stream:
            return
        if self._left:
            mark = self._left[-1]
            self._say(self._seq + 1, None, f"{_missing(self._seq + 1, mark.seq)}; anchor {mark.anchor} knows them")
        head = self._heads.pop(self._stream, None)
        if head is None:
            self._say(self._seq, None, "the chain's head is missing")
        elif head[0] > self._seq:
            self._say(self._seq + 1, None, _missing(self._seq + 1, head[0]))
        elif head[0] < self._seq:
            self._found.insert(0, (head[0] + 1, None, "it was put behind the end that the head tells"))
        elif head[1] != self._before:
            self._say(self._seq, None, "the chain does not end where its head says")
        if self._found:
            seq, at, reason = min(self._found, key=lambda one: one[0])
            self.breaks.append(Break(self._stream, seq, reason or self._unfit_words(), at))

    def _unfit_words(self) -> str:
        if self._unfit == 1:
            return "it was changed"
        return f"it, or the one before it, was changed, inserted or put elsewhere; {self._unfit} events do not fit"


def _missing(first: int, last: int) -> str:
    return f"event {first} is missing" if first == last else f"events {first} to {last} are missing"


def _name(stream: str) -> tuple[UUID | None, int]:
    """Facility and first microsecond of the day that a chain is of. One of another form fits no event."""
    facility, _, rest = stream.partition("/")
    try:
        first = datetime.strptime(rest.partition("/")[0], "%Y-%m-%d").replace(tzinfo=UTC)
        return None if facility == "system" else UUID(facility), microseconds(first)
    except ValueError:
        return None, _EVER
