"""A person's own record on paper: a document that anybody can read, print, or have read aloud."""

from collections.abc import Sequence
from datetime import date
from functools import partial

from sekali import care, kernel, program, records

from .files import long_day

MOST = 2000
"""Resources on paper; 2,000 are about fifty pages."""
FIRST = (
    "AllergyIntolerance", "Condition", "MedicationRequest", "MedicationDispense", "MedicationStatement", "Encounter",
    "Observation", "DiagnosticReport", "Procedure", "Immunization", "ServiceRequest", "Composition", "Coverage", "RelatedPerson",
    "Consent",
)  # fmt: skip
"""What a reader looks for first, in this order."""
TITLES = {
    "AllergyIntolerance": "Allergies", "Condition": "Diagnoses and complaints", "MedicationRequest": "Prescriptions",
    "MedicationDispense": "Medicines handed out", "MedicationStatement": "Medicines taken", "Encounter": "Visits",
    "Observation": "Measurements and results", "DiagnosticReport": "Reports", "Procedure": "Procedures",
    "Immunization": "Vaccinations", "ServiceRequest": "Referrals and orders", "Composition": "Letters and summaries",
    "Coverage": "Insurance", "RelatedPerson": "Family", "Consent": "What I opened and closed",
}  # fmt: skip
_NAMED = frozenset({"Organization", "Practitioner", "Location", "Medication"})
_ELSEWHERE = _NAMED | {"Patient", "Task", "Provenance"}
"""Told above, beside others, or only of use to programs."""


def document(kept: Sequence[records.Stored], language: str, today: date) -> program.documents.Document:
    """The record as a document of headings and tables; the Patient is the first of what is kept."""
    say, person = partial(kernel.translate, language), care.person(kept[0])
    named = {one.reference: care.called(one.resource) for one in kept if one.type in _NAMED}
    lines = care.told((one.resource for one in kept if one.type not in _ELSEWHERE), named)
    blocks: list[program.documents.Block] = [
        program.documents.Paragraph(
            say(
                "This is what Sekali keeps about you, in words. What only programs need is in the copy as FHIR. Keep it safe."
            )
        ),
        program.documents.Heading(1, say("Who I am")),
        program.documents.Facts(_who(person, say, language)),
    ]
    for kind in (*FIRST, *sorted(lines.keys() - set(FIRST))):
        if kind in lines:
            blocks += _section(say(TITLES[kind]) if kind in TITLES else kind, lines[kind], say, language)
    return program.documents.Document(
        person.name, say("Own copy"), say("My record"), long_day(today, language), language, tuple(blocks), person.fictitious
    )  # fmt: skip


def _who(person: care.Person, say: partial[str], language: str) -> tuple[tuple[str, str], ...]:
    born = long_day(person.birth_date, language) if person.birth_date else person.birth_date_text
    sex = {"male": say("man"), "female": say("woman")}.get(person.sex, say("not known"))
    pairs = (
        (say("Name"), person.name), (say("Born"), born), (say("Sex"), sex), ("NIK", person.nik or ""), ("JKN", person.jkn or ""),
        (say("Address"), person.address), (say("Phone"), person.phone),
    )  # fmt: skip
    return tuple((name, value) for name, value in pairs if value)


def _section(title: str, lines: Sequence[care.Line], say: partial[str], language: str) -> list[program.documents.Block]:
    rows = tuple(
        (long_day(one.day, language) if one.day else "", one.what, _more(one, say), one.where) for one in lines
    )  # fmt: skip
    head = (say("When"), say("What"), say("More"), say("Where, by whom"))
    return [
        program.documents.Heading(1, f"{title} ({len(lines)})"),
        program.documents.Table(head, rows, (17, 30, 33, 20)),
    ]


def _more(one: care.Line, say: partial[str]) -> str:
    return "; ".join(text for text in (one.more, say(one.status) if one.status else "") if text)
