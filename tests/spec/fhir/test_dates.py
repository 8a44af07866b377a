"""Dates and times as they are found: whatever zone they are written in, and whatever zone is asked in."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sekali import fhir
from sekali.fhir.search import dates

ZONES = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=ZONES)


def written(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


@pytest.mark.parametrize("prefix", ["eq", "gt", "ge", "sa", "lt", "le", "eb"])
@given(there=TIMES, asked=TIMES, apart=st.integers(-40 * 24, 40 * 24), whole_day=st.booleans())
@example(datetime(2022, 1, 31, 23, 30, tzinfo=timezone(-timedelta(hours=5))), datetime(2022, 2, 1, tzinfo=UTC), 5, True)
def test_what_matches_has_a_term_that_is_looked_for(
    prefix: str, there: datetime, asked: datetime, apart: int, whole_day: bool
) -> None:
    near = (there + timedelta(hours=apart)).astimezone(asked.tzinfo)
    for one in (asked, near, there.astimezone(asked.tzinfo)):
        since, until = dates.interval(written(one)[:10] if whole_day else written(one))
        found = dates.interval(written(there))
        if dates.holds(prefix, since, until, found):
            assert set(dates.index_texts(found)) & set(dates.lookup_texts(prefix, since, until) or [])


@given(TIMES, ZONES)
def test_one_moment_has_one_interval_in_every_zone(at: datetime, zone: timezone) -> None:
    assert dates.interval(written(at)) == dates.interval(written(at.astimezone(zone)))
    assert dates.interval(written(at))[0].tzinfo is UTC


def test_a_visit_of_the_early_morning_is_found_by_its_day_in_utc() -> None:
    """In Yogyakarta it is the first of February already."""
    visit = {"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"}}
    early = fhir.index(visit | {"period": {"start": "2026-02-01T06:00:00+07:00", "end": "2026-02-01T06:20:00+07:00"}})
    assert fhir.term_hash("Encounter", "date", "2026-01") in early.tokens
    assert early.date == datetime(2026, 1, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize(("text", "since", "until"), [
    ("2026", (2026, 1, 1), (2027, 1, 1)),
    ("2026-12", (2026, 12, 1), (2027, 1, 1)),
    ("2024-02-29", (2024, 2, 29), (2024, 3, 1)),
    ("2026-11-29T08:00", (2026, 11, 29, 8), (2026, 11, 29, 8, 1)),
    ("2026-11-29T08:00+07:00", (2026, 11, 29, 1), (2026, 11, 29, 1, 1)),
    ("2026-11-29T08:00:30Z", (2026, 11, 29, 8, 0, 30), (2026, 11, 29, 8, 0, 31)),
    ("2026-11-29T08:00:30.5Z", (2026, 11, 29, 8, 0, 30, 500_000), (2026, 11, 29, 8, 0, 30, 500_001)),
])  # fmt: skip
def test_a_date_is_as_long_as_it_is_written(text: str, since: tuple[int, ...], until: tuple[int, ...]) -> None:
    assert dates.interval(text) == (datetime(*since, tzinfo=UTC), datetime(*until, tzinfo=UTC))


@pytest.mark.parametrize(
    "text", ["", "26", "2026-1", "2026-1-1", "2026-13", "2026-02-30", "20260101", "2026-W01-1", "٢٠٢٦"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whichever
        dates.interval(text)
