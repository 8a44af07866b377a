"""The grammar of ``_filter``."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekali import kernel, records
from sekali.records import filters

WORDS = [
    "and",
    "or",
    "not",
    "(",
    ")",
    "status",
    "eq",
    "ne",
    "pr",
    "active",
    '"a b"',
    '"',
    "true",
    "partof.name",
    "[",
    "\\",
    "é",
]


@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_anything_is_a_filter_or_refused(words: list[str]) -> None:
    try:
        filters.parse(" ".join(words))
    except (kernel.Invalid, kernel.TooCostly) as refused:
        assert refused.path in ("_filter", None)


def test_and_and_or_are_read_from_left_to_right() -> None:
    tree = filters.parse("a eq 1 or b eq 2 and c eq 3")
    assert isinstance(tree, filters.Joined) and tree.all and len(tree.parts) == 2
    assert [leaf.name for leaf in filters.leaves(tree)] == ["a", "b", "c"]
    assert len(filters.parse("a eq 1 and b eq 2 and c eq 3 and d eq 4").parts) == 4


def test_a_filter_of_an_export_is_one_of_simple_questions() -> None:
    query = records.parse_filter("Questionnaire", [("_filter", "status eq active and title co x")])
    assert [one.parameter.name for one in query.asked] == ["status", "title"]
    with pytest.raises(kernel.Unsupported):
        records.parse_filter("Questionnaire", [("_filter", "status eq active or title co x")])
    with pytest.raises(kernel.Unsupported):
        records.parse_filter("Questionnaire", [("code:below", "http://x|y")])


def test_there_is_one_filter() -> None:
    with pytest.raises(kernel.TooCostly):
        records.parse_filter("Questionnaire", [("_filter", "status eq active"), ("_filter", "status eq draft")])
