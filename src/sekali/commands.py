"""The work of commands that are given while Sekali runs or while it does not; long ones show how far they are."""

import asyncio
import getpass
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.prompt import Prompt
from rich.table import Table

from sekali import app, audit, backup, care, demo, exchange, kernel, opening, security


async def export(sekali: app.Sekali, console: Console, folder: Path, params: list[tuple[str, str]]) -> str:
    """Everything into a folder; what was done, in words. Raises Trouble, Invalid."""
    with _bar("Out", console) as bar:
        one = await sekali.bulk.export_to(folder, params, _teller(bar))
    _require_done(one)
    return f"{one.come.done} resources and deletions in {len(one.come.parts)} files, as of {one.moment.isoformat()}"


async def import_(sekali: app.Sekali, console: Console, files: Sequence[Path]) -> str:
    """Take in files; what was done, in words. Raises Trouble."""
    with _bar("In", console) as bar:
        one, fresh = await sekali.bulk.import_files(files, max(1, min(4, os.cpu_count() or 1)), _teller(bar))
    _require_done(one)
    said = f"{one.come.taken} resources taken in, {one.come.wrong} lines refused"
    if not fresh:
        return f"These files were taken in before ({said}). Nothing was done."
    return f"{said}; why, in {one.folder}" if one.come.wrong else said


async def add_operator(sekali: app.Sekali, console: Console, client_id: str) -> str:
    """A client of the operator's own; its secret is printed once. Raises Conflict."""
    secret = secrets.token_urlsafe(32)
    async with sekali.database.transaction() as tx:
        await sekali.doorkeeper.add_operator(tx, client_id, secret)
    console.print(f"{client_id}  {secret}", soft_wrap=True)
    return "The secret is shown once. It opens everybody's data: keep it as you keep the database."


async def make_key(console: Console, secret: Path, passphrase: str) -> None:
    """A new key for backups. Raises Trouble."""
    public = await asyncio.to_thread(backup.new_key, secret, passphrase)
    console.print(
        f"{public} makes backups, and stays here. {secret} opens them: take it off this machine,", soft_wrap=True
    )
    console.print("and keep two copies in two places. Without it no backup can be read, by anybody.")


async def back_up(console: Console, found: kernel.Settings, target: Path, key: Path) -> None:
    """Everything into one encrypted file. Raises Trouble."""
    recipient = backup.recipient_in(key)
    async with opening.standing_database() as database:
        with _bar("Out", console) as bar:
            task = bar.add_task("", total=None)
            made = await backup.make(
                database, opening.url_of(found), found.data, target, recipient,
                lambda done, total: bar.update(task, completed=done, total=total),
            )  # fmt: skip
        await _write_down(database, audit.Kind.BACKED_UP, security.Purpose.EXPORT, made.about.moment)
    console.print(
        f"{target}: {made.rows} rows of {made.tables} tables and {made.files} files as of {made.about.moment}, "
        f"{made.size >> 20} MB before packing. Try it now: sekali verify --from {target} --key SECRET",
        soft_wrap=True,
    )


async def verify(console: Console, source: Path, key: Path) -> None:
    """Say whether a backup is whole. Raises Trouble."""
    secret = backup.secret_in(key, _ask_passphrase)
    seen = await _look(console, source, secret)
    console.print(
        f"Whole: {seen.rows} rows of {len(seen.tables)} tables and {len(seen.files)} files as of {seen.about.moment}, "
        f"of Sekali {seen.about.sekali} with PostgreSQL {seen.about.server}.",
        soft_wrap=True,
    )


async def restore(console: Console, found: kernel.Settings, source: Path, key: Path) -> None:
    """A backup into a place that has no data. Raises Trouble."""
    secret = backup.secret_in(key, _ask_passphrase)
    seen = await _look(console, source, secret)
    if reason := backup.unwilling(seen, found.data, [one.sha256 for one in kernel.migrations()]):
        raise kernel.Trouble(reason)
    async with opening.standing_database() as database:
        with _bar("In", console) as bar:
            task = bar.add_task("", total=None)
            await backup.restore(
                database, opening.url_of(found), found.data, source, secret, seen, lambda size: bar.advance(task, size)
            )
        await _write_down(database, audit.Kind.RESTORED, security.Purpose.LOAD, seen.about.moment)
    console.print(
        f"{seen.rows} rows of {len(seen.tables)} tables are back as of {seen.about.moment}; every table is as it was "
        "kept. Now: sekali audit verify, then start Sekali.",
        soft_wrap=True,
    )


async def _look(console: Console, source: Path, secret: backup.Secret) -> backup.Seen:
    with _bar("Looked through", console) as bar:
        task = bar.add_task("", total=None)
        return await asyncio.to_thread(backup.look, source, secret, lambda size: bar.advance(task, size))


def _ask_passphrase() -> str:
    return Prompt.ask("Passphrase of the key", password=True)


async def _write_down(database: kernel.Database, kind: audit.Kind, purpose: security.Purpose, moment: str) -> None:
    """Whoever has a copy of everything, or put one in, is in the audit."""
    actor, grant = security.SYSTEM, security.decide(security.SYSTEM, purpose)
    event = audit.Event(
        kind, actor.id, grant.signature, actor.role.value, None, None, grant.purpose.value, grant.basis, "everything",
        f"as of {moment}",
    )  # fmt: skip
    async with database.transaction() as tx:
        await audit.append(tx, [event])


async def place(sekali: app.Sekali, name: str) -> care.Facility:
    """The facility of a name. Raises Trouble that names those there are."""
    places = {place.name: place for place in (await sekali.care.facilities.all()).values()}
    if name not in places:
        raise kernel.Trouble(
            f"There is no facility of that name. There are: {', '.join(sorted(places)) or 'none yet'}."
        )
    return places[name]


async def add_user(
    sekali: app.Sekali, console: Console, username: str, name: str, role: security.Role, facility: str | None,
    password: str,
) -> str:  # fmt: skip
    """An account. Raises Conflict, Invalid."""
    at = await place(sekali, facility) if facility else None
    async with sekali.database.transaction() as tx:
        await sekali.doorkeeper.add_account(
            tx, username=username, password=password, name=name, role=role, facility=at.id if at else None,
            facility_name=at.name if at else "", zone=at.zone if at else "Asia/Jakarta",
        )  # fmt: skip
    return f"{username} can log in as {role.value}."


async def reset_password(sekali: app.Sekali, console: Console, username: str, password: str) -> str:
    """Another password. Raises NotFound, Invalid."""
    await sekali.doorkeeper.own.reset_password(username, password)
    return f"{username} has another password, and is logged out everywhere."


async def drop_second_factor(sekali: app.Sekali, console: Console, username: str) -> str:
    """Neither app nor passkeys any more. Raises NotFound."""
    had, passkeys = await sekali.doorkeeper.own.take_away(username)
    what = [*(["the authenticator app"] if had else []), *([f"{passkeys} passkeys"] if passkeys else [])]
    return f"Taken away from {username}: {' and '.join(what) or 'nothing, there was none'}. All sessions ended."


async def make_emergency(sekali: app.Sekali, console: Console, reason: str) -> str:
    """The operators' emergency account. Raises Invalid, Conflict."""
    hand = os.environ.get("SUDO_USER") or getpass.getuser()
    code, ends = await sekali.doorkeeper.emergency.make(reason, hand)
    console.print(f"Code, once: [bold]{code}[/bold]  at /operator/masuk", soft_wrap=True)
    return f"It ends at {ends:%Y-%m-%d %H:%M} UTC. Every facility head and auditor is told of it and of what you do."


async def end_emergency(sekali: app.Sekali, console: Console) -> str:
    """Before its time. Raises Trouble."""
    if not await sekali.doorkeeper.emergency.end():
        raise kernel.Trouble("There is no emergency account.")
    return "The emergency account has ended, and its session."


async def link_user(sekali: app.Sekali, console: Console, username: str, subject: str | None) -> str:
    """Let a log-in at the OpenID provider open an account, or no longer. Raises Trouble, NotFound, Conflict, Invalid."""
    by_provider = sekali.doorkeeper.by_provider
    if by_provider is None:
        raise kernel.Trouble("There is no OpenID provider. Set SEKALI_OPENID_ISSUER; see docs/operations.md.")
    if subject is None:
        await by_provider.unlink(username)
        return f"{username} comes in by {by_provider.name} no longer, and is logged out everywhere."
    await by_provider.link(username, subject)
    return f"{username} may come in by {by_provider.name}."


async def add_client(sekali: app.Sekali, console: Console, client_id: str, facility: str, keys: bytes | None) -> str:
    """A client of a facility; its secret, if it has one, is printed once. Raises Conflict, Invalid."""
    owner = await place(sekali, facility)
    secret = None if keys else secrets.token_urlsafe(32)
    if keys:
        security.keys_in(keys)  # nothing is made of a client whose keys are of no use
    async with sekali.database.transaction() as tx:
        await sekali.doorkeeper.add_client(tx, client_id, secret, owner.id, owner.name)
    if keys:
        return await register_keys(sekali, console, client_id, keys, False)
    console.print(f"{client_id}  {secret}", soft_wrap=True)
    return f"{client_id} is a client of {facility}. The secret is shown once."


async def register_keys(sekali: app.Sekali, console: Console, client_id: str, keys: bytes, end_secret: bool) -> str:
    """Public keys of a client in place of those that it had. Raises NotFound, Invalid."""
    kids = await sekali.doorkeeper.register_keys(client_id, keys, end_secret)
    return f"{client_id} may sign with: {', '.join(kids)}"


def _bar(words: str, console: Console) -> Progress:
    return Progress(TextColumn(f"  {words}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), console=console)


def _teller(bar: Progress) -> Callable[[exchange.Job], None]:
    task = bar.add_task("", total=None)
    return lambda one: bar.update(task, completed=one.come.done, total=one.come.total or None)


def _require_done(one: exchange.Job) -> None:
    if one.state == "done":
        return
    reason = (
        kernel.decode(one.problem)["issue"][0]["details"]["text"] if one.problem else "give the command again to go on"
    )
    raise kernel.Trouble(f"Not finished: {reason}")


async def load_demo(sekali: app.Sekali, console: Console, found: kernel.Settings, population: int) -> None:
    """The demo city, and who may send HL7 v2 to it."""
    await _load_demo_city(sekali, console, found, population)
    for application, facility, at in demo.SENDERS:
        owner = await place(sekali, at)
        await sekali.hl7v2.senders.allow(
            application, facility, owner.id, owner.name, owner.zone, ("127.0.0.0/8", "::1")
        )


async def _load_demo_city(sekali: app.Sekali, console: Console, found: kernel.Settings, population: int) -> None:
    if await demo.loaded(sekali.database):
        places = {place.name: place for place in (await sekali.care.facilities.all()).values()}
        await demo.add_integrators(sekali.database, sekali.doorkeeper, places)
        console.print("[green]✓[/green] The demo city is there")
        return
    columns = (
        TextColumn("  Kota Yogyakarta, people nobody is"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=population)
        count = await demo.load(
            sekali.database, sekali.store, sekali.doorkeeper, sekali.directory, sekali.care.facilities, sekali.program,
            found.seed, population,
            lambda done, total: bar.update(task, completed=done, total=total),
        )  # fmt: skip
    console.print(f"[green]✓[/green] The demo city is loaded: {population} invented people, {count} FHIR resources")


def say_welcome(console: Console, found: kernel.Settings) -> None:
    """Where it is, and what can be tried."""
    if found.demo:
        table = Table("who", "where", "what to try", box=None, pad_edge=False)
        for login in demo.logins():
            table.add_row(login.username, login.facility, login.to_try)
        console.print()
        console.print(table)
        console.print(f"\nEveryone's password: [bold]{demo.PASSWORD}[/bold]   All people and NIKs are invented.")
        scans = "   ".join(f"SEKALI:{one.card} ({one.name})" for one in demo.EXAMPLES)
        console.print(f"Scan (type) at a counter: {scans}", soft_wrap=True)
        client, secret, owner = demo.CLIENTS[0]
        console.print(f"FHIR client of {owner}: {client} / {secret}   How: /docs", soft_wrap=True)
        if found.hl7_port:
            console.print(f"HL7 v2 on {found.host}:{found.hl7_port}, MSH-3 and MSH-4: {'|'.join(demo.SENDERS[0][:2])}")
    console.print(f"\n[bold]Sekali is ready: http://{found.host}:{found.port}[/bold]   (Ctrl-C stops it)")
