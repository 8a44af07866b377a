"""Quick wins: a service that exists, made better, so that people feel it within a year (domain 1.9).

Its gain is a figure before and after. It may be a *live measure*: one that Sekali itself takes at counters, which
nobody can type in. Spending on technology stands beside the gain and is never part of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

import msgspec

from sekali import audit, kernel, security

from .access import Access, event
from .cohorts import Cohorts, Participation, text
from .dimensions import DIMENSIONS
from .regions import Region

SQL = kernel.queries(__file__)
TEXTS = {"name": 120, "service": 500, "helps": 500, "story_before": 2000, "story_after": 2000, "unit": 40,
         "before_source": 300, "after_source": 300, "spending_source": 300}  # fmt: skip


class QuickWin(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a city says of one quick win.

    :ivar service: the service that is sharpened; ``helps``: whom.
    :ivar since: from which day people have the better service; it parts before from after.
    :ivar measure: the key of a live measure; then ``before`` and ``after`` are not typed in but measured.
    :ivar lower: whether less is better (minutes, questions).
    :ivar spending: on technology, in rupiah.
    """

    name: str = ""
    dimension: str = ""
    service: str = ""
    helps: str = ""
    story_before: str = ""
    story_after: str = ""
    since: date | None = None
    measure: str = ""
    unit: str = ""
    lower: bool = True
    before: Decimal | None = None
    before_source: str = ""
    after: Decimal | None = None
    after_source: str = ""
    spending: Decimal | None = None
    spending_source: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """A live measure of one region. A mean is None where nothing was counted in that time.

    :ivar lower: whether less is better.
    """

    key: str
    name: str
    unit: str
    lower: bool
    before: Decimal | None
    before_count: int
    after: Decimal | None
    after_count: int


class Measures(Protocol):
    """Where live measures come from; ``app`` joins it. The movement itself reaches no counter and no citizen."""

    async def __call__(self, code: str, since: date) -> Sequence[Measured]:
        """All measures of the region with this Kemendagri code, before and from ``since``."""
        ...


@dataclass(frozen=True, slots=True)
class Gain:
    """Before and after of one quick win, in its unit. ``change`` in percent of before, positive when it got better."""

    before: Decimal | None
    after: Decimal | None
    unit: str
    change: Decimal | None
    live: bool
    counted: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A quick win as it is kept, with its gain."""

    id: UUID
    participation: UUID
    region: UUID
    content: QuickWin
    version: int
    published: bool
    updated_at: datetime
    gain: Gain


class QuickWins:
    """The quick wins of each participation."""

    def __init__(self, database: kernel.Database, access: Access, cohorts: Cohorts, measures: Measures) -> None:
        self._database = database
        self._access = access
        self._cohorts = cohorts
        self._measures = measures

    async def of(self, actor: security.Actor, participation: Participation, region: Region) -> list[Kept]:
        """All of one participation, with their gains as of now."""
        (await self._access.to(actor, participation.region)).may_read("quick-win")
        return await self._with_gains(await self._database.fetch(SQL.quick_wins, participation.id, False), region)

    async def public(self, region: Region) -> list[Kept]:
        """What everyone may see of a region."""
        return await self._with_gains(await self._database.fetch(SQL.published, region.id), region)

    async def measures(self, region: Region, since: date) -> Sequence[Measured]:
        """The live measures that there are for a region."""
        return await self._measures(region.code, since)

    async def _with_gains(self, rows: Sequence[kernel.Row], region: Region) -> list[Kept]:
        found = []
        for row in rows:
            content = msgspec.json.decode(row["content"], type=QuickWin)
            live = await self._live(content, region)
            found.append(Kept(**dict(row) | {"content": content, "gain": gain(content, live)}))
        return found

    async def _live(self, content: QuickWin, region: Region) -> Measured | None:
        if not content.measure:
            return None
        since = content.since or kernel.now().date()
        return next((one for one in await self._measures(region.code, since) if one.key == content.measure), None)

    async def write(
        self,
        actor: security.Actor,
        participation: Participation,
        content: QuickWin,
        id: UUID | None = None,
        base: int = 0,
    ) -> UUID:
        """A new quick win, or ``id`` as seen at version ``base``.

        Raises Invalid, Conflict, NotFound, PreconditionFailed.
        """
        grant = await self._access.to(actor, participation.region)
        grant.may_write("quick-win")
        check(content)
        await self._refuse_unknown_measure(participation.region, content)
        most = (await self._cohorts.one(participation.cohort)).settings.quick_wins
        async with self._database.transaction() as tx:
            if id is None:
                await tx.execute(SQL.lock, participation.id)  # two who add the last one at once would both
                if await tx.fetchval(SQL.count, participation.id) >= (most or 12):
                    raise kernel.Conflict(
                        "Your cohort brings no more quick wins than you have. Change one of them instead."
                    )
                id = kernel.new_id(kernel.CITY)
                await tx.execute(SQL.add, id, participation.id, text(content), kernel.now())
            elif await tx.execute(SQL.change, id, participation.id, text(content), kernel.now(), base) == "UPDATE 0":
                if not await tx.fetchval(SQL.there, id, participation.id):
                    raise kernel.NotFound("Your city has no such quick win.")
                raise kernel.PreconditionFailed("Somebody else changed this quick win meanwhile. Look at it again.")
            await audit.append(tx, [event(audit.Kind.PLAN_CHANGED, grant, f"quick-win/{id}")])
        return id

    async def _refuse_unknown_measure(self, region: UUID, content: QuickWin) -> None:
        """A quick win whose measure nobody takes would stand there as measured, for ever without a figure."""
        if content.measure and content.since:
            code = await self._database.fetchval(SQL.code, region)
            if content.measure not in {one.key for one in await self._measures(code, content.since)}:
                fault = kernel.Fault("measure", "Choose one of the measures, or write your own figures.")
                raise kernel.Invalid(faults=[fault])

    async def publish(self, actor: security.Actor, participation: Participation, id: UUID, published: bool) -> None:
        """Everyone may see it, or no longer. Raises NotFound."""
        grant = await self._access.to(actor, participation.region)
        grant.may_write("quick-win")
        async with self._database.transaction() as tx:
            if await tx.execute(SQL.publish, id, participation.id, published) == "UPDATE 0":
                raise kernel.NotFound("Your city has no such quick win.")
            await audit.append(tx, [event(audit.Kind.PLAN_CHANGED, grant, f"quick-win/{id}", f"published {published}")])

    async def dimensions(self, cohort: UUID) -> dict[UUID, str]:
        """Region -> the dimension of its first quick win: an expert of it should listen when the city presents."""
        found: dict[UUID, str] = {}
        for row in await self._database.fetch(SQL.of_cohort, cohort):
            found.setdefault(row["region"], msgspec.json.decode(row["content"], type=QuickWin).dimension)
        return found


def check(content: QuickWin) -> None:
    """Raises Invalid with every fault."""
    faults = [kernel.Fault("name", "Write the name of the quick win.")] if not content.name.strip() else []
    faults += [
        kernel.Fault(field, "This text is too long.")
        for field, most in TEXTS.items()
        if len(getattr(content, field)) > most
    ]
    if content.dimension not in DIMENSIONS:
        faults.append(kernel.Fault("dimension", "Choose a dimension."))
    if not content.service.strip():
        faults.append(
            kernel.Fault("service", "Write which service becomes better: a quick win sharpens one that exists.")
        )
    if content.measure:
        if content.before is not None or content.after is not None:
            faults.append(kernel.Fault("before", "A live measure is measured, not typed in. Leave the figures empty."))
        if content.since is None:
            faults.append(kernel.Fault("since", "Write the day from which people have the better service."))
    for figure in ("spending",) if content.measure else ("before", "after", "spending"):
        value = getattr(content, figure)
        if value is None:
            continue
        if not getattr(content, f"{figure}_source").strip():
            faults.append(kernel.Fault(f"{figure}_source", "Write the source of each figure."))
        if not value.is_finite() or figure == "spending" and value < 0:
            faults.append(kernel.Fault(figure, "Write a number, such as 12,5 or 1.250.000."))
    if faults:
        raise kernel.Invalid(faults=faults)


def gain(content: QuickWin, live: Measured | None) -> Gain:
    """The gain of a quick win: measured where it names a live measure, else as its sources say."""
    if content.measure:
        if live is None:
            return Gain(None, None, "", None, True, 0)
        return Gain(
            live.before, live.after, live.unit, change(live.before, live.after, live.lower), True, live.after_count
        )
    return Gain(
        content.before, content.after, content.unit, change(content.before, content.after, content.lower), False, 0
    )


def change(before: Decimal | None, after: Decimal | None, lower: bool) -> Decimal | None:
    """By how many percent of before it got better (negative: worse); None where a figure is missing or before is 0."""
    if before is None or after is None or not before:
        return None
    return (before - after if lower else after - before) / abs(before) * 100
