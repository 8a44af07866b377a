"""Questions asked and minutes taken, counter by counter: the measure by which a quick win is judged."""

from sekali import kernel

from .views import CounterMeasure


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
