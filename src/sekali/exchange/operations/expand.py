"""$expand: the codes of a value set. https://hl7.org/fhir/R4/valueset-operation-expand.html"""

from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from sekali import care, fhir, kernel, records, security

from ..doors import Doors
from ..messages import resource_id
from ..outcomes import FHIR_JSON
from .asked import Asked, asked
from .terminology import ICD10_SETS, MOST, Concept, composed, value_set

NAMES = frozenset({"url", "filter", "count", "offset", "displayLanguage", "includeDesignations"})
PAGE = 1000


async def expand(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``GET`` or ``POST /ValueSet/$expand``, ``/ValueSet/{id}/$expand``: at most 1,000 codes at once.

    Raises NotFound, Unsupported, TooCostly.
    """
    wanted = await asked(request, NAMES)
    reader, url = doors.store.under(grant), wanted.text("url")
    if "id" in request.path_params:
        kept = (await reader.read("ValueSet", resource_id(request, "ValueSet"))).resource
        url = kept.get("url", "")
        found = _fitting(await composed(reader, kept), wanted.text("filter"))
    elif url:
        found = await _found(reader, url, wanted.text("filter"))
    else:
        raise kernel.Invalid("Name the value set by its url.", path="url")
    return Response(kernel.encode(_value_set(url, found, wanted)), media_type=FHIR_JSON)


async def _found(reader: records.Reader, url: str, words: str) -> list[Concept]:
    """The codes that fit; of ICD-10 with words the likeliest first, by lay terms too, as the doctor's page finds them."""
    concepts = await value_set(reader, url)
    if url.partition("|")[0] in ICD10_SETS and words:
        by_code = {one.code: one for one in concepts}
        return [by_code[one.code] for one in care.icd.search(words, MOST)]
    return _fitting(concepts, words)


def _fitting(concepts: list[Concept], words: str) -> list[Concept]:
    """Those of which every word asked for begins a word of the code, the display or a designation."""
    parts = fhir.fold(words).split()
    return [one for one in concepts if all(any(word.startswith(part) for word in _words(one)) for part in parts)]


def _words(one: Concept) -> list[str]:
    return fhir.fold(" ".join((one.code, one.display, *(text for _, text in one.designations)))).split()


def _value_set(url: str, found: list[Concept], wanted: Asked) -> dict[str, Any]:
    offset, count = wanted.number("offset", 0, MOST), wanted.number("count", PAGE, PAGE)
    expansion: dict[str, Any] = {
        "identifier": f"urn:uuid:{uuid4()}", "timestamp": kernel.fhir_instant(kernel.now()), "total": len(found),
        "offset": offset,
    }  # fmt: skip
    some = [_shown(one, wanted) for one in found[offset : offset + count]]
    if some:
        expansion["contains"] = some
    return {"resourceType": "ValueSet", **({"url": url} if url else {}), "status": "active", "expansion": expansion}


def _shown(one: Concept, wanted: Asked) -> dict[str, Any]:
    shown: dict[str, Any] = {"system": one.system} if one.system else {}
    shown |= {"code": one.code, "display": one.shown(wanted.text("displayLanguage"))}
    if wanted.flag("includeDesignations") and one.designations:
        shown["designation"] = [{"language": of, "value": text} for of, text in one.designations if of]
    return shown
