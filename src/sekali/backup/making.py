"""Making a backup, while Sekali runs or not."""

import asyncio
import importlib.metadata
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import pyrage

from sekali import kernel

from . import contents, programs
from .archive import FORMAT, LARGEST_FILE, PIECE, About, Writer, writing

NOT_KEPT = frozenset({"postgres", "postgres.new", "programs", "run", "bulk", "sekali.lock", "postgres-start.log"})
"""Of the data folder: the database, which is dumped; what is copied from the installation; and files of bulk jobs, which
last a day and can be asked for again."""
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that is on disk. ``rows`` in ``tables``, ``files`` beside them; ``size`` of what is in it, in bytes."""

    about: About
    tables: int
    rows: int
    files: int
    size: int


async def make(
    database: kernel.Database, dsn: str, folder: Path, target: Path, recipient: pyrage.x25519.Recipient, tell: Tell
) -> Made:
    """Everything, as of the moment it is begun, into a new file. Raises Trouble.

    :param folder: the data folder, whose keys and the like come along.
    :param tell: is told how much of how much is done, in bytes.
    """
    async with contents.one_moment(database) as (tx, snapshot):
        bar = _Bar(2 * await contents.size(tx), tell)
        about = About(
            FORMAT,
            importlib.metadata.version("sekali"),
            kernel.now().isoformat(timespec="seconds"),
            int(await tx.fetchval(contents.SQL.version)) // 10000,
            [row["sha256"] for row in await tx.fetch(contents.SQL.applied)],
        )
        with writing(target, recipient) as archive, tempfile.TemporaryFile() as words:
            archive.about(about)
            files = list(beside(folder))
            for name, content in files:
                archive.file(name, content)
            process = _dump(dsn, snapshot, words)
            try:
                taken = asyncio.create_task(asyncio.to_thread(_take, process, archive, bar.more))
                tables = await contents.contents(tx, bar.more)
                await taken
            finally:
                process.kill()  # nothing any more, when all went well
                await asyncio.gather(taken, return_exceptions=True)
            if process.wait():
                words.seek(0)
                raise kernel.Trouble(f"pg_dump did not finish: {programs.last_word(words.read())}")
            archive.contents(tables)
    tell(bar.total, bar.total)
    rows = sum(table.rows for table in tables.values())
    return Made(about, len(tables), rows, len(files), archive.size)


class _Bar:
    """Adds up what two of us do."""

    def __init__(self, total: int, tell: Tell) -> None:
        self.total = max(total, 1)
        self._done = 0
        self._tell = tell

    def more(self, size: int) -> None:
        """So many bytes more."""
        self._done = min(self._done + size, self.total)
        self._tell(self._done, self.total)


def _dump(dsn: str, snapshot: str, words: BinaryIO) -> subprocess.Popen[bytes]:
    command, environment = programs.command(
        "pg_dump", dsn, "--format=custom", "--compress=0", "--no-owner", "--no-acl", "--no-unlogged-table-data",
        f"--snapshot={snapshot}",
    )  # fmt: skip
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=words, env=environment)


def _take(process: subprocess.Popen[bytes], archive: Writer, more: Callable[[int], None]) -> None:
    """What pg_dump says, until it has ended."""
    assert process.stdout is not None
    with process.stdout as output:
        while piece := output.read(PIECE):
            archive.piece(piece)
            more(len(piece))
    process.wait()


def beside(folder: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    """The files of the data folder that belong to the database. Raises Trouble."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        name = path.relative_to(folder)
        if name.parts[0] in NOT_KEPT or name.name.startswith("sekali.log") or path.is_symlink() or not path.is_file():
            continue
        if path.stat().st_size > LARGEST_FILE:
            raise kernel.Trouble(f"{path} is no file of Sekali's and too large to take along. Put it somewhere else.")
        yield PurePosixPath(name), path.read_bytes()
