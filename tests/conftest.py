"""What all tests stand on: a real PostgreSQL, migrated databases, a served demo city. Nothing of ours is replaced."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings
from running import Served, another_database, dsn_of, free_port, load_city, own_folder, start, stop, wait_until_ready

from sekali import app, kernel

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")  # a busy machine is no fault: speed is measured in bench/


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    made = own_folder()
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def cluster(folder: Path) -> AsyncIterator[kernel.Cluster]:
    """One embedded server for the tests of this process."""
    found = kernel.Cluster(kernel.Settings(data=folder / "cluster"))
    found.hold()
    await found.start()
    yield found
    await found.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template(cluster: kernel.Cluster) -> str:
    """A migrated, empty database that others are copied from."""
    admin = await kernel.Database.connect(cluster.dsn, 2)
    await admin.execute("create database template_sekali")
    database = await kernel.Database.connect(dsn_of(cluster, "template_sekali"), 2)
    await kernel.migrate(database)
    await database.close()
    await admin.close()
    return "template_sekali"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def city_template(cluster: kernel.Cluster, template: str, folder: Path) -> str:
    """The same with a demo city of 100 people, sealed with the keys in ``folder``; loaded once, for it takes seconds."""
    admin = await kernel.Database.connect(cluster.dsn, 1)
    await admin.execute(f"create database template_city template {template}")
    await admin.close()
    database = await kernel.Database.connect(dsn_of(cluster, "template_city"), 6)
    await load_city(await app.build(kernel.Settings(data=folder / "data"), database), 100)
    await database.close()
    return "template_city"


@pytest_asyncio.fixture(loop_scope="session")
async def database(cluster: kernel.Cluster, template: str) -> AsyncIterator[kernel.Database]:
    """A fresh database for one test."""
    async with another_database(cluster, template) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def sekali(database: kernel.Database, folder: Path) -> app.Sekali:
    """The joined program over an empty database."""
    return await app.build(kernel.Settings(data=folder / "data", rate_address=None, rate_account=None), database)


@pytest_asyncio.fixture(loop_scope="session")
async def city(cluster: kernel.Cluster, city_template: str, folder: Path) -> AsyncIterator[app.Sekali]:
    """The joined program over a database of its own with a demo city of 100 people."""
    async with another_database(cluster, city_template) as made:
        yield await app.build(kernel.Settings(data=folder / "data", rate_address=None, rate_account=None), made)


@pytest.fixture(scope="session")
def served(folder: Path) -> Iterator[Served]:
    """A served demo city of 300 people, for all tests of this process."""
    running = start(folder / "served", free_port(), free_port())
    try:
        wait_until_ready(running)
        yield running
    finally:
        stop(running)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-schema", action="store_true", help="write schema.sql anew from the migrations")
    parser.addoption("--write-access", action="store_true", help="write docs/access.md anew from the access table")
    parser.addoption("--write-conformance", action="store_true", help="write the table of docs/conformance.md anew")
