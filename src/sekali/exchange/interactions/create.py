"""create: a new resource with an id of this server. https://hl7.org/fhir/R4/http.html#create"""

from starlette.requests import Request
from starlette.responses import Response

from sekali import fhir, kernel, records, security

from ..doors import Doors
from ..messages import read_body, resource_response
from .kinds import kind


async def create(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``POST /{type}``, conditional with ``If-None-Exist: identifier=system|value``."""
    type = kind(request)
    body = await read_body(request)
    condition = request.headers.get("if-none-exist")
    async with doors.store.change(grant) as change:
        if condition is not None and (found := await _existing(change, type, condition)):
            return resource_response(request, found)
        one = await change.create(body)
        if one.type != type:
            raise kernel.Invalid(faults=[kernel.Fault("resourceType", "is another kind than the path says")])
    if type == "Patient" and not _speaks_fhir(request):
        return _satusehat_answer(one)
    return resource_response(request, one, 201)


async def _existing(change: records.Writing, type: str, condition: str) -> records.Stored | None:
    name, _, value = condition.lstrip("?").partition("=")
    if name != "identifier" or "|" not in value:
        raise kernel.Unsupported("If-None-Exist needs identifier=system|value.", path="If-None-Exist")
    found = await change.find_by_identifier(type, value)
    if len(found) > 1:
        raise kernel.PreconditionFailed("More than one has this identifier.", path="If-None-Exist")
    return found[0] if found else None


def _speaks_fhir(request: Request) -> bool:
    """A client that names FHIR's own media type gets FHIR's own answer."""
    headers = request.headers
    return "fhir+json" in headers.get("accept", "") or "fhir+json" in headers.get("content-type", "")


def _satusehat_answer(one: records.Stored) -> Response:
    """SATUSEHAT's answer to a new Patient, which differs by how the person is identified."""
    systems = {identifier.get("system") for identifier in one.resource.get("identifier", ())}
    answer = {"success": True, "message": "created", "data": {"patient_id": str(one.id), "Patient_id": str(one.id)}}
    newborn = fhir.NIK_IBU in systems and fhir.NIK not in systems
    return Response(
        kernel.encode({"create_patient": answer} if newborn else answer), 201, media_type="application/json"
    )
