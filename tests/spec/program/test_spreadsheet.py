"""A masterplan out to a workbook and in again: nothing is lost, nothing is guessed, nothing is unpacked that is too big."""

import io
import zipfile
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.chart import BarChart, Reference

from sekali import kernel
from sekali.program import package, plan, spreadsheet
from sekali.program.dimensions import SUBS

FACTS = plan.clean(
    {
        "first_year": "2020", "vision": "A city that\nheals", "living.target": "=1+1", "P1.name": "Clinic",
        "P1.sub": "living.health", "P1.baseline": "12,5", "P1.y1.activity": "Build", "P1.y1.budget": "1.250.000.000",
        "P1.y10.target": "80", "P12.name": "Buses", "P12.office": "@Dishub",
    }
)  # fmt: skip


def written(facts: plan.Facts = FACTS) -> bytes:
    return spreadsheet.write(facts, 7, "Kota Contoh")


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def edited(change: Callable[[Workbook], Any], facts: plan.Facts = FACTS) -> bytes:
    """The workbook after somebody worked in it and saved it."""
    book = load_workbook(io.BytesIO(written(facts)))
    change(book)
    return saved(book)


def put(sheet: str, cell: str, value: Any) -> Callable[[Workbook], None]:
    def change(book: Workbook) -> None:
        book[sheet][cell] = value

    return change


def refused(content: bytes) -> list[tuple[str, str]]:
    """(place, reason) of every fault."""
    with pytest.raises(kernel.Invalid) as failure:
        spreadsheet.read(content)
    return [(fault.path, fault.reason) for fault in failure.value.faults]


# What goes out comes back the same

LEAD = st.sampled_from(["", "=", "+", "-", "@", "'", "''", "#N/A", "_x000D_", "1e5", "TRUE", "0012", "\t=", "💡"])
TEXT = st.builds(
    "{}{}{}".format, LEAD, st.text(max_size=40), st.sampled_from(["", "\nsecond line", " & <b>", "9" * 40])
)
NUMBER = st.decimals(-(10**17), 10**17, places=0) | st.decimals(-(10**8), 10**8, places=9)
PATHS = {
    "text": ["intro", "vision", "closing", "ready.people.gap", "economy.target", "P1.name", "P7.literacy", "P1.y1.activity",
             "P1.y2.evidence", "P300.y10.source"],
    "number": ["P1.baseline", "P7.baseline", "P1.y1.budget", "P1.y2.target", "P300.y10.actual"],
    "year": ["first_year"],
    "sub": ["P1.sub", "P7.sub"],
}  # fmt: skip
TYPED = {
    "text": TEXT,
    "number": NUMBER.map(str),
    "year": st.integers(2000, 2099).map(str),
    "sub": st.sampled_from(list(SUBS)),
}
RUPIAH = st.decimals(0, 10**15, places=2).map(str)


@st.composite
def plans(draw: st.DrawFn) -> plan.Facts:
    """Facts as they are kept; those that tidy changes again are a matter of test_masterplan."""
    chosen = draw(
        st.lists(st.sampled_from([(path, kind) for kind, paths in PATHS.items() for path in paths]), unique=True)
    )
    facts = plan.clean({path: draw(RUPIAH if path.endswith("budget") else TYPED[kind]) for path, kind in chosen})
    return plan.applied({}, {path: text for path, text in facts.items() if plan.tidy(path, text) == text})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plans(), st.integers(0, 999_999), st.sampled_from(["id", "en"]))
def test_the_round_trip_loses_nothing(facts: plan.Facts, version: int, language: str) -> None:
    found = spreadsheet.read(spreadsheet.write(facts, version, "=Kota", language))
    assert found == spreadsheet.Read(facts, version)
    assert list(found.facts) == list(facts), "in the order of the book"


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plans())
def test_saved_again_by_another_program_it_reads_the_same(facts: plan.Facts) -> None:
    assert spreadsheet.read(edited(lambda book: None, facts)) == spreadsheet.Read(facts, 7)


def test_a_template_with_no_facts_reads_as_empty() -> None:
    assert spreadsheet.read(spreadsheet.write({}, 0, "Kota Contoh")) == spreadsheet.Read({}, 0)


def test_nothing_becomes_a_formula() -> None:
    facts = plan.clean({"vision": '=HYPERLINK("http://example.org")', "P1.name": "=1+1", "P1.y1.source": "=A1"})
    book = load_workbook(io.BytesIO(written(facts)))
    assert "f" not in {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert book["Program"]["B2"].value == "=1+1"


def test_a_number_is_a_number_as_long_as_a_spreadsheet_keeps_its_digits() -> None:
    book = load_workbook(io.BytesIO(written({"P1.y1.budget": "1250000000", "P1.y1.target": "1" * 18})))
    assert (book["Tahun"]["D2"].value, book["Tahun"]["E2"].value) == (1_250_000_000, "1" * 18)


@pytest.mark.parametrize("typed", ["-125,125", "-125.1250", "1e17"])
def test_a_number_survives_the_round_trip(typed: str) -> None:
    kept = plan.clean({"P1.baseline": typed})
    assert Decimal(kept["P1.baseline"]) == Decimal(typed.replace(",", "."))
    assert spreadsheet.read(written(kept)).facts == kept


def test_the_largest_plan_comes_back() -> None:
    facts = {
        f"P{n}.y{year}.activity": "x" for n in range(1, plan.MOST_PROGRAMMES + 1) for year in range(1, plan.YEARS + 1)
    }
    assert spreadsheet.read(written(facts)).facts == facts


# What people do to it


def test_edited_cells_are_read_and_emptied_ones_are_gone() -> None:
    def change(book: Workbook) -> None:
        book["Program"]["B2"], book["Program"]["L2"] = "Hospital", 0.1
        book["Program"].append(["p13", "Parks", "living.harmony"])
        book["Tahun"]["C2"] = None
        book["Tahun"]["D2"] = "Rp 1.000.000"

    changes = {"P1.name": "Hospital", "P1.baseline": "0.1", "P13.name": "Parks", "P13.sub": "living.harmony",
               "P1.y1.activity": "", "P1.y1.budget": "1000000"}  # fmt: skip
    assert spreadsheet.read(edited(change)).facts == plan.applied(FACTS, changes)


def moved(sheet: str, order: Callable[[list[Any]], Sequence[Any]]) -> Callable[[Workbook], None]:
    """The columns of a sheet in another order."""

    def change(book: Workbook) -> None:
        for row in book[sheet].iter_rows():
            for cell, value in zip(row, order([cell.value for cell in row]), strict=True):
                cell.value = value
                cell.data_type = "s" if isinstance(value, str) else "n"

    return change


@pytest.mark.parametrize("sheet", ["Umum", "Program", "Tahun"])
def test_a_column_moved_to_another_place_still_reads(sheet: str) -> None:
    assert spreadsheet.read(edited(moved(sheet, lambda row: row[::-1]))).facts == FACTS


def test_a_fault_in_a_moved_column_is_named_where_it_stands() -> None:
    def change(book: Workbook) -> None:
        book["Tahun"]["D2"] = "many"
        moved("Tahun", lambda row: row[::-1])(book)

    assert [place for place, _ in refused(edited(change))] == ["Tahun!E2"], "the fourth of eight columns, from behind"


def test_a_heading_in_capitals_with_blanks_still_reads() -> None:
    assert spreadsheet.read(edited(put("Program", "B1", " PROGRAM "))).facts == FACTS


# What is refused, and where


def test_a_wrong_column_and_a_missing_one_are_named() -> None:
    found = dict(refused(edited(put("Program", "D1", "dinas"))))
    assert found == {
        "Program: penanggung jawab": "This column is missing.",
        "Program: dinas": "This column does not belong here.",
    }


def test_a_column_that_stands_there_twice_is_named() -> None:
    assert ("Tahun: target", "This column does not belong here.") in refused(edited(put("Tahun", "I1", "target")))


@pytest.mark.parametrize("sheet", ["Umum", "Program", "Tahun"])
def test_a_missing_sheet_is_named(sheet: str) -> None:
    assert refused(edited(lambda book: book.remove(book[sheet]))) == [(sheet, "This sheet is missing.")]


def test_the_guide_may_be_missing_and_then_the_version_is_unknown() -> None:
    assert spreadsheet.read(edited(lambda book: book.remove(book["Petunjuk"]))) == spreadsheet.Read(FACTS, 0)


@pytest.mark.parametrize("version", [-1, 10**6, "seven", None, 1.5])
def test_a_version_that_is_none_is_unknown(version: Any) -> None:
    assert spreadsheet.read(edited(put("Petunjuk", "B2", version))).version == 0


def test_a_code_used_twice_names_the_second() -> None:
    twice = "This code stands in the sheet twice."
    assert refused(edited(put("Program", "A3", "P1"))) == [("Program!B3", twice)]
    assert refused(edited(lambda book: book["Tahun"].append(["P1", 1, "Again"]))) == [("Tahun!C4", twice)]
    assert refused(edited(lambda book: book["Umum"].append(["vision", "", "Another"])))[0][1] == twice


@pytest.mark.parametrize(
    ("sheet", "cell", "value", "reason"),
    [
        ("Tahun", "D2", "many", "Write a number, such as 12,5 or 1.250.000."),
        ("Tahun", "F3", "#DIV/0!", "Write a number, such as 12,5 or 1.250.000."),
        ("Program", "L2", "1,2,3", "Write a number, such as 12,5 or 1.250.000."),
        ("Tahun", "B2", 11, "Write the year of the plan, 1 to 10."),
        ("Tahun", "B2", 1.5, "Write the year of the plan, 1 to 10."),
        ("Tahun", "B2", None, "Write the year of the plan, 1 to 10."),
        ("Program", "A2", "Programme 1", "Write a code such as P1."),
        ("Tahun", "A2", "P0", "Write a code such as P1."),
        ("Program", "C2", "health", "Choose one of the eighteen sub-dimensions."),
        ("Umum", "C2", "next year", "Write a year, such as 2019."),
        ("Program", "B2", "x" * 20_001, "This text is too long; the limit is 20,000 letters."),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_named(sheet: str, cell: str, value: Any, reason: str) -> None:
    assert refused(edited(put(sheet, cell, value))) == [(f"{sheet}!{cell}", reason)]


def test_all_wrong_cells_are_named_at_once() -> None:
    def change(book: Workbook) -> None:
        book["Tahun"]["D2"], book["Program"]["C2"] = "many", "health"

    assert {place for place, _ in refused(edited(change))} == {"Tahun!D2", "Program!C2"}


def test_a_text_without_a_code_is_not_dropped_in_silence() -> None:
    assert refused(edited(lambda book: book["Umum"].append([None, "Vision", "A long text"])))


def test_a_formula_that_nobody_computed_is_not_read_as_empty() -> None:
    assert [place for place, _ in refused(edited(put("Tahun", "D2", "=2+3")))] == ["Tahun!D2"]


def test_ten_thousand_rows_are_refused() -> None:
    def change(book: Workbook) -> None:
        for n in range(10_000):
            book["Tahun"].append([f"P{n % 300 + 1}", 1, "x"])

    with pytest.raises(kernel.TooCostly):
        spreadsheet.read(edited(change))


# What is no spreadsheet, or too much of one


def packed(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return out.getvalue()


def with_sheet(name: str, content: bytes) -> bytes:
    """The template with the text of one part replaced."""
    with zipfile.ZipFile(io.BytesIO(written())) as package:
        return packed(**{one: package.read(one) for one in package.namelist()} | {name: content})


def test_more_than_five_megabytes_are_refused() -> None:
    with pytest.raises(kernel.TooCostly):
        spreadsheet.read(b"x" * (package.LARGEST + 1))


def test_what_unpacks_to_more_than_sixty_megabytes_is_refused() -> None:
    bomb = with_sheet("xl/worksheets/sheet2.xml", b" " * (package.UNPACKED + 1))
    assert len(bomb) < 200_000
    with pytest.raises(kernel.TooCostly):
        spreadsheet.read(bomb)


def test_two_hundred_files_in_one_are_refused() -> None:
    with pytest.raises(kernel.TooCostly):
        spreadsheet.read(packed(**{f"file{n}": b"" for n in range(201)}))


def test_a_sheet_of_very_many_empty_cells_is_refused() -> None:
    with zipfile.ZipFile(io.BytesIO(written())) as package:
        sheet = package.read("xl/worksheets/sheet2.xml")
    wide = with_sheet(
        "xl/worksheets/sheet2.xml",
        sheet.replace(b"</sheetData>", (b"<row>" + b"<c/>" * 15_000 + b"</row>") * 20 + b"</sheetData>"),
    )
    with pytest.raises(kernel.TooCostly):
        spreadsheet.read(wide)


@pytest.mark.parametrize(
    "content", [b"", b"kode;isi\nvision;x\n", b"PK\x03\x04", b"%PDF-1.7", packed(), packed(a=b"b"), written()[:-200]]
)
def test_what_is_no_spreadsheet_is_refused(content: bytes) -> None:
    with pytest.raises(kernel.Invalid, match="could not be opened"):
        spreadsheet.read(content)


def test_a_workbook_of_something_else_is_refused() -> None:
    assert {reason for _, reason in refused(saved(Workbook()))} == {"This sheet is missing."}


@pytest.mark.parametrize("sheet", ["Umum", "Petunjuk"])
def test_a_chart_in_place_of_a_table_does_not_break_the_reader(sheet: str) -> None:
    def change(book: Workbook) -> None:
        book.remove(book[sheet])
        chart = BarChart()
        chart.add_data(Reference(book["Program"], min_col=1, min_row=1, max_row=2))
        book.create_chartsheet(sheet).add_chart(chart)

    try:
        assert spreadsheet.read(edited(change)).version == 0
    except kernel.Invalid as failure:
        assert sheet == "Umum" and failure.faults[0].path == "Umum"


WHOLE = written()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=6))
@example([(0, 0)])
def test_no_damage_breaks_the_reader(damage: list[tuple[int, int]]) -> None:
    content = bytearray(WHOLE)
    for place, byte in damage:
        content[place] = byte
    try:
        spreadsheet.read(bytes(content))
    except kernel.Failure as failure:
        assert failure.message.endswith(("(.xlsx).", "nothing was changed.", "Nothing was changed."))
