"""Views out of FHIR resources, as pure functions."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sekali import fhir, records

from .places import dotted, village_name
from .resources import VITAL_CODES
from .views import Coverage, Diagnosis, Examination, Medication, PastVisit, Person, Vitals

Record = dict[str, list[records.Stored]]
MOST_PAST = 20


def person(stored: records.Stored) -> Person:
    """Who it is."""
    resource = stored.resource
    numbers = {i.get("system"): i.get("value") for i in resource.get("identifier", ())}
    born = resource.get("birthDate", "")
    return Person(
        id=stored.id,
        name=name(resource),
        sex=resource.get("gender", "unknown"),
        birth_date=date.fromisoformat(born) if len(born) == 10 else None,
        birth_date_text=born,
        nik=numbers.get(fhir.NIK),
        jkn=numbers.get(fhir.JKN),
        card=numbers.get(fhir.CARD),
        kk=numbers.get(fhir.KK),
        mother_nik=numbers.get(fhir.NIK_IBU),
        birth_place=_birth_place(resource),
        phone=next((t.get("value", "") for t in resource.get("telecom", ()) if t.get("system") == "phone"), ""),
        address=next((_address(a) for a in resource.get("address", ())), ""),
        fictitious=any(tag.get("code") == "fictitious" for tag in resource.get("meta", {}).get("tag", ())),
        known_since=stored.updated,
    )


def name(resource: dict[str, Any]) -> str:
    """The name to call."""
    for one in resource.get("name", ()):
        return one.get("text") or " ".join([*one.get("given", ()), one.get("family", "")]).strip()
    return ""


def _birth_place(resource: dict[str, Any]) -> str:
    for extension in resource.get("extension", ()):
        if extension.get("url") == fhir.BIRTH_PLACE:
            return extension.get("valueAddress", {}).get("city", "")
    return ""


def _address(address: dict[str, Any]) -> str:
    """Street, village and district as people say it."""
    parts = [*address.get("line", ()), village_name(_places(address).get("village", "")), address.get("city", "")]
    return address.get("text") or ", ".join(part for part in parts if part)


def _places(address: dict[str, Any]) -> dict[str, str]:
    """SATUSEHAT's administrative codes of an address: village, rt, rw … without dots."""
    return {
        part.get("url", ""): part.get("valueCode", "")
        for extension in address.get("extension", ())
        for part in extension.get("extension", ())
    }


def home(resource: dict[str, Any]) -> dict[str, str]:
    """KK number and address of a Patient, in the fields of the registration form."""
    found = {"kk": next((i.get("value", "") for i in resource.get("identifier", ()) if i.get("system") == fhir.KK), "")}
    for address in resource.get("address", ())[:1]:
        found["address"] = ", ".join(address.get("line", ()))
        parts = _places(address)
        found |= {name: parts.get(name, "") for name in ("rt", "rw")} | {"village": dotted(parts.get("village", ""))}
    return {name: value for name, value in found.items() if value}


def coverage(record: Record) -> Coverage | None:
    """The first coverage that is active, else the newest."""
    found = [one.resource for one in record.get("Coverage", ())]
    for resource in sorted(found, key=lambda r: r.get("status") != "active"):
        payer = next((p.get("display", "") for p in resource.get("payor", ())), "")
        return Coverage(resource.get("subscriberId", ""), payer, resource.get("status") == "active")
    return None


def words(concept: dict[str, Any]) -> str:
    """A CodeableConcept in words: its text, else a coding's display, with the ICD-10 code before it."""
    codings = concept.get("coding", ())
    text = concept.get("text") or next((c["display"] for c in codings if "display" in c), "")
    code = next((c.get("code", "") for c in codings if c.get("system") == fhir.ICD10), "")
    return f"{code} {text}".strip() or next((c.get("code", "") for c in codings), "")


def codes(concepts: Any) -> set[str]:
    """Every code of one or many CodeableConcepts."""
    many = concepts if isinstance(concepts, list) else [concepts] if concepts else []
    return {coding.get("code", "") for concept in many for coding in concept.get("coding", ())}


def _standing(resource: dict[str, Any]) -> bool:
    """Not withdrawn."""
    return "entered-in-error" not in codes(resource.get("verificationStatus")) | {resource.get("status", "")}


def allergies(record: Record) -> tuple[str, ...]:
    """Active allergies, each with what happens."""
    found = []
    for one in record.get("AllergyIntolerance", ()):
        resource = one.resource
        if _standing(resource) and "active" in (codes(resource.get("clinicalStatus")) or {"active"}):
            reactions = [words(m) for r in resource.get("reaction", ()) for m in r.get("manifestation", ())]
            found.append(words(resource.get("code", {})) + (f" ({', '.join(reactions)})" if reactions else ""))
    return _unique(found)


def problems(record: Record) -> tuple[str, ...]:
    """Lasting problems: active, on the problem list, with an ICD-10 code (a complaint of one visit has none)."""
    return _unique(
        words(one.resource["code"])
        for one in record.get("Condition", ())
        if _standing(one.resource)
        and "problem-list-item" in codes(one.resource.get("category"))
        and "active" in codes(one.resource.get("clinicalStatus"))
        and _icd10(one.resource)
    )


def medications(record: Record) -> tuple[str, ...]:
    """Active prescriptions, newest first."""
    return _unique(
        _prescription(one.resource) for one in record.get("MedicationRequest", ()) if one.resource["status"] == "active"
    )


def _prescription(resource: dict[str, Any]) -> str:
    dose = next((d.get("text", "") for d in resource.get("dosageInstruction", ())), "")
    what = words(resource.get("medicationCodeableConcept", {})) or resource.get("medicationReference", {}).get(
        "display", ""
    )
    return f"{what}, {dose}" if dose else what


def _icd10(resource: dict[str, Any]) -> Diagnosis | None:
    code = resource.get("code", {})
    for coding in code.get("coding", ()):
        if coding.get("system") == fhir.ICD10:
            return Diagnosis(coding.get("code", ""), code.get("text") or coding.get("display", ""))
    return None


def past_visits(record: Record, except_visit: object = None) -> tuple[PastVisit, ...]:
    """Visits anywhere, newest first, with what was found and ordered; at most 20."""
    found: dict[str, list[str]] = {}
    ordered: dict[str, list[str]] = {}
    for one in record.get("Condition", ()):
        if _standing(one.resource) and "encounter-diagnosis" in codes(one.resource.get("category")):
            found.setdefault(_encounter(one.resource), []).append(words(one.resource["code"]))
    for one in record.get("MedicationRequest", ()):
        if _standing(one.resource):
            ordered.setdefault(_encounter(one.resource), []).append(_prescription(one.resource))
    visits = []
    for one in record.get("Encounter", ()):
        if str(one.id) == str(except_visit):
            continue
        start = one.resource.get("period", {}).get("start")
        visits.append(
            PastVisit(
                datetime.fromisoformat(start) if start and len(start) > 10 else one.updated,
                one.resource.get("serviceProvider", {}).get("display", ""),
                _unique(found.get(one.reference, ())),
                _unique(ordered.get(one.reference, ())),
            )
        )
    return tuple(sorted(visits, key=lambda visit: visit.when, reverse=True)[:MOST_PAST])


def _encounter(resource: dict[str, Any]) -> str:
    return resource.get("encounter", {}).get("reference", "")


def of_visit(record: Record, visit: object) -> dict[str, list[records.Stored]]:
    """What was written in one visit and still stands, by type."""
    wanted = f"Encounter/{visit}"
    return {
        type: [one for one in many if _encounter(one.resource) == wanted and _standing(one.resource)]
        for type, many in record.items()
    }


def examination(written: dict[str, list[records.Stored]]) -> Examination:
    """What the doctor wrote in this visit, as the form shows it."""
    conditions = [one.resource for one in reversed(written.get("Condition", ()))]
    complaint = next((r["code"].get("text", "") for r in conditions if _icd10(r) is None), "")
    by_code = {code: name for name, (code, _, _) in VITAL_CODES.items()}
    values: dict[str, Decimal] = {}
    for one in written.get("Observation", ()):
        for code in codes(one.resource.get("code")) & by_code.keys():
            values.setdefault(by_code[code], Decimal(one.resource["valueQuantity"]["value"]))
    return Examination(
        complaint=complaint,
        vitals=Vitals(**values),
        diagnoses=tuple(found for r in conditions if (found := _icd10(r))),
        medications=tuple(medication(one.resource) for one in reversed(written.get("MedicationRequest", ()))),
    )


def medication(resource: dict[str, Any]) -> Medication:
    """One line of a prescription."""
    return Medication(
        resource.get("medicationCodeableConcept", {}).get("text", ""),
        next((d.get("text", "") for d in resource.get("dosageInstruction", ())), ""),
        next((n.get("text", "") for n in resource.get("note", ())), ""),
    )


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def id_of(reference: dict[str, Any]) -> UUID | None:
    """The id that a Reference leads to, when it is one of ours."""
    try:
        return UUID(reference.get("reference", "").rpartition("/")[2])
    except ValueError:
        return None
