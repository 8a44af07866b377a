"""history: the versions of a resource, newest first. https://hl7.org/fhir/R4/http.html#history"""

from starlette.requests import Request
from starlette.responses import Response

from sekali import kernel, records, security

from ..doors import Doors
from ..messages import base_url, resource_id
from ..outcomes import FHIR_JSON
from .kinds import kind


async def history(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``GET /{type}/{id}/_history``, at most 200 versions; ``_before`` leads on."""
    type = kind(request)
    count = _number(request, "_count", 50)
    before = _number(request, "_before", 0) or None
    versions = await doors.store.under(grant).history(type, resource_id(request, type), count, before)
    base = base_url(request)
    entries = b",".join(_entry(base, one) for one in versions)
    links = [{"relation": "self", "url": str(request.url)}]
    if versions and versions[-1].version > 1:
        url = f"{base}/{versions[-1].reference}/_history?_count={count}&_before={versions[-1].version}"
        links.append({"relation": "next", "url": url})
    head = {"resourceType": "Bundle", "type": "history", "link": links}
    if versions and before is None:
        head["total"] = versions[0].version
    return Response(kernel.encode(head)[:-1] + b',"entry":[' + entries + b"]}", media_type=FHIR_JSON)


def _entry(base: str, one: records.Stored) -> bytes:
    method = "DELETE" if one.deleted else "POST" if one.version == 1 else "PUT"
    url = one.type if method == "POST" else one.reference
    status = {"DELETE": "204", "POST": "201", "PUT": "200"}[method]
    rest = {
        "request": {"method": method, "url": url},
        "response": {
            "status": status,
            "etag": f'W/"{one.version}"',
            "lastModified": one.updated.isoformat(timespec="milliseconds"),
        },
    }
    head = kernel.encode({"fullUrl": f"{base}/{one.reference}"})[:-1]
    body = b"" if one.deleted else b',"resource":' + one.content
    return head + body + b"," + kernel.encode(rest)[1:]


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isdecimal() or len(text) > 9:
        raise kernel.Invalid("%(name)s needs a whole number.", path=name, name=name)
    return int(text)
