"""A served Sekali in a process of its own, on a fresh port; bare or whole."""

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import psutil

from sekali import kernel

DATA = Path(tempfile.mkdtemp(prefix="sekali-bench-keys-"))
"""The data folder of all that is measured: keys lie there."""
atexit.register(shutil.rmtree, DATA, ignore_errors=True)


class Server:
    """``sekali serve``; or the same ``without`` some guards: "policy", "audit" (see bare.py)."""

    def __init__(self, dsn: str, without: Sequence[str] = ()) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SEKALI_")}
        environment |= {"SEKALI_DATABASE_URL": dsn, "SEKALI_PORT": str(self.port), "SEKALI_DATA": str(DATA)}
        environment |= {"SEKALI_RATE_ADDRESS": "none", "SEKALI_RATE_ACCOUNT": "none"}  # what it can is measured
        command = [str(Path(__file__).parent / "bare.py"), *without] if without else ["-m", "sekali", "serve"]
        self._process = subprocess.Popen(
            [sys.executable, *command], env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        self.pid = self._process.pid

    def __enter__(self) -> "Server":
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                answers = httpx.get(f"{self.url}/fhir-r4/v1/metadata", timeout=2).status_code == 200
                # connections that are made before a worker listens would all stay with the others
                if answers and all(map(self._listens, psutil.Process(self.pid).children())):
                    return self
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        raise SystemExit("the server did not start")

    def __exit__(self, *_: object) -> None:
        for process in [*psutil.Process(self.pid).children(), self._process]:
            process.terminate()
        self._process.wait(20)

    def require_listener(self) -> None:
        """It is really our process that answers on this port."""
        if not self._listens(psutil.Process(self.pid)):
            raise SystemExit(f"port {self.port} is not this server's")

    def _listens(self, process: psutil.Process) -> bool:
        found = process.net_connections("tcp")
        return any(one.status == psutil.CONN_LISTEN and one.laddr.port == self.port for one in found)

    def pids(self, cluster: kernel.Cluster) -> tuple[int, ...]:
        """Of server and database: whose CPU a request costs."""
        return self.pid, cluster._process.pid

    def token(self, client_id: str, secret: str) -> str:
        """An access token of the demo's integrator."""
        answer = httpx.post(
            f"{self.url}/oauth2/v1/accesstoken?grant_type=client_credentials",
            data={"client_id": client_id, "client_secret": secret},
        )
        return answer.json()["access_token"]
