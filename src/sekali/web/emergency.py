"""Emergency access: a reason, the record under a loud banner, the head's list of what to look into, the auditor's of what
is late. (The banner itself stands on every page of whoever has a record open: ``emergency/banner.html``.)
"""

from collections.abc import Sequence
from datetime import timedelta
from math import ceil
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import care, kernel
from sekali.security import Role

from .failures import field_errors
from .forms import uuid_of
from .frame import render
from .routing import RESCUERS, page


def _desk(request: Request) -> care.Emergency:
    return request.state.doors.care.emergency


def _id(request: Request) -> UUID:
    return uuid_of(request.path_params["id"], kernel.NotFound("There is no such page."))


async def ask(request: Request) -> Response:
    """Card or number, and why."""
    return _ask(request, done="selesai" in request.query_params)


def _ask(
    request: Request, status: int = 200, errors: dict[str, str] | None = None, ended: str = "", done: bool = False
) -> Response:
    settings = request.state.doors.settings
    return render(
        request, "emergency/ask.html", status, form=request.state.typed, errors=errors or {}, ended=ended, done=done,
        minutes=settings.emergency_minutes, hours=settings.review_hours,
    )  # fmt: skip


async def open_(request: Request) -> Response:
    """Open it; from now on it is known."""
    form = request.state.typed
    try:
        id = await _desk(request).open(request.state.actor, form.get("scan", ""), form.get("reason", ""))
    except kernel.Invalid as failure:
        errors = field_errors(request, failure)
        return _ask(
            request, 400, errors if errors.keys() & {"reason"} else {"scan": failure.text(request.state.language)}
        )
    except kernel.NotFound as failure:
        return _ask(request, 404, {"scan": failure.text(request.state.language)})
    return RedirectResponse(f"/darurat/{id}", 303)


async def show(request: Request) -> Response:
    """The record, while it lasts. When it ends the page asks for itself again, and is refused: without scripts too."""
    try:
        opening, record = await _desk(request).show(request.state.actor, _id(request))
    except kernel.Forbidden as failure:
        return _ask(request, 403, ended=failure.text(request.state.language))
    response = render(request, "record/record.html", record=record)
    response.headers["Refresh"] = str(ceil(opening.left.total_seconds()) + 1)
    return response


async def finish(request: Request) -> Response:
    """End it now."""
    await _desk(request).finish(request.state.actor, _id(request))
    return RedirectResponse("/darurat?selesai=1", 303)


def _longest(openings: Sequence[care.Opening]) -> timedelta | None:
    """What fills a bar of how long heads take, or may take."""
    return max((max(one.waited, one.due_after) for one in openings), default=None)


async def reviews(request: Request) -> Response:
    """What the head looks into, the longest waiting first."""
    return await _reviews(request)


async def _reviews(request: Request, status: int = 200, error: str = "") -> Response:
    """``error`` is about the one that was to be reviewed, and stands there with the note that was typed."""
    found = await _desk(request).reviews(request.state.actor)
    waiting = [one for one in found if not one.verdict]
    overdue = await request.state.doors.care.duties.overdue(request.state.actor)
    return render(
        request, "emergency/reviews.html", status, waiting=waiting, reviewed=found[len(waiting) :],
        longest=_longest(found), error=error, about=request.path_params.get("id", ""), form=request.state.typed,
        overdue=overdue,
    )  # fmt: skip


async def review(request: Request) -> Response:
    """Justified, or not."""
    form = request.state.typed
    try:
        await _desk(request).review(request.state.actor, _id(request), form.get("verdict", ""), form.get("note", ""))
    except (kernel.Invalid, kernel.Conflict) as failure:
        return await _reviews(request, 400, failure.text(request.state.language))
    return RedirectResponse("/kepala", 303)


async def escalated(request: Request) -> Response:
    """What heads have not looked into in time."""
    found = await _desk(request).escalated(request.state.actor)
    return render(request, "emergency/escalated.html", openings=found, longest=_longest(found))


PAGES = (
    page("/darurat", ask, RESCUERS),
    page("/darurat", open_, RESCUERS, "POST"),
    page("/darurat/{id}", show, RESCUERS),
    page("/darurat/{id}/selesai", finish, RESCUERS, "POST"),
    page("/kepala", reviews, {Role.FACILITY_HEAD}),
    page("/kepala/{id}", review, {Role.FACILITY_HEAD}, "POST"),
    page("/pengawas", escalated, {Role.AUDITOR}),
)
