"""PostgreSQL plans a lookup and a write a few times and then keeps the plan; to plan each anew costs more than to do it."""

import re
from uuid import UUID

from running import another_database

from sekali import app, kernel

TRIES = 5
"""PostgreSQL compares so many plans of its own with a general one before it may stay with that."""
SOME = {"int": 0, "text": "Observation", "uuid": UUID(int=1)}


async def test_every_lookup_of_one_row_is_planned_once(cluster, city_template, folder, monkeypatch) -> None:
    """Asked for one at a time, where a plan for just one looks cheapest."""
    lookups: list[str] = []
    real = kernel.Database.coalesced
    monkeypatch.setattr(kernel.Database, "coalesced", lambda self, sql: lookups.append(sql) or real(self, sql))
    async with another_database(cluster, city_template) as database:
        await app.build(kernel.Settings(data=folder / "data"), database)
        async with database.session() as session:
            for sql in lookups:
                values = [[SOME[type]] for _, type in sorted(set(re.findall(r"\$(\d+)::(\w+)\[\]", sql)))]
                for _ in range(3 * TRIES):
                    await session.fetch(sql, *values)
            rows = await session.fetch("select statement, generic_plans, custom_plans from pg_prepared_statements")
    plans = {row["statement"]: (row["generic_plans"], row["custom_plans"]) for row in rows}
    assert len(lookups) >= 5
    for sql in lookups:
        generic, own = plans[sql]
        assert own <= TRIES and generic >= 2 * TRIES, sql


async def test_what_is_written_is_planned_once(database) -> None:
    for name in ("records.keep", "audit.append"):
        settings = await database.fetchval("select proconfig from pg_proc where oid = $1::regproc", name)
        assert "plan_cache_mode=force_generic_plan" in settings
