"""The facility's work list of citizens' questions about who looked."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import kernel
from sekali.security import Role

from .frame import render
from .routing import page

STAFF = {Role.CLERK, Role.NURSE, Role.DOCTOR, Role.REFERRAL_DESK}


async def questions(request: Request) -> Response:
    """Those that wait, by the time they are due; below, what was answered."""
    desk, actor = request.state.doors.care.questions, request.state.actor
    return render(
        request, "answering/questions.html", waiting=await desk.waiting(actor), answered=await desk.answered(actor)
    )


def _id(request: Request) -> UUID:
    try:
        return UUID(request.path_params["id"])
    except ValueError:
        raise kernel.NotFound("Your facility has no such question.") from None


async def question(request: Request) -> Response:
    return await _question(request)


async def _question(request: Request, status: int = 200, error: str = "") -> Response:
    one = await request.state.doors.care.questions.one(request.state.actor, _id(request))
    return render(request, "answering/question.html", status, one=one, error=error, form=request.state.typed)


async def answer(request: Request) -> Response:
    """Answer it; what was typed stays when it is refused."""
    desk = request.state.doors.care.questions
    try:
        await desk.answer(request.state.actor, _id(request), request.state.typed.get("answer", ""))
    except (kernel.Invalid, kernel.Conflict, kernel.Forbidden) as failure:
        return await _question(request, 400, failure.text(request.state.language))
    return RedirectResponse("/pertanyaan", 303)


PAGES = (
    page("/pertanyaan", questions, STAFF),
    page("/pertanyaan/{id}", question, STAFF),
    page("/pertanyaan/{id}", answer, STAFF, "POST"),
)
