"""The facility's duties towards persons: the work list by time left, and one of them to answer."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import care, kernel
from sekali.security import Role

from .clocks import timed
from .failures import field_errors
from .forms import uuid_of
from .frame import render
from .routing import page

PATH = "/tugas"
ANSWERING = {Role.RECORDS_OFFICER, Role.FACILITY_HEAD}
LARGEST_VERSION = 9
"""Digits."""


async def waiting(request: Request) -> Response:
    """What waits, the most urgent first; below, what was done."""
    desk, actor = request.state.doors.care.duties, request.state.actor
    return render(
        request, "duties/list.html", waiting=[timed(request, one) for one in await desk.waiting(actor)],
        ended=[timed(request, one) for one in await desk.ended(actor)],
    )  # fmt: skip


def _id(request: Request) -> UUID:
    return uuid_of(request.path_params["id"], kernel.NotFound("Your facility has no such duty."))


async def show(request: Request) -> Response:
    """One of them, with whose it is as far as the answer needs it."""
    return await _show(request)


async def _show(request: Request, status: int = 200, error: str = "", errors: dict[str, str] | None = None) -> Response:
    desks = request.state.doors.care
    opened = await desks.duties.open(request.state.actor, _id(request))
    grounds = [(one.code, one.words[request.state.language]) for one in desks.duties.grounds.of(opened.duty.kind)]
    places = {id: facility.name for id, facility in (await desks.facilities.all()).items()}
    return render(
        request, "duties/one.html", status, one=timed(request, opened.duty), person=opened.person, version=opened.version,
        known=care.now_known(opened.person) if opened.person else {}, grounds=grounds, all_grounds=desks.duties.grounds,
        places=places, kept=opened.kept, error=error, errors=errors or {}, form=request.state.typed,
    )  # fmt: skip


async def answer(request: Request) -> Response:
    """Answer it; what was typed stays when it is refused."""
    typed, desk = request.state.typed, request.state.doors.care.duties
    version = typed.get("version", "")
    number = int(version) if version.isdecimal() and len(version) <= LARGEST_VERSION else None
    said = care.Answer(typed.get("decision") == "accept", typed.get("answer", ""), typed.get("ground", ""), number)
    try:
        await desk.answer(request.state.actor, _id(request), said)
    except kernel.Invalid as failure:
        errors = field_errors(request, failure)
        return await _show(request, 400, "" if errors else failure.text(request.state.language), errors)
    except (kernel.Conflict, kernel.PreconditionFailed) as failure:
        return await _show(request, 409, failure.text(request.state.language))
    return RedirectResponse(PATH, 303)


PAGES = (
    page(PATH, waiting, ANSWERING),
    page(f"{PATH}/{{id}}", show, ANSWERING),
    page(f"{PATH}/{{id}}", answer, ANSWERING, "POST"),
)
