"""What all tests stand on: a real PostgreSQL, migrated databases, a served demo city. Nothing of ours is replaced."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from sekali import app, demo, kernel

PEOPLE = 300
"""Of the demo city that tests are served."""


def _own_folder() -> Path:
    """A folder that the account of PostgreSQL can reach (pytest's own are closed to others)."""
    folder = Path(tempfile.mkdtemp(prefix="sekali-test-"))
    folder.chmod(0o711)
    return folder


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    made = _own_folder()
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


def dsn_of(cluster: kernel.Cluster, name: str) -> str:
    """Another database on the same server."""
    return cluster.dsn.replace("/sekali?", f"/{name}?")


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


@pytest_asyncio.fixture(loop_scope="session")
async def database(
    cluster: kernel.Cluster, template: str, request: pytest.FixtureRequest
) -> AsyncIterator[kernel.Database]:
    """A fresh database for one test."""
    name = f"test_{os.getpid()}_{time.monotonic_ns()}"
    admin = await kernel.Database.connect(cluster.dsn, 1)
    await admin.execute(f"create database {name} template {template}")
    database = await kernel.Database.connect(dsn_of(cluster, name), 6)
    yield database
    await database.close()
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


@pytest_asyncio.fixture(loop_scope="session")
async def sekali(database: kernel.Database) -> app.Sekali:
    """The joined program over an empty database."""
    return await app.build(kernel.Settings(), database)


@pytest_asyncio.fixture(loop_scope="session")
async def city(sekali: app.Sekali) -> app.Sekali:
    """The joined program with a demo city of 100 people."""
    await load_city(sekali, 100)
    return sekali


async def load_city(sekali: app.Sekali, population: int) -> int:
    """Load a demo city; how many resources."""
    return await demo.load(
        sekali.database, sekali.store, sekali.doorkeeper, sekali.directory, sekali.care.facilities, 2018, population,
        lambda done, total: None, workers=1,
    )  # fmt: skip


@dataclass(frozen=True)
class Served:
    """A running Sekali. ``log`` is what it printed."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def dsn(self) -> str:
        return kernel.Cluster(kernel.Settings(data=self.folder)).dsn


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(folder: Path, port: int, **settings: str) -> Served:
    """``sekali up`` as a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEKALI_")}
    environment |= {"SEKALI_DATA": str(folder), "SEKALI_PORT": str(port), "SEKALI_POPULATION": str(PEOPLE), **settings}
    log = Path(f"{folder}.log")
    with log.open("ab") as words:
        process = subprocess.Popen(
            [sys.executable, "-m", "sekali", "up"], env=environment, stdout=words, stderr=words, start_new_session=True
        )
    return Served(f"http://127.0.0.1:{port}", folder, process, log)


def wait_until_ready(served: Served, seconds: float = 120) -> None:
    """Until the program says so. A program that ended instead fails the test with its words."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if served.process.poll() is not None:
            raise AssertionError(f"it ended with {served.process.returncode}: {served.log.read_text()}")
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"{served.url}/fhir-r4/v1/metadata", timeout=2) as answer,
        ):
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"not ready after {seconds} s: {served.log.read_text()}")


def stop(served: Served) -> None:
    if served.process.poll() is None:
        served.process.terminate()
        served.process.wait(60)


@pytest.fixture(scope="session")
def served(folder: Path) -> Iterator[Served]:
    """A served demo city of 300 people, for all tests of this process."""
    running = start(folder / "served", free_port())
    try:
        wait_until_ready(running)
        yield running
    finally:
        stop(running)
