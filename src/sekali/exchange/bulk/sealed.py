"""Files of a job, sealed: frames of text, each under the server's key and bound to its file and place.

A command's own files are as the operator wants them, so these are only of jobs that systems asked for.
"""

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast
from uuid import UUID

from sekali import security

FRAME = 64 << 10
"""Bytes of text in a frame, at most."""
_LENGTH = 4


class Seals:
    """Seals and opens the files of one job; or, without a cipher, leaves them as they are."""

    def __init__(self, cipher: security.Cipher | None, job: UUID) -> None:
        self._cipher = cipher
        self._job = job

    def writing(self, file: BinaryIO, name: str, size: int) -> "BinaryIO | Sealed":
        """For ``file``, of which ``size`` bytes of text are there already."""
        return file if self._cipher is None else Sealed(file, self._cipher, _about(self._job, name), size)

    def reading(self, path: Path) -> BinaryIO:
        """The text of a file. Raises OSError, and while it is read Broken."""
        if self._cipher is None:
            return path.open("rb")
        frames = _Frames(path.open("rb"), self._cipher, _about(self._job, path.name))
        return cast(BinaryIO, io.BufferedReader(frames, FRAME))

    def cut(self, path: Path, size: int) -> None:
        """Take away all behind ``size`` bytes of text, where a frame ends."""
        if self._cipher is None:
            os.truncate(path, size)
            return
        with path.open("rb") as file:
            end = next((end for text, _, end in _places(file) if text == size), 0)
        os.truncate(path, end if size else 0)

    def size(self, path: Path) -> int:
        """Bytes of text in a file."""
        if self._cipher is None:
            return path.stat().st_size
        with path.open("rb") as file:
            return max((text for text, _, _ in _places(file)), default=0)


class Sealed:
    """A file that is written. What was given is in it after ``flush``, which ends a frame."""

    def __init__(self, file: BinaryIO, cipher: security.Cipher, about: bytes, size: int) -> None:
        self._file = file
        self._cipher = cipher
        self._about = about
        self._place = size
        self._waiting: list[bytes] = []
        self._size = 0

    def write(self, text: bytes) -> int:
        """More of it."""
        self._waiting.append(text)
        self._size += len(text)
        if self._size >= FRAME:
            self._end_frames()
        return len(text)

    def _end_frames(self) -> None:
        text, self._waiting, self._size = b"".join(self._waiting), [], 0
        for start in range(0, len(text), FRAME):
            part = text[start : start + FRAME]
            sealed = self._cipher.seal(part, self._about + self._place.to_bytes(8, "big"))
            self._file.write(len(part).to_bytes(_LENGTH, "big") + sealed)
            self._place += len(part)

    def flush(self) -> None:
        """All of it is the operating system's."""
        if self._waiting:
            self._end_frames()
        self._file.flush()

    def fileno(self) -> int:
        """For fsync."""
        return self._file.fileno()

    def close(self) -> None:
        """Give it back. What was not flushed is lost, as what was not noted would be."""
        self._file.close()


class _Frames(io.RawIOBase):
    """The text of a file of frames, from any place on."""

    def __init__(self, file: BinaryIO, cipher: security.Cipher, about: bytes) -> None:
        self._file = file
        self._cipher = cipher
        self._about = about
        self._at = 0
        self._text = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at - len(self._text)

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        """To a place in the text, counted from its beginning."""
        if whence != os.SEEK_SET:
            raise io.UnsupportedOperation("seek")
        self._file.seek(0)
        self._at, self._text = 0, b""
        for text, start, _ in _places(self._file):
            if text > place:
                self._file.seek(start)
                before = self._at
                self._text = self._frame()[place - before :]
                return place
            self._at = text
        self._file.seek(0, os.SEEK_END)
        return self._at

    def _frame(self) -> bytes:
        head = self._file.read(_LENGTH)
        if not head:
            return b""
        size = int.from_bytes(head, "big")
        sealed = self._file.read(size + security.LONGER)
        self._text = b""
        text = self._cipher.open(sealed, self._about + self._at.to_bytes(8, "big"))
        self._at += len(text)
        return text

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        self._text = self._text or self._frame()
        part, self._text = self._text[: len(buffer)], self._text[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        self._file.close()
        super().close()


def _places(file: BinaryIO) -> Iterator[tuple[int, int, int]]:
    """Of each whole frame: bytes of text up to its end, where it begins in the file, and where it ends."""
    text, whole = 0, os.fstat(file.fileno()).st_size
    start = 0
    while start + _LENGTH <= whole:
        file.seek(start)
        size = int.from_bytes(file.read(_LENGTH), "big")
        end = start + _LENGTH + size + security.LONGER
        if end > whole:
            return
        text += size
        yield text, start, end
        start = end


def _about(job: UUID, name: str) -> bytes:
    return security.about("bulk", job, name) + b"\0"
