"""schema.sql is what the migrations add up to; they go forward only, and never change."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from running import dsn_of

from sekali import kernel

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "schema.sql"


@pytest.fixture
def dumped(cluster, template) -> str:
    """The schema as pg_dump writes it, without what differs from dump to dump."""
    programs = cluster._programs()
    told = subprocess.run(
        [str(programs / "pg_dump"), "--schema-only", "--no-owner", "--no-privileges", "--exclude-schema=public",
         dsn_of(cluster, template)],
        capture_output=True, text=True, check=True, cwd="/", **cluster.account.run(),
    ).stdout  # fmt: skip
    lines = [line for line in told.splitlines() if not re.match(r"^(--|SET |SELECT pg_catalog|\\(un)?restrict)", line)]
    return re.sub(r"\n{2,}", "\n\n", "\n".join(lines)).strip() + "\n"


def test_schema_sql_equals_the_migrations(dumped, request) -> None:
    if request.config.getoption("--write-schema"):
        SCHEMA.write_text(dumped, encoding="utf-8")
    assert SCHEMA.read_text(encoding="utf-8") == dumped, "run: make schema"


async def test_a_second_run_does_nothing(database) -> None:
    assert await kernel.migrate(database) == 0


async def test_an_applied_migration_that_changed_is_refused(database, tmp_path) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", folder)
    with (folder / "0001_audit.sql").open("a") as file:
        file.write("\n-- changed\n")
    with pytest.raises(kernel.Trouble, match="0001"):
        await kernel.migrate(database, folder)


async def test_a_newer_database_is_refused(database, tmp_path) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    shutil.copy(ROOT / "migrations/0001_audit.sql", folder)
    with pytest.raises(kernel.Trouble, match="newer"):
        await kernel.migrate(database, folder)


async def test_a_migration_that_fails_leaves_nothing(database, tmp_path) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", folder)
    following = len(list(folder.glob("*.sql"))) + 1
    (folder / f"{following:04}_broken.sql").write_text("create table kernel.half (id integer); select nonsense;")
    with pytest.raises(Exception, match="nonsense"):
        await kernel.migrate(database, folder)
    assert await database.fetchval("select to_regclass('kernel.half')") is None
