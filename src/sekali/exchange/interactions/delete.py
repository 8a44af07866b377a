"""delete: out of use; every version stays. https://hl7.org/fhir/R4/http.html#delete"""

from starlette.requests import Request
from starlette.responses import Response

from sekali import kernel, security

from ..doors import Doors
from ..messages import done, if_match, prefers, resource_id
from ..outcomes import FHIR_JSON
from .kinds import kind


async def delete(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``DELETE /{type}/{id}``: 204."""
    type = kind(request)
    async with doors.store.change(grant) as change:
        gone = await change.delete(type, resource_id(request, type), if_match(request))
    return _gone(request, {"ETag": f'W/"{gone.version}"'}, "it is out of use; all versions are kept")


async def delete_where(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``DELETE /{type}?…``: the one that fits; 204 also where none does, 412 where several do."""
    type = kind(request)
    async with doors.store.change(grant) as change:
        found = await change.find(type, request.url.query)
        if found is not None:
            await change.delete(type, found.id, if_match(request))
    what = "nothing fitted, nothing was deleted" if found is None else "it is out of use; all versions are kept"
    return _gone(request, {}, what)


def _gone(request: Request, headers: dict[str, str], what: str) -> Response:
    if prefers(request, "OperationOutcome"):
        return Response(kernel.encode(done(what)), 200, headers, FHIR_JSON)
    return Response(None, 204, headers)
