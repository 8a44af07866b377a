"""What a document is made of, free of any format: both renderers draw every block that stands here.

A text that is None was never filled in, and is printed as a note that says so; an empty text is meant to be empty.
"""

from dataclasses import asdict, dataclass
from typing import Any

Text = str | None

EXAMPLE = "CONTOH - DATA KARANGAN / EXAMPLE - INVENTED DATA"
"""Stands in the header of every page of a fictitious document."""


@dataclass(frozen=True, slots=True)
class Heading:
    """``level`` counts from 1. ``label`` stands before the text (Bab I); a chapter that has one opens a new page."""

    level: int
    text: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Prose; its line breaks are kept."""

    text: Text
    quiet: bool = False
    """Smaller and gray: a remark on what stands above it."""


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list without numbers."""

    items: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below one head, which is repeated on every page.

    :ivar widths: of the columns, in any one unit; only their proportions count.
    :ivar numeric: places of the columns that are set to the right.
    :ivar total: whether the last row adds up the others.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[Text, ...], ...]
    widths: tuple[float, ...]
    numeric: tuple[int, ...] = ()
    total: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and what they are."""

    pairs: tuple[tuple[str, Text], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a timeline: what is done in which of the ten years. A text is printed inside its year."""

    label: Text
    dimension: str
    years: tuple[bool | str, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """A roadmap of ten years. Without ``first_year`` its columns are counted, 1 to 10."""

    first_year: int | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs; ``date`` is empty where nobody signed yet."""

    office: str
    name: str
    date: str = ""


@dataclass(frozen=True, slots=True)
class Signatures:
    """Places to sign, two beside each other."""

    signers: tuple[Signer, ...]


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows begins on a new page."""


Block = Heading | Paragraph | Bullets | Table | Facts | Timeline | Signatures | PageBreak


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document. ``kind_label`` says what it is: Buku 2, Surat keputusan.

    :ivar cover: whether it is a book, with a cover and a table of contents.
    """

    title: str
    subtitle: str
    kind_label: str
    date_line: str
    language: str
    blocks: tuple[Block, ...]
    fictitious: bool = False
    cover: bool = False


def printable(text: str) -> str:
    """Without what neither XML nor a font can hold: control characters, lone surrogates, non-characters."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").translate(_UNPRINTABLE)


_UNPRINTABLE = dict.fromkeys(
    [*(code for code in range(32) if code != 10), *range(0x7F, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF]
)


def plain(document: Document) -> dict[str, Any]:
    """The document as lists and texts, every text printable; each block says its kind."""
    blocks = [{"kind": type(block).__name__.lower(), **asdict(block)} for block in document.blocks]
    head = {name: getattr(document, name) for name in Document.__slots__ if name != "blocks"}
    return cleaned({**head, "blocks": blocks})


def cleaned(value: Any) -> Any:
    """``value`` with every text in it printable."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {key: cleaned(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(one) for one in value]
    return value
