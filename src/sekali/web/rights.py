"""My rights: what I ask a facility for, by when it has to answer, and what it said."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import care, kernel
from sekali.security import Role

from . import forms
from .clocks import timed
from .failures import field_errors
from .frame import render
from .routing import page

PATH = "/warga/hak"
FORMS = {"salinan": care.Kind.ACCESS, "perbaikan": care.Kind.CORRECTION, "pembatasan": care.Kind.RESTRICTION,
         "penghapusan": care.Kind.DELETION}  # fmt: skip
"""Word in the address -> what is asked for."""


async def mine(request: Request) -> Response:
    """What I may ask for, and what I asked for."""
    desks = request.state.doors.care
    asked = [timed(request, one) for one in await desks.duties.of_citizen(request.state.actor)]
    return render(request, "rights/mine.html", asked=asked, grounds=desks.duties.grounds, places=await _places(request))


async def _places(request: Request) -> dict[UUID, str]:
    return {id: facility.name for id, facility in (await request.state.doors.care.facilities.all()).items()}


def _kind(request: Request) -> care.Kind:
    kind = FORMS.get(request.path_params["what"])
    if kind is None:
        raise kernel.NotFound("There is no such page.")
    return kind


async def form(request: Request) -> Response:
    """The form of one right."""
    return await _form(request)


async def _form(request: Request, status: int = 200, error: str = "", errors: dict[str, str] | None = None) -> Response:
    desks, kind, actor = request.state.doors.care, _kind(request), request.state.actor
    known = care.now_known(await desks.rights.known(actor)) if kind is care.Kind.CORRECTION else {}
    kept = await desks.rights.kept(actor) if kind is care.Kind.DELETION else None
    return render(
        request, "rights/ask.html", status, kind=kind, what=request.path_params["what"], form=request.state.typed,
        error=error, errors=errors or {}, known=known, hours=desks.duties.hours[kind],
        choice=await desks.duties.places(actor), places=await _places(request), labels=tuple(care.CLASSES),
        kept=kept, years=desks.destruction.rule.years, basis=desks.destruction.rule.basis[request.state.language],
    )  # fmt: skip


async def ask(request: Request) -> Response:
    """Send it; what was typed stays when it is refused."""
    try:
        await _ask(request, _kind(request))
    except kernel.Invalid as failure:
        errors = field_errors(request, failure)
        return await _form(request, 400, "" if errors else failure.text(request.state.language), errors)
    except kernel.TooCostly as failure:
        return await _form(request, 400, failure.text(request.state.language))
    return RedirectResponse(f"{PATH}#permintaan", 303)


async def _ask(request: Request, kind: care.Kind) -> None:
    typed, actor, rights = request.state.typed, request.state.actor, request.state.doors.care.rights
    facility, reason = _id(typed.get("facility", ""), "facility"), typed.get("reason", "")
    if kind is care.Kind.DELETION:
        await rights.delete(actor, facility, reason)
    elif kind is care.Kind.ACCESS:
        await rights.access(actor, facility, reason)
    elif kind is care.Kind.CORRECTION:
        wished = {name: typed.get(name, "") for name in care.FIELDS}
        if wished["birth_date"]:
            wished["birth_date"] = forms.day(wished["birth_date"], "birth_date").isoformat()
        await rights.correct(actor, facility, wished, typed.get("proof", ""), reason)
    else:
        until = forms.day(typed["until"], "until") if typed.get("until") else None
        whom = _id(typed.get("whom", ""), "whom")
        await rights.restrict(actor, facility, care.Restriction(typed.get("label", ""), whom, until), reason)


def _id(text: str, field: str) -> UUID | None:
    if not text:
        return None
    return forms.uuid_of(text, kernel.Invalid(faults=[kernel.Fault(field, "Choose the facility that shall answer.")]))


async def withdraw(request: Request) -> Response:
    """Take it back."""
    id = forms.uuid_of(request.path_params["id"], kernel.NotFound("You asked for no such thing."))
    await request.state.doors.care.duties.withdraw(request.state.actor, id)
    return RedirectResponse(f"{PATH}#permintaan", 303)


PAGES = (
    page(PATH, mine, {Role.CITIZEN}),
    page(f"{PATH}/minta/{{what}}", form, {Role.CITIZEN}),
    page(f"{PATH}/minta/{{what}}", ask, {Role.CITIZEN}, "POST"),
    page(f"{PATH}/{{id}}/cabut", withdraw, {Role.CITIZEN}, "POST"),
)
