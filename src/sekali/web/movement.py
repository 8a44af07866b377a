"""The movement as everyone sees it: towards the hundred, a cohort, a region, results, a certificate. No account needed.

Nothing sealed is read here: states by ``public.PUBLIC_STATES``, plans and quick wins by their published version,
awards by ``awards.public``. Drawings are made in ``drawings``, open data in ``open_data``.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from babel.numbers import format_decimal
from starlette.requests import Request
from starlette.responses import Response

from sekali import kernel, program, security

from . import drawings, open_data
from .files import download, long_day
from .frame import render
from .routing import PUBLIC, page

LONGEST_SEARCH = 80


def facade(request: Request) -> program.Program:
    """The movement."""
    return request.state.doors.program


@dataclass(frozen=True, slots=True)
class Part:
    """A region's part in one cohort. ``look`` is the cohort's mark in drawings."""

    cohort: program.Cohort
    region: program.Region
    kept: program.Participation
    look: int

    @property
    def counts(self) -> bool:
        """Whether it is one of the places that count towards the hundred."""
        return self.kept.counted and self.kept.state in program.MEMBERS and not self.cohort.rehearsal


@dataclass(frozen=True, slots=True)
class Entry:
    """A region with its parts, oldest first."""

    region: program.Region
    parts: tuple[Part, ...]

    @property
    def certain(self) -> bool:
        """Whether no source contradicts any of its parts."""
        return all(part.kept.certain for part in self.parts)

    @property
    def counts(self) -> bool:
        """Whether it is one of the different regions that count."""
        return any(part.counts for part in self.parts)

    def fits(self, words: str, province: str, cohort: str) -> bool:
        """Whether it is what somebody looks for."""
        found = f"{self.region.full_name} {self.region.code} {self.region.province}".lower()
        return (
            all(word in found for word in words.lower().split())
            and province in ("", self.region.province)
            and (not cohort or any(part.cohort.slug == cohort for part in self.parts))
        )


async def parts_of(m: program.Program, cohort: UUID | None = None, region: UUID | None = None) -> list[Part]:
    """Every part that may be seen, oldest cohort first; those who were only invited or assessed are not shown."""
    cohorts, regions = {one.id: one for one in await m.cohorts.all()}, await m.regions.all()
    looks = drawings.looks(one.year for one in cohorts.values() if not one.rehearsal)
    return [
        Part(cohorts[p.cohort], regions[p.region], p, looks.get(cohorts[p.cohort].year, 0))
        for p in await m.cohorts.participations(cohort, region)
        if p.state in program.public.PUBLIC_STATES
    ]


def entries_of(parts: Iterable[Part]) -> list[Entry]:
    """The regions of the real cohorts, by name."""
    found: dict[UUID, list[Part]] = {}
    for part in parts:
        if not part.cohort.rehearsal:
            found.setdefault(part.region.id, []).append(part)
    entries = [Entry(parts[0].region, tuple(parts)) for parts in found.values()]
    return sorted(entries, key=lambda one: (one.region.name, one.region.kind))


async def home(request: Request) -> Response:
    """The movement at a glance."""
    m, asked = facade(request), request.query_params
    chosen = {name: asked.get(name, "").strip()[:LONGEST_SEARCH] for name in ("cari", "provinsi", "kohort")}
    parts = await parts_of(m)
    entries = entries_of(parts)
    shown = [one for one in entries if one.fits(chosen["cari"], chosen["provinsi"], chosen["kohort"])]
    places = sorted(
        (p for p in parts if p.counts), key=lambda p: (p.cohort.year, p.region.name, p.region.kind)
    )  # fmt: skip
    progress = await m.cohorts.progress()
    regions = {one.region.id: one.region for one in entries}
    elsewhere = sorted(program.history.awards_elsewhere(), key=lambda one: one["year"], reverse=True)
    real = sorted({(p.look, p.cohort.slug) for p in parts if not p.cohort.rehearsal}, key=lambda pair: pair[1])
    slugs = {f"{one.region.kind} {one.region.name}": one.region.slug for one in entries}
    return render(
        request, "movement/home.html", progress=progress, squares=drawings.squares(places, progress.twice),
        twice=[regions[id] for id in progress.twice], map=drawings.national(entries, {one.region.id for one in shown}),
        cohorts=[(one, _count(parts, one)) for one in await m.cohorts.all()], entries=entries, shown=shown, chosen=chosen,
        provinces=[(name, name) for name in sorted({one.region.province for one in entries})], real=real,
        real_pairs=[(slug, slug) for _, slug in real], elsewhere=elsewhere, slugs=slugs,
    )  # fmt: skip


def _count(parts: Iterable[Part], cohort: program.Cohort) -> int:
    """Places of a cohort."""
    return sum(p.cohort.id == cohort.id and p.kept.counted and p.kept.state in program.MEMBERS for p in parts)


async def cohort(request: Request) -> Response:
    """One cohort: its stages, its figures with every source, its regions."""
    m = facade(request)
    found = await m.cohorts.by_slug(request.path_params["slug"])
    parts = sorted(await parts_of(m, found.id), key=lambda p: (p.region.name, p.region.kind))
    states = {state: sum(p.kept.state == state for p in parts) for state in program.public.PUBLIC_STATES}
    return render(
        request, "movement/cohort.html", cohort=found, parts=parts, figures=by_name(await m.cohorts.figures(found.id)),
        stages=[(one, drawings.days(found.year, one.starts, one.ends)) for one in await m.cohorts.stages(found.id)],
        states=drawings.shares({state: n for state, n in states.items() if n}), count=_count(parts, found),
        map=drawings.small(parts), plain=plain(request),
    )  # fmt: skip


def by_name(figures: Iterable[program.Figure]) -> list[list[program.Figure]]:
    """Figures of one name and year together: more than one where sources disagree."""
    found: dict[tuple[str, int | None], list[program.Figure]] = {}
    for one in figures:
        found.setdefault((one.name, one.year), []).append(one)
    return list(found.values())


def plain(request: Request):
    """A number as the reader's language writes it, with the decimals that it has."""
    return lambda value: format_decimal(value, "#,##0.######", locale=request.state.language)


async def region(request: Request) -> Response:
    """One region: codes in time, parts in cohorts, promises and results, quick wins, figures, awards."""
    m = facade(request)
    found = await m.regions.by_slug(request.path_params["slug"])
    parts = await parts_of(m, region=found.id)
    kept = await m.plans.public(found.id)
    cohorts = {part.kept.id: part.cohort for part in parts}
    wins = [
        (one, cohorts[one.participation]) for one in await m.quick_wins.public(found) if one.participation in cohorts
    ]
    figures = await m.cohorts.figures_of(found.id)
    return render(
        request, "movement/region.html", region=found, codes=await m.regions.codes(found.id),
        parts=[(part, sources(await m.cohorts.steps(part.kept.id))) for part in parts],
        twin=next((one for one in (await m.regions.all()).values() if one.name == found.name and one.kind != found.kind), None),
        plan=drawings.roadmap(kept.facts) if kept else None, facts=kept.facts if kept else {}, version=kept,
        invented=bool(parts) and parts[-1].cohort.rehearsal,
        wins=[(one, cohort, drawings.pair(one.gain)) for one, cohort in wins],
        scores=drawings.scores(figures), figures=figures, results=await _results(m, found),
        awards=await _awards(m, found, parts), elsewhere=_elsewhere(found), map=drawings.spot(found), plain=plain(request),
        quiet=not (kept or wins or figures), dimensions=program.DIMENSIONS, subs=program.SUBS,
        lengths=lambda value: drawings.share(value, drawings.SCALE_TOP),
    )  # fmt: skip


def sources(steps: Sequence[program.cohorts.Step]) -> list[str]:
    """What the history was loaded from. Reasons that people wrote down later are not for everyone."""
    return [step.reason for step in steps if step.reason and step.actor_name == security.SYSTEM.name]


async def _results(m: program.Program, region: program.Region) -> list[tuple[program.Evaluation, object]]:
    """Published results of evaluations that Sekali computed."""
    return [
        (evaluation, one)
        for evaluation, results in await m.evaluations.public()
        for one in results
        if one.region.id == region.id and one.final is not None
    ]


async def _awards(
    m: program.Program, region: program.Region, parts: Sequence[Part]
) -> list[tuple[program.Cohort, object, object]]:
    """(cohort, category, winner) of ceremonies that were published."""
    return [
        (part.cohort, category, one)
        for part in parts
        for category in await m.awards.public(part.cohort)
        for one in category.winners
        if one.region.id == region.id
    ]


def _elsewhere(region: program.Region) -> list[dict[str, str]]:
    """Awards published elsewhere; with an empty ``type`` those whose source names the region without its kind."""
    return [
        one
        for one in program.history.awards_elsewhere()
        if one["name"] == region.name and one["type"] in ("", region.kind)
    ]


async def results(request: Request) -> Response:
    """Who won, and how that was computed; nothing before it was published."""
    m = facade(request)
    found = await m.cohorts.by_slug(request.path_params["slug"])
    categories = await m.awards.public(found)
    tops = {one.id: await _top(m, one) for one in categories}
    return render(
        request, "movement/results.html", cohort=found, plain=plain(request),
        categories=[(one, drawings.winners(one, tops[one.id]), tops[one.id]) for one in categories],
        elsewhere=[
            one for one in program.history.awards_elsewhere() if one["year"] == str(found.year) and not found.rehearsal
        ],
    )  # fmt: skip


async def _top(m: program.Program, category: program.Category) -> Decimal | None:
    """The best score that its instrument can give."""
    used = (category.how or {}).get("instrument")
    return (await m.sheets.instrument(UUID(used["id"]))).content.top if used else None


async def press(request: Request) -> Response:
    """The sheet for the press, as PDF. 404 before the results were published."""
    m, language = facade(request), request.state.language
    found = await m.cohorts.by_slug(request.path_params["slug"])
    if not found.published_at:
        raise kernel.NotFound("The results of this cohort were not published yet.")
    won = [(one.name, [w.region.full_name for w in one.winners]) for one in await m.awards.public(found)]
    told = [
        program.documents.Figure(
            kernel.translate(language, FIGURES.get(one.name, one.name)), plain(request)(one.value), one.source
        )
        for one in await m.cohorts.figures(found.id)
    ]  # fmt: skip
    document = program.documents.press_sheet(
        found.name, long_day(found.published_at.date(), language), won, told, language, found.rehearsal
    )
    content = await asyncio.to_thread(program.documents.pdf, document)
    return download(content, f"pers-{found.slug}.pdf", "application/pdf")


FIGURES = {"invited": "Regions invited", "assessed": "Regions assessed", "assessors": "Assessors"}
"""Figure -> its msgid, as in movement/drawn.html."""


async def verification(request: Request) -> Response:
    """Is this paper true? A form for its code, and what the code says."""
    code = request.path_params.get("code") or request.query_params.get("kode", "").strip()
    if not code:
        return render(request, "movement/verification.html", code="", certificate=None)
    try:
        found = await facade(request).awards.verify(code)
    except kernel.NotFound:
        return render(request, "movement/verification.html", 404, code=code[:100], certificate=None)
    return render(request, "movement/verification.html", code=code, certificate=found)


PAGES = (
    page("/gerakan", home, PUBLIC),
    page("/gerakan/kohort/{slug}", cohort, PUBLIC),
    page("/gerakan/daerah/{slug}", region, PUBLIC),
    page("/gerakan/hasil/{slug}", results, PUBLIC),
    page("/gerakan/hasil/{slug}/pers.pdf", press, PUBLIC),
    page("/verifikasi", verification, PUBLIC),
    page("/verifikasi/{code}", verification, PUBLIC),
    *open_data.PAGES,
)
