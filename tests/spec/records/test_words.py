"""``_content`` and ``_text``: words in opened contents, by the rules of PostgreSQL's web search, which looked before."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekali.records import words

WORDS = st.sampled_from(["batuk", "Kencing", "manis", "E11", "kronis", "dan"])
TEXTS = st.lists(st.lists(WORDS, min_size=1, max_size=6).map(" ".join), min_size=1, max_size=4).map(", ".join)
PARTS = st.tuples(st.sampled_from(["", "", "-"]), st.one_of(WORDS, st.lists(WORDS, min_size=1, max_size=3).map(
    lambda some: f'"{" ".join(some)}"')))  # fmt: skip
QUERIES = st.lists(
    st.lists(PARTS.map("".join), min_size=1, max_size=3).map(" ".join), min_size=1, max_size=3
).map(" or ".join)  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        ("batuk", True), ("BATUK", True), ("batu", False), ("batuk demam", True), ("batuk pilek", False),
        ('"batuk dan demam"', True), ('"demam dan batuk"', False), ("pilek or demam", True), ("batuk -demam", False),
        ("batuk -pilek", True), ("E11.9", True), ("", False), ("-", False), ('"', False), ("kencing", True),
        ("resourceType", False),
    ],
)  # fmt: skip
def test_what_is_asked_stands_there_or_not(asked, there) -> None:
    resource = {
        "resourceType": "Condition", "note": [{"text": "Batuk dan demam"}],
        "code": {"coding": [{"code": "E11.9", "display": "kencing manis"}]},
    }  # fmt: skip
    assert words.has(resource, "_content", asked) is there


def test_the_narrative_is_looked_through_without_its_tags() -> None:
    resource = {"text": {"div": "<div class='batuk'>Sudah<b>sembuh</b></div>"}, "note": [{"text": "pilek"}]}
    assert words.has(resource, "_text", '"sudah sembuh"') and not words.has(resource, "_text", "batuk or pilek or div")
    assert not words.has({}, "_text", "batuk")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(text=TEXTS, asked=QUERIES)
async def test_a_text_is_found_by_what_finds_it_in_postgresql(database, text, asked) -> None:
    expected = await database.fetchval(
        "select to_tsvector('simple', $1::text) @@ websearch_to_tsquery('simple', $2::text)", text, asked
    )
    assert words.has({"note": text}, "_content", asked) == expected, (text, asked)
