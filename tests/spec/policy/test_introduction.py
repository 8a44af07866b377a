"""A facility's system that has nothing to do with somebody is introduced to them: it may find whom it looks for, and learns no
number that it did not name, whichever door it asks at.
"""

import pytest
from policy_world import BASE, encounter, leaked

from sekali import fhir

NIK, FAMILY, PHONE, STREET = "9901014507812345", "9901014507812399", "0812-0000-7391", "Jalan Rahasia 7391"
PATIENT = {
    "resourceType": "Patient", "name": [{"text": "Kenari Uji Perkenalan"}], "birthDate": "1981-07-05", "gender": "female",
    "identifier": [{"system": fhir.NIK, "value": NIK}, {"system": fhir.KK, "value": FAMILY}],
    "telecom": [{"system": "phone", "value": PHONE}], "address": [{"text": STREET}],
    "contact": [{"name": {"text": PHONE}}],
}  # fmt: skip
SECRETS = [NIK, FAMILY, PHONE, STREET]
LOOKED_FOR = {"resourceType": "Patient", "name": PATIENT["name"], "birthDate": PATIENT["birthDate"]}


@pytest.fixture
async def stranger(world) -> str:
    """Somebody whom a puskesmas wrote down and nobody here cares for, with a Coverage: ``Patient/id``."""
    async with world.city.store.change(world.system("writer")) as change:
        kept = await change.create(PATIENT)
        await change.create(
            {"resourceType": "Coverage", "status": "active", "beneficiary": {"reference": kept.reference},
             "payor": [{"reference": kept.reference}]}
        )  # fmt: skip
    return kept.reference


def ways(reference: str) -> tuple[str, ...]:
    """Every way to somebody that names no number."""
    id = reference.partition("/")[2]
    return (
        reference, f"{reference}/_history", f"{reference}/_history/1", f"{reference}/$everything?_type=Patient",
        f"Patient?_id={id}", "Patient?name=Kenari Uji Perkenalan&birthdate=1981-07-05",
        "Patient?name=Kenari Uji Perkenalan&birthdate=1981-07-05&gender=female", f"Patient?_id={id}&_elements=identifier",
        f"Patient?_id={id}&_summary=data", f"Coverage?beneficiary={reference}&_include=Coverage:beneficiary",
        f"{reference}?_format=xml", f"Patient?_id={id}&_format=xml",
    )  # fmt: skip


async def test_of_a_stranger_no_number_that_was_not_named(asker, stranger) -> None:
    found = 0
    for path in ways(stranger):
        answer = await asker.get(f"{BASE}/{path}")
        assert not leaked(answer, SECRETS), (path, answer.text[:600])
        found += answer.status_code == 200 and "Kenari Uji Perkenalan" in answer.text
        batch = {"resourceType": "Bundle", "type": "batch", "entry": [{"request": {"method": "GET", "url": path}}]}
        assert not leaked(await asker.post(BASE, json=batch), SECRETS), path
    assert found >= 8, "but somebody is there"
    answer = await asker.post(f"{BASE}/Patient/$match", json=LOOKED_FOR)
    entry = answer.json()["entry"][0]
    assert entry["resource"]["id"] == stranger.partition("/")[2] and not leaked(answer, SECRETS)
    assert entry["resource"]["meta"]["tag"][-1]["code"] == "SUBSETTED"


async def test_a_number_that_was_named_comes_back_and_no_other(asker, stranger) -> None:
    by_number = await asker.get(f"{BASE}/Patient", params={"identifier": f"{fhir.NIK}|{NIK}"})
    all_three = await asker.get(
        f"{BASE}/Patient",
        params={"name": "Kenari Uji Perkenalan", "birthdate": "1981-07-05", "identifier": f"{fhir.NIK}|{NIK}"},
    )
    matched = await asker.post(f"{BASE}/Patient/$match", json=LOOKED_FOR | {"identifier": PATIENT["identifier"][:1]})
    for answer in (by_number, all_three, matched):
        resource = answer.json()["entry"][0]["resource"]
        assert [one["value"] for one in resource["identifier"]] == [NIK]
        assert resource["name"] == PATIENT["name"] and not leaked(answer, SECRETS[1:])


async def test_whoever_cares_for_a_person_or_wrote_them_down_sees_who_it_is(world, asker, stranger) -> None:
    async with await world.client("writer") as writer:
        for path in ways(stranger)[:3]:
            answer = await writer.get(f"{BASE}/{path}")
            assert not [secret for secret in SECRETS if secret not in answer.text], path
    async with world.city.store.change(world.system("asker")) as change:
        await change.create(encounter(stranger, world.places["asker"]))
    for path in ways(stranger)[:3]:
        answer = await asker.get(f"{BASE}/{path}")
        assert not [secret for secret in SECRETS if secret not in answer.text], path
