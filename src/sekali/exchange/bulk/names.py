"""What the ids of an import become here: worked out from the line alone, and kept in a file of the job.

A name depends on the job, the kind, the old id and the person it belongs to, on nothing that stands on another line. So
lines are named in any order and by several processes, and naming a line again gives the same. What a *reference* becomes
cannot be worked out, since it does not say whose the thing is that it leads to: that is looked up.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from sekali import kernel

from .folder import NoRoom

Key = tuple[str, str]
"""Kind and id, as the file has them."""
Named = tuple[bytes, bytes, int]
"""Digest of kind and old id, the new id, the line that it stands on."""


class Place(NamedTuple):
    """What an id has become, and where it stands. ``gone``: its line could not be taken, so nothing may refer to it."""

    new: UUID
    file: int
    line: int
    gone: bool


Places = dict[Key, Place]
_AS_WRITTEN = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


def _own(text: str) -> UUID | None:
    """An id that this server could give, written as it writes them; else None."""
    return kernel.quick_uuid(text) if _AS_WRITTEN(text) else None


class Namer(NamedTuple):
    """Gives names: an id of this server's form stays where it lies with its person, any other gets a new one.

    :ivar job: what tells this import's ids from another's.
    :ivar milliseconds: since 1970, about when it began; ids carry it.
    """

    job: bytes
    milliseconds: int

    def name(self, type: str, old: str, owner: str) -> UUID:
        """The id of a line. ``owner`` is the old id of the one person that it belongs to, else empty."""
        own = _own(old)
        if type == "Patient":
            return (
                own
                if own is not None and kernel.shard_of(own) != kernel.CITY
                else self._new(self.shard(old), type, old)
            )
        shard = self.shard(owner) if owner else kernel.CITY
        return own if own is not None and kernel.shard_of(own) == shard else self._new(shard, type, old)

    def shard(self, person: str) -> int:
        """Where a person's record lies, who may be of this import or here already."""
        own = _own(person)
        if own is not None and kernel.shard_of(own) != kernel.CITY:
            return kernel.shard_of(own)
        return self._bits("shard", person) & 0xFFFFFFFF or 1

    def _new(self, shard: int, type: str, old: str) -> UUID:
        bits = self._bits(type, old)
        return kernel.id_of(shard, self.milliseconds - (bits >> 42 & 0xFFFFF), bits)

    def _bits(self, type: str, old: str) -> int:
        return int.from_bytes(blake2b(f"{type}/{old}".encode(), digest_size=8, key=self.job).digest())


def digest(key: Key) -> bytes:
    """What an old id is looked up by, however long it is."""
    return blake2b("/".join(key).encode(), digest_size=16).digest()


_TABLE = """create table if not exists name (
  old blob primary key, new blob not null, file integer not null, line integer not null, gone integer not null default 0
) without rowid"""
_CACHE = "pragma cache_size = -65536"
"""64 MB, where there are so many names: digests stand in no order, so every question goes to other pages."""
_ADD = "insert into name (old, new, file, line) values (?, ?, ?, ?) on conflict do nothing"
_FIND = "select old, new, file, line, gone from name where old in ({})"
MOST_ASKED = 500
"""Names in one question; SQLite takes some thousands."""
_FORGET = "update name set gone = 1 where old = ? and file = ? and line = ?"


class Names:
    """The names of one import, for the worker that writes them. What was not kept yet is lost with the process."""

    def __init__(self, path: Path) -> None:
        path.touch(0o600)
        self._file = sqlite3.connect(path, check_same_thread=False, timeout=60)
        self._file.execute(_CACHE)
        with _room():
            self._file.execute(_TABLE)

    def add(self, file: int, named: Iterable[Named]) -> None:
        """An id that stands on an earlier line keeps what that became. Raises NoRoom."""
        with _room():
            self._file.executemany(_ADD, ((old, new, file, line) for old, new, line in named))

    def keep(self, gone: Iterable[tuple[Key, int, int]]) -> None:
        """All that was added is on disk from here on; nothing may refer to lines (key, file, line) that are ``gone``.

        Raises NoRoom.
        """
        with _room():
            self._file.executemany(_FORGET, ((digest(key), file, line) for key, file, line in gone))
            self._file.commit()

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError:
        raise NoRoom(
            "The names of this import cannot be kept: the disk is full or broken. Tell the operations engineer.",
            retry_after=600,
        ) from None


def found(path: Path, keys: Iterable[Key]) -> Places:
    """What ids have become; those that no line of this import has are left out."""
    by_digest = {digest(key): key for key in keys}
    places: Places = {}
    for some in _batched(by_digest, MOST_ASKED):
        asked = _FIND.format(",".join("?" * len(some)))
        for old, new, file, line, gone in _reading(path).execute(asked, some):
            places[by_digest[old]] = Place(kernel.quick_uuid(new), file, line, bool(gone))
    return places


def _batched(all_: Iterable[bytes], most: int) -> Iterator[tuple[bytes, ...]]:
    one = iter(all_)
    while some := tuple(islice(one, most)):
        yield some


@lru_cache(1)
def _reading(path: Path) -> sqlite3.Connection:
    """One connection in each process."""
    file = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=60, isolation_level=None)
    file.execute(_CACHE)
    return file
