"""The secretariat's desk for the panel: timetable, scores raw and calibrated, second opinions, minutes."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from starlette.requests import Request
from starlette.responses import Response

from sekali import kernel, program

from .frame import render
from .routing import page
from .secretariat import SECRETARIAT, back, cohort_of, id_of, movement

CLASHES = {
    "places": "There are too few places: %(n)s cities cannot be heard. Add days, blocks, rooms or slots.",
    "panel": "There are too few assessors for a full panel: %(n)s are missing.",
    "unplaced": "For %(n)s cities no sitting was found that breaks no rule: %(who)s.",
    "conflict": "So many assessors have a conflict of interest with %(who)s that no full panel is left.",
    "expertise": "No free assessor knows the dimension of %(who)s.",
    "load": "Some assessors would hear more cities than agreed: %(who)s. Raise their number or add assessors.",
    "connection": "The assessors would fall into groups that share no city, so calibration would be impossible. "
    "Let assessors hear more cities, or add blocks so that they mix.",
    "time": "The search ran out of time before it found a timetable. Try again, or add slots or assessors.",
}  # fmt: skip
MOST_NAMES = 8


@dataclass(frozen=True, slots=True)
class Mark:
    """One city on the chart of scores: places in percent of the scale."""

    result: program.Result
    raw: float | None
    low: float | None
    high: float | None
    calibrated: float | None


def marks(standing: program.Standing, top: Decimal) -> list[Mark]:
    """Raw and calibrated scores with 95% intervals (1.96 standard errors), on the instrument's scale."""

    def place(value: Decimal | None) -> float | None:
        return None if value is None else round(max(0.0, min(100.0, float(value / top * 100))), 2)

    found = []
    for one in standing.results:
        estimate = one.calibrated
        spread = estimate.error * Decimal("1.96") if estimate and estimate.error is not None else None
        found.append(Mark(
            one, place(one.raw), place(estimate.value - spread) if estimate and spread is not None else None,
            place(estimate.value + spread) if estimate and spread is not None else None,
            place(estimate.value) if estimate else None,
        ))  # fmt: skip
    return found


async def panel(request: Request) -> Response:
    return await _panel(request)


async def _panel(
    request: Request, status: int = 200, error: str = "", clashes: tuple[program.assignment.Clash, ...] = ()
):
    m, found, actor = movement(request), await cohort_of(request), request.state.actor
    people = {one.id: one for one in await m.mentoring.people("assessor")}
    slots, regions = await m.panel.slots(found.id), await m.regions.all()
    parts = {p.id: p for p in await m.cohorts.participations(found.id)}
    standing, top, instrument = None, Decimal(1), None
    if found.settings.panel_instrument:
        instrument = await m.panel.instrument(found)
        standing, top = await m.panel.standing(actor, found), instrument.content.top
    days: dict[int, dict[tuple[int, int], list[program.Slot]]] = defaultdict(lambda: defaultdict(list))
    for slot in slots:
        days[slot.day][slot.block, slot.room].append(slot)
    scored = sum(len(one.scores) for one in standing.results) if standing else 0
    missing = sum(len(one.missing) for one in standing.results) if standing else 0
    return render(
        request, "secretariat/panel.html", status, cohort=found, people=people, days=days, regions=regions, parts=parts,
        standing=standing, marks=marks(standing, top) if standing else [], top=top, begins=program.begins, error=error,
        instrument=instrument, scored=scored, missing=missing,
        clashes=[
            (CLASHES[c.rule], c.missing, ", ".join(c.who[:MOST_NAMES]))
            for c in [one for one in clashes if one.rule == "time"] or clashes
        ],
    )  # fmt: skip


async def change_panel(request: Request) -> Response:
    """Find a timetable: up to ten seconds."""
    m, found = movement(request), await cohort_of(request)
    try:
        timetable = await m.panel.assign(request.state.actor, found)
    except (kernel.Invalid, kernel.Conflict) as failure:
        return await _panel(request, 409, failure.text(request.state.language))
    if timetable.clashes:
        return await _panel(request, 409, clashes=timetable.clashes)
    return back(request)


async def city(request: Request) -> Response:
    """One city before the panel: its sheets side by side, minutes, a second opinion."""
    return await _city(request)


async def _city(request: Request, status: int = 200, error: str = "") -> Response:
    m, found, actor = movement(request), await cohort_of(request), request.state.actor
    part = await m.cohorts.participation(id_of(request.path_params["id"]))
    instrument = await m.panel.instrument(found)
    sheets = await m.panel.sheets(actor, found, part.region)
    standing = await m.panel.standing(actor, found)
    mine = next((one for one in standing.results if one.participation.id == part.id), None)
    histories = {sheet.id: await m.sheets.history(sheet.id) for sheet in sheets}
    return render(
        request, "secretariat/city.html", status, cohort=found, part=part, region=await m.regions.one(part.region),
        instrument=instrument, sheets=sheets, result=mine, histories=histories, minutes=await m.panel.minutes(part.id),
        people={one.id: one for one in await m.mentoring.people("assessor")}, error=error, form=request.state.typed,
    )  # fmt: skip


async def change_city(request: Request) -> Response:
    m, form, actor = movement(request), request.state.typed, request.state.actor
    part = await m.cohorts.participation(id_of(request.path_params["id"]))
    try:
        match form.get("action"):
            case "minute":
                await m.panel.minute(actor, part.id, form.get("text", ""))
            case "reopen":
                await m.panel.reopen(actor, id_of(form.get("sheet", "")), form.get("reason", ""))
            case "ask":
                await m.panel.ask(actor, part, id_of(form.get("person", "")), form.get("reason", ""))
            case _:
                raise kernel.Invalid("Choose what to do.")
    except (kernel.Invalid, kernel.Conflict) as failure:
        return await _city(request, 400, failure.text(request.state.language))
    return back(request)


PAGES = (
    page("/sekretariat/kohort/{slug}/panel", panel, SECRETARIAT),
    page("/sekretariat/kohort/{slug}/panel", change_panel, SECRETARIAT, "POST"),
    page("/sekretariat/kohort/{slug}/panel/{id}", city, SECRETARIAT),
    page("/sekretariat/kohort/{slug}/panel/{id}", change_city, SECRETARIAT, "POST"),
)
