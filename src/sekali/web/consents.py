"""Who may see my record: on the citizen's own page, and at the counter for somebody who stands there."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import care, kernel, security
from sekali.security import Role

from .clerk import CLERKS, present
from .frame import render
from .routing import page


def _wish(form: dict[str, str]) -> care.Wish:
    if form.get("permit") not in ("yes", "no"):
        raise kernel.Invalid("Choose what, for whom and whether to open or to close it.")
    return care.Wish(
        form["permit"] == "yes", form.get("label", ""), _id(form.get("facility", "")), form.get("purpose", "")
    )


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise kernel.Invalid("Choose what, for whom and whether to open or to close it.") from None


async def _act(request: Request, grant: security.Grant) -> None:
    """What the form asks for: to say something, or to take it back."""
    form, consents = request.state.typed, request.state.doors.care.consents
    if form.get("withdraw"):
        id = _id(form["withdraw"])
        if id is not None:
            await consents.withdraw(grant, id)
    else:
        await consents.say(grant, _wish(form))


async def _page(
    request: Request, grant: security.Grant, action: str, seal: str = "", error: str = "", status: int = 200
) -> Response:
    desks = request.state.doors.care
    places = {id: facility.name for id, facility in (await desks.facilities.all()).items()}
    return render(
        request, "citizen/consents.html", status, said=await desks.consents.standing(grant), places=places, error=error,
        labels=tuple(care.CLASSES), purposes=care.PURPOSES, action=action, present=seal, form=request.state.typed,
    )  # fmt: skip


async def mine(request: Request) -> Response:
    """What I open and close."""
    return await _page(request, care.of_myself(request.state.actor), "/warga/persetujuan")


async def decide(request: Request) -> Response:
    """Say it, or take it back; it holds at once."""
    grant = care.of_myself(request.state.actor)
    try:
        await _act(request, grant)
    except kernel.Invalid as failure:
        return await _page(request, grant, "/warga/persetujuan", error=failure.text(request.state.language), status=400)
    return RedirectResponse("/warga/persetujuan", 303)


async def at_counter(request: Request) -> Response:
    """The same for somebody who stands at the counter and says so; the clerk writes it down."""
    citizen, _ = present(request)
    grant = care.at_counter(request.state.actor, citizen)
    seal, path, error = request.state.typed["present"], "/loket/persetujuan", ""
    if {"permit", "withdraw"} & request.state.typed.keys():
        try:
            await _act(request, grant)
        except kernel.Invalid as failure:
            error = failure.text(request.state.language)
    return await _page(request, grant, path, seal, error, 400 if error else 200)


PAGES = (
    page("/warga/persetujuan", mine, {Role.CITIZEN}),
    page("/warga/persetujuan", decide, {Role.CITIZEN}, "POST"),
    page("/loket/persetujuan", at_counter, CLERKS, "POST"),
)
