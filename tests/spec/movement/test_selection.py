"""Choosing a cohort: what is missing is not zero, every figure has its source, every departure its reason."""

import pytest
from movement_office import SELECTION, answers

from sekali import kernel

SOURCE = "Bappenas 2017"
CITIES = ("kota-medan", "kota-bogor", "kabupaten-bogor", "kota-cimahi")


class Choice:
    """A cohort that is being chosen."""

    def __init__(self, movement, cohort) -> None:
        self.movement, self.cohort, self.selection = movement, cohort, movement.program.selection

    async def desk(self, slug: str, **values: object) -> int:
        """Desk figures of a region, each with a source unless one is given."""
        given = {name: value if isinstance(value, tuple) else (value, SOURCE) for name, value in values.items()}
        part = await self.movement.part(self.cohort, slug)
        key = kernel.new_id(kernel.CITY).hex
        return await self.selection.score(self.movement.secretariat, self.cohort, part, "desk", answers(**given), key)

    async def interview(self, who, slug: str, **values: object) -> int:
        part = await self.movement.part(self.cohort, slug)
        key = kernel.new_id(kernel.CITY).hex
        return await self.selection.score(who, self.cohort, part, "interview", answers(**values), key, final=True)

    async def ranking(self):
        return await self.selection.ranking(self.movement.secretariat, self.cohort)

    async def ranks(self) -> dict[str, int | None]:
        return {line.region.slug: line.rank for line in await self.ranking()}

    async def decide(self, *slugs: str, **reasons: str) -> int:
        """``reasons`` by the slug, with _ for -."""
        parts = {slug: (await self.movement.part(self.cohort, slug)).id for slug in CITIES}
        given = {parts[slug]: text for slug in CITIES if (text := reasons.get(slug.replace("-", "_")))}
        return await self.selection.decide(self.movement.secretariat, self.cohort, {parts[one] for one in slugs}, given)

    async def states(self) -> dict[str, str]:
        return {slug: (await self.movement.part(self.cohort, slug)).state for slug in CITIES}


@pytest.fixture
def office(movement):
    """Four regions that were invited for two places."""

    async def begin(target: int | None = 2) -> Choice:
        instrument = await movement.instrument("selection", SELECTION)
        return Choice(movement, await movement.rehearsal(CITIES, "invited", target, selection_instrument=instrument))

    return begin


async def ranked(office) -> Choice:
    """Medan before Kota Bogor before Kabupaten Bogor before Cimahi."""
    choice = await office()
    for slug, value in zip(CITIES, (90, 80, 70, 60), strict=True):
        await choice.desk(slug, green=value, cities=value)
    return choice


# What is missing


async def test_an_index_that_does_not_exist_for_a_kabupaten_is_missing_and_not_zero(office) -> None:
    choice = await office()
    await choice.desk("kota-bogor", cities=70, green=70)
    await choice.desk("kabupaten-bogor", green=70)
    assert await choice.ranks() == {"kota-bogor": 1, "kabupaten-bogor": 1, "kota-medan": None, "kota-cimahi": None}
    kota, kabupaten = (await choice.ranking())[:2]
    if kota.region.kind == "kabupaten":
        kota, kabupaten = kabupaten, kota
    assert kota.score.value == kabupaten.score.value == 70
    assert kabupaten.missing == ("Sustainable cities", "People", "Money") and kota.missing == ("People", "Money")


async def test_a_zero_is_a_zero(office) -> None:
    choice = await office()
    await choice.desk("kota-bogor", cities=0, green=70)
    await choice.desk("kabupaten-bogor", green=60)
    assert [line.region.slug for line in (await choice.ranking())[:2]] == ["kabupaten-bogor", "kota-bogor"]


async def test_a_region_without_any_figure_has_no_rank_and_stands_last(office) -> None:
    choice = await office()
    await choice.desk("kota-cimahi", green=1)
    first, *others = await choice.ranking()
    assert first.region.slug == "kota-cimahi" and {line.rank for line in others} == {None}
    assert [line.region.slug for line in others] == ["kabupaten-bogor", "kota-bogor", "kota-medan"], (
        "by name, then kind"
    )
    assert all(line.score is None and len(line.missing) == 4 for line in others)


# Figures


async def test_a_desk_figure_without_a_source_is_refused(office) -> None:
    choice = await office()
    with pytest.raises(kernel.Invalid):
        await choice.desk("kota-medan", green=(70, ""))
    assert await choice.ranks() == dict.fromkeys(CITIES)
    assert await choice.desk("kota-medan", green=(None, "")) == 1, "no figure needs no source"


@pytest.mark.parametrize("value", [-1, 101, "NaN", "Infinity"])
async def test_a_figure_outside_its_scale_is_refused(office, value) -> None:
    choice = await office()
    with pytest.raises(kernel.Invalid) as refused:
        await choice.desk("kota-medan", green=value)
    assert [fault.path for fault in refused.value.faults] == ["green"]


async def test_the_desk_does_not_answer_the_interview(office) -> None:
    choice = await office()
    with pytest.raises(kernel.Invalid):
        await choice.desk("kota-medan", people=90)


async def test_where_a_figure_is_from_is_kept_with_it(office) -> None:
    choice = await office()
    await choice.desk("kota-medan", green=70)
    sheet = await choice.selection.sheet(
        choice.movement.secretariat, choice.cohort, choice.movement.regions["kota-medan"].id, "desk"
    )
    assert (sheet.answers["green"].source, sheet.values["green"]) == (SOURCE, 70) and "cities" not in sheet.answers


# Interviews


async def test_of_a_question_that_two_assessors_answered_the_mean_counts(office) -> None:
    choice = await office()
    movement = choice.movement
    await choice.desk("kota-medan", green=50, cities=50)
    for name, value in (("Ani", 60), ("Budi", 80)):
        who = await movement.person("assessor", name)
        await movement.program.selection.assign(
            movement.secretariat, choice.cohort, movement.regions["kota-medan"].id, who.facility
        )
        ((_, part, region, sheet),) = await movement.program.selection.tasks(who)
        assert (region.slug, sheet) == ("kota-medan", None) and part.state == "invited"
        await choice.interview(who, "kota-medan", people=value, money=value)
    line = (await choice.ranking())[0]
    assert (line.score.value, line.assessors, line.missing) == (60, 2, ())


async def test_an_interview_that_is_not_final_does_not_count_yet(office) -> None:
    choice = await office()
    who = await choice.movement.person("assessor", "Ani")
    medan = choice.movement.regions["kota-medan"]
    await choice.selection.assign(choice.movement.secretariat, choice.cohort, medan.id, who.facility)
    part = await choice.movement.part(choice.cohort, "kota-medan")
    await choice.selection.score(who, choice.cohort, part, "interview", answers(people=100), "draft-one")
    assert (await choice.ranks())["kota-medan"] is None


async def test_only_who_was_assigned_interviews_and_nobody_their_own_city(office) -> None:
    choice = await office()
    stranger = await choice.movement.person("assessor", "Ani")
    native = await choice.movement.person("assessor", "Budi", home="kota-medan")
    for who in (stranger, native):
        with pytest.raises(kernel.Forbidden):
            await choice.interview(who, "kota-medan", people=50, money=50)
    with pytest.raises(kernel.Conflict):
        await choice.selection.assign(
            choice.movement.secretariat, choice.cohort, choice.movement.regions["kota-medan"].id, native.facility
        )


async def test_who_interviewed_a_city_for_one_cohort_was_not_assigned_to_it_for_another(office, movement) -> None:
    choice = await office()
    who = await movement.person("assessor", "Ani")
    past = await movement.program.cohorts.by_slug("2018")
    await movement.program.selection.assign(movement.secretariat, past, movement.regions["kota-medan"].id, who.facility)
    with pytest.raises(kernel.Forbidden):
        await choice.interview(who, "kota-medan", people=50, money=50)


# Ranking and decision


async def test_equal_scores_share_a_rank_and_stand_in_the_order_of_their_names(office) -> None:
    choice = await office()
    for slug, value in zip(CITIES, (70, 80, 80, 70), strict=True):
        await choice.desk(slug, green=value)
    for _ in range(3):
        lines = await choice.ranking()
        assert [(line.region.slug, line.rank) for line in lines] == [
            ("kabupaten-bogor", 1), ("kota-bogor", 1), ("kota-cimahi", 3), ("kota-medan", 3),
        ]  # fmt: skip


async def test_the_best_are_selected_and_each_keeps_its_reason(office) -> None:
    choice = await ranked(office)
    assert await choice.decide("kota-medan", "kota-bogor") == 2
    assert await choice.states() == {
        "kota-medan": "selected", "kota-bogor": "selected", "kabupaten-bogor": "not-selected", "kota-cimahi": "not-selected",
    }  # fmt: skip
    decisions = [(await choice.movement.part(choice.cohort, slug)).decision for slug in CITIES]
    assert decisions == ["1 (90.00)", "2 (80.00)", "3 (70.00)", "4 (60.00)"]
    steps = await choice.movement.program.cohorts.steps((await choice.movement.part(choice.cohort, "kota-cimahi")).id)
    assert [(one.state, one.reason) for one in steps] == [
        ("invited", ""),
        ("assessed", ""),
        ("not-selected", "4 (60.00)"),
    ]


async def test_more_than_there_are_places_cannot_be_chosen(office) -> None:
    choice = await ranked(office)
    with pytest.raises(kernel.Invalid) as refused:
        await choice.decide("kota-medan", "kota-bogor", "kabupaten-bogor")
    assert refused.value.path == "chosen" and set((await choice.states()).values()) == {"invited"}


async def test_a_second_decision_does_not_give_a_place_that_is_taken(office) -> None:
    choice = await ranked(office)
    await choice.decide("kota-medan", "kota-bogor")
    binjai = choice.movement.regions["kota-binjai"].id
    await choice.movement.program.cohorts.invite(choice.movement.secretariat, choice.cohort, [binjai])
    part = await choice.movement.part(choice.cohort, "kota-binjai")
    with pytest.raises(kernel.Invalid):
        await choice.selection.decide(choice.movement.secretariat, choice.cohort, {part.id}, {})
    await choice.movement.program.cohorts.move(
        choice.movement.secretariat, (await choice.movement.part(choice.cohort, "kota-bogor")).id, "withdrawn", "budget"
    )
    assert await choice.selection.decide(choice.movement.secretariat, choice.cohort, {part.id}, {}) == 1


async def test_nobody_or_a_stranger_cannot_be_chosen(office) -> None:
    choice = await ranked(office)
    for chosen in (set(), {kernel.new_id(kernel.CITY)}):
        with pytest.raises((kernel.Invalid, kernel.NotFound)):
            await choice.selection.decide(choice.movement.secretariat, choice.cohort, chosen, {})
    assert set((await choice.states()).values()) == {"invited"}


async def test_a_choice_that_leaves_the_ranking_needs_a_reason_from_both_sides(office) -> None:
    choice = await ranked(office)
    with pytest.raises(kernel.Invalid) as refused:
        await choice.decide("kota-medan", "kabupaten-bogor", kota_bogor=" ")
    both = {str((await choice.movement.part(choice.cohort, slug)).id) for slug in ("kota-bogor", "kabupaten-bogor")}
    assert {fault.path for fault in refused.value.faults} == both
    with pytest.raises(kernel.Invalid):
        await choice.decide("kota-medan", "kabupaten-bogor", kota_bogor="neighbour of a city of 2017")
    assert set((await choice.states()).values()) == {"invited"}, "nothing was decided"
    await choice.decide(
        "kota-medan", "kabupaten-bogor", kota_bogor="of 2017 already", kabupaten_bogor="evenness of territory"
    )
    decisions = [(await choice.movement.part(choice.cohort, slug)).decision for slug in CITIES[1:3]]
    assert decisions == ["of 2017 already", "evenness of territory"]


async def test_between_equals_the_choice_is_free(office) -> None:
    choice = await office()
    for slug, value in zip(CITIES, (90, 70, 70, 60), strict=True):
        await choice.desk(slug, green=value)
    assert await choice.decide("kota-medan", "kabupaten-bogor") == 2


async def test_a_region_that_withdrew_is_not_ranked_and_its_sheets_are_kept(office) -> None:
    choice = await ranked(office)
    part = await choice.movement.part(choice.cohort, "kota-medan")
    await choice.movement.program.cohorts.move(choice.movement.secretariat, part.id, "withdrawn", "no budget")
    assert await choice.ranks() == {"kota-bogor": 1, "kabupaten-bogor": 2, "kota-cimahi": 3}
    kept = await choice.movement.program.sheets.of(choice.cohort.id, "desk", part.region)
    assert [sheet.values["green"] for sheet in kept] == [90]
    await choice.movement.program.cohorts.move(choice.movement.secretariat, part.id, "invited")
    assert (await choice.ranks())["kota-medan"] == 1, "back again, with what it had"


async def test_a_decision_is_written_into_the_audit(office) -> None:
    choice = await ranked(office)
    await choice.decide("kota-medan", "kota-bogor")
    assert (await choice.movement.heard())[-1] == ("cohort-changed", "cohort/latihan-2026", "2 selected")
