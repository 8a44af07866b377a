"""The folder of a job: NDJSON in parts of a limited size, for nobody else's eyes, and one worker at a time."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from sekali import kernel

from .job import Part
from .sealed import Sealed, Seals

Writable = BinaryIO | Sealed

MOST_BYTES = 100 << 20
MOST_LINES = 100_000
"""Of one file."""
LEAST_FREE = 1 << 30
"""Bytes of disk that bulk jobs never take."""


def made(path: Path) -> Path:
    """A folder that only its owner may enter."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def private(path: Path, mode: str) -> BinaryIO:
    """A file that only its owner may read."""
    return cast(BinaryIO, open(path, mode, opener=lambda name, flags: os.open(name, flags, 0o600)))  # noqa: SIM115


class NoRoom(kernel.Unavailable):
    """The disk is almost full."""


def require_room(path: Path) -> None:
    """Raises NoRoom."""
    if shutil.disk_usage(path).free < LEAST_FREE:
        raise NoRoom(
            "The disk is almost full, so there is no room for bulk files. Tell the operations engineer.",
            retry_after=600,
        )


def too_large(most: int) -> kernel.TooCostly:
    """What a job with more than ``most`` bytes is told."""
    return kernel.TooCostly(
        "This is more than the %(most)s MB that one bulk job may have. Ask for less.", path="body", most=most >> 20
    )


@contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Whether the folder is ours while the block runs. The lock ends with its process, however that ends."""
    with private(path / ".lock", "ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def remove(path: Path) -> bool:
    """Take all of it away; False while somebody works in it. What is gone already is gone."""
    if not path.exists():
        return True
    with locked(path) as mine:
        if mine:
            shutil.rmtree(path, ignore_errors=True)
        return mine


class Parts:
    """The files that a job writes: one row of parts for each kind of file and kind of resource.

    :param parts: what there is already; what is longer than it says is cut off.
    :param most: bytes of all together.
    """

    def __init__(self, folder: Path, parts: list[Part], most: int, seals: Seals) -> None:
        self._folder = folder
        self._seals = seals
        self._most = most
        self.parts = parts
        self._open: dict[tuple[str, str], tuple[Part, Writable]] = {}
        self._size = sum(part.bytes for part in parts)
        for part in parts:
            seals.cut(folder / part.name, part.bytes)

    def add(self, kind: str, type: str, line: bytes) -> None:
        """One line. Raises TooCostly when the job becomes too large, NoRoom when the disk becomes full."""
        part, file = self._open.get((kind, type)) or self._reopen(kind, type)
        if part.lines >= MOST_LINES or (part.lines and part.bytes + len(line) + 1 > MOST_BYTES):
            part, file = self._begin(kind, type)
        file.write(line + b"\n")
        part.lines += 1
        part.bytes += len(line) + 1
        self._size += len(line) + 1
        if self._size > self._most:
            raise too_large(self._most)

    def _reopen(self, kind: str, type: str) -> tuple[Part, Writable]:
        there = [part for part in self.parts if (part.kind, part.type) == (kind, type)]
        if not there:
            return self._begin(kind, type)
        file = self._written(there[-1], "ab")
        self._open[kind, type] = there[-1], file
        return there[-1], file

    def _begin(self, kind: str, type: str) -> tuple[Part, Writable]:
        require_room(self._folder)
        number = sum((part.kind, part.type) == (kind, type) for part in self.parts)
        before = "" if kind == "output" else f"{kind}."
        part = Part(f"{before}{type}.{number:03}.ndjson", kind, type)
        if (kind, type) in self._open:
            self._close(self._open[kind, type][1])
        file = self._written(part, "wb")
        self.parts.append(part)
        self._open[kind, type] = part, file
        return part, file

    def _written(self, part: Part, mode: str) -> Writable:
        return self._seals.writing(private(self._folder / part.name, mode), part.name, part.bytes)

    def _close(self, file: Writable) -> None:
        file.flush()
        os.fsync(file.fileno())
        file.close()

    def sync(self) -> None:
        """Everything on disk; call it (in a thread) before it is noted."""
        for _, file in self._open.values():
            file.flush()
            os.fsync(file.fileno())
        kernel.sync_folder(self._folder)

    def close(self) -> None:
        """Give the files back."""
        for _, file in self._open.values():
            file.close()
        self._open.clear()
