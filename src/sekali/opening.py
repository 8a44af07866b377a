"""The database of a command."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sekali import kernel


def require_url(found: kernel.Settings) -> str:
    """Of somebody's own PostgreSQL. Raises Trouble."""
    if not found.database_url:
        raise kernel.Trouble("Set SEKALI_DATABASE_URL to your database, or use `sekali up`.")
    return found.database_url


def url_of(found: kernel.Settings) -> str:
    """Of the database of :func:`standing_database`."""
    return found.database_url or kernel.Cluster(found).dsn


@asynccontextmanager
async def database_at(url: str, found: kernel.Settings) -> AsyncIterator[kernel.Database]:
    """Opened, and closed at the end of the block. Raises Unavailable."""
    database = await kernel.Database.connect(url, found.connections)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def standing_database() -> AsyncIterator[kernel.Database]:
    """The database of a command that is given while Sekali runs, or while it does not. Raises Trouble."""
    found = kernel.read_settings(os.environ)
    if found.database_url:
        async with database_at(found.database_url, found) as database:
            yield database
        return
    cluster = kernel.Cluster(found)
    started = False
    try:
        cluster.hold()
        await cluster.start()
        started = True
    except kernel.Trouble:
        if not cluster.runs_for_another:
            raise
    try:
        async with database_at(cluster.dsn, found) as database:
            yield database
    finally:
        if started:
            await cluster.stop()
