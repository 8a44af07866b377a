"""A chart: newest first, every page once, and a page costs what is on it."""

import json
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from sekali import fhir, kernel, records
from sekali.records import chart as charts

MANY = 3000
FIRST = datetime(2020, 1, 1, tzinfo=UTC)


def observation(person, n: int) -> dict:
    """Every tenth has no date, and every three share one."""
    day = FIRST + timedelta(hours=n // 3)
    dated = {} if n % 10 == 0 else {"effectiveDateTime": kernel.fhir_instant(day)}
    return {"resourceType": "Observation", "status": "final", "code": {"text": str(n)},
            "subject": {"reference": f"Patient/{person}"}, **dated}  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session")
async def person(sekali, loading):
    """Somebody with a long chart, among others with short ones."""
    rows = []
    async with sekali.store.change(loading) as change:
        people = [await change.create({"resourceType": "Patient", "name": [{"text": f"Orang {n}"}]}) for n in range(20)]
    for one in people:
        for n in range(MANY if one is people[0] else 20):
            content = json.dumps(observation(one.id, n)).encode()
            rows.append(records.prepare(content, kernel.new_id(kernel.shard_of(one.id)), 1, kernel.now()))
    await sekali.store.load(loading, rows)
    await sekali.database.execute("analyze records.resource")
    return people[0].id


async def test_every_page_once_newest_first_and_undated_last(sekali, loading, person) -> None:
    found, cursor = [], None
    while True:
        asked = records.Chart(person, None, count=170, cursor=cursor)
        page = await sekali.store.under(loading).everything(asked)
        found += page.items
        cursor = page.next
        if cursor is None:
            break
    assert found[0].type == "Patient" and len({one.id for one in found}) == len(found) == MANY + 1
    days = [one.resource.get("effectiveDateTime", "") for one in found[1:]]
    assert days == sorted(days, reverse=True) and days[-1] == ""


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
async def test_a_page_is_read_from_the_index_in_its_order(sekali, person, mode) -> None:
    types = "{" + ",".join(sorted(fhir.PERSON_TYPES)) + "}"
    values = f"'{person}', '-infinity', 'infinity', 'infinity', '{UUID(int=2**128 - 1)}', '{types}', '-infinity', 51"
    values += ", null, 'treatment'"
    async with sekali.database.transaction() as tx:
        await tx.execute(f"set local plan_cache_mode = {mode}")
        await tx.execute(f"prepare page as {charts.SQL.page}")
        plan = "\n".join(row[0] for row in await tx.fetch(f"explain (analyze, costs off) execute page ({values})"))
        await tx.execute("deallocate page")
    assert plan.count("Index Scan Backward using resource_chart") == 2, plan
    read = [float(rows) for rows in re.findall(r"resource_chart.*actual.*rows=([\d.]+)", plan)]
    assert len(read) == 2 and max(read) <= 51, plan


async def test_a_look_at_a_chart_is_written_down(sekali, loading, person) -> None:
    await sekali.store.under(loading).everything(records.Chart(person, None, count=5))
    what = await sekali.database.fetch(
        "select kind, what from audit.event where citizen = $1 and kind = 'looked'", person
    )
    assert [tuple(row) for row in what] == [("looked", f"Patient/{person}/$everything")]
