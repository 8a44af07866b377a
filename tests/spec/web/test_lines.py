"""What the secretariat writes as lines of text: instruments, stages, categories. Read, it is what was written."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekali import kernel, program
from sekali.web.ceremony import category_lines, read_categories
from sekali.web.secretariat import part_lines, read_parts, read_stages, stage_lines

Part = program.instruments.Part
words = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)
weights = st.none() | st.decimals(0, 100, places=2)


@st.composite
def parts(draw: st.DrawFn, depth: int = 0) -> tuple[Part, ...]:
    """A tree of three levels."""
    inner = parts(depth + 1) if depth < 2 else st.just(())
    return tuple(
        Part(draw(words), draw(words), draw(weights), draw(inner) if draw(st.booleans()) else ())
        for _ in range(draw(st.integers(1, 3)))
    )


@given(parts())
def test_an_instrument_reads_as_it_was_written(given_parts: tuple[Part, ...]) -> None:
    assert read_parts("\n".join(part_lines(given_parts))) == given_parts


def test_a_line_without_a_name_is_named() -> None:
    with pytest.raises(kernel.Invalid) as refused:
        read_parts("a | Bagian A | 50\n\nb")
    assert [fault.path for fault in refused.value.faults] == ["3"]


def test_a_weight_that_is_no_number_is_named() -> None:
    with pytest.raises(kernel.Invalid) as refused:
        read_parts("a | Bagian A | banyak")
    assert refused.value.faults[0].path == "1"


def test_weights_may_be_written_with_a_comma() -> None:
    assert read_parts("a | Bagian A | 33,5")[0].weight == Decimal("33.5")


def test_stages_read_as_they_were_written() -> None:
    text = "Undangan |  |  |  | 80 daerah | sumber\nPresentasi | 2018-12-12 | 2018-12-13 | ICE BSD |  | "
    found = read_stages(text)
    assert [(s.name, str(s.starts), s.place) for s in found] == [
        ("Undangan", "None", ""),
        ("Presentasi", "2018-12-12", "ICE BSD"),
    ]
    assert read_stages(stage_lines(found)) == found


def test_categories_read_as_they_were_written() -> None:
    found = read_categories("Terbaik | panel | | 3\nSelesai | completed")
    assert found == [("Terbaik", program.Rule("panel", "", 3)), ("Selesai", program.Rule("completed", "", 1))]
    kept = [program.Category(None, None, n, name, rule, None, ()) for n, (name, rule) in enumerate(found)]
    assert read_categories(category_lines(kept)) == found


def test_a_category_of_no_known_rule_is_named() -> None:
    with pytest.raises(kernel.Invalid) as refused:
        read_categories("Terbaik | panel\nKedua | suara terbanyak")
    assert refused.value.faults[0].path == "2"
