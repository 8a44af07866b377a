"""Invented doctors and nurses: Practitioner and PractitionerRole, found by NIK as SATUSEHAT's clients look for them."""

import random
from datetime import UTC, date, datetime
from typing import Any

from sekali import care, fhir, kernel, records

from . import words
from .places import facilities

_KINDS = (("dr.", "doctor", "Doctor", 2), ("Ns.", "nurse", "Nurse", 2))
"""Title, code and name of the role, how many at a puskesmas; a hospital has one doctor for each department."""
_ROLE = "http://terminology.hl7.org/CodeSystem/practitioner-role"
_META = {"tag": [{"system": fhir.TAG, "code": "fictitious"}]}


def practitioners(seed: int, as_of: date) -> list[records.Prepared]:
    """Those of every facility, ready to load. Their NIKs lie in district 9900, apart from the citizens'."""
    rng = random.Random(f"{seed}/practitioners")
    ids, at = kernel.ids_from(rng), datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC)
    rows = []
    for facility, departments in facilities(seed):
        for title, code, name, count in _KINDS:
            many = count if facility.kind == "puskesmas" or code == "nurse" else len(departments)
            for _ in range(many):
                person = _practitioner(rng, title, len(rows))
                id = ids.within(kernel.CITY, 0)
                role = _role(facility, id, person["name"][0]["text"], code, name)
                for resource, own in ((person, id), (role, ids.within(kernel.CITY, 0))):
                    rows.append(records.prepare(kernel.encode(resource | {"meta": _META}), own, 1, at))
    return rows


def _practitioner(rng: random.Random, title: str, index: int) -> dict[str, Any]:
    sex = rng.choice(("male", "female"))
    born = date(rng.randint(1966, 1999), rng.randint(1, 12), rng.randint(1, 28))
    nik = f"990000{born.day + (40 if sex == 'female' else 0):02}{born:%m%y}{index + 1:04}"
    name = f"{title} {rng.choice(words.MEN if sex == 'male' else words.WOMEN)} {rng.choice(words.LAST)} (contoh)"
    return {
        "resourceType": "Practitioner",
        "identifier": [{"use": "official", "system": fhir.NIK, "value": nik}],
        "active": True,
        "name": [{"use": "official", "text": name}],
        "gender": sex,
        "birthDate": born.isoformat(),
    }


def _role(facility: care.Facility, practitioner: object, who: str, code: str, name: str) -> dict[str, Any]:
    return {
        "resourceType": "PractitionerRole",
        "active": True,
        "practitioner": care.resources.reference("Practitioner", practitioner, who),
        "organization": care.resources.reference("Organization", facility.id, facility.name),
        "code": [care.resources.concept(_ROLE, code, name)],
    }
