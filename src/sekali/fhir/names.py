"""The names of things: identifier systems and code systems.

SATUSEHAT's own are as its guides give them; where it has none that is public, a ``urn:sekali`` name stands in and
docs/conformance.md says so.
"""

__all__ = [
    "ACT_CODE",
    "ADMINISTRATIVE_CODE",
    "ALLERGY_CLINICAL",
    "ALLERGY_VERIFICATION",
    "BIRTH_PLACE",
    "CARD",
    "CONDITION_CATEGORY",
    "CONDITION_CLINICAL",
    "CONDITION_VERIFICATION",
    "DIAGNOSIS_ROLE",
    "FACILITY_KIND",
    "ICD10",
    "JKN",
    "KK",
    "LOINC",
    "NIK",
    "NIK_IBU",
    "OBSERVATION_CATEGORY",
    "REFERRAL",
    "ROLE_CODE",
    "SNOMED",
    "TAG",
    "UCUM",
    "encounter_number",
    "medical_record",
    "organization_number",
    "referral_number",
]

NIK = "https://fhir.kemkes.go.id/id/nik"
NIK_IBU = "https://fhir.kemkes.go.id/id/nik-ibu"
KK = "https://fhir.kemkes.go.id/id/kk"
JKN = "urn:sekali:id:jkn"
CARD = "urn:sekali:id:card"
"""What a citizen's QR carries: random, says nothing by itself."""
REFERRAL = "urn:sekali:id:referral"

ADMINISTRATIVE_CODE = "https://fhir.kemkes.go.id/r4/StructureDefinition/administrativeCode"
BIRTH_PLACE = "https://fhir.kemkes.go.id/r4/StructureDefinition/birthPlace"

ICD10 = "http://hl7.org/fhir/sid/icd-10"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
CONDITION_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
CONDITION_VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CONDITION_CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
ALLERGY_CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
ALLERGY_VERIFICATION = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
DIAGNOSIS_ROLE = "http://terminology.hl7.org/CodeSystem/diagnosis-role"
FACILITY_KIND = "http://terminology.hl7.org/CodeSystem/organization-type"
TAG = "urn:sekali:tag"
"""``fictitious`` marks what was invented for the demo."""


def organization_number(organization: object) -> str:
    """The system of a facility's own code."""
    return f"http://sys-ids.kemkes.go.id/organization/{organization}"


def medical_record(organization: object) -> str:
    """The system of a facility's medical record numbers."""
    return f"http://sys-ids.kemkes.go.id/patient/{organization}"


def encounter_number(organization: object) -> str:
    """The system of a facility's encounter numbers."""
    return f"http://sys-ids.kemkes.go.id/encounter/{organization}"


def referral_number(organization: object) -> str:
    """The system of a facility's service request numbers."""
    return f"http://sys-ids.kemkes.go.id/servicerequest/{organization}"
