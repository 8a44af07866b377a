"""patch: a new version by what is to change. https://hl7.org/fhir/R4/http.html#patch"""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from sekali import fhir, kernel, security

from ..doors import Doors
from ..messages import if_match, media_type, read_body, resource_id, resource_response
from ..outcomes import FHIR_JSON
from .kinds import kind


async def patch(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``PATCH /{type}/{id}`` with a JSON Patch or a FHIRPath Patch. With If-Match a newer version refuses (412).

    It needs leave to read as well: the answer shows, and a ``test`` tells, what is there. So it is audited as a look too.
    """
    type = kind(request)
    return await _patch(request, doors, grant, type, resource_id(request, type), if_match(request))


async def patch_where(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``PATCH /{type}?…``: the one that fits; 404 where none does, 412 where several do."""
    type = kind(request)
    async with doors.store.change(grant) as change:
        found = await change.find(type, request.url.query)
    if found is None:
        raise kernel.NotFound("No %(type)s fits this condition.", type=type)
    return await _patch(request, doors, grant, type, found.id, if_match(request) or found.version)


async def _patch(
    request: Request, doors: Doors, grant: security.Grant, type: str, id: UUID, version: int | None
) -> Response:
    body = await read_body(request, also=fhir.JSON_PATCH)
    form = fhir.JSON_PATCH if media_type(request) == fhir.JSON_PATCH else FHIR_JSON  # XML has become JSON by now
    await doors.store.under(grant).read(type, id)
    async with doors.store.change(grant) as change:
        one = await change.patch(type, id, body, form, version)
    return resource_response(request, one)
