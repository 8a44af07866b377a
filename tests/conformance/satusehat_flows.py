"""Visits as SATUSEHAT's guides have them sent: outpatient, emergency, referral. Each resource as a function of a Visit."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

NUMBERS = "http://sys-ids.kemkes.go.id"
HL7, KEMKES = "http://terminology.hl7.org/CodeSystem", "http://terminology.kemkes.go.id/CodeSystem"
LOINC, SNOMED, ICD_10, UCUM = (
    "http://loinc.org", "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10", "http://unitsofmeasure.org",
)  # fmt: skip
VITALS = {  # LOINC -> value and unit
    "8480-6": (120, "mm[Hg]"), "8462-4": (80, "mm[Hg]"), "8867-4": (88, "/min"), "8310-5": (36.7, "Cel"), "9279-1": (20, "/min"),
}  # fmt: skip
BEGUN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=6)


def at(minutes: int) -> str:
    """A time of this visit, as SATUSEHAT wants it written."""
    return (BEGUN + timedelta(minutes=minutes)).isoformat()


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def ref(reference: str) -> dict[str, Any]:
    return {"reference": reference}


@dataclass
class Visit:
    """Who, where and by whom.

    :ivar encounter: known when the first call has answered.
    :ivar others: what else of it is kept: what -> reference.
    """

    organization: str
    patient: str
    practitioner: str
    location: str
    encounter: str = ""
    others: dict[str, str] = field(default_factory=dict)

    def number(self, kind: str) -> list[dict[str, Any]]:
        return [{"system": f"{NUMBERS}/{kind}/{self.organization}", "value": uuid.uuid4().hex}]

    @property
    def whose(self) -> dict[str, Any]:
        return {"subject": ref(self.patient), "encounter": ref(self.encounter)}


def arrived(visit: Visit, kind: str = "AMB") -> dict[str, Any]:
    return {
        "resourceType": "Encounter", "identifier": visit.number("encounter"), "status": "arrived",
        "class": {"system": f"{HL7}/v3-ActCode", "code": kind}, "subject": ref(visit.patient),
        "participant": [{"type": [coded(f"{HL7}/v3-ParticipationType", "ATND")], "individual": ref(visit.practitioner)}],
        "period": {"start": at(0)}, "location": [{"location": ref(visit.location)}],
        "statusHistory": [{"status": "arrived", "period": {"start": at(0)}}],
        "serviceProvider": ref(f"Organization/{visit.organization}"),
    }  # fmt: skip


def moved(encounter: dict[str, Any], status: str, minutes: int) -> dict[str, Any]:
    """The same visit in its next status; the one before ends where this one begins."""
    *before, last = encounter["statusHistory"]
    history = [*before, last | {"period": last["period"] | {"end": at(minutes)}}]
    return encounter | {
        "status": status,
        "statusHistory": [*history, {"status": status, "period": {"start": at(minutes)}}],
    }


def finished(encounter: dict[str, Any], diagnosis: str, minutes: int) -> dict[str, Any]:
    done = moved(encounter, "finished", minutes)
    done["statusHistory"][-1]["period"]["end"] = at(minutes)
    role = {"condition": ref(diagnosis), "use": coded(f"{HL7}/diagnosis-role", "DD"), "rank": 1}
    return done | {"period": done["period"] | {"end": at(minutes)}, "diagnosis": [role]}


def condition(visit: Visit, category: str = "encounter-diagnosis", code: str = "K35.8") -> dict[str, Any]:
    return {
        "resourceType": "Condition", "clinicalStatus": coded(f"{HL7}/condition-clinical", "active"),
        "category": [coded(f"{HL7}/condition-category", category)],
        "code": coded(ICD_10 if category == "encounter-diagnosis" else SNOMED, code), **visit.whose,
        "onsetDateTime": at(5), "recordedDate": at(6),
    }  # fmt: skip


def vital(visit: Visit, code: str) -> dict[str, Any]:
    value, unit = VITALS[code]
    return {
        "resourceType": "Observation", "status": "final", "category": [coded(f"{HL7}/observation-category", "vital-signs")],
        "code": coded(LOINC, code), **visit.whose, "performer": [ref(visit.practitioner)],
        "effectiveDateTime": at(10), "issued": at(10),
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
    }  # fmt: skip


def triage(visit: Visit) -> dict[str, Any]:
    """How urgent it is: yellow, of the triage scale."""
    return {
        "resourceType": "Observation", "status": "final", "category": [coded(f"{HL7}/observation-category", "survey")],
        "code": coded(SNOMED, "225390008"), **visit.whose, "performer": [ref(visit.practitioner)],
        "effectiveDateTime": at(2), "issued": at(2), "valueCodeableConcept": coded(SNOMED, "394849002"),
    }  # fmt: skip


def procedure(visit: Visit) -> dict[str, Any]:
    return {
        "resourceType": "Procedure", "status": "completed", "category": coded(SNOMED, "103693007"),
        "code": coded("http://hl7.org/fhir/sid/icd-9-cm", "87.44"), **visit.whose,
        "performedPeriod": {"start": at(20), "end": at(30)}, "performer": [{"actor": ref(visit.practitioner)}],
        "reasonCode": [coded(ICD_10, "K35.8")],
    }  # fmt: skip


def medication(visit: Visit) -> dict[str, Any]:
    kind = "https://fhir.kemkes.go.id/r4/StructureDefinition/MedicationType"
    return {
        "resourceType": "Medication", "identifier": visit.number("medication"), "status": "active",
        "code": coded(f"{NUMBERS}/kfa", "93001019"),
        "extension": [{"url": kind, "valueCodeableConcept": coded(f"{KEMKES}/medication-type", "NC")}],
    }  # fmt: skip


def prescription(visit: Visit, medicine: str | dict[str, Any]) -> dict[str, Any]:
    """Of a Medication that is kept, or of one that comes along."""
    inside = {"contained": [medicine | {"id": "obat"}]} if isinstance(medicine, dict) else {}
    return {
        "resourceType": "MedicationRequest", **inside,
        "identifier": [*visit.number("prescription"), *visit.number("prescription-item")],
        "status": "completed", "intent": "order", "category": [coded(f"{HL7}/medicationrequest-category", "outpatient")],
        "medicationReference": ref("#obat" if inside else str(medicine)), **visit.whose, "authoredOn": at(35),
        "requester": ref(visit.practitioner), "reasonCode": [coded(ICD_10, "K35.8")],
        "dispenseRequest": {"performer": ref(f"Organization/{visit.organization}")},
    }  # fmt: skip


def dispensed(visit: Visit, medicine: str, request: str) -> dict[str, Any]:
    return {
        "resourceType": "MedicationDispense", "identifier": visit.number("prescription-item"), "status": "completed",
        "medicationReference": ref(medicine), "subject": ref(visit.patient), "context": ref(visit.encounter),
        "performer": [{"actor": ref(visit.practitioner)}], "location": ref(visit.location),
        "authorizingPrescription": [ref(request)], "whenPrepared": at(40), "whenHandedOver": at(45),
    }  # fmt: skip


def request(visit: Visit, code: dict[str, Any] | None = None, performer: str = "") -> dict[str, Any]:
    """An order to the laboratory; a referral with its own code and the hospital that performs it."""
    return {
        "resourceType": "ServiceRequest", "identifier": visit.number("servicerequest"), "status": "active", "intent": "order",
        "category": [coded(SNOMED, "108252007" if code is None else "3457005")], "priority": "routine",
        "code": code or coded(LOINC, "718-7"), **visit.whose, "occurrenceDateTime": at(15), "authoredOn": at(15),
        "requester": ref(visit.practitioner), "performer": [ref(performer or visit.practitioner)],
        "reasonCode": [coded(ICD_10, "K35.8")],
    }  # fmt: skip


def specimen(visit: Visit, order: str) -> dict[str, Any]:
    return {
        "resourceType": "Specimen", "identifier": visit.number("specimen"), "status": "available",
        "type": coded(SNOMED, "119297000"), "subject": ref(visit.patient), "request": [ref(order)],
        "collection": {"collectedDateTime": at(17)}, "receivedTime": at(18),
    }  # fmt: skip


def result(visit: Visit, order: str, tube: str) -> dict[str, Any]:
    return vital(visit, "8867-4") | {
        "identifier": visit.number("observation"), "category": [coded(f"{HL7}/observation-category", "laboratory")],
        "code": coded(LOINC, "718-7"), "basedOn": [ref(order)], "specimen": ref(tube),
        "valueQuantity": {"value": 13.5, "unit": "g/dL", "system": UCUM, "code": "g/dL"},
    }  # fmt: skip


def report(visit: Visit, order: str, tube: str, observation: str) -> dict[str, Any]:
    return {
        "resourceType": "DiagnosticReport",
        "identifier": [{"system": f"{NUMBERS}/diagnostic/{visit.organization}/lab", "value": uuid.uuid4().hex}],
        "status": "final", "category": [coded(f"{HL7}/v2-0074", "HM")], "code": coded(LOINC, "718-7"), **visit.whose,
        "effectiveDateTime": at(25), "issued": at(26), "performer": [ref(f"Organization/{visit.organization}")],
        "result": [ref(observation)], "specimen": [ref(tube)], "basedOn": [ref(order)],
    }  # fmt: skip


def summary(visit: Visit) -> dict[str, Any]:
    return {
        "resourceType": "Composition", "identifier": visit.number("composition")[0], "status": "final",
        "type": coded(LOINC, "18842-5"), **visit.whose, "date": at(50), "author": [ref(visit.practitioner)],
        "title": "Resume Medis Rawat Jalan", "custodian": ref(f"Organization/{visit.organization}"),
        "section": [{"code": coded(LOINC, "42344-2"), "text": {"status": "additional", "div": "Istirahat dan minum obat."}}],
    }  # fmt: skip


def allergy(visit: Visit) -> dict[str, Any]:
    return {
        "resourceType": "AllergyIntolerance", "clinicalStatus": coded(f"{HL7}/allergyintolerance-clinical", "active"),
        "category": ["medication"], "code": coded(SNOMED, "91936005"), "patient": ref(visit.patient),
        "encounter": ref(visit.encounter), "recordedDate": at(8), "recorder": ref(visit.practitioner),
    }  # fmt: skip
