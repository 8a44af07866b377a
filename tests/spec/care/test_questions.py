"""A citizen asks why somebody looked, and the facility has to answer in time."""

from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from sekali import app, audit, care, demo, kernel, security


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


def said(text: str) -> care.Answer:
    return care.Answer(True, text)


async def test_asked_answered_and_seen(city, staff, siti_herself, look) -> None:
    id = await asked(city, siti_herself, look)
    (mine,) = await city.care.duties.of_citizen(siti_herself)
    assert (mine.id, mine.kind, mine.answer, mine.detail.looker_name) == (id, "question", None, staff.clerk.name)
    assert mine.due_at - mine.asked_at == timedelta(hours=72)

    (waiting,) = await city.care.duties.waiting(staff.officer)
    assert waiting.reason.startswith("Saya tidak datang")
    await city.care.duties.answer(staff.officer, id, said("Kartu Anda dipindai di loket."))
    assert await city.care.duties.waiting(staff.officer) == []
    (mine,) = await city.care.duties.of_citizen(siti_herself)
    assert (mine.answer, mine.answered_name, mine.outcome) == (
        "Kartu Anda dipindai di loket.", staff.officer.name, "answered"
    )  # fmt: skip

    # once for each entry, and answered once
    with pytest.raises(kernel.Conflict, match="already"):
        await asked(city, siti_herself, look)
    with pytest.raises(kernel.Conflict, match="Somebody else"):
        await city.care.duties.answer(staff.head, id, said("Jawaban kedua."))


async def test_asking_reading_and_answering_are_audited_and_shown(city, staff, siti_herself, look) -> None:
    id = await asked(city, siti_herself, look)
    opened = await city.care.duties.open(staff.officer, id)
    assert opened.person is None and siti_herself.name not in repr(opened), "the facility reads no name of who asks"
    await city.care.duties.answer(staff.officer, id, said("Kartu Anda dipindai di loket."))
    rows = await city.database.fetch(
        "select kind, citizen, actor from audit.event where what = $1 order by at", f"Duty/{id}"
    )
    assert [row["kind"] for row in rows] == ["questioned", "looked", "question-answered"]
    assert {row["citizen"] for row in rows} == {siti_herself.citizen}
    found, _ = await city.care.own.looks(siti_herself, audit.Looked())
    assert ("looked", "question-answered") in {one.kinds for one in found if one.purpose == "rights"}
    kept = await city.database.fetch("select e::text as text from audit.event e")
    assert not [row for row in kept if "tidak datang" in row["text"] or "dipindai" in row["text"]], (
        "the log holds no words"
    )


async def test_who_is_asked_about_does_not_answer(city, staff, siti_herself, look) -> None:
    id = await asked(city, siti_herself, look)
    herself = replace(staff.officer, id=look.actor)
    with pytest.raises(kernel.Forbidden, match="about you"):
        await city.care.duties.answer(herself, id, said("Itu saya, tidak apa-apa."))


async def test_another_facility_sees_nothing_of_it_and_a_stranger_cannot_ask(city, staff, siti_herself, look) -> None:
    id = await asked(city, siti_herself, look)
    elsewhere = replace(staff.officer, facility=staff.second_clerk.facility)
    assert await city.care.duties.waiting(elsewhere) == []
    for work in (city.care.duties.open(elsewhere, id), city.care.duties.answer(elsewhere, id, said("Bukan kami."))):
        with pytest.raises(kernel.NotFound):
            await work
    with pytest.raises(kernel.NotFound):
        await asked(city, replace(siti_herself, citizen=kernel.new_person()), look)
    with pytest.raises(kernel.Forbidden):
        await asked(city, staff.doctor, look)


async def test_reasons_and_answers_of_fitting_length(city, staff, siti_herself, look) -> None:
    for reason in ("", "  ya ", "x" * 1001):
        with pytest.raises(kernel.Invalid):
            await city.care.questions.ask(siti_herself, look.stream, look.seq, reason)
    id = await asked(city, siti_herself, look)
    for answer in ("", " ok ", "x" * 2001):
        with pytest.raises(kernel.Invalid):
            await city.care.duties.answer(staff.officer, id, said(answer))


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


async def test_twenty_wait_at_most(city, siti_herself, look) -> None:
    for number in range(20):
        await city.care.rights.access(siti_herself, look.facility, f"Salinan nomor {number}")
    with pytest.raises(kernel.TooCostly):
        await asked(city, siti_herself, look)
    await city.care.duties.withdraw(siti_herself, (await city.care.duties.of_citizen(siti_herself))[0].id)
    assert await asked(city, siti_herself, look), "one that was taken back waits no longer"


async def test_an_overdue_one_is_marked_for_both_and_stays_first(city, staff, siti_herself, look) -> None:
    first = await city.care.rights.access(siti_herself, look.facility, "Salinan, tolong.")
    id = await asked(city, siti_herself, look)
    assert [one.id for one in await city.care.duties.waiting(staff.officer)] == [first, id]
    await city.database.execute("update care.duty set due_at = now() - interval '1 minute' where id = $1", id)
    now = kernel.now()
    assert [one.id for one in await city.care.duties.waiting(staff.officer)] == [id, first]
    assert (await city.care.duties.waiting(staff.officer))[0].clock.state(now) == "overdue"
    assert await city.care.duties.overdue(staff.head) == 1
    await city.care.duties.answer(staff.officer, id, said("Maaf, terlambat."))
    late = (await city.care.duties.ended(staff.officer))[0]
    assert late.clock.state(kernel.now()) == "late", "answered too late stays visible"
    assert await city.care.duties.overdue(staff.head) == 0


async def test_what_was_asked_while_questions_had_a_table_of_their_own_opens_still(
    city, staff, siti_herself, look
) -> None:
    id = await asked(city, siti_herself, look)
    before = security.Columns("care.question", ("id",), ("reason", "answer"))
    sealed = before.seal(city.cipher, "reason", "Sebelum itu saya bertanya", id)
    await city.database.execute("update care.duty set reason = $2 where id = $1", id, sealed)
    assert (await city.care.duties.waiting(staff.officer))[0].reason == "Sebelum itu saya bertanya"
