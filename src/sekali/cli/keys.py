"""``sekali keys``: the server's keys, with which all that is kept of people is sealed."""

import click
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from sekali import app
from sekali.cli.root import console, given, main, run, step


@main.group()
def keys() -> None:
    """The server's keys, with which all that is kept of people is sealed (docs/operations.md)."""


@keys.command(name="show")
def show() -> None:
    """Which keys there are, and which of them anything is sealed with. No key is shown."""
    run(given(_show))


@keys.command(name="rotate")
def rotate() -> None:
    """Make a new key and seal everything with it, while Sekali runs or not. One that was stopped goes on by `finish`."""
    run(given(_rotate))


@keys.command(name="finish")
@click.option(
    "--vacuum", is_flag=True, help="Then write all tables anew, so that no old row stays in them; locks each."
)
def finish(vacuum: bool) -> None:
    """Go on with a change of keys that was stopped; seal what an earlier version kept unsealed."""
    run(given(_finish, vacuum))


async def _show(sekali: app.Sekali, console_: object) -> str:
    table = Table("key", "since", "sealed with it", "lies in", box=None, pad_edge=False)
    for one in await sekali.rekeying.keys():
        until = "until now" if one.left_at is None else f"nothing since {one.left_at:%Y-%m-%d %H:%M}"
        table.add_row(str(one.number) if one.number else "none", f"{one.made_at:%Y-%m-%d %H:%M}", until, one.place)
    console.print(table)
    return f"Key {sekali.cipher.newest} seals what is written now"


async def _rotate(sekali: app.Sekali, console_: object) -> str:
    number = await sekali.rekeying.begin()
    step(
        f"Key {number} seals what is written from now on. Keep it as you keep the others, away from the database's backups"
    )
    return await _finish(sekali, console_, False)


async def _finish(sekali: app.Sekali, console_: object, vacuum: bool) -> str:
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        count = await sekali.rekeying.finish(
            lambda table, done: bar.update(task, description=f"{table}: {done} rows have the new key")
        )
        if vacuum:
            bar.update(task, description="All tables are written anew")
            await sekali.rekeying.write_anew()
    said = f"{count} rows have key {sekali.cipher.newest} now" if count else "Everything had the newest key"
    return f"{said}; nothing is left of what was before in the tables' files" if vacuum else said
