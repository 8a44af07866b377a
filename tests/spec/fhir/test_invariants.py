"""R4's constraints that are checked: each by something that breaks it and the same mended."""

import json
from typing import Any

import pytest

from sekali import fhir
from sekali.fhir.invariants import INVARIANTS

UCUM = "http://unitsofmeasure.org"
HL7 = "http://terminology.hl7.org/CodeSystem"


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": f"{HL7}/{system}", "code": code}]}


OBSERVATION = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "1"}]},
}
PATIENT = {"resourceType": "Patient"}
CONDITION = {"resourceType": "Condition", "subject": {"reference": "Patient/1"}}
ALLERGY = {"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/1"}}
ORGANIZATION = {"resourceType": "Organization", "id": "a", "name": "x"}
FAMILY = {
    "resourceType": "FamilyMemberHistory",
    "status": "completed",
    "patient": {"display": "x"},
    "relationship": {"text": "x"},
}
QUESTIONS = {"resourceType": "Questionnaire", "status": "draft"}
ANSWERS = {"resourceType": "QuestionnaireResponse", "status": "completed"}
APPOINTMENT = {"resourceType": "Appointment", "status": "proposed"}
THERE = {"status": "accepted", "actor": {"display": "x"}}
MEDICINE = {
    "resourceType": "MedicationRequest", "status": "active", "intent": "order", "subject": {"display": "x"},
    "medicationCodeableConcept": {"text": "x"},
}  # fmt: skip
DISPENSE = {"resourceType": "MedicationDispense", "status": "completed", "medicationCodeableConcept": {"text": "x"}}
COMPOSITION = {
    "resourceType": "Composition", "status": "final", "type": {"text": "x"}, "date": "2026-11-23", "title": "x",
    "author": [{"display": "x"}],
}  # fmt: skip
PLAN = {"resourceType": "CarePlan", "status": "active", "intent": "plan", "subject": {"display": "x"}}
DONE = {"resourceType": "Immunization", "status": "completed", "vaccineCode": {"text": "x"}, "patient": {"display": "x"},
        "occurrenceString": "x"}  # fmt: skip
CONSENT = {"resourceType": "Consent", "status": "active", "scope": {"text": "x"}, "category": [{"text": "x"}]}
REQUEST = {"resourceType": "ServiceRequest", "status": "active", "intent": "order", "subject": {"display": "x"}}
TASK = {"resourceType": "Task", "status": "requested", "intent": "order"}


def timed(**repeat: Any) -> dict[str, Any]:
    return MEDICINE | {"dosageInstruction": [{"timing": {"repeat": repeat}}]}


def years(**age: Any) -> dict[str, Any]:
    return CONDITION | {"onsetAge": {"value": 3, **age}}


def supplied(**duration: Any) -> dict[str, Any]:
    return MEDICINE | {"dispenseRequest": {"expectedSupplyDuration": duration}}


def question(**item: Any) -> dict[str, Any]:
    return QUESTIONS | {"item": [{"linkId": "1", **item}]}


def local(**contained: Any) -> dict[str, Any]:
    return PATIENT | {"managingOrganization": {"reference": "#a"}, "contained": [ORGANIZATION | contained]}


PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "age-1": (years(), years(code="a", system=UCUM)),
    "ait-1": (ALLERGY, ALLERGY | {"clinicalStatus": coded("allergyintolerance-clinical", "active")}),
    "ait-2": (
        ALLERGY | {"clinicalStatus": coded("allergyintolerance-clinical", "active"),
                   "verificationStatus": coded("allergyintolerance-verification", "entered-in-error")},
        ALLERGY | {"verificationStatus": coded("allergyintolerance-verification", "entered-in-error")},
    ),
    "app-1": (APPOINTMENT | {"participant": [{"status": "accepted"}]}, APPOINTMENT | {"participant": [THERE]}),
    "app-2": (
        APPOINTMENT | {"participant": [THERE], "start": "2026-11-23T08:00:00Z"},
        APPOINTMENT | {"participant": [THERE], "start": "2026-11-23T08:00:00Z", "end": "2026-11-23T08:05:00Z"},
    ),
    "att-1": (PATIENT | {"photo": [{"data": "AAAA"}]}, PATIENT | {"photo": [{"data": "AAAA", "contentType": "image/png"}]}),
    "cmp-1": (COMPOSITION | {"section": [{"title": "x"}]}, COMPOSITION | {"section": [{"entry": [{"display": "x"}]}]}),
    "cmp-2": (
        COMPOSITION | {"section": [{"entry": [{"display": "x"}], "emptyReason": {"text": "x"}}]},
        COMPOSITION | {"section": [{"entry": [{"display": "x"}]}]},
    ),
    "con-1": (CONDITION | {"stage": [{"type": {"text": "x"}}]}, CONDITION | {"stage": [{"summary": {"text": "x"}}]}),
    "con-2": (
        CONDITION | {"evidence": [{"id": "x"}]}, CONDITION | {"evidence": [{"code": [{"text": "x"}]}]},
    ),
    "con-4": (
        CONDITION | {"abatementDateTime": "2026", "clinicalStatus": coded("condition-clinical", "active")},
        CONDITION | {"abatementDateTime": "2026", "clinicalStatus": coded("condition-clinical", "resolved")},
    ),
    "con-5": (
        CONDITION | {"verificationStatus": coded("condition-ver-status", "entered-in-error"),
                     "clinicalStatus": coded("condition-clinical", "active")},
        CONDITION | {"verificationStatus": coded("condition-ver-status", "entered-in-error")},
    ),
    "cpl-3": (
        PLAN | {"activity": [{"detail": {"status": "completed"}, "reference": {"display": "x"}}]},
        PLAN | {"activity": [{"reference": {"display": "x"}}]},
    ),
    "cpt-2": (PATIENT | {"telecom": [{"value": "1"}]}, PATIENT | {"telecom": [{"value": "1", "system": "phone"}]}),
    "dis-1": (
        PATIENT | {"extension": [{"url": "urn:x:1", "valueDistance": {"value": 1}}]},
        PATIENT | {"extension": [{"url": "urn:x:1", "valueDistance": {"value": 1, "code": "m", "system": UCUM}}]},
    ),
    "drt-1": (supplied(code="d", system="urn:x:1", value=1), supplied(code="d", system=UCUM, value=1)),
    "ext-1": (
        PATIENT | {"extension": [{"url": "urn:x:1"}]}, PATIENT | {"extension": [{"url": "urn:x:1", "valueCode": "x"}]},
    ),
    "fhs-1": (FAMILY | {"ageString": "3", "bornString": "1990"}, FAMILY | {"ageString": "3"}),
    "fhs-2": (FAMILY | {"estimatedAge": True}, FAMILY | {"estimatedAge": True, "ageString": "3"}),
    "imm-1": (
        DONE | {"education": [{"presentationDate": "2026"}]}, DONE | {"education": [{"documentType": "x"}]},
    ),
    "inv-1": (
        TASK | {"authoredOn": "2026-11-23", "lastModified": "2026-11-22"},
        TASK | {"authoredOn": "2026-11-23", "lastModified": "2026-11-23"},
    ),
    "mdd-1": (
        DISPENSE | {"whenPrepared": "2026-11-23", "whenHandedOver": "2026-11-22"},
        DISPENSE | {"whenPrepared": "2026-11-23", "whenHandedOver": "2026-11-23"},
    ),
    "obs-3": (
        OBSERVATION | {"referenceRange": [{"type": {"text": "x"}}]}, OBSERVATION | {"referenceRange": [{"text": "x"}]},
    ),
    "obs-6": (OBSERVATION | {"dataAbsentReason": {"text": "x"}, "valueString": "x"}, OBSERVATION | {"valueString": "x"}),
    "obs-7": (
        OBSERVATION | {"valueString": "x", "component": [{"code": OBSERVATION["code"]}]},
        OBSERVATION | {"component": [{"code": OBSERVATION["code"]}]},
    ),
    "org-1": ({"resourceType": "Organization", "active": True}, ORGANIZATION),
    "pat-1": (PATIENT | {"contact": [{"gender": "male"}]}, PATIENT | {"contact": [{"name": {"text": "x"}}]}),
    "per-1": (
        OBSERVATION | {"effectivePeriod": {"start": "2026-11-23", "end": "2026-11-22"}},
        OBSERVATION | {"effectivePeriod": {"start": "2026-11-23T08:00:00+07:00", "end": "2026-11-23"}},
    ),
    "ppc-1": (CONSENT, CONSENT | {"policyRule": {"text": "x"}}),
    "prr-1": (REQUEST | {"orderDetail": [{"text": "x"}]}, REQUEST | {"orderDetail": [{"text": "x"}], "code": {"text": "x"}}),
    "qrs-1": (
        ANSWERS | {"item": [{"linkId": "1", "answer": [{"valueString": "x"}], "item": [{"linkId": "2"}]}]},
        ANSWERS | {"item": [{"linkId": "1", "answer": [{"valueString": "x"}]}]},
    ),
    "qty-3": (
        OBSERVATION | {"valueQuantity": {"value": 1, "code": "kg"}},
        OBSERVATION | {"valueQuantity": {"value": 1, "code": "kg", "system": UCUM}},
    ),
    "que-1": (question(type="group"), question(type="group", item=[{"linkId": "2", "type": "display"}])),
    "que-4": (
        question(type="choice", answerOption=[{"valueString": "x"}], answerValueSet="urn:x:1"),
        question(type="choice", answerOption=[{"valueString": "x"}]),
    ),
    "rat-1": (
        OBSERVATION | {"valueRatio": {"numerator": {"value": 1}}},
        OBSERVATION | {"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 2}}},
    ),
    "rng-2": (
        OBSERVATION | {"valueRange": {"low": {"value": 2}, "high": {"value": 1}}},
        OBSERVATION | {"valueRange": {"low": {"value": 1}, "high": {"value": 1}}},
    ),
    "tim-1": (timed(duration=1), timed(duration=1, durationUnit="h")),
    "tim-2": (timed(period=1), timed(period=1, periodUnit="d")),
    "tim-4": (timed(duration=-1, durationUnit="h"), timed(duration=0, durationUnit="h")),
    "tim-5": (timed(period=-1, periodUnit="h"), timed(period=0, periodUnit="h")),
    "tim-6": (timed(periodMax=1), timed(periodMax=1, period=1, periodUnit="d")),
    "tim-7": (timed(durationMax=1), timed(durationMax=1, duration=1, durationUnit="d")),
    "tim-8": (timed(countMax=1), timed(countMax=1, count=1)),
    "tim-10": (timed(timeOfDay=["08:00:00"], when=["MORN"]), timed(when=["MORN"])),
    "ref-1": (local(id="b"), local()),
    "dom-2": (local(contained=[{"resourceType": "Location", "id": "b"}]), local()),
    "dom-4": (local(meta={"versionId": "1"}), local()),
    "dom-5": (local(meta={"security": [{"system": "urn:x:1", "code": "R"}]}), local()),
}  # fmt: skip


@pytest.mark.parametrize("key", PAIRS)
def test_what_breaks_it_is_refused_and_the_same_mended_is_kept(key: str) -> None:
    broken, mended = (fhir.validate(json.dumps(one).encode()) for one in PAIRS[key])
    assert any(fault.reason.endswith(f"({key})") for fault in broken), broken
    assert not mended


def test_each_that_is_checked_has_its_pair() -> None:
    assert {one.key for some in INVARIANTS.values() for one in some} <= PAIRS.keys()


def test_a_local_reference_in_a_bundle_is_of_its_own_entry() -> None:
    entries = [{"fullUrl": "urn:uuid:0c5b1d4e-5b6f-4c9d-8f6a-1d2c3b4a5f60", "resource": local()}]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    assert not fhir.validate(json.dumps(bundle).encode())


@pytest.mark.parametrize("kind", [7, None, {"a": 1}, ["Patient"]])
def test_a_contained_resource_of_no_kind_is_a_fault_and_no_crash(kind: Any) -> None:
    assert fhir.validate(json.dumps(PATIENT | {"contained": [{"resourceType": kind, "id": "a"}]}).encode())


@pytest.mark.parametrize(
    "wrong", [{"name": [{}]}, {"maritalStatus": {}}, {"birthDate": "1990-01-01", "_birthDate": {}}]
)
def test_an_empty_object_is_a_fault(wrong: dict[str, Any]) -> None:
    assert [one.reason for one in fhir.validate(json.dumps(PATIENT | wrong).encode())] == [
        "must not be empty; leave the element out"
    ]


@pytest.mark.parametrize(
    "day, there", [("2026-02-29", False), ("2024-02-29", True), ("2026-04-31", False), ("2026-02", True)]
)
def test_a_day_that_the_calendar_does_not_have(day: str, there: bool) -> None:
    assert bool(fhir.validate(json.dumps(PATIENT | {"birthDate": day}).encode())) is not there
