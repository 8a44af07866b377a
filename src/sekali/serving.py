"""Serving one port with one process for each core.

The first process is the program itself; the others are its workers. A worker lives as long as its parent: its standard
input is a pipe that ends when the parent ends, however it ended.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sekali import kernel

PAUSE = 1.0
"""Seconds before a worker that ended by itself is started again."""


HEADERS_WITHIN = 20.0
"""Seconds for a request's line and headers, from its first byte, and of a new connection to its first."""


class _Impatient(HttpToolsProtocol):
    """Ends a connection on which the headers of a request do not come; uvicorn itself would wait for ever."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._came()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._wait()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._came()
        super().on_headers_complete()

    def _wait(self) -> None:
        self._came()
        self._late = self.loop.call_later(HEADERS_WITHIN, self.transport.close)

    def _came(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class _Server(uvicorn.Server):
    """Signals are ours: after the web server the database has to be stopped too."""

    @contextlib.contextmanager
    def capture_signals(self):
        yield


def _server(asgi: ASGIApp, proxy: Sequence[kernel.Network]) -> _Server:
    kernel.settle()
    return _Server(
        uvicorn.Config(
            asgi,
            loop="uvloop",
            http=_Impatient,
            ws="websockets-sansio",
            ws_max_size=16 << 10,  # a subscriber says hardly anything
            ws_per_message_deflate=False,
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=5,
            proxy_headers=bool(proxy),
            forwarded_allow_ips=[str(network) for network in proxy],
            backlog=1024,
        )  # fmt: skip
    )


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """The port, taken before anything else is begun. Raises Trouble when somebody has it.

    It is tried alone first, for a shared port could be taken by a second Sekali unseen.
    """
    try:
        for _ in range(10):  # the workers of a Sekali that was killed need a moment to let it go
            with contextlib.suppress(OSError), _socket(host, port, shared=False):
                break
            time.sleep(0.1)
        else:
            _socket(host, port, shared=False).close()
        listener = _socket(host, port, shared=True)
    except OSError as error:
        raise kernel.Trouble(
            f"Port {port} on {host} cannot be used ({os.strerror(error.errno or 0)}). "
            "Stop what uses it, or choose another: SEKALI_PORT=8090 make up"
        ) from None
    with listener:
        yield listener


def shared(host: str, port: int) -> socket.socket:
    """A worker's own socket on the port: the operating system deals new connections out evenly."""
    return _socket(host, port, shared=True)


def _socket(host: str, port: int, shared: bool) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind((host, port))
        if not shared:
            made.listen(1)  # a port on which somebody listens without sharing is refused only here
    except OSError:
        made.close()
        raise
    return made


async def serve(
    asgi: ASGIApp, listener: socket.socket, dsn: str, processes: int, proxy: Sequence[kernel.Network]
) -> None:
    """Serve until SIGINT or SIGTERM, with ``processes`` - 1 workers beside this process; behind a ``proxy``, if there is one."""
    server = _server(asgi, proxy)

    def stop() -> None:
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    async with _workers(dsn, processes - 1):
        await server.serve(sockets=[listener])


async def work(asgi: ASGIApp, listener: socket.socket, proxy: Sequence[kernel.Network]) -> None:
    """Serve as a worker, until the parent ends or says so."""
    server = _server(asgi, proxy)

    def stop() -> None:
        server.should_exit = True

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop)
    loop.add_signal_handler(signal.SIGINT, lambda: None)  # Ctrl-C reaches the parent too, which stops us
    loop.add_reader(sys.stdin.fileno(), stop)  # nothing is ever sent: readable means that the parent is gone
    await server.serve(sockets=[listener])


@asynccontextmanager
async def _workers(dsn: str, count: int) -> AsyncIterator[None]:
    keepers = [asyncio.create_task(_keep(dsn, number)) for number in range(1, count + 1)]
    try:
        yield
    finally:
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)


async def _keep(dsn: str, number: int) -> None:
    """One worker, started again whenever it ends by itself."""
    environment = os.environ | {"SEKALI_DATABASE_URL": dsn}
    environment.pop("SEKALI_DATABASE_URL_FILE", None)
    while True:
        worker = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "sekali",
            "worker",
            str(number),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=environment,
        )
        try:
            await worker.wait()
        except asyncio.CancelledError:
            worker.terminate()
            await worker.wait()
            raise
        await asyncio.sleep(PAUSE)
