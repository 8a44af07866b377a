"""What people do: check-in, examination, referral, and the measure of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sekali import audit, identity, kernel, records, security

from . import clock, icd, measures, places, resources
from .atrest import AT_REST
from .breaches import Breaches, Happened
from .consents import CLASSES, PURPOSES, Consents, Said, Wish
from .consents import resource as consent
from .consultation import PLAUSIBLE, Consultation
from .corrections import FIELDS, now_known
from .counter import Counter
from .destruction import Confirmed, Destruction, Due, Forget, Hold, Proposal
from .due import Tally
from .duties import Answer, Duties, Opened
from .duty import Correction, Deletion, Duty, Kind, Look, Outcome, Restriction, Wished
from .emergency import Emergency, Opening
from .facilities import Facilities, is_open, today
from .grounds import Grounds
from .guardians import KINSHIPS, PROOFS, Guardians, Guardianship, Proved, follow_guardians
from .ledger import Deed, Entry, totals
from .own import OwnPage, of_myself
from .questions import Questions
from .reading import person
from .record import RecordRoom
from .referrals import Referrals
from .referrals import follow as follow_tasks
from .relations import Relations, at_counter, caring, follow_care
from .retention import Kept, Retention
from .rights import Rights
from .telling import Line, called, told
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
    duties: Duties
    rights: Rights
    breaches: Breaches
    guardians: Guardians
    destruction: Destruction


def care(
    database: kernel.Database,
    journal: audit.Journal,
    store: records.Store,
    directory: identity.Directory,
    doorkeeper: security.Doorkeeper,
    facilities: Facilities,
    settings: kernel.Settings,
    forgets: Sequence[Forget] = (),
) -> Care:
    """Join the desks. ``forgets``: how modules that are not known here remove what they have of a person."""
    referrals = Referrals(database, store, facilities)
    counter = Counter(database, store, directory, doorkeeper, facilities, referrals)
    lasts, review_within = timedelta(minutes=settings.emergency_minutes), timedelta(hours=settings.review_hours)
    hours = {Kind(name): number for name, number in settings.clocks.items()} | {Kind.QUESTION: settings.question_hours}
    consents = Consents(store, facilities)
    rule, forgetting = Retention(settings.retention), (doorkeeper.forget, *forgets)
    destruction = Destruction(database, store, directory, rule, forgetting)
    duties = Duties(database, journal, store, facilities, consents, hours, Grounds(settings.grounds), destruction)
    return Care(
        facilities,
        counter,
        Consultation(database, store, facilities, referrals),
        referrals,
        OwnPage(database, store, referrals),
        consents,
        Emergency(database, store, counter, lasts, review_within),
        RecordRoom(database, store, settings.recent_days),
        Questions(database, facilities, duties),
        duties,
        Rights(store, facilities, duties, destruction),
        Breaches(database, journal, store.cipher, counter, hours[Kind.BREACH]),
        Guardians(database, store, counter, facilities, referrals, timedelta(days=settings.guardian_days)),
        destruction,
    )


__all__ = [
    "AT_REST",
    "CLASSES",
    "FIELDS",
    "KINSHIPS",
    "PLAUSIBLE",
    "PROOFS",
    "PURPOSES",
    "Allergy",
    "Answer",
    "Arrival",
    "Breaches",
    "Care",
    "Chart",
    "CityMeasure",
    "Confirmed",
    "Consents",
    "Consultation",
    "Correction",
    "Counter",
    "CounterMeasure",
    "Coverage",
    "Deed",
    "Deletion",
    "Department",
    "Destruction",
    "Diagnosis",
    "Due",
    "Duties",
    "Duty",
    "Emergency",
    "Entry",
    "Examination",
    "Facilities",
    "Facility",
    "Forget",
    "Guardians",
    "Guardianship",
    "Happened",
    "Hold",
    "HospitalOption",
    "Hours",
    "IcdTerm",
    "Kept",
    "Kind",
    "Letter",
    "Line",
    "Look",
    "Medication",
    "MyPage",
    "Opened",
    "Opening",
    "Outcome",
    "OwnPage",
    "PastVisit",
    "Person",
    "Prefill",
    "Proposal",
    "Proved",
    "Questions",
    "ReadRecord",
    "RecordRoom",
    "Referral",
    "Referrals",
    "Registration",
    "Relations",
    "Restriction",
    "Retention",
    "Rights",
    "Said",
    "Slip",
    "Tally",
    "Visit",
    "Vitals",
    "Wish",
    "Wished",
    "at_counter",
    "called",
    "care",
    "caring",
    "clock",
    "consent",
    "follow_care",
    "follow_guardians",
    "follow_tasks",
    "icd",
    "is_open",
    "measures",
    "now_known",
    "of_myself",
    "person",
    "places",
    "resources",
    "today",
    "told",
    "totals",
]
