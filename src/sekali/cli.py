"""The command line."""

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from sekali import app, audit, auditing, commands, kernel, program, records, security, serving
from sekali.opening import database_at, require_url, standing_database

console = Console(highlight=False)


def _run(work: Coroutine[Any, Any, int | None]) -> None:
    """Run a command; what stops it is said in a sentence, without a traceback."""
    import uvloop

    try:
        sys.exit(uvloop.run(work) or 0)
    except kernel.Trouble as trouble:
        console.print(f"[red]✗[/red] {trouble}", soft_wrap=True)
    except kernel.Failure as failure:
        console.print(f"[red]✗[/red] {failure.text('en')}", soft_wrap=True)
    sys.exit(1)


def _settings() -> kernel.Settings:
    return kernel.read_settings(os.environ)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="sekali", message="Sekali %(version)s")
def main() -> None:
    """Sekali: told once, known everywhere.

    \b
    First time?        sekali up            the whole of it with a demo city, on http://127.0.0.1:8080
    Your own server?   sekali serve         with SEKALI_DATABASE_URL; then: sekali user add
    Is all well?       sekali audit verify  walks every hash chain of the audit
    Kept elsewhere?    sekali backup        one encrypted file; then: sekali verify, sekali restore

    Settings come from the environment (SEKALI_PORT=9000 sekali up); `sekali settings` lists them.
    """


@main.command()
@click.option("--population", type=click.IntRange(100, 900_000), help="People of a new demo city [20000].")
def up(population: int | None) -> None:
    """Start everything: database, demo city at the first start, web and FHIR."""
    _run(_up(population))


@main.command()
def serve() -> None:
    """Start web and FHIR on a database that is there; no demo."""
    _run(_serve())


@main.command(hidden=True)
@click.argument("number", type=int)
def worker(number: int) -> None:
    """One more process of a running Sekali, on its port."""
    _run(_worker(number))


@main.command()
def migrate() -> None:
    """Bring the database of SEKALI_DATABASE_URL up to this version."""
    _run(_migrate())


@main.command()
def settings() -> None:
    """Show every setting and its present value (secrets hidden)."""
    found = _settings()
    table = Table("setting", "value", box=None, pad_edge=False)
    for name in found.__slots__:
        value = getattr(found, name)
        table.add_row(f"SEKALI_{name.upper()}", "(set)" if name in kernel.SECRET and value else str(value))
    console.print(table)


@main.group(name="audit")
def audit_group() -> None:
    """The audit's hash chains."""


@audit_group.command()
@click.option("--from", "file", type=click.Path(path_type=Path), help="An export, instead of the database.")
@click.option(
    "--anchors", "folder", type=click.Path(path_type=Path), help="Folder of the anchors [SEKALI_AUDIT_ANCHORS]."
)
@click.option("--key", "public", help="The public key of the anchors, or a file that holds it [this server's own].")
def verify(file: Path | None, folder: Path | None, public: str | None) -> None:
    """Walk every chain, hold it against the anchors; say where one does not hold."""
    if file:
        _run(auditing.verify_export(_settings(), console, file, folder, public))
    else:
        _run(_with_database(auditing.verify, folder, public))


@audit_group.command()
@click.option("--anew", is_flag=True, help="Begin with number 1 in an empty folder, after a backup was put back.")
def anchor(anew: bool) -> None:
    """Sign where the chains end now, into the folder of the anchors."""
    _run(_with_database(auditing.anchor, anew))


@audit_group.command()
def key() -> None:
    """Print the public key that anchors are checked with."""
    _run(auditing.public_key(_settings(), console))


@audit_group.command(name="export")
@click.option("--to", "file", required=True, type=click.Path(path_type=Path), help="A new file.")
def export_audit(file: Path) -> None:
    """The whole audit as NDJSON, to be verified elsewhere."""
    _run(_with_database(auditing.export, file))


@main.group()
def user() -> None:
    """Accounts."""


@user.command()
@click.argument("username")
@click.option("--name", required=True, help="Full name, as others will see it.")
@click.option(
    "--role", required=True, type=click.Choice([r.value for r in security.Role if r is not security.Role.SYSTEM])
)
@click.option("--facility", help="Name of the facility, for those who work at one.")
@click.password_option()
def add(username: str, name: str, role: str, facility: str | None, password: str) -> None:
    """Add an account; asks for the password."""
    _run(_given(commands.add_user, username, name, security.Role(role), facility, password))


@user.command()
@click.argument("username")
@click.password_option()
def password(username: str, password: str) -> None:
    """Another password for somebody who forgot theirs; logs them out everywhere."""
    _run(_given(commands.reset_password, username, password))


@user.command(name="drop-second-factor")
@click.argument("username")
def drop_second_factor(username: str) -> None:
    """Take the second step and the passkeys of a lost phone away; logs them out everywhere."""
    _run(_given(commands.drop_second_factor, username))


@user.command(name="link")
@click.argument("username")
@click.argument("subject", required=False)
def link_user(username: str, subject: str | None) -> None:
    """Let whom the OpenID provider calls SUBJECT come in as this account; without SUBJECT, nobody any more."""
    _run(_given(commands.link_user, username, subject))


@main.command(name="export")
@click.option("--to", "folder", required=True, type=click.Path(path_type=Path), help="An empty folder, or a new one.")
@click.option("--type", "types", help="Kinds of resource, comma separated [all].")
@click.option("--since", help="Only what was changed at this time or later.")
def export_(folder: Path, types: str | None, since: str | None) -> None:
    """Everything as NDJSON; one that was broken off goes on where it stopped."""
    asked = {"_type": types, "_since": since}
    _run(_given(commands.export, folder.absolute(), [(name, value) for name, value in asked.items() if value]))


@main.command(name="import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(files: tuple[Path, ...]) -> None:
    """Take in NDJSON files, plain or gzip; one that was broken off goes on where it stopped."""
    _run(_given(commands.import_, files))


@main.command()
@click.argument("client_id")
def operator(client_id: str) -> None:
    """A client id and secret for the operator's own bulk jobs over HTTP."""
    _run(_given(commands.add_operator, client_id))


@main.group()
def client() -> None:
    """Facilities' own systems that come over FHIR (see docs/api)."""


@client.command(name="add")
@click.argument("client_id")
@click.option("--at", "place", required=True, help="Name of the facility whose system it is.")
@click.option(
    "--keys", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its JWK Set; no secret then."
)
def add_client(client_id: str, place: str, keys: Path | None) -> None:
    """A client of one facility: with public keys, or with a secret that is printed once."""
    _run(_given(commands.add_client, client_id, place, keys.read_bytes() if keys else None))


@client.command(name="keys")
@click.argument("client_id")
@click.argument("keys", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--end-secret", is_flag=True, help="From now on its secret opens nothing.")
def client_keys(client_id: str, keys: Path, end_secret: bool) -> None:
    """Let a client sign by the keys of this JWK Set, which replace those that it had."""
    _run(_given(commands.register_keys, client_id, keys.read_bytes(), end_secret))


A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@main.command()
@click.option("--to", "target", required=True, type=click.Path(path_type=Path), help="A new file.")
@click.option("--key", required=True, type=A_FILE, help="What it is made for: the .pub of a key.")
def backup(target: Path, key: Path) -> None:
    """One encrypted file of everything, as of one moment; while Sekali runs or not."""
    _run(commands.back_up(console, _settings(), target.absolute(), key))


@main.command(name="backup-key")
@click.option("--to", "target", required=True, type=click.Path(path_type=Path), help="A new file; another with .pub.")
@click.option("--passphrase", is_flag=True, help="Ask for one, which opens the key.")
def backup_key(target: Path, passphrase: bool) -> None:
    """A new key for backups: FILE.pub makes them, FILE opens them."""
    word = click.prompt("Passphrase", hide_input=True, confirmation_prompt=True) if passphrase else ""
    _run(commands.make_key(console, target.absolute(), word))


@main.command(name="verify")
@click.option("--from", "source", required=True, type=A_FILE, help="A backup.")
@click.option("--key", required=True, type=A_FILE, help="The secret key; its passphrase is asked for.")
def verify_(source: Path, key: Path) -> None:
    """Read every byte of a backup, and change nothing."""
    _run(commands.verify(console, source.absolute(), key))


@main.command()
@click.option("--from", "source", required=True, type=A_FILE, help="A backup.")
@click.option("--key", required=True, type=A_FILE, help="The secret key; its passphrase is asked for.")
def restore(source: Path, key: Path) -> None:
    """A backup into a new SEKALI_DATA, or an empty SEKALI_DATABASE_URL."""
    _run(commands.restore(console, _settings(), source.absolute(), key))


@main.group()
def sender() -> None:
    """Systems that send HL7 v2 (see docs/hl7v2.md)."""


@sender.command()
@click.argument("application")
@click.argument("facility")
@click.option("--at", "place", required=True, help="Name of the facility that it sends for.")
@click.option("--network", "networks", required=True, multiple=True, help="Address or CIDR that it comes from.")
def allow(application: str, facility: str, place: str, networks: tuple[str, ...]) -> None:
    """Let the system with this MSH-3 and MSH-4 send."""
    _run(_allow_sender(application, facility, place, networks))


@sender.command()
@click.argument("application")
@click.argument("facility")
def forbid(application: str, facility: str) -> None:
    """Let it send no longer."""
    _run(_forbid_sender(application, facility))


def _step(words: str) -> None:
    console.print(f"[green]✓[/green] {words}")


async def _up(population: int | None) -> int | None:
    found = _settings()
    with serving.listening(found.host, found.port) as listener:
        if found.database_url:
            async with database_at(found.database_url, found) as database:
                return await _work(found, database, found.database_url, population, listener)
        cluster = kernel.Cluster(found)
        cluster.hold()
        kernel.log_to(found.data)
        try:
            await cluster.start()
            _step(f"PostgreSQL runs as {cluster.account.name}, data in {found.data}")
            watch = asyncio.create_task(_watch(cluster))
            async with database_at(cluster.dsn, found) as database:
                try:
                    return await _work(found, database, cluster.dsn, population, listener)
                finally:
                    watch.cancel()
        finally:
            await cluster.stop()
            _step("Stopped; everything is on disk")


async def _watch(cluster: kernel.Cluster) -> None:
    async for words in cluster.watch():
        console.print(f"[yellow]![/yellow] {words}")


async def _work(
    found: kernel.Settings, database: kernel.Database, dsn: str, population: int | None, listener: socket.socket
) -> None:
    count = await kernel.migrate(database)
    await records.renew(database, tell=_say_renewed)
    _step(f"Database is up to date ({count} new migrations)" if count else "Database is up to date")
    sekali = await app.build(found, database)
    await _load_history(sekali)
    if found.demo:
        await commands.load_demo(sekali, console, found, population or found.population)
    async with sekali.hl7v2.on(found.host, found.hl7_port):
        commands.say_welcome(console, found)
        async with sekali.working():
            await serving.serve(sekali.asgi, listener, dsn, found.processes, found.proxy)


async def _serve() -> None:
    found = _settings()
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
    found = _settings()
    kernel.log_to(found.data)
    async with database_at(require_url(found), found) as database:
        sekali = await app.build(found, database)
        with serving.shared(found.host, found.port) as listener:
            async with sekali.bulk.working(), sekali.subscriptions.working():
                await serving.work(sekali.asgi, listener, found.proxy)


async def _migrate() -> None:
    found = _settings()
    async with database_at(require_url(found), found) as database:
        count = await kernel.migrate(database, tell=_step)
        console.print(f"{count} migrations applied." if count else "Nothing to do.")
        await records.renew(database, tell=_say_renewed)
        await records.Seals(security.Classes(found.sensitive)).renew(database, tell=_say_classed)
        await _load_history(await app.build(found, database))


def _say_renewed(type: str, count: int) -> None:
    _step(f"What {count} resources of the kind {type} are found by was made anew")


def _say_classed(type: str, count: int) -> None:
    _step(f"{count} resources of the kind {type} were looked through for what is sensitive")


async def _with_database(work: Callable[..., Coroutine[Any, Any, int]], *what: Any) -> int:
    async with standing_database() as database:
        return await work(_settings(), console, database, *what)


async def _allow_sender(application: str, facility: str, place: str, networks: tuple[str, ...]) -> None:
    async with standing_database() as database:
        sekali = await app.build(_settings(), database)
        owner = await commands.place(sekali, place)
        await sekali.hl7v2.senders.allow(application, facility, owner.id, owner.name, owner.zone, networks)
    console.print(f"{application} {facility} may send for {place} from {', '.join(networks)}.")


async def _forbid_sender(application: str, facility: str) -> None:
    async with standing_database() as database:
        sekali = await app.build(_settings(), database)
        if not await sekali.hl7v2.senders.forbid(application, facility):
            raise kernel.Trouble("There is no such sender.")
    console.print(f"{application} {facility} may send no longer.")


async def _given(work: Callable[..., Coroutine[Any, Any, str]], *what: Any) -> None:
    async with standing_database() as database:
        _step(await work(await app.build(_settings(), database), console, *what))


async def _load_history(sekali: app.Sekali) -> None:
    """The cohorts of 2017 to 2019 are there from the start."""
    if await program.history.load(sekali.database, sekali.program.regions):
        _step("The movement's cohorts of 2017, 2018 and 2019 are loaded, with their sources")
