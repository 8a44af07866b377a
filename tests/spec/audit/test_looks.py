"""Who looked: people and machines apart, with everything that a citizen has to know, at once and in pages."""

from datetime import timedelta

import pytest_asyncio

from sekali import audit, kernel


def event(citizen, role="doctor", **more) -> audit.Event:
    plain = {
        "kind": audit.Kind.LOOKED, "actor": kernel.new_id(0), "actor_name": "dr. Uji", "role": role, "facility": kernel.new_id(0),
        "citizen": citizen, "purpose": "treatment", "basis": "care", "what": "Patient,Condition/00000000 +3",
    }  # fmt: skip
    return audit.Event(**plain | more)


@pytest_asyncio.fixture(loop_scope="session")
async def journal(database) -> audit.Journal:
    return audit.Journal(database)


async def test_a_citizen_sees_at_once_who_where_why_by_which_right_and_what(city, staff, siti) -> None:
    citizen = await city.care.counter.find(staff.clerk, siti)
    await city.care.counter.arrive(staff.clerk, citizen)
    (one, *_), _ = await audit.looks(city.database, citizen, audit.Looked())
    assert (one.actor_name, one.role, one.facility) == (staff.clerk.name, "clerk", staff.clerk.facility)
    assert (one.purpose, "looked" in one.kinds, "Patient" in one.parts) == ("registration", True, True)
    assert "PMK 24/2022" in one.basis and kernel.now() - one.last < timedelta(minutes=1)


async def test_parts_are_told_without_ids(database, journal) -> None:
    person = kernel.new_person()
    await journal.record(event(person))
    ((one,), more) = await audit.looks(database, person, audit.Looked())
    assert (one.parts, more) == (("Patient", "Condition"), False)


async def test_a_machine_that_asks_all_day_does_not_bury_the_one_who_looked(database, journal) -> None:
    person, system, hospital = kernel.new_person(), kernel.new_id(0), kernel.new_id(0)
    await journal.record(event(person))
    asks = event(person, "integrator", actor=system, actor_name="rsud-simrs", facility=hospital, purpose="integration")
    await journal.record_all([asks] * 3000)
    (people, _), (machines, _) = [
        await audit.looks(database, person, audit.Looked(machines=which)) for which in (False, True)
    ]
    assert [one.actor_name for one in people] == ["dr. Uji"]
    assert [(one.actor_name, one.times) for one in machines] == [("rsud-simrs", 3000)]


async def test_different_people_reasons_and_places_are_entries_of_their_own(database, journal) -> None:
    person, doctor, here = kernel.new_person(), kernel.new_id(0), kernel.new_id(0)
    one = event(person, actor=doctor, facility=here)
    await journal.record_all([
        one, one, one._replace(purpose="referral"), one._replace(facility=kernel.new_id(0)), one._replace(role="nurse"),
        one._replace(actor=kernel.new_id(0)), event(kernel.new_person()), event(person, "citizen", facility=None),
    ])  # fmt: skip
    found, _ = await audit.looks(database, person, audit.Looked())
    assert sorted(entry.times for entry in found) == [1, 1, 1, 1, 2]
    assert len((await audit.looks(database, person, audit.Looked(facility=here)))[0]) == 4
    assert len(await audit.places_of_looks(database, person)) == 2


async def test_by_time(database, journal) -> None:
    person, now = kernel.new_person(), kernel.now()
    await journal.record(event(person))
    assert (await audit.looks(database, person, audit.Looked(since=now)))[0]
    assert not (await audit.looks(database, person, audit.Looked(until=now)))[0]
    assert not (await audit.looks(database, person, audit.Looked(since=now + timedelta(days=1))))[0]


async def test_in_pages_none_twice_and_none_left_out(database, journal) -> None:
    person = kernel.new_person()
    names = {f"dr. {number}" for number in range(60)}
    await journal.record_all([event(person, actor=kernel.new_id(0), actor_name=name) for name in sorted(names)])
    seen, page, more = [], 1, True
    while more:
        found, more = await audit.looks(database, person, audit.Looked(page=page))
        assert len(found) <= audit.LIMIT
        seen += [one.actor_name for one in found]
        page += 1
    assert (len(seen), set(seen)) == (60, names)
    for page in (-5, 0):
        assert (await audit.looks(database, person, audit.Looked(page=page)))[0][0].actor_name == seen[0]


async def test_an_entry_of_somebody_else_is_not_given(database, journal) -> None:
    person = kernel.new_person()
    await journal.record(event(person))
    ((one,), _) = await audit.looks(database, person, audit.Looked())
    assert await audit.look(database, person, one.stream, one.seq)
    assert await audit.look(database, kernel.new_person(), one.stream, one.seq) is None


async def test_lists_of_people_and_of_machines_have_an_index_each(database, journal) -> None:
    """So that neither is slow because of the other."""
    indexes = await database.fetch("select indexdef from pg_indexes where tablename = 'event' and schemaname = 'audit'")
    told = " ".join(row["indexdef"] for row in indexes)
    assert "by_people" in told and "by_machines" in told and "event_of_citizen " not in told


async def test_long_words_are_cut_before_they_are_written(database, journal) -> None:
    person = kernel.new_person()
    await journal.record(event(person, what="Patient," * 500, detail="x" * 5000))
    row = await database.fetchrow("select what, detail from audit.event where citizen = $1", person)
    assert len(row["what"]) == len(row["detail"]) == 1000 and row["what"].endswith("…")
    assert (await audit.verify(database)).breaks == ()
