"""What anyone may see: open data, with a dictionary. Nothing sealed is read here before it was published."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sekali import kernel

from . import plan
from .awards import Awards
from .cohorts import Cohorts
from .evaluation import Evaluations
from .plans import Plans
from .quick_wins import QuickWins
from .regions import Regions

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Table:
    """One table of open data: its columns with what they mean."""

    name: str
    title: str
    columns: dict[str, str]


TABLES = {
    table.name: table
    for table in (
        Table("regions", "Regions", {
            "region": "address name of the region, its key in the other tables", "kind": "kota or kabupaten",
            "name": "name without its kind", "code": "Kemendagri code of today", "province": "province of today",
            "latitude": "of a mark on a map, rounded to 0.1 degree", "longitude": "as latitude",
        }),
        Table("participations", "Who took part in which cohort", {
            "cohort": "key of the cohort", "year": "year of the cohort", "region": "key of the region",
            "state": "how far it came", "certain": "false: sources disagree or are silent, see note",
            "counted": "whether it counts in the official number", "note": "what the doubt is",
            "rehearsal": "true: invented, never counted",
        }),
        Table("stages", "Stages of each cohort", {
            "cohort": "key of the cohort", "position": "order", "name": "stage",
            "starts": "first day, where a source gives it", "ends": "last day, where a source gives it", "place": "place",
            "note": "what else the source says", "source": "source",
        }),
        Table("figures", "Published figures; where sources disagree, each of them", {
            "cohort": "key of the cohort, if it is about one", "region": "key of the region, if it is about one",
            "year": "year of the figure", "figure": "what it is", "value": "value as published", "source": "source",
            "note": "remarks",
        }),
        Table("promises", "What each published masterplan promises, year by year, and what was reached", {
            "region": "key of the region", "programme": "code in the masterplan", "name": "programme",
            "dimension": "smart dimension and sub-dimension", "year": "calendar year", "horizon": "short, medium or long",
            "activity": "what is done", "indicator": "indicator", "unit": "unit", "baseline": "value before the plan",
            "target": "target of that year", "actual": "reached", "reached": "percent of the way from baseline to target",
            "source": "source of the actual", "budget": "rupiah", "rehearsal": "true: invented",
        }),
        Table("quick-wins", "Quick wins with before and after", {
            "region": "key of the region", "name": "quick win", "service": "service that became better", "helps": "whom",
            "dimension": "smart dimension", "since": "from this day on", "live": "true: measured by Sekali, not typed in",
            "before": "before", "after": "after", "unit": "unit", "counted": "how many were counted after",
            "better": "by how many percent of before it got better", "spending": "on technology, rupiah; not part of the gain",
            "source": "sources of typed-in figures", "rehearsal": "true: invented",
        }),
        Table("results", "Published results of evaluations", {
            "year": "year", "round": "round of the year", "region": "key of the region", "final": "achievement index, unrounded",
            "improvement": "on the evaluation before", "rank": "national", "rank_in_province": "in its province",
            "rehearsal": "true: invented",
        }),
        Table("awards", "Winners of ceremonies, after they were published", {
            "cohort": "key of the cohort", "category": "category", "region": "key of the region", "place": "place",
            "value": "counted score, unrounded", "rehearsal": "true: invented",
        }),
    )
}  # fmt: skip


class OpenData:
    """The tables that anyone may take."""

    def __init__(
        self, database: kernel.Database, regions: Regions, cohorts: Cohorts, plans: Plans, quick_wins: QuickWins,
        evaluations: Evaluations, awards: Awards,
    ) -> None:  # fmt: skip
        self._database = database
        self._regions = regions
        self._cohorts = cohorts
        self._plans = plans
        self._quick_wins = quick_wins
        self._evaluations = evaluations
        self._awards = awards

    async def table(self, name: str) -> list[Row]:
        """The rows of a table. Raises NotFound."""
        makers = {
            "regions": self._region_rows, "participations": self._participation_rows, "stages": self._stage_rows,
            "figures": self._figure_rows, "promises": self._promise_rows, "quick-wins": self._quick_win_rows,
            "results": self._result_rows, "awards": self._award_rows,
        }  # fmt: skip
        if name not in makers:
            raise kernel.NotFound("There is no such table.")
        return [{column: row.get(column) for column in TABLES[name].columns} for row in await makers[name]()]

    async def _region_rows(self) -> list[Row]:
        return [
            {"region": r.slug, "kind": r.kind, "name": r.name, "code": r.code, "province": r.province,
             "latitude": r.latitude, "longitude": r.longitude}
            for r in (await self._regions.all()).values()
        ]  # fmt: skip

    async def _participation_rows(self) -> list[Row]:
        regions, cohorts = await self._regions.all(), {one.id: one for one in await self._cohorts.all()}
        return [
            {"cohort": (c := cohorts[p.cohort]).slug, "year": c.year, "region": regions[p.region].slug, "state": p.state,
             "certain": p.certain, "counted": p.counted and not c.rehearsal, "note": p.note, "rehearsal": c.rehearsal}
            for p in await self._cohorts.participations() if p.state in PUBLIC_STATES
        ]  # fmt: skip

    async def _stage_rows(self) -> list[Row]:
        return [
            {"cohort": c.slug, "position": s.position, "name": s.name, "starts": s.starts, "ends": s.ends, "place": s.place,
             "note": s.note, "source": s.source}
            for c in await self._cohorts.all() for s in await self._cohorts.stages(c.id)
        ]  # fmt: skip

    async def _figure_rows(self) -> list[Row]:
        regions, cohorts = await self._regions.all(), {one.id: one for one in await self._cohorts.all()}
        return [
            dict(row) | {"cohort": cohorts[row["cohort"]].slug if row["cohort"] else "",
                         "region": regions[row["region"]].slug if row["region"] else ""}
            for row in await self._database.fetch(
                "select cohort, region, year, name as figure, value, source, note from program.figure order by name, id")
        ]  # fmt: skip

    async def _promise_rows(self) -> list[Row]:
        regions, plans = await self._regions.all(), await self._plans.all_public()
        found = []
        for region, facts in plans.items():
            invented = {"rehearsal": await self._cohorts.rehearsing(region)}
            found += [row | invented for row in promises(regions[region].slug, facts)]
        return found

    async def _quick_win_rows(self) -> list[Row]:
        return [
            {"region": region.slug, "name": w.content.name, "service": w.content.service, "helps": w.content.helps,
             "dimension": w.content.dimension, "since": w.content.since, "live": w.gain.live, "before": w.gain.before,
             "after": w.gain.after, "unit": w.gain.unit, "counted": w.gain.counted, "better": w.gain.change,
             "spending": w.content.spending,
             "source": "; ".join(filter(None, (w.content.before_source, w.content.after_source))),
             "rehearsal": await self._cohorts.rehearsing(region.id)}
            for region in (await self._regions.all()).values() for w in await self._quick_wins.public(region)
        ]  # fmt: skip

    async def _result_rows(self) -> list[Row]:
        return [
            {"year": e.year, "round": e.round, "region": r.region.slug, "final": r.final, "improvement": r.improvement,
             "rank": r.rank, "rank_in_province": r.rank_in_province, "rehearsal": e.rehearsal}
            for e, results in await self._evaluations.public() for r in results if r.final is not None
        ]  # fmt: skip

    async def _award_rows(self) -> list[Row]:
        return [
            {"cohort": c.slug, "category": category.name, "region": w.region.slug, "place": w.place, "value": w.value,
             "rehearsal": c.rehearsal}
            for c in await self._cohorts.all() for category in await self._awards.public(c) for w in category.winners
        ]  # fmt: skip


PUBLIC_STATES = ("signed", "taking-part", "completed", "withdrawn", "replaced", "claimed")
"""Who was only invited, assessed or not selected is not put on show."""


def promises(region: str, facts: plan.Facts) -> Iterable[Row]:
    """A plan year by year: what is promised, what was reached."""
    first = int(facts["first_year"]) if facts.get("first_year") else None
    for one in plan.programmes(facts):
        for year in one.years:
            yield {
                "region": region, "programme": one.code, "name": one.name, "dimension": one.sub,
                "year": first + year.number - 1 if first else None, "horizon": plan.horizon(year.number),
                "activity": year.activity, "indicator": one.indicator, "unit": one.unit, "baseline": one.baseline,
                "target": year.target, "actual": year.actual,
                "reached": plan.reached(one.baseline, year.target, year.actual), "source": year.source, "budget": year.budget,
            }  # fmt: skip


def cell(value: object) -> str:
    """A value as CSV shows it: decimals plain, days in ISO, true and false, nothing as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else str(value)
