"""Emergency access: a reason, everything for a while, loud, seen by the person and looked into by the head."""

import re

import pytest
from policy_world import leaked

from sekali import security

Role = security.Role
REASON = "tidak sadar setelah kecelakaan"


async def opened(desk, person) -> str:
    answer = await desk.post("/darurat", data={"scan": person.nik, "reason": REASON})
    assert answer.status_code == 303
    return answer.headers["location"]


async def test_a_doctor_without_any_relation_opens_everything_under_a_loud_banner(world) -> None:
    person = await world.person()
    doctor = await world.desk(Role.DOCTOR, "asker")
    page = await doctor.get(await opened(doctor, person))
    assert all(secret in page.text for secret in person.secrets.values())
    assert "AKSES DARURAT" in page.text and 'role="alert"' in page.text and REASON in page.text
    kinds = await world.city.database.fetch(
        "select kind, purpose, basis from audit.event where citizen = $1 and purpose = 'emergency' order by seq",
        person.id,
    )
    assert {row["kind"] for row in kinds} >= {"emergency-opened", "looked"}
    assert all("vital" in row["basis"] for row in kinds)


@pytest.mark.parametrize("reason", ["", "darurat", "   x       y   ", "..............", "a" * 501])
async def test_without_a_reason_nothing_opens(world, reason) -> None:
    person = await world.person([""])
    doctor = await world.desk(Role.DOCTOR, "asker")
    answer = await doctor.post("/darurat", data={"scan": person.nik, "reason": reason})
    assert answer.status_code == 400 and not leaked(answer, [person.name, *person.secrets.values()])
    assert await world.city.database.fetchval("select count(*) from care.emergency") == 0


@pytest.mark.parametrize(
    "role", [Role.CLERK, Role.PHARMACIST, Role.RECORDS_OFFICER, Role.FACILITY_HEAD, Role.CITIZEN, Role.CITY]
)
async def test_only_doctors_and_nurses_open(world, role) -> None:
    person = await world.person([""])
    desk = await world.desk(role, "asker", person.id if role is Role.CITIZEN else None)
    assert (await desk.post("/darurat", data={"scan": person.nik, "reason": REASON})).status_code == 403


async def test_it_ends_by_itself_and_when_one_says_so(world) -> None:
    person = await world.person([""])
    doctor = await world.desk(Role.DOCTOR, "asker")
    first, second = await opened(doctor, person), await opened(doctor, person)
    await world.city.database.execute(
        "update care.emergency set ends_at = now() where id = $1", first.rpartition("/")[2]
    )
    ended = await doctor.get(first)
    assert ended.status_code == 403 and not leaked(ended, [person.name, *person.secrets.values()])
    assert (await doctor.get(second)).status_code == 200
    await doctor.post(f"{second}/selesai")
    assert (await doctor.get(second)).status_code == 403


async def test_the_person_sees_it_and_the_head_questions_it(world) -> None:
    person = await world.person([""])
    doctor, head = await world.desk(Role.NURSE, "asker"), await world.desk(Role.FACILITY_HEAD, "asker")
    mine = await world.desk(Role.CITIZEN, "", person.id)
    id = (await opened(doctor, person)).rpartition("/")[2]
    assert REASON in (await mine.get("/warga")).text and "belum diperiksa" in (await mine.get("/warga")).text
    listed = await head.get("/kepala")
    assert REASON in listed.text and not leaked(listed, [person.name, person.nik, *person.secrets.values()])
    assert (await head.post(f"/kepala/{id}", data={"verdict": "questioned", "note": ""})).status_code == 400
    note = "Mengapa tidak lewat loket gawat darurat?"
    assert (await head.post(f"/kepala/{id}", data={"verdict": "questioned", "note": note})).status_code == 303
    assert (await head.post(f"/kepala/{id}", data={"verdict": "accepted", "note": ""})).status_code == 400
    assert note in (await mine.get("/warga")).text and "tidak dibenarkan" in (await mine.get("/warga")).text


async def test_another_facilitys_head_has_no_say(world) -> None:
    person = await world.person([""])
    doctor, head = await world.desk(Role.DOCTOR, "asker"), await world.desk(Role.FACILITY_HEAD, "other")
    id = (await opened(doctor, person)).rpartition("/")[2]
    assert REASON not in (await head.get("/kepala")).text
    assert (await head.post(f"/kepala/{id}", data={"verdict": "accepted", "note": ""})).status_code == 400
    assert await world.city.database.fetchval("select verdict from care.emergency where id = $1", id) == ""


async def test_what_nobody_looked_into_in_time_is_marked_and_shown_to_the_auditor_without_the_person(world) -> None:
    person = await world.person([""])
    doctor, head = await world.desk(Role.DOCTOR, "asker"), await world.desk(Role.FACILITY_HEAD, "asker")
    auditor, mine = await world.desk(Role.AUDITOR, ""), await world.desk(Role.CITIZEN, "", person.id)
    id = (await opened(doctor, person)).rpartition("/")[2]
    assert "terlambat" not in (await head.get("/kepala")).text
    assert "Tidak ada yang terlambat." in (await auditor.get("/pengawas")).text
    await world.city.database.execute("update care.emergency set opened_at = now() - interval '73 hours'")
    for page in (await head.get("/kepala"), await mine.get("/warga")):
        assert "terlambat diperiksa" in page.text and "auditor kota" in page.text
    late = await auditor.get("/pengawas")
    assert world.names["asker"] in late.text and "73 jam" in late.text
    assert not leaked(late, [person.name, person.nik, REASON, *person.secrets.values()])
    await head.post(f"/kepala/{id}", data={"verdict": "accepted", "note": ""})
    assert "Tidak ada yang terlambat." in (await auditor.get("/pengawas")).text


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.FACILITY_HEAD, Role.CITY, Role.CLERK])
async def test_what_is_late_is_for_the_auditor_only(world, role) -> None:
    desk = await world.desk(role, "" if role is Role.CITY else "asker")
    assert (await desk.get("/pengawas")).status_code == 403


async def test_every_page_says_so_while_it_is_open_and_no_other_persons_page(world) -> None:
    person = await world.person([""])
    doctor, colleague = await world.desk(Role.DOCTOR, "asker"), await world.desk(Role.NURSE, "asker")
    path = await opened(doctor, person)
    for place in ("/dokter", "/loket", "/darurat", "/akun", "/kota", "/tidak-ada", path):
        page = (await doctor.get(place)).text
        assert "AKSES DARURAT" in page and f'action="{path}/selesai"' in page, place
        assert "AKSES DARURAT" not in (await colleague.get(place)).text
    ended = await doctor.post(f"{path}/selesai")
    assert "AKSES DARURAT" not in (await doctor.get(ended.headers["location"])).text


async def test_the_person_is_told_first_of_all_until_it_was_looked_into_and_read_for_a_week(world) -> None:
    person = await world.person([""])
    doctor, mine = await world.desk(Role.DOCTOR, "asker"), await world.desk(Role.CITIZEN, "", person.id)
    first = "Rekam medis Anda dibuka dalam keadaan darurat"
    assert first not in (await mine.get("/warga")).text
    await opened(doctor, person)
    run = world.city.database.execute
    await run("update care.emergency set verdict = 'accepted', reviewed_at = now(), reviewer = 'Kepala'")
    await run("update care.emergency set opened_at = opened_at - interval '400 days'")
    await run("update audit.event set at = at - interval '400 days' where citizen = $1", person.id)
    assert first in (await mine.get("/warga")).text, "never read before, however long ago it was"
    await run("update audit.event set at = at - interval '8 days' where citizen = $1 and role = 'citizen'", person.id)
    later = (await mine.get("/warga")).text
    assert first not in later and REASON in later, "it stands further down"


async def test_a_person_opens_closes_and_takes_back_on_the_own_page_and_at_the_counter(world) -> None:
    person = await world.person(["", "HIV"])
    mine, clerk = await world.desk(Role.CITIZEN, "", person.id), await world.desk(Role.CLERK, "asker")
    wish = {"permit": "yes", "label": "HIV", "facility": str(world.places["asker"]), "purpose": ""}

    async def seen() -> bool:
        return person.secrets["HIV"] in (await clerk.post("/loket", data={"scan": person.nik})).text

    assert not await seen()
    assert (await mine.post("/warga/persetujuan", data=wish)).status_code == 303
    assert await seen()
    page = (await mine.get("/warga/persetujuan")).text
    id = re.search(r'name="withdraw" value="([^"]+)"', page)[1]
    assert (await mine.post("/warga/persetujuan", data={"withdraw": id})).status_code == 303
    assert not await seen()
    present = re.search(
        r'name="present" value="([^"]+)"', (await clerk.post("/loket", data={"scan": person.nik})).text
    )[1]
    answer = await clerk.post("/loket/persetujuan", data=wish | {"present": present})
    assert answer.status_code == 200 and "HIV" in answer.text
    assert await seen()
    assert (await mine.post("/warga/persetujuan", data=wish | {"label": "XYZ"})).status_code == 400
    kinds = await world.city.database.fetch(
        "select detail from audit.event where citizen = $1 and kind = 'consented' order by at", person.id
    )
    assert [row["detail"] for row in kinds] == ["permit", "withdrawn", "permit"]


async def test_what_was_said_of_the_same_before_ends_with_the_new_word(world) -> None:
    """Else the page would show as open what is closed, and taking one back would say nothing of the other."""
    person = await world.person(["", "HIV"])
    mine = await world.desk(Role.CITIZEN, "", person.id)
    wish = {"permit": "yes", "label": "HIV", "facility": str(world.places["asker"]), "purpose": "TREAT"}
    others = ({"label": ""}, {"facility": ""}, {"purpose": ""}, {"facility": str(world.places["other"])})
    for one in (wish, *(wish | other for other in others), wish | {"permit": "no"}, wish | {"permit": "no"}):
        assert (await mine.post("/warga/persetujuan", data=one)).status_code == 303
    rows = await world.city.database.fetch(
        "select consent, permit from records.consent where subject = $1 and own", person.id
    )
    page = (await mine.get("/warga/persetujuan")).text
    standing = {str(row["consent"]): row["permit"] for row in rows}  # a word for care is one for each of its purposes
    assert set(re.findall(r'name="withdraw" value="([^"]+)"', page)) == set(standing)
    assert sorted(standing.values()) == [False, True, True, True, True]


async def test_satusehats_clients_note_and_read_what_a_person_says(world) -> None:
    person, stranger = await world.person([""]), await world.person([""])
    await world.care_for(person, "asker")
    path, word = "/consent/v1/Consent", {"patient_id": str(person.id), "action": "OPTOUT", "agent": "Petugas Uji"}
    async with await world.client("asker") as client:
        assert (await client.get(path, params={"patient_id": str(person.id)})).status_code == 404
        answer = await client.post(path, json=word)
        assert answer.status_code == 201 and answer.json()["resourceType"] == "Consent"
        found = await client.get(path, params={"patient_id": str(person.id)})
        assert found.json()["provision"] == {"type": "deny"} and found.json()["performer"] == [
            {"display": "Petugas Uji"}
        ]
        assert (await client.get(f"/fhir-r4/v1/Condition/{person.conditions['']}")).status_code == 404
        assert (await client.post(path, json=word | {"action": "OPTIN"})).status_code == 201
        assert (await client.get(f"/fhir-r4/v1/Condition/{person.conditions['']}")).status_code == 200
        assert (await client.post(path, json=word | {"patient_id": str(stranger.id)})).status_code == 403
        for wrong in ({"action": "MAYBE"}, {"agent": ""}, {"patient_id": "x"}):
            assert (await client.post(path, json=word | wrong)).status_code == 400
    async with await world.client("other") as client:
        assert (await client.get(path, params={"patient_id": str(person.id)})).status_code == 403
