"""Who looked at my data, people and machines apart, and the form to ask about it."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import audit, care, kernel
from sekali.security import Role

from . import forms
from .failures import field_errors
from .frame import render
from .routing import page

PATH = "/warga/dilihat"
MOST_ASKED = 400
"""Characters of any part of the address."""


async def looked(request: Request) -> Response:
    """A page of entries, by people or by machines, of one facility or all, between two days."""
    desk, actor = request.state.doors.care, request.state.actor
    query = {name: value for name, value in request.query_params.items() if value and len(value) <= MOST_ASKED}
    asked = _asked(query, actor.zone)
    looks, more = await desk.own.looks(actor, asked)
    places = {id: facility.name for id, facility in (await desk.facilities.all()).items()}
    here = [(str(id), places[id]) for id in await desk.own.places(actor) if id in places]

    def to(**changes: str) -> str:
        told = {name: value for name, value in (query | changes).items() if name in _NAMES and value}
        return f"{PATH}?{urlencode(told)}" if told else PATH

    return render(
        request, "citizen/looked.html", looks=looks, asked=asked, places=places, form=query, to=to,
        here=sorted(here, key=lambda one: one[1]),
        next=to(hal=str(asked.page + 1)) if more else "", back=to(hal=str(asked.page - 1)) if asked.page > 1 else "",
    )  # fmt: skip


_NAMES = ("mesin", "fasilitas", "dari", "sampai", "hal")


def _asked(query: dict[str, str], zone: str) -> audit.Looked:
    asked = audit.Looked(machines="mesin" in query, zone=zone)
    if "fasilitas" in query:
        asked = replace(asked, facility=_uuid(query["fasilitas"]))
    if "dari" in query:
        asked = replace(asked, since=_midnight(query["dari"], "dari", zone))
    if "sampai" in query:
        asked = replace(asked, until=_midnight(query["sampai"], "sampai", zone) + timedelta(days=1))
    return replace(asked, page=int(query["hal"])) if query.get("hal", "").isdecimal() else asked


def _midnight(text: str, field: str, zone: str) -> datetime:
    return datetime.combine(forms.day(text, field), time(), ZoneInfo(zone))


def _uuid(text: str) -> UUID:
    return forms.uuid_of(text, kernel.NotFound("There is no such entry about you."))


def _entry(text: str) -> tuple[str, int]:
    """An entry as forms name it: the number of its last event and the chain."""
    seq, _, stream = text.partition(".")
    if not seq.isdecimal() or len(seq) > 9 or not 0 < len(stream) <= MOST_ASKED:
        raise kernel.NotFound("There is no such entry about you.")
    return stream, int(seq)


async def question(request: Request) -> Response:
    """The form for one entry."""
    return await _question(request, request.query_params.get("entri", ""))


async def _question(
    request: Request, entry: str, status: int = 200, error: str = "", errors: dict[str, str] | None = None
) -> Response:
    desk: care.Care = request.state.doors.care
    look = await desk.questions.about(request.state.actor, *_entry(entry))
    places = {id: facility.name for id, facility in (await desk.facilities.all()).items()}
    hours = request.state.doors.settings.question_hours
    return render(request, "citizen/question.html", status, look=look, places=places, entry=entry, error=error,
                  errors=errors or {}, hours=hours, form=request.state.typed)  # fmt: skip


async def ask(request: Request) -> Response:
    """Send it; what was typed stays when it is refused."""
    form, desk = request.state.typed, request.state.doors.care
    try:
        await desk.questions.ask(request.state.actor, *_entry(form.get("entry", "")), form.get("reason", ""))
    except (kernel.Invalid, kernel.Conflict, kernel.TooCostly) as failure:
        errors = field_errors(request, failure) if isinstance(failure, kernel.Invalid) else {}
        error = "" if errors else failure.text(request.state.language)
        return await _question(request, form.get("entry", ""), 400, error, errors)
    return RedirectResponse("/warga/hak#permintaan", 303)


PAGES = (
    page(PATH, looked, {Role.CITIZEN}),
    page(f"{PATH}/tanya", question, {Role.CITIZEN}),
    page(f"{PATH}/tanya", ask, {Role.CITIZEN}, "POST"),
)
