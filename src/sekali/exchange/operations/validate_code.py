"""$validate-code: is this a code of a system, of a value set?

https://hl7.org/fhir/R4/codesystem-operation-validate-code.html,
https://hl7.org/fhir/R4/valueset-operation-validate-code.html
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sekali import fhir, kernel, security

from ..doors import Doors
from ..messages import resource_id
from ..outcomes import FHIR_JSON
from .asked import Asked, asked, parameters
from .terminology import Concept, composed, system_of, value_set

_CODE = frozenset({"url", "code", "version", "display", "coding", "codeableConcept"})
OF_SYSTEM = _CODE
OF_SET = _CODE | {"system"}


async def of_system(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``GET`` or ``POST /CodeSystem/$validate-code``. Raises NotFound for a system that is not loaded."""
    wanted = await asked(request, OF_SYSTEM)
    codings = _codings(wanted, wanted.text("url"))
    url = wanted.text("url") or codings[0].get("system") or ""
    if not url:
        raise kernel.Invalid("Name the system and the code.", path="url")
    version = wanted.text("version")
    system = await system_of(doors.store.under(grant), f"{url}|{version}" if version else url)
    return _answer(codings, list(system.concepts.values()))


async def of_set(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``GET`` or ``POST /ValueSet/$validate-code``, ``/ValueSet/{id}/$validate-code``. Raises NotFound, Unsupported."""
    wanted = await asked(request, OF_SET)
    codings = _codings(wanted, wanted.text("system"))
    reader = doors.store.under(grant)
    if "id" in request.path_params:
        kept = await reader.read("ValueSet", resource_id(request, "ValueSet"))
        return _answer(codings, await composed(reader, kept.resource))
    if not wanted.text("url"):
        raise kernel.Invalid("Name the value set by its url.", path="url")
    return _answer(codings, await value_set(reader, wanted.text("url")))


def _codings(wanted: Asked, system: str) -> list[dict[str, Any]]:
    """What is to be looked for: one code, or the codings of a concept, any of which is enough. Raises Invalid."""
    concept, coding = wanted.element("codeableConcept"), wanted.element("coding")
    one = {"system": system, "code": wanted.text("code"), "display": wanted.text("display")}
    found = concept.get("coding") if concept else [coding or one]
    if not isinstance(found, list) or not found or not all(map(_is_coding, found)):
        raise kernel.Invalid("Name the system and the code.", path="code")
    return found


def _is_coding(one: Any) -> bool:
    """With a code, and nothing but text in it."""
    if not isinstance(one, dict) or not one.get("code"):
        return False
    return all(isinstance(one.get(name, ""), str) for name in ("system", "code", "display"))


def _answer(codings: list[dict[str, Any]], known: list[Concept]) -> Response:
    """``result``, with why not; a display must be one of those that the code has."""
    message = "This code is not among those that are loaded here."
    for coding in codings:
        found = next((one for one in known if _is(one, coding)), None)
        if found is None:
            continue
        names = {fhir.fold(text) for text in (found.display, *(text for _, text in found.designations))}
        if not coding.get("display") or fhir.fold(coding["display"]) in names:
            entries = [("result", "valueBoolean", True), ("display", "valueString", found.display)]
            return Response(parameters(entries), media_type=FHIR_JSON)
        message = f"The code is there, its display is another: {found.display}"
    entries = [("result", "valueBoolean", False), ("message", "valueString", message)]
    return Response(parameters(entries), media_type=FHIR_JSON)


def _is(concept: Concept, coding: dict[str, Any]) -> bool:
    return concept.code == coding["code"] and coding.get("system") in (None, "", concept.system)
