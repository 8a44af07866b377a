"""The city's page: questions asked and minutes taken, counter by counter, before and after. Only sums: open to all."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response

from sekali import care

from .frame import render
from .routing import PUBLIC, page

WIDTH = 520
"""Units of the drawing that the longest bar takes."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its length in units of the drawing, and the figure at its end."""

    measure: care.CounterMeasure
    minutes_length: int
    minutes: str
    questions: str
    questions_length: int


async def city(request: Request) -> Response:
    found = await care.measures.by_counter(request.state.doors.database)
    groups = {kind: _bars([one for one in found if one.kind == kind]) for kind in ("puskesmas", "hospital")}
    comma = "," if request.state.language == "id" else "."
    return render(request, "city/city.html", groups=groups, total=_total(found), comma=comma, width=WIDTH)


def _bars(measures: list[care.CounterMeasure]) -> dict[str, list[Bar]]:
    """Facility (empty: as published, before) -> its bars, on one scale."""
    most_minutes = max((m.minutes for m in measures if m.minutes), default=Decimal(1))
    most_questions = max([Decimal(1), *(m.questions for m in measures if m.questions)])
    return {
        name: [
            Bar(
                m,
                round(WIDTH * (m.minutes or 0) / most_minutes),
                "" if m.minutes is None else f"{m.minutes:.1f}",
                "" if m.questions is None else f"{m.questions:.1f}",
                round(WIDTH * (m.questions or 0) / most_questions),
            )
            for m in group
        ]
        for name, group in groupby(measures, key=lambda m: m.facility)
    }


def _total(measures: list[care.CounterMeasure]) -> dict[str, object]:
    after = [m for m in measures if not m.before]
    visits = sum(m.visits for m in after)
    asked = sum((m.questions or 0) * m.visits for m in after)
    none = sum(m.visits for m in after if not m.questions)
    return {"visits": visits, "questions": round(asked), "without": none}


PAGES = (page("/kota", city, PUBLIC),)
