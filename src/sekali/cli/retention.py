"""``sekali retention``: how many records are kept by law, and how many no longer have to be."""

from rich.table import Table

from sekali import app, security
from sekali.cli.root import console, given, main, run


@main.group()
def retention() -> None:
    """How long records are kept (PMK 24/2022 art. 39)."""


@retention.command(name="show")
def show() -> None:
    """Count who is kept, due, held and destroyed, and the next day on which somebody becomes due. No names."""
    run(given(_show))


async def _show(sekali: app.Sekali, console_: object) -> str:
    desk = sekali.care.destruction
    tally = await desk.tally(security.SYSTEM)
    table = Table("people", "number", box=None, pad_edge=False)
    table.add_row(f"kept by law for {desk.rule.years} years after the last visit, or running or held", str(tally.kept))
    table.add_row("due: may be destroyed when two people at their facility agree", str(tally.due))
    table.add_row("held: still to be used", str(tally.held))
    table.add_row("destroyed", str(tally.destroyed))
    console.print(table)
    if not tally.whole:
        console.print(f"Only the first {tally.kept + tally.due} people were counted.")
    return f"The next day on which somebody becomes due: {tally.next or 'none, nobody waits for it'}"
