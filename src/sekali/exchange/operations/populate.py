"""$populate: a form that is filled in with what is known, so that it is asked once.

https://hl7.org/fhir/uv/sdc (OperationDefinition/Questionnaire-populate), its simplest part: an item whose
``definition`` is an element of Patient, or whose ``code`` is a LOINC code of which the record has an Observation. What
is not known stays empty.
"""

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from sekali import fhir, kernel, records, security

from ..doors import Doors
from ..messages import base_url, resource_id
from ..outcomes import FHIR_JSON
from .asked import asked

PATIENT = "http://hl7.org/fhir/StructureDefinition/Patient#Patient."
NAMES = frozenset({"subject"})
MOST_CODES = 50
"""LOINC codes of one form that are looked for."""
Item = dict[str, Any]


async def populate(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``GET`` or ``POST /Questionnaire/{id}/$populate`` with the parameter ``subject``. Raises NotFound, Forbidden, Invalid."""
    wanted = await asked(request, NAMES)
    subject = wanted.first("subject")  # a Reference, or text in the address
    reader = doors.store.under(grant)
    form = (await reader.read("Questionnaire", resource_id(request, "Questionnaire"))).resource
    person = _person(subject)
    patient = await reader.read("Patient", person)
    observed = await _observed(reader, person, _loinc(form.get("item", ())))
    answered: Item = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": form.get("url") or f"{base_url(request)}/Questionnaire/{form['id']}",
        "status": "in-progress",
        "subject": {"reference": patient.reference},
        "authored": kernel.fhir_instant(kernel.now()),
    }
    items = [_filled(item, patient.resource, observed) for item in form.get("item", ()) if item["type"] != "display"]
    return Response(kernel.encode(answered | ({"item": items} if items else {})), media_type=FHIR_JSON)


def _person(reference: Any) -> UUID:
    text = reference.get("reference") if isinstance(reference, dict) else reference
    found = fhir.split_reference(text) if isinstance(text, str) else None
    person = kernel.as_uuid(found[1]) if found is not None and found[0] == "Patient" else None
    if person is not None:
        return person
    raise kernel.Invalid("subject is a reference to a Patient of this server.", path="subject")


def _loinc(items: Any) -> list[str]:
    """The LOINC codes that a form asks for, those of items inside items too."""
    found = []
    for item in items:
        found += [one["code"] for one in item.get("code", ()) if one.get("system") == fhir.LOINC and "code" in one]
        found += _loinc(item.get("item", ()))
    return list(dict.fromkeys(found))[:MOST_CODES]


async def _observed(reader: records.Reader, person: UUID, codes: list[str]) -> dict[str, Item]:
    """Code -> the newest final Observation. Raises Forbidden for somebody to whom the facility has no relation."""
    found = {}
    for code in codes:
        params = [("patient", f"Patient/{person}"), ("code", f"{fhir.LOINC}|{code}"), ("_sort", "-date"), ("_count", "1"),
                  ("status", "final,amended,corrected")]  # fmt: skip
        for one in (await reader.search("Observation", params)).items:
            found[code] = one.resource
    return found


def _filled(item: Item, patient: Item, observed: dict[str, Item]) -> Item:
    filled = {name: item[name] for name in ("linkId", "text") if name in item}
    inside = [_filled(one, patient, observed) for one in item.get("item", ()) if one["type"] != "display"]
    if inside and item["type"] == "group":
        return filled | {"item": inside}
    answers = [one for one in (_answer(item["type"], known) for known in _known(item, patient, observed)) if one]
    answers = answers if item.get("repeats") else answers[:1]
    if inside and answers:
        answers[0]["item"] = inside
    return filled | ({"answer": answers} if answers else {})


def _known(item: Item, patient: Item, observed: dict[str, Item]) -> list[Any]:
    """What the record says: an element of the Patient, else the value of an Observation."""
    definition = item.get("definition", "")
    if definition.startswith(PATIENT):
        return fhir.values_at(patient, definition.removeprefix(PATIENT))
    for coding in item.get("code", ()):
        one = observed.get(coding.get("code", "")) if coding.get("system") == fhir.LOINC else None
        if one is not None:
            return [value for name, value in one.items() if name.startswith("value")]
    return []


def _answer(type: str, known: Any) -> Item | None:
    """The value in the form that the item's type asks for; None where it has none."""
    match type, known:
        case (("string" | "text"), str()):
            return {"valueString": known}
        case (("string" | "text"), {"text": str(text)}):
            return {"valueString": text}
        case "date", str() if len(known) >= 10:
            return {"valueDate": known[:10]}
        case "dateTime", str() if len(known) >= 10:
            return {"valueDateTime": known}
        case "boolean", bool():
            return {"valueBoolean": known}
        case (("choice" | "open-choice"), str()):
            return {"valueCoding": {"code": known}}
        case (("choice" | "open-choice"), {"coding": [coding, *_]}):
            return {"valueCoding": coding}
        case "quantity", {"value": _}:
            return {"valueQuantity": known}
        case "decimal", {"value": value}:
            return {"valueDecimal": value}
        case "integer", int() if not isinstance(known, bool):
            return {"valueInteger": known}
        case "integer", {"value": value} if value == int(value):
            return {"valueInteger": int(value)}
    return None
