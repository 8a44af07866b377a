"""A copy of my own record, to take along: on paper, everything as FHIR, or the summary that other countries read too."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from sekali import care, kernel, program, security
from sekali.security import Role

from . import paper
from .files import download
from .routing import page

FHIR_JSON = "application/fhir+json"


async def copy(request: Request) -> Response:
    """``/warga/salinan/pdf``, ``fhir`` or ``ips``; each look at what is in it is audited."""
    return await copy_under(request, care.of_myself(request.state.actor))


async def copy_under(request: Request, grant: security.Grant) -> Response:
    """The form that the path asks for, of the Grant's person. Raises NotFound, TooCostly."""
    copies = request.state.doors.copies
    form, day = request.path_params["form"], care.today(request.state.actor.zone)
    if form == "pdf":
        resources = await copies.resources(grant, paper.MOST)
        document = paper.document(resources, request.state.language, day)
        made = await asyncio.to_thread(program.documents.pdf, document)
        return download(made, f"rekam-medis-{day}.pdf", "application/pdf")
    forms = {"fhir": copies.everything, "ips": copies.summary}
    if form not in forms:
        raise kernel.NotFound("There is no such page.")
    return download(await forms[form](grant), f"rekam-medis-{form}-{day}.json", FHIR_JSON)


PAGES = (page("/warga/salinan/{form}", copy, {Role.CITIZEN}),)
