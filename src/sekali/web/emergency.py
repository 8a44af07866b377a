"""Emergency access: a reason, the record under a loud banner, and the head's list of what to look into."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import care, kernel
from sekali.security import Role

from .failures import field_errors
from .frame import render
from .routing import page

RESCUERS = {Role.DOCTOR, Role.NURSE}


def _desk(request: Request) -> care.Emergency:
    return request.state.doors.care.emergency


def _id(request: Request) -> UUID:
    try:
        return UUID(request.path_params["id"])
    except ValueError:
        raise kernel.NotFound("There is no such page.") from None


async def ask(request: Request) -> Response:
    """Card or number, and why."""
    return await _ask(request)


async def _ask(request: Request, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    mine = await _desk(request).mine(request.state.actor)
    return render(request, "emergency/ask.html", status, form=request.state.typed, errors=errors or {}, mine=mine)


async def open_(request: Request) -> Response:
    """Open it; from now on it is known."""
    form = request.state.typed
    try:
        id = await _desk(request).open(request.state.actor, form.get("scan", ""), form.get("reason", ""))
    except kernel.Invalid as failure:
        errors = field_errors(request, failure)
        return await _ask(
            request, 400, errors if errors.keys() & {"reason"} else {"scan": failure.text(request.state.language)}
        )
    except kernel.NotFound as failure:
        return await _ask(request, 404, {"scan": failure.text(request.state.language)})
    return RedirectResponse(f"/darurat/{id}", 303)


async def show(request: Request) -> Response:
    """The record, while it lasts."""
    opening, record = await _desk(request).show(request.state.actor, _id(request))
    return render(request, "record/record.html", record=record, opening=opening)


async def finish(request: Request) -> Response:
    """End it now."""
    await _desk(request).finish(request.state.actor, _id(request))
    return RedirectResponse("/darurat", 303)


async def reviews(request: Request) -> Response:
    """What the head looks into, the longest waiting first."""
    return await _reviews(request)


async def _reviews(request: Request, status: int = 200, error: str = "") -> Response:
    found = await _desk(request).reviews(request.state.actor)
    overdue = await request.state.doors.care.duties.overdue(request.state.actor)
    return render(request, "emergency/reviews.html", status, openings=found, error=error, overdue=overdue)


async def review(request: Request) -> Response:
    """Accept or question one."""
    form = request.state.typed
    try:
        await _desk(request).review(request.state.actor, _id(request), form.get("verdict", ""), form.get("note", ""))
    except (kernel.Invalid, kernel.Conflict) as failure:
        return await _reviews(request, 400, failure.text(request.state.language))
    return RedirectResponse("/kepala", 303)


PAGES = (
    page("/darurat", ask, RESCUERS),
    page("/darurat", open_, RESCUERS, "POST"),
    page("/darurat/{id}", show, RESCUERS),
    page("/darurat/{id}/selesai", finish, RESCUERS, "POST"),
    page("/kepala", reviews, {Role.FACILITY_HEAD}),
    page("/kepala/{id}", review, {Role.FACILITY_HEAD}, "POST"),
)
