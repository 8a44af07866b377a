"""A masterplan as named facts: what a path is, how a number is written, and what becomes of two people's work."""

from collections.abc import Iterable
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sekali import kernel
from sekali.program import dimensions, plan


def refused(path: str, text: str) -> str:
    """The reason why this text is no fact."""
    with pytest.raises(kernel.Invalid) as failure:
        plan.tidy(path, text)
    (fault,) = failure.value.faults
    assert fault.path == path
    return fault.reason


# Paths


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("vision", "text"), ("first_year", "year"), ("ready.people.gap", "text"), ("living.target", "text"),
        ("environment.strategy", "text"), ("P1.name", "text"), ("P1.sub", "sub"), ("P300.baseline", "number"),
        ("P3.baseline_source", "text"), ("P3.y1.budget", "number"), ("P3.y10.actual", "number"), ("P3.y2.activity", "text"),
    ],
)  # fmt: skip
def test_a_path_tells_what_its_text_is(path: str, kind: str) -> None:
    assert plan.kind_of(path) == kind


@pytest.mark.parametrize(
    "path",
    ["", "visions", "Vision", "vision\n", "ready.people", "ready.nobody.gap", "living", "P0.name", "P01.name", "P1000.name",
     "P1", "P1.y0.budget", "P1.y11.budget", "P1.y1", "P1.y1.name", "P1.budget", "P1.name.more", " P1.name"],
)  # fmt: skip
def test_any_other_path_is_none_and_refused(path: str) -> None:
    assert plan.kind_of(path) is None
    assert refused(path, "text") == "A masterplan has no such field."


# Numbers


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("1.250.000,50", "1250000.5"), ("1,250,000.50", "1250000.5"), ("1250000.5", "1250000.5"),
        ("1.250.000", "1250000"), ("1,250,000", "1250000"), ("Rp 1.000.000", "1000000"), ("Rp1.000.000,00", "1000000"),
        ("1 250 000", "1250000"), ("1\u00a0250\u00a0000", "1250000"), ("1.250,5", "1250.5"), ("1,250.5", "1250.5"),
        ("12,5", "12.5"), ("12.5", "12.5"), ("-7,25", "-7.25"), ("0,00", "0"), ("-0", "0"), ("007", "7"),
        ("999999999999999999", "999999999999999999"),
    ],
)  # fmt: skip
def test_numbers_are_read_in_both_notations(typed: str, kept: str) -> None:
    assert plan.tidy("P1.y1.budget", typed) == kept


def test_a_single_mark_is_a_decimal_mark() -> None:
    """12.500 could be either; as 1.125 is how a number is kept, a single mark never stands for thousands."""
    assert plan.tidy("P1.baseline", "12.500") == plan.tidy("P1.baseline", "12,500") == "12.5"
    assert plan.tidy("P1.baseline", "1.125") == "1.125"


@pytest.mark.parametrize("mark", [".", ","])
def test_a_minus_does_not_change_how_a_number_is_read(mark: str) -> None:
    assert plan.tidy("P1.baseline", f"-125{mark}125") == "-" + plan.tidy("P1.baseline", f"125{mark}125")


def test_rupiah_have_no_thousandths() -> None:
    assert plan.tidy("P1.y1.budget", "Rp 750.000") == "750000"
    assert plan.number("250.000", "spending") == "250000", "what was spent is rupiah too"


@pytest.mark.parametrize(
    "wrong",
    ["many", "1.2.3", "1,5,5", "1.250.00", "12%", "NaN", "Infinity", "1e99", "--1", "1" * 19, "0." + "0" * 19 + "1"],
)
def test_what_is_no_number_is_refused(wrong: str) -> None:
    assert refused("P1.y1.target", wrong) == "Write a number, such as 12,5 or 1.250.000."


@given(st.decimals(-(10**12), 10**12, places=2))
def test_every_number_of_a_report_is_read_in_both_notations(value: Decimal) -> None:
    english = f"{value:,.2f}"
    indonesian = english.translate(str.maketrans(",.", ".,"))
    assert Decimal(plan.number(english, "")) == Decimal(plan.number(indonesian, "")) == value


@given(st.decimals(-(10**15), 10**15, places=3))
@example(Decimal("-125.125"))
def test_a_number_as_it_is_kept_reads_as_itself(value: Decimal) -> None:
    kept = plan.number(str(value.normalize()), "")
    assert Decimal(kept) == value
    assert plan.number(kept, "") == kept


@pytest.mark.parametrize("typed", ["1e17", "1e18", "-1.5e18", "1e-18"])
def test_a_power_of_ten_is_refused_or_kept_as_what_may_be_typed(typed: str) -> None:
    try:
        kept = plan.number(typed, "")
    except kernel.Invalid:
        return
    assert plan.number(kept, "") == kept


# Texts


def test_blanks_around_and_control_characters_go_and_line_breaks_stay() -> None:
    assert (
        plan.tidy("vision", "\r\n  first \t\r\nsecond\rthird\x00\x07\x1b[31m\x7f\ufffe  ") == "first\nsecond\nthird[31m"
    )
    assert plan.tidy("vision", "a\tb") == "a\tb"
    assert plan.tidy("vision", " \n\x00 ") == ""


@pytest.mark.parametrize("control", ["\x85", "\x9b"])
def test_control_characters_of_the_second_set_go_too(control: str) -> None:
    assert plan.tidy("vision", f"a{control}b") == "ab"


@given(st.text(max_size=30))
@example("first \x00\nsecond")
def test_a_tidy_text_is_left_alone(text: str) -> None:
    kept = plan.tidy("vision", text)
    assert plan.tidy("vision", kept) == kept


def test_twenty_thousand_letters_are_the_limit() -> None:
    assert len(plan.tidy("vision", "a" * plan.LONGEST)) == 20_000
    assert "too long" in refused("vision", "a" * (plan.LONGEST + 1))


def test_a_year_and_a_sub_dimension_are_what_they_are() -> None:
    assert (plan.tidy("first_year", " 2020 "), plan.tidy("P1.sub", "living.health")) == ("2020", "living.health")
    assert {refused("first_year", wrong) for wrong in ("1999", "20", "2020.5")} == {"Write a year, such as 2019."}
    assert refused("P1.sub", "health") == "Choose one of the eighteen sub-dimensions."


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(kernel.Invalid) as failure:
        plan.clean({"vision": "fine", "first_year": "soon", "P1.baseline": "many", "nowhere": "x"})
    assert [fault.path for fault in failure.value.faults] == ["first_year", "P1.baseline", "nowhere"]


def test_three_hundred_programmes_are_the_limit() -> None:
    most = {f"P{n}.name": "one" for n in range(1, 301)}
    assert plan.clean(most) == most
    with pytest.raises(kernel.Invalid):
        plan.clean(most | {"P301.name": "one more"})


# Differences and merging

PATHS = st.sampled_from(["vision", "intro", "living.target", "ready.people.gap", "P1.name", "P2.name", "P10.y1.budget"])
TEXTS = st.sampled_from(["1", "2", "3"])
FACTS = st.dictionaries(PATHS, TEXTS, max_size=7)


def changed_paths(before: plan.Facts, after: plan.Facts) -> set[str]:
    return {one.path for one in plan.differences(before, after)}


@given(FACTS, FACTS)
def test_differences_lead_from_one_to_the_other_and_none_is_idle(before: plan.Facts, after: plan.Facts) -> None:
    found = plan.differences(before, after)
    assert plan.applied(before, {one.path: one.after for one in found}) == after
    assert plan.applied(after, {one.path: one.before for one in found}) == before
    assert all(one.before != one.after for one in found)
    assert plan.differences(before, before) == []


def test_everything_stands_in_the_order_of_the_book() -> None:
    book = [
        "vision",
        "closing",
        "ready.people.gap",
        "living.target",
        "P2.name",
        "P2.y1.target",
        "P2.y10.target",
        "P10.name",
    ]
    assert list(plan.in_order(reversed(book))) == book
    assert list(plan.applied({}, dict.fromkeys(reversed(book), "1"))) == book
    assert [one.path for one in plan.differences(dict.fromkeys(reversed(book), "1"), {})] == book


def test_an_empty_text_takes_a_fact_away() -> None:
    assert plan.applied({"vision": "1", "intro": "2"}, {"vision": ""}) == {"intro": "2"}


@given(FACTS, FACTS)
def test_who_changed_nothing_takes_what_the_other_did(base: plan.Facts, other: plan.Facts) -> None:
    assert plan.merge(base, base, other) == (other, [])
    assert plan.merge(base, other, base) == (other, [])
    assert plan.merge(base, other, other) == (other, [])


@given(FACTS, FACTS, FACTS)
def test_without_a_path_that_both_changed_there_is_no_clash(
    base: plan.Facts, mine: plan.Facts, other: plan.Facts
) -> None:
    touched = changed_paths(base, mine)
    theirs = {path: text for path, text in other.items() if path not in touched}
    theirs |= {path: text for path, text in base.items() if path in touched}
    merged, clashes = plan.merge(base, mine, theirs)
    assert clashes == []
    assert merged == plan.merge(base, theirs, mine)[0], "then it does not matter who came first"


@given(FACTS, FACTS, FACTS)
def test_a_clash_names_the_three_texts_which_all_differ(base: plan.Facts, mine: plan.Facts, theirs: plan.Facts) -> None:
    for one in plan.merge(base, mine, theirs)[1]:
        assert (one.base, one.mine, one.theirs) == tuple(facts.get(one.path, "") for facts in (base, mine, theirs))
        assert len({one.base, one.mine, one.theirs}) == 3


@given(FACTS, FACTS, FACTS)
def test_nothing_is_lost(base: plan.Facts, mine: plan.Facts, theirs: plan.Facts) -> None:
    mine = plan.renumbered(base, mine, theirs)
    merged, clashes = plan.merge(base, mine, theirs)
    clashing = {one.path for one in clashes}
    for one in plan.differences(base, mine):
        assert (merged.get(one.path, "") == one.after) != (one.path in clashing), "mine is in it or in the clashes"
    for one in plan.differences(base, theirs):
        assert merged.get(one.path, "") == one.after, "theirs is always in it"
    assert merged.keys() <= mine.keys() | theirs.keys()


@given(FACTS, FACTS, FACTS)
def test_the_same_paths_clash_for_both(base: plan.Facts, mine: plan.Facts, theirs: plan.Facts) -> None:
    there, back = plan.merge(base, mine, theirs)[1], plan.merge(base, theirs, mine)[1]
    assert [(one.path, one.mine, one.theirs) for one in there] == [(one.path, one.theirs, one.mine) for one in back]


def test_to_take_away_what_another_changes_is_a_clash() -> None:
    assert plan.merge({"vision": "old"}, {}, {"vision": "new"}) == (
        {"vision": "new"},
        [plan.Clashing("vision", "old", "", "new")],
    )


# Programmes, years and what is missing


def test_the_horizons_of_a_plan_made_in_2019() -> None:
    """2020 short, 2021 to 2024 medium, 2025 to 2029 long."""
    found = {2020 + year - 1: plan.horizon(year) for year in range(1, plan.YEARS + 1)}
    assert found == {2020: "short"} | dict.fromkeys(range(2021, 2025), "medium") | dict.fromkeys(
        range(2025, 2030), "long"
    )


@pytest.mark.parametrize(
    ("baseline", "target", "actual", "percent"),
    [
        (0, 100, 40, 40), (50, 100, 75, 50), (50, 100, 125, 150), (50, 100, 40, -20), (100, 60, 80, 50), (100, 60, 60, 100),
        (None, 80, 20, None), (10, 10, 10, 100), (10, 10, 9, 0), (10, None, 5, None), (10, 20, None, None),
    ],
)  # fmt: skip
def test_how_much_of_the_way_was_gone(
    baseline: int | None, target: int | None, actual: int | None, percent: int | None
) -> None:
    figures = (None if one is None else Decimal(one) for one in (baseline, target, actual))
    assert plan.reached(*figures) == percent


def complete() -> plan.Facts:
    ready = (
        f"ready.{key}.{side}" for parts in dimensions.READINESS.values() for key in parts for side in ("state", "gap")
    )
    aims = (f"{key}.{aim}" for key in dimensions.DIMENSIONS for aim in ("target", "strategy"))
    programme = ("name", "office", "indicator", "unit", "baseline_source")
    texts: Iterable[str] = ("vision", "future", *ready, *aims, *(f"P1.{leaf}" for leaf in programme), "P1.y3.activity")
    return plan.clean(
        dict.fromkeys(texts, "text") | {"first_year": "2020", "P1.sub": "living.health", "P1.baseline": "0"}
    )


def test_a_complete_masterplan_has_no_gaps_and_each_fact_of_it_is_needed() -> None:
    assert plan.gaps(complete()) == []
    for path in complete():
        without = plan.gaps(plan.applied(complete(), {path: ""}))
        assert without == (["P1.y1.activity"] if path == "P1.y3.activity" else [path])


def test_an_empty_masterplan_misses_everything_and_one_programme() -> None:
    missing = plan.gaps({})
    assert len(missing) == 3 + 18 + 12 + 1 and missing[0] == "first_year" and missing[-1] == "P1.name"
    assert all(plan.kind_of(path) for path in missing)


def test_a_programme_is_what_its_facts_say() -> None:
    facts = {
        "P2.name": "Clinic",
        "P2.sub": "living.health",
        "P2.y1.budget": "10.5",
        "P2.y10.budget": "2",
        "P2.y2.source": "x",
    }
    (found,) = plan.programmes(facts)
    assert (found.code, found.name, found.dimension, found.budget) == ("P2", "Clinic", "living", Decimal("12.5"))
    assert [(year.number, year.budget) for year in found.years] == [(1, Decimal("10.5")), (2, None), (10, Decimal(2))]


def test_a_new_programme_gets_a_number_that_no_other_has() -> None:
    assert plan.next_code({}) == plan.next_code({"vision": "x"}) == "P1"
    assert plan.next_code(["P1.name", "P9.name", "P10.y1.budget"]) == "P11"
    assert plan.next_code(["P3.name"]) == "P4", "a gap is not filled"


def test_a_new_code_can_always_be_used() -> None:
    assert plan.kind_of(f"{plan.next_code(['P999.name'])}.name") == "text"
