"""A document as DOCX, for offices that edit on: real headings, table heads that repeat, page numbers by field.

Tables are built from elements, not through python-docx's cells, which look through the whole table for each of them.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from docx import Document as new_docx
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from ..dimensions import DIMENSIONS
from .blocks import (
    EXAMPLE,
    Bullets,
    Document,
    Facts,
    Heading,
    PageBreak,
    Paragraph,
    Row,
    Signatures,
    Signer,
    Table,
    Text,
    Timeline,
    printable,
)
from .words import Say, locale_of, words

FACE = "Times New Roman"
INDIGO, SOGAN, MUTED, RED, WHITE = "23305E", "8A4F14", "6B6660", "A3231B", "FFFFFF"
IVORY, LINE = "FBF6EC", "D9CDB8"
DIMENSION_COLOURS = {
    "governance": INDIGO, "branding": SOGAN, "economy": "A86A1C", "living": "2C6B5F", "society": "7B3A5C",
    "environment": "55702A",
}  # fmt: skip
BANDS = ("F0DCC3",) + ("F7EBDD",) * 4 + ("E0E2EA",) * 5
"""Ground of each year; the colours are those of look.typ."""

_SIDE, _WIDTH, _YEAR_WIDTH = 24.0, 162.0, 10.2
_SHORT = 1400
"""Letters that need less than half a page."""
_FEW = 14
_TWIPS = 56.7
"""Twentieths of a point in a millimetre."""


def docx(document: Document) -> bytes:
    """The document on A4, upright."""
    made = new_docx()
    say = words(document.language)
    _properties(made, document)
    _styles(made, locale_of(document.language))
    _page(made, document, say)
    (_cover if document.cover else _letter_head)(made, document, say)
    for block in document.blocks:
        _DRAWERS[type(block)](made, block, say)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


# -- elements


def _element(tag: str, *children: Any, **values: str | int) -> Any:
    made = OxmlElement(f"w:{tag}")
    for name, value in values.items():
        made.set(qn(f"w:{name}"), str(value))
    made.extend(children)
    return made


def _run(text: Text, bold: bool = False, italic: bool = False, colour: str = "", size: float = 0) -> Any:
    """Text with its line breaks, or none at all; ``size`` in points."""
    style = _element("rPr")
    style.extend([_element("b")] * bold + [_element("i")] * italic)
    if colour:
        style.append(_element("color", val=colour))
    if size:
        style.append(_element("sz", val=round(size * 2)))
    run = _element("r", style)
    for place, line in enumerate([] if text is None else printable(text).split("\n")):
        if place:
            run.append(_element("br"))
        piece = _element("t")
        piece.text = line
        piece.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        run.append(piece)
    return run


def _shown(text: Text, say: Say, **style: Any) -> Any:
    """The text, or the gray note that nothing was filled in."""
    if text is None:
        return _run(say("not filled in yet"), italic=True, colour=MUTED, size=style.get("size", 0))
    return _run(text, **style)


def _lines(*runs: Any, align: str = "left", style: str = "", after: int = 0, keep: bool = False) -> Any:
    """A paragraph; ``after`` in twentieths of a point."""
    how = _element("pPr")
    if style:
        how.append(_element("pStyle", val=style))
    if keep:
        how.append(_element("keepNext"))
    how.append(_element("spacing", before=0, after=after))
    how.append(_element("jc", val=align))
    return _element("p", how, *runs)


def _field(code: str, **style: Any) -> list[Any]:
    """A field that the reader's program fills: PAGE, NUMPAGES."""
    text = _element("instrText")
    text.text = code
    marks = [_element("fldChar", fldCharType=kind) for kind in ("begin", "separate", "end")]
    found = []
    for inside in (marks[0], text, marks[1], None, marks[2]):
        run = _run("1" if inside is None else None, **style)
        run.extend([] if inside is None else [inside])
        found.append(run)
    return found


def _add(made: Any, element: Any) -> None:
    made.element.body.sectPr.addprevious(element)


# -- the whole


def _properties(made: Any, document: Document) -> None:
    core = made.core_properties
    core.title, core.subject = printable(document.title)[:255], printable(document.subtitle)[:255]
    core.language, core.author, core.comments = locale_of(document.language), "", ""
    core.category = printable(document.kind_label)[:255]
    core.created = core.modified = datetime.now(UTC).replace(tzinfo=None)


def _styles(made: Any, language: str) -> None:
    looks = {"Normal": (11, ""), "Heading 1": (20, INDIGO), "Heading 2": (14, SOGAN), "Heading 3": (11.5, INDIGO)}
    for name, (size, colour) in looks.items():
        style = made.styles[name]
        style.font.name, style.font.size = FACE, Pt(size)
        if colour:
            style.font.color.rgb = RGBColor.from_string(colour)
            style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(size), Pt(size / 2)
        fonts = style.element.rPr.rFonts
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
    for tongue in made.styles.element.iter(qn("w:lang")):
        tongue.set(qn("w:val"), "en-GB" if language == "en" else "id-ID")


def _page(made: Any, document: Document, say: Say) -> None:
    """Margins, the head with the title, the foot with the page. A cover has neither."""
    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(_SIDE)
    section.top_margin, section.bottom_margin = Mm(30), Mm(26)
    quiet = {"colour": MUTED, "size": 9}
    warning = [_lines(_run(EXAMPLE, bold=True, colour=RED, size=9), align="center")] if document.fictitious else []
    head = _lines(_run(f"{document.title}  |  {document.kind_label}", **quiet))
    before, _, rest = say("Page %(page)s of %(pages)s").partition("%(page)s")
    between = rest.partition("%(pages)s")[0]
    page = [_run(before, **quiet), *_field("PAGE", **quiet), _run(between, **quiet), *_field("NUMPAGES", **quiet)]
    foot = [_lines(_run(document.subtitle, **quiet)), _lines(*page, align="right")]
    _fill(section.header, [*warning, head])
    _fill(section.footer, foot)
    section.different_first_page_header_footer = True
    _fill(section.first_page_header, warning)
    _fill(section.first_page_footer, [] if document.cover else foot)


def _fill(part: Any, paragraphs: Sequence[Any]) -> None:
    """A head or foot holds one empty paragraph at first, and must keep one where nothing else comes."""
    for old in list(part._element) if paragraphs else ():
        part._element.remove(old)
    for one in paragraphs:
        part._element.append(deepcopy(one))


def _cover(made: Any, document: Document, say: Say) -> None:
    band = _cell([_lines(_run(" ", size=60))], _WIDTH, INDIGO)
    _add(made, _grid([_WIDTH], [_row([band])]))
    _titles(made, document, (14, 32, 19, 12), "left", 400)
    made.paragraphs[0].paragraph_format.space_before = Pt(120)
    _contents(made, document, say)


def _letter_head(made: Any, document: Document, say: Say) -> None:
    _titles(made, document, (11, 18, 12, 11), "center", 120)


def _titles(made: Any, document: Document, sizes: Sequence[float], align: str, after: int) -> None:
    texts = (document.kind_label.upper(), document.title, document.subtitle, document.date_line)
    styles = zip(texts, sizes, (SOGAN, INDIGO, "", MUTED), (True, True, False, False), strict=True)
    for text, size, colour, bold in styles:
        _add(made, _lines(_run(text, bold=bold, colour=colour, size=size), align=align, after=after))


def _contents(made: Any, document: Document, say: Say) -> None:
    """A table of contents that a word processor can bring up to date; until then it lists the headings."""
    made.add_page_break()
    _add(made, _lines(_run(say("Contents"), bold=True, colour=INDIGO, size=20), after=200))
    found = [one for one in document.blocks if isinstance(one, Heading) and one.level <= 2]
    entries = [
        _lines(_run(("      " if one.level == 2 else "") + _titled(one), bold=one.level == 1), after=60)
        for one in found
    ]
    entries = entries or [_lines()]
    start = _field(r'TOC \o "1-2" \h \z \u')
    for place, piece in enumerate(start[:3], 1):
        entries[0].insert(place, piece)
    entries[-1].append(start[4])
    for entry in entries:
        _add(made, entry)
    if not any(one.label for one in found[:1]):
        made.add_page_break()


# -- blocks


def _titled(heading: Heading) -> str:
    return f"{heading.label}. {heading.text}" if heading.label else heading.text


def _heading(made: Any, block: Heading, say: Say) -> None:
    added = made.add_heading(printable(_titled(block)), min(block.level, 3))
    added.paragraph_format.page_break_before = bool(block.level == 1 and block.label) or None


def _paragraph(made: Any, block: Paragraph, say: Say) -> None:
    style = {"colour": MUTED, "size": 9.5} if block.quiet else {}
    for part in [None] if block.text is None else block.text.split("\n\n"):
        _add(made, _lines(_shown(part, say, **style), align="left" if part is None else "both", after=160))


def _bullets(made: Any, block: Bullets, say: Say) -> None:
    for item in block.items:
        _add(made, _lines(_shown(item, say), style="ListBullet", after=60))


def _cell(content: Iterable[Any], width: float, fill: str = "", span: int = 1) -> Any:
    how = _element("tcPr", _element("tcW", w=round(width * _TWIPS), type="dxa"))
    if span > 1:
        how.append(_element("gridSpan", val=span))
    if fill:
        how.append(_element("shd", val="clear", color="auto", fill=fill))
    return _element("tc", how, *content)


def _row(cells: Iterable[Any], head: bool = False, whole: bool = True) -> Any:
    """``whole``: not torn apart by the end of a page."""
    how = _element("trPr")
    how.extend([_element("cantSplit")] * whole + [_element("tblHeader")] * head)
    return _element("tr", how, *cells)


def _grid(widths: Sequence[float], rows: Iterable[Any], lines: bool = False) -> Any:
    """A table of fixed widths, in millimetres."""
    how = _element("tblPr", _element("tblW", w=round(sum(widths) * _TWIPS), type="dxa"))
    if lines:
        sides = [_element(side, val="single", sz=4, space=0, color=LINE) for side in ("top", "bottom", "insideH")]
        how.append(_element("tblBorders", *sides))
    how.append(_element("tblLayout", type="fixed"))
    margins = [_element(side, w=70, type="dxa") for side in ("top", "left", "bottom", "right")]
    how.append(_element("tblCellMar", *margins))
    grid = _element("tblGrid", *(_element("gridCol", w=round(width * _TWIPS)) for width in widths))
    return _element("tbl", how, grid, *rows)


def _set_down(made: Any, table: Any) -> None:
    """Two tables that touch would become one."""
    _add(made, table)
    _add(made, _lines(_run("", size=6)))


def _head_cell(text: str, width: float, align: str = "left", span: int = 1, size: float = 9) -> Any:
    return _cell([_lines(_run(text, bold=True, colour=WHITE, size=size), align=align)], width, INDIGO, span)


def _table(made: Any, block: Table, say: Say) -> None:
    """A short table stays on one page."""
    widths = [_WIDTH * width / sum(block.widths) for width in block.widths]
    aligns = ["right" if place in block.numeric else "left" for place in range(len(widths))]
    short = len(block.rows) <= _FEW and _length(text for row in block.rows for text in row) <= _SHORT
    rows = [_row(map(_head_cell, block.head, widths, aligns), head=True)]
    for place, values in enumerate(block.rows, 1):
        last = place == len(block.rows)
        total = block.total and last
        cells = [
            _cell(
                [_lines(_shown(text, say, bold=total, size=9), align=align, keep=short and not last)],
                width,
                IVORY * total,
            )
            for text, width, align in zip(values, widths, aligns, strict=True)
        ]
        rows.append(_row(cells, whole=_length(values) < _SHORT / 2))
    _set_down(made, _grid(widths, rows, lines=True))


def _length(texts: Iterable[Text]) -> int:
    return sum(len(text or "") for text in texts)


def _facts(made: Any, block: Facts, say: Say) -> None:
    """The facts of one thing stay together, unless they would fill half a page."""
    widths = [_WIDTH * 0.3, _WIDTH * 0.7]
    short = _length(text for _, text in block.pairs) <= _SHORT
    rows = []
    for place, (name, text) in enumerate(block.pairs, 1):
        keep = short and place < len(block.pairs)
        title = _lines(_run(name, bold=True, colour=SOGAN, size=9.5), keep=keep)
        told = _lines(_shown(text, say, size=9.5), keep=keep)
        rows.append(_row([_cell([title], widths[0], IVORY), _cell([told], widths[1])], whole=short))
    _set_down(made, _grid(widths, rows, lines=True))


def _timeline(made: Any, block: Timeline, say: Say) -> None:
    """A table of years; what is busy is shaded, and says so with a dot for those who do not see colours."""
    first = _WIDTH - 10 * _YEAR_WIDTH
    widths = [first, *[_YEAR_WIDTH] * 10]
    terms = [(say("Short term"), 1, 7), (say("Medium term"), 4, 9), (say("Long term"), 5, 9)]
    names = [_head_cell(name, span * _YEAR_WIDTH, "center", span, size) for name, span, size in terms]
    years = [_head_cell(str(n + (block.first_year or 1)), _YEAR_WIDTH, "center", size=7.5) for n in range(10)]
    rows = [
        _row([_head_cell(say("Programme"), first), *names], head=True),
        _row([_head_cell("", first), *years], head=True),
        *(_timeline_row(row, first, say) for row in block.rows),
    ]
    _set_down(made, _grid(widths, rows, lines=True))
    used = {row.dimension for row in block.rows}
    legend = [
        _run(f"■ {name}   ", colour=DIMENSION_COLOURS[key], size=9)
        for key, (name, _) in DIMENSIONS.items() if key in used
    ]  # fmt: skip
    _add(made, _lines(*legend, after=160))


def _timeline_row(row: Row, width: float, say: Say) -> Any:
    colour = DIMENSION_COLOURS.get(row.dimension, MUTED)
    cells = [_cell([_lines(_shown(row.label, say, size=9))], width)]
    for year, ground in zip(row.years, BANDS, strict=True):
        text = "•" if year is True else year or ""
        line = _lines(_run(text, colour=WHITE, size=7), align="center")
        cells.append(_cell([line], _YEAR_WIDTH, colour if year else ground))
    return _row(cells)


def _signatures(made: Any, block: Signatures, say: Say) -> None:
    half = _WIDTH / 2
    signers: list[Signer | None] = [*([None] if len(block.signers) == 1 else []), *block.signers]
    signers += [None] * (len(signers) % 2)
    rows = [
        _row([_cell(_signature(one), half) for one in pair])
        for pair in zip(signers[::2], signers[1::2], strict=True)
    ]  # fmt: skip
    if not rows:  # a table without rows is no table to Word
        return
    _add(made, _lines(_run("", size=14)))
    _set_down(made, _grid([half, half], rows))


def _signature(signer: Signer | None) -> list[Any]:
    if signer is None:
        return [_lines()]
    lines = [_lines(_run(signer.date), align="center", keep=True)] if signer.date else []
    office = _lines(_run(signer.office, bold=True), align="center", after=1100, keep=True)
    return [*lines, office, _lines(_run("_" * 30, colour=MUTED), align="center", keep=True),
            _lines(_run(signer.name, bold=True), align="center", after=240)]  # fmt: skip


def _page_break(made: Any, block: PageBreak, say: Say) -> None:
    made.add_page_break()


_DRAWERS: dict[type, Callable[[Any, Any, Say], None]] = {
    Heading: _heading,
    Paragraph: _paragraph,
    Bullets: _bullets,
    Table: _table,
    Facts: _facts,
    Timeline: _timeline,
    Signatures: _signatures,
    PageBreak: _page_break,
}
