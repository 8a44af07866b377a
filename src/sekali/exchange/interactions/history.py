"""history: versions, newest first, of a resource, a kind, or all. https://hl7.org/fhir/R4/http.html#history"""

from datetime import datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from sekali import fhir, kernel, records, security

from ..doors import Doors
from ..messages import base_url, resource_id
from ..outcomes import FHIR_JSON
from .kinds import kind


async def history(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``GET /{type}/{id}/_history``, at most 200 versions; ``_before`` leads on."""
    type = kind(request)
    count, since = _number(request, "_count", 50), _since(request)
    before = _number(request, "_before", 0) or None
    versions = await doors.store.under(grant).history(
        type, resource_id(request, type), count, before, since, _at(request)
    )
    more = None
    if versions and versions[-1].version > 1 and len(versions) == count:
        more = f"{versions[-1].reference}/_history?{_query(request, _before=str(versions[-1].version))}"
    whole = before is None and since == records.EVER and "_at" not in request.query_params
    total = versions[0].version if versions and whole else None
    return _bundle(request, versions, more, total)


async def history_of_type(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``GET /{type}/_history``."""
    return await _changes(request, doors, grant, kind(request))


async def history_of_all(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``GET /_history``."""
    return await _changes(request, doors, grant, None)


async def _changes(request: Request, doors: Doors, grant: security.Grant, type: str | None) -> Response:
    reader, count = doors.store.under(grant), _number(request, "_count", 50)
    versions, cursor = await reader.changes(
        type, _since(request), count, request.query_params.get("_cursor"), _at(request)
    )
    path = f"{type}/_history" if type else "_history"
    return _bundle(request, versions, f"{path}?{_query(request, _cursor=cursor)}" if cursor else None, None)


def _query(request: Request, **more: str) -> str:
    kept = {name: value for name, value in request.query_params.items() if name in ("_count", "_since", "_at")}
    return urlencode(kept | more)


def _bundle(request: Request, versions: list[records.Stored], more: str | None, total: int | None) -> Response:
    base = base_url(request)
    links = [{"relation": "self", "url": str(request.url)}]
    if more:
        links.append({"relation": "next", "url": f"{base}/{more}"})
    head: dict[str, object] = {"resourceType": "Bundle", "type": "history", "link": links}
    if total is not None:
        head["total"] = total
    entries = b",".join(_entry(base, one) for one in versions)
    body = kernel.encode(head)[:-1] + (b',"entry":[' + entries + b"]}" if versions else b"}")
    return Response(body, media_type=FHIR_JSON)


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
    return int(text) if name != "_count" else max(1, min(int(text), records.MOST_HISTORY))


def _at(request: Request) -> tuple[datetime, datetime]:
    """The time that a date or dateTime covers."""
    text = request.query_params.get("_at")
    if text is None:
        return records.ALWAYS
    try:
        return fhir.interval(text.replace(" ", "+"))
    except (ValueError, OverflowError):
        raise kernel.Invalid("%(name)s needs a date such as 2026-11-23.", path="_at", name="_at") from None


def _since(request: Request) -> datetime:
    text = request.query_params.get("_since")
    if text is None:
        return records.EVER
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise kernel.Invalid("%(name)s needs a date such as 2026-11-23.", path="_since", name="_since") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=records.EVER.tzinfo)
