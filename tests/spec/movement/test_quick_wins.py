"""Quick wins: how many, what must be said of them, what they gained, who may see them."""

import asyncio
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio
from movement_office import Movement, actor

from sekali import audit, kernel, program, security
from sekali.program.quick_wins import change

CITY, OTHER = "kota-yogyakarta", "kabupaten-bantul"
SINCE = date(2026, 7, 1)
TYPED = program.QuickWin(
    name="One counter", dimension="governance", service="Permits", unit="minutes", before=Decimal(40),
    before_source="Survey 2025", after=Decimal(10), after_source="Survey 2026",
)  # fmt: skip
LIVE = program.QuickWin(
    name="No questions", dimension="living", service="Reception", since=SINCE, measure="questions-puskesmas"
)


@dataclass(frozen=True)
class Desk:
    """Kota Yogyakarta in a rehearsal that brings two quick wins, and its team."""

    movement: Movement
    cohort: program.Cohort
    part: program.Participation
    region: program.Region
    team: security.Actor

    @property
    def wins(self):
        return self.movement.program.quick_wins

    async def write(self, content: program.QuickWin = TYPED, id: UUID | None = None, base: int = 0) -> UUID:
        return await self.wins.write(self.team, self.part, content, id, base)

    async def all(self) -> list:
        return await self.wins.of(self.team, self.part, self.region)

    async def names(self) -> list[tuple[str, int]]:
        return [(one.content.name, one.version) for one in await self.all()]

    async def publish(self, id: UUID, published: bool = True) -> None:
        await self.wins.publish(self.team, self.part, id, published)

    async def public(self) -> list[str]:
        """The names that everyone sees on the page; open data has the same."""
        found = [one.content.name for one in await self.wins.public(self.region)]
        rows = await self.movement.program.open_data.table("quick-wins")
        assert [(row["region"], row["name"]) for row in rows] == [(CITY, name) for name in found]
        return found


@pytest_asyncio.fixture(loop_scope="session")
async def desk(movement) -> Desk:
    cohort = await movement.rehearsal([CITY, OTHER], quick_wins=2)
    return Desk(movement, cohort, await movement.part(cohort, CITY), movement.regions[CITY], movement.team(CITY))


def but(content: program.QuickWin = TYPED, **other: object) -> program.QuickWin:
    """A quick win that is said a little differently."""
    return msgspec.structs.replace(content, **other)


async def receive(database: kernel.Database, code: str, kind: str, *visits: tuple[date, int, int]) -> None:
    """A counter in the city with this code that received people: day, questions, seconds."""
    facility = kernel.new_id(kernel.CITY)
    await database.execute(
        "insert into care.facility (id, ppk, name, kind, address, district, city_code, latitude, longitude, zone)"
        " values ($1, $2, 'Test', $3, '', '', $4, 0, 0, 'Asia/Jakarta')",
        facility, str(facility)[-8:], kind, code,
    )  # fmt: skip
    for day, questions, seconds in visits:
        await database.execute(
            "insert into care.visit (shard, id, facility, department, citizen, name, day, number, status, kind, arrived_at,"
            " questions, seconds) values (1, gen_random_uuid(), $1, $1, gen_random_uuid(), 'X', $2, 'A1', 'finished', 'first',"
            " now(), $3, $4)",
            facility, day, questions, seconds,
        )  # fmt: skip


# What is kept


async def test_a_quick_win_is_kept_as_it_was_written_and_changed_by_who_saw_it(desk) -> None:
    given = but(before=Decimal("40.50"), spending=Decimal("250000000.25"), spending_source="APBD 2026", since=SINCE)
    id = await desk.write(given)
    (kept,) = await desk.all()
    assert (kept.id, kept.content, kept.version, kept.published) == (id, given, 1, False)
    assert str(kept.content.before) == "40.50", "a figure keeps its digits"
    assert await desk.write(but(name="Two counters"), id, 1) == id
    assert await desk.names() == [("Two counters", 2)]


async def test_two_people_on_one_quick_win_clash_and_the_first_stays(desk) -> None:
    id = await desk.write()
    outcomes = await asyncio.gather(
        *(desk.write(but(name=name), id, 1) for name in ("of Ani", "of Budi")), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in outcomes) == ["PreconditionFailed", "UUID"]
    for stale in (0, 1, 3):
        with pytest.raises(kernel.PreconditionFailed):
            await desk.write(but(name="late"), id, stale)
    ((name, version),) = await desk.names()
    assert name in ("of Ani", "of Budi") and version == 2


async def test_what_the_city_does_not_have_is_neither_changed_nor_published(desk) -> None:
    part = await desk.movement.part(desk.cohort, OTHER)
    theirs = await desk.wins.write(desk.movement.team(OTHER), part, TYPED)
    for id in (theirs, kernel.new_id(kernel.CITY)):
        for work in (desk.write(but(name="Mine"), id, 1), desk.publish(id), desk.publish(id, False)):
            with pytest.raises(kernel.NotFound):
                await work
    (kept,) = await desk.wins.of(desk.movement.secretariat, part, desk.movement.regions[OTHER])
    assert (kept.content, kept.version, kept.published) == (TYPED, 1, False) and await desk.all() == []


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name"}, but(name=" ")),
        ({"name"}, but(name="A" * 121)),
        ({"helps", "story_after"}, but(helps="A" * 501, story_after="A" * 2001)),
        ({"dimension"}, but(dimension="")),
        ({"dimension"}, but(dimension="living.health")),
        ({"service"}, but(service=" \n")),
        ({"before_source", "after_source"}, but(before_source="", after_source=" ")),
        ({"spending_source"}, but(spending=Decimal(1))),
        ({"spending"}, but(spending=Decimal(-1), spending_source="APBD")),
        ({"before", "after", "spending"}, but(before=Decimal("NaN"), after=Decimal("Infinity"), spending=Decimal("NaN"),
                                              spending_source="APBD")),
        ({"before"}, but(LIVE, before=Decimal(3), before_source="Survey")),
        ({"before"}, but(LIVE, after=Decimal(0))),
        ({"since"}, but(LIVE, since=None)),
        ({"measure"}, but(LIVE, measure="happiness")),
        ({"name", "dimension", "service"}, program.QuickWin()),
    ],
)  # fmt: skip
async def test_what_cannot_be_said_is_refused_with_every_field(desk, fields: set, wrong: program.QuickWin) -> None:
    id = await desk.write()
    for work in (desk.write(wrong), desk.write(wrong, id, 1)):
        with pytest.raises(kernel.Invalid) as refused:
            await work
        assert {fault.path for fault in refused.value.faults} == fields
    assert await desk.names() == [(TYPED.name, 1)]


# How many


async def test_a_city_brings_as_many_as_its_cohort_sets_also_when_two_add_at_once(desk) -> None:
    outcomes = await asyncio.gather(*(desk.write(but(name=f"of {n}")) for n in range(4)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["Conflict", "Conflict", "UUID", "UUID"]
    kept = (await desk.all())[0]
    await desk.movement.configured(desk.cohort, quick_wins=1)
    await desk.write(but(name="changed"), kept.id, 1)
    assert len(await desk.all()) == 2, "fewer are wanted now; none is lost"
    await desk.movement.configured(desk.cohort, quick_wins=3)
    await desk.write(but(name="third"))
    with pytest.raises(kernel.Conflict):
        await desk.write(but(name="fourth"))
    assert ("third", 1) in await desk.names()


async def test_where_no_number_was_set_there_is_room_for_twelve(desk) -> None:
    await desk.movement.configured(desk.cohort, quick_wins=None)
    for n in range(12):
        await desk.write(but(name=f"of {n}"))
    with pytest.raises(kernel.Conflict):
        await desk.write()
    assert len(await desk.all()) == 12


# What was gained


@pytest.mark.parametrize(
    ("before", "after", "lower", "percent"),
    [("40", "10", True, "75"), ("40", "10", False, "-75"), ("10", "40", False, "300"), ("10", "40", True, "-300"),
     ("8", "8", True, "0"), ("5", "0", True, "100"), ("-20", "-10", False, "50"), ("-20", "-10", True, "-50"),
     ("0", "5", False, None), (None, "5", True, None), ("5", None, True, None)],
)  # fmt: skip
def test_the_gain_is_in_percent_of_before_and_positive_when_it_got_better(before, after, lower, percent) -> None:
    figures = [None if one is None else Decimal(one) for one in (before, after)]
    assert change(*figures, lower) == (None if percent is None else Decimal(percent))


async def test_a_typed_in_gain_is_as_its_sources_say_and_spending_is_no_part_of_it(desk) -> None:
    await desk.write()
    await desk.write(but(lower=False, spending=Decimal(10**9), spending_source="APBD 2026"))
    less, more = [one.gain for one in await desk.all()]
    assert (less.before, less.after, less.unit, less.change) == (40, 10, "minutes", 75)
    assert (less.live, less.counted, more.change) == (False, 0, -75)


async def test_a_live_gain_is_what_the_counters_of_that_city_counted_from_that_day(desk) -> None:
    code, database = desk.region.code, desk.movement.database
    await receive(database, code, "puskesmas", (date(2026, 5, 1), 6, 300), (date(2026, 6, 30), 10, 420))
    await receive(database, code, "puskesmas", (SINCE, 0, 30), (date(2026, 7, 2), 1, 60), (date(2026, 7, 3), 2, 90))
    await receive(database, code, "hospital", (date(2026, 6, 1), 20, 1200))
    await receive(
        database, desk.movement.regions[OTHER].code, "puskesmas", (SINCE, 99, 9000), (date(2026, 6, 1), 99, 9000)
    )
    await desk.write(but(LIVE, unit="likes", lower=False))
    await desk.write(but(LIVE, measure="minutes-puskesmas"))
    questions, minutes = [one.gain for one in await desk.all()]
    assert (questions.before, questions.after, questions.unit, questions.change) == (8, 1, "questions", Decimal("87.5"))
    assert (minutes.before, minutes.after, minutes.unit) == (6, 1, "minutes")
    assert (questions.live, questions.counted) == (minutes.live, minutes.counted) == (True, 3)
    # When more people come, the gain is another one without anybody writing
    await receive(database, code, "puskesmas", (date(2026, 7, 4), 13, 30))
    gain = (await desk.all())[0].gain
    assert (gain.after, gain.counted, gain.change) == (4, 4, 50)


async def test_where_nobody_counted_a_live_gain_has_no_figure_and_no_zero(desk) -> None:
    await desk.write(LIVE)
    await receive(desk.movement.database, desk.region.code, "hospital", (date(2026, 6, 1), 20, 1200))
    await desk.write(but(LIVE, measure="questions-hospital"))
    gains = [(one.gain.before, one.gain.after, one.gain.change, one.gain.counted) for one in await desk.all()]
    assert gains == [(None, None, None, 0), (20, None, None, 0)]


async def test_a_city_may_choose_among_all_live_measures_and_see_what_a_day_gives(desk) -> None:
    await receive(desk.movement.database, desk.region.code, "hospital", (date(2026, 6, 1), 20, 1200), (SINCE, 0, 60))
    found = {one.key: one for one in await desk.wins.measures(desk.region, SINCE)}
    assert set(found) == {f"{what}-{kind}" for what in ("questions", "minutes") for kind in ("puskesmas", "hospital")}
    hospital = found["minutes-hospital"]
    assert (hospital.before, hospital.before_count, hospital.after, hospital.after_count) == (20, 1, 1, 1)
    assert hospital.lower and found["minutes-puskesmas"].before is None
    (earlier,) = [
        one for one in await desk.wins.measures(desk.region, date(2026, 6, 1)) if one.key == "minutes-hospital"
    ]
    assert (earlier.before, earlier.after, earlier.after_count) == (None, Decimal("10.5"), 2)


# The public


async def test_everyone_sees_what_was_published_until_it_is_withdrawn(desk) -> None:
    first, second = await desk.write(but(name="First")), await desk.write(but(name="Second"))
    assert await desk.public() == []
    await desk.publish(second)
    await desk.publish(second)
    assert await desk.public() == ["Second"]
    await desk.publish(first)
    await desk.write(but(name="First, sharper"), first, 1)
    assert await desk.public() == ["First, sharper", "Second"], "a change stays on show"
    await desk.publish(second, False)
    assert await desk.public() == ["First, sharper"] and len(await desk.all()) == 2


# The panel


async def test_the_first_quick_win_says_which_expert_should_listen(desk) -> None:
    await desk.write(but(dimension="economy"))
    await desk.write(but(dimension="society"))
    other = desk.movement.team(OTHER)
    await desk.wins.write(other, await desk.movement.part(desk.cohort, OTHER), but(dimension="branding"))
    assert await desk.wins.dimensions(desk.cohort.id) == {desk.region.id: "economy", other.facility: "branding"}


# Who may


async def test_the_citys_team_writes_those_who_help_or_judge_it_read_and_nobody_else(desk) -> None:
    movement, wins = desk.movement, desk.wins
    id = await desk.write()
    mentor, assessor = await movement.person("mentor", "Citra"), await movement.person("assessor", "Ani")
    await movement.program.mentoring.appoint(movement.secretariat, desk.part.id, [mentor.facility])
    await movement.program.selection.assign(movement.secretariat, desk.cohort, desk.region.id, assessor.facility)
    readers = [mentor, assessor, movement.secretariat]
    roles = set(security.Role) - {security.Role.SECRETARIAT, security.Role.SYSTEM, security.Role.CITY_TEAM}
    strangers = [movement.team(OTHER), *(actor(role, desk.region.id) for role in roles)]
    for somebody in readers + strangers:
        for work in (
            wins.write(somebody, desk.part, but(name="Mine")), wins.write(somebody, desk.part, but(name="Mine"), id, 1),
            wins.publish(somebody, desk.part, id, True),
        ):  # fmt: skip
            with pytest.raises(kernel.Forbidden):
                await work
    for somebody in strangers:
        with pytest.raises(kernel.Forbidden):
            await wins.of(somebody, desk.part, desk.region)
    for somebody in readers:
        assert [one.id for one in await wins.of(somebody, desk.part, desk.region)] == [id]
    assert await desk.names() == [(TYPED.name, 1)] and await desk.public() == []


async def test_each_deed_is_in_the_audit_and_what_was_refused_is_not(desk) -> None:
    before = len(await desk.movement.heard())
    id = await desk.write()
    await desk.write(but(name="Two counters"), id, 1)
    for work in (desk.write(but(name="late"), id, 1), desk.publish(kernel.new_id(kernel.CITY))):
        with pytest.raises(kernel.Failure):
            await work
    await desk.publish(id)
    await desk.publish(id, False)
    assert (await desk.movement.heard())[before:] == [
        ("plan-changed", f"quick-win/{id}", detail) for detail in ("", "", "published True", "published False")
    ]
    assert (await audit.verify(desk.movement.database)).breaks == ()
