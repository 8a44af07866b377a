"""The official report of a destruction (*berita acara pemusnahan*), to be printed and signed. It names staff, and no patient."""

from collections.abc import Sequence
from functools import partial

from sekali import care, kernel, program

from .files import long_day


def report(entries: Sequence[care.Entry], language: str, zone: str, fictitious: bool) -> program.documents.Document:
    """What one confirmation destroyed, as a document; ``entries``: at least one."""
    say, first, last = partial(kernel.translate, language), entries[0], entries[-1]

    def day(value: object) -> str:
        return long_day(kernel.in_zone(value, zone).date(), language)

    begun, ended = (f"{kernel.in_zone(one.at, zone):%H.%M.%S}" for one in (first, last))
    proposers = ", ".join(sorted({one.proposer for one in entries}))
    pairs = (
        (say("Facility"), first.facility_name), (say("Day"), day(first.at)), (say("Time"), f"{begun} - {ended}"),
        (say("People whose record was destroyed"), str(len(entries))), (say("Confirmed by"), first.by_name),
        (say("Proposed by"), proposers), (say("Legal ground"), first.content.basis[language]),
        (say("Kept for"), say("%(n)s years after the last visit", n=first.years)),
        (say("Number of this report"), str(first.deed)),
    )  # fmt: skip
    head = ("#", say("Reference"), say("Last visit"), say("Kept by law through"), say("Resources"))
    rows = tuple(
        (str(number), str(one.id), long_day(one.last_visit, language), long_day(one.kept_until, language), str(one.resources))
        for number, one in enumerate(entries, 1)
    )  # fmt: skip
    kinds = tuple((kind, str(count)) for kind, count in care.totals(entries).items())
    offices = ((say("Records officer"), proposers), (say("Head of the facility"), first.by_name))
    signers = tuple(program.documents.Signer(office, name) for office, name in offices)
    blocks: tuple[program.documents.Block, ...] = (
        program.documents.Paragraph(
            say(
                "On this day the electronic records that are listed here were destroyed: their time to be kept by law was over. "
                "References stand in place of names, since nothing may be kept of the people themselves."
            )
        ),
        program.documents.Facts(pairs),
        program.documents.Heading(1, say("What was destroyed")),
        program.documents.Table(head, rows, (5, 42, 20, 20, 13), (4,)),
        program.documents.Heading(1, say("Resources by kind")),
        program.documents.Table((say("Kind"), say("Total")), kinds, (75, 25), (1,)),
        program.documents.Paragraph(
            say("Backups that were made before hold these records until they are done away with themselves."), quiet=True
        ),
        program.documents.Signatures(signers),
    )  # fmt: skip
    return program.documents.Document(
        say("Official report of a destruction"), first.facility_name, say("Electronic health records"), day(first.at), language,
        blocks, fictitious,
    )  # fmt: skip
