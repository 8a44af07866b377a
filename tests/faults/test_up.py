"""Starting, stopping and breaking: a clear word each time, and nothing that was acknowledged is lost."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest
from running import free_port, own_folder, start, stop, wait_until_ready

from sekali import audit, kernel

CLIENT = {"client_id": "rsud-simrs", "client_secret": "sekali-demo-client-secret"}


@pytest.fixture
def place():
    made = own_folder()
    yield made / "data"
    shutil.rmtree(made, ignore_errors=True)


def postmaster(folder: Path) -> int:
    return int((folder / "postgres/postmaster.pid").read_text().splitlines()[0])


def client_of(url: str) -> httpx.Client:
    answer = httpx.post(f"{url}/oauth2/v1/accesstoken?grant_type=client_credentials", data=CLIENT)
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}", "Content-Type": "application/fhir+json"}
    return httpx.Client(base_url=f"{url}/fhir-r4/v1", headers=headers, timeout=10)


def write_until_it_breaks(client: httpx.Client, kept: list[str], seconds: float = 20) -> None:
    """Acknowledged ids into ``kept``, until the line breaks."""
    until = time.monotonic() + seconds
    with contextlib.suppress(httpx.HTTPError):
        while time.monotonic() < until:
            answer = client.post(
                "/Patient", json={"resourceType": "Patient", "name": [{"text": f"Hitung {len(kept)}"}]}
            )
            if answer.status_code != 201:
                return
            kept.append(answer.json()["id"])


@pytest.mark.parametrize("victim", ["sekali", "postgres"])
def test_kill_9_during_load_loses_nothing_that_was_acknowledged(place, victim) -> None:
    running = start(place, free_port(), SEKALI_POPULATION="100")
    wait_until_ready(running)
    kept: list[str] = []

    with ThreadPoolExecutor(1) as clerk:
        writing = clerk.submit(write_until_it_breaks, client_of(running.url), kept)
        while len(kept) < 60:
            time.sleep(0.01)
        os.kill(running.process.pid if victim == "sekali" else postmaster(place), signal.SIGKILL)
        writing.result()
    if victim == "sekali":
        running.process.wait(10)
        running = start(place, free_port(), SEKALI_POPULATION="100")
    deadline = time.monotonic() + 60
    while True:
        try:
            wait_until_ready(running)
            client = client_of(running.url)
            break
        except (KeyError, httpx.HTTPError):  # the database is on its way back
            assert time.monotonic() < deadline
            time.sleep(0.3)
    try:
        assert len(kept) >= 60
        for id in kept:
            assert client.get(f"/Patient/{id}").status_code == 200
    finally:
        stop(running)


def test_while_the_database_is_away_everyone_gets_a_clear_word_and_keeps_what_they_typed(place) -> None:
    running = start(place, free_port(), SEKALI_POPULATION="100")
    wait_until_ready(running)
    try:
        with httpx.Client(base_url=running.url, headers={"Sec-Fetch-Site": "same-origin"}, timeout=20) as clerk:
            clerk.post("/masuk", data={"username": "loket.jetis", "password": "sekali-demo"})
            fhir = client_of(running.url)
            os.kill(running.process.pid, signal.SIGSTOP)  # its watchdog sleeps, so that the database stays away
            server = psutil.Process(postmaster(place))  # nothing between here and SIGCONT may fail
            for process in [*server.children(), server]:
                with contextlib.suppress(psutil.NoSuchProcess):  # one ends with the other
                    process.kill()
            os.kill(running.process.pid, signal.SIGCONT)
            page = clerk.post("/loket/daftar", data={"name": "Tidak Hilang", "action": "register"})
            answer = fhir.get("/Patient/00000001-0000-8000-8000-000000000000")
            if page.status_code == 503:  # unless the watchdog was faster than we
                assert 'value="Tidak Hilang"' in page.text and "Coba lagi" in page.text
                assert "postgres" not in page.text.lower()
            assert answer.status_code in (404, 503)
            deadline = time.monotonic() + 30
            while clerk.get("/loket").status_code != 200:
                assert time.monotonic() < deadline, "Sekali starts its database again"
                time.sleep(0.2)
    finally:
        stop(running)


def test_ctrl_c_stops_everything_and_the_second_start_is_quick(place) -> None:
    running = start(place, free_port(), SEKALI_POPULATION="100")
    wait_until_ready(running)
    server = postmaster(place)
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(30) == 0
    assert not psutil.pid_exists(server)
    running = start(place, free_port(), SEKALI_POPULATION="100")
    wait_until_ready(running, 20)
    stop(running)


def refused(place: Path, port: int, **settings: str) -> str:
    """The words of a start that must not succeed."""
    running = start(place, port, **settings)
    assert running.process.wait(60) != 0
    words = running.log.read_text()
    assert "Traceback" not in words
    return " ".join(words.split())


def test_two_at_once(place) -> None:
    first = start(place, free_port(), SEKALI_POPULATION="100")
    wait_until_ready(first)
    try:
        assert f"process {first.process.pid}" in refused(place, free_port())
        assert httpx.get(f"{first.url}/masuk").status_code == 200, "the first goes on"
    finally:
        stop(first)


def test_a_busy_port_is_named_before_anything_is_begun(place) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        assert f"Port {port}" in refused(place, port)
    assert not (place / "postgres").exists()


def test_a_data_folder_of_another_version(place) -> None:
    (place / "postgres").mkdir(parents=True)
    (place / "postgres/PG_VERSION").write_text("15\n")
    words = refused(place, free_port())
    assert "PostgreSQL 15" in words and "pg_dump" in words


def test_a_folder_that_holds_something_else(place) -> None:
    (place / "postgres").mkdir(parents=True)
    (place / "postgres/surat.txt").write_text("jangan dihapus")
    assert "something else" in refused(place, free_port())
    assert (place / "postgres/surat.txt").read_text() == "jangan dihapus"


async def audited(dsn: str, people: list[str]) -> tuple[int, int, tuple[audit.Break, ...]]:
    """How many of these people's creations, and how many looks at them, are in the audit; and where it breaks."""
    database = await kernel.Database.connect(dsn, 1)
    try:
        count = "select count(*) from audit.event where citizen = any($1::uuid[]) and kind = $2"
        wrote, looked = [await database.fetchval(count, people, kind) for kind in ("wrote", "looked")]
        return wrote, looked, (await audit.verify(database)).breaks
    finally:
        await database.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_refuses_cleanly_and_loses_nothing(place) -> None:
    place.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=520m,mode=0711", "tmpfs", str(place)], check=False
    ).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        running = start(place, free_port(), SEKALI_POPULATION="100")
        wait_until_ready(running)
        client = client_of(running.url)
        kept: list[str] = []
        write_until_it_breaks(client, kept, 1)
        filler = place / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * (1 << 20))
        big = {"resourceType": "Patient", "name": [{"text": "x" * 4_000_000}]}
        statuses = []
        for _ in range(12):
            with contextlib.suppress(httpx.HTTPError):
                statuses.append(client.post("/Patient", json=big).status_code)
        assert statuses and statuses[-1] == 503, statuses
        answered = 0
        for id in kept * 3:  # whoever is answered must be in the audit, with a full disk too
            with contextlib.suppress(httpx.HTTPError):
                answered += client.get(f"/Patient/{id}").status_code == 200
        stop(running)
        assert "left; Sekali needs" in refused(place, free_port()), "it will not start without room"
        filler.unlink()
        running = start(place, free_port(), SEKALI_POPULATION="100")
        wait_until_ready(running)
        client = client_of(running.url)
        wrote, looked, breaks = asyncio.run(audited(running.dsn, kept))
        assert wrote == len(kept) and looked >= answered and breaks == ()
        assert all(client.get(f"/Patient/{id}").status_code == 200 for id in kept)
        stop(running)
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")
def test_root_drops_to_an_account_and_changes_no_other_folder(place) -> None:
    parent = place.parent
    before = {path: os.stat(path).st_mode for path in (Path("/"), Path("/tmp"), Path.home(), parent)}  # noqa: S108
    running = start(place, free_port(), SEKALI_POPULATION="100")
    wait_until_ready(running)
    try:
        assert psutil.Process(postmaster(place)).uids().real != 0
        assert {path: os.stat(path).st_mode for path in before} == before
        assert os.stat(place / "postgres").st_mode & 0o777 == 0o700
    finally:
        stop(running)


async def test_the_database_of_somebody_else(place, database) -> None:
    """SEKALI_DATABASE_URL points at any PostgreSQL of 16 or newer; nothing embedded is started."""
    running = start(place, free_port(), SEKALI_POPULATION="100", SEKALI_DATABASE_URL=database.dsn)
    try:
        await asyncio.to_thread(wait_until_ready, running)
        assert not (place / "postgres").exists()
        assert await database.fetchval("select count(*) from identity.citizen") == 100
    finally:
        await asyncio.to_thread(stop, running)


async def test_a_database_that_is_not_there_is_told_in_a_sentence() -> None:
    with pytest.raises(kernel.Unavailable):
        await kernel.Database.connect("postgresql://127.0.0.1:1/none")
