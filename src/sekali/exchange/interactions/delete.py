"""delete: out of use; every version stays. https://hl7.org/fhir/R4/http.html#delete"""

from starlette.requests import Request
from starlette.responses import Response

from sekali import security

from ..doors import Doors
from ..messages import if_match, resource_id
from .kinds import kind


async def delete(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``DELETE /{type}/{id}``: 204."""
    type = kind(request)
    async with doors.store.change(grant) as change:
        gone = await change.delete(type, resource_id(request, type), if_match(request))
    return Response(None, 204, {"ETag": f'W/"{gone.version}"'})


async def delete_where(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``DELETE /{type}?…``: the one that fits; 204 also where none does, 412 where several do."""
    type = kind(request)
    async with doors.store.change(grant) as change:
        found = await change.find(type, request.url.query)
        if found is not None:
            await change.delete(type, found.id, if_match(request))
    return Response(None, 204)
