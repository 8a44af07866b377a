"""What the movement's pages draw: squares, maps, roads of ten years, bars. Sizes only; looks are in movement.css.

A map stands in units of data/coast.txt: x = (longitude - 94.5) * 20, y = (6.3 - latitude) * 20.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from uuid import UUID

from sekali import program

if TYPE_CHECKING:
    from .movement import Entry, Part

LOOKS = 6
"""As many marks as shapes in movement/drawn.html; an eighth cohort begins anew."""
ACROSS = 25
"""Squares in a row: the first cohort fills one, the second two, the third one."""
APART = 24.0
"""Between the middles of two marks, so that a finger finds the right one."""
SCALE_TOP = Decimal(4)
"""The best score of the yearly evaluation (domain 1.10)."""
SCORES = ("baseline", "output", "outcome", "impact", "quickwin", "final")


def looks(years: Iterable[int]) -> dict[int, int]:
    """Year -> which mark its cohort has."""
    return {year: place % LOOKS for place, year in enumerate(sorted(set(years)))}


# Squares


@dataclass(frozen=True, slots=True)
class Square:
    """One of the hundred places; ``part`` is None where it is still free."""

    x: int
    y: int
    part: Part | None
    twice: bool


def squares(places: Sequence[Part], twice: Iterable[UUID]) -> list[Square]:
    """A square for each place, in the order given, at least a hundred."""
    doubles = set(twice)
    count = max(100, len(places))
    return [
        Square(n % ACROSS, n // ACROSS, part, bool(part and part.region.id in doubles))
        for n, part in enumerate([*places, *[None] * (count - len(places))])
    ]


# Maps


@dataclass(frozen=True, slots=True)
class Mark:
    """A region on a map: where it is drawn, and where it is (apart where marks would lie upon each other)."""

    x: float
    y: float
    spot_x: float
    spot_y: float
    entry: Entry
    shown: bool

    @property
    def moved(self) -> bool:
        """Whether a line should lead to its place."""
        return math.hypot(self.x - self.spot_x, self.y - self.spot_y) > 4


@dataclass(frozen=True, slots=True)
class Box:
    """A piece of the map: its upper left corner and size in units, and how many times larger it is drawn."""

    left: float
    top: float
    width: float
    height: float
    times: float

    def holds(self, x: float, y: float) -> bool:
        return self.left <= x < self.left + self.width and self.top <= y < self.top + self.height

    @property
    def size(self) -> tuple[int, int]:
        """As drawn."""
        return round(self.width * self.times), round(self.height * self.times)


WHOLE = Box(0, 0, 940, 352, 1)
JAVA = Box(211, 236, 211, 70, 4.45)
"""Java, Madura and Bali, where more than half of the regions are."""


@dataclass(frozen=True, slots=True)
class Map:
    """The country, and Java again, larger. ``crowd`` are the spots on the country's map that the second one names."""

    coast: str
    marks: tuple[Mark, ...]
    crowd: tuple[Mark, ...]
    near: tuple[Mark, ...]
    labels: tuple[tuple[str, float, float], ...]
    without: int
    box: Box = JAVA


@cache
def coast() -> str:
    """The coast as an SVG path."""
    return (program.history.DATA / "coast.txt").read_text(encoding="ascii").strip()


def place(region: program.Region) -> tuple[float, float] | None:
    """Where a region is, in units; None where nobody entered it."""
    if region.latitude is None or region.longitude is None:
        return None
    return float(region.longitude - Decimal("94.5")) * 20, float(Decimal("6.3") - region.latitude) * 20


def national(entries: Sequence[Entry], shown: set[UUID]) -> Map:
    """The map of all; regions that are not ``shown`` are drawn faintly."""
    found = [Mark(*spot, *spot, one, one.region.id in shown) for one in entries if (spot := place(one.region))]
    inside = [one for one in found if JAVA.holds(one.x, one.y)]
    outside = [one for one in found if not JAVA.holds(one.x, one.y)]
    near = _apart(
        [replace(one, x=x, y=y, spot_x=x, spot_y=y) for one in inside for x, y in [_within(JAVA, one.x, one.y)]], JAVA
    )
    return Map(
        coast(), _apart(outside, WHOLE), tuple(inside), near, _labels(near, JAVA.size[1]), len(entries) - len(found)
    )


def _within(box: Box, x: float, y: float) -> tuple[float, float]:
    return (x - box.left) * box.times, (y - box.top) * box.times


def _labels(marks: Sequence[Mark], height: int) -> tuple[tuple[str, float, float], ...]:
    """Each province above or below its marks, in the sea."""
    provinces: dict[str, list[Mark]] = {}
    for one in marks:
        provinces.setdefault(one.entry.region.province, []).append(one)
    found = []
    for name, ones in provinces.items():
        x = sum(one.spot_x for one in ones) / len(ones)
        low = sum(one.spot_y for one in ones) / len(ones) > height * 0.6
        found.append((name, round(x), height - 10 if low else 20))
    return tuple(found)


def _apart(marks: Sequence[Mark], box: Box) -> tuple[Mark, ...]:
    """The marks, moved away from each other."""
    places = _spread(tuple((one.x, one.y) for one in marks), *box.size)
    return tuple(replace(one, x=x, y=y) for one, (x, y) in zip(marks, places, strict=True))


@lru_cache(16)
def _spread(spots: tuple[tuple[float, float], ...], width: int, height: int) -> tuple[tuple[float, float], ...]:
    """Push pairs that are too near from each other until none is; a weak spring draws each one home."""
    now = [list(spot) for spot in spots]
    for turn in range(240):
        for n, (x, y) in enumerate(spots) if turn < 160 else ():
            now[n][0] += (x - now[n][0]) * 0.06
            now[n][1] += (y - now[n][1]) * 0.06
        for a in range(len(now)):
            for b in range(a + 1, len(now)):
                dx, dy = now[b][0] - now[a][0], now[b][1] - now[a][1]
                far = math.hypot(dx, dy)
                if far >= APART:
                    continue
                dx, dy = (dx / far, dy / far) if far else (math.cos(a + b), math.sin(a + b))
                push = (APART + 0.3 - far) / 2
                now[a][0], now[a][1] = now[a][0] - dx * push, now[a][1] - dy * push
                now[b][0], now[b][1] = now[b][0] + dx * push, now[b][1] + dy * push
        for one in now:
            one[0], one[1] = min(max(one[0], 13), width - 13), min(max(one[1], 13), height - 13)
    return tuple((round(x, 1), round(y, 1)) for x, y in now)


@dataclass(frozen=True, slots=True)
class Small:
    """A map to glance at: a coast and spots."""

    coast: str
    spots: tuple[tuple[float, float], ...]


def small(parts: Iterable[Part]) -> Small:
    """Where the regions of one cohort are."""
    return Small(coast(), tuple((round(x, 1), round(y, 1)) for p in parts if (s := place(p.region)) for x, y in [s]))


def spot(region: program.Region) -> Small | None:
    """Where one region is."""
    found = place(region)
    return Small(coast(), (found,)) if found else None


# Bars


def share(value: Decimal | None, most: Decimal) -> float:
    """A bar's length of 100; a little even for nothing, so that it is seen."""
    if value is None or most <= 0:
        return 0
    return max(0.6, min(100.0, round(float(100 * value / most), 1)))


def shares(counts: Mapping[str, int]) -> list[tuple[str, int, float, float]]:
    """(key, count, start, length) of the pieces of one bar of 100."""
    total, start, found = sum(counts.values()) or 1, 0.0, []
    for key, count in counts.items():
        found.append((key, count, round(start, 2), round(100 * count / total, 2)))
        start += 100 * count / total
    return found


def days(year: int, starts: date | None, ends: date | None) -> tuple[float, float] | None:
    """(start, length) of a stage on a line of 100 that is the year; None where its days are not known."""
    if starts is None or starts.year != year:
        return None
    last = min(ends or starts, date(year, 12, 31))
    begun, whole = (starts - date(year, 1, 1)).days, date(year, 12, 31).timetuple().tm_yday
    return round(100 * begun / whole, 2), round(max(100 * ((last - starts).days + 1) / whole, 1), 2)


def pair(gain: object) -> tuple[float, float]:
    """Before and after of a quick win, on one scale."""
    most = max((abs(value) for value in (gain.before, gain.after) if value is not None), default=Decimal(1)) or Decimal(
        1
    )
    return share(gain.before, most), share(gain.after, most)


def scores(figures: Iterable[program.Figure]) -> dict[int, list[tuple[str, program.Figure, float]]]:
    """Published scores of evaluations, newest year first: (part, figure, length), the final last."""
    found: dict[int, list[tuple[str, program.Figure, float]]] = {}
    for one in sorted(figures, key=lambda one: (-(one.year or 0), _order(one.name))):
        kind, _, part = one.name.partition(".")
        if kind == "evaluation" and part in SCORES and one.year:
            found.setdefault(one.year, []).append((part, one, share(one.value, SCALE_TOP)))
    return found


def _order(name: str) -> int:
    part = name.partition(".")[2]
    return SCORES.index(part) if part in SCORES else len(SCORES)


def winners(category: program.Category, top: Decimal | None) -> list[tuple[object, float]]:
    """Each winner with the length of its bar."""
    return [(one, share(one.value, top) if top else 0) for one in category.winners]


# A road of ten years


@dataclass(frozen=True, slots=True)
class Cell:
    """One year of one programme. ``reached`` in percent of the way from the baseline to the target."""

    year: program.plan.Year
    horizon: str
    reached: Decimal | None
    length: float


@dataclass(frozen=True, slots=True)
class Roadmap:
    """Programmes by years. ``years`` are calendar years, or 1 to 10 where the plan has no first year."""

    years: tuple[int, ...]
    dated: bool
    rows: tuple[tuple[program.plan.Programme, tuple[Cell | None, ...]], ...]
    budgets: tuple[tuple[int, Decimal, float], ...]
    promised: int
    told: int

    @property
    def budget(self) -> Decimal:
        """Of all years."""
        return sum((total for _, total, _ in self.budgets), Decimal(0))


def roadmap(facts: Mapping[str, str]) -> Roadmap:
    """A published plan as it is drawn."""
    plan = program.plan
    first = int(facts["first_year"]) if facts.get("first_year") else 0
    years = tuple(range(first or 1, (first or 1) + plan.YEARS))
    rows = tuple((one, _cells(one)) for one in plan.programmes(facts))
    cells = [cell for _, row in rows for cell in row if cell]
    totals = [
        sum((cell.year.budget or Decimal(0) for cell in cells if cell.year.number == n), Decimal(0))
        for n in range(1, plan.YEARS + 1)
    ]
    most = max(totals)
    budgets = tuple((year, total, share(total, most)) for year, total in zip(years, totals, strict=True) if total)
    return Roadmap(
        years, bool(first), rows, budgets, sum(cell.year.target is not None for cell in cells),
        sum(cell.year.actual is not None for cell in cells),
    )  # fmt: skip


def _cells(one: program.plan.Programme) -> tuple[Cell | None, ...]:
    plan, years = program.plan, {year.number: year for year in one.years}
    found: list[Cell | None] = []
    for n in range(1, plan.YEARS + 1):
        year = years.get(n)
        if year is None:
            found.append(None)
            continue
        reached = plan.reached(one.baseline, year.target, year.actual)
        found.append(Cell(year, plan.horizon(n), reached, max(0.0, min(100.0, float(reached or 0)))))
    return tuple(found)
