"""Anchors: where the chains ended, signed, in files that lie outside the database.

Each file has two lines: what is signed, as JSON, and its Ed25519 signature (RFC 8032) in base64. An anchor tells of the
chains that have grown since the one before it, whose hash it holds, so that none can be taken away unseen. Chains are
named by facility, day and connection; an anchor holds nothing of a person.
"""

import asyncio
import hashlib
import logging
import os
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sekali import kernel

from .chain import append, microseconds
from .event import Event, Kind
from .keys import private_key
from .walk import Break, Mark, Marks

log = logging.getLogger("sekali.audit")
SQL = kernel.queries(__file__)
FORMAT = "sekali-anchor/1"
_BEGUN = Event(Kind.ANCHORS_BEGUN, UUID(int=0), "Sekali", "system", None, None, "", "", "")
MOST_MARKS = 4
"""Of one chain: a year of a large city with an anchor each hour is then some 600,000, not some 3,500,000."""
LARGEST = 512 << 20
"""Bytes of one anchor: some four million chains, ten years of a large city at once."""


class Anchor(msgspec.Struct, frozen=True):
    """What is signed. ``heads`` are (chain, number of its last event, hex of that event's hash)."""

    format: str
    number: int
    at: datetime
    before: str
    heads: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True, slots=True)
class Anchored:
    """The anchors of a folder, and what is wrong with them."""

    marks: Marks
    count: int
    breaks: tuple[Break, ...]


class Anchors:
    """Makes anchors, one after the other.

    :param folder: where they are put; on another machine, or on media that can be written once.
    :param key_file: the private key; made when it is not there.
    """

    def __init__(self, database: kernel.Database, folder: Path, key_file: Path) -> None:
        self._database = database
        self._folder = folder
        self._key_file = key_file

    async def make(self, anew: bool = False) -> Path:
        """Sign where the chains end now; the file. Raises Trouble when it cannot be written.

        :param anew: begin with number 1 in an empty folder and tell of every chain, after the database was set back to a
            backup, or the key was lost. That this was done is itself audited.
        """
        key = private_key(self._key_file)
        async with self._database.transaction() as tx:
            await tx.execute(SQL.hold)
            if anew:
                await self._forget(tx)
            number, before = self._last(await tx.fetchrow(SQL.last))
            grown = await tx.fetch(SQL.grown)
            at = kernel.now()
            heads = tuple((row["stream"], row["seq"], row["hash"].hex()) for row in grown)
            signed = kernel.encode(Anchor(FORMAT, number + 1, at, before, heads))
            path = self._folder / f"anchor-{number + 1:08}-{at:%Y%m%dT%H%M%SZ}.json"
            await asyncio.to_thread(_put, path, signed + b"\n" + b64encode(key.sign(signed)) + b"\n")
            await tx.execute(SQL.keep, number + 1, at, hashlib.sha256(signed).digest())
            await tx.execute(SQL.anchored, [row["stream"] for row in grown], [row["seq"] for row in grown])
        return path

    async def _forget(self, tx: kernel.Session) -> None:
        if _files(self._folder):
            raise kernel.Trouble(f"{self._folder} holds anchors. Keep them as proof, and name an empty folder.")
        await tx.execute(SQL.forget)
        await tx.execute(SQL.forget_how_far)
        await append(tx, [_BEGUN])

    def _last(self, row: kernel.Row | None) -> tuple[int, str]:
        """Number and hash of the anchor to follow: the last of the folder, which may be ahead of the database (an end
        between the file and the commit, a database that was set back); that of the database where the folder was emptied.
        """
        kept = (row["number"], row["hash"].hex()) if row else (0, "")
        files = _files(self._folder)
        if not files or _number(files[-1]) < kept[0]:
            return kept
        return _number(files[-1]), hashlib.sha256(_lines(files[-1])[0]).hexdigest()

    @asynccontextmanager
    async def working(self, minutes: int) -> AsyncIterator[None]:
        """Make one now and every ``minutes`` while the block runs; none when 0."""
        if not minutes:
            yield
            return
        async with kernel.beside(self._every(timedelta(minutes=minutes).total_seconds())):
            yield

    async def _every(self, seconds: float) -> None:
        while True:
            try:
                await self.make()
            except (kernel.Trouble, kernel.Failure) as error:  # the next one tells of these chains too
                log.error("no anchor was made: %s", error)
            await asyncio.sleep(seconds)


def read_anchors(folder: Path, public: Ed25519PublicKey) -> Anchored:
    """All anchors of a folder, oldest first, each held against its signature and the one before it.

    One that does not hold is told and not believed. Raises Trouble when the folder cannot be read.
    """
    marks: dict[str, list[Mark]] = {}
    breaks: list[Break] = []
    expected, before, since = 1, "", -(1 << 62)
    files = _files(folder)
    for path in files:
        number = _number(path)
        anchor, digest = _opened(path, public)
        if anchor is None or anchor.number != number:
            breaks.append(
                Break(path.name, number, "the signature of this anchor is not of this key, or it was changed")
            )
            expected, before = number + 1, digest
            continue
        if number != expected:
            missing = f"{expected}" if number == expected + 1 else f"{expected} to {number - 1}"
            breaks.append(Break(path.name, number, f"before it anchors are missing: {missing}"))
        elif anchor.before != before:
            breaks.append(Break(path.name, number, "this anchor does not follow the one before it"))
        at = microseconds(anchor.at)
        for stream, seq, hash in anchor.heads:
            _mark(marks.setdefault(stream, []), Mark(seq, bytes.fromhex(hash), since, at, number))
        expected, before, since = number + 1, digest, at
    return Anchored(Marks(marks, since), len(files), tuple(breaks))


def _mark(marks: list[Mark], new: Mark) -> None:
    """Add one. Of many, the one before goes up in it: a hash stands for all events before it, only the times in between
    are known less closely.
    """
    if len(marks) >= MOST_MARKS:
        new = replace(new, since=marks.pop().since)
    marks.append(new)


def last_number(folder: Path) -> int:
    """The number of the last anchor of a folder; 0 when there is none."""
    files = _files(folder)
    return _number(files[-1]) if files else 0


def _opened(path: Path, public: Ed25519PublicKey) -> tuple[Anchor | None, str]:
    signed, signature = _lines(path)
    digest = hashlib.sha256(signed).hexdigest()
    try:
        public.verify(b64decode(signature, validate=True), signed)
        anchor = msgspec.json.decode(signed, type=Anchor)
    except (InvalidSignature, ValueError):  # what cannot be decoded is a ValueError
        return None, digest
    return (anchor if anchor.format == FORMAT else None), digest


def _lines(path: Path) -> tuple[bytes, bytes]:
    try:
        if path.stat().st_size > LARGEST:
            raise kernel.Trouble(f"{path} is larger than any anchor.")
        signed, _, signature = path.read_bytes().partition(b"\n")
    except OSError as error:
        raise kernel.Trouble(f"{path} cannot be read ({error.strerror}).") from None
    return signed, signature.strip()


def _files(folder: Path) -> Sequence[Path]:
    return sorted(folder.glob("anchor-[0-9]*-*.json"))


def _number(path: Path) -> int:
    return int(path.name.split("-")[1])


def _put(path: Path, content: bytes) -> None:
    """A whole file or none, on disk when this returns."""
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
        kernel.sync_folder(path.parent)
    except OSError as error:
        raise kernel.Trouble(f"No anchor could be written to {path.parent} ({error.strerror}).") from None
