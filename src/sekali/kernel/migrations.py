"""Migrations: plain SQL, forward only, each once and whole."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .database import Database
from .trouble import Trouble

FOLDER = Path(__file__).parents[3] / "migrations"
_LOCK = 7_352_541  # any number that all Sekali processes share
_BOOK = """
create schema if not exists kernel;
create table if not exists kernel.migration (
  number     integer     primary key,
  name       text        not null,
  sha256     text        not null,
  applied_at timestamptz not null default now()
)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file ``NNNN_name.sql``."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """What the database remembers it by."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations(folder: Path = FOLDER) -> list[Migration]:
    """All there are, in order. Raises Trouble for a gap or a name of another form."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        name = re.fullmatch(r"(\d{4})_(\w+)", path.stem)
        if name is None or int(name[1]) != len(found) + 1:
            raise Trouble(f"{path.name} does not follow the migration before it.")
        found.append(Migration(int(name[1]), name[2], path.read_text(encoding="utf-8")))
    return found


async def migrate(database: Database, folder: Path = FOLDER, tell: Callable[[str], None] = lambda name: None) -> int:
    """Apply what is not applied yet; how many. Raises Trouble when the database knows another past than the code."""
    wanted = migrations(folder)
    async with database.transaction() as tx:
        await tx.execute("select pg_advisory_xact_lock($1)", _LOCK)
        await tx.execute(_BOOK)
        done = await tx.fetch("select number, name, sha256 from kernel.migration order by number")
        if len(done) > len(wanted):
            raise Trouble("This database is newer than this Sekali. Start the newer Sekali.")
        for row, migration in zip(done, wanted, strict=False):
            if row["sha256"] != migration.sha256:
                raise Trouble(
                    f"Migration {migration.number:04} is not what was applied. Applied migrations never change."
                )
        for migration in wanted[len(done) :]:
            tell(migration.name)
            await tx.execute(migration.sql)
            await tx.execute(
                "insert into kernel.migration (number, name, sha256) values ($1, $2, $3)",
                migration.number,
                migration.name,
                migration.sha256,
            )
    return len(wanted) - len(done)
