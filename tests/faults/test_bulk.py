"""kill -9 in the middle of a bulk job: given again it goes on, and nothing is missing or there twice."""

import asyncio
import contextlib
import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import decrypting
import httpx
import psutil
import pytest
from running import free_port, own_folder, start, stop, wait_until_ready

from sekali import kernel

PEOPLE = 5000


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> list[Path]:
    """20,000 resources of another server."""
    folder = tmp_path_factory.mktemp("in")
    made = {"Patient": [], "Encounter": [], "Condition": []}
    for n in range(PEOPLE):
        whose = {"subject": {"reference": f"Patient/p{n}"}}
        made["Patient"].append({"resourceType": "Patient", "id": f"p{n}", "name": [{"text": f"Uji {n}"}]})
        made["Encounter"].append({
            "resourceType": "Encounter", "id": f"e{n}", "status": "finished", **whose,
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        })  # fmt: skip
        made["Condition"] += [
            {"resourceType": "Condition", "id": f"c{n}-{m}", **whose, "code": {"text": f"Uji {n}"},
             "encounter": {"reference": f"Encounter/e{n}"}}
            for m in range(2)
        ]  # fmt: skip
    for type, resources in made.items():
        packed = gzip.compress if type == "Condition" else bytes
        (folder / f"{type}.ndjson").write_bytes(packed(b"\n".join(map(kernel.encode, resources)) + b"\nnonsense\n"))
    return [folder / f"{type}.ndjson" for type in ("Condition", "Patient", "Encounter")]


def begun(dsn: str, data: Path, *command: str) -> subprocess.Popen:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEKALI_")}
    environment |= {"SEKALI_DATABASE_URL": dsn, "SEKALI_DATA": str(data)}
    return subprocess.Popen(
        [sys.executable, "-m", "sekali", *command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


async def come(database: kernel.Database) -> tuple[str, dict]:
    row = await database.fetchrow("select state, come from bulk.job order by created_at desc limit 1")
    return (row["state"], json.loads(row["come"])) if row else ("none", {})


async def killed_until_done(database: kernel.Database, begin, measure, steps: list[int]) -> int:
    """Kill the command each time that ``measure`` of how far it has come passes a step; how often that was."""
    kills = 0
    for step in steps:
        process = begin()
        while process.poll() is None:
            state, now = await come(database)
            if state == "running" and measure(now) >= step:
                children = psutil.Process(process.pid).children(recursive=True)
                process.kill()
                process.wait()
                kills += 1
                _, alive = psutil.wait_procs(children, timeout=5)
                assert not alive, "what prepared lines ends with its command"
                break
            await asyncio.sleep(0.005)
        if process.returncode == 0:
            return kills
    process = begin()
    words, _ = process.communicate(timeout=120)
    assert process.returncode == 0, words.decode()
    return kills


async def test_an_import_that_is_killed_goes_on(database, dsn, files, tmp_path) -> None:
    kills = await killed_until_done(
        database,
        lambda: begun(dsn, tmp_path / "data", "import", *map(str, files)),
        lambda now: now.get("stage", 0) * 100_000 + now.get("taken", 0),
        [0, 100_000, 102_000, 207_000, 215_000],
    )
    assert kills >= 4
    state, now = await come(database)
    assert (state, now["taken"], now["wrong"]) == ("done", 4 * PEOPLE, 3)
    errors = (tmp_path / "data/bulk").rglob("error.*")
    assert len(b"".join(path.read_bytes() for path in errors).splitlines()) == 3

    cipher = await decrypting.cipher_of(database, kernel.Settings(data=tmp_path / "data"))
    found = {(one.type, str(one.id)): one.resource for one in await decrypting.kept(database, cipher)}
    assert Counter(type for type, _ in found) == {"Patient": PEOPLE, "Encounter": PEOPLE, "Condition": 2 * PEOPLE}
    assert len({one["name"][0]["text"] for (type, _), one in found.items() if type == "Patient"}) == PEOPLE
    for (type, _), one in found.items():
        if type == "Condition":
            person = found[tuple(one["subject"]["reference"].split("/"))]
            encounter = found[tuple(one["encounter"]["reference"].split("/"))]
            assert person["name"][0]["text"] == one["code"]["text"] and encounter["subject"] == one["subject"]


@pytest.fixture
def dsn(database) -> str:
    return database.dsn


def digest(lines: list[bytes]) -> str:
    return hashlib.sha256(b"\n".join(sorted(lines))).hexdigest()


async def test_an_export_that_is_killed_goes_on(database, dsn, files, tmp_path) -> None:
    taken = begun(dsn, tmp_path / "data", "import", *map(str, files))
    taken.communicate(timeout=120)
    cipher = await decrypting.cipher_of(database, kernel.Settings(data=tmp_path / "data"))
    for _ in range(3):  # enough that it takes some seconds
        await decrypting.double(database, cipher)
    out = tmp_path / "out"
    kills = await killed_until_done(
        database,
        lambda: begun(dsn, tmp_path / "data", "export", "--to", str(out)),
        lambda now: sum(path.stat().st_size for path in out.glob("*.ndjson")),
        [1, 15_000_000, 30_000_000],
    )
    assert kills >= 2
    lines = [line for path in out.glob("*.ndjson") for line in path.read_bytes().splitlines()]
    rows = await decrypting.kept(database, cipher)
    assert len(lines) == len(rows) == 32 * PEOPLE
    assert digest(lines) == digest([one.content for one in rows])
    told = await database.fetch(
        "select citizen, count(*) as n from audit.event where kind = 'exported' group by citizen"
    )
    assert len(told) == PEOPLE + 1 and {row["n"] for row in told} == {1}


def asked(client: httpx.Client, url: str) -> httpx.Response:
    """As a client asks that was told to come again: while the server comes up, nobody answers."""
    until = time.monotonic() + 20
    while True:
        try:
            return client.get(url)
        except httpx.TransportError:
            assert time.monotonic() < until, "the server is up again"
            time.sleep(0.2)


def test_a_server_that_is_killed_goes_on_with_its_exports() -> None:
    place = own_folder() / "data"
    port = free_port()
    running = start(place, port, SEKALI_POPULATION="1000")
    wait_until_ready(running)
    try:
        added = subprocess.run(
            [sys.executable, "-m", "sekali", "operator", "pusat"], env=os.environ | {"SEKALI_DATA": str(place)},
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        secret = added.split()[1]
        with httpx.Client(base_url=f"{running.url}/fhir-r4/v1", timeout=20) as client:
            token = httpx.post(
                f"{running.url}/oauth2/v1/accesstoken?grant_type=client_credentials",
                data={"client_id": "pusat", "client_secret": secret},
            ).json()["access_token"]
            client.headers["Authorization"] = f"Bearer {token}"
            jobs = [client.get("$export").headers["content-location"] for _ in range(3)]
            time.sleep(1.3)
            os.kill(running.process.pid, signal.SIGKILL)
            running.process.wait()
            running = start(place, port, SEKALI_POPULATION="1000")
            while running.log.read_text().count("Sekali is ready") < 2:
                time.sleep(0.1)
            digests = set()
            for job in jobs:
                until = time.monotonic() + 60
                while (answer := asked(client, job)).status_code == 202:
                    assert time.monotonic() < until, "taken up again when the lease has ended"
                    time.sleep(0.2)
                lines = [
                    line for part in answer.json()["output"] for line in client.get(part["url"]).content.splitlines()
                ]
                digests.add((len(lines), digest(lines)))
            assert len(digests) == 1 and next(iter(digests))[0] > 1000
    finally:
        stop(running)
        with contextlib.suppress(FileNotFoundError):
            (place / "sekali.log").unlink()
