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


async def update_where(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``PUT /{type}?…``: the one that fits, or a new one where none does; 412 where several do."""
    type = kind(request)
    body = await read_body(request)
    sent = kernel.members(body)
    async with doors.store.change(grant) as change:
        found = await change.find(type, request.url.query)
        if found is not None and "id" in sent and kernel.decode(bytes(sent["id"])) != str(found.id):
            raise kernel.Invalid(faults=[kernel.Fault(f"{type}.id", "is another id than that of the one that fits")])
        if found is not None:
            one = await change.update(type, found.id, body, if_match(request))
        else:
            one = await change.create(body)
            if one.type != type:
                raise kernel.Invalid(faults=[kernel.Fault("resourceType", "is another kind than the path says")])
    return resource_response(request, one, 201 if found is None else 200)
