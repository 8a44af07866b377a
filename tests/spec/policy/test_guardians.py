"""Guardians: noted at a counter, seen by the person, closed to what is sensitive, over when it is over."""

import itertools
from datetime import timedelta
from uuid import UUID

import pytest
from policy_world import CLASSES, Person, Word, World, leaked, may_see

from sekali import fhir, kernel, security

Role = security.Role


def in_days(days: int) -> str:
    return f"{kernel.in_zone(kernel.now(), 'Asia/Jakarta').date() + timedelta(days=days):%d-%m-%Y}"


async def form(world: World, clerk, ward: Person, **typed: str):
    """The counter's form for a person who was just scanned."""
    page = await clerk.post("/loket", data={"scan": ward.nik})
    present = page.text.split('name="present" value="')[1].partition('"')[0]
    return await clerk.post("/loket/wali", data={"present": present, **typed})


async def note(world: World, ward: Person, guardian: Person, **other: str):
    clerk = await world.desk(Role.CLERK, "writer")
    told = {"scan": guardian.nik, "kinship": "PRN", "proof": "family-card", "until": in_days(30)} | other
    return await form(world, clerk, ward, **told)


async def related(world: World, ward: Person) -> UUID:
    return await world.city.database.fetchval("select id from care.guardian where citizen = $1", ward.id)


async def test_a_counter_notes_a_guardian_who_sees_the_record_and_the_person_sees_the_guardian(world) -> None:
    ward, guardian = await world.person([""]), await world.person([])
    own, acting = await world.desk(Role.CITIZEN, "", ward.id), await world.desk(Role.CITIZEN, "", guardian.id)
    assert (await acting.get(f"/warga/wali/{ward.id}")).status_code == 403, "nobody has noted it yet"
    answer = await note(world, ward, guardian)
    assert answer.status_code == 200 and guardian.name in answer.text, answer.text
    assert ward.name in (await acting.get("/warga")).text
    seen = await acting.get(f"/warga/wali/{ward.id}")
    assert seen.status_code == 200 and ward.secrets[""] in seen.text and ward.name in seen.text
    mine = (await own.get("/warga")).text
    assert guardian.name in mine, "who acts for me"
    looked = (await own.get("/warga/dilihat")).text
    assert "bertindak untuk Anda" in looked, "each look of the guardian is told"
    name = await world.city.database.fetchval(
        "select actor_name from audit.event where citizen = $1 and purpose = 'acting' limit 1", ward.id
    )
    assert name and name in looked, "with the guardian's name"
    assert not await world.city.database.fetchval(
        "select count(*) from audit.event where citizen = $1 and purpose = 'own-record' and actor_name <> ''", ward.id
    ), "and a look at the own record stays without one"


async def test_a_guardian_takes_copies_and_decides_nothing(world) -> None:
    ward, guardian = await world.person(), await world.person([])
    await note(world, ward, guardian)
    acting = await world.desk(Role.CITIZEN, "", guardian.id)
    for kind in ("fhir", "ips"):
        answer = await acting.get(f"/warga/wali/{ward.id}/salinan/{kind}")
        assert answer.status_code == 200 and ward.secrets[""] in answer.text
        assert not leaked(answer, [ward.secrets[label] for label in CLASSES if label])
    with pytest.raises(kernel.Forbidden):
        grant = await world.city.care.guardians.acting(
            world.actor(Role.CITIZEN, "", guardian.id), ward.id
        )  # the same leave that the page has
        grant.may_write("Consent")


SAID = {
    "nothing": [], "yes to all facilities": [Word(True, "*")], "no to all facilities": [Word(False, "*")],
    "yes to guardians": [Word(True, "*", "", "FAMRQT")],
    "yes to guardians, then no": [Word(True, "*", "", "FAMRQT"), Word(False, "*", "", "FAMRQT")],
    "yes to one facility": [Word(True, "*", "asker")],
}  # fmt: skip


async def test_what_is_sensitive_is_closed_to_a_guardian_unless_it_is_opened_to_guardians(world) -> None:
    guardian = await world.person([])
    acting = await world.desk(Role.CITIZEN, "", guardian.id)
    for said, words in SAID.items():
        ward = await world.person()
        await world.care_for(ward, "asker")
        await note(world, ward, guardian)
        told: dict[str, list[Word]] = {label: [] for label in CLASSES}
        for word, label in itertools.product(words, CLASSES):
            one = Word(word.permit, label, word.facility, word.purpose)
            await world.say(ward, one)
            told[label].append(one)
        answer = await acting.get(f"/warga/wali/{ward.id}")
        for label, secret in ward.secrets.items():
            assert (secret in answer.text) == may_see(label, told[label], "", "acting", "writer"), (said, label)


async def test_a_referral_that_tells_something_closed_is_not_told_to_a_guardian(world) -> None:
    ward, guardian = await world.person(["", "HIV"]), await world.person([])
    await note(world, ward, guardian)
    places = {key: {"reference": f"Organization/{id}"} for key, id in world.places.items()}
    for label in ("", "HIV"):
        async with world.city.store.change(world.system("writer")) as change:
            order = await change.create(
                {"resourceType": "ServiceRequest", "status": "active", "intent": "order", "requester": places["writer"],
                 "code": {"coding": [{"system": fhir.SNOMED, "code": "3457005"}]},
                 "encounter": {"reference": f"Encounter/{ward.encounters[label]}"},
                 "subject": {"reference": ward.reference}, "performer": [places["asker" if label else "other"]],
                 "reasonReference": [{"reference": f"Condition/{ward.conditions[label]}"}]}
            )  # fmt: skip
            await change.create(
                {"resourceType": "Task", "status": "requested", "intent": "order", "focus": {"reference": order.reference},
                 "for": {"reference": ward.reference}, "requester": places["writer"],
                 "owner": places["asker" if label else "other"]}
            )  # fmt: skip
    acting = await world.desk(Role.CITIZEN, "", guardian.id)
    page = (await acting.get(f"/warga/wali/{ward.id}")).text
    assert world.names["other"] in page and world.names["asker"] not in page


@pytest.mark.parametrize("how", ["person", "guardian", "counter", "the day", "a system", "a deletion"])
async def test_it_is_over_at_once_however_it_ends(world, how: str) -> None:
    ward, guardian = await world.person([""]), await world.person([])
    await note(world, ward, guardian)
    acting = await world.desk(Role.CITIZEN, "", guardian.id)
    assert (await acting.get(f"/warga/wali/{ward.id}")).status_code == 200
    id = await related(world, ward)
    if how == "person":
        own = await world.desk(Role.CITIZEN, "", ward.id)
        assert (await own.post("/warga/wali", data={"end": str(id)})).status_code == 303
    elif how == "guardian":
        assert (await acting.post(f"/warga/wali/{ward.id}")).status_code == 303
    elif how == "counter":
        clerk = await world.desk(Role.CLERK, "other")
        assert (await form(world, clerk, ward, end=str(id))).status_code == 200
    elif how == "the day":
        await world.city.database.execute("update care.guardian set until = current_date - 2 where id = $1", id)
    else:
        await world.care_for(ward, "asker")
        async with world.city.store.change(world.system("asker")) as change:
            one = await change.present("RelatedPerson", id)
            if how == "a system":
                await change.update("RelatedPerson", id, one.resource | {"active": False}, one.version)
            else:
                await change.delete("RelatedPerson", id)
    for path in (f"/warga/wali/{ward.id}", f"/warga/wali/{ward.id}/salinan/fhir"):
        answer = await acting.get(path)
        assert answer.status_code == 403 and not leaked(answer, [ward.name, ward.nik, *ward.secrets.values()])
    assert ward.name not in (await acting.get("/warga")).text
    assert (await note(world, ward, guardian)).status_code == 200, "and a counter can note it anew"
    assert (await acting.get(f"/warga/wali/{ward.id}")).status_code == 200


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
async def test_begun_and_ended_on_one_day_wherever_and_whenever_that_is(world, zone: str) -> None:
    """At every hour one of these two has another day than UTC has."""
    await world.city.database.execute("update care.facility set zone = $1", zone)
    ward, guardian = await world.person([]), await world.person([])
    assert (await note(world, ward, guardian)).status_code == 200
    own = await world.desk(Role.CITIZEN, "", ward.id)
    assert (await own.post("/warga/wali", data={"end": str(await related(world, ward))})).status_code == 303
    assert ward.name not in (await (await world.desk(Role.CITIZEN, "", guardian.id)).get("/warga")).text


async def test_a_system_neither_makes_a_guardian_nor_lengthens_one(world) -> None:
    ward, guardian = await world.person([""]), await world.person([])
    await world.care_for(ward, "asker")
    body = {
        "resourceType": "RelatedPerson", "active": True, "patient": {"reference": ward.reference},
        "identifier": [{"system": fhir.NIK, "value": guardian.nik}], "name": [{"text": guardian.name}],
        "relationship": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "GUARD"}]}],
    }  # fmt: skip
    client = await world.client("asker")
    assert (await client.post("/fhir-r4/v1/RelatedPerson", json=body)).status_code == 201
    acting = await world.desk(Role.CITIZEN, "", guardian.id)
    assert (await acting.get(f"/warga/wali/{ward.id}")).status_code == 403
    await note(world, ward, guardian, until=in_days(5))
    async with world.city.store.change(world.system("asker")) as change:
        one = await change.present("RelatedPerson", await related(world, ward))
        await change.update("RelatedPerson", one.id, one.resource | {"period": {"end": "2099-01-01"}}, one.version)
    until = await world.city.database.fetchval("select until from care.guardian where id = $1", one.id)
    assert f"{until:%d-%m-%Y}" == in_days(5)


async def test_a_system_shortens_one_to_the_very_day_that_it_names(world) -> None:
    ward, guardian = await world.person([""]), await world.person([])
    await world.care_for(ward, "asker")
    await note(world, ward, guardian, until=in_days(30))
    day = kernel.in_zone(kernel.now(), "Asia/Jakarta").date() + timedelta(days=7)
    for end in (f"{day}", f"{day}T23:59:59+07:00"):
        async with world.city.store.change(world.system("asker")) as change:
            one = await change.present("RelatedPerson", await related(world, ward))
            await change.update("RelatedPerson", one.id, one.resource | {"period": {"end": end}}, one.version)
        assert await world.city.database.fetchval("select until from care.guardian where id = $1", one.id) == day, end


async def test_what_a_counter_types_wrongly_is_said_at_its_field_and_stays(world) -> None:
    ward, guardian = await world.person([]), await world.person([])
    for typed, told in (
        ({"scan": ward.nik}, "wali dirinya sendiri"), ({"scan": "9901014507899999"}, "Belum ada yang dikenal"),
        ({"kinship": "XX"}, "Pilih hubungannya"), ({"proof": ""}, "Pilih bukti"),
        ({"until": in_days(-1)}, "Tulis hari mulai hari ini"), ({"until": in_days(400)}, "Tulis hari mulai hari ini"),
        ({"until": "besok"}, "Tulis tanggal"),
    ):  # fmt: skip
        answer = await note(world, ward, guardian, **typed)
        assert answer.status_code == 400 and told in answer.text, (typed, answer.text)
        kept = typed.get("scan", guardian.nik)
        assert f'value="{kept}"' in answer.text
    assert (await note(world, ward, guardian)).status_code == 200
    twice = await note(world, ward, guardian)
    assert twice.status_code == 409 and "sudah bertindak" in twice.text


async def test_nobody_else_ends_it_or_looks(world) -> None:
    ward, guardian, stranger = await world.person([""]), await world.person([]), await world.person([])
    await note(world, ward, guardian)
    id = await related(world, ward)
    other = await world.desk(Role.CITIZEN, "", stranger.id)
    assert (await other.post("/warga/wali", data={"end": str(id)})).status_code in (403, 404)
    assert (await other.post(f"/warga/wali/{ward.id}")).status_code == 403
    answer = await other.get(f"/warga/wali/{ward.id}")
    assert answer.status_code == 403 and not leaked(answer, [ward.name, guardian.name])
    own = await world.desk(Role.CITIZEN, "", ward.id)
    assert (await own.get(f"/warga/wali/{guardian.id}")).status_code == 403, "it is of one direction"
    for role in (Role.DOCTOR, Role.FACILITY_HEAD, Role.CITY, Role.RECORDS_OFFICER):
        desk = await world.desk(role, "" if role is Role.CITY else "writer")
        assert (await desk.get(f"/warga/wali/{ward.id}")).status_code == 403
        assert (await desk.post("/loket/wali", data={"present": "x"})).status_code in (400, 403)
    acting = await world.desk(Role.CITIZEN, "", guardian.id)
    assert (await acting.get(f"/warga/wali/{ward.id}")).status_code == 200, "nothing of it ended anything"


async def test_the_table_of_guardians_holds_no_name(world) -> None:
    ward, guardian = await world.person([]), await world.person([])
    await note(world, ward, guardian)
    row = await world.city.database.fetchrow("select g::text as kept from care.guardian g where citizen = $1", ward.id)
    for hidden in (ward.name, guardian.name, ward.nik, guardian.nik):
        assert hidden not in row["kept"] and hidden.encode().hex() not in row["kept"]
