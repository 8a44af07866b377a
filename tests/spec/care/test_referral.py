"""A referral: to a hospital that fits, answered, used once, sent back."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import decrypting
import pytest
from spec_people import form

from sekali import care, kernel


async def siti_of(city, staff, siti):
    return await city.care.counter.find(staff.clerk, siti)


async def visit_with_diagnosis(city, staff, citizen):
    department = (await city.care.facilities.departments(staff.clerk.facility))[0].id
    visit = await city.care.counter.check_in(staff.clerk, citizen, department, Decimal(2))
    await city.care.consultation.start(staff.doctor, visit.id)
    found = care.Examination("Lemas", care.Vitals(systolic=Decimal("128.0")), (care.Diagnosis("E11.9", "kencing manis"),),
                             (care.Medication("Metformin 500 mg", "2 x 1"),), (care.Allergy("Udang", "gatal"),))  # fmt: skip
    await city.care.consultation.examine(staff.doctor, visit.id, found)
    return visit


async def referred(city, staff, citizen):
    visit = await visit_with_diagnosis(city, staff, citizen)
    return await city.care.referrals.refer(
        staff.doctor, visit.id, staff.board.facility, "PDL", "Mohon pemeriksaan lanjut", "routine"
    )


async def arrive(city, actor, citizen):
    return await received(city, actor, citizen, await city.care.counter.arrive(actor, citizen))


async def received(city, actor, citizen, arrival):
    referral = arrival.referral.id if arrival.referral else None
    return await city.care.counter.check_in(actor, citizen, arrival.department.id, Decimal(1), referral)


async def test_from_the_puskesmas_to_the_hospital_and_back_with_zero_questions(city, staff) -> None:
    # Given somebody new at a puskesmas, examined there and referred
    department = (await city.care.facilities.departments(staff.clerk.facility))[0].id
    first = await city.care.counter.register(
        staff.clerk, form(department, nik="9901995407900001", name="Ratna"), Decimal(70)
    )
    citizen = first.citizen
    await city.care.consultation.examine(
        staff.doctor, first.id, care.Examination("Pusing", diagnoses=(care.Diagnosis("I10", "darah tinggi"),))
    )
    referral = await city.care.referrals.refer(
        staff.doctor, first.id, staff.board.facility, "PDL", "Mohon periksa", "urgent"
    )
    # When the hospital accepts and the person arrives with the letter
    await city.care.referrals.accept(staff.board, referral.id)
    assert await city.care.counter.find(staff.hospital_clerk, f"SEKALI-R:{referral.number}") == citizen
    visit = await arrive(city, staff.hospital_clerk, citizen)
    # Then nothing was asked, and the visit is in the right department
    assert (visit.questions, visit.kind, visit.department_name) == (0, "referral", "Poli Penyakit Dalam")
    chart = await city.care.consultation.chart(staff.specialist, visit.id)
    assert chart.referral_in.reason == "Mohon periksa" and chart.past[0].diagnoses == ("I10 darah tinggi",)
    # When the specialist sends the person back
    await city.care.consultation.examine(
        staff.specialist,
        visit.id,
        care.Examination(diagnoses=(care.Diagnosis("I11.9", "penyakit jantung hipertensi"),)),
    )
    await city.care.consultation.send_back(staff.specialist, visit.id, "Lanjutkan amlodipin 5 mg")
    # Then the puskesmas reads the letter, and the Task and the Encounter are completed
    (sent,) = await city.care.referrals.sent(staff.doctor)
    assert (sent.status, sent.letter_back) == ("finished", "Lanjutkan amlodipin 5 mg")
    task = await decrypting.content(city.database, city.cipher, referral.task)
    assert b'"status":"completed"' in task
    encounter = kernel.decode(await decrypting.content(city.database, city.cipher, visit.id))
    assert [step["status"] for step in encounter["statusHistory"]] == ["arrived", "in-progress", "finished"]
    for one, following in zip(encounter["statusHistory"], encounter["statusHistory"][1:], strict=False):
        assert one["period"]["end"] == following["period"]["start"], "SATUSEHAT rule 10121"
    assert encounter["period"]["end"] > encounter["period"]["start"], "SATUSEHAT rule 10173"
    # and a second puskesmas asks nothing either
    assert (await arrive(city, staff.second_clerk, citizen)).questions == 0


async def test_it_is_used_once_however_many_counters_try(city, staff, siti) -> None:
    citizen = await siti_of(city, staff, siti)
    referral = await referred(city, staff, citizen)
    await city.care.referrals.accept(staff.board, referral.id)
    # All four have scanned before the first presses Enter: one that scans afterwards sees that it was used.
    clerk = staff.hospital_clerk
    arrivals = [await city.care.counter.arrive(clerk, citizen) for _ in range(4)]
    visits = await asyncio.gather(*(received(city, clerk, citizen, one) for one in arrivals), return_exceptions=True)
    assert len({visit.id for visit in visits if isinstance(visit, care.Visit)}) == 1
    await city.care.consultation.finish(staff.specialist, next(v.id for v in visits if isinstance(v, care.Visit)))
    department = (await city.care.facilities.departments(staff.hospital_clerk.facility))[0].id
    with pytest.raises(kernel.Conflict, match="used already"):
        await city.care.counter.check_in(staff.hospital_clerk, citizen, department, Decimal(1), referral.id)


async def test_after_90_days_it_has_expired(city, staff, siti) -> None:
    citizen = await siti_of(city, staff, siti)
    referral = await referred(city, staff, citizen)
    assert referral.expires_on - care.today("Asia/Jakarta") == timedelta(days=90)
    await city.database.execute("update care.referral set expires_on = expires_on - 91")
    assert (await city.care.counter.arrive(staff.hospital_clerk, citizen)).referral is None
    department = (await city.care.facilities.departments(staff.hospital_clerk.facility))[0].id
    with pytest.raises(kernel.Gone, match="expired"):
        await city.care.counter.check_in(staff.hospital_clerk, citizen, department, Decimal(1), referral.id)


async def test_a_full_hospital_is_shown_as_full_and_cannot_be_chosen(city, staff, siti) -> None:
    citizen = await siti_of(city, staff, siti)
    visit = await visit_with_diagnosis(city, staff, citizen)
    await city.database.execute(
        "update care.department set daily_capacity = 0 where facility = $1", staff.board.facility
    )
    options = await city.care.referrals.fitting(staff.doctor, "PDL")
    full = next(option for option in options if option.facility.id == staff.board.facility)
    assert full.department.free_today == 0 and not full.recommended and options[-1] is full
    with pytest.raises(kernel.Conflict, match="no place"):
        await city.care.referrals.refer(staff.doctor, visit.id, staff.board.facility, "PDL", "Mohon periksa", "routine")


async def test_hospitals_that_fit_have_the_department_and_the_next_tier_comes_first(city, staff) -> None:
    options = await city.care.referrals.fitting(staff.doctor, "JAN")
    assert {option.department.code for option in options} == {"JAN"}
    assert all(option.facility.hospital_class == "B" for option in options), "only these have cardiology"
    options = await city.care.referrals.fitting(staff.doctor, "PDL")
    tiers = [option.higher_tier for option in options]
    assert tiers == sorted(tiers) and options[0].recommended
    nearer = [option.distance_km for option in options if not option.higher_tier]
    assert nearer == sorted(nearer)


async def test_declined_with_a_reason_that_the_puskesmas_reads(city, staff, siti) -> None:
    referral = await referred(city, staff, await siti_of(city, staff, siti))
    with pytest.raises(kernel.Invalid):
        await city.care.referrals.decline(staff.board, referral.id, " ")
    await city.care.referrals.decline(staff.board, referral.id, "Dokter sedang tidak ada")
    (sent,) = await city.care.referrals.sent(staff.doctor)
    assert (sent.status, sent.answer) == ("declined", "Dokter sedang tidak ada")
    with pytest.raises(kernel.Conflict):
        await city.care.referrals.accept(staff.board, referral.id)


async def test_passed_on_to_another_hospital(city, staff, siti) -> None:
    citizen = await siti_of(city, staff, siti)
    referral = await referred(city, staff, citizen)
    options = await city.care.referrals.fitting(staff.board, "PDL")
    other = options[0].facility
    await city.care.referrals.redirect(staff.board, referral.id, other.id, "Di sana ada alatnya")
    (sent,) = await city.care.referrals.sent(staff.doctor)
    assert (sent.status, sent.to_name, sent.answer) == ("requested", other.name, "Di sana ada alatnya")
    assert await city.care.referrals.board(staff.board) == []
    assert (await city.care.counter.arrive(staff.hospital_clerk, citizen)).referral is None


async def test_two_answers_at_once_are_one(city, staff, siti) -> None:
    referral = await referred(city, staff, await siti_of(city, staff, siti))
    outcomes = await asyncio.gather(
        city.care.referrals.accept(staff.board, referral.id),
        city.care.referrals.decline(staff.board, referral.id, "Penuh hari ini"),
        return_exceptions=True,
    )
    assert sum(outcome is None for outcome in outcomes) == 1


async def test_the_answer_of_a_hospitals_own_system_over_fhir_counts(city, staff, siti, loading) -> None:
    referral = await referred(city, staff, await siti_of(city, staff, siti))
    task = await city.store.under(loading).read("Task", referral.task)
    async with city.store.change(loading) as change:
        await change.update("Task", task.id, task.resource | {"status": "accepted"}, task.version)
    (sent,) = await city.care.referrals.sent(staff.doctor)
    assert sent.status == "accepted"


async def test_what_was_written_and_taken_back_is_withdrawn_not_erased(city, staff, siti) -> None:
    visit = await visit_with_diagnosis(city, staff, await siti_of(city, staff, siti))
    await city.care.consultation.examine(
        staff.doctor, visit.id, care.Examination("Lemas", diagnoses=(care.Diagnosis("R51", "sakit kepala"),))
    )
    chart = await city.care.consultation.chart(staff.doctor, visit.id)
    assert [one.code for one in chart.examination.diagnoses] == ["R51"] and chart.examination.medications == ()
    conditions = await decrypting.kept(city.database, city.cipher, "type = 'Condition' and not deleted")
    assert sum(b"entered-in-error" in one.content for one in conditions) == 1


async def test_only_who_has_the_person_in_care_sees_the_record(city, staff, siti) -> None:
    visit = await visit_with_diagnosis(city, staff, await siti_of(city, staff, siti))
    with pytest.raises(kernel.NotFound):
        await city.care.consultation.chart(staff.specialist, visit.id)
    await city.care.consultation.finish(staff.doctor, visit.id)
    with pytest.raises(kernel.Forbidden, match="no open visit"):
        await city.care.consultation.chart(staff.doctor, visit.id)


async def test_a_value_that_cannot_be_right_is_named(city, staff, siti) -> None:
    visit = await visit_with_diagnosis(city, staff, await siti_of(city, staff, siti))
    with pytest.raises(kernel.Invalid) as refused:
        await city.care.consultation.examine(
            staff.doctor, visit.id, care.Examination(vitals=care.Vitals(temperature=Decimal(367)))
        )
    assert [fault.path for fault in refused.value.faults] == ["temperature"]


def test_every_lay_term_is_a_code_of_the_book() -> None:
    for code in care.icd.lay_terms():
        assert care.icd.term(code), code


@pytest.mark.parametrize(
    ("text", "code"), [("kencing manis", "E11.9"), ("darah ting", "I10"), ("e11", "E11"), ("essential hypert", "I10")]
)
def test_a_diagnosis_by_code_or_words_of_either_language(text: str, code: str) -> None:
    assert care.icd.search(text)[0].code == code
