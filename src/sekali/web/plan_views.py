"""What is shown of a masterplan, to its team and to its mentors: how full it is, its roadmap, versions, books."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from uuid import UUID

from babel.numbers import format_compact_decimal
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import kernel, program

from .files import download
from .frame import render
from .secretariat import movement, whole

plan = program.plan
HOME = "/tim/rencana"
SECTIONS = {
    "umum": tuple(plan.GENERAL),
    "kesiapan": tuple(
        f"ready.{key}.{side}" for parts in program.READINESS.values() for key in parts for side in ("state", "gap")
    ),
    "dimensi": tuple(f"{key}.{aim}" for key in program.DIMENSIONS for aim in ("target", "strategy")),
}  # fmt: skip
"""Address -> the paths of that part of the plan."""
NEEDED = 8
"""Facts that a programme needs to be complete, its first year among them (plan.gaps)."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MOST_SHOWN = 300
"""Differences on one page."""
MOST_WORDS = 3_000
"""Beyond, both texts are shown whole: finding the words would take too long."""


# What is there


@dataclass(frozen=True, slots=True)
class Stand:
    """How full a part of the plan is."""

    missing: tuple[str, ...]
    of: int

    @property
    def filled(self) -> int:
        """Facts that are there, of those that a complete plan needs."""
        return self.of - len(self.missing)

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means whole."""
        return self.filled * 100 // self.of if self.of else 100


def stands(facts: Mapping[str, str]) -> dict[str, Stand]:
    """How full each section and programme is; ``""`` for the whole."""
    gaps = plan.gaps(facts)
    codes = plan.programme_codes(facts)
    general = ("first_year", "vision", "future")
    found = {
        "umum": Stand(tuple(path for path in gaps if path in general), len(general)),
        "kesiapan": Stand(tuple(path for path in gaps if path in SECTIONS["kesiapan"]), len(SECTIONS["kesiapan"])),
        "dimensi": Stand(tuple(path for path in gaps if path in SECTIONS["dimensi"]), len(SECTIONS["dimensi"])),
    }
    for code in codes:
        found[code] = Stand(tuple(path for path in gaps if path.startswith(f"{code}.")), NEEDED)
    found["program"] = Stand(
        tuple(path for path in gaps if re.match(r"P\d", path)), NEEDED * len(codes) or 1
    )  # fmt: skip
    parts = [found[key] for key in (*SECTIONS, "program")]
    return found | {"": Stand(tuple(gaps), sum(part.of for part in parts))}


def drawn(request: Request, facts: Mapping[str, str]) -> dict[str, object]:
    """What the roadmap is drawn from."""
    first = facts.get("first_year")
    found = plan.programmes(facts)
    totals = {
        n: sum((year.budget for one in found for year in one.years if year.number == n and year.budget), Decimal(0))
        for n in range(1, plan.YEARS + 1)
    }
    return {
        "programmes": found, "first_year": int(first) if first else None, "horizon": plan.horizon, "reached": plan.reached,
        "totals": totals, "subs": program.SUBS, "dimensions": program.DIMENSIONS,
        "compact": lambda value: format_compact_decimal(value, locale=request.state.language, fraction_digits=1),
    }  # fmt: skip


def readable(path: str, text: str, language: str) -> str:
    """A fact as it stands in a field: large numbers in groups, and the comma or point of the language."""
    if plan.kind_of(path) != "number" or not text:
        return text
    value = Decimal(text)
    grouped = f"{value:,f}" if abs(value) >= 1_000_000 else f"{value:f}"
    return grouped.translate(str.maketrans(",.", ".,")) if language == "id" else grouped


# Comparing


@dataclass(frozen=True, slots=True)
class Change:
    """One field that is not the same, in pieces: (kept, removed or added, text)."""

    path: str
    name: str
    pieces: tuple[tuple[str, str], ...]


def words_of(before: str, after: str) -> tuple[tuple[str, str], ...]:
    """The way from one text to the other, in words: pieces of ("", "del" or "ins", text)."""
    old, new = re.findall(r"\s+|\S+", before), re.findall(r"\s+|\S+", after)
    if not old or not new or len(old) + len(new) > MOST_WORDS:
        return tuple((tag, text) for tag, text in (("del", before), ("ins", after)) if text)
    return tuple(_pieces(old, new))


def _pieces(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    for tag, i, i_end, j, j_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield "", "".join(old[i:i_end])
            continue
        if i < i_end:
            yield "del", "".join(old[i:i_end])
        if j < j_end:
            yield "ins", "".join(new[j:j_end])


def named(path: str, language: str) -> str:
    """A path as people call it: ``P3, year 2: Budget``."""

    def _(text: str, **params: object) -> str:
        return kernel.translate(language, text, **params)

    if found := re.fullmatch(r"(P\d+)\.(?:y(\d+)\.)?(\w+)", path):
        code, year, leaf = found.groups()
        label = _((plan.YEAR if year else plan.PROGRAMME)[leaf])
        return f"{code}, {_('year %(n)s', n=year)}: {label}" if year else f"{code}: {label}"
    return dict(program.spreadsheet.labels(language))[path]


async def compared(request: Request, region: UUID) -> dict[str, object]:
    """The history of a region's plan, and what the address asks to compare. Raises NotFound."""
    m, actor, language = movement(request), request.state.actor, request.state.language
    versions = await m.plans.versions(actor, region)
    newest = versions[0].version if versions else 0
    after = _asked(request, "ke", newest)
    before = _asked(request, "dari", max(after - 1, 0))
    changes: list[Change] = []
    count = 0
    if newest:
        old, new = [(await m.plans.read(actor, region, n)).facts for n in (before, after)]
        found = plan.differences(old, new)
        count = len(found)
        changes = await asyncio.to_thread(lambda: [
            Change(one.path, named(one.path, language), words_of(
                readable(one.path, one.before, language), readable(one.path, one.after, language)))
            for one in found[:MOST_SHOWN]
        ])  # fmt: skip
    return {
        "versions": versions,
        "before": before,
        "after": after,
        "changes": changes,
        "count": count,
        "newest": newest,
    }


def _asked(request: Request, name: str, otherwise: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if re.fullmatch(r"\d{1,6}", text) else otherwise


async def versions(request: Request) -> Response:
    """The history; two versions beside each other."""
    found = await compared(request, request.state.actor.facility)
    return render(request, "team/versions.html", done=request.query_params.get("selesai", ""), **found)


async def restore(request: Request) -> Response:
    """An earlier version becomes the newest; those between stay in the history."""
    m, actor = movement(request), request.state.actor
    wanted, seen = whole(request.state.typed, "version") or 0, whole(request.state.typed, "base") or 0
    old = await m.plans.read(actor, actor.facility, wanted)
    present = await m.plans.read(actor, actor.facility)
    if present.version != seen:
        raise kernel.PreconditionFailed(
            "Somebody else changed the masterplan meanwhile. Look at the versions again before you bring one back."
        )
    changes = {one.path: one.after for one in plan.differences(present.facts, old.facts)}
    version = await m.plans.change(actor, actor.facility, changes, seen, f"restored {wanted}")
    return RedirectResponse(f"{HOME}/versi?dari={seen}&ke={version}&selesai=kembali", 303)


# The workbook


async def empty_workbook(request: Request) -> Response:
    return await _workbook(request, {}, 0, "templat")


async def workbook(request: Request) -> Response:
    """The present plan, to work on in a spreadsheet."""
    kept = await movement(request).plans.read(request.state.actor, request.state.actor.facility)
    return await _workbook(request, kept.facts, kept.version, f"v{kept.version}")


async def _workbook(request: Request, facts: plan.Facts, version: int, name: str) -> Response:
    region = await movement(request).regions.one(request.state.actor.facility)
    language = request.state.language
    content = await asyncio.to_thread(program.spreadsheet.write, facts, version, region.full_name, language)
    return download(content, f"masterplan-{region.slug}-{name}.xlsx", XLSX)


# The books


async def own_book(request: Request) -> Response:
    return await book(request, request.state.actor.facility)


async def book(request: Request, region_id: UUID) -> Response:
    """Book 1, 2 or 3 of the present version, as PDF or DOCX. A rehearsal says so on every page."""
    m, actor, language = movement(request), request.state.actor, request.state.language
    asked = re.fullmatch(r"buku-([123])\.(pdf|docx)", request.path_params["book"])
    if asked is None:
        raise kernel.NotFound("There is no such page.")
    kept = await m.plans.read(actor, region_id)
    region = await m.regions.one(region_id)
    document = program.documents.book(
        int(asked[1]), region.full_name, kept.facts, language, await m.cohorts.rehearsing(region_id)
    )
    kind = asked[2]
    make = program.documents.pdf if kind == "pdf" else program.documents.docx
    content = await asyncio.to_thread(make, document)
    name = f"buku-{asked[1]}-{region.slug}-v{kept.version}.{kind}"
    return download(content, name, "application/pdf" if kind == "pdf" else DOCX)
