"""The secretariat's desk for selecting a cohort: desk indices with their sources, ranking, decision, letter."""

import asyncio
import secrets
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from sekali import kernel, program

from .answers import sheet_lines, typed_answers
from .files import download
from .frame import render
from .routing import page
from .secretariat import SECRETARIAT, back, cohort_of, id_of, movement


async def ranking(request: Request) -> Response:
    return await _ranking(request)


async def _ranking(
    request: Request, status: int = 200, error: str = "", faults: dict[str, str] | None = None
) -> Response:
    m, found = movement(request), await cohort_of(request)
    instrument, lines, reason = None, [], ""
    try:
        instrument = await m.selection.instrument(found)
        lines = await m.selection.ranking(request.state.actor, found)
    except kernel.Conflict as failure:
        reason = failure.text(request.state.language)
    examiners: dict[UUID, list[UUID]] = {}
    for region, person in await m.access.examiners(found.id):
        examiners.setdefault(region, []).append(person)
    people = {one.id: one for one in await m.mentoring.people("assessor")}
    return render(request, "secretariat/ranking.html", status, cohort=found, instrument=instrument, lines=lines,
                  reason=reason, error=error, faults=faults or {}, form=request.state.typed, people=people,
                  examiners=examiners, open=[one for one in lines if one.participation.state in ("invited", "assessed")],
                  top=instrument.content.top if instrument else 1)  # fmt: skip


async def decide(request: Request) -> Response:
    """The choice of the whole cohort, or an interviewer for one region."""
    m, found, form = movement(request), await cohort_of(request), request.state.typed
    try:
        if form.get("action") == "interviewer":
            await m.selection.assign(
                request.state.actor, found, id_of(form.get("region", "")), id_of(form.get("person", ""))
            )
        else:
            chosen = {id_of(name.removeprefix("c.")) for name in form if name.startswith("c.")}
            reasons = {
                id_of(name.removeprefix("why.")): text
                for name, text in form.items()
                if name.startswith("why.") and text
            }
            await m.selection.decide(request.state.actor, found, chosen, reasons)
    except kernel.Invalid as failure:
        language = request.state.language
        faults = {fault.path: kernel.translate(language, fault.reason) for fault in failure.faults}
        return await _ranking(request, 400, failure.text(language), faults)
    except kernel.Conflict as failure:
        return await _ranking(request, 409, failure.text(request.state.language))
    return back(request)


async def desk(request: Request) -> Response:
    """The desk indices of one region."""
    return await _desk(request)


async def _desk(request: Request, status: int = 200, errors: dict[str, str] | None = None, error: str = "") -> Response:
    m, found = movement(request), await cohort_of(request)
    part = await m.cohorts.participation(id_of(request.path_params["id"]))
    instrument = await m.selection.instrument(found)
    sheet = await m.selection.sheet(request.state.actor, found, part.region, "desk")
    return render(
        request, "secretariat/desk.html", status, cohort=found, part=part, region=await m.regions.one(part.region),
        lines=sheet_lines(instrument.content, sheet, request.state.typed, errors or {}, "desk"), sheet=sheet,
        top=instrument.content.top, key=secrets.token_hex(8), error=error,
    )  # fmt: skip


async def keep_desk(request: Request) -> Response:
    m, form, found = movement(request), request.state.typed, await cohort_of(request)
    part = await m.cohorts.participation(id_of(request.path_params["id"]))
    try:
        answers = typed_answers((await m.selection.instrument(found)).content, form, "desk")
        await m.selection.score(request.state.actor, found, part, "desk", answers, form.get("key", ""))
    except kernel.Invalid as failure:
        language = request.state.language
        errors = {fault.path: kernel.translate(language, fault.reason) for fault in failure.faults}
        return await _desk(request, 400, errors, failure.text(language))
    return back(request, f"/sekretariat/kohort/{found.slug}/seleksi")


async def letter(request: Request) -> Response:
    """The decision letter: who was selected, and why."""
    m, found = movement(request), await cohort_of(request)
    regions = await m.regions.all()
    lines = {line.participation.id: line for line in await m.selection.ranking(request.state.actor, found)}
    chosen = [p for p in await m.cohorts.participations(found.id) if p.state in program.IN]
    rows = sorted(
        (
            program.documents.Selected(
                lines[p.id].rank or 0 if p.id in lines else 0, regions[p.region].full_name,
                _score(lines.get(p.id)), p.decision,
            )
            for p in chosen
        ),
        key=lambda one: (one.rank, one.region),
    )  # fmt: skip
    query, today = request.query_params, kernel.in_zone(kernel.now(), request.state.actor.zone).date()
    document = program.documents.decision_letter(
        query.get("nomor", "")[:120], query.get("tanggal", "")[:40] or f"{today:%d-%m-%Y}", found.name,
        query.get("menimbang", "")[:4000], rows,
        program.documents.Signer(query.get("jabatan", "")[:120], query.get("penanda", "")[:120]),
        request.state.language, found.rehearsal,
    )  # fmt: skip
    content = await asyncio.to_thread(program.documents.pdf, document)
    return download(content, f"keputusan-{found.slug}.pdf", "application/pdf")


def _score(line: program.Candidate | None) -> str:
    if line is None or line.score is None or line.score.value is None:
        return ""
    return f"{program.instruments.rounded(line.score.value)}"


PAGES = (
    page("/sekretariat/kohort/{slug}/seleksi", ranking, SECRETARIAT),
    page("/sekretariat/kohort/{slug}/seleksi", decide, SECRETARIAT, "POST"),
    page("/sekretariat/kohort/{slug}/keputusan.pdf", letter, SECRETARIAT),
    page("/sekretariat/kohort/{slug}/seleksi/{id}", desk, SECRETARIAT),
    page("/sekretariat/kohort/{slug}/seleksi/{id}", keep_desk, SECRETARIAT, "POST"),
)
