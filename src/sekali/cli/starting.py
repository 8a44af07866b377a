"""``sekali up``, ``serve`` and ``migrate``; the settings."""

import asyncio
import socket

import click
from rich.table import Table

from sekali import app, audit, commands, kernel, program, records, security, serving
from sekali.cli.root import console, main, run, settings_here, step
from sekali.opening import database_at, require_url


@main.command()
@click.option("--population", type=click.IntRange(100, 900_000), help="People of a new demo city [20000].")
def up(population: int | None) -> None:
    """Start everything: database, demo city at the first start, web and FHIR."""
    run(_up(population))


@main.command()
def serve() -> None:
    """Start web and FHIR on a database that is there; no demo."""
    run(_serve())


@main.command(hidden=True)
@click.argument("number", type=int)
def worker(number: int) -> None:
    """One more process of a running Sekali, on its port."""
    run(_worker(number))


@main.command()
def migrate() -> None:
    """Bring the database of SEKALI_DATABASE_URL up to this version."""
    run(_migrate())


@main.command()
def settings() -> None:
    """Show every setting and its present value (secrets hidden)."""
    found = settings_here()
    table = Table("setting", "value", box=None, pad_edge=False)
    for name in found.__slots__:
        value = getattr(found, name)
        table.add_row(f"SEKALI_{name.upper()}", "(set)" if name in kernel.SECRET and value else str(value))
    console.print(table)


async def _up(population: int | None) -> int | None:
    found = settings_here()
    with serving.listening(found.host, found.port) as listener:
        if found.database_url:
            async with database_at(found.database_url, found) as database:
                return await _work(found, database, found.database_url, population, listener)
        cluster = kernel.Cluster(found)
        cluster.hold()
        kernel.log_to(found.data)
        try:
            await cluster.start()
            step(f"PostgreSQL runs as {cluster.account.name}, data in {found.data}")
            watch = asyncio.create_task(_watch(cluster))
            async with database_at(cluster.dsn, found) as database:
                try:
                    return await _work(found, database, cluster.dsn, population, listener)
                finally:
                    watch.cancel()
        finally:
            await cluster.stop()
            step("Stopped; everything is on disk")


async def _watch(cluster: kernel.Cluster) -> None:
    async for words in cluster.watch():
        console.print(f"[yellow]![/yellow] {words}")


async def _work(
    found: kernel.Settings, database: kernel.Database, dsn: str, population: int | None, listener: socket.socket
) -> None:
    count = await kernel.migrate(database)
    sekali = await app.build(found, database)
    await _bring_up(sekali)
    step(f"Database is up to date ({count} new migrations)" if count else "Database is up to date")
    await _load_history(sekali)
    if found.demo:
        await commands.load_demo(sekali, console, found, population or found.population)
    async with sekali.hl7v2.on(found.host, found.hl7_port):
        commands.say_welcome(console, found)
        async with sekali.working():
            await serving.serve(sekali.asgi, listener, dsn, found.processes, found.proxy)


async def _serve() -> None:
    found = settings_here()
    kernel.log_to(found.data)
    with serving.listening(found.host, found.port) as listener:
        async with database_at(require_url(found), found) as database:
            sekali = await app.build(found, database)
            async with sekali.hl7v2.on(found.host, found.hl7_port):
                console.print(f"Sekali on http://{found.host}:{found.port}  (Ctrl-C stops it)")
                async with sekali.working():
                    await serving.serve(sekali.asgi, listener, found.database_url, found.processes, found.proxy)


async def _worker(number: int) -> None:
    audit.write_as(number)
    found = settings_here()
    kernel.log_to(found.data)
    async with database_at(require_url(found), found) as database:
        sekali = await app.build(found, database)
        with serving.shared(found.host, found.port) as listener:
            async with sekali.bulk.working(), sekali.subscriptions.working():
                await serving.work(sekali.asgi, listener, found.proxy)


async def _migrate() -> None:
    found = settings_here()
    async with database_at(require_url(found), found) as database:
        count = await kernel.migrate(database, tell=step)
        console.print(f"{count} migrations applied." if count else "Nothing to do.")
        sekali = await app.build(found, database)
        await _bring_up(sekali)
        await records.Seals(security.Classes(found.sensitive)).renew(database, sekali.cipher, tell=_say_classed)
        await _load_history(sekali)


async def _bring_up(sekali: app.Sekali) -> None:
    """What earlier versions kept is kept as this one does."""
    if security.PLAIN in sekali.cipher.in_use:
        counts: dict[str, int] = {}
        await sekali.rekeying.finish(counts.__setitem__)
        step(f"What was kept unsealed is sealed: {sum(counts.values())} rows of {len(counts)} tables")
    await records.renew(sekali.database, sekali.cipher, tell=_say_renewed)


def _say_renewed(type: str, count: int) -> None:
    step(f"What {count} resources of the kind {type} are found by was made anew")


def _say_classed(type: str, count: int) -> None:
    step(f"{count} resources of the kind {type} were looked through for what is sensitive")


async def _load_history(sekali: app.Sekali) -> None:
    """The cohorts of 2017 to 2019 are there from the start."""
    if await program.history.load(sekali.database, sekali.program.regions):
        step("The movement's cohorts of 2017, 2018 and 2019 are loaded, with their sources")
