"""The yearly evaluation: a city judges itself with evidence, evaluators check and interview, and the sum of it.

Achievement is the weighted sum of the instrument's parts; improvement is this final less the one before (domain 1.10).
Nothing is rounded before it is shown.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sekali import audit, kernel, security

from . import instruments
from .access import Access, event
from .cohorts import IN, Cohorts
from .regions import Region, Regions
from .sheets import Adopted, Answers, Place, Sheet, Sheets

SQL = kernel.queries(__file__)
PUBLISHED_FINAL = "evaluation.final"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A round of a year."""

    id: UUID
    year: int
    round: int
    name: str
    instrument: UUID
    published_at: datetime | None
    rehearsal: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What a region reached. ``final`` is None until every question was checked.

    :ivar improvement: on the evaluation before, computed here or published elsewhere; None where there is none.
    """

    region: Region
    score: instruments.Score | None
    own: instruments.Score | None
    final: Decimal | None
    improvement: Decimal | None
    rank: int | None
    rank_in_province: int | None
    evaluators: int


class Evaluations:
    """Rounds, self-assessments, checks, results."""

    def __init__(
        self, database: kernel.Database, access: Access, regions: Regions, cohorts: Cohorts, sheets: Sheets
    ) -> None:
        self._database = database
        self._access = access
        self._regions = regions
        self._cohorts = cohorts
        self._sheets = sheets

    async def all(self) -> list[Evaluation]:
        """Every round, the newest first."""
        return [Evaluation(**row) for row in await self._database.fetch(SQL.evaluations)]

    async def one(self, id: UUID) -> Evaluation:
        """Raises NotFound."""
        found = next((one for one in await self.all() if one.id == id), None)
        if found is None:
            raise kernel.NotFound("There is no such evaluation.")
        return found

    async def open(
        self, actor: security.Actor, year: int, round: int, name: str, instrument: Adopted, rehearsal: bool = False
    ) -> UUID:
        """A new round with an adopted instrument. Raises Invalid, Conflict."""
        grant = await self._access.to(actor)
        grant.may_write("evaluation")
        if instrument.kind != "evaluation" or instrument.adopted_at is None:
            raise kernel.Invalid("Choose an adopted instrument of the evaluation.", path="instrument")
        if not (2018 <= year <= 2100 and 1 <= round <= 4 and 1 <= len(name) <= 120):
            raise kernel.Invalid("An evaluation has a name, a year from 2018 and a round from 1 to 4.", path="year")
        id = kernel.new_id(kernel.CITY)
        try:
            async with self._database.transaction() as tx:
                await tx.execute(SQL.open, id, year, round, name, instrument.id, rehearsal)
                await audit.append(
                    tx, [event(audit.Kind.COHORT_CHANGED, grant, f"evaluation/{year}-{round}", "opened")]
                )
        except kernel.Duplicate:
            raise kernel.Conflict("This round of that year is there already.", path="round") from None
        return id

    async def assign(self, actor: security.Actor, evaluation: Evaluation, region: UUID, person: UUID) -> None:
        """An evaluator checks a region. Raises Conflict (of interest)."""
        grant = await self._access.to(actor)
        grant.may_write("evaluation")
        async with self._database.transaction() as tx:
            await self._access.appoint(tx, evaluation.id, region, person)
            await audit.append(tx, [event(audit.Kind.PANEL_SET, grant, f"evaluation/{evaluation.id}", "evaluator")])

    async def tasks(self, actor: security.Actor) -> list[tuple[Evaluation, Region, Sheet | None]]:
        """What an evaluator has to check."""
        regions, rounds = await self._regions.all(), {one.id: one for one in await self.all()}
        found = []
        for occasion, region in await self._access.examined_by(actor.facility):
            if occasion in rounds:
                place = Place(occasion, "check", region, actor.facility, actor.name)
                found.append((rounds[occasion], regions[region], await self._sheets.one(place)))
        return found

    async def own(self, actor: security.Actor, evaluation: Evaluation, region: UUID) -> Sheet | None:
        """A region's judgement of itself."""
        grant = await self._access.to(actor, region, evaluation.id)
        grant.may_read("own-score" if actor.role is security.Role.CITY_TEAM else "score")
        return await self._sheets.one(Place(evaluation.id, "self", region, region, ""))

    async def checked(self, actor: security.Actor, evaluation: Evaluation, region: UUID) -> Sheet | None:
        """The check of one evaluator."""
        (await self._access.to(actor, region, evaluation.id)).may_read("score")
        return await self._sheets.one(Place(evaluation.id, "check", region, actor.facility, actor.name))

    async def send(
        self, actor: security.Actor, evaluation: Evaluation, region: UUID, part: str, answers: Answers, key: str, *,
        final: bool, note: str, base: int | None,
    ) -> int:  # fmt: skip
        """A self-assessment (a figure needs its evidence or source to be final) or a check. Raises Invalid, Conflict.

        :param base: the version that the sender saw, None for none; another one in between raises PreconditionFailed.
        """
        grant = await self._access.to(actor, region, evaluation.id)
        grant.may_write("own-score" if part == "self" else "score")
        if (await self.one(evaluation.id)).published_at:  # as it stands now, not as a page showed it
            raise kernel.Conflict("The results of this evaluation were published, so its sheets are closed.")
        if part == "self" and final:
            bare = await self._bare(region, answers)
            if bare:
                raise kernel.Invalid(
                    "Every answer needs evidence: a file, or where it can be seen.",
                    faults=[kernel.Fault(name, "Add evidence or a source.") for name in bare],
                )
        scorer = region if part == "self" else actor.facility
        place = Place(evaluation.id, part, region, scorer, actor.facility_name if part == "self" else actor.name)
        instrument = await self._sheets.instrument(evaluation.instrument)
        return await self._sheets.send(
            grant, place, instrument, answers, key=key, final=final, note=note, base=base or 0
        )

    async def _bare(self, region: UUID, answers: Answers) -> list[str]:
        """Questions whose answer shows nothing: no source, and no file that the region keeps."""
        named = [answer.evidence for answer in answers.values() if answer.evidence]
        kept = {row["id"] for row in await self._database.fetch(SQL.evidence, region, named)}
        return [
            name for name, a in answers.items()
            if a.value is not None and not a.source.strip() and a.evidence not in kept
        ]  # fmt: skip

    async def publish(self, actor: security.Actor, evaluation: Evaluation, published: bool) -> None:
        """Everyone may see the results, or no longer."""
        grant = await self._access.to(actor)
        grant.may_write("evaluation")
        async with self._database.transaction() as tx:
            await tx.execute(SQL.publish, evaluation.id, kernel.now() if published else None)
            await audit.append(
                tx, [event(audit.Kind.REVEALED, grant, f"evaluation/{evaluation.id}", f"published {published}")]
            )

    async def results(self, actor: security.Actor, evaluation: Evaluation) -> list[Result]:
        """All results so far, best first. Sealed: the secretariat only."""
        (await self._access.to(actor)).may_read("evaluation")
        return await self.computed(evaluation)

    async def public(self) -> list[tuple[Evaluation, list[Result]]]:
        """The results that everyone may see."""
        return [(one, await self.computed(one)) for one in await self.all() if one.published_at]

    async def computed(self, evaluation: Evaluation) -> list[Result]:
        """As :meth:`results`, for those inside the program who hold a grant themselves."""
        instrument = (await self._sheets.instrument(evaluation.instrument)).content
        members, regions = await self._members(evaluation), await self._regions.all()
        checks = await self._checks(evaluation)
        own = {sheet.region: sheet for sheet in await self._sheets.of(evaluation.id, "self")}
        concerned = sorted(members & (checks.keys() | own.keys()), key=lambda id: regions[id].slug)
        scores = {id: joined(instrument, checks.get(id, [])) for id in concerned}
        finals = {id: _final(one) for id, one in scores.items()}
        before = await self._finals_before(evaluation)
        ranks = instruments.ranks(finals)
        provinces: dict[str, dict[object, Decimal | None]] = defaultdict(dict)
        for id, value in finals.items():
            provinces[regions[id].province][id] = value
        local = {id: rank for values in provinces.values() for id, rank in instruments.ranks(values).items()}
        found = [
            Result(regions[id], scores[id], instruments.score(instrument, own[id].values) if id in own else None, finals[id],
                   improvement(finals[id], before.get(id)), ranks[id], local[id], len(checks.get(id, [])))
            for id in concerned
        ]  # fmt: skip
        return sorted(found, key=lambda one: (one.rank or 10_000, one.region.name, one.region.kind))

    async def _members(self, evaluation: Evaluation) -> set[UUID]:
        """Regions that have a place in some cohort; a rehearsal's are nobody's but a rehearsal's."""
        invented = set() if evaluation.rehearsal else {one.id for one in await self._cohorts.all() if one.rehearsal}
        return {p.region for p in await self._cohorts.participations() if p.state in IN and p.cohort not in invented}

    async def _checks(self, evaluation: Evaluation) -> dict[UUID, list[Sheet]]:
        """Region -> the sheets of its evaluators that are final."""
        found: dict[UUID, list[Sheet]] = defaultdict(list)
        for sheet in await self._sheets.of(evaluation.id, "check"):
            if sheet.final:
                found[sheet.region].append(sheet)
        return found

    async def _finals_before(self, evaluation: Evaluation) -> dict[UUID, Decimal]:
        """The newest final of each region before this round; of one year, what was computed here goes before elsewhere.

        A round that is not published does not count: whoever knows a result and its improvement knows the one before.
        """
        found: dict[UUID, tuple[int, Decimal]] = {
            row["region"]: (row["year"], row["value"])
            for row in await self._database.fetch(SQL.published_before, PUBLISHED_FINAL, evaluation.year)
        }
        for one in reversed(await self.all()):  # the oldest first, so that the newest stays
            if one.rehearsal == evaluation.rehearsal and one.published_at and _when(one) < _when(evaluation):
                instrument = (await self._sheets.instrument(one.instrument)).content
                for region, sheets in (await self._checks(one)).items():
                    final = _final(joined(instrument, sheets))
                    if final is not None and one.year >= found.get(region, (0, final))[0]:
                        found[region] = one.year, final
        return {region: value for region, (_, value) in found.items()}


def _when(evaluation: Evaluation) -> tuple[int, int]:
    return evaluation.year, evaluation.round


def _final(score: instruments.Score | None) -> Decimal | None:
    """A result is final when every question was checked."""
    return score.value if score and score.complete else None


def joined(instrument: instruments.Instrument, sheets: list[Sheet]) -> instruments.Score | None:
    """The score from all evaluators' sheets: of a question that several answered, the mean."""
    given: dict[str, list[Decimal]] = defaultdict(list)
    for sheet in sheets:
        for key, value in sheet.values.items():
            given[key].append(value)
    return instruments.score(instrument, {k: instruments.mean(v) for k, v in given.items()}) if given else None


def improvement(final: Decimal | None, before: Decimal | None) -> Decimal | None:
    """This final less the one before; None where either is missing."""
    return None if final is None or before is None else final - before
