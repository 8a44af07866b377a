"""docs/hl7v2.md says what the tables say, and the tables only name what there is."""

from pathlib import Path

from sekali import hl7v2
from sekali.hl7v2.tables import AUTHORITIES, CODES, EVENTS, MAPPING
from sekali.hl7v2.values import CONVERTERS

PAGE = Path(__file__).parents[3] / "docs/hl7v2.md"


def table(head: str, rows: list[tuple[str, ...]]) -> str:
    columns = head.count("|") - 1
    return "\n".join([head, "|" + "---|" * columns, *("| " + " | ".join(row) + " |" for row in rows)])


def events() -> str:
    return table(
        "| event | Encounter | what is kept |", [(f"`{e.event}`", e.status, e.meaning) for e in EVENTS.values()]
    )


def mapping() -> str:
    rows = [
        (row.field, f"`{row.resource}.{row.element}`", row.how, row.needed, row.meaning) for row in MAPPING
    ]  # fmt: skip
    return table("| field | element | how | needed | |", rows)


def test_the_page_has_the_tables() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert events() in page
    assert mapping() in page


def test_every_row_names_a_converter_and_a_code_table_that_there_are() -> None:
    tables = {name for name, _ in CODES}
    for row in hl7v2.MAPPING:
        name, _, argument = row.how.partition(":")
        assert name in CONVERTERS, row
        assert not argument or argument in tables | {"home", "work"}, row
        assert row.segment.isupper() and row.number > 0 and row.needed in ("", "yes")


def test_no_field_has_two_rows_in_one_resource_unless_for_another_element() -> None:
    seen = [(row.resource, row.element, row.field) for row in MAPPING]
    assert len(seen) == len(set(seen))


def test_authorities_name_the_kinds_of_number_that_there_are() -> None:
    assert {row.kind for row in AUTHORITIES} == {"nik", "jkn", "record"}
