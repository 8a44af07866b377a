"""NDJSON files, plain or gzip, some lines at a time, from any place on (http://ndjson.org)."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from sekali import kernel

from ..messages import LARGEST_BODY
from .sealed import Seals

BATCH = 1000
BATCH_BYTES = 8 << 20
_STEP = 1 << 20


class Line(NamedTuple):
    """:ivar content: None when it is longer than 8 MB, blanks and line break counted: of more not all may have been read."""

    number: int
    content: bytes | None


class Lines(NamedTuple):
    """Some lines that follow each other, as they stand.

    :ivar first: the number of the first.
    :ivar end: the byte after the last, unpacked.
    """

    first: int
    end: int
    contents: list[bytes]

    @property
    def last(self) -> int:
        """The number of the last."""
        return self.first + len(self.contents) - 1

    def each(self) -> Iterator[Line]:
        """One by one, without the blank ones."""
        for number, content in enumerate(self.contents, self.first):
            if bare := content.strip():
                yield Line(number, bare if len(content) < LARGEST_BODY else None)


class File:
    """One file, read from after ``line``, which ends at ``offset``."""

    def __init__(self, path: Path, line: int, offset: int, seals: Seals) -> None:
        try:
            self._raw = seals.reading(path)
            packed = self._raw.read(2) == b"\x1f\x8b"
        except OSError:
            raise kernel.NotFound("A file of this import is not there any more.") from None
        self._raw.seek(0)
        self._file = cast(BinaryIO, gzip.GzipFile(fileobj=self._raw)) if packed else self._raw
        self._line, self._offset = line, offset
        self._file.seek(offset)
        self._rest = b""

    def lines(self) -> Lines:
        """The next ones, none at the end. Raises Invalid for a broken gzip file."""
        first, begin = self._line + 1, self._offset
        contents: list[bytes] = []
        try:
            while len(contents) < BATCH and (not contents or self._offset - begin < BATCH_BYTES):
                *some, rest = self._rest.split(b"\n", BATCH - len(contents))
                if some:
                    self._offset += len(self._rest) - len(rest)
                    self._rest = rest
                    contents += some
                elif not self._more():
                    contents += self._last()
                    break
        except (OSError, EOFError):
            raise kernel.Invalid("This cannot be unpacked. It is broken.") from None
        self._line += len(contents)
        return Lines(first, self._offset, contents)

    def _more(self) -> bool:
        """Read on; whether there was anything."""
        more = self._file.read(_STEP)
        if len(self._rest) > LARGEST_BODY:  # nobody will look at the rest of this line
            end = more.find(b"\n")
            passed = len(more) if end < 0 else end
            self._offset += passed
            self._rest += more[passed:]
        else:
            self._rest += more
        return bool(more)

    def _last(self) -> list[bytes]:
        """What no line break stands after."""
        found = [self._rest] if self._rest else []
        self._offset += len(self._rest)
        self._rest = b""
        return found

    @property
    def read(self) -> int:
        """Bytes of the file on disk that are read, for whoever waits."""
        return self._raw.tell()

    def close(self) -> None:
        """Give it back."""
        self._raw.close()
