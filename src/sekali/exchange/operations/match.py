"""$match: who could this be? https://hl7.org/fhir/R4/patient-operation-match.html

A number that is one person's own decides (certain, unless the birth date says otherwise); without one, name and birth
date give likenesses.
"""

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from sekali import kernel, records, security

from ..doors import Doors
from ..messages import base_url
from ..outcomes import FHIR_JSON
from .asked import asked

GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
NAMES = frozenset({"resource", "onlyCertainMatches", "count"})
MOST = 20
LIKELY = 0.9
"""A likeness of names, with the same birth date, from which it is probably the same person."""

BY_NAME = 0.95
"""What the best likeness scores: two people may share a name and a birth date."""


class Guess(NamedTuple):
    """How well somebody fits: ``score`` from 0 to 1, and FHIR's grade."""

    score: float
    grade: str


async def match(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``POST /Patient/$match``: a searchset, the likeliest first. Strangers are introduced, with the numbers that were sent."""
    wanted = await asked(request, NAMES, bare="resource")
    patient = kernel.decode(wanted.resources.get("resource", b"null"))
    if not isinstance(patient, dict) or patient.get("resourceType") != "Patient":
        raise kernel.Invalid("Send the Patient to look for, in a Parameters resource.", path="resource")
    grant.may_read("Patient")
    guesses = await _guesses(doors, grant, patient)
    if wanted.flag("onlyCertainMatches"):
        guesses = {id: one for id, one in guesses.items() if one.grade == "certain"}
        guesses = guesses if len(guesses) == 1 else {}
    best = sorted(guesses, key=lambda id: -guesses[id].score)[: wanted.number("count", MOST, MOST)]
    named = records.numbers_of(patient)
    found = {one.id: one for one in await doors.store.under(grant).read_many("Patient", best, named)}
    entries = [_entry(base_url(request), found[id], guesses[id]) for id in best if id in found]
    head = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return Response(kernel.encode(head | ({"entry": entries} if entries else {})), media_type=FHIR_JSON)


async def _guesses(doors: Doors, grant: security.Grant, patient: dict[str, Any]) -> dict[UUID, Guess]:
    """Whom the numbers name, and those of the same birth date with a name like it. Raises Invalid for a broken Patient."""
    name, born = _name(patient), _born(patient)
    alike = await doors.directory.like(grant, name, born) if name and born else []
    found = {
        one.citizen: Guess(one.likeness * BY_NAME, "probable" if one.likeness >= LIKELY else "possible")
        for one in alike
    }
    same_day = set(found)
    for identifier in _dicts(patient.get("identifier")):
        system, value = identifier.get("system"), identifier.get("value")
        if not (isinstance(system, str) and isinstance(value, str)):
            continue
        id = await doors.directory.find(system, value)
        if id is not None:
            doubtful = bool(name and born) and id not in same_day
            found[id] = Guess(0.8, "probable") if doubtful else Guess(1.0, "certain")
    return found


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _name(patient: dict[str, Any]) -> str:
    for one in _dicts(patient.get("name")):
        given = one.get("given") if isinstance(one.get("given"), list) else []
        return str(one.get("text") or " ".join(map(str, [*given, one.get("family", "")]))).strip()
    return ""


def _born(patient: dict[str, Any]) -> date | None:
    try:
        return date.fromisoformat(str(patient.get("birthDate", "")))
    except ValueError:
        return None  # a year or a month alone finds too many


def _entry(base: str, one: records.Stored, guess: Guess) -> dict[str, Any]:
    return {
        "fullUrl": f"{base}/{one.reference}",
        "resource": kernel.Raw(one.content),
        "search": {
            "extension": [{"url": GRADE, "valueCode": guess.grade}],
            "mode": "match",
            "score": round(guess.score, 3),
        },
    }
