"""The counter: one scan, and nobody is asked again."""

import asyncio
from datetime import date
from decimal import Decimal

import pytest
from spec_people import form

from sekali import care, kernel


async def general(city, actor):
    return (await city.care.facilities.departments(actor.facility))[0].id


async def test_a_known_person_is_received_with_no_question(city, staff, siti) -> None:
    citizen = await city.care.counter.find(staff.clerk, siti)
    arrival = await city.care.counter.arrive(staff.clerk, citizen)
    assert arrival.person.name == "Siti Rahayu (contoh)"
    assert arrival.person.address.startswith("Jl. ") and arrival.person.address.count(",") == 2, (
        "street, village, district"
    )
    assert "Penisilin" in arrival.allergies[0] and arrival.problems[0].startswith("E11.9")
    assert arrival.coverage.active and arrival.medications[0].startswith("Metformin")
    visit = await city.care.counter.check_in(staff.clerk, citizen, arrival.department.id, Decimal("1.2"))
    assert (visit.questions, visit.kind, visit.number) == (0, "returning", "A-001")


async def test_another_department_is_one_question(city, staff, siti) -> None:
    citizen = await city.care.counter.find(staff.clerk, siti)
    dentist = next(d for d in await city.care.facilities.departments(staff.clerk.facility) if d.code == "GIG")
    visit = await city.care.counter.check_in(staff.clerk, citizen, dentist.id, Decimal(3))
    assert (visit.questions, visit.number) == (1, "B-001")


async def test_the_same_person_at_two_counters_at_once_is_one_visit(city, staff, siti) -> None:
    citizen = await city.care.counter.find(staff.clerk, siti)
    department = await general(city, staff.clerk)
    visits = await asyncio.gather(
        *(city.care.counter.check_in(staff.clerk, citizen, department, Decimal(1)) for _ in range(5))
    )
    assert len({visit.id for visit in visits}) == 1
    assert await city.database.fetchval("select count(*) from care.visit") == 1
    encounters = "select count(*) from records.resource where type = 'Encounter' and id = $1"
    assert await city.database.fetchval(encounters, visits[0].id) == 1


async def test_two_people_at_two_counters_have_two_numbers(city, staff) -> None:
    rows = await city.database.fetch("select id from identity.citizen limit 10")
    department = await general(city, staff.clerk)
    visits = await asyncio.gather(
        *(city.care.counter.check_in(staff.clerk, r["id"], department, Decimal(1)) for r in rows)
    )
    assert sorted(visit.number for visit in visits) == [f"A-{n:03}" for n in range(1, 11)]


async def test_thirty_counters_at_once_wait_for_one_another_and_never_for_themselves(city, staff) -> None:
    """More check-ins than connections: no transaction may need a second connection to end."""
    rows = await city.database.fetch("select id from identity.citizen limit 30")
    departments = {
        actor: await general(city, actor) for actor in (staff.clerk, staff.second_clerk, staff.hospital_clerk)
    }
    work = [city.care.counter.check_in(a, r["id"], d, Decimal(1)) for a, d in departments.items() for r in rows]
    assert len(await asyncio.wait_for(asyncio.gather(*work), 20)) == 90


async def test_the_only_form_asks_what_the_nik_does_not_tell(city, staff) -> None:
    prefill = city.care.counter.prefill("9901995407900001")
    assert (prefill.birth_date, prefill.sex) == (date(1990, 7, 14), "female")
    filled = form(await general(city, staff.clerk), nik="9901995407900001", birth_date=prefill.birth_date, sex="female")
    visit = await city.care.counter.register(staff.clerk, filled, Decimal(60))
    assert visit.questions == 2, "NIK and name; birth date and sex were read"
    assert len(visit.activation) == 8
    slip = await city.care.counter.slip(staff.clerk, visit.id)
    assert slip.person.card and slip.person.fictitious


async def test_the_same_nik_is_not_registered_twice(city, staff) -> None:
    department = await general(city, staff.clerk)
    filled = form(department, nik="9901995407900001")
    outcomes = await asyncio.gather(
        *(city.care.counter.register(staff.clerk, filled, Decimal(1)) for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "Visit"]
    assert await city.database.fetchval("select count(*) from care.visit") == 1, "the second left nothing behind"


async def test_a_newborn_by_the_mothers_nik_and_a_person_without_any(city, staff) -> None:
    department = await general(city, staff.clerk)
    baby = form(department, mother_nik="9901995407900001", birth_order=0, birth_date=date(2026, 11, 20))
    assert (await city.care.counter.register(staff.clerk, baby, Decimal(1))).kind == "first"
    stranger = form(department, no_nik_reason="Kartu hilang saat banjir")
    assert (await city.care.counter.register(staff.clerk, stranger, Decimal(1))).kind == "first"
    with pytest.raises(kernel.Invalid) as refused:
        await city.care.counter.register(staff.clerk, form(department), Decimal(1))
    assert [fault.path for fault in refused.value.faults] == ["nik"]


async def test_every_wrong_field_is_named_at_once(city, staff) -> None:
    wrong = care.Registration(name="", sex="?", birth_date=date(1700, 1, 1), department=await general(city, staff.clerk),
                              nik="12", jkn="1", kk="1")  # fmt: skip
    with pytest.raises(kernel.Invalid) as refused:
        await city.care.counter.register(staff.clerk, wrong, Decimal(1))
    assert {fault.path for fault in refused.value.faults} == {"nik", "name", "sex", "birth_date", "jkn", "kk"}


async def test_somebody_without_any_card_is_found_by_name_and_birth_date(city, staff) -> None:
    found = await city.care.counter.find_by_name(staff.clerk, "siti rahayu", date(1968, 3, 12))
    assert [person.name for person in found] == ["Siti Rahayu (contoh)"]


@pytest.mark.parametrize("text", ["", "halo", "12345678901", "SEKALI:", "🙂", "x" * 500])
async def test_nonsense_gets_a_word(city, staff, text) -> None:
    with pytest.raises(kernel.Invalid):
        await city.care.counter.find(staff.clerk, text)


async def test_a_newborn_is_found_by_the_mothers_nik_and_its_home_is_known(city, staff, siti) -> None:
    department = await general(city, staff.clerk)
    mother = (await city.care.counter.arrive(staff.clerk, await city.care.counter.find(staff.clerk, siti))).person
    known = await city.care.counter.family_facts(staff.clerk, mother.nik, "")
    assert known["kk"] == mother.kk and known["address"] and known["village"].startswith("34.71.")
    assert await city.care.counter.family_facts(staff.clerk, "", mother.kk) == known
    baby = form(
        department, name="Bayi Ny. Siti", mother_nik=mother.nik, birth_order=0, birth_date=date(2026, 11, 20), **known
    )
    visit = await city.care.counter.register(staff.clerk, baby, Decimal(20))
    assert visit.questions == 5, "the mother's NIK, birth order, name, sex and birth date; the home was known"
    arrival = await city.care.counter.arrive(staff.clerk, mother.id)
    assert [child.name for child in arrival.newborns] == ["Bayi Ny. Siti"]
