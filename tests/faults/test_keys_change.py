"""Another key for everything while people work; the change is killed in its midst, the whole program too, and goes on."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import decrypting
import httpx
import pytest
from a_day import Client, Told
from running import Served, free_port, own_folder, start, stop, wait_until_ready
from test_a_day import token

from sekali import fhir, kernel

CLIENTS = 6
KEYS = """select key, count(*) as n from (
  select key from records.resource union all select key from records.version union all select key from identity.identifier
) one group by key order by key"""


@pytest.fixture
def place():
    made = own_folder()
    yield made / "data"
    shutil.rmtree(made, ignore_errors=True)


def command(served: Served, *words: str) -> subprocess.Popen:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEKALI_")}
    environment |= {"SEKALI_DATA": str(served.folder)}
    return subprocess.Popen(
        [sys.executable, "-m", "sekali", "keys", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


async def by_key(database: kernel.Database) -> dict[int, int]:
    return {row["key"]: row["n"] for row in await database.fetch(KEYS)}


async def killed_midway(served: Served, database: kernel.Database, number: int, *words: str) -> None:
    """Begin, and kill -9 when some rows have the new key and others not."""
    process = command(served, *words)
    before = (await by_key(database)).get(number, 0)
    while (await by_key(database)).get(number, 0) <= before + 200:
        assert process.poll() is None, process.stdout.read()
        await asyncio.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    await asyncio.to_thread(process.wait)
    found = await by_key(database)
    assert found[number] > 200 and len(found) > 1, "it was in its midst"


def test_keys_change_under_work_and_a_change_that_was_killed_goes_on(place: Path) -> None:
    told, refused = asyncio.run(changing(place, free_port()))
    assert told.wrong == [] and refused == 0, told.wrong[:5]
    assert told.requests["write"] > 50 and told.requests["search"] > 10 and told.requests["by number"] > 50


async def changing(place: Path, port: int) -> tuple[Told, int]:
    served = start(place, port, SEKALI_POPULATION="400", SEKALI_PROCESSES="2")
    await asyncio.to_thread(wait_until_ready, served)
    told, over = Told(), asyncio.Event()
    headers, facility = await token(served)
    database = await kernel.Database.connect(served.dsn, 2)
    settings = kernel.Settings(data=served.folder)
    cipher = await decrypting.cipher_of(database, settings)
    people = await decrypting.kept(database, cipher, "type = 'Patient'")
    clients = [Client(served.url, headers, n, told) for n in range(CLIENTS)]
    for client in clients:
        await client.begin(facility)
    living = [asyncio.create_task(client.live(over)) for client in clients]
    living.append(asyncio.create_task(by_number(served, headers, people, told, over)))
    try:
        await killed_midway(served, database, 2, "rotate")
        await killed_midway(served, database, 2, "finish")
        process = command(served, "rotate")
        words = (await asyncio.to_thread(process.communicate))[0].decode()
        assert process.returncode == 1 and "not finished" in words
        process = command(served, "finish")
        words = (await asyncio.to_thread(process.communicate))[0].decode()
        assert process.returncode == 0, words
        assert (await by_key(database)).keys() == {2}
        process = command(served, "show")
        words = (await asyncio.to_thread(process.communicate))[0].decode()
        assert "nothing since" in words and "Key 2 seals" in words and "AGE-SECRET" not in words
        refused = told.requests["refused"] + told.requests["broken"]  # until now nobody noticed anything

        await killed_midway(served, database, 3, "rotate")
        over.set()
        await asyncio.gather(*living)
        os.kill(served.process.pid, signal.SIGKILL)
        await asyncio.to_thread(served.process.wait, 10)
        await database.close()
        served = start(place, port, SEKALI_POPULATION="400", SEKALI_PROCESSES="2")
        await asyncio.to_thread(wait_until_ready, served)
        database = await kernel.Database.connect(served.dsn, 2)
        for _ in range(600):  # the start goes on with it by itself, beside all else
            if await database.fetchval("select count(*) from security.server_key where left_at is null") == 1:
                break
            await asyncio.sleep(0.1)
        assert (await by_key(database)).keys() == {3}
        for client in clients:
            await client.settle()
        (place / "keys/server.key").unlink()
        (place / "keys/server.2.key").unlink()
        now = await decrypting.kept(database, await decrypting.cipher_of(database, settings), "type = 'Patient'")
        assert {one.id: one.content for one in now}.items() >= {one.id: one.content for one in people}.items()
        await database.close()
    finally:
        over.set()
        await asyncio.gather(*living, return_exceptions=True)
        stop(served)
    return told, refused


async def by_number(served: Served, headers: dict[str, str], people: list, told: Told, over: asyncio.Event) -> None:
    """Whoever looks for somebody by NIK always finds that one person."""
    async with httpx.AsyncClient(base_url=f"{served.url}/fhir-r4/v1", headers=headers, timeout=30) as http:
        n = 0
        while not over.is_set():
            person = people[(n := n + 1) % len(people)]
            nik = next(one["value"] for one in person.resource["identifier"] if one["system"] == fhir.NIK)
            answer = await http.get("/Patient", params={"identifier": f"{fhir.NIK}|{nik}"})
            told.requests["by number"] += 1
            if answer.status_code == 503:
                told.requests["refused"] += 1
            elif [one["resource"]["id"] for one in answer.json().get("entry", ())] != [str(person.id)]:
                told.wrong.append(f"Patient by number {n}: {answer.status_code}")
