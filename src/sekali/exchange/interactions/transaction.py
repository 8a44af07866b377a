"""transaction: a Bundle, all of it or nothing. https://hl7.org/fhir/R4/http.html#transaction"""

from starlette.requests import Request
from starlette.responses import Response

from sekali import security

from ..doors import Doors
from ..messages import read_body
from ..outcomes import FHIR_JSON


async def transaction(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``POST /`` with a Bundle of type transaction."""
    answer = await doors.store.transaction(grant, await read_body(request))
    return Response(answer, media_type=FHIR_JSON)
