"""Records whose time is over: proposed or held by the records officer, confirmed by the head; the legal-basis log."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import care, kernel, program, security
from sekali.security import Role

from .failures import field_errors
from .files import download
from .forms import uuid_of
from .frame import render
from .open_data import csv_file
from .report import report
from .routing import page

PATH = "/tugas/retensi"
OFFICER, HEAD = {Role.RECORDS_OFFICER}, {Role.FACILITY_HEAD}
BOTH = OFFICER | HEAD
MOST_IN_FILE = 10_000
"""Entries of the log, the newest, in one file."""
MOST_IN_REPORT = 200
"""What one confirmation can destroy."""
COLUMNS = (
    "reference", "what", "at", "facility", "last_visit", "kept_until", "years", "basis", "by", "proposed_by", "proposed_at",
    "deed", "resources", "words",
)  # fmt: skip


def _id(text: str) -> UUID:
    return uuid_of(text, kernel.NotFound("There is no such page."))


async def desk(request: Request) -> Response:
    """Whose time is over, what waits for the head, what is held."""
    return await _desk(request)


async def _desk(request: Request, status: int = 200, error: str = "", done: care.Confirmed | None = None) -> Response:
    work, actor = request.state.doors.care.destruction, request.state.actor
    officer, after = actor.role in OFFICER, request.query_params.get("sesudah", "")
    due, place = await work.due(actor, _id(after) if after else None) if officer else ([], None)
    return render(
        request, "retention/desk.html", status, officer=officer, due=due, place=place, after=after, error=error, done=done,
        proposals=await work.proposals(actor), holds=await work.holds(actor), years=work.rule.years,
        basis=work.rule.basis[request.state.language], form=request.state.typed, untold_kept=_reasons(done),
    )  # fmt: skip


def _reasons(done: care.Confirmed | None) -> list[tuple[str, int]]:
    """Why some were kept, and how many."""
    return [(why, done.kept.count(why)) for why in sorted(set(done.kept))] if done else []


def _chosen(request: Request) -> list[UUID]:
    """The people of ticked boxes, each named p.ID."""
    return [_id(name[2:]) for name, value in request.state.typed.items() if name.startswith("p.") and value]


async def propose(request: Request) -> Response:
    """Ask the head to confirm; what was ticked stays ticked when it is refused."""
    try:
        await request.state.doors.care.destruction.propose(request.state.actor, _chosen(request))
    except kernel.Invalid as failure:
        return await _desk(request, 400, failure.text(request.state.language))
    except (kernel.Conflict, kernel.NotFound) as failure:
        return await _desk(request, 409, failure.text(request.state.language))
    return RedirectResponse(f"{PATH}#usul", 303)


async def confirm(request: Request) -> Response:
    """Destroy. It cannot be undone, so a box of its own has to be ticked."""
    work, actor = request.state.doors.care.destruction, request.state.actor
    try:
        chosen = _chosen(request)
        if chosen and request.state.typed.get("sure") != "yes":
            raise kernel.Invalid("Tick that you have looked at the list: what is destroyed cannot be brought back.")
        done = await work.confirm(actor, chosen)
    except kernel.Invalid as failure:
        return await _desk(request, 400, failure.text(request.state.language))
    except (kernel.NotFound, kernel.Forbidden) as failure:
        return await _desk(request, 409, failure.text(request.state.language))
    request.state.typed = {}
    return await _desk(request, done=done)


async def take_back(request: Request) -> Response:
    """A proposal is none any more; the record stays."""
    try:
        await request.state.doors.care.destruction.take_back(request.state.actor, _id(request.path_params["id"]))
    except kernel.NotFound as failure:
        return await _desk(request, 409, failure.text(request.state.language))
    return RedirectResponse(f"{PATH}#usul", 303)


async def hold_form(request: Request) -> Response:
    """Why somebody is to be kept for longer."""
    return await _hold_form(request)


async def _hold_form(request: Request, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    one = await request.state.doors.care.destruction.one_due(request.state.actor, _id(request.path_params["id"]))
    return render(
        request, "retention/hold.html", status, one=one, form=request.state.typed, errors=errors or {}, hold=None
    )


async def hold(request: Request) -> Response:
    """Keep it for longer."""
    return await _reasoned(request, request.state.doors.care.destruction.hold, _hold_form, f"{PATH}#ditahan")


async def release_form(request: Request) -> Response:
    """Why it is used no longer."""
    return await _release_form(request)


async def _release_form(request: Request, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    id = _id(request.path_params["id"])
    holds = await request.state.doors.care.destruction.holds(request.state.actor)
    found = next((one for one in holds if one.id == id), None)
    if found is None:
        raise kernel.NotFound("There is no such hold, or it has ended. Load the list anew.")
    return render(
        request, "retention/hold.html", status, one=None, hold=found, form=request.state.typed, errors=errors or {}
    )


async def release(request: Request) -> Response:
    """End it."""
    return await _reasoned(request, request.state.doors.care.destruction.release, _release_form, PATH)


async def _reasoned(
    request: Request, act: Callable[[security.Actor, UUID, str], Awaitable[None]],
    form: Callable[[Request, int, dict[str, str]], Awaitable[Response]], then: str,
) -> Response:  # fmt: skip
    """Do something with the reason that was typed, which stays in the form when it is refused."""
    try:
        await act(request.state.actor, _id(request.path_params["id"]), request.state.typed.get("reason", ""))
    except kernel.Invalid as failure:
        return await form(request, 400, field_errors(request, failure))
    return RedirectResponse(then, 303)


async def log(request: Request) -> Response:
    """The legal-basis log of the facility, the newest first."""
    text = request.query_params.get("sebelum", "")
    entries, behind = await request.state.doors.care.destruction.log(
        request.state.actor, _place(text) if text else None
    )
    return render(
        request, "retention/log.html", entries=entries, before=text,
        behind=f"{behind.at.isoformat()}~{behind.id}" if behind else "",
    )  # fmt: skip


def _place(text: str) -> tuple[datetime, UUID]:
    """Where a page of the log begins. Raises NotFound."""
    moment, _, id = text.partition("~")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        raise kernel.NotFound("There is no such page.") from None
    if at.tzinfo is None:
        raise kernel.NotFound("There is no such page.")
    return at, _id(id)


async def log_csv(request: Request) -> Response:
    """The log as CSV: UTF-8, a header, a comma between; the newest 10,000 entries."""
    entries = await request.state.doors.care.destruction.whole_log(request.state.actor, MOST_IN_FILE)
    return csv_file("catatan-retensi.csv", COLUMNS, map(_cells, entries))


def _cells(one: care.Entry) -> tuple[str, ...]:
    proposed = one.proposed_at.isoformat(timespec="seconds") if one.proposed_at else ""
    counts = " ".join(f"{kind}={count}" for kind, count in one.content.counts.items())
    return (
        str(one.id), one.kind.value, one.at.isoformat(timespec="seconds"), one.facility_name, one.last_visit.isoformat(),
        one.kept_until.isoformat(), str(one.years), one.content.basis["id"], one.by_name, one.proposer, proposed,
        str(one.deed or ""), counts, one.content.words,
    )  # fmt: skip


async def deed(request: Request) -> Response:
    """What one confirmation destroyed: the official report."""
    id = _id(request.path_params["id"])
    entries = await request.state.doors.care.destruction.deed(request.state.actor, id, MOST_IN_REPORT)
    return render(request, "retention/deed.html", entries=entries, first=entries[0], totals=care.totals(entries))


async def deed_pdf(request: Request) -> Response:
    """The official report to be printed and signed."""
    id, actor = _id(request.path_params["id"]), request.state.actor
    entries = await request.state.doors.care.destruction.deed(actor, id, MOST_IN_REPORT)
    document = report(entries, request.state.language, actor.zone, bool(request.state.doors.logins))
    made = await asyncio.to_thread(program.documents.pdf, document)
    return download(made, f"berita-acara-pemusnahan-{entries[0].at:%Y-%m-%d}.pdf", "application/pdf")


PAGES = (
    page(PATH, desk, BOTH),
    page(f"{PATH}/usul", propose, OFFICER, "POST"),
    page(f"{PATH}/musnahkan", confirm, HEAD, "POST"),
    page(f"{PATH}/catatan", log, BOTH),
    page(f"{PATH}/catatan.csv", log_csv, BOTH),
    page(f"{PATH}/berita/{{id}}", deed, BOTH),
    page(f"{PATH}/berita/{{id}}/pdf", deed_pdf, BOTH),
    page(f"{PATH}/tahan/{{id}}", hold_form, OFFICER),
    page(f"{PATH}/tahan/{{id}}", hold, OFFICER, "POST"),
    page(f"{PATH}/lepas/{{id}}", release_form, OFFICER),
    page(f"{PATH}/lepas/{{id}}", release, OFFICER, "POST"),
    page(f"{PATH}/{{id}}/kembali", take_back, BOTH, "POST"),
)
