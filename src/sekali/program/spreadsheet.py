"""A masterplan as a workbook, out and in: cities work in spreadsheets.

What goes out comes back the same. Three sheets, each a table: *Umum* (one row a fact), *Program* (one row a
programme), *Tahun* (one row a programme and year); a fourth, *Petunjuk*, says how, and from which version it came, so
that what others changed meanwhile is merged and not overwritten.
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, islice
from typing import Any

from sekali import kernel

from . import package, plan
from .dimensions import DIMENSIONS, READINESS, SUBS

MOST_ROWS = plan.MOST_PROGRAMMES * plan.YEARS
"""Below the heading: a row for each programme and year of the largest plan."""
WIDEST = 30
FIRST_ROW = 2
Row = tuple[Any, ...]
GUIDE, GENERAL, PROGRAMMES, YEARS = "Petunjuk", "Umum", "Program", "Tahun"
COLUMNS = {
    GENERAL: ("kode", "bagian", "isi"),
    PROGRAMMES: (
        "kode", "program", "subdimensi", "penanggung jawab", "kebijakan", "kelembagaan", "infrastruktur", "aplikasi",
        "literasi", "indikator", "satuan", "nilai awal", "sumber nilai awal",
    ),
    YEARS: ("kode", "tahun ke", "kegiatan", "anggaran", "target", "realisasi", "bukti", "sumber"),
}  # fmt: skip
"""Sheet -> its columns, in order; those of Program and Tahun stand for plan.PROGRAMME and plan.YEAR."""

_PRECISE = 15
"""Digits that a spreadsheet keeps of a number; longer ones are written as text."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a workbook holds. ``version``: of the plan it was made from; 0 for an empty template."""

    facts: plan.Facts
    version: int


def write(facts: Mapping[str, str], version: int, region: str, language: str = "id") -> bytes:
    """The workbook of a plan; with no facts, the empty template."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill

    book = Workbook()
    guide = book.active
    guide.title = GUIDE
    lines = [("Masterplan", region), ("versi", version), ("", "")]
    lines += [("", text) for text in _GUIDE]
    lines += [("", ""), ("subdimensi", "arti")]
    lines += [
        (key, f"{DIMENSIONS[dimension][0]}: {kernel.translate(language, name)}")
        for key, (dimension, name) in SUBS.items()
    ]
    for row in lines:
        guide.append(row)
    tables: dict[str, list[Sequence[str]]] = {
        GENERAL: [(path, label, facts.get(path, "")) for path, label in labels(language)],
        PROGRAMMES: [
            (code, *(facts.get(f"{code}.{leaf}", "") for leaf in plan.PROGRAMME)) for code in plan.programme_codes(facts)
        ],
        YEARS: [
            (code, str(n), *(facts.get(f"{code}.y{n}.{leaf}", "") for leaf in plan.YEAR))
            for code in plan.programme_codes(facts) for n in range(1, plan.YEARS + 1)
            if any(facts.get(f"{code}.y{n}.{leaf}") for leaf in plan.YEAR)
        ],
    }  # fmt: skip
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        sheet.append(COLUMNS[name])
        for cell in sheet[1]:
            cell.font, cell.fill = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor="23305E")
        for place, row in enumerate(rows, FIRST_ROW):
            for column, text in enumerate(row, 1):
                _put(sheet.cell(place, column), COLUMNS[name][column - 1], text)
        sheet.freeze_panes = "B2"
        for letter, width in zip("ABCDEFGHIJKLM", _WIDTHS[name], strict=False):
            sheet.column_dimensions[letter].width = width
        for row in sheet.iter_rows(min_row=FIRST_ROW):
            for cell in row:
                cell.alignment = Alignment(wrap_text=True, vertical="top")
    guide.column_dimensions["A"].width, guide.column_dimensions["B"].width = 22, 100
    guide["A1"].font = guide["B1"].font = Font(bold=True, size=14)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


_WIDTHS = {
    GENERAL: (24, 46, 90),
    PROGRAMMES: (7, 34, 24, 26, 30, 30, 30, 30, 30, 28, 12, 14, 30),
    YEARS: (7, 9, 60, 18, 14, 14, 36, 36),
}
_GUIDE = (
    "Isi kolom yang kosong. Jangan mengubah baris pertama (nama kolom) dan kolom kode.",
    "Program baru: tambahkan baris di lembar Program dengan kode berikutnya (P1, P2, P3 …).",
    "Tahun: satu baris untuk setiap program dan tahun rencana; tahun ke-1 adalah tahun pertama rencana.",
    "Angka ditulis sebagai angka. Hapus sebuah isian dengan mengosongkan selnya; hapus program dengan menghapus barisnya.",
    "Unggah kembali berkas ini di Sekali. Yang diubah orang lain sementara itu tidak hilang.",
)
_NUMERIC = {"nilai awal", "anggaran", "target", "realisasi", "tahun ke"}


def labels(language: str) -> Iterator[tuple[str, str]]:
    """Every general path and its label."""

    def _(text: str) -> str:
        return kernel.translate(language, text)

    yield from ((path, _(label)) for path, label in plan.GENERAL.items())
    for element, parts in READINESS.items():
        for key, name in parts.items():
            yield f"ready.{key}.state", f"{_('Readiness')}: {_(element)}, {_(name)}"
            yield f"ready.{key}.gap", f"{_('Gap')}: {_(element)}, {_(name)}"
    for key, (name, _subs) in DIMENSIONS.items():
        yield f"{key}.target", f"{name}: {_('target')}"
        yield f"{key}.strategy", f"{name}: {_('strategy')}"


def _put(cell: Any, column: str, text: str) -> None:
    """A number as a number where nothing is lost by it; all else as text, never as a formula."""
    if column in _NUMERIC and text and len(Decimal(text).as_tuple().digits) <= _PRECISE:
        value = Decimal(text)
        cell.value = int(value) if value == value.to_integral_value() else float(value)
        return
    if text:
        cell.value = text
        cell.data_type = "s"


def read(content: bytes) -> Read:
    """The facts of a workbook. Raises Invalid with the place (sheet, cell) of every fault; TooCostly."""
    package.check(content)
    sheets = _sheets(content)
    faults: list[kernel.Fault] = []
    tables = {name: _table(sheets.get(name), name, faults) for name in COLUMNS}
    if faults:
        raise kernel.Invalid("This spreadsheet is not the masterplan template; nothing was changed.", faults=faults)
    facts: plan.Facts = {}
    for path, text, place in _cells(tables, faults):
        if path in facts:
            faults.append(kernel.Fault(place, "This code stands in the sheet twice."))
            continue
        try:
            facts[path] = plan.tidy(path, text)
        except kernel.Invalid as failure:
            faults.extend(kernel.Fault(place, fault.reason) for fault in failure.faults)
    if len(plan.programme_codes(facts)) > plan.MOST_PROGRAMMES:
        faults.append(kernel.Fault(PROGRAMMES, "A masterplan has at most 300 programmes."))
    if faults:
        raise kernel.Invalid("Some cells need another look; nothing was changed.", faults=faults[:100])
    return Read(plan.applied({}, facts), _version(sheets.get(GUIDE, [])))


class _Uncomputed:
    """Stands for a formula whose result the file does not hold: nobody knows what it comes to."""


def _sheets(content: bytes) -> dict[str, list[Row]]:
    """The values of our sheets. Raises Invalid, TooCostly.

    It is read twice, as a file that is read for its results does not tell an empty cell from a formula without one.
    Read only, so that a merged range or a link over a whole sheet does not become a million cells.
    """
    try:
        results, formulas = (_values(content, results) for results in (True, False))
    except kernel.Failure:
        raise
    except Exception:  # what a broken package raises is openpyxl's own affair
        raise package.broken() from None
    return {
        name: [
            tuple(
                _Uncomputed if value is None and kind == "f" else value
                for (value, _), (_, kind) in zip(row, other, strict=True)
            )
            for row, other in zip(rows, formulas[name], strict=True)
        ]
        for name, rows in results.items()
    }


def _values(content: bytes, results: bool) -> dict[str, list[list[tuple[Any, str]]]]:
    """Value and type of each cell of our sheets; of a formula its result, or the formula."""
    from openpyxl import load_workbook

    found = {}
    with closing(load_workbook(io.BytesIO(content), read_only=True, data_only=results, keep_links=False)) as book:
        for sheet in book.worksheets:  # a sheet that is only a chart is none of them
            if sheet.title in found or sheet.title not in (GUIDE, *COLUMNS):
                continue
            sheet.reset_dimensions()  # what the file says of its own size may be wrong
            rows = islice(sheet.iter_rows(max_col=WIDEST), MOST_ROWS + 2)
            found[sheet.title] = [[(cell.value, cell.data_type) for cell in row] for row in rows]
            if len(found[sheet.title]) > MOST_ROWS + 1:
                raise kernel.TooCostly("This spreadsheet has too many rows; the limit is 3,000. Nothing was changed.")
    return found


@dataclass(frozen=True, slots=True)
class _Table:
    """A sheet below its heading: each row with its number; ``letters``: column -> where it stands."""

    letters: dict[str, str]
    rows: list[tuple[int, dict[str, Any]]]

    def place(self, name: str, column: str, row: int) -> str:
        """How a spreadsheet calls the cell."""
        return f"{name}!{self.letters[column]}{row}"


def _table(rows: list[Row] | None, name: str, faults: list[kernel.Fault]) -> _Table:
    from openpyxl.utils import get_column_letter

    if rows is None:
        faults.append(kernel.Fault(name, "This sheet is missing."))
        return _Table({}, [])
    head = [_text(value).strip().lower() for value in (rows[0] if rows else ())]
    for column in COLUMNS[name]:
        if column not in head:
            faults.append(kernel.Fault(f"{name}: {column}", "This column is missing."))
    for column in head:
        if column and (column not in COLUMNS[name] or head.count(column) > 1):
            faults.append(kernel.Fault(f"{name}: {column[:60]}", "This column does not belong here."))
    return _Table(
        {column: get_column_letter(place) for place, column in enumerate(head, 1)},
        [
            (place, dict(zip(head, row, strict=False)))
            for place, row in enumerate(rows[1:], FIRST_ROW) if any(value not in (None, "") for value in row)
        ],
    )  # fmt: skip


def _cells(tables: Mapping[str, _Table], faults: list[kernel.Fault]) -> Iterator[tuple[str, str, str]]:
    """Path, text and place of every cell that holds something."""
    for path, value, place in chain(_general(tables[GENERAL], faults), _programmes(tables, faults)):
        if value is _Uncomputed:
            faults.append(kernel.Fault(place, "This formula has no result. Open the file, let it compute, save it."))
        elif text := _text(value, plan.kind_of(path) == "number"):
            yield path, text, place


def _general(table: _Table, faults: list[kernel.Fault]) -> Iterator[tuple[str, Any, str]]:
    for place, row in table.rows:
        path, value = _text(row["kode"]).strip(), row["isi"]
        if path:
            yield path, value, table.place(GENERAL, "isi", place)
        elif value is _Uncomputed or _text(value).strip():
            faults.append(kernel.Fault(table.place(GENERAL, "kode", place), "This text has no code."))


def _programmes(tables: Mapping[str, _Table], faults: list[kernel.Fault]) -> Iterator[tuple[str, Any, str]]:
    for name, leaves in ((PROGRAMMES, plan.PROGRAMME), (YEARS, plan.YEAR)):
        columns = dict(zip(COLUMNS[name][-len(leaves) :], leaves, strict=True))
        for place, row in tables[name].rows:
            code = _text(row["kode"]).strip().upper()
            if not re.fullmatch(r"P[1-9]\d{0,2}", code):
                faults.append(kernel.Fault(tables[name].place(name, "kode", place), "Write a code such as P1."))
                continue
            if name == YEARS:
                year = _text(row["tahun ke"]).strip()
                if not re.fullmatch(r"10|[1-9]", year):
                    where = tables[name].place(name, "tahun ke", place)
                    faults.append(kernel.Fault(where, "Write the year of the plan, 1 to 10."))
                    continue
                code = f"{code}.y{year}"
            for column, leaf in columns.items():
                yield f"{code}.{leaf}", row[column], tables[name].place(name, column, place)


def _text(value: Any, number: bool = False) -> str:
    """A cell as text. A number comes as the shortest that means the same, as spreadsheets show it.

    Where a ``number`` is wanted it gets a fourth decimal if it has three: typed 1.125 may mean thousands, here not.
    """
    if value is None or value is _Uncomputed:
        return ""
    if not isinstance(value, float):
        return str(value)
    exact = Decimal(f"{value:.{_PRECISE}g}")
    text = f"{exact.normalize():f}" if exact else "0"
    return f"{text}0" if number and text[-4:-3] == "." else text


def _version(guide: list[Row]) -> int:
    value = guide[1][1] if len(guide) > 1 and len(guide[1]) > 1 else None
    return value if type(value) is int and 0 <= value < 1_000_000 else 0
