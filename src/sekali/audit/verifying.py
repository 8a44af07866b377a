"""Walking every chain of a database or of an export, at the same time by several processes."""

import asyncio
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import msgspec

from sekali import kernel

from .pages import PAGE, Part, one_moment, pages, walk
from .walk import NO_MARKS, Break, Head, Marks, Walk

SQL = kernel.queries(__file__)
EXPORT = "sekali-audit/1"
Tell = Callable[[int, int], None]
"""How many events were checked, of how many."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many events were checked, and where the chains break (nowhere, when all is well)."""

    checked: int
    breaks: tuple[Break, ...]


class _Header(msgspec.Struct):
    format: str
    at: datetime
    heads: list[tuple[str, int, str]]


class _Line(msgspec.Struct):
    """One event of an export, in the order of the columns."""

    stream: str
    hash: str
    seq: int
    at: datetime
    kind: str
    actor: UUID
    actor_name: str
    role: str
    facility: UUID | None
    citizen: UUID | None
    purpose: str
    basis: str
    what: str
    detail: str

    def event(self) -> Sequence[Any]:
        return (
            self.stream, bytes.fromhex(self.hash), self.seq, self.at, self.kind, self.actor, self.actor_name, self.role,
            self.facility, self.citizen, self.purpose, self.basis, self.what, self.detail,
        )  # fmt: skip


def _ignore(done: int, total: int) -> None:
    pass


async def verify(
    database: kernel.Database, marks: Marks = NO_MARKS, processes: int = 1, tell: Tell = _ignore,
) -> Verdict:  # fmt: skip
    """Walk every chain from its first event, as of one moment, and hold it against the anchors.

    Says of each chain that does not hold the first event that is wrong.
    """
    async with database.transaction() as tx:
        await one_moment(tx)
        heads: dict[str, Head] = {row["stream"]: (row["seq"], row["hash"]) for row in await tx.fetch(SQL.heads)}
        streams = [row["stream"] for row in await tx.fetch(SQL.streams, list(marks.of))]
        total = sum(seq for seq, _ in heads.values())
        parts = _parts(streams, heads, processes)
        if len(parts) == 1:
            return Verdict(*await walk(tx, parts[0], heads, marks, lambda done: tell(done, total)))
        snapshot = await tx.fetchval(SQL.snapshot)
        return await _in_parts(database.dsn, snapshot, parts, heads, marks, lambda done: tell(done, total))


def _parts(streams: Sequence[str], heads: Mapping[str, Head], count: int) -> list[Part]:
    """Shares with about as many events each."""
    share = sum(seq for seq, _ in heads.values()) / count
    found, begin, mine, events = [], "", [], 0
    for place, stream in enumerate(streams, 1):
        mine.append(stream)
        events += heads.get(stream, (0, b""))[0]
        if place == len(streams) or (events >= share and len(found) < count - 1):
            found.append(Part(begin, stream, tuple(mine)))
            begin, mine, events = stream, [], 0
    return found or [Part("", "", ())]


async def _in_parts(
    dsn: str, snapshot: str, parts: Sequence[Part], heads: Mapping[str, Head], marks: Marks, tell: Callable[[int], None]
) -> Verdict:
    """Each part in a process of its own, that loads no more of Sekali than this module (see :mod:`share`)."""
    done = [0] * len(parts)

    async def one(place: int, part: Part) -> tuple[int, tuple[Break, ...]]:
        marked = Marks({stream: marks.of[stream] for stream in part.streams if stream in marks.of}, marks.since)
        ends = {stream: heads[stream] for stream in part.streams if stream in heads}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "sekali.audit.share", stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert process.stdin and process.stdout
        try:
            process.stdin.write(pickle.dumps((dsn, snapshot, part, ends, marked)))
            process.stdin.close()
            while (line := await process.stdout.readline()) and line != b"\n":
                done[place] = int(line)
                tell(sum(done))
            told = await process.stdout.read()
            if await process.wait():
                raise kernel.Trouble("The audit could not be walked to its end. Is the database there? Try again.")
            return pickle.loads(told)  # noqa: S301 - what our own process wrote
        finally:
            if process.returncode is None:
                process.kill()

    verdicts = await asyncio.gather(*(one(place, part) for place, part in enumerate(parts)))
    return Verdict(sum(checked for checked, _ in verdicts), tuple(b for _, breaks in verdicts for b in breaks))


async def last_anchor(database: kernel.Database) -> int:
    """The number of the anchor that was made last, as the database remembers it; 0 when none was."""
    return await database.fetchval(SQL.last_anchor)


async def export(database: kernel.Database, file: IO[bytes], tell: Tell = _ignore) -> int:
    """The whole audit as NDJSON, as of one moment: a line with the heads, then a line for each event; how many."""
    async with database.transaction() as tx:
        await one_moment(tx)
        heads = [(row["stream"], row["seq"], row["hash"].hex()) for row in await tx.fetch(SQL.heads)]
        total, done = sum(seq for _, seq, _ in heads), 0
        file.write(kernel.encode(_Header(EXPORT, kernel.now(), heads)) + b"\n")
        async for page in pages(tx, "", await tx.fetchval(SQL.last_stream) or ""):
            for row in page:
                stream, hash, *rest = row
                file.write(kernel.encode(_Line(stream, hash.hex(), *rest)) + b"\n")
            done += len(page)
            tell(done, total)
    return done


def verify_export(path: Path, marks: Marks = NO_MARKS, tell: Tell = _ignore) -> Verdict:
    """The same walk along an export, without any database. Raises Trouble when it is no export."""
    try:
        with path.open("rb") as file:
            header = msgspec.json.decode(file.readline(), type=_Header)
            if header.format != EXPORT:
                raise ValueError
            along = Walk({stream: (seq, bytes.fromhex(hash)) for stream, seq, hash in header.heads}, marks)
            total = sum(seq for _, seq, _ in header.heads)
            for page in _paged(file):
                along.take(page)
                tell(along.checked, total)
    except OSError as error:
        raise kernel.Trouble(f"{path} cannot be read ({error.strerror}).") from None
    except ValueError:
        raise kernel.Trouble(f"{path} is no export of an audit: give what `sekali audit export` wrote.") from None
    return Verdict(along.checked, along.finish())


def _paged(file: IO[bytes]) -> Iterator[list[Sequence[Any]]]:
    decode = msgspec.json.Decoder(_Line).decode
    while lines := file.readlines(PAGE * 400):
        yield [decode(line).event() for line in lines]
