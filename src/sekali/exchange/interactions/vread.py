"""vread: one version of a resource. https://hl7.org/fhir/R4/http.html#vread"""

from starlette.requests import Request
from starlette.responses import Response

from sekali import kernel, security

from ..doors import Doors
from ..messages import resource_id, resource_response
from .kinds import kind


async def vread(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``GET /{type}/{id}/_history/{version}``."""
    type, version = kind(request), request.path_params["version"]
    if not version.isdecimal() or len(version) > 9:
        raise kernel.NotFound("There is no %(type)s with this id.", rule="20007", type=type)
    one = await doors.store.under(grant).vread(type, resource_id(request, type), int(version))
    return resource_response(request, one)
