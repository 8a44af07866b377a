"""Subscriptions over HTTP: create, read, update, delete, search, and the operations of the guide.

https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/. A client sees its own only.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sekali import fhir, kernel, records, security

from ..doors import Doors
from ..interactions.search import LARGEST_FORM, bundle, form_of
from ..messages import base_url, if_match, read_body, resource_id, resource_response
from ..operations import Handler
from ..operations.asked import asked, parameters
from ..outcomes import FHIR_JSON
from .notifications import status_of
from .sockets import sockets_url
from .subscription import Subscription
from .wanted import CONTENTS, MOST_AT_ONCE

LARGEST = 64 << 10
"""Bytes of a Subscription."""
HIGHEST = 999_999_999
"""Number of an event that can be asked for."""
TYPE = "Subscription"


NEVER = (
    *(("/Subscription", method) for method in ("PUT", "PATCH", "DELETE")), ("/Subscription/{id}", "PATCH"),
    ("/Subscription/{id}/_history", "GET"), ("/Subscription/{id}/_history/{version}", "GET"),
)  # fmt: skip
"""What the store's kinds have, and a Subscription has not."""


def routes() -> list[tuple[str, str, Handler]]:
    """Path, method and what answers; each needs the token of a facility's system."""
    return [
        ("/Subscription", "POST", create),
        ("/Subscription", "GET", search),
        ("/Subscription/_search", "POST", search),
        *((path, method, status) for path in _both("status") for method in ("GET", "POST")),
        *((path, method, binding) for path in _both("get-ws-binding-token") for method in ("GET", "POST")),
        ("/Subscription/{id}/$events", "GET", events),
        ("/Subscription/{id}/$events", "POST", events),
        ("/Subscription/{id}/$renew-secret", "POST", renew_secret),
        ("/Subscription/_history", "GET", never),
        ("/Subscription/{id}", "GET", read),
        ("/Subscription/{id}", "PUT", update),
        ("/Subscription/{id}", "DELETE", delete),
        *((path, method, never) for path, method in NEVER),
    ]


def _both(name: str) -> tuple[str, str]:
    return f"/Subscription/${name}", f"/Subscription/{{id}}/${name}"


async def create(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """201; the only answer (beside ``$renew-secret``) that shows the secret."""
    if "if-none-exist" in request.headers:
        raise kernel.Unsupported("A Subscription is not created by a condition.", path="If-None-Exist")
    resource = await _read(request)
    made = await doors.subscriptions.book.add(grant.actor, resource, base_url(request))
    return resource_response(request, _stored(made, made.secret), 201)


async def read(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """What is wanted, and how it stands."""
    return resource_response(request, _stored(await _own(request, doors, grant)))


async def update(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """What is wanted instead; with status ``off`` nothing any more."""
    resource, id = await _read(request), resource_id(request, TYPE)
    if resource.get("id") not in (None, str(id)):
        raise kernel.Invalid(faults=[kernel.Fault("Subscription.id", "is another id than the path says")])
    changed = await doors.subscriptions.book.replace(grant.actor, id, resource, base_url(request), if_match(request))
    return resource_response(request, _stored(changed))


async def delete(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """204; what was not sent is not sent any more."""
    await doors.subscriptions.book.remove(grant.actor, resource_id(request, TYPE), if_match(request))
    return Response(None, 204)


async def search(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """The client's own that fit; there are at most 20, so they come on one page."""
    params = list(request.query_params.multi_items())
    if request.method == "POST":
        params += await form_of(request, LARGEST_FORM)
    used = [(name, value) for name, value in params if name not in ("_format", "_pretty", "_count")]
    query = records.parse_filter(TYPE, used)
    found = [_stored(one) for one in await doors.subscriptions.book.all_own(grant.actor)]
    found = [one for one in found if all(fhir.matches(one.resource, wanted) for wanted in query.asked)]
    page = records.Page(found, len(found), None, used)
    return Response(bundle(base_url(request), TYPE, page), media_type=FHIR_JSON)


async def status(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``$status`` of one, or of those with some ids and states: a searchset of Parameters."""
    wanted = await asked(request, ("id", "status"))
    ids, states, book = wanted.texts("id"), wanted.texts("status"), doors.subscriptions.book
    if "id" in request.path_params:
        some = [await _own(request, doors, grant)]
    else:
        some = [
            one for one in await book.all_own(grant.actor)
            if (not ids or str(one.id) in ids) and (not states or one.status in states)
        ]  # fmt: skip
    told = [status_of(one, "query-status", "id-only", await book.number(one.id) or one.numbered) for one in some]
    entries = [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one, "search": {"mode": "match"}} for one in told]
    answer: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return Response(kernel.encode(answer | ({"entry": entries} if entries else {})), media_type=FHIR_JSON)


async def events(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``$events``: at most 100 from a number to a number, told as they would be now."""
    wanted = await asked(request, ("eventsSinceNumber", "eventsUntilNumber", "content"))
    one, book = await _own(request, doors, grant), doors.subscriptions.book
    content = wanted.text("content") or next(_content_of(one))
    if content not in CONTENTS:
        raise kernel.Invalid("content is empty, id-only or full-resource.", path="content")
    first, until = wanted.number("eventsSinceNumber", 0, HIGHEST), wanted.number("eventsUntilNumber", HIGHEST, HIGHEST)
    last = await book.number(one.id) or 0
    found = await book.events(one.id, MOST_AT_ONCE, first, until)
    body = await doors.subscriptions.notifications.of_events(one, grant, found, content, "query-event", last)
    return Response(body, media_type=FHIR_JSON)


async def binding(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``$get-ws-binding-token`` for one, or for some, or for all that go by websocket."""
    wanted = await asked(request, ("id",))
    if "id" in request.path_params:
        some = [await _own(request, doors, grant)]
    else:
        ids = wanted.texts("id")
        some = [one for one in await doors.subscriptions.book.all_own(grant.actor) if not ids or str(one.id) in ids]
    some = [one for one in some if one.content["channel"]["type"] == "websocket"]
    if not some:
        raise kernel.NotFound("You have no such Subscription with channel.type websocket.")
    token, until = doors.subscriptions.sockets.token(grant.actor, [one.id for one in some])
    url = sockets_url(base_url(request))
    told = [
        ("token", "valueString", token), ("expiration", "valueDateTime", until.isoformat(timespec="milliseconds")),
        *(("subscription", "valueString", str(one.id)) for one in some), ("websocket-url", "valueUrl", url),
    ]  # fmt: skip
    return Response(parameters(told), media_type=FHIR_JSON, headers={"Cache-Control": "no-store"})


async def never(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """What there is not. Raises NotFound."""
    raise kernel.NotFound(
        "A Subscription has no history and no conditions; it is read as it is now, and changed by PUT."
    )


async def renew_secret(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``$renew-secret``: the Subscription with a new secret; for a day messages are signed with the former one too."""
    await asked(request, ())
    changed = await doors.subscriptions.book.renew_secret(grant.actor, resource_id(request, TYPE))
    return Response(kernel.encode(changed.resource(changed.secret)), media_type=FHIR_JSON)


async def _own(request: Request, doors: Doors, grant: security.Grant) -> Subscription:
    return await doors.subscriptions.book.own(grant.actor, resource_id(request, TYPE))


async def _read(request: Request) -> dict[str, Any]:
    """A Subscription that is valid R4. Raises Invalid."""
    resource = fhir.require_valid(await read_body(request, LARGEST))
    if resource["resourceType"] != TYPE:
        raise kernel.Invalid(faults=[kernel.Fault("resourceType", "is another kind than the path says")])
    return resource


def _content_of(one: Subscription):
    return (extension["valueCode"] for extension in one.content["channel"]["_payload"]["extension"]
            if "valueCode" in extension)  # fmt: skip


def _stored(one: Subscription, secret: bytes | None = None) -> records.Stored:
    return records.Stored(TYPE, one.id, one.version, one.updated, kernel.encode(one.resource(secret)))
