"""$summary: an International Patient Summary. http://hl7.org/fhir/uv/ips (OperationDefinition/summary)

A document: first the Composition, then everything that it refers to, and what that names. Sections that the guide
requires are always there; where nothing is known the section says so and has no entries.
"""

from collections.abc import Callable, Iterable
from html import escape
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import Response

from sekali import fhir, kernel, records, security

from ..doors import Doors
from ..messages import base_url, resource_id
from ..outcomes import FHIR_JSON
from .asked import asked

PROFILE = "http://hl7.org/fhir/uv/ips/StructureDefinition"
EMPTY = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
Resource = dict[str, Any]


class Section(NamedTuple):
    """One section. ``what``: the element that says in words what an entry is about."""

    title: str
    code: str
    display: str
    what: dict[str, str]
    required: bool


SECTIONS = (
    Section("Alergi dan intoleransi", "48765-2", "Allergies and adverse reactions Document",
            {"AllergyIntolerance": "code"}, True),
    Section("Obat", "10160-0", "History of Medication use Narrative",
            {"MedicationStatement": "medication", "MedicationRequest": "medication"}, True),
    Section("Masalah kesehatan", "11450-4", "Problem list - Reported", {"Condition": "code"}, True),
    Section("Imunisasi", "11369-6", "History of Immunization Narrative", {"Immunization": "vaccineCode"}, False),
    Section("Tindakan", "47519-4", "History of Procedures Document", {"Procedure": "code"}, False),
)  # fmt: skip
TYPES = tuple(type for section in SECTIONS for type in section.what)


async def summary(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``GET /Patient/{id}/$summary``. Raises NotFound, Forbidden (no relation to this person)."""
    person = resource_id(request, "Patient")
    await asked(request, ())
    made = await document(doors.store, grant.about(person), base_url(request))
    return Response(made, media_type=FHIR_JSON)


async def document(store: records.Store, grant: security.Grant, base: str) -> bytes:
    """The summary of the Grant's person as JSON; ``base``: where the server is. Raises NotFound, Forbidden."""
    if grant.subject is None:
        raise kernel.Forbidden("It is not clear whose data this is about.")
    person, reader = grant.subject, store.under(grant)
    patient = await reader.read("Patient", person)
    record = await reader.record(TYPES)
    kept = [
        (section, [one for type in section.what for one in record[type] if _stands(one.resource)])
        for section in SECTIONS
    ]
    entries = [one for _, found in kept for one in found]
    facility = grant.actor.facility
    author = [await reader.read("Organization", facility)] if facility is not None else []
    along = [*author, *await reader.named([patient, *entries])]
    medicines = {one.reference: _words(one.resource.get("code", {})) for one in along if one.type == "Medication"}
    composition = _composition(person, author, grant, kept, lambda one, name: _what(one, name, medicines))
    return kernel.encode(_document(base, composition, [patient, *entries, *along]))


def _stands(resource: Resource) -> bool:
    """Neither entered in error nor over: a summary tells what holds now."""
    states = {code for name in ("clinicalStatus", "verificationStatus") for code in _codes(resource.get(name, {}))}
    states.add(resource.get("status", ""))
    return states.isdisjoint(
        {
            "entered-in-error",
            "refuted",
            "not-done",
            "cancelled",
            "draft",
            "not-taken",
            "stopped",
            "resolved",
            "inactive",
        }
    )


def _codes(concept: Resource) -> Iterable[str]:
    return (coding.get("code", "") for coding in concept.get("coding", ()))


def _composition(
    person: UUID, author: list[records.Stored], grant: security.Grant, kept: list[tuple[Section, list[records.Stored]]],
    what: Callable[[Resource, str], str],
) -> Resource:  # fmt: skip
    by = {"reference": author[0].reference if author else f"Patient/{person}"}  # whoever takes it along oneself
    return {
        "resourceType": "Composition",
        "id": str(uuid4()),
        "meta": {"profile": [f"{PROFILE}/Composition-uv-ips"]},
        "language": "id",
        "status": "final",
        "type": {"coding": [{"system": fhir.LOINC, "code": "60591-5", "display": "Patient summary Document"}]},
        "subject": {"reference": f"Patient/{person}"},
        "date": kernel.fhir_instant(kernel.now()),
        "author": [by],
        "title": "Ringkasan pasien",
        "section": [_section(one, found, what) for one, found in kept if found or one.required],
    }


def _section(section: Section, found: list[records.Stored], what: Callable[[Resource, str], str]) -> Resource:
    lines = [what(one.resource, section.what[one.type]) for one in found]
    told: Resource = {
        "title": section.title,
        "code": {"coding": [{"system": fhir.LOINC, "code": section.code, "display": section.display}]},
        "text": {"status": "generated", "div": _narrative(lines)},
    }
    if found:
        return told | {"entry": [{"reference": one.reference} for one in found]}
    reason = {"system": EMPTY, "code": "unavailable", "display": "Unavailable"}
    return told | {"emptyReason": {"coding": [reason], "text": "Tidak ada catatan"}}


def _narrative(lines: list[str]) -> str:
    inside = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{f"<ul>{inside}</ul>" if lines else "<p>Tidak ada catatan</p>"}</div>'


def _what(resource: Resource, name: str, medicines: dict[str, str]) -> str:
    """What an entry is about, in words, with its day."""
    concept = resource.get(name) or resource.get(f"{name}CodeableConcept")
    reference = resource.get(f"{name}Reference", {})
    text = _words(concept) if concept else medicines.get(reference.get("reference", "")) or reference.get("display", "")
    days = (
        "onsetDateTime",
        "recordedDate",
        "authoredOn",
        "occurrenceDateTime",
        "performedDateTime",
        "effectiveDateTime",
    )
    day = next((resource[name][:10] for name in days if name in resource), "")
    return f"{text or '?'} ({day})" if day else text or "?"


def _words(concept: Resource) -> str:
    codings = concept.get("coding", ())
    names = (coding[name] for name in ("display", "code") for coding in codings if name in coding)
    return concept.get("text") or next(names, "")


def _document(base: str, composition: Resource, rest: list[records.Stored]) -> Resource:
    entries: list[Resource] = [{"fullUrl": f"urn:uuid:{composition['id']}", "resource": composition}]
    for reference, one in {one.reference: one for one in rest}.items():
        entries.append({"fullUrl": f"{base}/{reference}", "resource": kernel.Raw(one.content)})
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [f"{PROFILE}/Bundle-uv-ips"]},
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{uuid4()}"},
        "type": "document",
        "timestamp": kernel.fhir_instant(kernel.now()),
        "entry": entries,
    }
