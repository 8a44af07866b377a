"""A copy of one's own record: all of it, what is sensitive too, to the person and to nobody else."""

import pytest
from policy_world import CLASSES, World

from sekali import security


@pytest.fixture
async def world(city) -> World:
    return await World(city).open()


async def test_the_person_takes_everything_along_what_is_sensitive_too(world) -> None:
    person, other = await world.person(), await world.person()
    desk = await world.desk(security.Role.CITIZEN, "", person.id)
    answer = await desk.get("/warga/salinan/fhir")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("application/fhir+json")
    assert "attachment" in answer.headers["content-disposition"]
    bundle = answer.json()
    kept = {f"{one['resource']['resourceType']}/{one['resource']['id']}" for one in bundle["entry"]}
    assert bundle["type"] == "collection" and len(kept) == len(bundle["entry"])
    assert {person.reference, *(f"Condition/{person.conditions[label]}" for label in CLASSES)} <= kept
    assert all(secret in answer.text for secret in person.secrets.values())
    assert not [secret for secret in (*other.secrets.values(), other.nik) if secret in answer.text]


async def test_the_summary_is_an_ips_document_of_that_person(world) -> None:
    person = await world.person()
    desk = await world.desk(security.Role.CITIZEN, "", person.id)
    document = (await desk.get("/warga/salinan/ips")).json()
    assert document["type"] == "document" and document["entry"][0]["resource"]["resourceType"] == "Composition"
    assert document["entry"][0]["resource"]["subject"] == {"reference": person.reference}
    assert document["entry"][0]["resource"]["author"] == [{"reference": person.reference}], "nobody else made it"


async def test_each_copy_is_audited_and_nobody_else_gets_one(world) -> None:
    person = await world.person([""])
    desk = await world.desk(security.Role.CITIZEN, "", person.id)
    await desk.get("/warga/salinan/fhir")
    whats = await world.city.database.fetch(
        "select what from audit.event where citizen = $1 and role = 'citizen'", person.id
    )
    assert f"{person.reference}/$everything" in {row["what"] for row in whats}
    assert (await desk.get("/warga/salinan/lain")).status_code == 404
    for role in (security.Role.DOCTOR, security.Role.RECORDS_OFFICER, security.Role.FACILITY_HEAD, security.Role.CLERK):
        assert (await (await world.desk(role, "writer")).get("/warga/salinan/fhir")).status_code == 403
