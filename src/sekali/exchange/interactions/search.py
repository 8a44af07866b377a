"""search. https://hl7.org/fhir/R4/http.html#search"""

from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import Response

from sekali import fhir, kernel, records, security

from ..doors import Doors
from ..messages import base_url, limited
from ..outcomes import FHIR_JSON
from .kinds import kind

LARGEST_FORM = 64 << 10
Params = list[tuple[str, str]]


async def search(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``GET /{type}?…``. An unknown parameter is an error; ``Prefer: handling=lenient`` leaves it out."""
    return await _search(request, doors, grant, list(request.query_params.multi_items()))


async def search_by_form(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``POST /{type}/_search``: the same with the parameters as a form, so that they stand in no log on the way."""
    form = await form_of(request, LARGEST_FORM)
    return await _search(request, doors, grant, [*request.query_params.multi_items(), *form])


async def form_of(request: Request, most: int) -> Params:
    """The parameters of a form. Raises Invalid, TooCostly."""
    body = await limited(request, most)
    try:
        return parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=50)
    except ValueError:
        raise kernel.Invalid("Send the search parameters as a form.", path="body") from None


async def _search(request: Request, doors: Doors, grant: security.Grant, params: Params) -> Response:
    type = kind(request)
    wanted = [(name, value) for name, value in params if name not in ("_format", "_pretty")]
    reader = doors.store.under(grant)
    page = await _by_identifier(type, wanted, doors, reader)
    if page is None:
        lenient = "handling=lenient" in request.headers.get("prefer", "")
        page = await reader.search(type, wanted, lenient=lenient)
    return Response(bundle(base_url(request), type, page), media_type=FHIR_JSON)


async def _by_identifier(type: str, params: Params, doors: Doors, reader: records.Reader) -> records.Page | None:
    """The most asked question of all, a Patient by one number, answered from the directory of people."""
    if type != "Patient" or len(params) != 1 or params[0][0] != "identifier":
        return None
    system, bar, value = params[0][1].partition("|")
    if not (system and bar and value) or "," in value:
        return None
    id = await doors.directory.find(system, value)
    if id is None:
        return None  # perhaps a number that several share, such as the mother's
    try:
        found = [await reader.read("Patient", id, frozenset({value}))]
    except kernel.NotFound:
        found = []
    return records.Page(found, len(found), None, params)


def bundle(base: str, path: str, page: records.Page) -> bytes:
    """A searchset around the exact bytes of what was found; the self link tells what was really used.

    :param path: what was searched, below ``base``: a kind, or an operation.
    """
    links = [{"relation": "self", "url": f"{base}/{path}?{urlencode(page.used)}" if page.used else f"{base}/{path}"}]
    if page.next:
        links.append({"relation": "next", "url": f"{base}/{path}?{urlencode([*page.used, ('_cursor', page.next)])}"})
    head: dict[str, object] = {"resourceType": "Bundle", "type": "searchset"}
    if page.total is not None:
        head["total"] = page.total
    head["link"] = links
    begin = kernel.encode({"fullUrl": f"{base}/"})[:-2]  # kinds and ids need no escape
    entries = [_entry(begin, page, one, b"match") for one in page.items]
    entries += [_entry(begin, page, one, b"include") for one in page.included]
    if not entries:
        return kernel.encode(head)
    return kernel.encode(head)[:-1] + b',"entry":[' + b",".join(entries) + b"]}"


def _entry(begin: bytes, page: records.Page, one: records.Stored, mode: bytes) -> bytes:
    content = one.content
    elements = page.elements if mode == b"match" else frozenset()  # what comes along is whole
    if elements or page.summary != "false":
        content = fhir.subset(content, one.type, elements, page.summary)
    return b'%b%b","resource":%b,"search":{"mode":"%b"}}' % (begin, one.reference.encode(), content, mode)
