"""A database of its own with a loaded demo city, for as long as something is measured on it."""

import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from serving import DATA, Server
from workload import Target

from sekali import app, demo, kernel, program, records
from sekali.records.stored import stored


@dataclass(frozen=True)
class City:
    """``rate``: resources a second, made and loaded. ``folder``: for the measurement's own files."""

    cluster: kernel.Cluster
    database: kernel.Database
    sekali: app.Sekali
    folder: Path
    people: int
    rate: float


def _reachable_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="sekali-bench-"))
    folder.chmod(0o711)
    return folder


@asynccontextmanager
async def cluster() -> AsyncIterator[tuple[kernel.Cluster, Path]]:
    """PostgreSQL on a fresh port, with a folder that its account can reach; both are gone afterwards."""
    folder = _reachable_folder()
    made = kernel.Cluster(kernel.Settings(data=folder / "data"))
    made.hold()
    await made.start()
    try:
        yield made, folder
    finally:
        await made.stop()
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def loaded(within: kernel.Cluster, folder: Path, people: int) -> AsyncIterator[City]:
    """A demo city in the cluster's database."""
    database = await kernel.Database.connect(within.dsn)
    await kernel.migrate(database)
    sekali = await app.build(kernel.Settings(data=DATA), database)
    await program.history.load(database, sekali.program.regions)
    began = time.perf_counter()
    count = await demo.load(database, sekali.store, sekali.doorkeeper, sekali.directory, sekali.care.facilities,
                            sekali.program, 2018, people, lambda done, total: None)  # fmt: skip
    rate = count / (time.perf_counter() - began)
    await database.execute("analyze")
    await database.execute("checkpoint")
    try:
        yield City(within, database, sekali, folder, people, rate)
    finally:
        await database.close()


async def kept(city: City, where: str, *values: object) -> list[records.Stored]:
    """Resources of which ``where``, a condition with $1 and so on, is true."""
    rows = await city.database.fetch(
        f"select type, id, version, updated, content, subject, deleted from records.resource where {where}",  # noqa: S608
        *values,
    )
    return [stored(city.sekali.cipher, row) for row in rows]


async def target_of(city: City, server: Server) -> Target:
    """A city's own server, as a hospital's system of the demo asks it."""
    client, secret = demo.CLIENTS[0][:2]
    facility = await city.database.fetchval("select organization from security.client where id = $1", client)
    headers = {"Authorization": f"Bearer {server.token(client, secret)}"}
    return Target("Sekali", f"{server.url}/fhir-r4/v1", headers, f"Organization/{facility}", server.pids(city.cluster))
