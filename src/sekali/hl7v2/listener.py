"""The listener: MLLP over TCP, with a limit on everything that a sender could use up."""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from sekali import kernel

from . import answers
from .frames import Fault, Frames, framed
from .inbox import Inbox
from .refusals import TOO_LARGE, Place, Refused
from .senders import Senders

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one listener allows. Sizes are bytes, times seconds."""

    connections: int = 50
    message: int = 512 * 1024
    noise: int = 1024 * 1024
    """Bytes passed over between two whole messages, before the line is given up."""
    idle: float = 300.0
    unfinished: float = 30.0
    """From the first byte of a message to its last."""
    at_once: int = 4
    """Messages being kept at one moment; more would take the desks' connections to the database."""
    closing: float = 5.0


class Listener:
    """Accepts connections and answers each message in turn.

    :ivar senders: who may send.
    :ivar inbox: where messages go.
    """

    def __init__(self, inbox: Inbox, senders: Senders, limits: Limits | None = None) -> None:
        self.senders = senders
        self.inbox = inbox
        self._limits = limits or Limits()
        self._turn = asyncio.Semaphore(self._limits.at_once)
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: set[asyncio.Task[None]] = set()
        self._stopping = False

    @asynccontextmanager
    async def on(self, host: str, port: int | None) -> AsyncIterator[None]:
        """Listen while the block runs; without a port, do nothing. Raises Trouble when the port is taken.

        At the end messages that are being kept are answered, idle lines are closed.
        """
        if port is None:
            yield
            return
        try:
            server = await asyncio.start_server(self._accept, host, port, limit=self._limits.message)
        except OSError as error:
            raise kernel.Trouble(
                f"Port {port} on {host} cannot be used for HL7 v2 ({os.strerror(error.errno or 0)}). "
                "Choose another: SEKALI_HL7_PORT"
            ) from None
        self._stopping = False
        try:
            yield
        finally:
            server.close()
            await self._stop()

    async def _stop(self) -> None:
        self._stopping = True
        for task in list(self._waiting):
            task.cancel()
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=self._limits.closing)
            for task in late:
                task.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._tasks) >= self._limits.connections or self._stopping:
            writer.close()
            return
        self._tasks.add(task)
        try:
            await self._serve(task, reader, writer)
        except (TimeoutError, ConnectionError, asyncio.CancelledError):
            pass  # the line is closed; a sender without an answer sends again
        except Exception as error:
            log.error("%s", kernel.places(error))
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(
        self, task: asyncio.Task[None], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        address = _address(writer)
        known = True  # until the list says otherwise; without a database the inbox says so itself
        with contextlib.suppress(kernel.Unavailable):
            known = await self.senders.known_address(address)
        frames = Frames(self._limits.message)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._limits.idle
        while not self._stopping and frames.skipped <= self._limits.noise:
            self._waiting.add(task)
            try:
                async with asyncio.timeout_at(deadline):
                    data = await reader.read(65536)
            finally:
                self._waiting.discard(task)
            if not data:
                return
            begun = frames.unfinished
            found = frames.feed(data)
            for frame in found:
                await self._answer(frame, address, writer)
                if not known:
                    return
            if not frames.unfinished:
                deadline = loop.time() + self._limits.idle
            elif found or not begun:
                deadline = loop.time() + self._limits.unfinished

    async def _answer(self, frame: bytes | Fault, address: str, writer: asyncio.StreamWriter) -> None:
        if isinstance(frame, Fault):
            refusal = Refused(
                TOO_LARGE,
                Place("MSH"),
                "The message is too large: at most %(bytes)s bytes. Send it in parts.",
                bytes=self._limits.message,
            )
            answer = answers.refused(None, refusal)
        else:
            async with self._turn:
                answer = await self.inbox.answer(frame, address)
        writer.write(framed(answer))
        async with asyncio.timeout(self._limits.unfinished):
            await writer.drain()


def _address(writer: asyncio.StreamWriter) -> str:
    """The other end's address; an IPv4 one also where it came in over IPv6."""
    with contextlib.suppress(ValueError, TypeError, IndexError):
        found = ip_address(writer.get_extra_info("peername")[0].partition("%")[0])
        return str(found.ipv4_mapped or found) if isinstance(found, IPv6Address) else str(found)
    return "0.0.0.0"  # noqa: S104 - an address that no sender has
