"""The same exchange by two JavaScript clients that know nothing of us: fhir-kit-client and Medplum's own."""

import json
import subprocess

import pytest
from examples import NPM, needs_npm

NIK = "https://fhir.kemkes.go.id/id/nik"

pytestmark = needs_npm


def steps_of(script: str, given: dict) -> dict[str, dict]:
    """Run one script as the program it is; what it told of each step, by name."""
    done = subprocess.run(
        ["node", script], cwd=NPM, input=json.dumps(given), capture_output=True, encoding="utf-8", timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return {one["step"]: one for one in told}


@pytest.fixture
def given(served, token, patient, organization, location) -> dict:
    """What a script needs to know."""
    return {
        "origin": f"{served.url}/", "base": f"{served.url}/fhir-r4/v1", "token": token,
        "patient": patient, "organization": organization, "location": location,
    }  # fmt: skip


def refused_with(step: dict, status: int) -> dict:
    """The first issue of the OperationOutcome that a step was refused with."""
    assert step["refused"] and step["status"] == status, step
    assert step["body"]["resourceType"] == "OperationOutcome"
    return step["body"]["issue"][0]


def test_fhir_kit_client(given, new_nik, organization) -> None:
    told = steps_of("fhir-kit-client.mjs", given)

    assert told["capabilities"]["type"] == "CapabilityStatement" and told["capabilities"]["fhirVersion"] == "4.0.1"
    assert {"Patient", "Encounter", "Condition", "Task"} <= set(told["capabilities"]["kinds"])

    created = told["create"]["resource"]
    assert told["create"]["status"] == 201
    assert told["create"]["location"].endswith(f"/fhir-r4/v1/Patient/{created['id']}/_history/1")
    assert created["identifier"][0]["value"] == new_nik and created["meta"]["versionId"] == "1"
    assert told["read"] == {"step": "read", "status": 200, "etag": 'W/"1"', "resource": created}

    assert told["update"]["status"] == 200
    assert told["update"]["resource"]["meta"]["versionId"] == "2" and told["update"]["resource"]["gender"] == "female"
    refused_with(told["update-stale"], 412)
    assert told["vread"]["resource"] == created
    history = told["history"]
    assert (history["type"], history["versions"], history["methods"]) == ("history", ["2", "1"], ["PUT", "POST"])

    assert told["search-two-params"]["type"] == "searchset"
    assert told["search-two-params"]["ids"] == told["search-two-params"]["expected"]
    assert told["search-form"]["count"] == 2
    assert told["search-none"]["ids"] == []
    assert told["pages"]["sizes"] == [10, 10, 7] and told["pages"]["different"] == 27

    assert told["transaction"]["type"] == "transaction-response"
    assert [status[:3] for status in told["transaction"]["statuses"]] == ["201", "201", "200"]
    visit = told["transaction-references"]
    assert (visit["type"], visit["status"], visit["patient"]) == ("Encounter", "planned", f"Patient/{created['id']}")
    refused_with(told["transaction-refused"], 400)
    assert told["transaction-all-or-nothing"]["before"] == told["transaction-all-or-nothing"]["after"] == 3

    assert told["delete"]["status"] in (200, 204)
    refused_with(told["read-deleted"], 410)
    refused_with(told["read-unknown"], 404)
    refused_with(told["without-token"], 401)
    issue = refused_with(told["create-invalid"], 400)
    assert issue["severity"] == "error" and issue["expression"] == ["Patient.gender"]


def test_medplum(given) -> None:
    other_nik = f"{int(given['patient']['identifier'][0]['value']) + 10_000_000}"  # born some days later
    told = steps_of("medplum.mjs", given | {"otherNik": other_nik})

    created = told["create"]["resource"]
    assert created["resourceType"] == "Patient" and created["meta"]["versionId"] == "1"
    assert told["read"]["resource"] == told["read-reference"]["resource"] == created
    assert told["search"] == {"step": "search", "ids": [created["id"]], "type": "searchset"}
    assert told["search-one"]["id"] == created["id"]

    assert told["update"]["resource"]["meta"]["versionId"] == "2" and told["update"]["resource"]["gender"] == "female"
    assert told["vread"]["resource"] == created
    assert (told["history"]["type"], told["history"]["versions"]) == ("history", ["2", "1"])

    assert told["create-if-none-exist-there"]["id"] == created["id"], "nobody is registered twice"
    assert told["create-if-none-exist-new"]["id"] != created["id"]
    assert told["create-if-none-exist-new"]["versionId"] == "1"

    assert told["transaction"]["type"] == "transaction-response"
    assert [status[:3] for status in told["transaction"]["statuses"]] == ["201"] * 4
    pages = told["pages"]["pages"]
    assert [len(page) for page in pages] == [2, 1]
    assert sorted(code for page in pages for code in page) == ["J06.9", "R05", "R50.9"]

    assert told["delete"]["left"] == 2
    deleted, invalid = told["read-deleted"], told["create-invalid"]
    assert deleted["refused"] and deleted["known"] and deleted["outcome"]["issue"][0]["code"] == "deleted"
    assert invalid["refused"] and invalid["known"]
    assert invalid["outcome"]["issue"][0]["expression"] == ["Patient.gender"]
