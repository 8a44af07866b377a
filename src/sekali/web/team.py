"""A city team's desk: where the city stands, what it hands in, its files, its commitment."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import kernel, program

from . import plan_desk, team_results, uploads
from .failures import field_errors
from .files import certificate, download, long_day
from .frame import render
from .plan_desk import TEAM
from .plan_views import stands
from .routing import page
from .secretariat import id_of, movement, whole

MISSING = ("missing", "returned")


async def part_of(request: Request) -> program.Participation:
    """Where the city works now. Raises NotFound."""
    return await movement(request).cohorts.part_of(request.state.actor.facility)


@dataclass(frozen=True, slots=True)
class Due:
    """Outputs that are still to be handed in."""

    late: tuple[program.Output, ...]
    next: tuple[program.Output, ...]


def due(request: Request, outputs: list[program.Output]) -> Due:
    """What is late today; else those of the first bimtek that something is missing of."""
    today = kernel.in_zone(kernel.now(), request.state.actor.zone).date()
    waiting = [one for one in outputs if one.state in MISSING]
    late = tuple(one for one in waiting if one.due and one.due < today)
    others = [one for one in waiting if one not in late]
    return Due(late, tuple(one for one in others if one.stage == others[0].stage) if others else ())


async def overview(request: Request) -> Response:
    """Where the city stands, what is next and what is late."""
    m, actor = movement(request), request.state.actor
    region = await m.regions.one(actor.facility)
    plan = await m.plans.read(actor, region.id)
    parts = await m.cohorts.participations(region=region.id)
    cohorts = {one.id: one for one in await m.cohorts.all()}
    papers = [paper for part in parts for paper in await m.awards.own_certificates(actor, part)]
    shared = {
        "region": region, "plan": plan, "stand": stands(plan.facts)[""], "papers": papers, "cohorts": cohorts,
        "rounds": [one for one in await m.evaluations.all() if not one.published_at],
    }  # fmt: skip
    if not parts:
        return render(request, "team/home.html", part=None, earlier=[], **shared)
    part = await part_of(request)
    outputs = await m.mentoring.outputs(actor, part)
    cohort = cohorts[part.cohort]
    return render(
        request, "team/home.html", part=part, cohort=cohort, steps=await m.cohorts.steps(part.id), outputs=outputs,
        due=due(request, outputs), mentors=(await m.mentoring.mentors(part.cohort)).get(part.id, []),
        meetings=await m.mentoring.meetings(part.id), wins=await m.quick_wins.of(actor, part, region),
        wanted=cohort.settings.quick_wins, earlier=[one for one in parts if one.id != part.id],
        stages=await m.cohorts.stages(part.cohort), today=kernel.in_zone(kernel.now(), actor.zone).date(), **shared,
    )  # fmt: skip


async def own_certificate(request: Request) -> Response:
    """A paper of this city. Raises NotFound: it is another city's, or there is none."""
    m, actor = movement(request), request.state.actor
    parts = await m.cohorts.participations(region=actor.facility)
    papers = [paper for part in parts for paper in await m.awards.own_certificates(actor, part)]
    found = next((one for one in papers if f"{one.code}.pdf" == request.path_params["paper"]), None)
    if found is None:
        raise kernel.NotFound("There is no such certificate.")
    content = await asyncio.to_thread(certificate, request, found)
    return download(content, f"{found.number.replace('/', '-')}.pdf", "application/pdf")


# Outputs of the bimtek


async def output(request: Request) -> Response:
    """One output: what is asked, what was handed in, what was said."""
    return await _output(request)


async def _output(
    request: Request, status: int = 200, errors: dict[str, str] | None = None, again: bool = False
) -> Response:
    m, actor, key = movement(request), request.state.actor, request.path_params["key"]
    part = await part_of(request)
    found = next((one for one in await m.mentoring.outputs(actor, part) if one.key == key), None)
    if found is None:
        raise kernel.NotFound("No bimtek asks for this.")
    kept = await m.plans.read(actor, actor.facility)
    return render(
        request, "team/output.html", status, one=found, plan=kept, errors=errors or {}, form=request.state.typed, again=again,
        files=await m.evidence.of(actor, actor.facility), today=kernel.in_zone(kernel.now(), actor.zone).date(),
        done=request.query_params.get("selesai", ""),
    )  # fmt: skip


async def hand_in(request: Request) -> Response:
    """A new version of an output. A file that came along is kept with the city's evidence."""
    m, actor, form, key = movement(request), request.state.actor, request.state.typed, request.path_params["key"]
    if request.state.without_file:  # the session ended on the way: the text came back, the file could not
        return await _output(request, again=True)
    part = await part_of(request)
    try:
        file, evidence = uploads.file_of(request), _chosen(form)
        if file:
            evidence = await m.evidence.add(actor, actor.facility, file.name, file.content)
        elif evidence:
            await _own_file(request, evidence)
        await m.mentoring.hand_in(actor, part, key, form.get("note", ""), evidence, whole(form, "plan_version"))
    except (kernel.Invalid, kernel.TooCostly, kernel.Unsupported) as failure:
        errors = field_errors(request, failure) if isinstance(failure, kernel.Invalid) else {}
        errors = errors or {"file": failure.text(request.state.language)}
        return await _output(request, 413 if isinstance(failure, kernel.TooCostly) else 400, errors)
    return RedirectResponse(f"/tim/keluaran/{key}?selesai=kirim", 303)


def _chosen(form: dict[str, str]) -> UUID | None:
    return id_of(form["evidence"]) if form.get("evidence") else None


async def _own_file(request: Request, id: UUID) -> None:
    """Raises NotFound when it is not this city's."""
    actor = request.state.actor
    if id not in {one.id for one in await movement(request).evidence.of(actor, actor.facility)}:
        raise kernel.NotFound("There is no such file.")


# Evidence


async def evidence(request: Request) -> Response:
    """All files of the city, and the form for another one."""
    return await _evidence(request)


async def _evidence(request: Request, status: int = 200, error: str = "") -> Response:
    actor = request.state.actor
    files = await movement(request).evidence.of(actor, actor.facility)
    back = request.state.typed.get("back") or request.query_params.get("kembali", "")
    back = back if back.startswith("/tim/") and "\\" not in back else ""
    return render(request, "team/evidence.html", status, files=files, error=error, back=back,
                  done=request.query_params.get("selesai", ""))  # fmt: skip


async def add_evidence(request: Request) -> Response:
    actor = request.state.actor
    try:
        file = uploads.file_of(request)
        if file is None:
            raise kernel.Invalid("Choose a file first.")
        await movement(request).evidence.add(actor, actor.facility, file.name, file.content)
    except (kernel.Invalid, kernel.TooCostly, kernel.Unsupported) as failure:
        status = {kernel.TooCostly: 413, kernel.Unsupported: 415}.get(type(failure), 400)
        return await _evidence(request, status, failure.text(request.state.language))
    back = request.state.typed.get("back", "")
    ours = back.startswith("/tim/") and "\\" not in back
    return RedirectResponse(back if ours else "/tim/bukti?selesai=kirim", 303)


async def file(request: Request) -> Response:
    """A file of this city, always to keep and never shown inside a page."""
    one, content = await movement(request).evidence.content(request.state.actor, id_of(request.path_params["id"]))
    return download(content, one.name, one.media_type)


# The commitment


async def commitment(request: Request) -> Response:
    return await _commitment(request)


async def _commitment(
    request: Request, status: int = 200, errors: dict[str, str] | None = None, ask: bool = False
) -> Response:
    m, actor = movement(request), request.state.actor
    row, signatures = await m.mentoring.commitment((await part_of(request)).id)
    kept = await m.plans.read(actor, actor.facility)
    return render(
        request, "team/commitment.html", status, sheet=row, signatures=signatures, plan=kept, form=request.state.typed,
        errors=errors or {}, ask=ask, done=request.query_params.get("selesai", ""),
    )  # fmt: skip


async def commit(request: Request) -> Response:
    """Write the sheet, or sign it. A changed text must be signed anew, so that is asked first."""
    m, actor, form = movement(request), request.state.actor, request.state.typed
    part = await part_of(request)
    try:
        if form.get("action") == "sign":
            await m.mentoring.sign(actor, part, form.get("office", ""), form.get("name", ""))
            return RedirectResponse("/tim/komitmen?selesai=tanda#tanda", 303)
        row, signatures = await m.mentoring.commitment(part.id)
        if signatures and row and row["text"] != form.get("text", "") and "anew" not in form:
            return await _commitment(request, 409, ask=True)
        if row is None or row["text"] != form.get("text", "") or not signatures:
            version = (await m.plans.read(actor, actor.facility)).version
            await m.mentoring.commit(actor, part, form.get("text", ""), version)
    except kernel.Invalid as failure:
        return await _commitment(request, 400, field_errors(request, failure))
    except kernel.Conflict as failure:
        return await _commitment(request, 409, {failure.path or "office": failure.text(request.state.language)})
    return RedirectResponse("/tim/komitmen?selesai=tulis", 303)


async def commitment_sheet(request: Request) -> Response:
    """The sheet on paper, with a place for every hand."""
    m, actor, language = movement(request), request.state.actor, request.state.language
    part, region = await part_of(request), await m.regions.one(actor.facility)
    row, signatures = await m.mentoring.commitment(part.id)
    if row is None:
        raise kernel.NotFound("The commitment was not written yet.")
    on = kernel.in_zone(row["at"], actor.zone).date()
    signers = [program.documents.Signer(one["office"], one["name"]) for one in signatures]
    cohort = await m.cohorts.one(part.cohort)
    document = program.documents.commitment(
        region.full_name, long_day(on, language), row["text"], signers, cohort.name, language,
        await m.cohorts.rehearsing(region.id),
    )  # fmt: skip
    content = await asyncio.to_thread(program.documents.pdf, document)
    return download(content, f"komitmen-{region.slug}.pdf", "application/pdf")


PAGES = (
    page("/tim", overview, TEAM),
    page("/tim/sertifikat/{paper}", own_certificate, TEAM),
    page("/tim/keluaran/{key}", output, TEAM),
    page("/tim/keluaran/{key}", hand_in, TEAM, "POST", upload=True),
    page("/tim/bukti", evidence, TEAM),
    page("/tim/bukti", add_evidence, TEAM, "POST", upload=True),
    page("/tim/bukti/{id}", file, TEAM),
    page("/tim/komitmen", commitment, TEAM),
    page("/tim/komitmen", commit, TEAM, "POST"),
    page("/tim/komitmen.pdf", commitment_sheet, TEAM),
    *team_results.PAGES,
    *plan_desk.PAGES,
)
