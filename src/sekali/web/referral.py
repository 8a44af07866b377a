"""The hospital's referral board, and the letter."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import care, kernel
from sekali.security import Role

from .forms import uuid_of
from .frame import render
from .routing import page

BOARD = {Role.REFERRAL_DESK, Role.DOCTOR}
READERS = {Role.REFERRAL_DESK, Role.DOCTOR, Role.CLERK}


def _desk(request: Request) -> care.Care:
    return request.state.doors.care


def _id(request: Request) -> UUID:
    return uuid_of(request.path_params["id"], kernel.NotFound("Your facility has no such referral."))


async def board(request: Request) -> Response:
    """Those who ask, urgent and longest waiting first; below, what was answered."""
    found = await _desk(request).referrals.board(request.state.actor)
    waiting = [one for one in found if one.status == "requested"]
    answered = sorted(
        (one for one in found if one.status != "requested"), key=lambda one: one.requested_at, reverse=True
    )
    return render(request, "referral/board.html", waiting=waiting, answered=answered[:50])


async def referral(request: Request) -> Response:
    return await _referral(request)


async def _referral(request: Request, status: int = 200, error: str = "") -> Response:
    desk, actor = _desk(request), request.state.actor
    letter = await desk.referrals.letter(actor, _id(request))
    options = await desk.referrals.fitting(actor, letter.referral.department_code)
    return render(request, "referral/one.html", status, letter=letter, options=options, error=error,
                  form=request.state.typed)  # fmt: skip


async def answer(request: Request) -> Response:
    """Accept, decline with a reason, or pass on to another hospital."""
    form, actor, desk, id = request.state.typed, request.state.actor, _desk(request).referrals, _id(request)
    try:
        match form.get("action"):
            case "accept":
                await desk.accept(actor, id)
            case "decline":
                await desk.decline(actor, id, form.get("reason", "")[:2000])
            case "redirect":
                await desk.redirect(actor, id, UUID(form.get("hospital", "")), form.get("reason", "")[:2000])
            case _:
                raise kernel.Invalid("Choose what to answer.")
    except ValueError:
        message = kernel.translate(request.state.language, "Choose a hospital that has this department.")
        return await _referral(request, 400, message)
    except (kernel.Invalid, kernel.Conflict) as failure:
        return await _referral(request, 400, failure.text(request.state.language))
    return RedirectResponse("/rujukan", 303)


async def letter(request: Request) -> Response:
    """The referral letter, to print."""
    return render(
        request, "referral/letter.html", letter=await _desk(request).referrals.letter(request.state.actor, _id(request))
    )


PAGES = (
    page("/rujukan", board, BOARD),
    page("/rujukan/{id}", referral, BOARD),
    page("/rujukan/{id}", answer, BOARD, "POST"),
    page("/surat/{id}", letter, READERS),
)
