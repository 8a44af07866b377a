"""The machine is lost. What comes back, from a backup and from archived WAL, and what does not."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from running import free_port, own_folder, start, stop, wait_until_ready
from test_up import client_of, write_until_it_breaks

from sekali import kernel


@pytest.fixture
def place():
    made = own_folder()
    yield made
    shutil.rmtree(made, ignore_errors=True)


def sekali(*words: str, data: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEKALI_")}
    environment |= {"SEKALI_DATA": str(data), **settings}
    command = [sys.executable, "-m", "sekali", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_backed_up_while_it_ran_then_lost_then_restored(place) -> None:
    """Nothing that was acknowledged before the backup is missing, and every chain of the audit holds."""
    data, other, key, file = place / "data", place / "other", place / "key", place / "one.age"
    assert sekali("backup-key", "--to", str(key), data=data).returncode == 0
    running = start(data, free_port(), SEKALI_POPULATION="100")
    wait_until_ready(running)
    kept: list[str] = []
    with ThreadPoolExecutor(1) as clerk:
        writing = clerk.submit(write_until_it_breaks, client_of(running.url), kept)
        while len(kept) < 30:
            time.sleep(0.01)
        before = list(kept)
        made = sekali("backup", "--to", str(file), "--key", f"{key}.pub", data=data)
        assert made.returncode == 0, made.stdout + made.stderr
        assert len(kept) > len(before), "people wrote while it was made"
        os.kill(running.process.pid, signal.SIGKILL)
        writing.result()
    running.process.wait(10)

    assert sekali("verify", "--from", str(file), "--key", str(key), data=other).returncode == 0
    assert not other.exists(), "looking changes nothing"
    back = sekali("restore", "--from", str(file), "--key", str(key), data=other)
    assert back.returncode == 0, back.stdout
    audited = sekali("audit", "verify", data=other)
    assert audited.returncode == 0 and " 0 breaks" in audited.stdout, audited.stdout
    again = sekali("restore", "--from", str(file), "--key", str(key), data=other)
    assert again.returncode == 1 and "not empty" in again.stdout
    running = start(other, free_port(), SEKALI_POPULATION="100")
    wait_until_ready(running)
    try:
        client = client_of(running.url)
        assert all(client.get(f"/Patient/{id}").status_code == 200 for id in before)
        answer = httpx.post(
            f"{running.url}/masuk", data={"username": "loket.jetis", "password": "sekali-demo"},
            headers={"Sec-Fetch-Site": "same-origin"},
        )  # fmt: skip
        assert answer.status_code == 303, "people log in as before"
    finally:
        stop(running)


def test_a_damaged_backup_makes_not_even_a_folder(place) -> None:
    key, file = place / "key", place / "one.age"
    sekali("backup-key", "--to", str(key), data=place / "data")
    file.write_bytes(b"age-encryption.org/v1\n-> X25519 broken\n")
    told = sekali("restore", "--from", str(file), "--key", str(key), data=place / "other")
    assert (
        told.returncode == 1 and "Nothing was changed" in told.stdout and "Traceback" not in told.stdout + told.stderr
    )
    assert not (place / "other").exists()


def program(name: str) -> str:
    return str(kernel.client_programs() / name)


def in_place(dsn: str, *statements: str) -> str:
    """Run statements by psql; what the last one says."""
    command = [program("psql"), "-d", dsn, "-qAt", *(word for sql in statements for word in ("-c", sql))]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_any_moment_comes_back_from_a_base_backup_and_archived_wal(place) -> None:
    """Point-in-time recovery with PostgreSQL's own pg_basebackup and pg_receivewal, as docs/operations.md has it."""
    base, wal = place / "base", place / "wal"
    wal.mkdir()
    cluster = kernel.Cluster(kernel.Settings(data=place / "data"))
    cluster.hold()
    asyncio.run(cluster.start())
    in_place(cluster.dsn, "create table moment (n integer)")
    command = [program("pg_receivewal"), "-D", str(wal), "-d", cluster.dsn, "--slot", "archive"]
    subprocess.run([*command, "--create-slot"], check=True)
    archiving = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        subprocess.run([program("pg_basebackup"), "-D", str(base), "-d", cluster.dsn, "-c", "fast"], check=True)
        in_place(cluster.dsn, "insert into moment values (1)")
        time.sleep(0.1)
        moment = in_place(cluster.dsn, "select now()")
        time.sleep(0.1)
        in_place(
            cluster.dsn, "insert into moment values (2)", "select pg_switch_wal()", "insert into moment values (3)"
        )
        deadline = time.monotonic() + 20
        while not [path for path in wal.iterdir() if path.suffix == ".partial"] or len(list(wal.iterdir())) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        asyncio.run(cluster.stop())
        archiving.terminate()
        archiving.wait(20)
    shutil.rmtree(place / "data")

    target = kernel.Cluster(kernel.Settings(data=place / "other"))
    target.hold()
    shutil.copytree(base, place / "other/postgres")
    with (place / "other/postgres/postgresql.auto.conf").open("a") as settings:
        settings.write(
            f"restore_command = 'cp {wal}/%f %p || cp {wal}/%f.partial %p'\n"
            f"recovery_target_time = '{moment}'\nrecovery_target_action = 'promote'\n"
        )
    (place / "other/postgres/recovery.signal").touch()
    for path in (wal, *wal.iterdir(), place / "other/postgres", *(place / "other/postgres").rglob("*")):
        os.chown(path, target.account.uid, target.account.gid)
    (place / "other/postgres").chmod(0o700)
    asyncio.run(target.start())
    try:
        assert in_place(target.dsn, "select n from moment order by n") == "1"
    finally:
        asyncio.run(target.stop())
