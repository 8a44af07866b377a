"""A backup back into an empty database: all of it, or nothing."""

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pyrage

from sekali import kernel

from . import archive, contents, programs
from .archive import FORMAT
from .reading import Seen


def unwilling(seen: Seen, folder: Path, migrations: Sequence[str]) -> str:
    """Why this Sekali cannot take a backup in, before anything is changed; empty when it can."""
    if seen.about.format != FORMAT or list(migrations[: len(seen.about.migrations)]) != seen.about.migrations:
        return f"This backup is of another Sekali ({seen.about.sekali}). Restore with the one that made it, or a newer one."
    for name, content in seen.files.items():
        if (folder / name).exists() and (folder / name).read_bytes() != content:
            return (
                f"{folder / name} is there already and is another than in the backup. Restore into a new SEKALI_DATA."
            )
    return ""


async def restore(
    database: kernel.Database, dsn: str, folder: Path, source: Path, secret: pyrage.x25519.Identity, seen: Seen,
    tell: Callable[[int], None],
) -> None:  # fmt: skip
    """Fill an empty database from a backup that was looked through, and see that what came back is what was kept.

    Raises Trouble: when the database is not empty, and when it does not hold what it should.
    """
    if await database.fetch(contents.SQL.tables):
        raise kernel.Trouble(
            "This database is not empty. A backup is restored into a new one only: nothing was changed."
        )
    await asyncio.to_thread(_fill, dsn, source, secret, tell)
    await asyncio.to_thread(_put_beside, folder, seen)
    async with contents.one_moment(database) as (tx, _):
        found = await contents.contents(tx)
    wrong = sorted(name for name in found.keys() | seen.tables.keys() if found.get(name) != seen.tables.get(name))
    if wrong:
        raise kernel.Trouble(f"What came back is not what was kept, in: {', '.join(wrong)}. Do not use this database.")


def _fill(dsn: str, source: Path, secret: pyrage.x25519.Identity, tell: Callable[[int], None]) -> None:
    """pg_restore in one transaction: when it does not end well, the database is as empty as before."""
    command, environment = programs.command(
        "pg_restore", dsn, "--format=custom", "--single-transaction", "--exit-on-error", "--no-owner", "--no-acl",
        "--no-comments",
    )  # fmt: skip
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=words, env=environment
        )
        pipe = process.stdin
        assert pipe is not None

        held = b""

        def take(piece: bytes) -> None:
            nonlocal held
            pipe.write(held)
            held = piece
            tell(len(piece))

        try:
            archive.read(source, secret, take)
            pipe.write(held)  # the end of the dump comes only when all was seen to be whole, so nothing is kept before
            pipe.close()
        except BrokenPipeError:
            pass  # it has ended, and says why
        except BaseException:
            process.kill()
            process.wait()
            raise
        if process.wait():
            words.seek(0)
            raise kernel.Trouble(f"pg_restore did not finish, and nothing was kept: {programs.last_word(words.read())}")


def _put_beside(folder: Path, seen: Seen) -> None:
    for name, content in seen.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
