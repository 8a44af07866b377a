"""What people do: check-in, examination, referral, and the measure of it."""

from dataclasses import dataclass
from datetime import timedelta

from sekali import audit, identity, kernel, records, security

from . import icd, measures, places, resources
from .consents import CLASSES, PURPOSES, Consents, Said, Wish
from .consents import resource as consent
from .consultation import PLAUSIBLE, Consultation
from .counter import Counter
from .emergency import Emergency, Opening
from .facilities import Facilities, is_open, today
from .guardians import KINSHIPS, PROOFS, Guardians, Guardianship, Proved, follow_guardians
from .own import OwnPage, of_myself
from .questions import Question, Questions
from .record import RecordRoom
from .referrals import Referrals
from .referrals import follow as follow_tasks
from .relations import Relations, at_counter, caring, follow_care
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
    MyPage,
    PastVisit,
    Person,
    Prefill,
    ReadRecord,
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
    consents: Consents
    emergency: Emergency
    record_room: RecordRoom
    questions: Questions
    guardians: Guardians


def care(
    database: kernel.Database,
    journal: audit.Journal,
    store: records.Store,
    directory: identity.Directory,
    doorkeeper: security.Doorkeeper,
    facilities: Facilities,
    vault: security.Vault,
    settings: kernel.Settings,
) -> Care:
    """Join the desks."""
    referrals = Referrals(database, store, facilities)
    counter = Counter(database, store, directory, doorkeeper, facilities, referrals)
    lasts, review_within = timedelta(minutes=settings.emergency_minutes), timedelta(hours=settings.review_hours)
    return Care(
        facilities,
        counter,
        Consultation(database, store, facilities, referrals),
        referrals,
        OwnPage(database, store, referrals),
        Consents(store, facilities),
        Emergency(database, store, counter, lasts, review_within),
        RecordRoom(database, store, settings.recent_days),
        Questions(database, journal, facilities, timedelta(hours=settings.question_hours)),
        Guardians(database, store, counter, facilities, referrals, vault, timedelta(days=settings.guardian_days)),
    )


__all__ = [
    "CLASSES",
    "KINSHIPS",
    "PLAUSIBLE",
    "PROOFS",
    "PURPOSES",
    "Allergy",
    "Arrival",
    "Care",
    "Chart",
    "CityMeasure",
    "Consents",
    "Consultation",
    "Counter",
    "CounterMeasure",
    "Coverage",
    "Department",
    "Diagnosis",
    "Emergency",
    "Examination",
    "Facilities",
    "Facility",
    "Guardians",
    "Guardianship",
    "HospitalOption",
    "Hours",
    "IcdTerm",
    "Letter",
    "Medication",
    "MyPage",
    "Opening",
    "OwnPage",
    "PastVisit",
    "Person",
    "Prefill",
    "Proved",
    "Question",
    "Questions",
    "ReadRecord",
    "RecordRoom",
    "Referral",
    "Referrals",
    "Registration",
    "Relations",
    "Said",
    "Slip",
    "Visit",
    "Vitals",
    "Wish",
    "at_counter",
    "care",
    "caring",
    "consent",
    "follow_care",
    "follow_guardians",
    "follow_tasks",
    "icd",
    "is_open",
    "measures",
    "of_myself",
    "places",
    "resources",
    "today",
]
