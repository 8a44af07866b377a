"""$lookup: what a code means. https://hl7.org/fhir/R4/codesystem-operation-lookup.html"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sekali import kernel, security

from ..doors import Doors
from ..outcomes import FHIR_JSON
from .asked import asked, parameters
from .terminology import Concept, system_of

NAMES = frozenset({"code", "system", "version", "coding", "displayLanguage"})


async def lookup(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``GET`` or ``POST /CodeSystem/$lookup``. Raises NotFound for a system or code that is not loaded."""
    wanted = await asked(request, NAMES)
    coding = wanted.element("coding") or {"system": wanted.text("system"), "code": wanted.text("code")}
    if not all(coding.get(name) and isinstance(coding[name], str) for name in ("system", "code")):
        raise kernel.Invalid("Name the system and the code.", path="code")
    version = wanted.text("version")
    system = await system_of(doors.store.under(grant), f"{coding['system']}|{version}" if version else coding["system"])
    concept = system.concepts.get(coding["code"])
    if concept is None:
        raise kernel.NotFound("This code is not among those of %(system)s that are loaded here.", path="code",
                              system=system.url[:200])  # fmt: skip
    entries: list[tuple[str, str, Any]] = [("name", "valueString", system.name)]
    if system.version:
        entries.append(("version", "valueString", system.version))
    entries.append(("display", "valueString", concept.shown(wanted.text("displayLanguage"))))
    return Response(parameters([*entries, *_designations(concept)]), media_type=FHIR_JSON)


def _designations(concept: Concept) -> list[tuple[str, str, Any]]:
    return [
        ("designation", "part", [{"name": "language", "valueCode": language}, {"name": "value", "valueString": text}])
        for language, text in concept.designations if language
    ]  # fmt: skip
