"""The first command, under which all others are; and what they share."""

import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import click
from rich.console import Console

from sekali import app, kernel
from sekali.opening import standing_database

console = Console(highlight=False)


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


def run(work: Coroutine[Any, Any, int | None]) -> None:
    """Run a command; what stops it is said in a sentence, without a traceback."""
    import uvloop

    try:
        sys.exit(uvloop.run(work) or 0)
    except kernel.Trouble as trouble:
        console.print(f"[red]✗[/red] {trouble}", soft_wrap=True)
    except kernel.Failure as failure:
        console.print(f"[red]✗[/red] {failure.text('en')}", soft_wrap=True)
    sys.exit(1)


def settings_here() -> kernel.Settings:
    """From the environment."""
    return kernel.read_settings(os.environ)


async def with_database(work: Callable[..., Coroutine[Any, Any, int]], *what: Any) -> int:
    """The exit code of a work that needs no more than the database."""
    async with standing_database() as database:
        return await work(settings_here(), console, database, *what)


async def given(work: Callable[..., Coroutine[Any, Any, str]], *what: Any) -> None:
    """A work that needs all parts; it says in words what it did."""
    async with standing_database() as database:
        step(await work(await app.build(settings_here(), database), console, *what))


def step(words: str) -> None:
    """Something is done."""
    console.print(f"[green]✓[/green] {words}")
