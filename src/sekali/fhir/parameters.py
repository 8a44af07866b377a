"""The search parameters of each kind of resource. The CapabilityStatement is made from this table."""

from dataclasses import dataclass

from .types import CITY_TYPES, PERSON_TYPES


@dataclass(frozen=True, slots=True)
class Parameter:
    """One search parameter of one type.

    :ivar kind: ``token``, ``reference``, ``date`` or ``string``, as FHIR names them.
    :ivar paths: the elements it looks at.
    :ivar indexed: whether it can find something without knowing whose it is.
    """

    kind: str
    paths: tuple[str, ...]
    indexed: bool = False


def _token(*paths: str, indexed: bool = False) -> Parameter:
    return Parameter("token", paths, indexed)


def _reference(*paths: str, indexed: bool = False) -> Parameter:
    return Parameter("reference", paths, indexed)


def _date(*paths: str, indexed: bool = False) -> Parameter:
    return Parameter("date", paths, indexed)


def _string(*paths: str, indexed: bool = False) -> Parameter:
    return Parameter("string", paths, indexed)


_IDENTIFIER = {"identifier": _token("identifier", indexed=True)}
_NAME = {"name": _string("name.text", "name.family", "name.given", indexed=True)}
_CLINICAL = {**_IDENTIFIER, "encounter": _reference("encounter"), "code": _token("code", indexed=True)}

_OWN: dict[str, dict[str, Parameter]] = {
    "Patient": {
        **_IDENTIFIER,
        **_NAME,
        "family": _string("name.family", indexed=True),
        "given": _string("name.given", indexed=True),
        "birthdate": _date("birthDate", indexed=True),
        "gender": _token("gender", indexed=True),
    },
    "RelatedPerson": {**_IDENTIFIER, **_NAME, "birthdate": _date("birthDate"), "relationship": _token("relationship")},
    "Coverage": {**_IDENTIFIER, "status": _token("status"), "type": _token("type")},
    "Organization": {
        **_IDENTIFIER,
        "name": _string("name", indexed=True),
        "type": _token("type", indexed=True),
        "partof": _reference("partOf", indexed=True),
    },
    "Location": {
        **_IDENTIFIER,
        "name": _string("name", indexed=True),
        "organization": _reference("managingOrganization", indexed=True),
        "status": _token("status"),
    },
    "HealthcareService": {
        **_IDENTIFIER,
        "organization": _reference("providedBy", indexed=True),
        "specialty": _token("specialty", indexed=True),
        "name": _string("name", indexed=True),
    },
    "Practitioner": {**_IDENTIFIER, **_NAME},
    "PractitionerRole": {
        **_IDENTIFIER,
        "practitioner": _reference("practitioner", indexed=True),
        "organization": _reference("organization", indexed=True),
    },
    "Encounter": {
        **_IDENTIFIER,
        "status": _token("status", indexed=True),
        "class": _token("class"),
        "date": _date("period", indexed=True),
        "service-provider": _reference("serviceProvider", indexed=True),
        "participant": _reference("participant.individual"),
        "based-on": _reference("basedOn"),
    },
    "Condition": {
        **_CLINICAL,
        "category": _token("category"),
        "clinical-status": _token("clinicalStatus"),
        "recorded-date": _date("recordedDate", indexed=True),
    },
    "Observation": {
        **_CLINICAL,
        "category": _token("category"),
        "status": _token("status"),
        "date": _date("effectiveDateTime", "effectivePeriod", "effectiveInstant", indexed=True),
    },
    "AllergyIntolerance": {
        **_IDENTIFIER,
        "code": _token("code", indexed=True),
        "clinical-status": _token("clinicalStatus"),
        "date": _date("recordedDate", indexed=True),
    },
    "Procedure": {
        **_CLINICAL,
        "status": _token("status"),
        "date": _date("performedDateTime", "performedPeriod", indexed=True),
    },
    "Medication": {**_IDENTIFIER, "code": _token("code", indexed=True), "status": _token("status")},
    "MedicationRequest": {
        **_IDENTIFIER,
        "encounter": _reference("encounter"),
        "status": _token("status"),
        "code": _token("medicationCodeableConcept", indexed=True),
        "medication": _reference("medicationReference"),
        "authoredon": _date("authoredOn", indexed=True),
    },
    "MedicationDispense": {
        **_IDENTIFIER,
        "status": _token("status"),
        "context": _reference("context"),
        "prescription": _reference("authorizingPrescription"),
        "whenhandedover": _date("whenHandedOver", indexed=True),
    },
    "MedicationStatement": {
        **_IDENTIFIER,
        "status": _token("status"),
        "context": _reference("context"),
        "effective": _date("effectiveDateTime", "effectivePeriod", indexed=True),
    },
    "ServiceRequest": {
        **_CLINICAL,
        "status": _token("status", indexed=True),
        "authored": _date("authoredOn", indexed=True),
        "performer": _reference("performer", indexed=True),
        "requester": _reference("requester", indexed=True),
        "category": _token("category"),
    },
    "Task": {
        **_IDENTIFIER,
        "status": _token("status", indexed=True),
        "owner": _reference("owner", indexed=True),
        "requester": _reference("requester", indexed=True),
        "focus": _reference("focus"),
        "authored-on": _date("authoredOn", indexed=True),
        "code": _token("code"),
    },
    "Composition": {
        **_IDENTIFIER,
        "type": _token("type", indexed=True),
        "status": _token("status"),
        "date": _date("date", indexed=True),
        "encounter": _reference("encounter"),
    },
    "DiagnosticReport": {
        **_CLINICAL,
        "status": _token("status"),
        "date": _date("effectiveDateTime", "effectivePeriod", indexed=True),
    },
    "DocumentReference": {
        **_IDENTIFIER,
        "status": _token("status"),
        "type": _token("type"),
        "date": _date("date", indexed=True),
    },
    "Immunization": {
        **_IDENTIFIER,
        "status": _token("status"),
        "vaccine-code": _token("vaccineCode", indexed=True),
        "date": _date("occurrenceDateTime", indexed=True),
    },
    "EpisodeOfCare": {
        **_IDENTIFIER,
        "status": _token("status"),
        "organization": _reference("managingOrganization"),
        "date": _date("period", indexed=True),
    },
    "CarePlan": {
        **_IDENTIFIER,
        "status": _token("status"),
        "category": _token("category"),
        "date": _date("period", indexed=True),
    },
    "ClinicalImpression": {
        **_IDENTIFIER,
        "status": _token("status"),
        "encounter": _reference("encounter"),
        "date": _date("effectiveDateTime", "effectivePeriod", indexed=True),
    },
    "QuestionnaireResponse": {
        **_IDENTIFIER,
        "status": _token("status"),
        "encounter": _reference("encounter"),
        "authored": _date("authored", indexed=True),
    },
    "Specimen": {
        **_IDENTIFIER,
        "status": _token("status"),
        "type": _token("type"),
        "collected": _date("collection.collectedDateTime"),
    },
}

_EVERY = {"_id": Parameter("token", ("id",)), "_lastUpdated": Parameter("date", ("meta.lastUpdated",))}


def _whose(type: str) -> dict[str, Parameter]:
    if type not in PERSON_TYPES:
        return {}
    element = PERSON_TYPES[type]
    return {name: _reference(element) for name in {"patient", "subject" if element == "for" else element} - {"for"}}


SEARCH: dict[str, dict[str, Parameter]] = {type: {**_EVERY, **_whose(type), **_OWN[type]} for type in sorted(_OWN)}
"""type -> parameter name -> Parameter."""

assert SEARCH.keys() == {"Patient"} | PERSON_TYPES.keys() | CITY_TYPES, "every kept type can be searched"
