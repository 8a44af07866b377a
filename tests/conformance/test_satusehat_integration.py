"""Payloads made by the builders of the PyPI package ``satusehat-integration``, posted as they come out.

Its release 4.14.1 puts its packages at the top level but imports them as ``src.…``, and has no HTTP client. A module
``src`` that looks where the packages really are makes the builders usable; nothing of them is changed.
"""

import importlib.metadata
import sys
import types
import uuid

import pytest

NIK = "https://fhir.kemkes.go.id/id/nik"


@pytest.fixture(scope="module", autouse=True)
def src():
    """The name under which the package looks for itself."""
    module = types.ModuleType("src")
    distribution = importlib.metadata.distribution("satusehat-integration")
    module.__path__ = [str(distribution.locate_file(""))]
    sys.modules["src"] = module
    yield
    for name in [name for name in sys.modules if name == "src" or name.startswith("src.")]:
        del sys.modules[name]


@pytest.fixture
def built_patient(new_nik) -> dict:
    from src.builder.patient import PatientBuilder
    from src.datatype.datatypes import Address, HumanName, Identifier

    return (
        PatientBuilder()
        .add_identifier(Identifier(use="official", system=NIK, value=new_nik))
        .add_name(HumanName(use="official", text="Joko Uji Pustaka"))
        .set_gender("male")
        .set_birth_date("1991-05-17")
        .add_address(Address(use="home", line=["Jl. Uji No. 3"], city="Yogyakarta", country="ID"))
        .build()
    )


def built_encounter(organization: str, patient: str) -> dict:
    from src.builder.encounter import EncounterBuilder
    from src.datatype.datatypes import Identifier

    system = f"http://sys-ids.kemkes.go.id/encounter/{organization}"
    return (
        EncounterBuilder()
        .add_identifier(Identifier(system=system, value=str(uuid.uuid4())))
        .set_status("arrived")
        .set_class("AMB", "ambulatory")
        .set_subject(patient, "Joko Uji Pustaka")
        .set_period("2026-11-23T01:00:00+00:00")
        .build()
    ) | {"serviceProvider": {"reference": f"Organization/{organization}"}}


def built_condition(patient: str, encounter: str) -> dict:
    from src.builder.condition import ConditionBuilder

    return (
        ConditionBuilder()
        .set_clinical_status("active", "Active")
        .add_category("encounter-diagnosis", "Encounter Diagnosis")
        .set_code("K35.8", "Acute appendicitis", "http://hl7.org/fhir/sid/icd-10")
        .set_subject(patient)
        .set_encounter(encounter)
        .set_recorded_date("2026-11-23T01:00:00+00:00")
        .build()
    )


def test_one_by_one(http, built_patient, organization) -> None:
    created = http.post("/Patient", json=built_patient)
    assert created.status_code == 201, created.text
    patient = f"Patient/{created.json()['data']['patient_id']}"
    visit = http.post("/Encounter", json=built_encounter(organization, patient))
    assert visit.status_code == 201, visit.text
    diagnosis = http.post("/Condition", json=built_condition(patient, f"Encounter/{visit.json()['id']}"))
    assert diagnosis.status_code == 201, diagnosis.text


def test_in_one_bundle(http, built_patient, organization) -> None:
    from src.builder.bundle import BundleBuilder

    patient, visit, diagnosis = (f"urn:uuid:{uuid.uuid4()}" for _ in range(3))
    bundle = (
        BundleBuilder()
        .add_transaction_entry(built_patient, patient, "POST", "Patient")
        .add_transaction_entry(built_encounter(organization, patient), visit, "POST", "Encounter")
        .add_transaction_entry(built_condition(patient, visit), diagnosis, "POST", "Condition")
        .build()
    )
    answer = http.post("", json=bundle)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["entry"]) == 3
