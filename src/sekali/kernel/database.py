"""PostgreSQL, and the only place that knows its driver.

A stock pool costs more than the query it runs, so connections are a plain list, handed out without a reset (nothing
here changes a session), and hot lookups of one row share a round trip (see :class:`Coalesced`). The measurements
behind this are in docs/measurements.md.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg

from .failures import Conflict, Duplicate, Invalid, TooCostly, Unavailable
from .packing import AFTER, BEFORE

Row = asyncpg.Record

WAIT_FOR_CONNECTION = 10.0
COMMAND_TIMEOUT = 60.0
LONGEST_MAINTENANCE = 7 * 86_400.0
MINIMUM_VERSION = 16
_SESSION = {"application_name": "sekali", "jit": "off", "TimeZone": "UTC"}

_LOST = (
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InternalClientError,
    OSError,
)


@contextmanager
def _translated():
    """The driver's errors in the one vocabulary of failure."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        raise Duplicate(error.constraint_name or "") from None
    except asyncpg.DiskFullError:
        raise Unavailable(
            "The disk is full, so nothing new can be kept. Tell the operations engineer.", retry_after=60
        ) from None
    except (asyncpg.QueryCanceledError, TimeoutError):
        raise TooCostly("This took too long and was stopped. Ask for less at once.") from None
    except asyncpg.CharacterNotInRepertoireError:
        raise Invalid("There is a character here that nothing can keep. Type it anew, please.") from None
    except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
        raise Conflict("Somebody else changed the same thing at the same moment. Please try again.") from None
    except _LOST as error:
        raise Unavailable from error


class Session:
    """What can be asked of one connection. Rows come as mappings that can also be indexed.

    :ivar place: which of its database's connections this is, from 0; no two at one moment have the same. -1 of a line.
    :ivar known: what its users want to remember for as long as this connection lives.
    :ivar before: what has to be sent before anything else is asked, once.
    """

    def __init__(self, connection: asyncpg.Connection, place: int, known: dict[str, Any]) -> None:
        self._connection = connection
        self.place = place
        self.known = known
        self.before: Callable[[], Awaitable[None]] | None = None

    async def send_before(self) -> None:
        """Send what has to be sent first, where there is something."""
        before, self.before = self.before, None
        if before is not None:
            await before()

    async def fetch(self, sql: str, *values: Any) -> list[Row]:
        """All rows."""
        await self.send_before()
        with _translated():
            return await self._connection.fetch(sql, *values)

    async def fetchrow(self, sql: str, *values: Any) -> Row | None:
        """The first row, or None."""
        await self.send_before()
        with _translated():
            return await self._connection.fetchrow(sql, *values)

    async def fetchval(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        await self.send_before()
        with _translated():
            return await self._connection.fetchval(sql, *values)

    async def execute(self, sql: str, *values: Any) -> str:
        """Run; PostgreSQL's own word for what was done comes back (``UPDATE 1``)."""
        await self.send_before()
        with _translated():
            return await self._connection.execute(sql, *values)

    async def copy(self, table: str, columns: Sequence[str], rows: Iterable[bytes]) -> None:
        """Many rows at once by COPY, packed (see ``packing``). ``table`` is ``schema.table``."""
        await self.send_before()
        schema, name = table.split(".")
        whole = memoryview(b"".join((BEFORE, *rows, AFTER)))  # the driver would take bytes for a path
        with _translated():
            await self._connection.copy_to_table(
                name, schema_name=schema, columns=columns, source=whole, format="binary"
            )

    @asynccontextmanager
    async def part(self) -> AsyncIterator[None]:
        """A transaction, or within one a part of it: kept when the block ends; when an exception leaves the block it is
        taken back alone, and what is around it can go on.
        """
        await self.send_before()
        part = self._connection.transaction()
        with _translated():
            await part.start()
        try:
            yield
        except BaseException:
            await _give_up(self._connection, part)
            raise
        with _translated():
            await part.commit()


class _Line:
    """A place for one connection; None until it is needed, and after it was lost."""

    def __init__(self, place: int) -> None:
        self.place = place
        self.connection: asyncpg.Connection | None = None
        self.known: dict[str, Any] = {}


class Database:
    """A few connections to one PostgreSQL database.

    :param dsn: ``postgresql://...``; for a socket ``postgresql:///sekali?host=/folder&user=sekali``.
    :param size: the most connections; each is opened when first needed and again when it was lost.
    """

    def __init__(self, dsn: str, size: int = 10) -> None:
        self._dsn = dsn
        self.size = size
        self._free = deque(_Line(place) for place in range(size))
        self._waiting: deque[asyncio.Future[_Line]] = deque()
        self._closed = False

    @classmethod
    async def connect(cls, dsn: str, size: int = 10) -> "Database":
        """Open, and make sure that the server is new enough. Raises Unavailable."""
        database = cls(dsn, size)
        number = int(await database.fetchval("show server_version_num"))
        if number // 10000 < MINIMUM_VERSION:
            await database.close()
            raise Unavailable(
                "PostgreSQL %(found)s is too old; Sekali needs %(needed)s or newer.",
                found=number // 10000,
                needed=MINIMUM_VERSION,
            )
        return database

    @property
    def dsn(self) -> str:
        """Where it is, for another process."""
        return self._dsn

    async def _open(self) -> asyncpg.Connection:
        with _translated():
            return await asyncpg.connect(
                self._dsn,
                command_timeout=COMMAND_TIMEOUT,
                timeout=5,
                server_settings=_SESSION,
                max_cached_statement_lifetime=0,
            )

    async def _acquire(self) -> _Line:
        line = self._free.popleft() if self._free else await self._turn()
        if line.connection is not None and not line.connection.is_closed():
            return line
        line.connection, line.known = None, {}
        try:
            if self._closed:
                raise Unavailable
            line.connection = await self._open()
        except BaseException:
            self._release(line)
            raise
        return line

    async def _turn(self) -> _Line:
        """The next line that comes free for whoever waits longest: nobody who comes later may take it."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(WAIT_FOR_CONNECTION):
                return await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():  # it was ours already when we had to go
                self._release(turn.result())
            if isinstance(error, TimeoutError):
                raise Unavailable("Sekali is very busy just now. Nothing was lost; please try again.") from None
            raise

    def _release(self, line: _Line) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(line)
                return
        self._free.appendleft(line)  # the one used last is the warmest

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """One connection, for some statements that are each a transaction of its own."""
        line = await self._acquire()
        try:
            yield Session(line.connection, line.place, line.known)
        finally:
            self._release(line)

    async def fetch(self, sql: str, *values: Any) -> list[Row]:
        """All rows."""
        async with self.session() as session:
            return await session.fetch(sql, *values)

    async def fetchrow(self, sql: str, *values: Any) -> Row | None:
        """The first row, or None."""
        async with self.session() as session:
            return await session.fetchrow(sql, *values)

    async def fetchval(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        async with self.session() as session:
            return await session.fetchval(sql, *values)

    async def execute(self, sql: str, *values: Any) -> str:
        """Run; PostgreSQL's own word for what was done comes back (``UPDATE 1``)."""
        async with self.session() as session:
            return await session.execute(sql, *values)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """One transaction: committed when the block ends, nothing of it kept when an exception leaves the block."""
        async with self.session() as session, session.part():
            yield session

    @asynccontextmanager
    async def line(self, channel: str, heard: Callable[[str], None]) -> AsyncIterator[Session]:
        """A connection of one's own, beside the others: ``heard`` is called at each NOTIFY on ``channel`` with what it
        says, and locks of the session end with it, however it ends. Raises Unavailable, here and when it is used after it
        was lost.
        """
        connection = await self._open()
        try:
            with _translated():
                await connection.add_listener(channel, lambda *told: heard(told[-1]))
            yield Session(connection, -1, {})
        finally:
            connection.terminate()

    async def maintain(self, sql: str) -> None:
        """Run what may take hours and stands in no transaction, on a connection of its own."""
        connection = await self._open()
        try:
            with _translated():
                await connection.execute(sql, timeout=LONGEST_MAINTENANCE)
        finally:
            connection.terminate()

    def coalesced(self, sql: str) -> "Coalesced":
        """A lookup that shares its round trips. See :class:`Coalesced`."""
        return Coalesced(self, sql)

    async def close(self) -> None:
        """Give the connections back to the server; those at work are ended."""
        self._closed = True
        for connection in [one.connection for one in self._free if one.connection and not one.connection.is_closed()]:
            try:
                await connection.close(timeout=2)
            except (TimeoutError, *_LOST):
                connection.terminate()


async def _give_up(connection: asyncpg.Connection, transaction: asyncpg.transaction.Transaction) -> None:
    """Roll back; a connection on which that fails is not used again."""
    try:
        await transaction.rollback()
    except Exception:
        connection.terminate()


class Coalesced:
    """A lookup of one row by key, where the callers of one moment share one query.

    While a query is under way, new keys gather; when it is back they all go together. Under load the server does one
    prepared query for many readers (38 µs of its time a read instead of 188), with no load nobody waits.

    The SQL takes one array per part of the key and returns ``n``, the 1-based place of the key in those arrays:

        select k.n, r.content from (
          select * from unnest($1::int[], $2::uuid[]) with ordinality k(shard, id, n) limit (select 1000000)
        ) k
        cross join lateral (select ... limit 1) r

    The first limit is never reached. Without it PostgreSQL expects ten keys where it does not know how many there are, finds
    that dear beside a plan for one, and makes a plan anew for each question: 80 µs of its time instead of 23. Of a limit that
    it cannot foresee it expects a tenth.
    """

    LIMIT = 256

    def __init__(self, database: Database, sql: str) -> None:
        self._database = database
        self._sql = sql
        self._keys: list[tuple[Any, ...]] = []
        self._futures: list[asyncio.Future[Row | None]] = []
        self._pump: asyncio.Task[None] | None = None

    async def __call__(self, *key: Any) -> Row | None:
        """The row of ``key``, or None. Raises Unavailable."""
        future = asyncio.get_running_loop().create_future()
        self._keys.append(key)
        self._futures.append(future)
        if self._pump is None:
            self._pump = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        try:
            while self._keys:
                keys, self._keys = self._keys[: self.LIMIT], self._keys[self.LIMIT :]
                futures, self._futures = self._futures[: self.LIMIT], self._futures[self.LIMIT :]
                await self._answer(keys, futures)
        finally:
            self._pump = None

    async def _answer(self, keys: list[tuple[Any, ...]], futures: list[asyncio.Future[Row | None]]) -> None:
        try:
            found = {
                row["n"]: row for row in await self._database.fetch(self._sql, *map(list, zip(*keys, strict=True)))
            }
        except Exception as error:
            for future in futures:
                if not future.done():
                    future.set_exception(error)
            return
        for place, future in enumerate(futures, 1):
            if not future.done():  # its reader may have gone away
                future.set_result(found.get(place))
