"""update: a new version of a resource. https://hl7.org/fhir/R4/http.html#update"""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from sekali import kernel, security

from ..doors import Doors
from ..messages import if_match, read_body, resource_id, resource_response
from .kinds import kind, make


async def update(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``PUT /{type}/{id}``. With If-Match a newer version refuses (412). An id that nothing ever had makes it (201).

    Such an id has this server's form: a UUID that begins with the eight digits of the person's.
    """
    type, id = kind(request), _id(request, kind(request))
    body = await read_body(request)
    _require_id(body, type, id, "is another id than the path says")
    async with doors.store.change(grant) as change:
        one = await change.put(type, id, body, if_match(request))
    return resource_response(request, one, 201 if one.version == 1 else 200)


def _id(request: Request, type: str) -> UUID:
    """The id in the path, which may be a new one. Raises Invalid."""
    try:
        id = resource_id(request, type)
    except kernel.NotFound:
        id = None
    if id is None or str(id) != request.path_params["id"]:
        raise kernel.Invalid(
            faults=[kernel.Fault(f"{type}.id", "must be a UUID in lower case; POST lets the server choose one")]
        )
    return id


async def update_where(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``PUT /{type}?…``: the one that fits, or a new one where none does; 412 where several do."""
    type = kind(request)
    body = await read_body(request)
    async with doors.store.change(grant) as change:
        found = await change.find(type, request.url.query)
        if found is not None:
            _require_id(body, type, found.id, "is another id than that of the one that fits")
            one = await change.update(type, found.id, body, if_match(request))
        else:
            one = await make(change, type, body)
    return resource_response(request, one, 201 if found is None else 200)


def _require_id(body: bytes, type: str, id: UUID, reason: str) -> None:
    """Where the resource brings an id, it is this one. Raises Invalid."""
    sent = kernel.members(body)
    if "id" in sent and kernel.decode(bytes(sent["id"])) != str(id):
        raise kernel.Invalid(faults=[kernel.Fault(f"{type}.id", reason)])
