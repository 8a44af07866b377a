"""What the desks see. Plain values; the pages decide how they look."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

from sekali import audit


@dataclass(frozen=True, slots=True)
class Hours:
    """Open on a day (0 Monday) from ``opens`` to ``closes``, the facility's own time."""

    day: int
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Department:
    """A *poli*. ``taken_today`` counts visits and referrals that were accepted for today."""

    id: UUID
    facility: UUID
    code: str
    name: str
    letter: str
    daily_capacity: int
    general: bool
    taken_today: int = 0

    @property
    def free_today(self) -> int:
        """Places left today, never below 0."""
        return max(0, self.daily_capacity - self.taken_today)


@dataclass(frozen=True, slots=True)
class Facility:
    """A puskesmas or a hospital. ``city_code`` is Kemendagri's, dotted."""

    id: UUID
    ppk: str
    name: str
    kind: str
    hospital_class: str
    address: str
    district: str
    city_code: str
    latitude: Decimal
    longitude: Decimal
    zone: str
    phone: str
    demo: bool
    hours: tuple[Hours, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is."""

    id: UUID
    name: str
    sex: str
    birth_date: date | None
    birth_date_text: str
    nik: str | None
    jkn: str | None
    card: str | None
    kk: str | None
    mother_nik: str | None
    birth_place: str
    phone: str
    address: str
    fictitious: bool
    known_since: datetime

    @property
    def nik_masked(self) -> str:
        """First six and last two digits; empty without a NIK."""
        return f"{self.nik[:6]}••••••••{self.nik[-2:]}" if self.nik else ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Who pays."""

    number: str
    payer: str
    active: bool


@dataclass(frozen=True, slots=True)
class Medication:
    """One line of a prescription."""

    name: str
    dose: str = ""
    quantity: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """An ICD-10 code and its words."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Allergy:
    """To what, and what happens."""

    substance: str
    reaction: str = ""


@dataclass(frozen=True, slots=True)
class Vitals:
    """mm[Hg], beats and breaths a minute, °C, kg, cm; None where not taken."""

    systolic: Decimal | None = None
    diastolic: Decimal | None = None
    pulse: Decimal | None = None
    temperature: Decimal | None = None
    respiration: Decimal | None = None
    weight: Decimal | None = None
    height: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One check-in and what became of it; its id is the Encounter's."""

    id: UUID
    facility: UUID
    facility_name: str
    department: UUID
    department_name: str
    citizen: UUID
    name: str
    birth_date: date | None
    number: str
    status: str
    kind: str
    arrived_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    questions: int
    seconds: Decimal
    referral: UUID | None
    activation: str = ""


@dataclass(frozen=True, slots=True)
class Referral:
    """A request to another facility; its id is the ServiceRequest's.

    ``status``: requested, accepted, declined, redirected, arrived, finished, expired, cancelled.
    """

    id: UUID
    task: UUID
    number: str
    citizen: UUID
    name: str
    birth_date: date | None
    sex: str
    from_facility: UUID
    from_name: str
    to_facility: UUID
    to_name: str
    department_code: str
    department_name: str
    reason: str
    diagnosis: str
    priority: str
    doctor_name: str
    status: str
    answer: str
    requested_at: datetime
    answered_at: datetime | None
    expires_on: date
    used_at: datetime | None
    letter_back: str


@dataclass(frozen=True, slots=True)
class PastVisit:
    """An earlier visit, anywhere."""

    when: datetime
    where: str
    diagnoses: tuple[str, ...]
    medications: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the counter sees after one scan: all that would have been asked."""

    person: Person
    coverage: Coverage | None
    allergies: tuple[str, ...]
    problems: tuple[str, ...]
    medications: tuple[str, ...]
    referral: Referral | None
    departments: tuple[Department, ...]
    department: Department
    visit: Visit | None
    newborns: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True)
class Prefill:
    """What a NIK tells the form by itself."""

    nik: str
    birth_date: date
    sex: str
    region: str
    fictitious: bool


@dataclass(frozen=True, slots=True)
class Registration:
    """The only form there is, as filled in at the first counter ever."""

    name: str
    sex: str
    birth_date: date
    department: UUID
    nik: str = ""
    no_nik_reason: str = ""
    mother_nik: str = ""
    birth_order: int | None = None
    birth_place: str = ""
    mother_name: str = ""
    kk: str = ""
    jkn: str = ""
    phone: str = ""
    address: str = ""
    rt: str = ""
    rw: str = ""
    village: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """What the doctor found and ordered."""

    complaint: str = ""
    vitals: Vitals = field(default_factory=Vitals)
    diagnoses: tuple[Diagnosis, ...] = ()
    medications: tuple[Medication, ...] = ()
    allergies: tuple[Allergy, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """All that the doctor sees of one visit."""

    visit: Visit
    person: Person
    coverage: Coverage | None
    allergies: tuple[str, ...]
    problems: tuple[str, ...]
    medications: tuple[str, ...]
    past: tuple[PastVisit, ...]
    examination: Examination
    referral_in: Referral | None
    referral_out: Referral | None


@dataclass(frozen=True, slots=True)
class HospitalOption:
    """A hospital that could take a referral, and why or why not."""

    facility: Facility
    department: Department
    distance_km: Decimal
    open_now: bool
    higher_tier: bool
    recommended: bool = False


@dataclass(frozen=True, slots=True)
class Slip:
    """The queue slip."""

    visit: Visit
    person: Person
    facility: Facility


@dataclass(frozen=True, slots=True)
class Letter:
    """The referral letter (content: domain of PMK 001/2012 and the payer's form)."""

    referral: Referral
    person: Person
    coverage: Coverage | None
    from_facility: Facility
    to_facility: Facility
    allergies: tuple[str, ...]
    problems: tuple[str, ...]
    medications: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CityMeasure:
    """A mean over all counters of one kind in one city, before and after a day. ``what``: questions or minutes."""

    what: str
    kind: str
    before: Decimal | None
    before_count: int
    after: Decimal | None
    after_count: int


@dataclass(frozen=True, slots=True)
class CounterMeasure:
    """Questions and minutes of one counter. ``None`` where nobody counted."""

    facility: str
    kind: str
    situation: str
    before: bool
    visits: int
    questions: Decimal | None
    minutes: Decimal | None
    source: str


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """What may be seen of a person."""

    person: Person
    coverage: Coverage | None
    allergies: tuple[str, ...]
    problems: tuple[str, ...]
    medications: tuple[str, ...]
    visits: tuple[PastVisit, ...]


@dataclass(frozen=True, slots=True)
class MyPage:
    """A citizen's own page."""

    record: ReadRecord
    referrals: tuple[Referral, ...]
    looks: tuple[audit.Look, ...]


@dataclass(frozen=True, slots=True)
class IcdTerm:
    """One diagnosis to choose."""

    code: str
    english: str
    indonesian: str = ""

    def text(self, language: str) -> str:
        """Its words; a lay Indonesian term where there is one."""
        return self.indonesian if language == "id" and self.indonesian else self.english
