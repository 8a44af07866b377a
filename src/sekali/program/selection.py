"""Choosing a cohort: desk indices, readiness interview, weights that somebody set, ranking with its reasons.

The instrument's weights were never published (domain 1.3), so there is none until the secretariat adopts one. An index
that does not exist for a region (the index of sustainable cities knows no kabupaten) is missing, not zero: the weights
of the others then count among themselves, and the reason says so.

The instrument of a selection has two first-level parts, ``desk`` and ``interview``; each sheet is about one of them.
"""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sekali import audit, kernel, security

from . import instruments
from .access import Access, event
from .cohorts import IN, Cohort, Cohorts, Participation
from .regions import Region, Regions
from .sheets import Adopted, Answer, Place, Sheet, Sheets

CANDIDATES = ("invited", "assessed", "selected", "not-selected", "signed", "taking-part", "completed")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One line of the ranking. ``missing`` are the names of questions that nobody answered."""

    participation: Participation
    region: Region
    score: instruments.Score | None
    rank: int | None
    assessors: int
    missing: tuple[str, ...]


class Selection:
    """Desk selection and assessment of one cohort."""

    def __init__(
        self, database: kernel.Database, access: Access, regions: Regions, cohorts: Cohorts, sheets: Sheets
    ) -> None:
        self._database = database
        self._access = access
        self._regions = regions
        self._cohorts = cohorts
        self._sheets = sheets

    async def instrument(self, cohort: Cohort) -> Adopted:
        """Raises Conflict while none was chosen."""
        if cohort.settings.selection_instrument is None:
            raise kernel.Conflict("Choose the instrument of the selection first, in the settings of the cohort.")
        return await self._sheets.instrument(cohort.settings.selection_instrument)

    async def ranking(self, actor: security.Actor, cohort: Cohort) -> list[Candidate]:
        """All candidates, best first; equal scores share a rank and stand in the order of their names.

        An interview counts when its sheet is final.
        """
        (await self._access.to(actor)).may_read("index")
        instrument = await self.instrument(cohort)
        sheets: dict[UUID, list[Sheet]] = defaultdict(list)
        for part in ("desk", "interview"):
            for sheet in await self._sheets.of(cohort.id, part):
                if part == "desk" or sheet.final:
                    sheets[sheet.region].append(sheet)
        regions = await self._regions.all()
        found = []
        for one in await self._cohorts.participations(cohort.id):
            if one.state in CANDIDATES:
                found.append((one, regions[one.region], *joined(instrument.content, sheets[one.region])))
        ranks = instruments.ranks({one.id: score.value if score else None for one, _, score, _ in found})
        lines = [
            Candidate(one, region, score, ranks[one.id], assessors, _missing(instrument.content, sheets[one.region]))
            for one, region, score, assessors in found
        ]
        return sorted(lines, key=lambda line: (line.rank or 10_000, line.region.name, line.region.kind))

    async def score(
        self, actor: security.Actor, cohort: Cohort, participation: Participation, part: str, answers: dict[str, Answer],
        key: str, final: bool = False, note: str = "", base: int | None = None,
    ) -> int:  # fmt: skip
        """Desk indices (by the secretariat, each with its source) or an interview (by an assessor)."""
        desk = part == "desk"
        grant = await self._access.to(actor, None if desk else participation.region, cohort.id)
        grant.may_write("index" if desk else "score")
        if desk and any(answer.value is not None and not answer.source for answer in answers.values()):
            raise kernel.Invalid("Write the source of each figure.")
        scorer = cohort.id if desk else actor.facility
        place = Place(cohort.id, part, participation.region, scorer, "" if desk else actor.name)
        instrument = await self.instrument(cohort)
        return await self._sheets.send(
            grant, place, instrument, answers, key=key, final=final, note=note, base=base, within=part
        )

    async def assign(self, actor: security.Actor, cohort: Cohort, region: UUID, person: UUID) -> None:
        """An assessor interviews a region. Raises Conflict (of interest)."""
        grant = await self._access.to(actor)
        grant.may_write("panel")
        async with self._database.transaction() as tx:
            await self._access.appoint(tx, cohort.id, region, person)
            await audit.append(tx, [event(audit.Kind.PANEL_SET, grant, f"cohort/{cohort.slug}", "interviewer")])

    async def tasks(self, actor: security.Actor) -> list[tuple[Cohort, Participation, Region, Sheet | None]]:
        """Whom an assessor interviews, with the sheet so far."""
        cohorts, regions = {one.id: one for one in await self._cohorts.all()}, await self._regions.all()
        found = []
        for occasion, region in await self._access.examined_by(actor.facility):
            if occasion in cohorts:
                part = next(iter(await self._cohorts.participations(occasion, region)), None)
                place = Place(occasion, "interview", region, actor.facility, actor.name)
                if part is not None:
                    found.append((cohorts[occasion], part, regions[region], await self._sheets.one(place)))
        return found

    async def sheet(self, actor: security.Actor, cohort: Cohort, region: UUID, part: str) -> Sheet | None:
        """The desk sheet of a region, or the interview sheet of this assessor."""
        desk = part == "desk"
        (await self._access.to(actor, None if desk else region, cohort.id)).may_read("index" if desk else "score")
        scorer = cohort.id if desk else actor.facility
        return await self._sheets.one(Place(cohort.id, part, region, scorer, actor.name))

    async def decide(self, actor: security.Actor, cohort: Cohort, chosen: set[UUID], reasons: dict[UUID, str]) -> int:
        """Select ``chosen`` (participations), the other candidates are not selected; each with a reason. How many.

        A choice that leaves the ranking needs a reason of its own. Raises Invalid, Conflict.
        """
        grant = await self._access.to(actor)
        grant.may_write("participation")
        lines = [
            line for line in await self.ranking(actor, cohort) if line.participation.state in ("assessed", "invited")
        ]
        if not chosen:
            raise kernel.Invalid("Choose at least one region.", path="chosen")
        if not chosen <= {line.participation.id for line in lines}:
            raise kernel.Invalid("Choose among the regions that wait for a decision.", path="chosen")
        taken = sum(one.state in IN for one in await self._cohorts.participations(cohort.id))
        if cohort.target is not None and taken + len(chosen) > cohort.target:
            raise kernel.Invalid("More regions are chosen than the cohort has places.", path="chosen")
        unexplained = [line for line in departures(lines, chosen) if not reasons.get(line.participation.id, "").strip()]
        if unexplained:
            raise kernel.Invalid(
                "A choice that leaves the ranking needs a reason.",
                faults=[kernel.Fault(str(line.participation.id), "Write why.") for line in unexplained],
            )
        async with self._database.transaction() as tx:
            for line in lines:
                id = line.participation.id
                if line.participation.state == "invited":
                    await self._cohorts.step(tx, id, "assessed", "", actor.name)
                reason = (reasons.get(id, "").strip() or _reason(line))[:2000]
                await self._cohorts.step(tx, id, "selected" if id in chosen else "not-selected", reason, actor.name)
                await tx.execute("update program.participation set decision = $2 where id = $1", id, reason)
            await audit.append(
                tx, [event(audit.Kind.COHORT_CHANGED, grant, f"cohort/{cohort.slug}", f"{len(chosen)} selected")]
            )
        return len(chosen)


def joined(instrument: instruments.Instrument, sheets: list[Sheet]) -> tuple[instruments.Score | None, int]:
    """The score of a region from all its sheets: of a question that several answered, the mean. And how many sheets."""
    given: dict[str, list[Decimal]] = defaultdict(list)
    for sheet in sheets:
        for key, value in sheet.values.items():
            given[key].append(value)
    means = {key: mean for key, values in given.items() if (mean := instruments.mean(values)) is not None}
    interviews = sum(sheet.part == "interview" for sheet in sheets)
    return (instruments.score(instrument, means) if means else None), interviews


def _missing(instrument: instruments.Instrument, sheets: list[Sheet]) -> tuple[str, ...]:
    answered = {key for sheet in sheets for key in sheet.values}
    return tuple(question.name for question in instrument.questions() if question.key not in answered)


def departures(lines: list[Candidate], chosen: set[UUID]) -> list[Candidate]:
    """Who was chosen although a better one was not, or left out although a worse one was chosen; ties are free."""
    taken = [line.rank or 10_000 for line in lines if line.participation.id in chosen]
    left = [line.rank or 10_000 for line in lines if line.participation.id not in chosen]
    worst, best = max(taken, default=0), min(left, default=10_001)
    return [
        line
        for line in lines
        if ((rank := line.rank or 10_000) > best and line.participation.id in chosen)
        or (rank < worst and line.participation.id not in chosen)
    ]


def _reason(line: Candidate) -> str:
    """The plain reason: rank and score, in figures; words are the page's."""
    if line.score is None or line.score.value is None or line.rank is None:
        return "0"
    return f"{line.rank} ({instruments.rounded(line.score.value)})"
