"""The kinds of resource that are kept, and whose they are."""

from sekali import kernel

from .definitions import R4

TYPES = frozenset(R4.resources) - {"Parameters", "OperationOutcome"}
"""Every R4 kind but the two that only carry a question or an answer."""

_OWN_NAMES = ("subject", "patient", "beneficiary", "individual", "for", "candidate")
_OTHERWISE = {
    "Appointment": "participant.actor",
    "AppointmentResponse": "actor",
    "Group": "member.entity",
    "Person": "link.target",
    "Provenance": "target",
    "Schedule": "actor",
    "SupplyRequest": "deliverTo",
}


def _owner(type: str) -> str | None:
    elements = R4.elements[type]
    for name in _OWN_NAMES:
        element = elements.get(name) or elements.get(f"{name}[x]")
        if element and ("Patient" in element.targets or "Resource" in element.targets):
            return name if name in elements else f"{name}Reference"
    return _OTHERWISE.get(type)


PERSON_TYPES: dict[str, str] = {type: owner for type in sorted(TYPES - {"Patient"}) if (owner := _owner(type))}
"""What may belong to a person, and the element that says to whom (R4's patient compartment, its owning elements)."""

CITY_TYPES = TYPES - PERSON_TYPES.keys() - {"Patient"}
"""What never belongs to a person."""

MUST_NAME = frozenset(
    """AllergyIntolerance CarePlan ClinicalImpression Composition Condition Coverage DiagnosticReport DocumentReference
    Encounter EpisodeOfCare Immunization MedicationDispense MedicationRequest MedicationStatement Observation Procedure
    QuestionnaireResponse RelatedPerson ServiceRequest Specimen Task""".split()
)
"""What SATUSEHAT takes only with its Patient (its rules "subject not null", domain 2.5)."""


def require_kind(type: str) -> str:
    """The same name where it is one of a kind that is kept. Raises NotFound."""
    if type not in TYPES:
        raise kernel.NotFound(
            "Sekali does not keep resources of this kind. They are written as in R4, such as Patient; metadata lists them.",
            path=type[:64],
        )
    return type
