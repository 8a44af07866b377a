"""The panel: two days on which cities present; who hears whom, what they score, what it comes to."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sekali import audit, kernel, security

from . import assignment, calibration, instruments
from .access import Access, event
from .cohorts import Cohort, Cohorts, Participation
from .mentoring import Mentoring, Person
from .quick_wins import QuickWins
from .regions import Region, Regions
from .sheets import Adopted, Answers, Place, Sheet, Sheets

SQL = kernel.queries(__file__)
PRESENTING = ("signed", "taking-part", "completed")


@dataclass(frozen=True, slots=True)
class Slot:
    """When and where a city presents, and who hears it; day, block, room and position count from 0."""

    participation: UUID
    day: int
    block: int
    room: int
    position: int
    people: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What the panel's scores come to.

    :ivar raw: the mean of the final sheets, unrounded; ``calibrated``: with its standard error, where possible.
    :ivar counted: the one of the two that the cohort's setting names; None while the setting is missing.
    :ivar missing: assessors who were assigned, may still score and have not made their sheet final.
    """

    participation: Participation
    region: Region
    scores: dict[UUID, Decimal]
    raw: Decimal | None
    calibrated: calibration.Estimate | None
    counted: Decimal | None
    rank: int | None
    missing: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """All results, best first, and what calibration says of the assessors; None where it is not possible."""

    results: tuple[Result, ...]
    calibration: calibration.Calibration | None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One city for one assessor: where, when, and their sheet so far."""

    participation: Participation
    region: Region
    cohort: Cohort
    slot: Slot | None
    sheet: Sheet | None


class Panel:
    """The panel of each cohort."""

    def __init__(
        self, database: kernel.Database, access: Access, regions: Regions, cohorts: Cohorts, sheets: Sheets,
        mentoring: Mentoring, quick_wins: QuickWins,
    ) -> None:  # fmt: skip
        self._database = database
        self._access = access
        self._regions = regions
        self._cohorts = cohorts
        self._sheets = sheets
        self._mentoring = mentoring
        self._quick_wins = quick_wins

    # The timetable

    async def conflicts(self) -> list[kernel.Row]:
        """Declared conflicts of interest: person, region, reason."""
        return await self._database.fetch(SQL.conflicts)

    async def declare(self, actor: security.Actor, person: UUID, region: UUID, reason: str) -> None:
        """An assessor (of themselves) or the secretariat declares a conflict. An assignment made before must be made anew."""
        grant = await self._access.to(actor)
        grant.may_write("own-conflict" if actor.facility == person else "person")
        if not reason.strip():
            raise kernel.Invalid("Write the reason of the conflict.", path="reason")
        async with self._database.transaction() as tx:
            await tx.execute(SQL.declare, person, region, reason[:500])
            await audit.append(tx, [event(audit.Kind.PANEL_SET, grant, f"person/{person}", "conflict")])

    def house(self, cohort: Cohort) -> assignment.House:
        """Raises Invalid that names the settings that are missing."""
        names = ("days", "blocks", "rooms", "slots", "panel")
        missing = [kernel.Fault(name, "Set this first.") for name in names if getattr(cohort.settings, name) is None]
        if missing:
            raise kernel.Invalid("The panel's settings are not complete.", faults=missing)
        return assignment.House(*(getattr(cohort.settings, name) for name in names))

    async def assign(self, actor: security.Actor, cohort: Cohort) -> assignment.Timetable:
        """Find and keep a timetable; with clashes nothing is kept. Raises Conflict once somebody has scored."""
        grant = await self._access.to(actor)
        grant.may_write("panel")
        house = self.house(cohort)
        await self._refuse_after_scores(self._database, cohort)
        cities, judges = await self._cities(cohort), await self._judges()
        found = await asyncio.to_thread(assignment.assign, cities, judges, house)
        if found.clashes:
            return found
        parts = {p.region: p.id for p in await self._cohorts.participations(cohort.id)}
        async with self._database.transaction() as tx:
            await self._refuse_after_scores(tx, cohort)  # the search took seconds, and somebody may have scored in them
            await tx.execute(SQL.clear_slots, cohort.id)
            await tx.execute(SQL.clear_seats, cohort.id)
            for sitting, heard in found.slots.items():
                for position, region in enumerate(heard):
                    await tx.execute(
                        SQL.add_slot, cohort.id, parts[region], sitting.day, sitting.block, sitting.room, position
                    )
            for sitting, seated in found.seats.items():
                for person in seated:
                    await tx.execute(SQL.add_seat, cohort.id, sitting.day, sitting.block, sitting.room, person)
            await audit.append(tx, [event(audit.Kind.PANEL_SET, grant, f"cohort/{cohort.slug}", "timetable")])
        return found

    async def _refuse_after_scores(self, session: kernel.Database | kernel.Session, cohort: Cohort) -> None:
        if await session.fetchval(SQL.scored, cohort.id):
            raise kernel.Conflict("Scoring has begun, so the timetable stays. Ask for a second opinion instead.")

    async def _cities(self, cohort: Cohort) -> list[assignment.City]:
        regions, focus = await self._regions.all(), await self._quick_wins.dimensions(cohort.id)
        return [
            assignment.City(p.region, regions[p.region].full_name, focus.get(p.region, ""))
            for p in await self._cohorts.participations(cohort.id) if p.state in PRESENTING
        ]  # fmt: skip

    async def _judges(self) -> list[assignment.Judge]:
        """Active assessors; their home and the conflicts they declared are not to be heard by them."""
        people = await self._mentoring.people("assessor")
        away = await self._away(people)
        return [
            assignment.Judge(one.id, one.name, frozenset(away[one.id]), frozenset(one.dimensions), one.most)
            for one in people if one.active
        ]  # fmt: skip

    async def _away(self, people: Sequence[Person]) -> dict[UUID, set[UUID]]:
        """Person -> regions with which there is a conflict of interest: the home, and what was declared."""
        away: dict[UUID, set[UUID]] = defaultdict(set, {one.id: {one.home} for one in people if one.home})
        for row in await self._database.fetch(SQL.conflicts):
            away[row["person"]].add(row["region"])
        return away

    async def slots(self, cohort: UUID) -> list[Slot]:
        """The timetable as it is kept, in the order of the days."""
        people: dict[tuple[int, int, int], list[UUID]] = defaultdict(list)
        for row in await self._database.fetch(SQL.seats, cohort):
            people[row["day"], row["block"], row["room"]].append(row["person"])
        return [
            Slot(**row, people=tuple(people[row["day"], row["block"], row["room"]]))
            for row in await self._database.fetch(SQL.slots, cohort)
        ]

    async def ask(self, actor: security.Actor, participation: Participation, person: UUID, reason: str) -> None:
        """A second opinion: one more assessor for one city. Raises Conflict (of interest), Invalid."""
        grant = await self._access.to(actor)
        grant.may_write("panel")
        if not reason.strip():
            raise kernel.Invalid("Write why a second opinion is asked for.", path="reason")
        judge = next((one for one in await self._judges() if one.id == person), None)
        if judge is None or participation.region in judge.away:
            raise kernel.Conflict("This assessor has a conflict of interest with the city, or is not active.")
        if await self._database.fetchval(SQL.closed, participation.cohort):
            raise _closed()  # the sheet could never be sent
        slots = await self.slots(participation.cohort)
        if any(person in slot.people for slot in slots if slot.participation == participation.id):
            raise kernel.Conflict("This assessor hears the city already.")
        async with self._database.transaction() as tx:
            await tx.execute(SQL.ask, participation.cohort, participation.id, person, reason[:500])
            await audit.append(
                tx, [event(audit.Kind.PANEL_SET, grant, f"participation/{participation.id}", "second opinion")]
            )

    # Scoring

    async def tasks(self, actor: security.Actor) -> list[Task]:
        """The cities of an assessor in all cohorts, in the order of the timetable."""
        rows = await self._database.fetch(SQL.tasks, actor.facility)
        regions, cohorts = await self._regions.all(), {one.id: one for one in await self._cohorts.all()}
        found = []
        for row in rows:
            participation = await self._cohorts.participation(row["participation"])
            place = _place(participation, actor)
            slot = None if row["day"] is None else Slot(
                participation.id, row["day"], row["block"], row["room"], row["position"], (actor.facility,)
            )  # fmt: skip
            found.append(Task(participation, regions[participation.region], cohorts[participation.cohort], slot,
                              await self._sheets.one(place)))  # fmt: skip
        return found

    async def instrument(self, cohort: Cohort) -> Adopted:
        """Raises Conflict while none was chosen."""
        if cohort.settings.panel_instrument is None:
            raise kernel.Conflict("The secretariat has not chosen the panel's instrument yet.")
        return await self._sheets.instrument(cohort.settings.panel_instrument)

    async def sheet(self, actor: security.Actor, participation: Participation) -> Sheet | None:
        """An assessor's own sheet about a city. Raises Forbidden."""
        (await self._access.to(actor, participation.region, participation.cohort)).may_read("score")
        return await self._sheets.one(_place(participation, actor))

    async def score(
        self, actor: security.Actor, participation: Participation, answers: Answers, key: str, *, final: bool, note: str,
        base: int | None,
    ) -> int:  # fmt: skip
        """Send a sheet; its version. Raises Forbidden (not assigned, conflict of interest), Conflict, Invalid.

        :param base: the version that the sender saw, None for none; another one in between raises PreconditionFailed.
        """
        grant = await self._access.to(actor, participation.region, participation.cohort)
        grant.may_write("score")
        cohort = await self._cohorts.one(participation.cohort)
        if cohort.published_at or await self._database.fetchval(SQL.closed, cohort.id):
            raise _closed()
        participation = await self._cohorts.participation(participation.id)  # as it stands now, not as a page showed it
        if participation.state not in PRESENTING:
            raise kernel.Conflict("This city has left the cohort. Its scores of before are kept and do not count.")
        instrument = await self.instrument(cohort)
        return await self._sheets.send(
            grant, _place(participation, actor), instrument, answers, key=key, final=final, note=note, base=base or 0
        )

    async def reopen(self, actor: security.Actor, sheet: UUID, reason: str) -> None:
        """A final sheet may be changed again by its assessor. Raises Conflict when they could not make it final again."""
        grant = await self._access.to(actor)
        grant.may_write("panel")
        if await self._database.fetchval(SQL.closed_for, sheet):
            raise _closed()
        await self._sheets.reopen(grant, sheet, reason)

    async def sheets(self, actor: security.Actor, cohort: Cohort, region: UUID | None = None) -> list[Sheet]:
        """All sheets of a panel. Sealed: the secretariat only."""
        (await self._access.to(actor)).may_read("score")
        return await self._sheets.of(cohort.id, "panel", region)

    async def standing(self, actor: security.Actor, cohort: Cohort, part: str = "") -> Standing:
        """Raw and calibrated scores, ranks, and who is missing; of the whole sheet or one part of it."""
        grant = await self._access.to(actor)
        grant.may_read("award")
        return await self.computed(cohort, part)

    async def computed(self, cohort: Cohort, part: str = "") -> Standing:
        """As :meth:`standing`, for those inside the program who hold a grant themselves.

        A sheet from before a conflict of interest was known is kept and does not count. Who has a conflict or left the
        panel cannot send a sheet any more, so nobody waits for it.
        """
        instrument = await self.instrument(cohort)
        parts = [p for p in await self._cohorts.participations(cohort.id) if p.state in PRESENTING]
        people = await self._mentoring.people("assessor")
        away = await self._away(people)
        scores: dict[tuple[UUID, UUID], Decimal] = {}
        inside = {p.region for p in parts}
        for sheet in await self._sheets.of(cohort.id, "panel"):
            if sheet.final and sheet.region in inside - away[sheet.scorer]:
                found = instruments.score(instrument.content, sheet.values).find(part)
                if found is not None and found.value is not None:
                    scores[sheet.region, sheet.scorer] = found.value
        try:
            fitted, why_not = calibration.calibrate(scores) if scores else None, ""
        except kernel.Conflict as failure:
            fitted, why_not = None, failure.message
        assigned: dict[UUID, set[UUID]] = defaultdict(set)
        for slot in await self.slots(cohort.id):
            assigned[slot.participation] |= set(slot.people)
        for row in await self._database.fetch(SQL.asked, cohort.id):
            assigned[row["participation"]].add(row["person"])
        active = {one.id for one in people if one.active}
        awaited = {p.id: {one for one in assigned[p.id] & active if p.region not in away[one]} for p in parts}
        results = _results(parts, await self._regions.all(), scores, fitted, cohort.settings.counts, awaited)
        return Standing(results, fitted, why_not)

    # Discussion

    async def minutes(self, participation: UUID) -> list[kernel.Row]:
        """Discussion and decisions: at, actor_name, text."""
        return await self._database.fetch(SQL.minutes, participation)

    async def minute(self, actor: security.Actor, participation: UUID, words: str) -> None:
        """Write down what was discussed or decided. Never changed afterwards. Raises Invalid."""
        grant = await self._access.to(actor)
        grant.may_write("panel")
        if not 1 <= len(words.strip()) <= 8_000:
            raise kernel.Invalid("Write what was discussed or decided.", path="text")
        async with self._database.transaction() as tx:
            await tx.execute(
                SQL.add_minute, kernel.new_id(kernel.CITY), participation, kernel.now(), actor.name, words.strip()
            )
            await audit.append(tx, [event(audit.Kind.PANEL_SET, grant, f"participation/{participation}", "minute")])


def _closed() -> kernel.Conflict:
    return kernel.Conflict("The ceremony has begun; scores are closed.")


def _place(participation: Participation, actor: security.Actor) -> Place:
    return Place(participation.cohort, "panel", participation.region, actor.facility, actor.name)


def _results(
    parts: Sequence[Participation], regions: dict[UUID, Region], scores: dict[tuple[UUID, UUID], Decimal],
    fitted: calibration.Calibration | None, counts: str | None, awaited: dict[UUID, set[UUID]],
) -> tuple[Result, ...]:  # fmt: skip
    given: dict[UUID, dict[UUID, Decimal]] = defaultdict(dict)
    for (region, person), value in scores.items():
        given[region][person] = value
    raw = {p.region: instruments.mean(list(given[p.region].values())) for p in parts}
    estimate = fitted.values if fitted else {}
    counted = raw if counts == "raw" else {
        p.region: estimate[p.region].value if counts == "calibrated" and p.region in estimate else None for p in parts
    }  # fmt: skip
    ranks = instruments.ranks(counted)
    found = [
        Result(p, regions[p.region], given[p.region], raw[p.region], estimate.get(p.region), counted[p.region],
               ranks[p.region], tuple(sorted(awaited[p.id] - given[p.region].keys())))
        for p in parts
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: (one.rank or 10_000, one.region.name, one.region.kind)))


def begins(cohort: Cohort, slot: Slot) -> str:
    """The time of day at which a city presents, where the cohort says when a day begins and how long one takes."""
    settings = cohort.settings
    if not (settings.starts_at and settings.minutes and settings.slots):
        return ""
    hours, _, minutes = settings.starts_at.partition(":")
    at = int(hours) * 60 + int(minutes) + (slot.block * settings.slots + slot.position) * settings.minutes
    return f"{at // 60:02}.{at % 60:02}"
