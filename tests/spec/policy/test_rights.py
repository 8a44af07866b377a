"""What a person may demand: asked for, answered and in force over HTTP; and for everybody else it does not exist."""

import re
from datetime import date
from uuid import UUID

import pytest
from policy_world import BASE, Word, leaked

from sekali import care, kernel, security

Role = security.Role
ASKING = {
    "salinan": {"reason": "Minta salinan kartu lama: RAHASIA-ALASAN-1"},
    "perbaikan": {"name": "RAHASIA-NAMA Baru", "proof": "KTP: RAHASIA-BUKTI", "reason": "RAHASIA-ALASAN-2"},
    "pembatasan": {"label": "HIV", "reason": "RAHASIA-ALASAN-3"},
}
WORDS = [word for form in ASKING.values() for text in form.values() for word in re.findall(r"RAHASIA-[\w-]+", text)]


async def ask(world, own, what: str, place: str = "asker", **more: str) -> UUID:
    """Somebody asks; the id of it."""
    form = ASKING[what] | {"facility": str(world.places[place])} | more
    answer = await own.post(f"/warga/hak/minta/{what}", data=form)
    assert answer.status_code == 303, answer.text
    return await world.city.database.fetchval("select id from care.duty order by asked_at desc limit 1")


async def accept(desk, id: UUID, **more: str):
    page = await desk.get(f"/tugas/{id}")
    version = re.search(r'name="version" value="(\d+)"', page.text)[1]
    form = {"decision": "accept", "answer": "Sudah kami lakukan.", "version": version} | more
    return await desk.post(f"/tugas/{id}", data=form)


async def test_a_correction_is_a_new_version_and_the_index_follows(world) -> None:
    person = await world.person([""])
    await world.care_for(person, "asker")
    own, officer = await world.desk(Role.CITIZEN, "", person.id), await world.desk(Role.RECORDS_OFFICER, "asker")

    # given: what cannot be is refused with what was typed, and nothing was asked
    wrong = {"birth_date": "31-02-1990", "phone": "12", "proof": "KTP saya", "reason": "Tanggal lahir keliru"}
    cases = (
        (wrong, "hari-bulan-tahun"),
        (wrong | {"birth_date": "01-01-2099"}, "8 sampai 15"),
        (wrong | {"birth_date": "", "phone": ""}, "paling sedikit"),
        ({"name": person.name, "proof": "KTP", "reason": "Sama saja"}, "paling sedikit"),
        ({"name": "Ani Baru", "proof": "", "reason": "Nama keliru"}, "dokumen apa"),
    )
    for form, words in cases:
        answer = await own.post("/warga/hak/minta/perbaikan", data=form | {"facility": str(world.places["asker"])})
        assert answer.status_code == 400 and words in answer.text and form["reason"] in answer.text, words
    assert await world.city.database.fetchval("select count(*) from care.duty") == 0

    # when: asked for well, and accepted
    wished = {
        "name": "Ani Yang Benar",
        "birth_date": "02-07-1990",
        "address": "Jl. Mawar 5, Jetis",
        "phone": "0812 3456 7890",
    }
    id = await ask(world, own, "perbaikan", **wished)
    page = (await officer.get(f"/tugas/{id}")).text
    assert all(
        text in page for text in (person.name, "Ani Yang Benar", "01-07-1990", "02-07-1990", "Jl. Mawar 5, Jetis")
    )
    # and: somebody else changes the person while the page is open
    async with world.city.store.change(world.loading()) as change:
        now = await change.present("Patient", person.id)
        await change.update("Patient", person.id, now.resource | {"maritalStatus": {"text": "kawin"}})
    stale = {"decision": "accept", "answer": "Sudah kami perbaiki.", "version": "1"}
    answer = await officer.post(f"/tugas/{id}", data=stale)
    assert answer.status_code == 409 and "Sudah kami perbaiki." in answer.text, "what was typed stays"
    assert await world.city.database.fetchval("select outcome from care.duty") is None
    assert (await accept(officer, id)).status_code == 303

    # then: a new version with exactly that, the one before is kept, and the person is found by the new name
    reader = world.city.store.under(world.loading())
    patient = await reader.read("Patient", person.id)
    assert patient.version == 3 and patient.resource["name"] == [{"use": "official", "text": "Ani Yang Benar"}]
    assert patient.resource["birthDate"] == "1990-07-02" and patient.resource["maritalStatus"] == {"text": "kawin"}
    assert patient.resource["address"][0]["text"] == "Jl. Mawar 5, Jetis"
    assert [one["value"] for one in patient.resource["telecom"]] == ["0812 3456 7890"]
    assert (await reader.vread("Patient", person.id, 1)).resource["name"] == [{"text": person.name}]
    clerk = world.actor(Role.CLERK, "asker")
    found = await world.city.care.counter.find_by_name(clerk, "Ani Yang Benar", date(1990, 7, 2))
    assert [one.id for one in found] == [person.id]
    assert await world.city.care.counter.find(clerk, person.nik) == person.id
    mine = (await own.get("/warga/hak")).text
    assert "Sudah kami lakukan." in mine and "diterima" in mine
    # and: it is answered once
    assert (await accept_again(officer, id)).status_code == 409


async def accept_again(desk, id: UUID):
    return await desk.post(f"/tugas/{id}", data={"decision": "accept", "answer": "Sekali lagi.", "version": "3"})


async def test_a_restriction_holds_at_once_through_its_last_day(world) -> None:
    person = await world.person()
    await world.care_for(person, "asker")
    await world.care_for(person, "other")
    own, head = await world.desk(Role.CITIZEN, "", person.id), await world.desk(Role.FACILITY_HEAD, "asker")
    clients = {place: await world.client(place) for place in ("asker", "other", "writer")}
    path = f"{BASE}/Condition/{person.conditions['']}"
    day = care.today("Asia/Jakarta")
    yesterday = {"until": "01-01-2020", "label": "", "reason": "Terlambat", "facility": str(world.places["asker"])}
    answer = await own.post("/warga/hak/minta/pembatasan", data=yesterday)
    assert answer.status_code == 400 and "sudah lewat" in answer.text

    id = await ask(world, own, "pembatasan", label="", whom=str(world.places["asker"]), until=f"{day:%d-%m-%Y}")
    assert (await clients["asker"].get(path)).status_code == 200, "asking alone closes nothing"
    assert (await accept(head, id)).status_code == 303
    assert (await clients["asker"].get(path)).status_code == 404
    found = await clients["asker"].get(f"{BASE}/Condition?patient={person.reference}")
    assert found.json().get("total", 0) == 0 and not leaked(found, [person.secrets[""]])
    assert (await clients["other"].get(path)).status_code == 200, "only for whom it was asked"
    assert (await clients["writer"].get(path)).status_code == 200, "who wrote it keeps it"
    until = await world.city.database.fetchval("select until from records.consent where subject = $1", person.id)
    assert until.date() > day, "through the whole day"

    # and: it never shortens what the person keeps closed
    await world.say(person, Word(False, "SEX", "asker"))
    id = await ask(world, own, "pembatasan", label="SEX", whom=str(world.places["asker"]), until=f"{day:%d-%m-%Y}")
    assert (await accept(head, id)).status_code == 303
    ends = await world.city.database.fetch(
        "select class, until from records.consent where subject = $1 order by class", person.id
    )
    assert [one["until"] is None for one in ends] == [False, True]

    # and: what the person sees, with the word to take back
    kept = (await own.get("/warga/persetujuan")).text
    assert "Cabut" in kept


async def test_a_refusal_names_its_ground_and_what_is_taken_back_is_over(world) -> None:
    person = await world.person([])
    await world.care_for(person, "asker")
    own, officer = await world.desk(Role.CITIZEN, "", person.id), await world.desk(Role.RECORDS_OFFICER, "asker")
    id = await ask(world, own, "salinan")
    no = {"decision": "refuse", "answer": "Arsip itu tidak ada pada kami."}
    for ground in ("", "disputed", "lain"):  # of another kind, or of none
        answer = await officer.post(f"/tugas/{id}", data=no | {"ground": ground})
        assert answer.status_code == 400 and no["answer"] in answer.text
    assert (await officer.post(f"/tugas/{id}", data=no | {"ground": "elsewhere"})).status_code == 303
    assert "tidak disimpan fasilitas ini" in (await own.get("/warga/hak")).text
    own.cookies.set("lang", "en")
    page = (await own.get("/warga/hak")).text
    assert "does not keep these data" in page and "refused" in page

    id = await ask(world, own, "perbaikan")
    assert (await own.post(f"/warga/hak/{id}/cabut")).status_code == 303
    assert (await own.post(f"/warga/hak/{id}/cabut")).status_code == 409
    assert (await accept_again(officer, id)).status_code == 409, "nobody answers what was taken back"
    patient = await world.city.store.under(world.loading()).read("Patient", person.id)
    assert patient.version == 1
    kinds = await world.city.database.fetch(
        "select kind from audit.event where citizen = $1 and purpose = 'rights' and kind <> 'looked' order by at",
        person.id,
    )
    assert [row["kind"] for row in kinds] == ["right-asked", "right-answered", "right-asked", "right-withdrawn"]


PLACES = {Role.CITY: "", Role.AUDITOR: "", Role.SECRETARIAT: "", Role.MENTOR: "", Role.ASSESSOR: "", Role.CITY_TEAM: ""}
EVERYBODY = [role for role in Role if role not in (Role.SYSTEM, Role.EMERGENCY_OPERATOR)]
"""Who may have an account; the operators' emergency account has tests of its own."""


async def test_every_role_at_every_facility_and_only_who_answers_sees_a_byte(world) -> None:
    """Role, facility, state of the request, page and deed: the table, written down once more."""
    person, stranger = await world.person([]), await world.person([])
    await world.care_for(person, "asker")
    own = await world.desk(Role.CITIZEN, "", person.id)
    waiting = {what: await ask(world, own, what) for what in ASKING}
    ended = {what: await ask(world, own, what) for what in ASKING}
    officer = await world.desk(Role.RECORDS_OFFICER, "asker")
    for id in ended.values():
        assert (await accept(officer, id)).status_code == 303
    # the corrected name is known now; put it back, so that it is a secret again
    async with world.city.store.change(world.loading()) as change:
        now = await change.present("Patient", person.id)
        await change.update("Patient", person.id, now.resource | {"name": [{"text": person.name}]})
    secrets = [person.name, person.nik, *WORDS]
    combinations = 0
    for role in EVERYBODY:
        for place in ("asker", "other") if role not in PLACES and role is not Role.CITIZEN else ("",):
            desk = await world.desk(role, place, stranger.id if role is Role.CITIZEN else None)
            answers = role in (Role.RECORDS_OFFICER, Role.FACILITY_HEAD)
            for state, ids in (("waiting", waiting), ("ended", ended)):
                for what, id in ids.items():
                    combinations += 3
                    where = (role, place, state, what)
                    page = await desk.get(f"/tugas/{id}")
                    if answers and place == "asker":
                        assert page.status_code == 200 and "RAHASIA-ALASAN" in page.text, where
                        told = f"{person.nik[:6]}••" in page.text
                        assert told == (state == "waiting"), "who it is now, only while it waits"
                    else:
                        assert page.status_code in (403, 404) and not leaked(page, secrets), where
                        assert not leaked(await desk.get("/tugas"), [*secrets, str(id)]), where
                        deed = await desk.post(f"/tugas/{id}", data={"decision": "accept", "answer": "Boleh saja."})
                        assert deed.status_code in (403, 404) and not leaked(deed, secrets), where
                    taken = await desk.post(f"/warga/hak/{id}/cabut")
                    assert taken.status_code in (403, 404) and not leaked(taken, secrets), where
            for path in ("/warga/hak", "/warga/hak/minta/perbaikan"):
                page = await desk.get(path)
                assert page.status_code == (200 if role is Role.CITIZEN else 403) and not leaked(page, secrets)
            await desk.aclose()
    print(f"{combinations} combinations of role, facility, state, right and deed")
    left = await world.city.database.fetch("select outcome from care.duty where id = any($1)", list(waiting.values()))
    assert [row["outcome"] for row in left] == [None, None, None], "nobody else did anything"


async def test_grants_of_this_purpose_open_no_record(world) -> None:
    person = await world.person([""])
    for role in (Role.RECORDS_OFFICER, Role.FACILITY_HEAD):
        actor = world.actor(role, "asker")
        grant = security.decide(actor, security.Purpose.RIGHTS, person.id, security.Relation.ASKED)
        for kind in ("Condition", "Encounter", "Coverage", "Observation"):
            with pytest.raises(kernel.Forbidden):
                grant.may_read(kind)
        with pytest.raises(kernel.Forbidden):
            security.decide(actor, security.Purpose.RIGHTS, None, security.Relation.ASKED)
