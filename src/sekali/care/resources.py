"""The FHIR resources that the desks write, as pure functions. Shapes follow SATUSEHAT's guides (see docs/conformance.md)."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sekali import fhir, kernel

from .views import Allergy, Diagnosis, Medication, Registration, Visit

Resource = dict[str, Any]

VITAL_CODES = {
    "systolic": ("8480-6", "Systolic blood pressure", "mm[Hg]"),
    "diastolic": ("8462-4", "Diastolic blood pressure", "mm[Hg]"),
    "pulse": ("8867-4", "Heart rate", "/min"),
    "temperature": ("8310-5", "Body temperature", "Cel"),
    "respiration": ("9279-1", "Respiratory rate", "/min"),
    "weight": ("29463-7", "Body weight", "kg"),
    "height": ("8302-2", "Body height", "cm"),
}
"""LOINC code, its name, UCUM unit."""


def reference(type: str, id: object, display: str = "") -> Resource:
    """A Reference."""
    return {"reference": f"{type}/{id}"} | ({"display": display} if display else {})


def concept(system: str, code: str, display: str = "", text: str = "") -> Resource:
    """A CodeableConcept with one coding."""
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]} | ({"text": text} if text else {})


def patient(form: Registration, card: str, city_code: str) -> Resource:
    """A person at their first counter ever."""
    numbers = [
        (fhir.NIK, form.nik), (fhir.NIK_IBU, form.mother_nik), (fhir.KK, form.kk), (fhir.JKN, form.jkn), (fhir.CARD, card),
    ]  # fmt: skip
    resource: Resource = {
        "resourceType": "Patient",
        "active": True,
        "identifier": [{"use": "official", "system": system, "value": value} for system, value in numbers if value],
        "name": [{"use": "official", "text": form.name}],
        "gender": form.sex,
        "birthDate": form.birth_date.isoformat(),
    }
    if form.nik.startswith("99"):
        resource["meta"] = {"tag": [{"system": fhir.TAG, "code": "fictitious"}]}
    if form.phone:
        resource["telecom"] = [{"system": "phone", "value": form.phone, "use": "mobile"}]
    if form.address or form.village:
        resource["address"] = [_address(form, city_code)]
    if form.birth_order is not None:
        resource["multipleBirthInteger"] = form.birth_order
    if form.birth_place:
        resource["extension"] = [{"url": fhir.BIRTH_PLACE, "valueAddress": {"city": form.birth_place, "country": "ID"}}]
    if form.mother_name:
        mother = {"coding": [{"system": fhir.ROLE_CODE, "code": "MTH", "display": "mother"}]}
        resource["contact"] = [{"relationship": [mother], "name": {"text": form.mother_name}}]
    return resource


def _address(form: Registration, city_code: str) -> Resource:
    village = form.village.replace(".", "")
    city = city_code.replace(".", "")
    codes = {
        "province": village[:2] or city[:2], "city": village[:4] or city, "district": village[:6], "village": village,
        "rt": form.rt, "rw": form.rw,
    }  # fmt: skip
    parts = [{"url": url, "valueCode": code} for url, code in codes.items() if code]
    address: Resource = {
        "use": "home",
        "country": "ID",
        "extension": [{"url": fhir.ADMINISTRATIVE_CODE, "extension": parts}],
    }
    return address | ({"line": [form.address]} if form.address else {})


def coverage(citizen: UUID, jkn: str) -> Resource:
    """Membership of the national health insurance."""
    return {
        "resourceType": "Coverage",
        "identifier": [{"system": fhir.JKN, "value": jkn}],
        "status": "active",
        "type": {"text": "JKN"},
        "subscriberId": jkn,
        "beneficiary": reference("Patient", citizen),
        "payor": [{"display": "BPJS Kesehatan"}],
    }


def encounter(visit: Visit) -> Resource:
    """An outpatient visit that begins (SATUSEHAT rules 10117-10124)."""
    start = kernel.fhir_instant(visit.arrived_at)
    resource = {
        "resourceType": "Encounter",
        "identifier": [
            {
                "system": fhir.encounter_number(visit.facility),
                "value": f"{visit.arrived_at:%Y%m%d}-{visit.number}-{visit.id.hex[-6:]}",
            }
        ],
        "status": "arrived",
        "statusHistory": [{"status": "arrived", "period": {"start": start}}],
        "class": {"system": fhir.ACT_CODE, "code": "AMB", "display": "ambulatory"},
        "subject": reference("Patient", visit.citizen, visit.name),
        "period": {"start": start},
        "location": [{"location": reference("Location", visit.department, visit.department_name)}],
        "serviceProvider": reference("Organization", visit.facility, visit.facility_name),
    }
    return resource | ({"basedOn": [reference("ServiceRequest", visit.referral)]} if visit.referral else {})


def move_encounter(resource: Resource, status: str, at: datetime, doctor: str = "") -> Resource:
    """The Encounter in its next status: the one before ends when this one starts (rules 10121, 10173)."""
    history = [dict(step) for step in resource["statusHistory"]]
    last = history[-1]["period"]
    started = datetime.fromisoformat(last["start"])
    moment = kernel.fhir_instant(max(at, started + timedelta(seconds=1)))
    history[-1]["period"] = last | {"end": moment}
    history.append({"status": status, "period": {"start": moment} | ({"end": moment} if status == "finished" else {})})
    moved = resource | {"status": status, "statusHistory": history}
    if doctor:
        role = {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
            "code": "ATND",
            "display": "attender",
        }
        moved["participant"] = [{"type": [{"coding": [role]}], "individual": {"display": doctor}}]
    if status in ("finished", "cancelled"):
        moved["period"] = resource["period"] | {"end": moment}
    return moved


def condition(visit: Visit, category: str, code: Resource, at: datetime) -> Resource:
    """A diagnosis (``encounter-diagnosis``) or a complaint (``problem-list-item``)."""
    return {
        "resourceType": "Condition",
        "clinicalStatus": concept(fhir.CONDITION_CLINICAL, "active"),
        "category": [concept(fhir.CONDITION_CATEGORY, category)],
        "code": code,
        "subject": reference("Patient", visit.citizen),
        "encounter": reference("Encounter", visit.id),
        "recordedDate": kernel.fhir_instant(at),
    }


def diagnosis(visit: Visit, found: Diagnosis, at: datetime) -> Resource:
    """A diagnosis by ICD-10."""
    return condition(visit, "encounter-diagnosis", concept(fhir.ICD10, found.code, found.text, found.text), at)


def observation(visit: Visit, name: str, value: Decimal, at: datetime) -> Resource:
    """One vital sign (rules 10008-10012)."""
    code, display, unit = VITAL_CODES[name]
    moment = kernel.fhir_instant(at)
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [concept(fhir.OBSERVATION_CATEGORY, "vital-signs", "Vital Signs")],
        "code": concept(fhir.LOINC, code, display),
        "subject": reference("Patient", visit.citizen),
        "encounter": reference("Encounter", visit.id),
        "effectiveDateTime": moment,
        "issued": moment,
        "valueQuantity": {"value": value, "unit": unit, "system": fhir.UCUM, "code": unit},
    }


def medication_request(visit: Visit, ordered: Medication, doctor: str, at: datetime) -> Resource:
    """One line of a prescription."""
    resource: Resource = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": ordered.name},
        "subject": reference("Patient", visit.citizen),
        "encounter": reference("Encounter", visit.id),
        "authoredOn": kernel.fhir_instant(at),
        "requester": {"display": doctor},
    }
    if ordered.dose:
        resource["dosageInstruction"] = [{"text": ordered.dose}]
    if ordered.quantity:
        resource["note"] = [{"text": ordered.quantity}]
    return resource


def allergy(visit: Visit, found: Allergy, at: datetime) -> Resource:
    """An allergy, told or seen."""
    resource: Resource = {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": concept(fhir.ALLERGY_CLINICAL, "active"),
        "verificationStatus": concept(fhir.ALLERGY_VERIFICATION, "unconfirmed"),
        "code": {"text": found.substance},
        "patient": reference("Patient", visit.citizen),
        "encounter": reference("Encounter", visit.id),
        "recordedDate": kernel.fhir_instant(at),
    }
    return resource | ({"reaction": [{"manifestation": [{"text": found.reaction}]}]} if found.reaction else {})


def withdrawn(resource: Resource) -> Resource:
    """The same, marked as entered in error: what was written stays visible in its history."""
    if resource["resourceType"] == "Condition":
        return {key: value for key, value in resource.items() if key != "clinicalStatus"} | {
            "verificationStatus": concept(fhir.CONDITION_VERIFICATION, "entered-in-error")
        }
    return resource | {"status": "entered-in-error"}


def service_request(
    visit: Visit, number: str, to: tuple[UUID, str], department: tuple[str, str], diagnosis: Diagnosis, reason: str,
    priority: str, doctor: str, at: datetime, expires_on: date,
) -> Resource:  # fmt: skip
    """The referral itself (SNOMED CT 3457005, patient referral)."""
    return {
        "resourceType": "ServiceRequest",
        "identifier": [
            {"system": fhir.REFERRAL, "value": number},
            {"system": fhir.referral_number(visit.facility), "value": number},
        ],
        "status": "active",
        "intent": "order",
        "priority": priority,
        "category": [concept(fhir.SNOMED, "3457005", "Patient referral")],
        "code": concept(fhir.SNOMED, "3457005", "Patient referral"),
        "performerType": {
            "coding": [{"system": "urn:sekali:department", "code": department[0]}],
            "text": department[1],
        },
        "subject": reference("Patient", visit.citizen, visit.name),
        "encounter": reference("Encounter", visit.id),
        "occurrencePeriod": {"start": kernel.fhir_instant(at), "end": expires_on.isoformat()},
        "authoredOn": kernel.fhir_instant(at),
        "requester": reference("Organization", visit.facility, visit.facility_name),
        "performer": [reference("Organization", *to)],
        "reasonCode": [concept(fhir.ICD10, diagnosis.code, diagnosis.text, diagnosis.text)],
        "note": [{"authorString": doctor, "text": reason}],
    }


def task(visit: Visit, request: UUID, to: tuple[UUID, str], priority: str, at: datetime) -> Resource:
    """What the receiving hospital is asked to do, and its answer."""
    moment = kernel.fhir_instant(at)
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "priority": priority,
        "code": concept("http://hl7.org/fhir/CodeSystem/task-code", "fulfill"),
        "focus": reference("ServiceRequest", request),
        "for": reference("Patient", visit.citizen, visit.name),
        "authoredOn": moment,
        "lastModified": moment,
        "requester": reference("Organization", visit.facility, visit.facility_name),
        "owner": reference("Organization", *to),
    }


def composition(
    visit: Visit,
    type: tuple[str, str],
    title: str,
    sections: dict[str, tuple[str, list[str]]],
    doctor: str,
    at: datetime,
) -> Resource:
    """A document: section title -> (plain text, references to what it is about)."""
    return {
        "resourceType": "Composition",
        "status": "final",
        "type": concept(fhir.LOINC, *type),
        "subject": reference("Patient", visit.citizen, visit.name),
        "encounter": reference("Encounter", visit.id),
        "date": kernel.fhir_instant(at),
        "author": [{"display": doctor}],
        "title": title,
        "custodian": reference("Organization", visit.facility, visit.facility_name),
        "section": [_section(heading, text, entries) for heading, (text, entries) in sections.items()],
    }


def _section(heading: str, text: str, entries: list[str]) -> Resource:
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") or "-"
    section: Resource = {
        "title": heading,
        "text": {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{plain}</div>'},
    }
    return section | ({"entry": [{"reference": entry} for entry in entries]} if entries else {})
