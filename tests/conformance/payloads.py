"""Payloads as SATUSEHAT's guides show them."""

import uuid


def encounter(organization: str, patient_id: str, location: str) -> dict:
    """An outpatient visit as the SATUSEHAT guide shows it."""
    return {
        "resourceType": "Encounter",
        "identifier": [{"system": f"http://sys-ids.kemkes.go.id/encounter/{organization}", "value": str(uuid.uuid4())}],
        "status": "arrived",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB", "display": "ambulatory"},
        "subject": {"reference": f"Patient/{patient_id}", "display": "Joko Uji Integrasi"},
        "participant": [
            {
                "type": [
                    {
                        "coding": [
                            {"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "ATND"}
                        ]
                    }
                ],
                "individual": {"display": "dr. Contoh RSUD"},
            }
        ],
        "period": {"start": "2026-11-23T01:00:00+00:00"},
        "location": [{"location": {"reference": location}}],
        "statusHistory": [{"status": "arrived", "period": {"start": "2026-11-23T01:00:00+00:00"}}],
        "serviceProvider": {"reference": f"Organization/{organization}"},
    }


def condition(patient_id: str, encounter_id: str) -> dict:
    """A diagnosis as the SATUSEHAT guide shows it."""
    return {
        "resourceType": "Condition",
        "clinicalStatus": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
        },
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/condition-category",
                        "code": "encounter-diagnosis",
                    }
                ]
            }
        ],
        "code": {
            "coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "K35.8", "display": "Acute appendicitis"}]
        },
        "subject": {"reference": patient_id},
        "encounter": {"reference": encounter_id},
        "onsetDateTime": "2026-11-23T01:00:00+00:00",
        "recordedDate": "2026-11-23T01:00:00+00:00",
    }


def referral(patient_id: str, encounter_id: str, organization: str, hospital: str) -> dict:
    """A referral to internal medicine of another hospital."""
    return {
        "resourceType": "ServiceRequest",
        "identifier": [
            {"system": f"http://sys-ids.kemkes.go.id/servicerequest/{organization}", "value": str(uuid.uuid4())}
        ],
        "status": "active",
        "intent": "order",
        "priority": "routine",
        "category": [
            {"coding": [{"system": "http://snomed.info/sct", "code": "3457005", "display": "Patient referral"}]}
        ],
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "3457005", "display": "Patient referral"}]},
        "performerType": {"coding": [{"system": "urn:sekali:department", "code": "PDL"}]},
        "subject": {"reference": f"Patient/{patient_id}", "display": "Joko Uji Integrasi"},
        "encounter": {"reference": f"Encounter/{encounter_id}"},
        "authoredOn": "2026-11-23T01:30:00+00:00",
        "requester": {"reference": f"Organization/{organization}", "display": "RSUD Kota Yogyakarta"},
        "performer": [{"reference": f"Organization/{hospital}"}],
        "reasonCode": [
            {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "K35.8"}], "text": "Apendisitis akut"}
        ],
    }


def asking(patient_id: str, request_id: str, organization: str, hospital: str) -> dict:
    """The Task that asks the hospital to take the referral."""
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "focus": {"reference": f"ServiceRequest/{request_id}"},
        "for": {"reference": f"Patient/{patient_id}"},
        "authoredOn": "2026-11-23T01:30:00+00:00",
        "requester": {"reference": f"Organization/{organization}"},
        "owner": {"reference": f"Organization/{hospital}"},
    }
