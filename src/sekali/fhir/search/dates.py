"""Dates as intervals (https://hl7.org/fhir/R4/search.html#date): a day is 24 hours, a year is a year."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sekali import kernel

EVER, NEVER = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)
Interval = tuple[datetime, datetime]
_DATE = re.compile(r"[0-9]{4}(?:-[0-9]{2}){0,2}").fullmatch
_INSTANT, _SECOND, _MINUTE = timedelta(microseconds=1), timedelta(seconds=1), timedelta(minutes=1)
_SECONDS = len("2026-11-29T08:00")
"""Where a time says its seconds, if it does."""
FIRST_YEAR, LAST_YEAR = 1850, 2150
"""What is indexed by its own year; earlier and later dates share one term."""


@lru_cache(512)
def interval(text: str) -> Interval:
    """The half-open interval that a FHIR date or dateTime covers, in UTC, as a bare time is. Raises ValueError, OverflowError."""
    if _DATE(text):
        start = datetime.fromisoformat(text + "-01-01"[len(text) - 4 :]).replace(tzinfo=UTC)
        if len(text) == 4:
            return start, start.replace(year=start.year + 1)
        if len(text) == 7:
            return start, (start + timedelta(days=32)).replace(day=1)
        return start, start + timedelta(days=1)
    if len(text) <= 10:
        raise ValueError("This is no date.")
    moment = datetime.fromisoformat(text)
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment, moment + (_INSTANT if "." in text else _SECOND if text[_SECONDS : _SECONDS + 1] == ":" else _MINUTE)


def intervals(value: Any, type: str) -> Iterator[Interval]:
    """The intervals of one value. What has the form of a date and is none (year 9999 and beyond) is not found by it."""
    try:
        if isinstance(value, str):
            if type in ("date", "dateTime", "instant"):  # a plain string may look like a date
                yield interval(value)
        elif type == "Timing":
            yield from _timing(value)
        elif isinstance(value, dict):
            yield _period(value)
    except (ValueError, OverflowError):
        return


def _period(value: dict[str, Any]) -> Interval:
    start = interval(value["start"])[0] if "start" in value else NEVER
    return start, interval(value["end"])[1] if "end" in value else EVER


def _timing(value: dict[str, Any]) -> Iterator[Interval]:
    """From the first to the last event, or the bounds of the repetition."""
    events = [interval(text) for text in value.get("event", ())]
    if events:
        yield min(since for since, _ in events), max(until for _, until in events)
    bounds = value.get("repeat", {}).get("boundsPeriod")
    if bounds:
        yield _period(bounds)


def holds(prefix: str, since: datetime, until: datetime, one: Interval) -> bool:
    """Whether ``one`` stands to [``since``, ``until``) as ``prefix`` says."""
    begin, end = one
    inside = since <= begin and end <= until
    match prefix:
        case "eq":
            return inside
        case "ne":
            return not inside
        case "gt":
            return end > until
        case "lt":
            return begin < since
        case "ge":
            return end > until or inside
        case "le":
            return begin < since or inside
        case "sa":
            return begin >= until
        case "eb":
            return end <= since
        case "po":
            return begin < until and end > since
    gap = abs(kernel.now() - since) / 10
    return begin < _later(until, gap) and end > _later(since, -gap)


def _later(moment: datetime, gap: timedelta) -> datetime:
    try:
        return moment + gap
    except OverflowError:
        return EVER if gap > timedelta() else NEVER


def index_texts(one: Interval) -> Iterator[str]:
    """Month and year of the beginning and of the end. Where both are the same month they are written once."""
    since, last = one[0], one[1] - _INSTANT if one[1] < EVER else EVER
    begin, end = _month(since.year, since.month), _month(last.year, last.month)
    if begin == end:
        yield from (begin, begin[:4])
    else:
        yield from (f"s{begin}", f"s{begin[:4]}", f"e{end}", f"e{end[:4]}")


@lru_cache(4096)
def _month(year: int, month: int) -> str:
    if year < FIRST_YEAR:
        return "long"
    return f"{year}-{month:02}" if year <= LAST_YEAR else "ever"


def lookup_texts(prefix: str, since: datetime, until: datetime) -> list[str] | None:
    """Terms of which every match has one; None where nearly everything could match."""
    last = until - _INSTANT if until < EVER else EVER
    match prefix:
        case "eq" if (last.year - since.year) <= 100:
            return [text for span in _spans(since, last) for text in (span, f"s{span}")]
        case "gt" | "ge" | "sa":
            return ["ever", "eever", *(t for span in _spans(since, EVER) for t in (span, f"e{span}"))]
        case "lt" | "le" | "eb":
            return ["long", "slong", *(t for span in _spans(NEVER, last) for t in (span, f"s{span}"))]
    return None


def _spans(since: datetime, last: datetime) -> Iterator[str]:
    """Years, and months where a year is not wholly inside."""
    first_year, last_year = max(since.year, FIRST_YEAR), min(last.year, LAST_YEAR)
    for year in range(first_year, last_year + 1):
        begin = since.month if year == since.year else 1
        end = last.month if year == last.year else 12
        if (begin, end) == (1, 12):
            yield f"{year:04}"
        else:
            yield from (f"{year:04}-{month:02}" for month in range(begin, end + 1))
    if since.year < FIRST_YEAR:
        yield "long"
    if last.year > LAST_YEAR:
        yield "ever"
