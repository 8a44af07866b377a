"""What a city reached, at its team's desk: quick wins with their gains, and the yearly judgement of itself."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import kernel, program

from .answers import Line, sheet_lines, typed_answers
from .failures import field_errors
from .forms import day
from .frame import render
from .plan_desk import TEAM
from .plan_views import readable
from .routing import page
from .secretariat import id_of, movement, whole

TEXTS = ("name", "dimension", "service", "helps", "story_before", "story_after", "measure", "unit", "before_source",
         "after_source", "spending_source")  # fmt: skip
NUMBERS = ("before", "after", "spending")
ON_A_PAGE = 60
"""Questions; a form may have 300 fields, and a question has four."""


# Quick wins


async def _wins(request: Request) -> tuple[program.Participation, program.Region, list]:
    m, actor = movement(request), request.state.actor
    part, region = await m.cohorts.part_of(actor.facility), await m.regions.one(actor.facility)
    return part, region, await m.quick_wins.of(actor, part, region)


async def quick_wins(request: Request) -> Response:
    """All of this cohort, with their gains drawn."""
    part, region, wins = await _wins(request)
    cohort = await movement(request).cohorts.one(part.cohort)
    return render(request, "team/wins.html", wins=wins, region=region, wanted=cohort.settings.quick_wins,
                  dimensions=program.DIMENSIONS, done=request.query_params.get("selesai", ""))  # fmt: skip


async def quick_win(request: Request) -> Response:
    return await _quick_win(request)


async def _quick_win(
    request: Request, status: int = 200, typed: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None,
    theirs: Mapping[str, tuple[str, str]] | None = None,
) -> Response:  # fmt: skip
    _part, region, wins = await _wins(request)
    one = _find(request, wins)
    form = _filled(one.content if one else program.QuickWin(), request.state.language) | dict(typed or {})
    try:
        since = day(form["since"], "since") if form["since"] else _today(request)
    except kernel.Invalid:
        since = _today(request)
    return render(
        request, "team/win.html", status, one=one, form=form, errors=dict(errors or {}), base=one.version if one else 0,
        measures=await movement(request).quick_wins.measures(region, since), since=since, dimensions=program.DIMENSIONS,
        theirs=theirs or {}, place=request.url.path, done=request.query_params.get("selesai", ""),
    )  # fmt: skip


def _today(request: Request) -> date:
    return kernel.in_zone(kernel.now(), request.state.actor.zone).date()


def _find(request: Request, wins: list):
    """The quick win of the address; None for a new one. Raises NotFound."""
    if request.path_params["id"] == "baru":
        return None
    id = id_of(request.path_params["id"])
    found = next((one for one in wins if one.id == id), None)
    if found is None:
        raise kernel.NotFound("Your city has no such quick win.")
    return found


def _filled(content: program.QuickWin, language: str) -> dict[str, str]:
    """A quick win as its form shows it."""
    form = {name: getattr(content, name) for name in TEXTS}
    form |= {
        name: "" if (value := getattr(content, name)) is None else readable("P1.baseline", f"{value:f}", language)
        for name in NUMBERS
    }
    form["since"] = f"{content.since:%d-%m-%Y}" if content.since else ""
    return form | {"better": "lower" if content.lower else "higher"}


def _content(form: Mapping[str, str]) -> program.QuickWin:
    """Raises Invalid with every fault that only the form can have."""
    faults: list[kernel.Fault] = []
    numbers: dict[str, Decimal | None] = {}
    for name in NUMBERS:
        try:
            numbers[name] = Decimal(program.plan.number(form[name], name)) if form.get(name) else None
        except kernel.Invalid as failure:
            faults.extend(failure.faults)
    try:
        since = day(form["since"], "since") if form.get("since") else None
    except kernel.Invalid as failure:
        since = None
        faults.extend(failure.faults)
    if faults:
        raise kernel.Invalid(faults=faults)
    return program.QuickWin(
        **{name: form.get(name, "") for name in TEXTS}, **numbers, since=since, lower=form.get("better") != "higher"
    )


async def change_quick_win(request: Request) -> Response:
    """Keep it, look what a day measures, or let everyone see it."""
    m, actor, form = movement(request), request.state.actor, request.state.typed
    part, _region, wins = await _wins(request)
    one = _find(request, wins)
    if one and form.get("action") in ("publish", "withdraw"):
        await m.quick_wins.publish(actor, part, one.id, form["action"] == "publish")
        return RedirectResponse("/tim/cepat?selesai=" + ("terbit" if form["action"] == "publish" else "ditarik"), 303)
    if form.get("action") == "look":
        return await _quick_win(request, typed=form)
    try:
        await m.quick_wins.write(actor, part, _content(form), one.id if one else None, whole(form, "base") or 0)
    except kernel.Invalid as failure:
        return await _quick_win(request, 400, form, field_errors(request, failure))
    except kernel.Conflict as failure:
        return await _quick_win(request, 409, form, {"": failure.text(request.state.language)})
    except kernel.PreconditionFailed:
        now = _filled(one.content, request.state.language) if one else {}
        theirs = {name: (text, form.get(name, "")) for name, text in now.items() if text != form.get(name, "")}
        return await _quick_win(request, 409, form, theirs=theirs)
    return RedirectResponse("/tim/cepat?selesai=simpan", 303)


# The yearly evaluation


async def evaluations(request: Request) -> Response:
    """Every round, and how far our sheet is."""
    m, actor = movement(request), request.state.actor
    found = []
    for one in await m.evaluations.all():
        instrument = await m.sheets.instrument(one.instrument)
        sheet = await m.evaluations.own(actor, one, actor.facility)
        found.append((one, sheet, len(list(instrument.content.questions()))))
    return render(request, "team/evaluations.html", rounds=found)


class _Sheet:
    """One page of the sheet of one round: its questions, and what was kept of them."""

    def __init__(self, request: Request) -> None:
        self.m, self.actor = movement(request), request.state.actor
        asked = request.query_params.get("hal", "1")
        self.number = int(asked) if asked.isdecimal() and len(asked) < 4 else 1

    async def load(self, request: Request) -> "_Sheet":
        """Raises NotFound."""
        self.round = await self.m.evaluations.one(id_of(request.path_params["id"]))
        self.instrument = await self.m.sheets.instrument(self.round.instrument)
        self.kept = await self.m.evaluations.own(self.actor, self.round, self.actor.facility)
        self.keys = [question.key for question in self.instrument.content.questions()]
        self.pages = max(1, -(-len(self.keys) // ON_A_PAGE))
        if not 1 <= self.number <= self.pages:
            raise kernel.NotFound("There is no such page.")
        self.here = self.keys[(self.number - 1) * ON_A_PAGE : self.number * ON_A_PAGE]
        return self

    def lines(self, typed: Mapping[str, str], errors: Mapping[str, str]) -> list[Line]:
        """The lines of this page, the titles above its questions among them."""
        found: list[Line] = []
        titles: list[Line] = []
        for line in sheet_lines(self.instrument.content, self.kept, typed, errors):
            if not line.question:
                titles = [*titles[: line.depth], line]
            elif line.key in self.here:
                found += [one for one in titles if one not in found]
                found.append(line)
        return found

    @property
    def seen(self) -> str:
        """Stands for the answers of this page as they are kept, to notice when somebody else changed one of them."""
        answers = self.kept.answers if self.kept else {}
        told = "".join(f"{key}={answers.get(key, '')}" for key in self.here)
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def answers(self, form: Mapping[str, str]) -> program.Answers:
        """Those of this page from the form, all others as they are kept. Raises Invalid."""
        typed = typed_answers(self.instrument.content, form)
        others = {key: one for key, one in self.kept.answers.items() if key not in self.here} if self.kept else {}
        return others | {key: one for key, one in typed.items() if key in self.here}


async def evaluation(request: Request) -> Response:
    return await _evaluation(request, await _Sheet(request).load(request))


async def _evaluation(
    request: Request, work: _Sheet, status: int = 200, errors: dict[str, str] | None = None, error: str = "",
    clash: bool = False,
) -> Response:  # fmt: skip
    form = request.state.typed
    files = await work.m.evidence.of(work.actor, work.actor.facility)
    kept = {key: work.kept.answers.get(key) for key in work.here} if clash and work.kept else {}
    return render(
        request, "team/evaluation.html", status, work=work, lines=work.lines(form, errors or {}), error=error, kept=kept,
        key=form.get("key") or secrets.token_hex(16), form=form, done=request.query_params.get("selesai", ""),
        files=[(one.id, one.name) for one in files], elsewhere=_elsewhere(work, errors or {}),
        answered=len(work.kept.values) if work.kept else 0,
    )  # fmt: skip


def _elsewhere(work: _Sheet, errors: Mapping[str, str]) -> list[int]:
    """The other pages of the sheet that have faults."""
    return sorted({work.keys.index(key) // ON_A_PAGE + 1 for key in errors if key in work.keys} - {work.number})


async def send(request: Request) -> Response:
    """Save, make final, or save and go to fetch a file. What others answered on other pages meanwhile stays."""
    work, form = await _Sheet(request).load(request), request.state.typed
    base = whole(form, "base") or 0
    present = work.kept.version if work.kept else 0
    if base != present and form.get("seen") == work.seen:
        base = present
    final = form.get("action") == "final"
    try:
        await work.m.evaluations.send(
            work.actor, work.round, work.actor.facility, "self", work.answers(form), form.get("key", ""), final=final,
            note=form.get("note", ""), base=base,
        )  # fmt: skip
    except kernel.Invalid as failure:
        return await _evaluation(
            request, work, 400, field_errors(request, failure), failure.text(request.state.language)
        )
    except kernel.PreconditionFailed:
        request.state.typed = form | {"key": ""}
        return await _evaluation(request, work, 409, clash=True)
    except kernel.Conflict as failure:
        return await _evaluation(request, work, 409, error=failure.text(request.state.language))
    here = f"/tim/evaluasi/{work.round.id}?hal={work.number}"
    match form.get("action"):
        case "file":
            return RedirectResponse(f"/tim/bukti?kembali={here.replace('?', '%3F')}", 303)
        case "next":
            return RedirectResponse(f"/tim/evaluasi/{work.round.id}?hal={min(work.number + 1, work.pages)}", 303)
    return RedirectResponse(f"{here}&selesai={'final' if final else 'simpan'}", 303)


PAGES = (
    page("/tim/cepat", quick_wins, TEAM),
    page("/tim/cepat/{id}", quick_win, TEAM),
    page("/tim/cepat/{id}", change_quick_win, TEAM, "POST"),
    page("/tim/evaluasi", evaluations, TEAM),
    page("/tim/evaluasi/{id}", evaluation, TEAM),
    page("/tim/evaluasi/{id}", send, TEAM, "POST"),
)
