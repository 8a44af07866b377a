"""Bulk jobs at a terminal: the work of ``sekali export``, ``import`` and ``operator``, with a bar that shows how far it is."""

import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from sekali import app, exchange, kernel


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
