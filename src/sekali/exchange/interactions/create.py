"""create: a new resource with an id of this server. https://hl7.org/fhir/R4/http.html#create"""

from starlette.requests import Request
from starlette.responses import Response

from sekali import fhir, kernel, records, security

from ..doors import Doors
from ..messages import prefers, read_body, resource_response
from ..representation import wanted
from .kinds import kind, make


async def create(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``POST /{type}``, conditional with ``If-None-Exist: identifier=system|value`` or any other search."""
    type = kind(request)
    body = await read_body(request)
    condition = request.headers.get("if-none-exist")
    async with doors.store.change(grant) as change:
        found = await change.find(type, condition) if condition is not None else None
        if found is None:
            one = await make(change, type, body)
    if found is not None:  # shown only to those who may see it, and audited as a look
        return resource_response(request, await doors.store.under(grant).read(type, found.id))
    if type == "Patient" and not (_speaks_fhir(request) or prefers(request, "OperationOutcome")):
        return _satusehat_answer(one)
    return resource_response(request, one, 201)


def _speaks_fhir(request: Request) -> bool:
    """A client that names FHIR's own media type, or XML, gets FHIR's own answer."""
    named = request.headers.get("accept", "") + request.headers.get("content-type", "")
    return "fhir+json" in named or bool(wanted(request.scope).xml)


def _satusehat_answer(one: records.Stored) -> Response:
    """SATUSEHAT's answer to a new Patient, which differs by how the person is identified."""
    systems = {identifier.get("system") for identifier in one.resource.get("identifier", ())}
    answer = {"success": True, "message": "created", "data": {"patient_id": str(one.id), "Patient_id": str(one.id)}}
    newborn = fhir.NIK_IBU in systems and fhir.NIK not in systems
    return Response(
        kernel.encode({"create_patient": answer} if newborn else answer), 201, media_type="application/json"
    )
