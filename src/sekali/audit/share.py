"""One process's share of a verification: ``python -m sekali.audit.share``, begun by :mod:`verifying`.

What to walk comes in by standard input; out go a line with a number after each page, an empty line, and the verdict.
"""

import asyncio
import pickle
import sys

from sekali import kernel

from .pages import one_moment, walk


def _tell(done: int) -> None:
    sys.stdout.buffer.write(b"%d\n" % done)
    sys.stdout.buffer.flush()


async def main() -> None:
    """Do it."""
    dsn, snapshot, part, heads, marks = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that began us
    database = await kernel.Database.connect(dsn, 1)
    try:
        async with database.transaction() as tx:
            await one_moment(tx, snapshot)
            verdict = await walk(tx, part, heads, marks, _tell)
    finally:
        await database.close()
    sys.stdout.buffer.write(b"\n" + pickle.dumps(verdict))


if __name__ == "__main__":
    asyncio.run(main())
