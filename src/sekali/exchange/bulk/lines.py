"""NDJSON files, plain or gzip, line by line with a limit, from any place on (http://ndjson.org)."""

import gzip
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from sekali import kernel

from ..messages import LARGEST_BODY
from .sealed import Seals

BATCH = 1000
BATCH_BYTES = 8 << 20
_STEP = 1 << 20


class Line(NamedTuple):
    """:ivar end: the byte after it, unpacked.
    :ivar content: None when it is longer than 8 MB; then it was passed over.
    """

    number: int
    end: int
    content: bytes | None


class Lines:
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

    def batch(self) -> list[Line]:
        """The next lines, none at the end; blank ones are left out. Raises Invalid for a broken gzip file."""
        found: list[Line] = []
        size = 0
        try:
            while len(found) < BATCH and size < BATCH_BYTES:
                content = self._file.readline(LARGEST_BODY + 1)
                if not content:
                    break
                self._line += 1
                self._offset += len(content)
                size += len(content)
                whole = len(content) <= LARGEST_BODY or self._pass_over(content)
                if content.strip():
                    found.append(Line(self._line, self._offset, content.strip() if whole else None))
        except (OSError, EOFError):
            raise kernel.Invalid("This cannot be unpacked. It is broken.") from None
        return found

    def _pass_over(self, content: bytes) -> bool:
        """The rest of a line that is too long."""
        while content and not content.endswith(b"\n"):
            content = self._file.readline(_STEP)
            self._offset += len(content)
        return False

    @property
    def read(self) -> int:
        """Bytes of the file on disk that are read, for whoever waits."""
        return self._raw.tell()

    def close(self) -> None:
        """Give it back."""
        self._raw.close()
