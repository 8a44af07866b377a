"""Who may see my record: on the citizen's own page, and at the counter for somebody who stands there."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import care, kernel, security
from sekali.security import Role

from .clerk import CLERKS, present
from .failures import field_errors
from .forms import uuid_of
from .frame import render
from .routing import page

MINE, AT_COUNTER = "/warga/persetujuan", "/loket/persetujuan"


def _wish(form: dict[str, str]) -> care.Wish:
    if form.get("permit") not in ("yes", "no"):
        raise kernel.Invalid(faults=[kernel.Fault("permit", "Choose whether to open or to close it.")])
    return care.Wish(
        form["permit"] == "yes", form.get("label", ""), _id(form.get("facility", "")), form.get("purpose", "")
    )


def _id(text: str) -> UUID | None:
    return uuid_of(text, kernel.Invalid("Choose what, for whom and whether to open or to close it.")) if text else None


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
    request: Request, grant: security.Grant, seal: str = "", failure: kernel.Invalid | None = None, done: bool = False
) -> Response:
    desks = request.state.doors.care
    places = {id: facility.name for id, facility in (await desks.facilities.all()).items()}
    person, said = await desks.consents.of(grant)
    errors = field_errors(request, failure) if failure else {}
    error = failure.text(request.state.language) if failure and not errors else ""
    return render(
        request, "citizen/consents.html", 400 if failure else 200, person=person, said=said, places=places, error=error,
        errors=errors, done=done, labels=tuple(care.CLASSES), purposes=care.PURPOSES,
        action=AT_COUNTER if seal else MINE, present=seal, form=request.state.typed if failure else {},
    )  # fmt: skip


async def mine(request: Request) -> Response:
    """What I open and close."""
    return await _page(request, care.of_myself(request.state.actor), done="selesai" in request.query_params)


async def decide(request: Request) -> Response:
    """Say it, or take it back; it holds at once."""
    grant = care.of_myself(request.state.actor)
    try:
        await _act(request, grant)
    except kernel.Invalid as failure:
        return await _page(request, grant, failure=failure)
    return RedirectResponse(f"{MINE}?selesai=1", 303)


async def at_counter(request: Request) -> Response:
    """The same for somebody who stands at the counter and says so; the clerk writes it down."""
    citizen, _ = present(request)
    grant = care.at_counter(request.state.actor, citizen)
    seal, acts = request.state.typed["present"], bool({"permit", "label", "withdraw"} & request.state.typed.keys())
    try:
        if acts:
            await _act(request, grant)
    except kernel.Invalid as failure:
        return await _page(request, grant, seal, failure)
    return await _page(request, grant, seal, done=acts)


PAGES = (
    page(MINE, mine, {Role.CITIZEN}),
    page(MINE, decide, {Role.CITIZEN}, "POST"),
    page(AT_COUNTER, at_counter, CLERKS, "POST"),
)
