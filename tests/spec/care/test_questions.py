"""A citizen asks why somebody looked, and the facility has to answer in time."""

from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from sekali import app, audit, demo, kernel, security


@pytest_asyncio.fixture(loop_scope="session")
async def siti_herself(city: app.Sekali) -> security.Actor:
    token = await city.doorkeeper.log_in("siti", demo.PASSWORD, "127.0.0.1")
    return await city.doorkeeper.session(token)


@pytest_asyncio.fixture(loop_scope="session")
async def look(city, staff, siti, siti_herself) -> audit.Look:
    """The clerk of Gedongtengen looked."""
    citizen = await city.care.counter.find(staff.clerk, siti)
    await city.care.counter.arrive(staff.clerk, citizen)
    found, _ = await city.care.own.looks(siti_herself, audit.Looked())
    return next(one for one in found if one.actor == staff.clerk.id)


async def asked(city, siti_herself, look):
    return await city.care.questions.ask(siti_herself, look.stream, look.seq, "Saya tidak datang hari itu. Mengapa?")


async def test_asked_answered_and_seen(city, staff, siti_herself, look) -> None:
    id = await asked(city, siti_herself, look)
    (mine,) = await city.care.questions.of_citizen(siti_herself)
    assert (mine.id, mine.answer, mine.overdue, mine.looker_name) == (id, None, False, staff.clerk.name)
    assert mine.due_at - mine.asked_at == timedelta(hours=72)

    (waiting,) = await city.care.questions.waiting(staff.doctor)
    assert waiting.reason.startswith("Saya tidak datang")
    await city.care.questions.answer(staff.doctor, id, "Kartu Anda dipindai di loket.")
    assert await city.care.questions.waiting(staff.doctor) == []
    (mine,) = await city.care.questions.of_citizen(siti_herself)
    assert (mine.answer, mine.answerer_name) == ("Kartu Anda dipindai di loket.", staff.doctor.name)


async def test_asking_reading_and_answering_are_audited_and_shown(city, staff, siti_herself, look) -> None:
    id = await asked(city, siti_herself, look)
    await city.care.questions.one(staff.doctor, id)
    await city.care.questions.answer(staff.doctor, id, "Kartu Anda dipindai di loket.")
    rows = await city.database.fetch(
        "select kind, citizen, actor from audit.event where what = $1 order by at", f"Question/{id}"
    )
    assert [row["kind"] for row in rows] == ["questioned", "looked", "question-answered"]
    assert {row["citizen"] for row in rows} == {siti_herself.citizen}
    found, _ = await city.care.own.looks(siti_herself, audit.Looked())
    assert ("looked", "question-answered") in {one.kinds for one in found if one.purpose == "question"}
    kept = await city.database.fetch("select e::text as text from audit.event e")
    assert not [row for row in kept if "tidak datang" in row["text"] or "dipindai" in row["text"]], (
        "the log holds no words"
    )


async def test_the_facility_reads_no_name_of_who_asks_and_who_is_asked_about_does_not_answer(
    city, staff, siti_herself, look
) -> None:
    id = await asked(city, siti_herself, look)
    assert siti_herself.name not in repr(await city.care.questions.one(staff.doctor, id))
    with pytest.raises(kernel.Forbidden, match="about you"):
        await city.care.questions.answer(staff.clerk, id, "Itu saya, tidak apa-apa.")


async def test_another_facility_sees_nothing_of_it(city, staff, siti_herself, look) -> None:
    id = await asked(city, siti_herself, look)
    assert await city.care.questions.waiting(staff.second_clerk) == []
    for work in (
        city.care.questions.one(staff.second_clerk, id),
        city.care.questions.answer(staff.second_clerk, id, "Bukan urusan kami."),
    ):
        with pytest.raises(kernel.NotFound):
            await work


async def test_a_stranger_cannot_ask_about_my_entry_and_staff_cannot_ask(city, staff, siti_herself, look) -> None:
    stranger = replace(siti_herself, citizen=kernel.new_person())
    with pytest.raises(kernel.NotFound):
        await asked(city, stranger, look)
    with pytest.raises(kernel.Forbidden):
        await asked(city, staff.doctor, look)


async def test_once_for_each_entry_and_answered_once(city, staff, siti_herself, look) -> None:
    id = await asked(city, siti_herself, look)
    with pytest.raises(kernel.Conflict, match="already"):
        await asked(city, siti_herself, look)
    await city.care.questions.answer(staff.doctor, id, "Kartu Anda dipindai.")
    with pytest.raises(kernel.Conflict, match="Somebody else"):
        await city.care.questions.answer(staff.doctor, id, "Jawaban kedua.")


async def test_reasons_and_answers_of_fitting_length(city, staff, siti_herself, look) -> None:
    for reason in ("", "  ya ", "x" * 1001):
        with pytest.raises(kernel.Invalid):
            await city.care.questions.ask(siti_herself, look.stream, look.seq, reason)
    id = await asked(city, siti_herself, look)
    for answer in ("", " ok ", "x" * 2001):
        with pytest.raises(kernel.Invalid):
            await city.care.questions.answer(staff.doctor, id, answer)


async def test_what_no_facility_did_and_what_i_did_cannot_be_asked_about(city, siti_herself, look) -> None:
    done = audit.Event(
        audit.Kind.LOADED, kernel.new_id(0), "Sekali", "system", None, siti_herself.citizen, "load", "x", "Patient"
    )  # fmt: skip
    for event, words in ((done, "no facility"), (done._replace(role="citizen"), "yourself")):
        async with city.database.transaction() as tx:
            await audit.append(tx, [event])
        row = await city.database.fetchrow(
            "select stream, seq from audit.event where kind = 'loaded' and role = $1 and citizen = $2",
            event.role,
            event.citizen,
        )
        with pytest.raises(kernel.Invalid, match=words):
            await city.care.questions.ask(siti_herself, row["stream"], row["seq"], "Mengapa ini dilakukan?")


async def test_twenty_wait_at_most(city, staff, siti_herself, look) -> None:
    for number in range(20):
        await city.database.execute(
            "insert into care.question select gen_random_uuid(), $1, $2, $3, $4, now(), $5, 'x', 'clerk', '', '', 'mengapa',"
            " now(), now()", siti_herself.citizen, look.facility, f"x{number}", number, staff.clerk.id,
        )  # fmt: skip
    with pytest.raises(kernel.TooCostly):
        await asked(city, siti_herself, look)


async def test_an_overdue_one_is_marked_for_both_and_stays_first(city, staff, siti_herself, look) -> None:
    id = await asked(city, siti_herself, look)
    await city.database.execute("update care.question set due_at = now() - interval '1 minute' where id = $1", id)
    assert (await city.care.questions.of_citizen(siti_herself))[0].overdue
    assert (await city.care.questions.waiting(staff.doctor))[0].overdue
    await city.care.questions.answer(staff.doctor, id, "Maaf, terlambat.")
    assert (await city.care.questions.answered(staff.doctor))[0].overdue, "answered too late stays visible"
