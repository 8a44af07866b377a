"""The audit at a terminal: the work of ``sekali audit verify``, ``anchor``, ``key`` and ``export``."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sekali import audit, kernel

SHOWN = 100
"""Breaks that are named one by one."""


async def verify(
    found: kernel.Settings, console: Console, database: kernel.Database, folder: Path | None, public: str | None
) -> int:
    """Walk the database's chains; the exit code: 1 when one does not hold."""
    anchored = _anchored(found, console, folder, public)
    breaks = list(anchored.breaks)
    last = await audit.last_anchor(database)
    if last > (here := audit.last_number(folder or found.anchors)):
        breaks.append(audit.Break("anchors", here + 1, f"{last} anchors were made, the last here is {here}"))
    with _bar(console) as tell:
        verdict = await audit.verify(database, anchored.marks, max(1, min(2, os.cpu_count() or 1)), tell)
    return _say(console, verdict, breaks, anchored)


async def verify_export(
    found: kernel.Settings, console: Console, file: Path, folder: Path | None, public: str | None
) -> int:
    """The same with an export, without a database."""
    anchored = _anchored(found, console, folder, public)
    with _bar(console) as tell:
        verdict = await asyncio.to_thread(audit.verify_export, file, anchored.marks, tell)
    return _say(console, verdict, list(anchored.breaks), anchored)


async def anchor(found: kernel.Settings, console: Console, database: kernel.Database, anew: bool) -> int:
    """Make one now."""
    path = await audit.Anchors(database, found.anchors, found.anchor_key).make(anew)
    console.print(f"[green]✓[/green] {path}", soft_wrap=True)
    return 0


async def public_key(found: kernel.Settings, console: Console) -> int:
    """Print it, so that it can be kept where the anchors are checked."""
    console.print(audit.public_text(audit.private_key(found.anchor_key)), soft_wrap=True)
    return 0


async def export(found: kernel.Settings, console: Console, database: kernel.Database, path: Path) -> int:
    """Everything into a new file; one that is there is left alone."""
    part = _part(path)
    try:
        with part.open("wb") as file, _bar(console) as tell:
            count = await audit.export(database, file, tell)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise kernel.Trouble(f"{path} could not be written ({error.strerror}).") from None
    console.print(f"[green]✓[/green] {count} events in {path}", soft_wrap=True)
    return 0


def _part(path: Path) -> Path:
    """Where a file is written until it is whole."""
    if path.exists():
        raise kernel.Trouble(f"{path} is there already. Choose a new file.")
    return path.with_name(f"{path.name}.part")


def _anchored(found: kernel.Settings, console: Console, folder: Path | None, public: str | None) -> audit.Anchored:
    """What the anchors say. Without a folder or a key there are none, which is said."""
    folder = folder or found.anchors
    if not folder.is_dir():
        console.print(f"[yellow]![/yellow] No anchors in {folder}: a chain that was written anew would not show.")
        return audit.Anchored(audit.NO_MARKS, 0, ())
    if public is None and not found.anchor_key.exists():
        raise kernel.Trouble(f"There are anchors in {folder}, but no key here: give the public one by --key.")
    text = public if public is not None else audit.public_text(audit.private_key(found.anchor_key))
    return audit.read_anchors(folder, audit.public_key(text))


def _say(console: Console, verdict: audit.Verdict, breaks: list[audit.Break], anchored: audit.Anchored) -> int:
    breaks += verdict.breaks
    for one in breaks[:SHOWN]:
        when = f" of {one.at.isoformat()}" if one.at else ""
        console.print(f"[red]✗[/red] {one.stream}, number {one.seq}{when}: {one.reason}", soft_wrap=True)
    if len(breaks) > SHOWN:
        console.print(f"[red]✗[/red] and {len(breaks) - SHOWN} more")
    console.print(
        f"{verdict.checked} events checked with {anchored.count} anchors, {len(breaks)} breaks.", soft_wrap=True
    )
    return 1 if breaks else 0


@contextmanager
def _bar(console: Console) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("  Events"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
