"""The kinds of resource that are kept, and whose they are."""

CITY_TYPES = frozenset(
    {"HealthcareService", "Location", "Medication", "Organization", "Practitioner", "PractitionerRole"}
)
"""What belongs to no person."""

PERSON_TYPES: dict[str, str] = {
    "AllergyIntolerance": "patient",
    "CarePlan": "subject",
    "ClinicalImpression": "subject",
    "Composition": "subject",
    "Condition": "subject",
    "Coverage": "beneficiary",
    "DiagnosticReport": "subject",
    "DocumentReference": "subject",
    "Encounter": "subject",
    "EpisodeOfCare": "patient",
    "Immunization": "patient",
    "MedicationDispense": "subject",
    "MedicationRequest": "subject",
    "MedicationStatement": "subject",
    "Observation": "subject",
    "Procedure": "subject",
    "QuestionnaireResponse": "subject",
    "RelatedPerson": "patient",
    "ServiceRequest": "subject",
    "Specimen": "subject",
    "Task": "for",
}
"""What belongs to a person, and the element that says to whom."""

TYPES = frozenset({"Patient", *PERSON_TYPES, *CITY_TYPES})

_EVENT = "preparation in-progress not-done on-hold stopped completed entered-in-error unknown"
_REQUEST = "draft active on-hold revoked completed entered-in-error unknown"

REQUIRED_CODES: dict[str, dict[str, frozenset[str]]] = {
    type: {element: frozenset(codes.split()) for element, codes in elements.items()}
    for type, elements in {
        "Patient": {"gender": "male female other unknown"},
        "Practitioner": {"gender": "male female other unknown"},
        "RelatedPerson": {"gender": "male female other unknown"},
        "CarePlan": {"status": _REQUEST, "intent": "proposal plan order option"},
        "ClinicalImpression": {"status": "in-progress completed entered-in-error"},
        "Composition": {"status": "preliminary final amended entered-in-error"},
        "Coverage": {"status": "active cancelled draft entered-in-error"},
        "DiagnosticReport": {
            "status": "registered partial preliminary final amended corrected appended cancelled entered-in-error unknown"
        },
        "DocumentReference": {"status": "current superseded entered-in-error"},
        "Encounter": {
            "status": "planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown"
        },
        "EpisodeOfCare": {"status": "planned waitlist active onhold finished cancelled entered-in-error"},
        "Immunization": {"status": "completed entered-in-error not-done"},
        "AllergyIntolerance": {
            "type": "allergy intolerance",
            "category": "food medication environment biologic",
            "criticality": "low high unable-to-assess",
        },
        "Location": {"status": "active suspended inactive", "mode": "instance kind"},
        "Medication": {"status": "active inactive entered-in-error"},
        "MedicationDispense": {
            "status": "preparation in-progress cancelled on-hold completed entered-in-error stopped declined unknown"
        },
        "MedicationRequest": {
            "status": "active on-hold cancelled completed entered-in-error stopped draft unknown",
            "intent": "proposal plan order original-order reflex-order filler-order instance-order option",
            "priority": "routine urgent asap stat",
        },
        "MedicationStatement": {
            "status": "active completed entered-in-error intended stopped on-hold unknown not-taken"
        },
        "Observation": {"status": "registered preliminary final amended corrected cancelled entered-in-error unknown"},
        "Procedure": {"status": _EVENT},
        "QuestionnaireResponse": {"status": "in-progress completed amended entered-in-error stopped"},
        "ServiceRequest": {
            "status": _REQUEST,
            "priority": "routine urgent asap stat",
            "intent": "proposal plan directive order original-order reflex-order filler-order instance-order option",
        },
        "Specimen": {"status": "available unavailable unsatisfactory entered-in-error"},
        "Task": {
            "status": "draft requested received accepted rejected ready cancelled in-progress on-hold failed completed"
            " entered-in-error",
            "intent": "unknown proposal plan order original-order reflex-order filler-order instance-order option",
            "priority": "routine urgent asap stat",
        },
    }.items()
}
"""Elements whose codes FHIR R4 binds as *required* (``type.element`` -> the codes)."""
