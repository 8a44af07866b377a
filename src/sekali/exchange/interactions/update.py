"""update: a new version of a resource. https://hl7.org/fhir/R4/http.html#update"""

from starlette.requests import Request
from starlette.responses import Response

from sekali import kernel, security

from ..doors import Doors
from ..messages import if_match, read_body, resource_id, resource_response
from .kinds import kind


async def update(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``PUT /{type}/{id}``. With If-Match a newer version refuses (412). Ids are this server's: PUT never creates."""
    type, id = kind(request), resource_id(request, kind(request))
    body = await read_body(request)
    sent = kernel.members(body)
    if "id" in sent and kernel.decode(bytes(sent["id"])) != str(id):
        raise kernel.Invalid(faults=[kernel.Fault(f"{type}.id", "is another id than the path says")])
    async with doors.store.change(grant) as change:
        one = await change.update(type, id, body, if_match(request))
    return resource_response(request, one)
