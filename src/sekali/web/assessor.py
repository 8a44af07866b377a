"""An assessor's desk: my cities, my sheets. A sheet that was opened can be filled in and sent without a line."""

import secrets

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response

from sekali import kernel, program
from sekali.security import Role

from .answers import sheet_lines, typed_answers
from .files import download
from .frame import STATIC, render
from .routing import PUBLIC, page
from .secretariat import id_of, movement

ASSESSOR = {Role.ASSESSOR}


async def home(request: Request) -> Response:
    """What is mine to score, in the order of the timetable."""
    m, actor = movement(request), request.state.actor
    regions = sorted((await m.regions.all()).values(), key=lambda one: one.full_name)
    conflicts = {row["region"]: row["reason"] for row in await m.panel.conflicts() if row["person"] == actor.facility}
    return render(request, "assessor/home.html", tasks=await m.panel.tasks(actor), begins=program.begins,
                  interviews=await m.selection.tasks(actor), checks=await m.evaluations.tasks(actor), regions=regions,
                  conflicts=conflicts, by_id=await m.regions.all(), form=request.state.typed, error="")  # fmt: skip


async def declare(request: Request) -> Response:
    """A conflict of interest of my own."""
    form, actor = request.state.typed, request.state.actor
    await movement(request).panel.declare(actor, actor.facility, id_of(form.get("region", "")), form.get("reason", ""))
    return RedirectResponse("/penilai", 303)


class _Work:
    """One sheet to fill in: whose it is, what it asks, where it is sent."""

    def __init__(self, request: Request) -> None:
        self.m, self.actor = movement(request), request.state.actor
        self.part = request.path_params["part"]
        self.within = "interview" if self.part == "wawancara" else ""

    async def load(self, request: Request) -> "_Work":
        """Find it. Raises NotFound, Forbidden."""
        id = id_of(request.path_params["id"])
        if self.part == "pemeriksaan":
            self.occasion = await self.m.evaluations.one(id_of(request.query_params.get("evaluasi", "")))
            self.region = await self.m.regions.one(id)
            self.instrument = await self.m.sheets.instrument(self.occasion.instrument)
            self.sheet = await self.m.evaluations.checked(self.actor, self.occasion, id)
            self.title, self.rehearsal = self.occasion.name, self.occasion.rehearsal
            return self
        if self.part not in ("panel", "wawancara"):
            raise kernel.NotFound("There is no such entry.")
        self.participation = await self.m.cohorts.participation(id)
        self.region = await self.m.regions.one(self.participation.region)
        cohort = self.occasion = await self.m.cohorts.one(self.participation.cohort)
        self.title, self.rehearsal = cohort.name, cohort.rehearsal
        if self.part == "panel":
            self.instrument = await self.m.panel.instrument(cohort)
            self.sheet = await self.m.panel.sheet(self.actor, self.participation)
        else:
            self.instrument = await self.m.selection.instrument(cohort)
            self.sheet = await self.m.selection.sheet(self.actor, cohort, self.region.id, "interview")
        return self

    async def send(self, form: dict[str, str]) -> int:
        """Keep what was filled in; the version."""
        answers = typed_answers(self.instrument.content, form, self.within)
        final, note, key = form.get("action") == "final", form.get("note", ""), form.get("key", "")
        base = int(form["base"]) if form.get("base", "").isdecimal() else None
        if self.part == "panel":
            return await self.m.panel.score(
                self.actor, self.participation, answers, key, final=final, note=note, base=base
            )
        if self.part == "wawancara":
            return await self.m.selection.score(
                self.actor, self.occasion, self.participation, "interview", answers, key, final, note, base
            )
        return await self.m.evaluations.send(
            self.actor, self.occasion, self.region.id, "check", answers, key, final=final, note=note, base=base
        )


async def sheet(request: Request) -> Response:
    """A sheet to fill in."""
    return await _sheet(request, await _Work(request).load(request))


async def _sheet(
    request: Request, work: _Work, status: int = 200, errors: dict[str, str] | None = None, error: str = ""
) -> Response:
    found = work.sheet
    plan = await work.m.plans.public(work.region.id)
    own = (
        await work.m.evaluations.own(work.actor, work.occasion, work.region.id) if work.part == "pemeriksaan" else None
    )
    return render(
        request, "assessor/sheet.html", status, work=work, sheet=found, own=own, plan=plan, error=error,
        lines=sheet_lines(work.instrument.content, found, request.state.typed, errors or {}, work.within),
        key=request.state.typed.get("key") or secrets.token_hex(8), form=request.state.typed,
        wins=await work.m.quick_wins.public(work.region),
    )  # fmt: skip


async def send(request: Request) -> Response:
    """Keep a sheet. A tablet that sends by script gets a short answer; a form gets the page."""
    work = await _Work(request).load(request)
    by_script = request.headers.get("x-sekali") == "sheet"
    try:
        version = await work.send(request.state.typed)
    except (kernel.Invalid, kernel.Conflict, kernel.PreconditionFailed) as failure:
        language = request.state.language
        status = 400 if isinstance(failure, kernel.Invalid) else 409
        if by_script:
            return JSONResponse({"error": failure.text(language)}, status)
        faults = failure.faults if isinstance(failure, kernel.Invalid) else ()
        errors = {fault.path: kernel.translate(language, fault.reason) for fault in faults}
        return await _sheet(request, work, status, errors, failure.text(language))
    if by_script:
        return JSONResponse({"version": version})
    return RedirectResponse("/penilai", 303)


async def worker(request: Request) -> Response:
    """The script that keeps opened sheets on the tablet. It stands here so that it may serve the desk's own addresses."""
    return FileResponse(
        STATIC / "offline.js", headers={"Service-Worker-Allowed": "/penilai"}, media_type="text/javascript"
    )


async def evidence(request: Request) -> Response:
    """A file that a city gives as evidence, to an assessor who was assigned to it."""
    one, content = await movement(request).evidence.content(request.state.actor, id_of(request.path_params["id"]))
    return download(content, one.name, one.media_type)


PAGES = (
    page("/penilai", home, ASSESSOR),
    page("/penilai", declare, ASSESSOR, "POST"),
    page("/penilai/luring.js", worker, PUBLIC),
    page("/penilai/bukti/{id}", evidence, ASSESSOR),
    page("/penilai/{part}/{id}", sheet, ASSESSOR),
    page("/penilai/{part}/{id}", send, ASSESSOR, "POST"),
)
