"""Noting requests without making any of them wait.

A request is appended to a queue in memory; once a second a task writes what came. A queue holds as many as are kept, so
it cannot grow, and what it drops the next line would have pushed out anyway. What cannot be written (no database, a full
disk) is dropped and said nowhere: nobody's care depends on it.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from time import perf_counter
from uuid import UUID

from starlette.responses import Response
from starlette.types import Message, Scope, Send

from sekali import kernel

from ..representation import INSIDE
from .entry import Entry, Issue, Raw, entry

SQL = kernel.queries(__file__)
KEPT = 200
"""Requests of each client."""
EVERY = 1.0
"""Seconds between two writings."""
WHO = "sekali.who"
"""In the scope of a request: the client id and organization that it has shown itself to be of."""
Who = tuple[str, UUID | None]


class Watch:
    """Stands before ``send`` and counts what goes out in answer to one request."""

    __slots__ = ("_send", "begun", "refusal", "size", "status")

    def __init__(self, send: Send) -> None:
        self.begun = perf_counter()
        self.status = self.size = 0
        self.refusal = b""
        self._send = send

    def refused(self, response: Response) -> Response:
        """Remember why; the same response comes back."""
        self.refusal = bytes(response.body)
        return response

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.size += len(message.get("body", b""))
        await self._send(message)


class RequestLog:
    """The last requests of every client, over all processes, about a second old."""

    def __init__(self, database: kernel.Database) -> None:
        self._database = database
        self._waiting: dict[Who, deque[Raw]] = {}
        self._pump: asyncio.Task[None] | None = None

    def note(self, scope: Scope, path: str, watch: Watch) -> None:
        """Note a request that was answered, unless nobody knows whose it is or it stands in a Bundle."""
        who: Who | None = scope.get(WHO)
        if who is None or INSIDE in scope:
            return
        queue = self._waiting.get(who)
        if queue is None:
            queue = self._waiting[who] = deque(maxlen=KEPT)
        queue.append(
            Raw(
                kernel.now(), scope["method"], path, scope["path_params"].get("type", ""), scope["query_string"],
                watch.status, perf_counter() - watch.begun, watch.size, watch.refusal,
            )
        )  # fmt: skip
        if self._pump is None:
            self._pump = asyncio.create_task(self._run())

    async def _run(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(EVERY)
                waiting, self._waiting = self._waiting, {}
                try:
                    await self._keep(waiting)
                except kernel.Failure:
                    continue
        finally:
            self._pump = None

    async def _keep(self, waiting: dict[Who, deque[Raw]]) -> None:
        rows = [
            (
                client, organization, one.at, one.method, one.path, " ".join(one.parameters), one.status, one.milliseconds,
                one.size, kernel.encode([(issue.text, issue.expression) for issue in one.issues]),
            )
            for (client, organization), queue in waiting.items() for one in (entry(client, raw) for raw in queue)
        ]  # fmt: skip
        await self._database.execute(SQL.add, *map(list, zip(*rows, strict=True)))
        await self._database.execute(SQL.trim, [client for client, _ in waiting], KEPT)

    async def of_client(self, client: str) -> list[Entry]:
        """The last requests of a client, the newest first."""
        return _entries(await self._database.fetch(SQL.of_client, client, KEPT))

    async def of_organization(self, organization: UUID) -> list[Entry]:
        """The last requests of an organization's clients, the newest first."""
        return _entries(await self._database.fetch(SQL.of_organization, organization, KEPT))


def _entries(rows: Iterable[kernel.Row]) -> list[Entry]:
    return [
        Entry(
            row["client"], row["at"], row["method"], row["path"], tuple(row["parameters"].split()), row["status"],
            row["milliseconds"], row["size"], tuple(Issue(*one) for one in kernel.decode(row["issues"])),
        )
        for row in rows
    ]  # fmt: skip
