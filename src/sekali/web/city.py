"""The city's page: questions asked and minutes taken, counter by counter, before and after. Only sums: open to all."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response

from sekali import care

from .frame import decimal, render, share
from .routing import PUBLIC, page


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its lengths of 100, and its figures in the reader's notation (empty where nobody counted)."""

    measure: care.CounterMeasure
    length: float
    asked: float
    minutes: str
    questions: str
    seconds: str

    def time(self, _: Callable[..., str]) -> str:
        """Minutes; below one minute, seconds."""
        return f"{self.seconds} {_('sec')}" if self.seconds else f"{self.minutes} {_('min')}"


async def city(request: Request) -> Response:
    found = await care.measures.by_counter(request.state.doors.database)
    language = request.state.language
    groups = {kind: _bars([one for one in found if one.kind == kind], language) for kind in ("puskesmas", "hospital")}
    return render(request, "city/city.html", groups=groups, total=_total(found))


def _bars(measures: list[care.CounterMeasure], language: str) -> dict[str, list[Bar]]:
    """Facility (empty: as published, before) -> its bars, all on one scale of minutes and one of questions."""
    most = max((m.minutes for m in measures if m.minutes), default=Decimal(1))
    asked = max((m.questions for m in measures if m.questions), default=Decimal(1))
    return {
        name: [_bar(m, most, asked, language) for m in group]
        for name, group in groupby(measures, key=lambda m: m.facility)
    }


def _bar(m: care.CounterMeasure, most: Decimal, asked: Decimal, language: str) -> Bar:
    minutes = m.minutes or Decimal(0)
    return Bar(
        m, share(minutes, most), round(float(100 * (m.questions or 0) / asked), 1), decimal(minutes, language),
        "" if m.questions is None else decimal(m.questions, language), decimal(minutes * 60, language) if minutes < 1 else "",
    )  # fmt: skip


def _total(measures: list[care.CounterMeasure]) -> dict[str, object]:
    after = [m for m in measures if not m.before]
    visits = sum(m.visits for m in after)
    asked = sum((m.questions or 0) * m.visits for m in after)
    none = sum(m.visits for m in after if not m.questions)
    return {"visits": visits, "questions": round(asked), "without": none}


PAGES = (page("/kota", city, PUBLIC),)
