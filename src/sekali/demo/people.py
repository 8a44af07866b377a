"""Invented people: families with their numbers and two years of care. The same for the same seed; nobody is real.

Every NIK and KK begins with 99, a province that does not exist, and every resource carries the tag ``fictitious``.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sekali import care, fhir, kernel, records

from . import words
from .places import CITY, facilities

SUNDAY = 6
BATCH = 400
"""People of one batch: one transaction of the load."""
Resource = dict[str, Any]
_CARD = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_META = {"tag": [{"system": fhir.TAG, "code": "fictitious"}]}


@dataclass(frozen=True, slots=True)
class Example:
    """Somebody to try the walk-through with; always the first people of the city."""

    name: str
    sex: str
    born: date
    card: str
    problem: tuple[str, str] | None
    allergy: str


EXAMPLES = (
    Example(
        "Siti Rahayu (contoh)",
        "female",
        date(1968, 3, 12),
        "CONTOH2SITI",
        ("E11.9", "Type 2 diabetes mellitus"),
        "Penisilin",
    ),
    Example(
        "Budi Santoso (contoh)",
        "male",
        date(1975, 8, 17),
        "CONTOH3BUDI",
        ("I10", "Essential (primary) hypertension"),
        "",
    ),
    Example("Wulan Lestari (contoh)", "female", date(1994, 11, 5), "CONTOH4WULAN", None, "Udang"),
)


def nik(index: int, born: date, sex: str) -> str:
    """A NIK of valid form that belongs to nobody: (district, serial) is unique for each index below 989,901."""
    day = born.day + (40 if sex == "female" else 0)
    return f"9901{1 + index // 9999:02}{day:02}{born:%m%y}{1 + index % 9999:04}"


class _Batch:
    """The people of one batch, built one after the other from one random source."""

    def __init__(self, seed: int, number: int, as_of: date) -> None:
        self.rng = random.Random(f"{seed}/{number}")
        self.ids = kernel.ids_from(self.rng)
        self.at = int(datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC).timestamp() * 1000)
        self.updated = datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC)
        self.as_of = as_of
        self.places = facilities(seed)
        self.villages = care.places.villages(CITY)
        self.out: list[tuple[Resource, UUID]] = []

    def add(self, resource: Resource, id: UUID) -> UUID:
        self.out.append(({**resource, "meta": _META}, id))
        return id


def people(seed: int, population: int, number: int, as_of: date) -> list[records.Prepared]:
    """Batch ``number`` (from 0) of the city's people: their resources, checked and ready to load."""
    batch = _Batch(seed, number, as_of)
    first, last = number * BATCH, min((number + 1) * BATCH, population)
    index = first
    while index < last:
        index += _family(batch, index, last - index)
    return [records.prepare(kernel.encode(resource), id, 1, batch.updated) for resource, id in batch.out]


def _family(batch: _Batch, index: int, most: int) -> int:
    """One family; how many people."""
    rng = batch.rng
    village, village_name = rng.choice(batch.villages)
    home = {
        "kk": f"9902{index:012}", "village": village, "line": f"Jl. {rng.choice(words.STREETS)} No. {rng.randint(1, 180)}",
        "rt": f"{rng.randint(1, 12):03}", "rw": f"{rng.randint(1, 15):03}",
        "puskesmas": _near(batch, village_name.rpartition(", ")[2]),
    }  # fmt: skip
    members = list(_members(batch, index == 0))[:most]
    for n, (name, sex, born, example) in enumerate(members):
        _person(batch, index + n, name, sex, born, home, example)
    return len(members)


def _near(batch: _Batch, district: str) -> int:
    """The place (its number) of a puskesmas in this district, else any."""
    near = [n for n, (f, _) in enumerate(batch.places) if f.kind == "puskesmas" and f.district == district]
    return batch.rng.choice(near or range(18))


def _members(batch: _Batch, examples: bool) -> Iterator[tuple[str, str, date, Example | None]]:
    rng = batch.rng
    if examples:
        for one in EXAMPLES:
            yield one.name, one.sex, one.born, one
        return
    head_age = min(85, max(22, int(rng.gauss(46, 14))))
    father = rng.random() < 0.85
    yield _name(rng, "male" if father else "female"), "male" if father else "female", _born(batch, head_age), None
    mother_age = max(20, head_age - rng.randint(-2, 8)) if father else head_age
    if father and rng.random() < 0.88:
        yield _name(rng, "female"), "female", _born(batch, mother_age), None
    for _ in range(rng.choices((0, 1, 2, 3, 4), (18, 28, 34, 15, 5))[0]):
        age = mother_age - rng.randint(20, 38)
        if 0 <= age <= 28:
            sex = rng.choice(("male", "female"))
            yield _name(rng, sex), sex, _born(batch, age), None
    if rng.random() < 0.12 and head_age < 62:
        yield _name(rng, "female"), "female", _born(batch, head_age + rng.randint(20, 30)), None


def _name(rng: random.Random, sex: str) -> str:
    return f"{rng.choice(words.MEN if sex == 'male' else words.WOMEN)} {rng.choice(words.LAST)}"


def _born(batch: _Batch, age: int) -> date:
    return batch.as_of - timedelta(days=age * 365 + age // 4 + batch.rng.randint(1, 364))


def _person(
    batch: _Batch, index: int, name: str, sex: str, born: date, home: Resource, example: Example | None
) -> None:
    rng = batch.rng
    id = batch.ids.person(batch.at)
    jkn = f"0009{index:09}" if example or rng.random() < 0.984 else ""  # 98.45 % at the end of 2024
    card = example.card if example else "".join(rng.choices(_CARD, k=16))
    form = care.Registration(
        name=name, sex=sex, birth_date=born, department=id, nik=nik(index, born, sex), kk=home["kk"], jkn=jkn,
        birth_place="Yogyakarta", phone=f"000{index:09}", address=home["line"], rt=home["rt"],
        rw=home["rw"], village=home["village"],
    )  # fmt: skip
    batch.add(care.resources.patient(form, card, CITY), id)
    if jkn:
        batch.add(care.resources.coverage(id, jkn), batch.ids.within(kernel.shard_of(id), batch.at))
    age = (batch.as_of - born).days // 365
    allergy = example.allergy if example else rng.choice(words.ALLERGENS) if rng.random() < 0.07 else ""
    if allergy:
        batch.add(_allergy(id, allergy), batch.ids.within(kernel.shard_of(id), batch.at))
    chronic = (
        example.problem
        if example
        else rng.choice(words.CHRONIC)
        if age > 40 and rng.random() < (age - 30) / 90
        else None
    )
    if chronic:
        _chronic(batch, id, chronic)
    for _ in range(3 if example else rng.choices((0, 1, 2, 3, 5), (20, 30, 25, 15, 10))[0]):
        _visit(batch, id, name, born, home, chronic)


def _chronic(batch: _Batch, id: UUID, problem: tuple[str, str]) -> None:
    shard = kernel.shard_of(id)
    since = batch.as_of - timedelta(days=batch.rng.randint(200, 2500))
    batch.add(
        {
            "resourceType": "Condition",
            "clinicalStatus": care.resources.concept(fhir.CONDITION_CLINICAL, "active"),
            "category": [care.resources.concept(fhir.CONDITION_CATEGORY, "problem-list-item")],
            "code": care.resources.concept(fhir.ICD10, problem[0], problem[1], problem[1]),
            "subject": {"reference": f"Patient/{id}"},
            "recordedDate": since.isoformat(),
        },
        batch.ids.within(shard, batch.at),
    )
    name, dose = words.CHRONIC_DRUGS[problem[0]]
    batch.add(
        {
            "resourceType": "MedicationRequest", "status": "active", "intent": "order",
            "medicationCodeableConcept": {"text": name}, "subject": {"reference": f"Patient/{id}"},
            "authoredOn": since.isoformat(), "dosageInstruction": [{"text": dose}],
        },
        batch.ids.within(shard, batch.at),
    )  # fmt: skip


def _allergy(id: UUID, substance: str) -> Resource:
    return {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": care.resources.concept(fhir.ALLERGY_CLINICAL, "active"),
        "verificationStatus": care.resources.concept(fhir.ALLERGY_VERIFICATION, "confirmed"),
        "code": {"text": substance},
        "patient": {"reference": f"Patient/{id}"},
    }


def _visit(batch: _Batch, id: UUID, name: str, born: date, home: Resource, chronic: tuple[str, str] | None) -> None:
    """One finished visit: Encounter, diagnosis, sometimes vital signs and a prescription."""
    rng, shard = batch.rng, kernel.shard_of(id)
    facility, departments = batch.places[
        home["puskesmas"] if rng.random() < 0.85 else rng.randrange(18, len(batch.places))
    ]
    day = batch.as_of - timedelta(days=min(rng.randint(3, 730), max(0, (batch.as_of - born).days - 1)))
    if day.weekday() == SUNDAY:
        day += timedelta(days=1)
    start = datetime.combine(day, datetime.min.time(), UTC) + timedelta(minutes=rng.randint(60, 300))
    called, ended = start + timedelta(minutes=rng.randint(5, 70)), start + timedelta(minutes=rng.randint(75, 110))
    encounter = batch.ids.within(shard, batch.at)
    visit = care.Visit(
        encounter, facility.id, facility.name, departments[0].id, departments[0].name, id, name, None, "A-000", "arrived",
        "returning", start, None, None, 0, Decimal(0), None,
    )  # fmt: skip
    resource = care.resources.encounter(visit)
    resource = care.resources.move_encounter(resource, "in-progress", called)
    batch.add(care.resources.move_encounter(resource, "finished", ended), encounter)
    code, text, drug, dose = (
        (*chronic, *words.CHRONIC_DRUGS[chronic[0]]) if chronic and rng.random() < 0.5 else rng.choice(words.ACUTE)
    )
    batch.add(care.resources.diagnosis(visit, care.Diagnosis(code, text), called), batch.ids.within(shard, batch.at))
    if (day - born).days >= 15 * 365:
        for vital, value in (("systolic", rng.randint(100, 165)), ("diastolic", rng.randint(60, 100))):
            batch.add(
                care.resources.observation(visit, vital, Decimal(value), called), batch.ids.within(shard, batch.at)
            )
    if rng.random() < 0.8:
        order = care.resources.medication_request(visit, care.Medication(drug, dose), "Dokter contoh", called)
        batch.add(order | {"status": "completed"}, batch.ids.within(shard, batch.at))
