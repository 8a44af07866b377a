"""The clerk's counter: scan, Enter, done."""

import time
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import care, identity, kernel
from sekali.security import Role

from .failures import field_errors
from .forms import day, uuid_of
from .frame import render
from .routing import page

CLERKS = {Role.CLERK, Role.NURSE, Role.DOCTOR}
PRESENT = "present"
STAYS = 1800
"""Seconds for which somebody who was scanned counts as standing at the counter."""


def _desk(request: Request) -> care.Care:
    return request.state.doors.care


async def counter(request: Request) -> Response:
    """The one field for every number there is, and today's queue."""
    return await _counter(request)


async def _counter(request: Request, status: int = 200, **context: object) -> Response:
    queue = await _desk(request).consultation.queue(request.state.actor)
    return render(request, "clerk/counter.html", status, queue=queue, **{"error": "", "scan": "", **context})


async def scan(request: Request) -> Response:
    """A number: the person it belongs to, else the only form there is."""
    text = request.state.typed.get("scan", "")
    try:
        citizen = await _desk(request).counter.find(request.state.actor, text)
    except kernel.Invalid as failure:
        return await _counter(request, 400, error=failure.text(request.state.language), scan=text[:100])
    except kernel.NotFound as failure:
        number = identity.read_scan(text).value
        if failure.path == "nik" and (babies := await _desk(request).counter.newborns(request.state.actor, number)):
            return _found(request, babies, number)
        if failure.path in ("nik", "jkn"):
            return await _first_form(request, {failure.path: number}, new=True)
        return await _counter(request, 404, error=failure.text(request.state.language), scan=text[:100])
    return await _arrival(request, citizen, time.time())


async def _arrival(request: Request, citizen: UUID, since: float, status: int = 200, error: str = "") -> Response:
    arrival = await _desk(request).counter.arrive(request.state.actor, citizen)
    present = request.state.doors.doorkeeper.seal(f"{citizen} {since}", PRESENT)
    newborns = _sealed(request, arrival.newborns)
    return render(
        request, "clerk/arrival.html", status, arrival=arrival, present=present, error=error, newborns=newborns
    )


def present(request: Request) -> tuple[UUID, float]:
    """Who was scanned, and when. Raises Invalid when that is too long ago."""
    text = request.state.doors.doorkeeper.unseal(request.state.typed.get("present", ""), PRESENT, STAYS)
    if text is None:
        raise kernel.Invalid("This page has been open too long. Scan the card again.")
    citizen, _, since = text.partition(" ")
    return UUID(citizen), float(since)


def _seconds(since: float) -> Decimal:
    return Decimal(max(0.0, time.time() - since)).quantize(Decimal("0.001"))


async def receive(request: Request) -> Response:
    """Check in somebody who is known."""
    form = request.state.typed
    citizen, since = present(request)
    referral = _id(form["referral"]) if form.get("referral") else None
    try:
        visit = await _desk(request).counter.check_in(
            request.state.actor, citizen, _id(form.get("department", "")), _seconds(since), referral
        )
    except (kernel.Conflict, kernel.Gone) as failure:
        return await _arrival(request, citizen, since, 409, failure.text(request.state.language))
    return RedirectResponse(f"/loket/slip/{visit.id}", 303)


def _id(text: str) -> UUID:
    return uuid_of(text, kernel.NotFound("There is no such page."))


async def slip(request: Request) -> Response:
    """The queue slip, to print; the next person can be scanned from here."""
    shown = await _desk(request).counter.slip(request.state.actor, _id(request.path_params["id"]))
    return render(request, "clerk/slip.html", slip=shown, activation="")


async def new_code(request: Request) -> Response:
    """A new code for the citizen's own page."""
    id = _id(request.path_params["id"])
    code = await _desk(request).counter.invite(request.state.actor, id)
    return render(
        request, "clerk/slip.html", slip=await _desk(request).counter.slip(request.state.actor, id), activation=code
    )


async def search(request: Request) -> Response:
    """By name and birth date, for somebody without any card."""
    form = request.state.typed
    try:
        born = day(form.get("birth_date", ""), "birth_date")
        found = await _desk(request).counter.find_by_name(request.state.actor, form.get("name", ""), born)
    except kernel.Invalid as failure:
        return await _counter(request, 400, error=" ".join(field_errors(request, failure).values()))
    return _found(request, found, f"{form.get('name', '')}, {form.get('birth_date', '')}")


def _sealed(request: Request, people: Sequence[care.Person]) -> list[tuple[care.Person, str]]:
    """People to choose from, each with the seal that lets them be chosen."""
    seal = request.state.doors.doorkeeper.seal
    return [(person, seal(f"{person.id} {time.time()}", PRESENT)) for person in people]


def _found(request: Request, people: Sequence[care.Person], asked: str) -> Response:
    return render(request, "clerk/found.html", people=_sealed(request, people), asked=asked)


async def choose(request: Request) -> Response:
    """One of those found by name."""
    citizen, since = present(request)
    return await _arrival(request, citizen, since)


async def first_form(request: Request) -> Response:
    """The only form there is, empty or with what is known already; or, with its NIK read, filled in further."""
    return await _first_form(request, dict(request.state.typed), new=True)


async def _first_form(
    request: Request,
    form: dict[str, str],
    *,
    new: bool = False,
    status: int = 200,
    errors: dict[str, str] | None = None,
) -> Response:
    desk, facility = _desk(request), await _desk(request).facilities.one(request.state.actor.facility)
    errors, prefill = dict(errors or {}), None
    if form.get("nik") and "nik" not in errors:
        try:
            prefill = desk.counter.prefill(form["nik"])
        except kernel.Invalid as failure:
            errors["nik"] = failure.text(request.state.language)
    if new and (form.get("mother_nik") or form.get("kk")):
        known = await desk.counter.family_facts(request.state.actor, form.get("mother_nik", ""), form.get("kk", ""))
        form = known | {name: value for name, value in form.items() if value}
    if new and prefill:
        form = {"birth_date": f"{prefill.birth_date:%d-%m-%Y}", "sex": prefill.sex} | form
    if "since" not in form:
        form["since"] = request.state.doors.doorkeeper.seal(str(time.time()), "form")
    departments = await desk.facilities.departments(facility.id)
    return render(
        request, "clerk/first.html", status, form=form, errors=errors, prefill=prefill, departments=departments,
        villages=care.places.villages(facility.city_code), warnings=_warnings(form),
    )  # fmt: skip


def _warnings(form: dict[str, str]) -> list[str]:
    """What does not fit together: shown, never a refusal."""
    try:
        nik = identity.parse_nik(form.get("nik", ""))
        return identity.nik_warnings(nik, day(form.get("birth_date", ""), "birth_date"), form.get("sex", ""))
    except kernel.Invalid:
        return []


async def register(request: Request) -> Response:
    """Keep somebody new and receive them; the slip carries the code for their own page."""
    form = request.state.typed
    if form.get("action") == "read-nik":
        known = {name: form[name] for name in form if form[name] and name not in ("birth_date", "sex", "action")}
        return await _first_form(request, known, new=True)
    since = request.state.doors.doorkeeper.unseal(form.get("since", ""), "form", 4 * 3600)
    seconds = _seconds(float(since)) if since else Decimal(0)
    try:
        visit = await _desk(request).counter.register(request.state.actor, _registration(form), seconds)
    except kernel.Invalid as failure:
        return await _first_form(request, form, status=400, errors=field_errors(request, failure))
    except kernel.Conflict as failure:
        return await _first_form(request, form, status=409, errors={"nik": failure.text(request.state.language)})
    shown = await _desk(request).counter.slip(request.state.actor, visit.id)
    return render(request, "clerk/slip.html", slip=shown, activation=visit.activation)


def _registration(form: dict[str, str]) -> care.Registration:
    order = form.get("birth_order", "")
    if order and not (order.isdecimal() and int(order) <= 9):
        raise kernel.Invalid(faults=[kernel.Fault("birth_order", "Write a number.")])
    texts = ("nik", "no_nik_reason", "mother_nik", "birth_place", "mother_name", "kk", "jkn", "phone", "address", "rt", "rw",
             "village")  # fmt: skip
    return care.Registration(
        name=form.get("name", "")[:200],
        sex=form.get("sex", ""),
        birth_date=day(form.get("birth_date", ""), "birth_date"),
        department=_id(form.get("department", "")),
        birth_order=int(order) if order else None,
        **{name: form.get(name, "")[:200] for name in texts},
    )


PAGES = (
    page("/loket", counter, CLERKS),
    page("/loket", scan, CLERKS, "POST"),
    page("/loket/terima", receive, CLERKS, "POST"),
    page("/loket/slip/{id}", slip, CLERKS),
    page("/loket/slip/{id}", new_code, CLERKS, "POST"),
    page("/loket/cari", search, CLERKS, "POST"),
    page("/loket/orang", choose, CLERKS, "POST"),
    page("/loket/daftar", first_form, CLERKS),
    page("/loket/daftar", register, CLERKS, "POST"),
)
