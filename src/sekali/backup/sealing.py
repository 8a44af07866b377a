"""A file through age, as a stream: memory stays the same however large it is, and no changed byte comes through.

age encrypts pieces of 64 KB by ChaCha20-Poly1305, each tied to its place and the last one marked, so that a piece that is
changed, missing, added or moved is noticed (https://age-encryption.org/v1, "Payload"). pyrage pulls and pushes through
Python files; a pipe and a thread make of that a file that we write to or read from.
"""

import contextlib
import errno
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pyrage

from sekali import kernel


class Damaged(kernel.Trouble):
    """A backup that is not as it was made, or that this key does not open."""


class _Watched:
    """A file for pyrage, which tells an error of the disk as text only: the error itself is kept here."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        """As a file does."""
        try:
            return self._file.write(data)
        except OSError as error:
            self.error = error
            raise

    def read(self, size: int = -1) -> bytes:
        """As a file does."""
        try:
            return self._file.read(size)
        except OSError as error:
            self.error = error
            raise

    def flush(self) -> None:
        """As a file does."""
        self._file.flush()


class _Side:
    """The other end of a pipe, in a thread; ``error`` is what stopped it."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.error: Exception | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:
            self.error = error

    def join(self) -> None:
        """Until it has ended."""
        self._thread.join()


@contextmanager
def sealed(target: Path, recipient: pyrage.x25519.Recipient) -> Iterator[BinaryIO]:
    """A new file that is written through age. It has its name only when all of it is on disk. Raises Trouble."""
    partial = target.with_name(target.name + ".partial")
    if target.exists():
        raise kernel.Trouble(f"{target} is there already. Nothing is written over: choose another name.")
    try:
        out = open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise kernel.Trouble(f"{target} cannot be written ({error.strerror}).") from None
    watched = _Watched(out)
    ours, theirs = _pipe()

    def encrypt() -> None:
        with ours:
            pyrage.encrypt_io(ours, watched, [recipient])

    side = _Side(encrypt)
    try:
        try:
            with theirs:
                yield theirs
        finally:
            side.join()
        if side.error is not None:
            raise side.error
        out.flush()
        os.fsync(out.fileno())
        partial.rename(target)
        kernel.sync_folder(target.parent)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        cause = watched.error or error
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise kernel.Trouble(
                f"The disk of {target} is full. What was written is removed; no older backup was touched."
            ) from None
        if watched.error is not None:
            raise kernel.Trouble(f"{target} cannot be written ({watched.error.strerror}).") from None
        raise
    finally:
        with contextlib.suppress(OSError):
            out.close()


@contextmanager
def opened(source: Path, secret: pyrage.x25519.Identity) -> Iterator[BinaryIO]:
    """What is in a backup, as far as it is read. At the end of the block all of it was seen to be whole. Raises Damaged."""
    try:
        file = source.open("rb")
    except OSError as error:
        raise kernel.Trouble(f"{source} cannot be read ({error.strerror}).") from None
    watched = _Watched(file)
    ours, theirs = _pipe()

    def decrypt() -> None:
        with theirs:
            pyrage.decrypt_io(watched, theirs, [secret])

    with file:
        side = _Side(decrypt)
        try:
            yield ours
            while ours.read(1 << 20):
                pass  # the last piece has the mark that nothing is missing
        except Exception:
            ours.close()
            side.join()
            if side.error is None or isinstance(side.error, BrokenPipeError) or "Broken pipe" in str(side.error):
                raise
        finally:
            ours.close()
            side.join()
    if watched.error is not None:
        raise kernel.Trouble(f"{source} cannot be read ({watched.error.strerror}).")
    if side.error is not None:
        raise _word(source, side.error)


def _word(source: Path, error: Exception) -> Damaged:
    if "No matching keys" in str(error):
        return Damaged(f"This key does not open {source}, or its beginning is damaged. Nothing was changed.")
    return Damaged(f"{source} is damaged or not whole. Nothing was changed; use another backup.")


def _pipe() -> tuple[BinaryIO, BinaryIO]:
    reading, writing = os.pipe()
    return os.fdopen(reading, "rb"), os.fdopen(writing, "wb")
