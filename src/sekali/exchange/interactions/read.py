"""read: the present version of a resource. https://hl7.org/fhir/R4/http.html#read"""

from starlette.requests import Request
from starlette.responses import Response

from sekali import security

from ..doors import Doors
from ..messages import resource_id, resource_response
from .kinds import kind


async def read(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``GET /{type}/{id}``: the exact bytes; 304 for If-None-Match of this version."""
    type = kind(request)
    return resource_response(request, await doors.store.under(grant).read(type, resource_id(request, type)))
