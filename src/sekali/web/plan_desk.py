"""A city team's masterplan: where it stands, its forms, and two people who wrote the same field."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import kernel, program
from sekali.security import Role

from . import plan_views, uploads
from .failures import field_errors
from .frame import render
from .plan_views import HOME, SECTIONS, drawn, named, readable, stands, words_of
from .routing import page
from .secretariat import movement, whole

plan = program.plan
TEAM = {Role.CITY_TEAM}
TRIES = 3
MOST_CLASHES = 80
"""Of a spreadsheet; a form holds no more."""


# The plan as it stands


async def overview(request: Request) -> Response:
    """Every part and how full it is, the roadmap, what can be taken out and brought in."""
    return await show(request)


async def show(request: Request, status: int = 200, problem: kernel.Failure | None = None) -> Response:
    """The plan's page, with the faults of a spreadsheet where there are some."""
    m, actor = movement(request), request.state.actor
    kept = await m.plans.read(actor, actor.facility)
    versions = await m.plans.versions(actor, actor.facility)
    return render(
        request, "team/plan.html", status, kept=kept, newest=versions[0] if versions else None, **drawn(request, kept.facts),
        stands=stands(kept.facts), problem=problem.text(request.state.language) if problem else "",
        faults=problem.faults if isinstance(problem, kernel.Invalid) else (), edit=f"{HOME}/program/",
        new_code=plan.next_code(kept.facts), done=request.query_params.get("selesai", ""),
    )  # fmt: skip


async def publish(request: Request) -> Response:
    """Everyone may see the present version, or none."""
    form, actor = request.state.typed, request.state.actor
    version = whole(form, "version") if form.get("action") == "publish" else None
    await movement(request).plans.publish(actor, actor.facility, version)
    return RedirectResponse(f"{HOME}?selesai={'terbit' if version else 'ditarik'}", 303)


# Its forms


@dataclass(frozen=True, slots=True)
class _Form:
    """One page of fields. ``code`` is that of a programme, empty for a section."""

    place: str
    template: str
    paths: tuple[str, ...]
    code: str = ""
    new: bool = False
    context: dict[str, object] = field(default_factory=dict)


def _section(request: Request) -> _Form:
    name = request.path_params["name"]
    if name not in SECTIONS:
        raise kernel.NotFound("The masterplan has no such part.")
    return _Form(f"{HOME}/bagian/{name}", "team/section.html", SECTIONS[name], context={"section": name})


def _paths_of(code: str) -> tuple[str, ...]:
    """The paths of a programme."""
    yearly = (f"{code}.y{n}.{leaf}" for n in range(1, plan.YEARS + 1) for leaf in plan.YEAR)
    return (*(f"{code}.{leaf}" for leaf in plan.PROGRAMME), *yearly)


async def _programme(request: Request) -> _Form:
    code, new = request.path_params["code"], request.path_params["code"] == "baru"
    if new:
        found = next((name.partition(".")[0] for name in request.state.typed if plan.kind_of(name)), "")
        kept = await movement(request).plans.read(request.state.actor, request.state.actor.facility)
        code = found if re.fullmatch(r"P\d+", found) else plan.next_code(kept.facts)
    if not plan.kind_of(f"{code}.name"):
        raise kernel.NotFound("The masterplan has no such part.")
    place = f"{HOME}/program/{'baru' if new else code}"
    return _Form(place, "team/programme.html", _paths_of(code), code, new)


async def section(request: Request) -> Response:
    return await _show(request, _section(request))


async def programme(request: Request) -> Response:
    form = await _programme(request)
    kept = await movement(request).plans.read(request.state.actor, request.state.actor.facility)
    if not form.new and form.code not in plan.programme_codes(kept.facts):
        raise kernel.NotFound("The masterplan has no such part.")
    return await _show(request, form)


async def _show(
    request: Request, form: _Form, status: int = 200, typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None, base: int | None = None,
) -> Response:  # fmt: skip
    actor, language = request.state.actor, request.state.language
    kept = await movement(request).plans.read(actor, actor.facility, base)
    fields = {path: readable(path, text, language) for path, text in kept.facts.items()} | dict(typed or {})
    return render(
        request, form.template, status, form={path: fields.get(path, "") for path in form.paths}, errors=dict(errors or {}),
        place=form.place, code=form.code, new=form.new, base=kept.version, saved=request.query_params.get("tersimpan", ""),
        plan=plan, subs=program.SUBS, dimensions=program.DIMENSIONS, readiness=program.READINESS,
        first_year=int(kept.facts["first_year"]) if kept.facts.get("first_year") else None, **form.context,
    )  # fmt: skip


async def change_section(request: Request) -> Response:
    return await _change(request, _section(request))


async def change_programme(request: Request) -> Response:
    """Keep a programme. A new one whose code somebody else took meanwhile gets the next code."""
    form = await _programme(request)
    typed = {path: text for path, text in chosen(request.state.typed).items() if path in form.paths}
    if form.new and not typed.get(f"{form.code}.name"):
        error = kernel.translate(request.state.language, "Write the name of the programme.")
        return await _show(request, form, 400, typed, {f"{form.code}.name": error}, whole(request.state.typed, "base"))
    if form.new:
        return await _add(request, form, typed)
    return await _change(request, form)


async def _add(request: Request, form: _Form, typed: dict[str, str]) -> Response:
    m, actor = movement(request), request.state.actor
    for _ in range(TRIES):
        kept = await m.plans.read(actor, actor.facility)
        code = form.code if form.code not in plan.programme_codes(kept.facts) else plan.next_code(kept.facts)
        changes = {f"{code}.{path.partition('.')[2]}": text for path, text in typed.items()}
        try:
            version = await m.plans.change(actor, actor.facility, changes, kept.version)
        except program.Clash:
            continue
        except kernel.Invalid as failure:
            errors = {
                f"{form.code}.{path.partition('.')[2]}": text
                for path, text in field_errors(request, failure).items()
            }  # fmt: skip
            return await _show(request, form, 400, typed, errors, kept.version)
        return RedirectResponse(f"{HOME}/program/{code}?tersimpan={version}", 303)
    return await _show(request, form, 409, typed, {f"{form.code}.name": kernel.translate(
        request.state.language, "Others are adding programmes at this moment. Save once more.")})  # fmt: skip


async def _change(request: Request, form: _Form) -> Response:
    m, actor, base = movement(request), request.state.actor, whole(request.state.typed, "base") or 0
    typed = {path: text for path, text in chosen(request.state.typed).items() if path in form.paths}
    try:
        version = await m.plans.change(actor, actor.facility, typed, base)
    except kernel.Invalid as failure:
        return await _show(request, form, 400, typed, field_errors(request, failure), base)
    except program.Clash as clash:
        return await clash_page(request, clash, plan.clean(typed), base, form.place)
    return RedirectResponse(f"{form.place}?tersimpan={version}", 303)


# Two people, one field


async def clash_page(
    request: Request, clash: program.Clash, typed: Mapping[str, str], base: int, place: str, note: str = ""
) -> Response:
    """Both texts beside each other. My other changes go along, and only what I changed: nobody else's field is undone."""
    m, actor, language = movement(request), request.state.actor, request.state.language
    before = (await m.plans.read(actor, actor.facility, base)).facts
    theirs = (await m.plans.versions(actor, actor.facility))[0]
    both = {one.path for one in clash.clashes}
    mine = plan.differences(before, plan.applied(before, typed))
    return render(
        request, "team/clash.html", 409, clashes=clash.clashes, base=clash.version, place=place, theirs=theirs, note=note,
        others=[(one.path, one.after) for one in mine if one.path not in both], kind_of=plan.kind_of, words_of=words_of,
        named=lambda path: named(path, language), readable=lambda path, text: readable(path, text, language),
    )  # fmt: skip


def chosen(form: Mapping[str, str]) -> dict[str, str]:
    """The plan's fields of a form; of those that clashed, the text that was chosen. Theirs needs no change."""
    found = {name: text for name, text in form.items() if plan.kind_of(name)}
    for name, choice in form.items():
        start, _, path = name.partition(":")
        if start == "choice" and plan.kind_of(path) and choice in ("mine", "own"):
            found[path] = form.get(f"{choice}:{path}", "")
    return found


async def merge(request: Request) -> Response:
    """What was chosen after a spreadsheet clashed."""
    m, actor, base = movement(request), request.state.actor, whole(request.state.typed, "base") or 0
    typed = chosen(request.state.typed)
    try:
        version = await m.plans.change(actor, actor.facility, typed, base)
    except kernel.Invalid as failure:
        return await show(request, 400, failure)
    except program.Clash as clash:
        return await clash_page(request, clash, plan.clean(typed), base, f"{HOME}/gabung")
    return RedirectResponse(f"{HOME}/versi?dari={base}&ke={version}", 303)


# Taking a programme out


async def removal(request: Request) -> Response:
    """Ask once more."""
    return await _removal(request)


async def _removal(request: Request, status: int = 200, error: str = "") -> Response:
    actor, code = request.state.actor, request.path_params["code"]
    kept = await movement(request).plans.read(actor, actor.facility)
    found = next((one for one in plan.programmes(kept.facts) if one.code == code), None)
    if found is None:
        raise kernel.NotFound("The masterplan has no such part.")
    return render(request, "team/remove.html", status, one=found, base=kept.version, error=error)


async def remove(request: Request) -> Response:
    """Empty all its fields; the versions before keep them."""
    m, actor, code = movement(request), request.state.actor, request.path_params["code"]
    base = whole(request.state.typed, "base") or 0
    kept = await m.plans.read(actor, actor.facility, base)
    changes = {path: "" for path in kept.facts if path.startswith(f"{code}.")}
    try:
        await m.plans.change(actor, actor.facility, changes, base)
    except program.Clash:
        message = "Somebody else changed this programme meanwhile. Look at it again before you remove it."
        return await _removal(request, 409, kernel.translate(request.state.language, message))
    return RedirectResponse(f"{HOME}?selesai=dihapus", 303)


# A spreadsheet


async def bring_in(request: Request) -> Response:
    """A workbook back in. What clashes is asked about; all else of it is kept at once."""
    m, actor = movement(request), request.state.actor
    try:
        file = uploads.file_of(request)
        if file is None:
            raise kernel.Invalid("Choose a file first.")
        found = await asyncio.to_thread(program.spreadsheet.read, file.content)
        before = await m.plans.read(actor, actor.facility, found.version)
    except (kernel.Invalid, kernel.TooCostly) as failure:
        return await show(request, 413 if isinstance(failure, kernel.TooCostly) else 400, failure)
    except kernel.NotFound:
        failure = kernel.Invalid("This spreadsheet comes from a version that your masterplan never had. Is it another "
                                 "city's? Nothing was changed.")  # fmt: skip
        return await show(request, 400, failure)
    changes = {one.path: one.after for one in plan.differences(before.facts, found.facts)}
    return await _take_in(request, changes, found.version)


async def _take_in(request: Request, changes: plan.Facts, base: int) -> Response:
    m, actor = movement(request), request.state.actor
    seen = (await m.plans.read(actor, actor.facility)).version
    try:
        version = await m.plans.change(actor, actor.facility, changes, base, "spreadsheet")
    except program.Clash as clash:
        both = {one.path for one in clash.clashes}
        if len(both) > MOST_CLASHES:
            failure = kernel.Conflict(
                "%(n)s fields of this spreadsheet were changed here as well. Download the present plan and carry your "
                "changes over; nothing was changed.", n=len(both))  # fmt: skip
            return await show(request, 409, failure)
        rest = {path: text for path, text in changes.items() if path not in both}
        mine = {path: text for path, text in changes.items() if path in both}
        kept = await m.plans.change(actor, actor.facility, rest, base, "spreadsheet")
        return await clash_page(request, clash, mine, base, f"{HOME}/gabung", note=str(kept))
    done = "sama" if version <= seen else "impor"
    return RedirectResponse(f"{HOME}/versi?dari={version - 1}&ke={version}&selesai={done}", 303)


PAGES = (
    page(HOME, overview, TEAM),
    page(f"{HOME}/terbit", publish, TEAM, "POST"),
    page(f"{HOME}/gabung", merge, TEAM, "POST"),
    page(f"{HOME}/bagian/{{name}}", section, TEAM),
    page(f"{HOME}/bagian/{{name}}", change_section, TEAM, "POST"),
    page(f"{HOME}/program/{{code}}", programme, TEAM),
    page(f"{HOME}/program/{{code}}", change_programme, TEAM, "POST"),
    page(f"{HOME}/program/{{code}}/hapus", removal, TEAM),
    page(f"{HOME}/program/{{code}}/hapus", remove, TEAM, "POST"),
    page(f"{HOME}/versi", plan_views.versions, TEAM),
    page(f"{HOME}/versi", plan_views.restore, TEAM, "POST"),
    page(f"{HOME}/templat.xlsx", plan_views.empty_workbook, TEAM),
    page(f"{HOME}/rencana.xlsx", plan_views.workbook, TEAM),
    page(f"{HOME}/impor", bring_in, TEAM, "POST", upload=True),
    page(f"{HOME}/{{book}}", plan_views.own_book, TEAM),
)
