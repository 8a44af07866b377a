"""``GET /fhir-r4/v1/$log``: the request log of the client whose token it is, as plain JSON."""

from starlette.requests import Request
from starlette.responses import Response

from sekali import kernel, security

from .entry import Entry
from .log import RequestLog


async def own_log(request: Request, log: RequestLog, actor: security.Actor) -> Response:
    """The last 200 requests of this client, the newest first; this one is never among them."""
    found = await log.of_client(actor.name)
    told = {"client": actor.name, "requests": [_told(one) for one in found]}
    return Response(kernel.encode(told), headers={"Cache-Control": "no-store"}, media_type="application/json")


def _told(one: Entry) -> dict[str, object]:
    issues = [{"text": issue.text, "expression": issue.expression} for issue in one.issues]
    return {
        "time": one.at.isoformat(timespec="milliseconds"),
        "method": one.method,
        "path": one.path,
        "parameters": one.parameters,
        "status": one.status,
        "milliseconds": round(one.milliseconds, 1),
        "bytes": one.size,
    } | ({"issues": issues} if issues else {})
