"""What people do: check-in, examination, referral, and the measure of it."""

from dataclasses import dataclass
from datetime import timedelta

from sekali import audit, identity, kernel, records, security

from . import icd, measures, places, resources
from .consultation import PLAUSIBLE, Consultation
from .counter import Counter
from .facilities import Facilities, is_open, today
from .own import OwnPage
from .questions import Question, Questions
from .referrals import Referrals
from .referrals import follow as follow_tasks
from .relations import Relations, caring, follow_care
from .views import (
    Allergy,
    Arrival,
    Chart,
    CityMeasure,
    CounterMeasure,
    Coverage,
    Department,
    Diagnosis,
    Examination,
    Facility,
    HospitalOption,
    Hours,
    IcdTerm,
    Letter,
    Medication,
    MyRecord,
    PastVisit,
    Person,
    Prefill,
    Referral,
    Registration,
    Slip,
    Visit,
    Vitals,
)


@dataclass(frozen=True, slots=True)
class Care:
    """The desks' work, joined once by ``app``."""

    facilities: Facilities
    counter: Counter
    consultation: Consultation
    referrals: Referrals
    own: OwnPage
    questions: Questions


def care(
    database: kernel.Database,
    journal: audit.Journal,
    store: records.Store,
    directory: identity.Directory,
    doorkeeper: security.Doorkeeper,
    facilities: Facilities,
    answer_within: timedelta,
) -> Care:
    """Join the desks. ``answer_within``: the time that a facility has for a citizen's question."""
    referrals = Referrals(database, store, facilities)
    return Care(
        facilities,
        Counter(database, store, directory, doorkeeper, facilities, referrals),
        Consultation(database, store, facilities, referrals),
        referrals,
        OwnPage(database, store, referrals),
        Questions(database, journal, facilities, answer_within),
    )


__all__ = [
    "PLAUSIBLE",
    "Allergy",
    "Arrival",
    "Care",
    "Chart",
    "CityMeasure",
    "Consultation",
    "Counter",
    "CounterMeasure",
    "Coverage",
    "Department",
    "Diagnosis",
    "Examination",
    "Facilities",
    "Facility",
    "HospitalOption",
    "Hours",
    "IcdTerm",
    "Letter",
    "Medication",
    "MyRecord",
    "OwnPage",
    "PastVisit",
    "Person",
    "Prefill",
    "Question",
    "Questions",
    "Referral",
    "Referrals",
    "Registration",
    "Relations",
    "Slip",
    "Visit",
    "Vitals",
    "care",
    "caring",
    "follow_care",
    "follow_tasks",
    "icd",
    "is_open",
    "measures",
    "places",
    "resources",
    "today",
]
