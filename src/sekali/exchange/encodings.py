"""Content codings: zstd, br and gzip, out and in (RFC 9110, 8.4).

What comes in is unpacked step by step, so that whoever counts may stop long before a bomb has unfolded.
"""

import gzip
import zlib
from collections.abc import Iterator
from typing import Protocol

import brotli
import zstandard

from sekali import kernel

CODINGS = ("zstd", "br", "gzip")
"""The ones there are, best first."""
_STEP = 256 << 10
"""Bytes that one step of unpacking may give."""
_SLICE = 256
"""Bytes of zstd taken at once: its decoder knows no limit, and a block of 128 KB can be four bytes long."""
_WINDOW = 8 << 20
"""What RFC 8878 asks every decoder of zstd to have, and no more."""


def compress(coding: str, content: bytes) -> bytes:
    """``content`` in one of ``CODINGS``; fast rather than smallest, since it is made for each answer."""
    if coding == "zstd":
        return zstandard.ZstdCompressor(level=3).compress(content)
    if coding == "br":
        return brotli.compress(content, quality=4)
    return gzip.compress(content, 5, mtime=0)


class Unpacker(Protocol):
    """Takes the parts of a body one by one."""

    def pieces(self, part: bytes) -> Iterator[bytes]:
        """What is in a part, in small pieces. Raises Invalid for what is not of this coding."""

    def require_whole(self) -> None:
        """Raises Invalid when something is missing at the end."""


def unpacker(coding: str) -> Unpacker:
    """For a Content-Encoding; none is ``identity``. Raises Unsupported for one, or several, that are not had."""
    found = _UNPACKERS.get(coding.strip().lower())
    if found is None:
        raise kernel.Unsupported("Send it as it is, or as gzip, br or zstd.", path="Content-Encoding")
    return found()


def _broken() -> kernel.Invalid:
    return kernel.Invalid(
        "This cannot be unpacked. It is broken, or not what Content-Encoding says.", path="Content-Encoding"
    )


class _Identity:
    def pieces(self, part: bytes) -> Iterator[bytes]:
        yield part

    def require_whole(self) -> None:
        pass


class _Gzip:
    def __init__(self) -> None:
        self._member = zlib.decompressobj(31)
        self._open = True

    def pieces(self, part: bytes) -> Iterator[bytes]:
        more = bool(part)
        while more:
            try:
                out = self._member.decompress(part, _STEP)
            except zlib.error:
                raise _broken() from None
            yield out
            if self._member.eof:  # another member may follow
                part = self._member.unused_data
                self._member = zlib.decompressobj(31)
                more = self._open = bool(part)
            else:
                part = self._member.unconsumed_tail
                more, self._open = bool(part) or len(out) == _STEP, True

    def require_whole(self) -> None:
        if self._open:
            raise _broken()


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    def pieces(self, part: bytes) -> Iterator[bytes]:
        try:
            yield self._stream.process(part, output_buffer_limit=_STEP)
            while not self._stream.can_accept_more_data():
                yield self._stream.process(b"", output_buffer_limit=_STEP)
        except brotli.error:
            raise _broken() from None

    def require_whole(self) -> None:
        if not self._stream.is_finished():
            raise _broken()


class _Zstd:
    def __init__(self) -> None:
        self._decoder = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
        self._frame = self._decoder.decompressobj()
        self._open = True

    def pieces(self, part: bytes) -> Iterator[bytes]:
        for start in range(0, len(part), _SLICE):
            rest = part[start : start + _SLICE]
            while rest:
                try:
                    out = self._frame.decompress(rest)
                except zstandard.ZstdError:
                    raise _broken() from None
                yield out
                rest, self._open = b"", True
                if self._frame.eof:  # another frame may follow
                    rest = self._frame.unused_data
                    self._frame = self._decoder.decompressobj()
                    self._open = bool(rest)

    def require_whole(self) -> None:
        if self._open:
            raise _broken()


_UNPACKERS: dict[str, type[Unpacker]] = {
    "": _Identity, "identity": _Identity, "gzip": _Gzip, "x-gzip": _Gzip, "br": _Brotli, "zstd": _Zstd,
}  # fmt: skip
