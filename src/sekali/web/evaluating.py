"""The secretariat's desk for the yearly evaluation, and for regions with their codes."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from sekali import kernel, program

from .forms import day
from .frame import render
from .routing import page
from .secretariat import SECRETARIAT, back, id_of, movement, whole


async def evaluations(request: Request) -> Response:
    return await _evaluations(request)


async def _evaluations(request: Request, status: int = 200, error: str = "") -> Response:
    m = movement(request)
    adopted = [one for one in await m.sheets.versions("evaluation") if one.adopted_at]
    return render(request, "secretariat/evaluations.html", status, evaluations=await m.evaluations.all(), adopted=adopted,
                  form=request.state.typed, error=error)  # fmt: skip


async def open_evaluation(request: Request) -> Response:
    m, form = movement(request), request.state.typed
    try:
        instrument = await m.sheets.instrument(id_of(form.get("instrument", "")))
        id = await m.evaluations.open(
            request.state.actor, whole(form, "year") or 0, whole(form, "round") or 0, form.get("name", ""), instrument,
            "rehearsal" in form,
        )  # fmt: skip
    except (kernel.Invalid, kernel.Conflict, kernel.NotFound) as failure:
        return await _evaluations(request, 400, failure.text(request.state.language))
    return back(request, f"/sekretariat/evaluasi/{id}")


async def evaluation(request: Request) -> Response:
    """One round: who checks whom, and the results so far, drawn."""
    return await _evaluation(request)


async def _evaluation(request: Request, status: int = 200, error: str = "") -> Response:
    m, actor = movement(request), request.state.actor
    found = await m.evaluations.one(id_of(request.path_params["id"]))
    regions = await m.regions.all()
    members = {p.region for p in await m.cohorts.participations() if p.state in program.IN}
    examiners: dict[UUID, list[UUID]] = {}
    for region, person in await m.access.examiners(found.id):
        examiners.setdefault(region, []).append(person)
    return render(
        request, "secretariat/evaluation.html", status, evaluation=found, results=await m.evaluations.results(actor, found),
        instrument=await m.sheets.instrument(found.instrument), error=error, regions=regions, examiners=examiners,
        members=sorted((regions[id] for id in members), key=lambda one: one.full_name),
        people={one.id: one for one in await m.mentoring.people("assessor")}, form=request.state.typed,
    )  # fmt: skip


async def change_evaluation(request: Request) -> Response:
    m, form, actor = movement(request), request.state.typed, request.state.actor
    found = await m.evaluations.one(id_of(request.path_params["id"]))
    try:
        match form.get("action"):
            case "assign":
                await m.evaluations.assign(actor, found, id_of(form.get("region", "")), id_of(form.get("person", "")))
            case "publish" | "withdraw":
                await m.evaluations.publish(actor, found, form["action"] == "publish")
            case _:
                raise kernel.Invalid("Choose what to do.")
    except (kernel.Invalid, kernel.Conflict) as failure:
        return await _evaluation(request, 400, failure.text(request.state.language))
    return back(request)


async def regions(request: Request) -> Response:
    return await _regions(request)


async def _regions(request: Request, status: int = 200, error: str = "") -> Response:
    found = sorted((await movement(request).regions.all()).values(), key=lambda one: (one.province, one.full_name))
    return render(request, "secretariat/regions.html", status, regions=found, form=request.state.typed, error=error)


async def change_regions(request: Request) -> Response:
    """A region that was not in the list yet, or a code that changed."""
    m, form, actor = movement(request), request.state.typed, request.state.actor
    try:
        since = day(form.get("since", ""), "since")
        if form.get("action") == "add":
            await m.regions.enter(actor, form.get("kind", ""), form.get("name", ""), form.get("code", ""),
                                  form.get("province", ""), since, form.get("source", ""))  # fmt: skip
        else:
            await m.regions.renumber(actor, id_of(form.get("region", "")), form.get("code", ""), form.get("province", ""),
                                     since, form.get("source", ""))  # fmt: skip
    except (kernel.Invalid, kernel.Conflict) as failure:
        faults = failure.faults if isinstance(failure, kernel.Invalid) else ()
        words = [failure.text(request.state.language)]
        words += [kernel.translate(request.state.language, fault.reason) for fault in faults]
        return await _regions(request, 400, " ".join(words))
    return back(request)


PAGES = (
    page("/sekretariat/evaluasi", evaluations, SECRETARIAT),
    page("/sekretariat/evaluasi", open_evaluation, SECRETARIAT, "POST"),
    page("/sekretariat/evaluasi/{id}", evaluation, SECRETARIAT),
    page("/sekretariat/evaluasi/{id}", change_evaluation, SECRETARIAT, "POST"),
    page("/sekretariat/daerah", regions, SECRETARIAT),
    page("/sekretariat/daerah", change_regions, SECRETARIAT, "POST"),
)
