"""The clock of a duty: hours that pass, the last moment still in time, and nothing that ever gets earlier."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sekali.care import clock

ASKED = datetime(2026, 11, 27, 16, 30, tzinfo=UTC)
STATE = clock.State
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
hours = st.integers(1, 720)
spans = st.timedeltas(timedelta(0), timedelta(days=90))


def test_three_times_24_hours_pass_over_a_weekend_and_through_midnight() -> None:
    """Friday evening to Monday evening: no day of the week stops it."""
    assert clock.due(ASKED, 72) == datetime(2026, 11, 30, 16, 30, tzinfo=UTC)


def test_how_it_stands_from_the_first_moment_to_the_last() -> None:
    running = clock.Clock(ASKED, clock.due(ASKED, 72))
    for passed, state in (
        (0, STATE.OPEN), (47.9, STATE.OPEN), (48, STATE.SOON), (72, STATE.SOON), (72.01, STATE.OVERDUE), (9999, STATE.OVERDUE)
    ):  # fmt: skip
        assert running.state(ASKED + timedelta(hours=passed)) is state, passed
    assert running.days() == (1 / 3, 2 / 3)


@given(moments, hours, spans)
def test_the_last_moment_is_in_time_and_the_next_is_late(asked, long, after) -> None:
    due = clock.due(asked, long)
    assert clock.Clock(asked, due, due).state(due + after) is STATE.IN_TIME
    late = due + timedelta(microseconds=1)
    assert clock.Clock(asked, due, late).state(late + after) is STATE.LATE
    assert clock.Clock(asked, due).state(due) is STATE.SOON
    assert clock.Clock(asked, due).state(late) is STATE.OVERDUE


@given(moments, hours, spans, spans)
def test_time_goes_one_way(asked, long, one, more) -> None:
    """A running clock never comes back to an earlier state, uses no less of its time, and what is left only falls."""
    running, order = clock.Clock(asked, clock.due(asked, long)), list(STATE)
    earlier, later = asked + one, asked + one + more
    assert order.index(running.state(earlier)) <= order.index(running.state(later))
    assert 0 <= running.used(earlier) <= running.used(later) <= 1
    assert running.left(later) == running.left(earlier) - more


@given(moments, hours, spans, spans, spans)
def test_a_stopped_clock_stays_as_it_was(asked, long, ended, one, more) -> None:
    stopped = clock.Clock(asked, clock.due(asked, long), asked + ended)
    at = asked + ended + one
    assert stopped.state(at) is stopped.state(at + more)
    assert stopped.used(at) == stopped.used(at + more) and stopped.left(at) == stopped.left(at + more)


@given(moments, hours, spans)
def test_overdue_is_when_nothing_is_left_and_all_is_used(asked, long, passed) -> None:
    running, now = clock.Clock(asked, clock.due(asked, long)), asked + passed
    over = running.left(now) < timedelta(0)
    assert over == (running.state(now) is STATE.OVERDUE)
    assert (running.used(now) == 1) == (running.left(now) <= timedelta(0))
    assert all(0 < share < 1 for share in running.days()) and list(running.days()) == sorted(set(running.days()))
