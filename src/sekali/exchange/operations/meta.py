"""$meta, $meta-add, $meta-delete: tags, security labels and profiles of a resource.

https://hl7.org/fhir/R4/resource-operation-meta.html. A change is a new version, as any other.
"""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sekali import kernel, security

from ..doors import Doors
from ..interactions.kinds import kind
from ..messages import if_match, resource_id
from ..outcomes import FHIR_JSON
from .asked import asked, parameters

LISTS = ("profile", "security", "tag")
Meta = dict[str, Any]


async def meta(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``GET /{type}/{id}/$meta``."""
    type = kind(request)
    await asked(request, ())
    one = await doors.store.under(grant).read(type, resource_id(request, type))
    return _answer(one.resource["meta"])


async def meta_add(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``POST /{type}/{id}/$meta-add``: what is there already is not added again."""
    return await _change(request, doors, grant, _with)


async def meta_delete(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``POST /{type}/{id}/$meta-delete``: what is not there need not be taken out."""
    return await _change(request, doors, grant, _without)


async def _change(
    request: Request, doors: Doors, grant: security.Grant, turn: Callable[[list[Any], list[Any]], list[Any]]
) -> Response:
    type = kind(request)
    id = resource_id(request, type)
    given = (await asked(request, ("meta",))).element("meta")
    if given is None or any(not isinstance(given.get(name, []), list) for name in LISTS):
        raise kernel.Invalid("Send a Parameters resource with the parameter meta, a valueMeta.", path="meta")
    await doors.store.under(grant).read(type, id)  # the answer shows what is there, so it needs leave to read too
    async with doors.store.change(grant) as change:
        now = await change.present(type, id)
        before = now.resource["meta"]
        after = before | {name: turn(before.get(name, []), given.get(name, [])) for name in LISTS}
        after = {name: value for name, value in after.items() if value}
        if after == before and if_match(request) in (None, now.version):
            return _answer(before)
        members = kernel.members(now.content) | {"meta": kernel.Raw(kernel.encode(after))}
        one = await change.update(type, id, kernel.encode(members), if_match(request))
    return _answer(one.resource["meta"])


def _with(there: list[Any], given: list[Any]) -> list[Any]:
    found = list(there)
    for one in given:
        if _key(one) not in map(_key, found):
            found.append(one)
    return found


def _without(there: list[Any], given: list[Any]) -> list[Any]:
    gone = [_key(one) for one in given]
    return [one for one in there if _key(one) not in gone]


def _key(one: Any) -> Any:
    """What makes two the same: of a Coding its system and code, whatever it is called."""
    return (one.get("system"), one.get("code")) if isinstance(one, dict) else one


def _answer(found: Meta) -> Response:
    return Response(parameters([("return", "valueMeta", found)]), media_type=FHIR_JSON)
