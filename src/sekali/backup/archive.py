"""The inside of a backup: a tar of zstd, so that ready programs open it too (age -d | zstd -d | tar x).

about.json          what made it, when, and the migrations its database had seen; first
files/...           what lies in the data folder beside the database
database/000000     the output of pg_dump in its custom format, in pieces: cat database/* | pg_restore
contents.json       tables with their rows and hashes; last, so a backup without it was never finished
"""

import io
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import msgspec
import pyrage
import zstandard

from .contents import Table
from .sealing import Damaged, opened, sealed

FORMAT = 1
PIECE = 8 << 20
LARGEST_WORDS = 4 << 20
ABOUT, FILES, DATABASE, CONTENTS = "about.json", "files/", "database/", "contents.json"
SECRET = 0o600


class About(msgspec.Struct, frozen=True):
    """What is known before the rest.

    :ivar moment: as of when it is, ISO 8601.
    :ivar server: the number of its PostgreSQL's major version.
    :ivar migrations: the hash of each, in their order.
    """

    format: int
    sekali: str
    moment: str
    server: int
    migrations: list[str]


class _Contents(msgspec.Struct):
    pieces: int
    tables: dict[str, Table]


class Writer:
    """A backup that is being made. ``size``: bytes of what is in it so far."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self.size = 0
        self._tar = tar
        self._pieces = 0

    def about(self, what: About) -> None:
        """Comes first."""
        self._add(ABOUT, msgspec.json.encode(what))

    def file(self, name: PurePosixPath, content: bytes) -> None:
        """A file beside the database."""
        self._add(f"{FILES}{name}", content)

    def piece(self, content: bytes) -> None:
        """The next piece of the dump."""
        self._add(f"{DATABASE}{self._pieces:06}", content)
        self._pieces += 1

    def contents(self, tables: dict[str, Table]) -> None:
        """Comes last."""
        self._add(CONTENTS, msgspec.json.encode(_Contents(self._pieces, tables)))

    def _add(self, name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(content), SECRET
        self._tar.addfile(member, io.BytesIO(content))
        self.size += len(content)


@contextmanager
def writing(target: Path, recipient: pyrage.x25519.Recipient) -> Iterator[Writer]:
    """A new backup. Raises Trouble."""
    with (
        sealed(target, recipient) as file,
        zstandard.ZstdCompressor(3).stream_writer(file, closefd=False) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        yield Writer(tar)


@dataclass(slots=True)
class Read:
    """What a backup held; its pieces went elsewhere."""

    about: About
    files: dict[PurePosixPath, bytes] = field(default_factory=dict)
    pieces: int = 0
    tables: dict[str, Table] = field(default_factory=dict)


LARGEST_FILE = 64 << 20
"""Of what lies beside the database: keys and the like, not data."""


def read(source: Path, secret: pyrage.x25519.Identity, take: Callable[[bytes], None]) -> Read:
    """Go through all of a backup; ``take`` gets the dump, piece by piece. Raises Damaged.

    It has been whole only when this returns: until then keep nothing of what ``take`` got.
    """
    try:
        with opened(source, secret) as file, zstandard.ZstdDecompressor().stream_reader(file, closefd=False) as plain:
            found = _members(plain, take)
            while plain.read(1 << 20):
                pass
        return found
    except (tarfile.TarError, zstandard.ZstdError, msgspec.MsgspecError, EOFError, _Strange):
        raise Damaged(f"{source} is no backup of Sekali. Nothing was changed.") from None


class _Strange(Exception):  # noqa: N818
    """Something that no backup holds."""


def _members(plain: BinaryIO, take: Callable[[bytes], None]) -> Read:
    found: Read | None = None
    done = False
    with tarfile.open(fileobj=plain, mode="r|") as tar:
        for member in tar:
            name, limit = member.name, LARGEST_FILE
            if not member.isreg() or done or member.size > limit:
                raise _Strange
            file = tar.extractfile(member)
            content = file.read() if file is not None else b""
            if found is None:
                if name != ABOUT:
                    raise _Strange
                found = Read(msgspec.json.decode(content, type=About))
            elif name.startswith(FILES):
                found.files[_safe(name.removeprefix(FILES))] = content
            elif name == f"{DATABASE}{found.pieces:06}":
                found.pieces += 1
                take(content)
            elif name == CONTENTS:
                said = msgspec.json.decode(content, type=_Contents)
                if said.pieces != found.pieces or not said.pieces:
                    raise _Strange
                found.tables, done = said.tables, True
            else:
                raise _Strange
    if found is None or not done:
        raise _Strange
    return found


def _safe(name: str) -> PurePosixPath:
    """A name below the data folder, whoever wrote it."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise _Strange
    return path
