"""The counter: one scan, and nobody is asked again."""

import secrets
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from sekali import audit, fhir, identity, kernel, records, security

from . import reading, resources
from .facilities import Facilities, today
from .places import region_name
from .referrals import Referrals
from .relations import at_counter, require_facility
from .views import Arrival, Department, Person, Prefill, Registration, Slip, Visit
from .visits import live_visit, new_visit, visit_here

CONTEXT = ("Patient", "Coverage", "AllergyIntolerance", "Condition", "MedicationRequest")
_CARD = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
MOST_SECONDS = Decimal(3600)


class Counter:
    """Check-in: a returning person by one scan, a new one by the only form there is."""

    def __init__(
        self,
        database: kernel.Database,
        store: records.Store,
        directory: identity.Directory,
        doorkeeper: security.Doorkeeper,
        facilities: Facilities,
        referrals: Referrals,
    ) -> None:
        self._database = database
        self._store = store
        self._directory = directory
        self._doorkeeper = doorkeeper
        self._facilities = facilities
        self._referrals = referrals

    async def find(self, actor: security.Actor, text: str) -> UUID:
        """The person of a scanned or typed number. Raises Invalid (nonsense) or NotFound (nobody known by it)."""
        facility = require_facility(actor)
        scan = identity.read_scan(text)
        if scan.kind is identity.ScanKind.REFERRAL:
            return await self._referrals.citizen_of(actor, scan.value)
        found = await self._directory.find_scan(scan, facility)
        if found is None:
            raise kernel.NotFound("Nobody is known by this number yet.", path=scan.kind.value)
        return found

    async def find_by_name(self, actor: security.Actor, name: str, birth_date: date) -> list[Person]:
        """Those born that day with a name like it, at most 20, likest first."""
        require_facility(actor)
        grant = security.decide(actor, security.Purpose.REGISTRATION)
        matches = await self._directory.like(grant, name, birth_date)
        found = await self._store.under(grant).read_many("Patient", [match.citizen for match in matches])
        return [reading.person(one) for one in found]

    async def arrive(self, actor: security.Actor, citizen: UUID) -> Arrival:
        """All that would have been asked, in one look. Raises NotFound, Forbidden."""
        facility = await self._facilities.one(actor.facility)
        record = await self._store.under(at_counter(actor, citizen)).record(CONTEXT)
        if not record["Patient"]:
            raise kernel.NotFound("Nobody is known by this number yet.")
        referral = await self._referrals.live_for(citizen, facility.id)
        departments = await self._facilities.departments(facility.id)
        return Arrival(
            person=reading.person(record["Patient"][0]),
            coverage=reading.coverage(record),
            allergies=reading.allergies(record),
            problems=reading.problems(record),
            medications=reading.medications(record),
            referral=referral,
            departments=tuple(departments),
            department=_department(departments, referral.department_code if referral else None),
            visit=await live_visit(self._database, self._store.cipher, citizen, facility.id, today(facility.zone)),
            newborns=tuple(await self.newborns(actor, reading.person(record["Patient"][0]).nik)),
        )

    async def newborns(self, actor: security.Actor, mother_nik: str | None) -> list[Person]:
        """Children that were registered by their mother's NIK, youngest first."""
        if mother_nik is None:
            return []
        grant = security.decide(actor, security.Purpose.REGISTRATION)
        ids = await self._directory.newborns(grant, mother_nik)
        return [reading.person(one) for one in await self._store.under(grant).read_many("Patient", ids)] if ids else []

    async def family_facts(self, actor: security.Actor, mother_nik: str, kk: str) -> dict[str, str]:
        """What the mother's record or the family card tells of somebody new: KK, address, RT, RW, village."""
        grant = security.decide(actor, security.Purpose.REGISTRATION)
        member = await self._directory.find(fhir.NIK, mother_nik) if mother_nik else None
        family = [member] if member else await self._directory.family(grant, kk) if kk else []
        known = await self._store.under(grant).read_many("Patient", family[:1]) if family else []
        return reading.home(known[0].resource) if known else {}

    async def check_in(
        self, actor: security.Actor, citizen: UUID, department: UUID, seconds: Decimal, referral: UUID | None = None
    ) -> Visit:
        """Receive somebody who is known. The same person twice at once is one visit.

        Questions are counted here: none, or one when the clerk had to ask for another department than was known.
        :param seconds: from the scan to the confirmation.
        """
        facility = await self._facilities.one(actor.facility)
        departments = await self._facilities.departments(facility.id)
        chosen = _chosen(departments, department)
        expected = await self._referrals.live_for(citizen, facility.id)
        if referral is not None and (expected is None or expected.id != referral):
            await self._referrals.refuse_use(actor, referral)
        known = _department(departments, expected.department_code if expected else None)
        used = expected if expected is not None and chosen.id == known.id else None
        grant = at_counter(actor, citizen)
        person = reading.person(await self._store.under(grant).read("Patient", citizen))
        at, day = kernel.now(), today(facility.zone)
        try:
            async with self._store.change(grant) as change:
                visit = await new_visit(
                    change.tx, self._store.cipher, facility, chosen, person, at, day, "referral" if used else "returning",
                    0 if chosen.id == known.id else 1, min(seconds, MOST_SECONDS), used.id if used else None,
                )  # fmt: skip
                await change.create(resources.encounter(visit), visit.id)
                if used is not None:
                    await self._referrals.use(change, used, visit, at, day)
                change.note(audit.Kind.CHECKED_IN, citizen, f"Encounter/{visit.id}")
        except kernel.Duplicate:
            already = await live_visit(self._database, self._store.cipher, citizen, facility.id, day)
            if already is None:
                raise
            return already
        return visit

    def prefill(self, nik_text: str) -> Prefill:
        """What the NIK tells by itself. Raises Invalid."""
        nik = identity.parse_nik(nik_text)
        return Prefill(nik.value, nik.born, nik.sex, region_name(nik.province, nik.regency), nik.fictitious)

    async def register(self, actor: security.Actor, form: Registration, seconds: Decimal) -> Visit:
        """Keep somebody who was never seen before, and receive them.

        Raises Invalid (a field, by its name), Conflict (somebody with this NIK or JKN number is known).
        """
        facility = await self._facilities.one(actor.facility)
        known = await self.family_facts(actor, form.mother_nik, form.kk)
        tidy, questions = _checked(form, facility.zone, known)
        chosen = _chosen(await self._facilities.departments(facility.id), tidy.department)
        citizen, at = kernel.new_person(), kernel.now()
        card = "".join(secrets.choice(_CARD) for _ in range(16))
        async with self._store.change(at_counter(actor, citizen)) as change:
            patient = await change.create(resources.patient(tidy, card, facility.city_code), citizen)
            if tidy.jkn:
                await change.create(resources.coverage(citizen, tidy.jkn))
            person = reading.person(patient)
            visit = await new_visit(
                change.tx, self._store.cipher, facility, chosen, person, at, today(facility.zone), "first", questions,
                min(seconds, MOST_SECONDS), None,
            )  # fmt: skip
            await change.create(resources.encounter(visit), visit.id)
            activation = await self._doorkeeper.invite(change.tx, person.name, citizen=citizen)
            change.note(audit.Kind.REGISTERED, citizen, f"Patient/{citizen}")
        return replace(visit, activation=activation)

    async def slip(self, actor: security.Actor, visit_id: UUID) -> Slip:
        """The queue slip with the citizen's QR. Raises NotFound."""
        facility = await self._facilities.one(actor.facility)
        visit = await visit_here(self._database, self._store.cipher, visit_id, facility.id)
        grant = at_counter(actor, visit.citizen)
        return Slip(visit, reading.person(await self._store.under(grant).read("Patient", visit.citizen)), facility)

    async def invite(self, actor: security.Actor, visit_id: UUID) -> str:
        """A new code for the citizen's own page, for somebody who stands at the counter."""
        visit = await visit_here(self._database, self._store.cipher, visit_id, require_facility(actor))
        async with self._database.transaction() as tx:
            return await self._doorkeeper.invite(tx, visit.name, citizen=visit.citizen)


def _department(departments: list[Department], code: str | None) -> Department:
    """The one that is known to be right: the referral's, else the general one."""
    for department in departments:
        if department.code == code:
            return department
    if not departments:
        raise kernel.NotFound("This facility has no department.")
    return departments[0]  # the general one comes first


def _chosen(departments: list[Department], id: UUID) -> Department:
    for department in departments:
        if department.id == id:
            return department
    raise kernel.Invalid("Choose a department of this facility.", path="department")


_ASKED = ("nik", "no_nik_reason", "mother_nik", "birth_order", "birth_place", "mother_name", "kk", "jkn", "phone",
          "address", "rt", "rw", "village", "name")  # fmt: skip


def _checked(form: Registration, zone: str, known: dict[str, str]) -> tuple[Registration, int]:
    """The form with tidy numbers, and how many questions it took: what the NIK or the family tells is not counted."""
    faults = []
    nik = mother = None
    try:
        nik = identity.parse_nik(form.nik) if form.nik else None
    except kernel.Invalid as wrong:
        faults.append(kernel.Fault("nik", wrong.message))
    try:
        mother = identity.parse_nik(form.mother_nik) if form.mother_nik else None
    except kernel.Invalid as wrong:
        faults.append(kernel.Fault("mother_nik", wrong.message))
    if not (form.nik or form.mother_nik or form.no_nik_reason):
        faults.append(kernel.Fault("nik", "Type the NIK; for a newborn the mother's; else say why there is none."))
    if len(form.name.strip()) < 2:
        faults.append(kernel.Fault("name", "Type the name as on the card."))
    if form.sex not in ("male", "female"):
        faults.append(kernel.Fault("sex", "Choose the sex."))
    if not date(1890, 1, 1) <= form.birth_date <= today(zone):
        faults.append(kernel.Fault("birth_date", "This is no birth date of somebody alive."))
    if form.jkn and not (form.jkn.isascii() and form.jkn.isdecimal() and len(form.jkn) == 13):
        faults.append(kernel.Fault("jkn", "A JKN number has 13 digits."))
    if form.kk and not (form.kk.isascii() and form.kk.isdecimal() and len(form.kk) == 16):
        faults.append(kernel.Fault("kk", "A family card number (KK) has 16 digits."))
    if faults:
        raise kernel.Invalid("Please look at the marked fields.", faults=faults)
    answers = {field: getattr(form, field) for field in _ASKED if getattr(form, field) not in ("", None)}
    questions = sum(known.get(field) != answer for field, answer in answers.items())
    questions += nik is None or form.sex != nik.sex
    questions += nik is None or form.birth_date != nik.born
    tidy = replace(
        form, name=" ".join(form.name.split()), nik=nik.value if nik else "", mother_nik=mother.value if mother else ""
    )
    return tidy, questions
