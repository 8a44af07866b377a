"""Guardians: noted and ended at the counter; seen, ended and acted as on the citizen's own page."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import care, kernel
from sekali.security import Role

from .clerk import CLERKS, present
from .copies import copy_under
from .failures import field_errors
from .forms import day, uuid_of
from .frame import render
from .routing import page

PATH = "/warga/wali"


def _id(text: str) -> UUID:
    return uuid_of(text, kernel.NotFound("There is no such page."))


async def at_counter(request: Request) -> Response:
    """Who acts for the person at the counter; begin or end one."""
    citizen, _ = present(request)
    form, desk, actor = request.state.typed, request.state.doors.care, request.state.actor
    grant = care.at_counter(actor, citizen)
    errors: dict[str, str] = {}
    status = 200
    try:
        if form.get("end"):
            await desk.guardians.end(grant, _id(form["end"]))
        elif "scan" in form:
            await desk.guardians.begin(actor, citizen, _proved(form))
            form = {}
    except kernel.Invalid as failure:
        errors, status = field_errors(request, failure), 400
    except kernel.Conflict as failure:
        errors, status = {"scan": failure.text(request.state.language)}, 409
    return render(
        request, "guardian/counter.html", status, standing=await desk.guardians.standing(grant), form=form, errors=errors,
        kinships=tuple(care.KINSHIPS), proofs=care.PROOFS, present=request.state.typed["present"],
        days=desk.guardians.longest.days,
    )  # fmt: skip


def _proved(form: dict[str, str]) -> care.Proved:
    return care.Proved(
        form.get("scan", ""), form.get("kinship", ""), form.get("proof", ""), day(form.get("until", ""), "until")
    )


async def end_mine(request: Request) -> Response:
    """Whoever is acted for ends it."""
    grant = care.of_myself(request.state.actor)
    await request.state.doors.care.guardians.end(grant, _id(request.state.typed.get("end", "")))
    return RedirectResponse("/warga#wali", 303)


async def record(request: Request) -> Response:
    """The record of somebody for whom I act."""
    desk, citizen = request.state.doors.care, _id(request.path_params["id"])
    seen, referrals = await desk.guardians.record(request.state.actor, citizen)
    return render(request, "guardian/record.html", record=seen, referrals=referrals, citizen=citizen)


async def give_up(request: Request) -> Response:
    """Whoever acts ends it."""
    await request.state.doors.care.guardians.give_up(request.state.actor, _id(request.path_params["id"]))
    return RedirectResponse("/warga#wali", 303)


async def copy(request: Request) -> Response:
    """A copy of what I see of somebody for whom I act."""
    grant = await request.state.doors.care.guardians.acting(request.state.actor, _id(request.path_params["id"]))
    return await copy_under(request, grant)


PAGES = (
    page("/loket/wali", at_counter, CLERKS, "POST"),
    page(PATH, end_mine, {Role.CITIZEN}, "POST"),
    page(f"{PATH}/{{id}}", record, {Role.CITIZEN}),
    page(f"{PATH}/{{id}}", give_up, {Role.CITIZEN}, "POST"),
    page(f"{PATH}/{{id}}/salinan/{{form}}", copy, {Role.CITIZEN}),
)
