"""A breach of data protection at the head's desk: written down, its notices with their times."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import care, kernel
from sekali.security import Role

from .clocks import timed
from .failures import field_errors
from .forms import uuid_of
from .frame import render
from .routing import page

PATH = "/tugas/pelanggaran"
HEAD = {Role.FACILITY_HEAD}


async def form(request: Request) -> Response:
    """What happened, and whom it concerns."""
    return await _form(request)


async def _form(request: Request, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    hours = request.state.doors.care.duties.hours[care.Kind.BREACH]
    return render(
        request, "duties/breach_form.html", status, form=request.state.typed, errors=errors or {}, hours=hours
    )


async def record(request: Request) -> Response:
    """Keep it; what was typed stays when it is refused."""
    typed, actor = request.state.typed, request.state.actor
    try:
        id = await request.state.doors.care.breaches.record(actor, _happened(typed, actor.zone))
    except kernel.Invalid as failure:
        return await _form(request, 400, field_errors(request, failure))
    return RedirectResponse(f"{PATH}/{id}", 303)


def _happened(typed: dict[str, str], zone: str) -> care.Happened:
    """What the form says. Raises Invalid, with each field that is wrong."""
    faults, moments = [], {}
    for name in ("since", "known_at"):
        try:
            moments[name] = _moment(typed.get(name, ""), name, zone)
        except kernel.Invalid as failure:
            faults += failure.faults
    numbers = [line.strip() for line in typed.get("numbers", "").splitlines() if line.strip()]
    if typed.get("whom") not in ("everybody", "listed") or (typed["whom"] == "listed") != bool(numbers):
        faults.append(kernel.Fault("whom", "Choose everybody and leave the list empty, or write the list."))
    if faults:
        raise kernel.Invalid(faults=faults)
    texts = {name: typed.get(name, "") for name in ("how", "disclosed", "handling")}
    return care.Happened(**texts, **moments, numbers=numbers)


def _moment(text: str, field: str, zone: str) -> datetime:
    """A day and a time as browsers send them, on the clock of this facility. Raises Invalid."""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None and found.year >= 2000 and len(text) >= 16:
            return found.replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        pass
    raise kernel.Invalid(faults=[kernel.Fault(field, "Write day and time, such as 2026-11-23T14:30.")])


def _id(request: Request) -> UUID:
    return uuid_of(request.path_params["id"], kernel.NotFound("Your facility has no such duty."))


async def show(request: Request) -> Response:
    """One of them, with the words for the letter."""
    return await _show(request)


async def _show(request: Request, status: int = 200, error: str = "", errors: dict[str, str] | None = None) -> Response:
    one, number = await request.state.doors.care.breaches.one(request.state.actor, _id(request))
    typed = request.state.typed or {"handling": one.detail.handling} | {
        name: f"{kernel.in_zone(at, request.state.actor.zone):%Y-%m-%dT%H:%M}"
        for name in ("persons_at", "authority_at")
        if (at := getattr(one.detail, name))
    }
    return render(
        request, "duties/breach.html", status, one=timed(request, one), number=number, form=typed, error=error,
        errors=errors or {},
    )  # fmt: skip


async def tell(request: Request) -> Response:
    """Note what is done, and when the notices went out."""
    typed, actor = request.state.typed, request.state.actor
    try:
        persons, authority = (
            _moment(typed[name], name, actor.zone) if typed.get(name) else None
            for name in ("persons_at", "authority_at")
        )
        await request.state.doors.care.breaches.tell(actor, _id(request), typed.get("handling", ""), persons, authority)
    except kernel.Invalid as failure:
        return await _show(request, 400, errors=field_errors(request, failure))
    except kernel.Conflict as failure:
        return await _show(request, 409, failure.text(request.state.language))
    return RedirectResponse(f"{PATH}/{request.path_params['id']}", 303)


PAGES = (
    page(PATH, form, HEAD),
    page(PATH, record, HEAD, "POST"),
    page(f"{PATH}/{{id}}", show, HEAD),
    page(f"{PATH}/{{id}}", tell, HEAD, "POST"),
)
