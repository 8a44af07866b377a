"""Killed in the midst of a confirmed destruction of several people: each is whole or gone, and confirming again goes on."""

import asyncio
import os
import re
import shutil
import signal
from pathlib import Path

import httpx
import pytest
from running import Served, free_port, own_folder, start, stop, wait_until_ready

from sekali import demo, kernel

PEOPLE, BEFORE = 8, 3
"""How many are to be destroyed, and after how many of them it is killed."""
SAME = {"Sec-Fetch-Site": "same-origin"}
COUNTS = """select citizen, (select count(*) from records.resource where subject = citizen)::int as resources,
  (select count(*) from records.version where subject = citizen)::int as versions,
  (select count(*) from identity.identifier i where i.citizen = p.citizen)::int as numbers,
  (select count(*) from care.visit v where v.citizen = p.citizen)::int as visits,
  (select count(*) from care.relation r where r.citizen = p.citizen)::int as relations
from unnest($1::uuid[]) p(citizen)"""


@pytest.fixture
def place():
    made = own_folder()
    yield made / "data"
    shutil.rmtree(made, ignore_errors=True)


async def log_in(served: Served, username: str) -> httpx.AsyncClient:
    http = httpx.AsyncClient(base_url=served.url, headers=SAME, timeout=30, follow_redirects=True)
    answer = await http.post("/masuk", data={"username": username, "password": demo.PASSWORD})
    assert answer.status_code == 200, answer.text
    return http


async def make_due(database: kernel.Database) -> list:
    """Some people of Gedongtengen, last cared for 30 years ago, with nothing that runs."""
    rows = await database.fetch(
        "select r.citizen from care.relation r join care.facility f on f.id = r.facility where f.name = 'Puskesmas Gedongtengen'"
        " and (select count(*) from records.resource one where one.subject = r.citizen) > 3 order by citizen limit $1", PEOPLE,
    )  # fmt: skip
    people = [row["citizen"] for row in rows]
    for sql in (
        "update records.resource set updated = updated - interval '30 years', date = case when type = 'Patient' then date else"
        " date - interval '30 years' end where subject = any($1)",
        "update care.visit set arrived_at = arrived_at - interval '30 years', started_at = null, finished_at = null,"
        " day = day - 10957, status = 'finished' where citizen = any($1)",
        "update care.referral set requested_at = requested_at - interval '30 years', answered_at = null, used_at = null,"
        " expires_on = expires_on - 10957 where citizen = any($1)",
    ):  # fmt: skip
        await database.execute(sql, people)
    return people


async def whole(database: kernel.Database, people: list) -> dict:
    """Of each how many rows there are, in five tables."""
    return {row["citizen"]: tuple(row.values())[1:] for row in await database.fetch(COUNTS, people)}


async def confirm(http: httpx.AsyncClient, people: list) -> httpx.Response:
    return await http.post("/tugas/retensi/musnahkan", data={"sure": "yes"} | {f"p.{one}": "yes" for one in people})


def test_killed_in_its_midst_each_is_whole_or_gone_and_it_goes_on(place: Path) -> None:
    asyncio.run(killed(place))


async def killed(place: Path) -> None:
    served = start(place, free_port(), SEKALI_POPULATION="200", SEKALI_PROCESSES="1")
    await asyncio.to_thread(wait_until_ready, served)
    database = await kernel.Database.connect(served.dsn, 2)
    people = await make_due(database)
    assert len(people) == PEOPLE
    officer = await log_in(served, "rekam.gedongtengen")
    answer = await officer.post("/tugas/retensi/usul", data={f"p.{one}": "yes" for one in people})
    assert answer.status_code == 200, answer.text
    before = await whole(database, people)
    assert all(counts[0] > 3 and counts[2] for counts in before.values())
    head = await log_in(served, "kepala.gedongtengen")

    # when: the fourth has lost nearly all of it, in a transaction that waits for its last row, the program is killed
    async with database.transaction() as tx:
        await tx.execute("select from care.relation where citizen = $1 for update", people[BEFORE])
        confirming = asyncio.create_task(confirm(head, people))
        while not await database.fetchval("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"):
            assert not confirming.done(), (await confirming).text
            await asyncio.sleep(0.02)
        os.killpg(served.process.pid, signal.SIGKILL)
        await asyncio.to_thread(served.process.wait)
    await asyncio.gather(confirming, return_exceptions=True)
    await database.close()

    # then: whole or gone
    served = start(place, free_port(), SEKALI_POPULATION="200", SEKALI_PROCESSES="1")
    try:
        await asyncio.to_thread(wait_until_ready, served)
        database = await kernel.Database.connect(served.dsn, 2)
        now = await whole(database, people)
        gone = [one for one in people if not any(now[one])]
        assert gone == people[:BEFORE], "in their order"
        assert {one: now[one] for one in people[BEFORE:]} == {one: before[one] for one in people[BEFORE:]}
        count = "select count(*) from care.retention where kind = 'destroyed'"
        assert await database.fetchval(count) == BEFORE, "the log says of each who is gone, and of nobody else"

        # and: who is left waits still, and is confirmed again
        head = await log_in(served, "kepala.gedongtengen")
        left = [one for one in people if f'name="p.{one}"' in (await head.get("/tugas/retensi")).text]
        assert left == people[BEFORE:]
        answer = await confirm(head, left)
        assert f"Rekam medis dimusnahkan: {PEOPLE - BEFORE}" in answer.text, re.sub(r"<[^>]+>", " ", answer.text)[:1500]
        assert not any(map(any, (await whole(database, people)).values()))
        assert await database.fetchval(count) == PEOPLE
        assert await database.fetchval("select count(*) from audit.event where kind = 'destroyed'") == PEOPLE
        await database.close()
    finally:
        stop(served)
