"""Starting and stopping a real Sekali."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from sekali import app, demo, kernel, program

UNCOUNTED = {"SEKALI_RATE_ADDRESS": "none", "SEKALI_RATE_ACCOUNT": "none"}
"""Tests ask faster than people and systems do; limits have tests of their own."""
PEOPLE = 300
"""Of the demo city that tests are served."""


def own_folder() -> Path:
    """A folder that the account of PostgreSQL can reach (pytest's own are closed to others)."""
    folder = Path(tempfile.mkdtemp(prefix="sekali-test-"))
    folder.chmod(0o711)
    return folder


def dsn_of(cluster: kernel.Cluster, name: str) -> str:
    """Another database on the same server."""
    return cluster.dsn.replace("/sekali?", f"/{name}?")


@asynccontextmanager
async def another_database(
    cluster: kernel.Cluster, template: str = "template1", size: int = 6
) -> AsyncIterator[kernel.Database]:
    """A copy of ``template`` (else an empty one) on the same server, gone afterwards."""
    name = f"test_{os.getpid()}_{time.monotonic_ns()}"
    admin = await kernel.Database.connect(cluster.dsn, 1)
    await admin.execute(f"create database {name} template {template}")
    database = await kernel.Database.connect(dsn_of(cluster, name), size)
    try:
        yield database
    finally:
        await database.close()
        await admin.execute(f"drop database {name} with (force)")
        await admin.close()


async def load_city(sekali: app.Sekali, population: int) -> int:
    """Load a demo city; how many resources."""
    await program.history.load(sekali.database, sekali.program.regions)
    return await demo.load(
        sekali.database, sekali.store, sekali.doorkeeper, sekali.directory, sekali.care.facilities, sekali.program, 2018,
        population, lambda done, total: None, workers=1,
    )  # fmt: skip


@dataclass(frozen=True)
class Served:
    """A running Sekali. ``log`` is what it printed."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]
    log: Path
    hl7_port: int = 0

    @property
    def dsn(self) -> str:
        return kernel.Cluster(kernel.Settings(data=self.folder)).dsn


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(folder: Path, port: int, hl7_port: int = 0, **settings: str) -> Served:
    """``sekali up`` as a process of its own, with HL7 v2 on ``hl7_port`` if there is one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEKALI_")}
    environment |= {"SEKALI_DATA": str(folder), "SEKALI_PORT": str(port), "SEKALI_POPULATION": str(PEOPLE)}
    environment |= UNCOUNTED | settings
    if hl7_port:
        environment["SEKALI_HL7_PORT"] = str(hl7_port)
    log = Path(f"{folder}.log")
    with log.open("ab") as words:
        process = subprocess.Popen(
            [sys.executable, "-m", "sekali", "up"], env=environment, stdout=words, stderr=words, start_new_session=True
        )
    return Served(f"http://127.0.0.1:{port}", folder, process, log, hl7_port)


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
            if answer.status == 200 and _listens(served):
                return
        time.sleep(0.1)
    raise AssertionError(f"not ready after {seconds} s: {served.log.read_text()}")


def _listens(served: Served) -> bool:
    """That it is this process: workers of one that was killed answer for a moment still, and share the port."""
    port = int(served.url.rpartition(":")[2])
    found = psutil.Process(served.process.pid).net_connections("tcp")
    return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in found)


def stop(served: Served) -> None:
    if served.process.poll() is None:
        served.process.terminate()
        served.process.wait(60)
