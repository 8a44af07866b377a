"""A hospital system written for SATUSEHAT, pointed at this server: nothing changes but the host.

The payloads follow SATUSEHAT's guides (domain of docs/conformance.md). The PyPI package ``satusehat-integration``
carries builders of such payloads; where its release can be imported, its own are used in test_satusehat_integration.py.
"""

import copy
import uuid

import httpx
from payloads import asking, condition, encounter, referral


def test_a_token_a_patient_a_visit_a_diagnosis(http, patient, new_nik, organization, location) -> None:
    # finds nobody yet
    found = http.get("/Patient", params={"identifier": f"https://fhir.kemkes.go.id/id/nik|{new_nik}"}).json()
    assert found["resourceType"] == "Bundle" and found["type"] == "searchset" and found["total"] == 0
    # registers; SATUSEHAT's own answer, for a client that speaks plain JSON
    created = http.post("/Patient", json=patient)
    assert created.status_code == 201
    assert created.json()["success"] is True
    id = created.json()["data"]["patient_id"]
    # finds by NIK
    found = http.get("/Patient", params={"identifier": f"https://fhir.kemkes.go.id/id/nik|{new_nik}"}).json()
    assert [entry["resource"]["id"] for entry in found["entry"]] == [id]
    # finds by name, birth date and gender
    query = {"name": "Joko Uji", "birthdate": "1991-05-17", "gender": "male", "_count": 100}
    assert id in [entry["resource"]["id"] for entry in http.get("/Patient", params=query).json()["entry"]]
    # opens a visit, posts a diagnosis
    visit = http.post("/Encounter", json=encounter(organization, id, location))
    assert visit.status_code == 201, visit.text
    diagnosis = http.post("/Condition", json=condition(f"Patient/{id}", f"Encounter/{visit.json()['id']}"))
    assert diagnosis.status_code == 201, diagnosis.text
    # finishes the visit
    done = visit.json() | {"status": "finished"}
    done["period"]["end"] = "2026-11-23T02:00:00+00:00"
    updated = http.put(f"/Encounter/{visit.json()['id']}", json=done, headers={"If-Match": 'W/"1"'})
    assert updated.status_code == 200 and updated.json()["meta"]["versionId"] == "2"


def test_a_newborn_by_the_mothers_nik(http, patient, new_nik) -> None:
    baby = copy.deepcopy(patient) | {"name": [{"use": "official", "text": "Bayi Ny. Uji"}], "birthDate": "2026-11-20"}
    baby["identifier"] = [{"use": "official", "system": "https://fhir.kemkes.go.id/id/nik-ibu", "value": new_nik}]
    created = http.post("/Patient", json=baby)
    id = created.json()["create_patient"]["data"]["patient_id"]
    found = http.get("/Patient", params={"identifier": f"https://fhir.kemkes.go.id/id/nik-ibu|{new_nik}"}).json()
    assert [entry["resource"]["id"] for entry in found["entry"]] == [id]
    twin = copy.deepcopy(baby) | {"multipleBirthInteger": 2}
    assert http.post("/Patient", json=twin).status_code == 201, "a mother's NIK may be several children's"


def test_a_whole_visit_in_one_bundle(http, patient, organization, location) -> None:
    urn = {name: f"urn:uuid:{uuid.uuid4()}" for name in ("patient", "encounter", "condition")}
    visit = encounter(organization, "x", location)
    visit["subject"] = {"reference": urn["patient"]}
    entries = [
        ("condition", "Condition", condition(urn["patient"], urn["encounter"])),
        ("encounter", "Encounter", visit),
        ("patient", "Patient", patient),
    ]
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"fullUrl": urn[name], "resource": resource, "request": {"method": "POST", "url": type}}
            for name, type, resource in entries
        ],
    }
    answer = http.post("", json=bundle)
    assert answer.status_code == 200, answer.text
    responses = [entry["response"] for entry in answer.json()["entry"]]
    assert [one["status"] for one in responses] == ["201 Created"] * 3
    condition_path = responses[0]["location"].partition("/_history")[0]
    kept = http.get(f"/{condition_path}").json()
    assert kept["encounter"]["reference"] == responses[1]["location"].partition("/_history")[0], (
        "local names became real ones"
    )


def test_one_bad_entry_and_nothing_is_kept(http, patient, new_nik, organization, location) -> None:
    urn = f"urn:uuid:{uuid.uuid4()}"
    bad = condition(urn, f"Encounter/{uuid.uuid4()}")
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"fullUrl": urn, "resource": patient, "request": {"method": "POST", "url": "Patient"}},
            {"fullUrl": f"urn:uuid:{uuid.uuid4()}", "resource": bad | {"recordedDate": "yesterday"},
             "request": {"method": "POST", "url": "Condition"}},
        ],
    }  # fmt: skip
    answer = http.post("", json=bundle)
    assert answer.status_code == 400
    assert "Bundle.entry[1]" in answer.json()["issue"][0]["details"]["text"]
    found = http.get("/Patient", params={"identifier": f"https://fhir.kemkes.go.id/id/nik|{new_nik}"}).json()
    assert found["total"] == 0


def test_a_wrong_secret_opens_nothing(served) -> None:
    answer = httpx.post(
        f"{served.url}/oauth2/v1/accesstoken?grant_type=client_credentials",
        data={"client_id": "rsud-simrs", "client_secret": "x"},
    )
    assert answer.status_code == 401
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_a_referral_written_over_fhir_stands_on_the_hospitals_board(
    served, http, patient, organization, location, hospital
) -> None:
    """And its clerk receives the person with no question."""
    name = f"Rujukan Sistem {uuid.uuid4().hex[:6]}"
    patient["name"][0]["text"] = name
    id = http.post("/Patient", json=patient).json()["data"]["patient_id"]
    visit = http.post("/Encounter", json=encounter(organization, id, location)).json()["id"]
    request = referral(id, visit, organization, hospital)
    request["subject"]["display"] = name
    kept = http.post("/ServiceRequest", json=request)
    assert kept.status_code == 201, kept.text
    assert http.post("/Task", json=asking(id, kept.json()["id"], organization, hospital)).status_code == 201
    nik = patient["identifier"][0]["value"]
    with httpx.Client(base_url=served.url, headers={"Sec-Fetch-Site": "same-origin"}) as desk:
        desk.post("/masuk", data={"username": "rujukan.pratama", "password": "sekali-demo"})
        assert name in desk.get("/rujukan").text
        desk.post("/masuk", data={"username": "loket.pratama", "password": "sekali-demo"})
        arrival = desk.post("/loket", data={"scan": nik}).text
        assert "Dirujuk dari RSUD Kota Yogyakarta" in arrival and "Terima: Poli Penyakit Dalam" in arrival
