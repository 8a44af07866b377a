"""Letters of the movement: the decision on a cohort, a region's commitment, the sheet for the press."""

from collections.abc import Sequence
from dataclasses import dataclass

from .blocks import Block, Document, Heading, Paragraph, Signatures, Signer, Table, Text
from .words import words


@dataclass(frozen=True, slots=True)
class Selected:
    """One region of a decision. ``score`` is written as it shall be read."""

    rank: int
    region: str
    score: Text
    reason: Text


@dataclass(frozen=True, slots=True)
class Figure:
    """A number for the press; nobody prints one whose source is not known."""

    label: str
    value: Text
    source: Text


def decision_letter(
    number: str,
    date: str,
    title: str,
    considering: str,
    selected: Sequence[Selected],
    signer: Signer,
    language: str = "id",
    fictitious: bool = False,
) -> Document:
    """The decision on which regions a cohort takes in, with the rank, the score and the reason of each."""
    say = words(language)
    rows = tuple((str(one.rank), one.region, one.score, one.reason) for one in selected)
    blocks: tuple[Block, ...] = (
        Heading(1, say("Considering")),
        Paragraph(considering or None),
        Heading(1, say("Decides")),
        Heading(2, say("Selected regions")),
        Table((say("Rank"), say("Region"), say("Score"), say("Reason")), rows, (13, 30, 12, 45), numeric=(0, 2)),
        Signatures((Signer(signer.office, signer.name, signer.date or f"{say('Set on')} {date}"),)),
    )
    return Document(title, f"{say('Number')} {number}", say("Decision"), date, language, blocks, fictitious)


def commitment(
    title: str,
    date: str,
    text: str,
    signers: Sequence[Signer],
    subtitle: str = "",
    language: str = "id",
    fictitious: bool = False,
) -> Document:
    """What the signers promise, and their places to sign."""
    blocks = (Paragraph(text or None), Signatures(tuple(signers)))
    return Document(title, subtitle, words(language)("Commitment"), date, language, blocks, fictitious)


def press_sheet(
    cohort: str,
    date: str,
    winners: Sequence[tuple[str, Sequence[str]]],
    figures: Sequence[Figure],
    language: str = "id",
    fictitious: bool = False,
) -> Document:
    """Who won in which category, and figures with their sources."""
    say = words(language)
    won = tuple((category, "\n".join(names) or None) for category, names in winners)
    told = tuple((one.label, one.value, one.source) for one in figures)
    blocks = (
        Heading(1, say("Winners")),
        Table((say("Category"), say("Winner")), won, (40, 60)) if won else Paragraph(None),
        Heading(1, say("Figures and their sources")),
        Table((say("Figure"), say("Value"), say("Source")), told, (44, 18, 38), numeric=(1,))
        if told
        else Paragraph(None),
    )
    return Document(cohort, "", say("Press sheet"), date, language, blocks, fictitious)
