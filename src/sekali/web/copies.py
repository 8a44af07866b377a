"""A copy of my own record, to take along: everything as FHIR, or the summary that other countries read too."""

from starlette.requests import Request
from starlette.responses import Response

from sekali import care, kernel, security
from sekali.security import Role

from .files import download
from .routing import page

FHIR_JSON = "application/fhir+json"


async def copy(request: Request) -> Response:
    """``/warga/salinan/fhir`` or ``ips``; each look at what is in it is audited."""
    return await copy_under(request, care.of_myself(request.state.actor))


async def copy_under(request: Request, grant: security.Grant) -> Response:
    """The form that the path asks for, of the Grant's person. Raises NotFound."""
    copies = request.state.doors.copies
    forms = {"fhir": copies.everything, "ips": copies.summary}
    form = request.path_params["form"]
    if form not in forms:
        raise kernel.NotFound("There is no such page.")
    made = await forms[form](grant)
    day = kernel.in_zone(kernel.now(), request.state.actor.zone).date()
    return download(made, f"rekam-medis-{form}-{day}.json", FHIR_JSON)


PAGES = (page("/warga/salinan/{form}", copy, {Role.CITIZEN}),)
