"""The whole path by ``fhirpy``, a FHIR client that knows nothing of us."""

import pytest
from fhirpy import AsyncFHIRClient
from fhirpy.base.exceptions import ForbiddenError, OperationOutcome, ResourceNotFound
from payloads import asking, condition, encounter, referral

NIK = "https://fhir.kemkes.go.id/id/nik"


@pytest.fixture
def client(served, token) -> AsyncFHIRClient:
    return AsyncFHIRClient(f"{served.url}/fhir-r4/v1", authorization=f"Bearer {token}")


def made(client: AsyncFHIRClient, resource: dict):
    """A payload as fhirpy's own object."""
    return client.resource(resource["resourceType"], **{k: v for k, v in resource.items() if k != "resourceType"})


async def test_find_register_visit_diagnose_and_correct(client, patient, new_nik, organization, location) -> None:
    assert await client.resources("Patient").search(identifier=f"{NIK}|{new_nik}").fetch() == []

    person = made(client, patient)
    await person.save()
    assert person.id and person["meta"]["versionId"] == "1"

    found = await client.resources("Patient").search(identifier=f"{NIK}|{new_nik}").get()
    assert found.id == person.id and found["name"][0]["text"] == "Joko Uji Integrasi"

    visit = made(client, encounter(organization, person.id, location))
    await visit.save()
    diagnosis = made(client, condition(f"Patient/{person.id}", f"Encounter/{visit.id}"))
    await diagnosis.save()

    of_person = await client.resources("Condition").search(patient=f"Patient/{person.id}", code="K35.8").fetch_all()
    assert [one.id for one in of_person] == [diagnosis.id]

    visit["status"] = "in-progress"
    await visit.save()
    assert (await client.reference("Encounter", visit.id).to_resource())["meta"]["versionId"] == "2"

    await diagnosis.delete()
    with pytest.raises(ResourceNotFound):
        await client.reference("Condition", diagnosis.id).to_resource()


async def test_the_same_nik_twice_is_refused(client, patient) -> None:
    await made(client, patient).save()
    with pytest.raises(OperationOutcome) as refused:
        await made(client, patient).save()
    assert "20002" in str(refused.value)


async def test_a_bundle(client, patient) -> None:
    bundle = client.resource(
        "Bundle", type="transaction",
        entry=[{"fullUrl": "urn:uuid:6f1c1f0e-1111-4222-8333-444455556666", "resource": patient,
                "request": {"method": "POST", "url": "Patient"}}],
    )  # fmt: skip
    answer = await client.execute("", method="post", data=bundle.serialize())
    assert answer["type"] == "transaction-response"


async def test_pages(client) -> None:
    people = await client.resources("Organization").search(_count=5, _tag="urn:sekali:tag|fictitious").fetch_all()
    assert len(people) == 27, "18 puskesmas and 9 hospitals, over several pages"
    assert len({one.id for one in people}) == 27


async def test_the_whole_referral_between_two_hospitals_own_systems(
    client, served, other_token, patient, new_nik, organization, location, hospital, hospital_location
) -> None:
    """Register, examine, refer, accept, arrive: by two systems that share nothing but this server."""
    person = made(client, patient)
    await person.save()
    visit = made(client, encounter(organization, person.id, location))
    await visit.save()
    await made(client, condition(f"Patient/{person.id}", f"Encounter/{visit.id}")).save()
    request = made(client, referral(person.id, visit.id, organization, hospital))
    await request.save()
    await made(client, asking(person.id, request.id, organization, hospital)).save()

    other = AsyncFHIRClient(f"{served.url}/fhir-r4/v1", authorization=f"Bearer {other_token}")
    known = await other.resources("Patient").search(identifier=f"{NIK}|{new_nik}").get()
    (task,) = (
        await other.resources("Task")
        .search(patient=known.id, owner=f"Organization/{hospital}", status="requested")
        .fetch()
    )
    (found,) = await other.resources("Condition").search(patient=known.id).fetch()
    assert found["code"]["coding"][0]["code"] == "K35.8", "what is known goes with the referral"
    task["status"] = "accepted"
    await task.save()
    arrival = encounter(hospital, known.id, hospital_location) | {
        "basedOn": [{"reference": f"ServiceRequest/{request.id}"}]
    }
    await made(other, arrival).save()
    task["status"] = "in-progress"
    await task.save()

    asked = await client.reference("Task", task.id).to_resource()
    assert asked["status"] == "in-progress", "the one who referred sees that the person has arrived"


async def test_without_a_referral_the_other_hospital_reads_nothing_clinical(
    client, served, other_token, patient, organization, location
):
    person = made(client, patient)
    await person.save()
    await made(client, encounter(organization, person.id, location)).save()
    other = AsyncFHIRClient(f"{served.url}/fhir-r4/v1", authorization=f"Bearer {other_token}")
    with pytest.raises(ForbiddenError):
        await other.resources("Encounter").search(patient=person.id).fetch()
