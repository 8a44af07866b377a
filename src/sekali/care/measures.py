"""Questions asked and minutes taken, counter by counter: the measure by which a quick win is judged."""

from datetime import date

from sekali import kernel

from .views import CityMeasure, CounterMeasure


async def by_counter(database: kernel.Database) -> list[CounterMeasure]:
    """Before (published, with source) and after (measured here), puskesmas and hospitals.

    A mean is ``None`` where nobody counted. Only check-ins at a desk count; loaded history has no minutes.
    """
    before = [
        CounterMeasure("", row["kind"], row["situation"], True, 0, row["questions"], row["minutes"], row["source"])
        for row in await database.fetch("select * from care.baseline order by kind, situation")
    ]
    rows = await database.fetch(
        "select f.name, f.kind, v.kind as situation, count(*)::int as visits, avg(v.questions) as questions,"
        " avg(v.seconds) / 60 as minutes from care.visit v join care.facility f on f.id = v.facility"
        " group by f.name, f.kind, v.kind order by f.kind, f.name, v.kind"
    )
    after = [
        CounterMeasure(r["name"], r["kind"], r["situation"], False, r["visits"], r["questions"], r["minutes"], "")
        for r in rows
    ]
    return before + after


async def of_city(database: kernel.Database, city_code: str, since: date) -> list[CityMeasure]:
    """What the counters of one city counted before and from ``since``: questions and minutes for each person received.

    A mean is None where nobody was received in that time. ``city_code`` is the Kemendagri code of the facilities.
    """
    rows = await database.fetch(
        "select f.kind, (v.day >= $2) as after, count(*)::int as visits, avg(v.questions) as questions,"
        " avg(v.seconds) / 60 as minutes from care.visit v join care.facility f on f.id = v.facility"
        " where f.city_code = $1 group by 1, 2",
        city_code, since,
    )  # fmt: skip
    found = {(row["kind"], row["after"]): row for row in rows}
    return [_city_measure(what, kind, found) for kind in ("puskesmas", "hospital") for what in ("questions", "minutes")]


def _city_measure(what: str, kind: str, found: dict[tuple[str, bool], kernel.Row]) -> CityMeasure:
    before, after = found.get((kind, False)), found.get((kind, True))
    return CityMeasure(
        what, kind, before and before[what], before["visits"] if before else 0, after and after[what],
        after["visits"] if after else 0,
    )  # fmt: skip
