"""The whole path by ``fhirclient`` (SMART on FHIR's Python client), whose models check every answer strictly."""

import pytest
from fhirclient.client import FHIRClient
from fhirclient.models.bundle import Bundle
from fhirclient.models.capabilitystatement import CapabilityStatement
from fhirclient.models.condition import Condition
from fhirclient.models.encounter import Encounter
from fhirclient.models.operationoutcome import OperationOutcome
from fhirclient.models.patient import Patient
from fhirclient.models.servicerequest import ServiceRequest
from fhirclient.models.task import Task
from payloads import asking, condition, encounter, referral

NIK = "https://fhir.kemkes.go.id/id/nik"


@pytest.fixture
def server(served, token):
    client = FHIRClient(settings={"app_id": "rsud-simrs", "api_base": f"{served.url}/fhir-r4/v1/"})
    client.server.session.headers["Authorization"] = f"Bearer {token}"
    return client.server


def test_find_register_visit_diagnose(server, patient, new_nik, organization, location) -> None:
    search = Patient.where({"identifier": f"{NIK}|{new_nik}"})
    assert search.perform_resources(server) == []

    created = Patient(Patient(patient).create(server))
    found = search.perform_resources(server)
    assert [one.id for one in found] == [created.id]
    assert found[0].birthDate.isostring == "1991-05-17"

    visit = Encounter(Encounter(encounter(organization, created.id, location)).create(server))
    diagnosis = Condition(Condition(condition(f"Patient/{created.id}", f"Encounter/{visit.id}")).create(server))
    assert Condition.read(diagnosis.id, server).code.coding[0].code == "K35.8"

    visit.status = "in-progress"
    visit.update(server)
    assert Encounter.read(visit.id, server).meta.versionId == "2"

    history = Bundle(server.request_json(f"Encounter/{visit.id}/_history"))
    assert [entry.resource.meta.versionId for entry in history.entry] == ["2", "1"]
    diagnosis.delete(server)


def test_refer_and_be_accepted(server, served, other_token, patient, organization, location, hospital) -> None:
    person = Patient(Patient(patient).create(server))
    visit = Encounter(Encounter(encounter(organization, person.id, location)).create(server))
    request = ServiceRequest(ServiceRequest(referral(person.id, visit.id, organization, hospital)).create(server))
    task = Task(Task(asking(person.id, request.id, organization, hospital)).create(server))

    other = FHIRClient(settings={"app_id": "pratama-simrs", "api_base": f"{served.url}/fhir-r4/v1/"}).server
    other.session.headers["Authorization"] = f"Bearer {other_token}"
    (waiting,) = Task.where({"patient": person.id, "status": "requested"}).perform_resources(other)
    waiting.status = "accepted"
    waiting.update(other)
    assert Task.read(task.id, server).status == "accepted"


def test_the_capability_statement_is_one(server) -> None:
    statement = CapabilityStatement(server.request_json("metadata"))
    assert statement.fhirVersion == "4.0.1"


def test_an_error_is_an_operation_outcome(server, http) -> None:
    answer = http.post("/Patient", json={"resourceType": "Patient", "gender": "unclear", "nik": "1"})
    outcome = OperationOutcome(answer.json())
    assert {issue.expression[0] for issue in outcome.issue} == {"Patient.gender", "Patient.nik"}
