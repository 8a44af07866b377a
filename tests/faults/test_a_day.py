"""A day of production in a short time: many clients, processes that are killed, a disk that stalls, a restart.

Here 40 seconds; ``DAY_SECONDS=600 pytest tests/faults/test_a_day.py -s`` for ten minutes, with what was done and the memory.
"""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import decrypting
import httpx
import psutil
import pytest
from a_day import Client, Told
from running import Served, free_port, own_folder, start, stop, wait_until_ready

from sekali import audit, demo, kernel

SECONDS = int(os.environ.get("DAY_SECONDS", "40"))
CLIENTS = 24
BETWEEN = 6.0
"""Seconds from one fault to the next."""
STALL = 2.0
MORE = 1.25
"""How much more memory than in the second quarter of its life a process may have in its last one."""
LONG = 120
"""Seconds of a life that says something about memory."""


@dataclass
class Lives:
    """Bytes of each web process, from its start to its end."""

    sizes: dict[int, list[tuple[float, int]]] = field(default_factory=dict)

    def note(self, served: Served) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in _web(served):
                self.sizes.setdefault(process.pid, []).append((time.monotonic(), process.memory_info().rss))

    def grown(self) -> list[float]:
        """The last quarter of each long life beside its second."""
        found = []
        for life in self.sizes.values():
            if life[-1][0] - life[0][0] > LONG:
                quarter = len(life) // 4
                found.append(
                    max(size for _, size in life[-quarter:]) / max(size for _, size in life[quarter : 2 * quarter])
                )
        return found


def _web(served: Served) -> list[psutil.Process]:
    parent = psutil.Process(served.process.pid)
    return [parent, *(one for one in parent.children() if "worker" in one.cmdline())]


def _database(folder: Path) -> list[psutil.Process]:
    with contextlib.suppress(OSError, ValueError, IndexError, psutil.NoSuchProcess):
        server = psutil.Process(int((folder / "postgres/postmaster.pid").read_text().splitlines()[0]))
        return [*server.children(), server]
    return []


@pytest.fixture
def place():
    made = own_folder()
    yield made / "data"
    shutil.rmtree(made, ignore_errors=True)


def test_nothing_acknowledged_is_lost_and_no_answer_is_wrong(place) -> None:
    told, lives = asyncio.run(day(place, free_port()))
    print(
        f"\n{SECONDS} s: {dict(told.requests)}; memory of long lives grew to {[f'{one:.2f}' for one in lives.grown()]}"
    )
    assert told.wrong == []
    assert told.requests["write"] > 0 and told.requests["search"] > 0 and told.requests["broken"] > 0
    assert all(one < MORE for one in lives.grown())


async def day(place: Path, port: int) -> tuple[Told, Lives]:
    """Clients beside faults; then everything is looked at once more."""
    served = await asyncio.to_thread(begin, place, port)
    told, lives, over = Told(), Lives(), asyncio.Event()
    headers, facility = await token(served)
    clients = [Client(served.url, headers, n, told) for n in range(CLIENTS)]
    for client in clients:
        await client.begin(facility)
    living = [asyncio.create_task(client.live(over)) for client in clients]
    try:
        async with watching(lives, lambda: served):
            rng, began, number = random.Random(1), time.monotonic(), 0
            while (gone := time.monotonic() - began) < SECONDS:
                await asyncio.sleep(BETWEEN)
                faults = SMALL if gone < SECONDS / 2 else ALL  # a long life first, to see its memory
                served = await faults[number % len(faults)](served, rng)
                number += 1
        over.set()
        await asyncio.gather(*living)
        await answering(served)
        kept = [await client.settle() for client in clients]
        assert sum(kept) > CLIENTS
        database = await kernel.Database.connect(served.dsn, 1)
        assert (await audit.verify(database)).breaks == ()
        await database.close()
    finally:
        over.set()
        await asyncio.gather(*living, return_exceptions=True)
        stop(served)
    return told, lives


def begin(place: Path, port: int) -> Served:
    served = start(place, port, SEKALI_POPULATION="100", SEKALI_PROCESSES="2")
    wait_until_ready(served)
    return served


async def token(served: Served) -> tuple[dict[str, str], str]:
    """Headers of the demo's hospital system, and the hospital."""
    async with httpx.AsyncClient(base_url=served.url) as client:
        who, secret = demo.CLIENTS[0][:2]
        given = await client.post(
            "/oauth2/v1/accesstoken?grant_type=client_credentials", data={"client_id": who, "client_secret": secret}
        )
    database = await kernel.Database.connect(served.dsn, 1)
    facility = await database.fetchval("select organization from security.client where id = $1", who)
    await database.close()
    bearer = {"Authorization": f"Bearer {given.json()['access_token']}", "Content-Type": "application/fhir+json"}
    return bearer, f"Organization/{facility}"


async def answering(served: Served) -> None:
    """Until it answers again."""
    deadline = time.monotonic() + 60
    async with httpx.AsyncClient(base_url=served.url, timeout=10) as client:
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get("/masuk")).status_code == 200:
                    return
            await asyncio.sleep(0.1)
    raise AssertionError(f"it does not answer: {served.log.read_text()}")


@asynccontextmanager
async def watching(lives: Lives, served) -> AsyncIterator[None]:
    async def look() -> None:
        while True:
            lives.note(served())
            await asyncio.sleep(1)

    watcher = asyncio.create_task(look())
    try:
        yield
    finally:
        watcher.cancel()


async def kill_a_worker(served: Served, rng: random.Random) -> Served:
    """kill -9 of one web process; its parent starts it again."""
    workers = _web(served)[1:]
    if workers:
        rng.choice(workers).kill()
    return served


async def stall(served: Served, rng: random.Random) -> Served:
    """A disk that does not answer for a while, imitated: every process of PostgreSQL is stopped, then goes on."""
    stopped = _database(served.folder)
    for process in stopped:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.suspend()
    await asyncio.sleep(STALL * rng.random())
    for process in stopped:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.resume()
    return served


async def kill_the_database(served: Served, rng: random.Random) -> Served:
    """kill -9 of PostgreSQL; Sekali starts it again."""
    for process in _database(served.folder)[-1:]:
        process.kill()
    await answering(served)
    return served


async def restart(served: Served, rng: random.Random) -> Served:
    """As an operations engineer does it."""
    await asyncio.to_thread(stop, served)
    return await asyncio.to_thread(begin, served.folder, int(served.url.rpartition(":")[2]))


async def kill_all(served: Served, rng: random.Random) -> Served:
    """kill -9 of the whole program, as when the power goes."""
    os.kill(served.process.pid, signal.SIGKILL)
    await asyncio.to_thread(served.process.wait, 10)
    return await asyncio.to_thread(begin, served.folder, int(served.url.rpartition(":")[2]))


SMALL = (kill_a_worker, stall, kill_the_database)
ALL = (*SMALL, restart, kill_all)


def test_the_model_notices_what_is_lost_or_changed(place) -> None:
    wrong = asyncio.run(tampered(place, free_port()))
    assert any("gone, not" in one for one in wrong) and any("is of nobody" in one for one in wrong)


async def tampered(place: Path, port: int) -> list[str]:
    """What the clients find wrong after somebody reached into the tables."""
    served = await asyncio.to_thread(begin, place, port)
    try:
        told = Told()
        headers, facility = await token(served)
        client = Client(served.url, headers, 1, told)
        await client.begin(facility)
        for _ in range(5):
            await client._create()
        assert told.wrong == []
        database = await kernel.Database.connect(served.dsn, 1)
        last = next(iter(client._known))
        other = kernel.new_id(kernel.shard_of(UUID(last)))
        cipher = await decrypting.cipher_of(database, kernel.Settings(data=served.folder))
        await decrypting.move(database, cipher, UUID(last), other)
        await database.close()
        await client._search()
        return told.wrong
    finally:
        stop(served)
