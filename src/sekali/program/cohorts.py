"""Cohorts of cities: stages, settings, and the way of each region through them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from sekali import audit, kernel, security

from .access import Access, event

SQL = kernel.queries(__file__)

NEXT: dict[str, tuple[str, ...]] = {
    "invited": ("assessed", "declined", "withdrawn"),
    "declined": ("invited",),
    "assessed": ("selected", "not-selected", "withdrawn"),
    "not-selected": ("selected",),
    "selected": ("signed", "withdrawn"),
    "signed": ("taking-part", "withdrawn", "replaced"),
    "taking-part": ("completed", "withdrawn", "replaced"),
    "withdrawn": ("invited", "taking-part"),
    "replaced": ("invited",),
    "completed": (),
    "claimed": ("invited",),
}
"""State -> what may follow. A region that left may come back; nothing of before is lost. ``claimed``: a region said
that it took part, and no list confirms it (domain 1.12)."""
IN = ("selected", "signed", "taking-part", "completed")
"""Has a place in the cohort."""
MEMBERS = ("signed", "taking-part", "completed")
"""Counts towards the hundred: the MoU was signed."""
REASONED = ("withdrawn", "replaced", "not-selected", "declined")
"""These steps are kept with a reason."""
MOST_INVITED = 600


class Settings(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a cohort must know before its work can be done; None where nobody has set it (no source gives a default).

    :ivar quick_wins: how many each city brings (3 in 2019, one for each dimension in 2023).
    :ivar days: of the panel; with blocks of a day, rooms, slots of a block and assessors of a sitting.
    :ivar counts: which panel score counts: raw or calibrated.
    """

    quick_wins: int | None = None
    days: int | None = None
    blocks: int | None = None
    rooms: int | None = None
    slots: int | None = None
    panel: int | None = None
    counts: str | None = None
    selection_instrument: UUID | None = None
    panel_instrument: UUID | None = None
    starts_at: str | None = None
    minutes: int | None = None


LIMITS = {"quick_wins": 12, "days": 5, "blocks": 6, "rooms": 20, "slots": 20, "panel": 9, "minutes": 240}


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage with what its source says of it; dates only where a source gives the day."""

    position: int
    name: str
    starts: date | None
    ends: date | None
    place: str
    note: str
    source: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A published figure; where sources disagree there are two of one name."""

    name: str
    value: Decimal
    source: str
    note: str
    year: int | None


@dataclass(frozen=True, slots=True)
class Cohort:
    """A year of the movement. ``rehearsal``: its figures are invented; it is never counted."""

    id: UUID
    slug: str
    year: int
    name: str
    target: int | None
    rehearsal: bool
    settings: Settings
    published_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class Participation:
    """A region's part in one cohort."""

    id: UUID
    cohort: UUID
    region: UUID
    state: str
    certain: bool
    counted: bool
    note: str
    contact_name: str
    contact_phone: str
    decision: str
    version: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a region's way."""

    at: datetime
    state: str
    reason: str
    actor_name: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Towards the hundred. ``official``: places given, as the movement counts; ``distinct``: different regions."""

    official: int
    distinct: int
    by_year: dict[int, int]
    twice: tuple[UUID, ...]
    uncertain: int


class Cohorts:
    """Cohorts and who is in them."""

    def __init__(self, database: kernel.Database, access: Access) -> None:
        self._database = database
        self._access = access

    # Reading

    async def all(self) -> list[Cohort]:
        """Every cohort, the newest first."""
        return [_cohort(row) for row in await self._database.fetch(SQL.cohorts)]

    async def by_slug(self, slug: str) -> Cohort:
        """Raises NotFound."""
        row = await self._database.fetchrow(SQL.cohort_by_slug, slug)
        if row is None:
            raise kernel.NotFound("There is no such cohort.")
        return _cohort(row)

    async def one(self, id: UUID) -> Cohort:
        """Raises NotFound."""
        row = await self._database.fetchrow(SQL.cohort, id)
        if row is None:
            raise kernel.NotFound("There is no such cohort.")
        return _cohort(row)

    async def stages(self, cohort: UUID) -> list[Stage]:
        """In order."""
        return [Stage(**row) for row in await self._database.fetch(SQL.stages, cohort)]

    async def figures(self, cohort: UUID) -> list[Figure]:
        """Published figures of a cohort, each with its source."""
        return [Figure(**row) for row in await self._database.fetch(SQL.figures, cohort)]

    async def figures_of(self, region: UUID) -> list[Figure]:
        """Published figures of a region, each with its source."""
        return [Figure(**row) for row in await self._database.fetch(SQL.figures_of_region, region)]

    async def participations(self, cohort: UUID | None = None, region: UUID | None = None) -> list[Participation]:
        """Of a cohort, of a region, or all."""
        rows = await self._database.fetch(SQL.participations, cohort, region)
        return [Participation(**row) for row in rows]

    async def participation(self, id: UUID) -> Participation:
        """Raises NotFound."""
        row = await self._database.fetchrow(SQL.participation, id)
        if row is None:
            raise kernel.NotFound("This region does not take part in that cohort.")
        return Participation(**row)

    async def part_of(self, region: UUID | None) -> Participation:
        """The newest part of a region that has a place, else the newest of all. Raises NotFound."""
        row = await self._database.fetchrow(SQL.newest_participation, region, list(IN))
        if row is None:
            raise kernel.NotFound("Your region takes part in no cohort yet.")
        return Participation(**row)

    async def rehearsing(self, region: UUID) -> bool:
        """Whether a region works in a rehearsal now: what it writes is invented, and must be marked so."""
        try:
            return (await self.one((await self.part_of(region)).cohort)).rehearsal
        except kernel.NotFound:
            return False

    async def steps(self, participation: UUID) -> list[Step]:
        """The way of a region so far."""
        return [Step(**row) for row in await self._database.fetch(SQL.steps, participation)]

    async def progress(self) -> Progress:
        """Counted both ways (domain 1.12: 100 places, 98 regions). Rehearsals never count."""
        return progress([(row["year"], row["region"], row["certain"]) for row in await self._database.fetch(
            SQL.counted, list(MEMBERS))])  # fmt: skip

    # Writing

    async def open(self, actor: security.Actor, year: int, name: str, target: int | None, rehearsal: bool) -> Cohort:
        """A new cohort. Raises Invalid, Conflict."""
        grant = await self._access.to(actor)
        grant.may_write("cohort")
        if not name or len(name) > 120:
            raise kernel.Invalid(faults=[kernel.Fault("name", "The name needs 1 to 120 letters.")])
        if not 2017 <= year <= 2100:
            raise kernel.Invalid(faults=[kernel.Fault("year", "Write a year, such as 2019.")])
        if target is not None and not 1 <= target <= MOST_INVITED:
            raise kernel.Invalid(faults=[kernel.Fault("target", "A cohort has 1 to 600 places.")])
        slug = f"{'latihan-' if rehearsal else ''}{year}"
        cohort = kernel.new_id(kernel.CITY)
        try:
            async with self._database.transaction() as tx:
                await tx.execute(SQL.add_cohort, cohort, slug, year, name, target, rehearsal)
                await audit.append(tx, [event(audit.Kind.COHORT_CHANGED, grant, f"cohort/{slug}", "opened")])
        except kernel.Duplicate:
            raise kernel.Conflict("There is a cohort of this year already.", path="year") from None
        return await self.one(cohort)

    async def configure(self, actor: security.Actor, cohort: Cohort, changes: Mapping[str, object]) -> None:
        """Set some settings. Raises Invalid; PreconditionFailed when another one changed the cohort meanwhile."""
        grant = await self._access.to(actor)
        grant.may_write("cohort")
        faults = [
            kernel.Fault(name, "Write a whole number that is not too large.")
            for name, most in LIMITS.items()
            if isinstance(value := changes.get(name), int) and not 1 <= value <= most
        ]
        if changes.get("counts") not in (None, "raw", "calibrated"):
            faults.append(kernel.Fault("counts", "Choose raw or calibrated."))
        if faults:
            raise kernel.Invalid(faults=faults)
        settings = msgspec.structs.replace(cohort.settings, **changes)
        async with self._database.transaction() as tx:
            await self._refuse_change_after_scores(tx, cohort, settings)
            if await tx.execute(SQL.configure, cohort.id, text(settings), cohort.version) == "UPDATE 0":
                raise kernel.PreconditionFailed("Somebody else changed this cohort meanwhile. Look at it again.")
            await audit.append(tx, [event(audit.Kind.COHORT_CHANGED, grant, f"cohort/{cohort.slug}", "settings")])

    async def _refuse_change_after_scores(self, tx: kernel.Session, cohort: Cohort, settings: Settings) -> None:
        """The instrument of a panel or selection stays what it was once somebody has scored with it."""
        for field, parts in (("selection_instrument", ["desk", "interview"]), ("panel_instrument", ["panel"])):
            changed = getattr(settings, field) != getattr(cohort.settings, field)
            if changed and await tx.fetchval(SQL.scored, cohort.id, parts):
                raise kernel.Conflict(
                    "Scoring has begun with the present instrument, so it cannot be changed. Its scores stay as they are.",
                    path=field,
                )

    async def set_stages(self, actor: security.Actor, cohort: Cohort, stages: Sequence[Stage]) -> None:
        """All stages anew. Raises Invalid."""
        grant = await self._access.to(actor)
        grant.may_write("cohort")
        if len(stages) > 40:
            raise kernel.Invalid("A cohort has at most 40 stages.")
        for stage in stages:
            if stage.starts and stage.ends and stage.ends < stage.starts:
                raise kernel.Invalid(
                    faults=[kernel.Fault(f"ends{stage.position}", "A stage cannot end before it starts.")]
                )
        async with self._database.transaction() as tx:
            await tx.execute(SQL.clear_stages, cohort.id)
            for s in stages:
                await tx.execute(SQL.add_stage, cohort.id, s.position, s.name[:120], s.starts, s.ends, s.place[:200],
                                 s.note[:2000], s.source[:500])  # fmt: skip
            await audit.append(tx, [event(audit.Kind.COHORT_CHANGED, grant, f"cohort/{cohort.slug}", "stages")])

    async def invite(self, actor: security.Actor, cohort: Cohort, regions: Iterable[UUID]) -> int:
        """Regions enter as invited; those that are in it already are left alone. How many are new."""
        grant = await self._access.to(actor)
        grant.may_write("participation")
        chosen = list(dict.fromkeys(regions))
        if len(chosen) > MOST_INVITED:
            raise kernel.TooCostly("A cohort invites at most 600 regions.")
        new = 0
        async with self._database.transaction() as tx:
            for region in chosen:
                id = kernel.new_id(kernel.CITY)
                if await tx.fetchval(SQL.invite, id, cohort.id, region):
                    await tx.execute(
                        SQL.add_step, kernel.new_id(kernel.CITY), id, kernel.now(), "invited", "", actor.name
                    )
                    new += 1
            await audit.append(tx, [event(audit.Kind.INVITED, grant, f"cohort/{cohort.slug}", f"{new} regions")])
        return new

    async def move(self, actor: security.Actor, id: UUID, state: str, reason: str = "") -> None:
        """A region goes on, leaves, comes back. Raises Conflict when that step cannot follow; Invalid without a reason."""
        grant = await self._access.to(actor)
        grant.may_write("participation")
        if state in REASONED and not reason.strip():
            raise kernel.Invalid("Write the reason; it is kept with the region's history.", path="reason")
        async with self._database.transaction() as tx:
            await self.step(tx, id, state, reason[:2000], actor.name)
            await audit.append(tx, [event(audit.Kind.COHORT_CHANGED, grant, f"participation/{id}", state)])

    async def move_all(self, actor: security.Actor, cohort: Cohort, before: str, after: str) -> int:
        """Every region that stands at ``before`` goes on to ``after``, a step that needs no reason. How many."""
        grant = await self._access.to(actor)
        grant.may_write("participation")
        if after in REASONED:
            raise kernel.Invalid("Write the reason; it is kept with the region's history.", path="reason")
        parts = [part for part in await self.participations(cohort.id) if part.state == before]
        async with self._database.transaction() as tx:
            for part in parts:
                await self.step(tx, part.id, after, "", actor.name)
            await audit.append(
                tx, [event(audit.Kind.COHORT_CHANGED, grant, f"cohort/{cohort.slug}", f"{len(parts)} {after}")]
            )
        return len(parts)

    async def step(self, tx: kernel.Session, id: UUID, state: str, reason: str, actor_name: str) -> None:
        """One step inside the caller's transaction. Raises NotFound, Conflict."""
        now_in = await tx.fetchval(SQL.lock_participation, id)
        if now_in is None:
            raise kernel.NotFound("This region does not take part in that cohort.")
        if state not in NEXT.get(now_in, ()):
            raise kernel.Conflict("This step cannot follow on where the region stands now.")
        if (now_in, state) == ("withdrawn", "taking-part") and not await tx.fetchval(SQL.signed, id):
            raise kernel.Conflict("This region never signed the memorandum. Invite it again.")
        await tx.execute(SQL.set_state, id, state)
        await tx.execute(SQL.add_step, kernel.new_id(kernel.CITY), id, kernel.now(), state, reason, actor_name)

    async def set_contact(self, actor: security.Actor, id: UUID, name: str, phone: str) -> None:
        """Whom to call in that city."""
        grant = await self._access.to(actor)
        grant.may_write("participation")
        async with self._database.transaction() as tx:
            await tx.execute(SQL.set_contact, id, name[:120], phone[:40])
            await audit.append(tx, [event(audit.Kind.COHORT_CHANGED, grant, f"participation/{id}", "contact")])


def progress(rows: Iterable[tuple[int, UUID, bool]]) -> Progress:
    """Count (year, region, certain) both ways."""
    years: dict[int, int] = {}
    seen: dict[UUID, int] = {}
    uncertain = 0
    for year, region, certain in rows:
        years[year] = years.get(year, 0) + 1
        seen[region] = seen.get(region, 0) + 1
        uncertain += not certain
    twice = tuple(region for region, times in seen.items() if times > 1)
    return Progress(sum(years.values()), len(seen), dict(sorted(years.items())), twice, uncertain)


def _cohort(row: kernel.Row) -> Cohort:
    return Cohort(**dict(row) | {"settings": msgspec.json.decode(row["settings"], type=Settings)})


def text(value: object) -> str:
    """A value as JSON text, for a ``jsonb`` column; decimals keep their digits."""
    return kernel.encode(value).decode()
