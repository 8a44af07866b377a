"""$everything: a person's whole chart. https://hl7.org/fhir/R4/patient-operation-everything.html"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from sekali import fhir, records, security

from ..doors import Doors
from ..interactions.search import bundle
from ..messages import base_url, resource_id
from ..outcomes import FHIR_JSON
from .asked import Asked, asked

NAMES = frozenset({"start", "end", "_since", "_type", "_count", "_cursor"})
DEFAULT_COUNT, MOST = 100, 1000
_LAST = datetime.max.replace(tzinfo=UTC)


async def everything(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``GET`` or ``POST /Patient/{id}/$everything``: newest first, at most 1,000 on a page; ``next`` leads on."""
    person = resource_id(request, "Patient")
    wanted = await asked(request, NAMES)
    chart = records.Chart(
        person, _types(wanted, grant), wanted.moment("_since", records.EVER), wanted.moment("start", records.EVER), _end(wanted),
        max(1, wanted.number("_count", DEFAULT_COUNT, MOST)), wanted.text("_cursor") or None,
    )  # fmt: skip
    page = await doors.store.under(grant).everything(chart)
    used = [(name, str(value)) for name, values in wanted.values.items() if name != "_cursor" for value in values]
    return Response(
        bundle(base_url(request), f"Patient/{person}/$everything", replace(page, used=used)), media_type=FHIR_JSON
    )


def _types(wanted: Asked, grant: security.Grant) -> frozenset[str] | None:
    types = wanted.texts("_type")
    for type in types:
        fhir.require_kind(type)
        grant.may_read(type)
    return frozenset(types) or None


def _end(wanted: Asked) -> datetime:
    """The first moment that is not meant any more: ``end`` names a whole day, or the time itself."""
    end = wanted.moment("end", _LAST)
    step = timedelta(days=1) if len(wanted.text("end")) == 10 else timedelta(milliseconds=1)
    return end if end > _LAST - step else end + step
