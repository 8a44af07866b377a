"""One worker in each web process: it looks for a job every second and dies with its process.

A job belongs to whoever holds its lease and the lock of its folder. A worker that was killed loses both, and another goes
on from what was noted.
"""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from sekali import kernel, records

from ..outcomes import failure_response, unexpected
from .exporting import Exporting
from .folder import NoRoom, locked, made, remove
from .importing import Importing
from .job import Job
from .jobs import LEASE, Jobs, Lost

log = logging.getLogger("sekali.bulk")
EVERY = 1.0
TIDY_EVERY = 60.0
SIGN_EVERY = LEASE.total_seconds() / 3


class Worker:
    """Does jobs, one at a time.

    :param most: bytes of one job's files.
    :param processes: that prepare the lines of an import.
    """

    def __init__(self, jobs: Jobs, store: records.Store, most: int, strict: bool, processes: int = 1) -> None:
        self._jobs = jobs
        self._store = store
        self._most = most
        self._strict = strict
        self._processes = processes
        self._id = uuid.uuid4()

    def working(self) -> AbstractAsyncContextManager[None]:
        """Work while the block runs; what is not finished at its end, others go on with."""
        return kernel.beside(self._work())

    async def _work(self) -> None:
        tidied = 0.0
        clock = asyncio.get_running_loop().time
        while True:
            with contextlib.suppress(kernel.Unavailable, kernel.TooCostly):  # the database is on its way back
                if clock() - tidied >= TIDY_EVERY:
                    tidied = clock()
                    await self.tidy()
                if await self.once():
                    continue
            await asyncio.sleep(EVERY)

    async def once(self) -> bool:
        """Do one job, if there is one to do."""
        elsewhere: list[uuid.UUID] = []
        while one := await self._jobs.next(self._id, elsewhere):
            with locked(made(Path(one.folder))) as mine:
                if mine:
                    await self.do(one)
                    return True
            elsewhere.append(one.id)  # whoever had it still lives, and will notice
        return False

    async def do(self, one: Job, tell: Callable[[Job], None] = lambda one: None, every: float = SIGN_EVERY) -> None:
        """A job that is this worker's and whose folder is locked, to its end.

        :param tell: is told how far it has come, every ``every`` seconds.
        """
        work = asyncio.create_task(self._run(one))
        try:
            while not (await asyncio.wait([work], timeout=every))[0]:
                tell(one)
                await self._jobs.renew(one)
            await work
        except Lost:
            pass  # cancelled: tidying takes the folder away
        except asyncio.CancelledError:
            await self._stop(work)
            await self._jobs.give_back(one)
            raise
        except kernel.Unavailable:
            log.warning("bulk job %s waits: the database is not there", one.id)
        finally:
            await self._stop(work)

    async def _run(self, one: Job) -> None:
        """The work; what goes wrong with it, but not with the database, is the job's own end."""
        try:
            if one.kind == "export":
                await Exporting(self._jobs, self._store, one, self._most).run()
            else:
                await Importing(self._jobs, self._store, one, self._most, self._processes, self._strict).run()
        except NoRoom as failure:
            await self._jobs.end(one, bytes(failure_response(failure).body))
        except (Lost, kernel.Unavailable):
            raise
        except kernel.Failure as failure:
            await self._jobs.end(one, bytes(failure_response(failure).body))
        except Exception as error:
            log.error("bulk job %s: %s", one.id, kernel.places(error))
            await self._jobs.end(one, bytes(unexpected(str(one.id)).body))
        else:
            await self._jobs.end(one)

    async def _stop(self, work: asyncio.Task[None]) -> None:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)

    async def tidy(self) -> None:
        """Take away what was cancelled or has expired, unless somebody still works on it."""
        for id, folder, attended in await self._jobs.stale():
            if attended or remove(Path(folder)):
                await self._jobs.forget(id)
