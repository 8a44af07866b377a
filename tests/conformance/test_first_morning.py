"""The mistakes of a first morning, as an engineer makes them, and what the answer tells: the element, and the fix.

The answer is read as that engineer reads it: status, ``issue.expression`` and ``issue.details.text``, nothing else.
"""

import asyncio
import hashlib
import json
import uuid

import httpx
import pytest
from payloads import condition, encounter

from sekali import kernel

NIK = "https://fhir.kemkes.go.id/id/nik"
NOBODY = "00000000-01a2-80a7-8958-89d5ba43d7d4"


def told(answer: httpx.Response, status: int, expression: str) -> str:
    """The sentence about an element or parameter."""
    assert answer.status_code == status, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"
    said = {"".join(issue.get("expression", "")): issue["details"]["text"] for issue in answer.json()["issue"]}
    assert expression in said, said
    return said[expression]


@pytest.fixture
def person(http, patient) -> str:
    return http.post("/Patient", json=patient).json()["data"]["patient_id"]


@pytest.fixture
def visit(person, organization, location) -> dict:
    return encounter(organization, person, location)


# The token


def test_the_token_asked_for_by_get(served) -> None:
    answer = httpx.get(f"{served.url}/oauth2/v1/accesstoken?grant_type=client_credentials")
    assert answer.status_code == 404 and "POST" in answer.json()["issue"][0]["details"]["text"]


def test_the_grant_type_in_the_body(served) -> None:
    form = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "x"}
    answer = httpx.post(f"{served.url}/oauth2/v1/accesstoken", data=form)
    assert "into the address" in told(answer, 400, "grant_type")


def test_the_secret_as_json(served) -> None:
    address = f"{served.url}/oauth2/v1/accesstoken?grant_type=client_credentials"
    assert "as a form, not as JSON" in told(httpx.post(address, json={"client_id": "x"}), 400, "client_id")


def test_no_token(served) -> None:
    said = told(httpx.get(f"{served.url}/fhir-r4/v1/Organization"), 401, "Authorization")
    assert "Authorization: Bearer" in said and "POST /oauth2/v1/accesstoken" in said


def test_a_token_that_has_ended(served) -> None:
    address = f"{served.url}/oauth2/v1/accesstoken?grant_type=client_credentials"
    form = {"client_id": "rsud-simrs", "client_secret": "sekali-demo-client-secret"}
    token = httpx.post(address, data=form).json()["access_token"]
    asyncio.run(end(served.dsn, token))
    answer = httpx.get(f"{served.url}/fhir-r4/v1/Organization", headers={"Authorization": f"Bearer {token}"})
    said = told(answer, 401, "Authorization")
    assert "has ended" in said and "POST /oauth2/v1/accesstoken?grant_type=client_credentials" in said


async def end(dsn: str, token: str) -> None:
    """As if an hour had passed."""
    database = await kernel.Database.connect(dsn, 1)
    key = hashlib.sha256(token.encode()).digest()
    done = await database.execute("update security.access_token set expires_at = now() where token_hash = $1", key)
    await database.close()
    assert done == "UPDATE 1"


# The address


def test_an_unknown_parameter(http) -> None:
    said = told(http.get("/Patient", params={"nik": "9901014107900001"}), 400, "nik")
    assert "identifier" in said, "what there is instead"
    assert "9901014107900001" not in said


@pytest.mark.parametrize("kind", ["Pasien", "patient", "Patients"])
def test_an_unknown_kind(http, kind) -> None:
    said = told(http.get(f"/{kind}"), 404, kind)
    assert "such as Patient" in said and "metadata" in said


def test_a_date_as_people_write_it_in_a_search(http, person) -> None:
    answer = http.get("/Encounter", params={"patient": person, "date": "23-11-2026"})
    assert "such as 2026-11-23" in told(answer, 400, "date")


# The body


def test_another_content_type(http, patient) -> None:
    answer = http.post("/Patient", content=json.dumps(patient), headers={"Content-Type": "text/plain"})
    assert "Content-Type: application/fhir+json" in told(answer, 415, "Content-Type")


def test_no_subject(http, visit) -> None:
    del visit["subject"]
    said = told(http.post("/Encounter", json=visit), 400, "Encounter.subject")
    assert "such as Patient/<id>" in said and "Patient?identifier=" in said


def test_satusehats_own_id_of_a_person(http, visit) -> None:
    visit["subject"]["reference"] = "Patient/P02478375538"
    assert "Patient?identifier=" in told(http.post("/Encounter", json=visit), 400, "Encounter.subject")


def test_a_code_as_a_text(http, person) -> None:
    body = condition(f"Patient/{person}", f"Encounter/{uuid.uuid4()}") | {"code": "K35.8"}
    assert 'write {"coding":[{"system":' in told(http.post("/Condition", json=body), 400, "Condition.code")


def test_one_coding_where_there_may_be_several(http, person) -> None:
    body = condition(f"Patient/{person}", f"Encounter/{uuid.uuid4()}") | {"code": {"coding": {"code": "K35.8"}}}
    assert 'write [{"system":' in told(http.post("/Condition", json=body), 400, "Condition.code.coding")


@pytest.mark.parametrize("system", ["ICD-10", "icd10", "2.16.840.1.113883.6.3"])
def test_a_code_systems_nickname(http, person, system) -> None:
    body = condition(f"Patient/{person}", f"Encounter/{uuid.uuid4()}")
    body["code"]["coding"][0]["system"] = system
    said = told(http.post("/Condition", json=body), 400, "Condition.code.coding.system")
    assert "http://hl7.org/fhir/sid/icd-10" in said


def test_a_birth_date_as_people_write_it(http, patient) -> None:
    said = told(http.post("/Patient", json=patient | {"birthDate": "17-05-1991"}), 400, "Patient.birthDate")
    assert "such as 1990-11-23" in said
    assert "1991" not in said, "no value of a person in a message"


@pytest.mark.parametrize("start", ["23-11-2026 08:00", "2026-11-23T08:00:00", "2026-11-23 08:00:00+07:00"])
def test_a_time_without_its_zone(http, visit, start) -> None:
    visit["period"]["start"] = start
    said = told(http.post("/Encounter", json=visit), 400, "Encounter.period.start")
    assert "2026-11-23T08:00:00+07:00" in said


def test_a_reference_to_nothing_names_the_element(http, visit) -> None:
    visit["participant"][0]["individual"] = {"reference": f"Practitioner/{NOBODY}"}
    said = told(http.post("/Encounter", json=visit), 400, "Encounter.participant[0].individual")
    assert f"Practitioner/{NOBODY}" in said and "keep that resource first" in said


def test_a_nik_that_is_known(http, patient, person) -> None:
    said = told(http.post("/Patient", json=patient), 409, "Patient.identifier")
    assert "Search for that person" in said and "20002" in said
    assert patient["identifier"][0]["value"] not in said
    found = http.get("/Patient", params={"identifier": f"{NIK}|{patient['identifier'][0]['value']}"}).json()
    assert found["entry"][0]["resource"]["id"] == person, "and the search finds"


# Changing


def test_a_stale_if_match(http, patient, person) -> None:
    changed = patient | {"active": True}
    assert http.put(f"/Patient/{person}", json=changed, headers={"If-Match": 'W/"1"'}).status_code == 200
    said = told(http.put(f"/Patient/{person}", json=changed, headers={"If-Match": 'W/"1"'}), 412, "If-Match")
    assert "version 1, now 2" in said and "Read it again" in said


def test_an_if_match_of_another_form(http, patient, person) -> None:
    said = told(http.put(f"/Patient/{person}", json=patient, headers={"If-Match": "latest"}), 400, "If-Match")
    assert 'W/"3"' in said


def test_an_id_of_ones_own(http, patient) -> None:
    said = told(http.put("/Patient/PASIEN-1", json=patient | {"id": "PASIEN-1"}), 400, "Patient.id")
    assert "UUID" in said and "POST" in said
