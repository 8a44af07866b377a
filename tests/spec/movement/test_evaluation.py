"""The yearly evaluation: evidence, checks, the published results of two cities, ranks, and what nobody sees too early."""

import uuid
from datetime import date
from decimal import Decimal
from itertools import permutations

import pytest
from movement_office import PANEL, Role, actor, answers

from sekali import kernel
from sekali.program import DIMENSIONS, instruments, public

JAMBI, KEDIRI, SURABAYA, SIDOARJO = "kota-jambi", "kota-kediri", "kota-surabaya", "kabupaten-sidoarjo"
WEIGHTS = "Yearly evaluation, weights as in Jambi"
SIMPLE = instruments.Instrument(
    "Test", Decimal(4), (instruments.Part("plan", "Plan", Decimal(50)), instruments.Part("work", "Work", Decimal(50)))
)
THIRD = Decimal(10) / 3
KEDIRI_IMPACT = {
    "governance": "2.75", "branding": "2.75", "economy": "3.5", "living": THIRD, "society": THIRD, "environment": "2.75",
}  # fmt: skip
"""Prints as the published 3.07; the six were not published. Of the printed figures the sum would print 3.32."""


class Round:
    """An evaluation that is going on, and an evaluator."""

    def __init__(self, movement, evaluation, evaluator) -> None:
        self.movement, self.evaluation, self.evaluator = movement, evaluation, evaluator
        self.rules, self.secretariat = movement.program.evaluations, movement.secretariat

    def region(self, slug: str) -> uuid.UUID:
        return self.movement.regions[slug].id

    async def check(self, slug: str, final: bool = True, who=None, **values: object) -> int:
        """The check of an evaluator, who is appointed for it."""
        who, region = who or self.evaluator, self.region(slug)
        await self.rules.assign(self.secretariat, self.evaluation, region, who.facility)
        return await self.send(who, slug, "check", final, **values)

    async def judge(self, slug: str, final: bool = True, **values: object) -> int:
        """A city's judgement of itself."""
        return await self.send(self.movement.team(slug), slug, "self", final, **values)

    async def send(
        self, who, slug: str, part: str, final: bool = True, base: int | None = None, **values: object
    ) -> int:
        key = kernel.new_id(kernel.CITY).hex
        return await self.rules.send(
            who, self.evaluation, self.region(slug), part, answers(**values), key, final=final, note="", base=base
        )

    async def results(self):
        return {one.region.slug: one for one in await self.rules.results(self.secretariat, self.evaluation)}

    async def publish(self, published: bool = True) -> None:
        await self.rules.publish(self.secretariat, self.evaluation, published)

    async def opened(self, year: int, round: int = 1) -> "Round":
        """Another round with the same instrument."""
        instrument = await self.movement.program.sheets.instrument(self.evaluation.instrument)
        id = await self.rules.open(self.secretariat, year, round, f"{year}-{round}", instrument)
        return Round(self.movement, await self.rules.one(id), self.evaluator)


@pytest.fixture
def office(movement):
    """Opens a round of a year, with the instrument that is given or that was published."""

    async def begin(year: int = 2024, content: instruments.Instrument | None = SIMPLE) -> Round:
        sheets, rules = movement.program.sheets, movement.program.evaluations
        if content is None:
            [id] = [one.id for one in await sheets.versions("evaluation") if one.name == WEIGHTS]
            await sheets.adopt(movement.secretariat, id)
        else:
            id = await movement.instrument("evaluation", content)
        evaluation = await rules.open(movement.secretariat, year, 1, "Evaluation", await sheets.instrument(id))
        return Round(movement, await rules.one(evaluation), await movement.person("assessor", "Ani"))

    return begin


def impact(values: dict[str, object]) -> dict[str, object]:
    """The six questions of the impact."""
    return {f"impact_{key}": value for key, value in values.items()}


# What was published


async def test_jambi_2024_comes_to_3_48(office) -> None:
    round = await office(2024, None)
    await round.check(
        JAMBI,
        baseline="3.84",
        output="3.18",
        outcome="3.53",
        quickwin="3.35",
        **impact(dict.fromkeys(DIMENSIONS, "3.63")),
    )
    found = (await round.results())[JAMBI]
    assert (found.final, str(instruments.rounded(found.final))) == (Decimal("3.475"), "3.48")
    assert found.improvement is None, "nothing is published of Jambi before 2024"


async def test_kediri_2022_comes_to_3_31_which_is_0_25_more_than_before(office) -> None:
    round = await office(2022, None)
    await round.check(KEDIRI, baseline="3.60", output="3.21", outcome="3.23", quickwin="3.65", **impact(KEDIRI_IMPACT))
    found = (await round.results())[KEDIRI]
    assert instruments.rounded(found.score.find("impact").value) == Decimal("3.07")
    assert [str(instruments.rounded(one)) for one in (found.final, found.improvement)] == ["3.31", "0.25"]
    assert found.improvement == found.final - Decimal("3.06"), "nothing is rounded on the way"


# The rounds


async def test_a_round_is_opened_once_with_an_adopted_instrument_of_the_evaluation(office, movement) -> None:
    round = await office(2024)
    sheets = movement.program.sheets
    with pytest.raises(kernel.Conflict):
        await round.opened(2024)
    draft = await sheets.instrument(await sheets.draft(movement.secretariat, "evaluation", SIMPLE, "test"))
    panel = await sheets.instrument(await movement.instrument("panel", PANEL))
    for instrument in (draft, panel):
        with pytest.raises(kernel.Invalid):
            await round.rules.open(movement.secretariat, 2025, 1, "Evaluation", instrument)
    adopted = await sheets.instrument(round.evaluation.instrument)
    for year, number, name in ((2017, 1, "x"), (2025, 5, "x"), (2025, 0, "x"), (2025, 1, "")):
        with pytest.raises(kernel.Invalid):
            await round.rules.open(movement.secretariat, year, number, name, adopted)
    assert [one.id for one in await round.rules.all()] == [round.evaluation.id]


# The city about itself


async def test_a_self_assessment_needs_evidence_or_a_source_to_be_final(office) -> None:
    round = await office()
    for nothing in ("", "  "):
        with pytest.raises(kernel.Invalid) as refused:
            await round.judge(JAMBI, plan=(3, "decree 12/2023"), work=(4, nothing))
        assert [fault.path for fault in refused.value.faults] == ["work"]
    assert await round.judge(JAMBI, final=False, plan=3, work=4) == 1, "a draft may still be bare"
    assert (await round.results())[JAMBI].own.value == Decimal("3.5")


async def test_evidence_is_a_file_of_the_city_itself(office, movement) -> None:
    round, given = await office(), answers(plan=(3, "decree 12/2023"), work=4)
    mine, other = movement.team(JAMBI), movement.team(SURABAYA)
    files = [
        await movement.program.evidence.add(team, team.facility, "a.pdf", b"%PDF-" + team.name.encode())
        for team in (mine, other)
    ]
    for n, evidence in enumerate((uuid.uuid4(), files[1], files[0])):
        told = given | {"work": replace_evidence(given["work"], evidence)}
        sending = round.rules.send(mine, round.evaluation, mine.facility, "self", told, f"sending-{n}", final=True, note="",
                                   base=None)  # fmt: skip
        if evidence == files[0]:
            assert await sending == 1
        else:
            with pytest.raises(kernel.Invalid) as refused:
                await sending
            assert [fault.path for fault in refused.value.faults] == ["work"]


def replace_evidence(answer, evidence: uuid.UUID):
    return type(answer)(answer.value, answer.source, answer.note, evidence)


async def test_a_final_self_assessment_is_closed_and_stands_beside_the_check_without_counting(office) -> None:
    round = await office()
    await round.judge(JAMBI, plan=(4, "x"), work=(4, "x"))
    with pytest.raises(kernel.Conflict):
        await round.judge(JAMBI, plan=(3, "x"), work=(3, "x"))
    assert ((found := (await round.results())[JAMBI]).own.value, found.final, found.rank) == (4, None, None)
    await round.check(JAMBI, plan=2, work=3)
    found = (await round.results())[JAMBI]
    assert (found.own.value, found.final, found.evaluators) == (4, Decimal("2.5"), 1)


# Checks


async def test_an_evaluator_sees_what_is_to_be_checked_with_what_the_city_says(office) -> None:
    round = await office()
    await round.judge(JAMBI, plan=(4, "x"), work=(4, "x"))
    await round.check(JAMBI, final=False, plan=2)
    [(evaluation, region, sheet)] = await round.rules.tasks(round.evaluator)
    assert (evaluation.id, region.slug, sheet.values) == (round.evaluation.id, JAMBI, {"plan": 2})
    own = await round.rules.own(round.evaluator, round.evaluation, region.id)
    assert own.values == {"plan": 4, "work": 4}
    assert (await round.rules.checked(round.evaluator, round.evaluation, region.id)).values == {"plan": 2}


async def test_of_several_evaluators_the_mean_of_each_question_counts_in_any_order(office, movement) -> None:
    people = [await movement.person("assessor", name) for name in ("Budi", "Citra", "Dewi")]
    values, found = dict(zip(people, ("3.1", "2.7", "1.9"), strict=True)), []
    first = await office(2020)
    for year, order in enumerate(permutations(people), 2021):
        round = await first.opened(year)
        for who in order:
            await round.check(JAMBI, who=who, plan=values[who], work=4)
        found.append((await round.results())[JAMBI])
    assert {one.evaluators for one in found} == {3}
    assert len({one.final for one in found}) == 1 and instruments.rounded(found[0].final, 4) == Decimal("3.2833")


async def test_a_check_that_is_not_final_does_not_count(office) -> None:
    round = await office()
    await round.judge(JAMBI, plan=(4, "x"), work=(4, "x"))
    await round.check(JAMBI, final=False, plan=2, work=2)
    found = (await round.results())[JAMBI]
    assert (found.final, found.score, found.evaluators) == (None, None, 0)
    await round.send(round.evaluator, JAMBI, "check", base=1, plan=2, work=2)
    assert (await round.results())[JAMBI].final == 2


async def test_a_check_that_another_device_sent_is_not_overwritten(office) -> None:
    round = await office()
    await round.check(JAMBI, final=False, plan=2)
    for seen in (None, 2):
        with pytest.raises(kernel.PreconditionFailed):
            await round.send(round.evaluator, JAMBI, "check", base=seen, plan=3, work=3)


async def test_an_evaluator_with_a_conflict_neither_begins_nor_goes_on(office, movement) -> None:
    round = await office()
    native = await movement.person("assessor", "Citra", home=JAMBI)
    with pytest.raises(kernel.Conflict):
        await round.check(JAMBI, who=native, plan=4, work=4)
    await round.check(JAMBI, final=False, plan=2)
    await movement.program.panel.declare(round.evaluator, round.evaluator.facility, round.region(JAMBI), "my sister")
    with pytest.raises(kernel.Forbidden):
        await round.send(round.evaluator, JAMBI, "check", base=1, plan=4, work=4)
    with pytest.raises(kernel.Forbidden):
        await round.rules.own(round.evaluator, round.evaluation, round.region(JAMBI))


# Ranks


async def test_ranks_in_the_country_and_in_the_province(office) -> None:
    round = await office(2019)
    for slug, value in ((JAMBI, "3.5"), (SURABAYA, "3.704"), (KEDIRI, "3.2"), (SIDOARJO, "3.701")):
        await round.check(slug, plan=value, work=value)
    await round.judge("kota-bogor", plan=(4, "x"), work=(4, "x"))
    found = await round.rules.results(round.secretariat, round.evaluation)
    assert [(one.region.slug, one.rank, one.rank_in_province) for one in found] == [
        (SIDOARJO, 1, 1), (SURABAYA, 1, 1), (JAMBI, 3, 1), (KEDIRI, 4, 3), ("kota-bogor", None, None),
    ]  # fmt: skip


async def test_a_region_without_a_place_in_a_cohort_does_not_count_and_its_sheets_are_kept(office, movement) -> None:
    round = await office()
    await movement.program.regions.enter(movement.secretariat, "kota", "Baru", "98.72", "X", date(2024, 1, 1), "a law")
    movement.regions["kota-baru"] = await movement.program.regions.by_slug("kota-baru")
    cohort = await movement.rehearsal(["kota-baru"])
    for slug in ("kota-baru", "kota-kotamobagu", JAMBI):
        await round.check(slug, plan=3, work=3)
    assert set(await round.results()) == {JAMBI}, "one has a place in a rehearsal only, one claimed to have one"
    assert len(await movement.program.sheets.of(round.evaluation.id, "check")) == 3
    instrument = await movement.program.sheets.instrument(round.evaluation.instrument)
    id = await round.rules.open(movement.secretariat, 2024, 1, "Rehearsal", instrument, rehearsal=True)
    rehearsal = Round(movement, await round.rules.one(id), round.evaluator)
    await rehearsal.check("kota-baru", plan=3, work=3)
    assert (await rehearsal.results())["kota-baru"].rank == 1
    part = await movement.part(cohort, "kota-baru")
    await movement.program.cohorts.move(movement.secretariat, part.id, "withdrawn", "no budget")
    assert await rehearsal.results() == {}
    assert len(await movement.program.sheets.of(id, "check")) == 1


# What was before


async def test_the_improvement_is_on_the_newest_result_whatever_round_it_was(office) -> None:
    first = await office(2022)
    await first.check(JAMBI, plan=2, work=2)
    second = await first.opened(2023)
    await second.check(SURABAYA, plan=3, work=3)
    third = await first.opened(2023, 2)
    for slug in (JAMBI, SURABAYA, SIDOARJO):
        await third.check(slug, plan=4, work=4)
    for one in (first, second):
        await one.publish()
    found = await third.results()
    assert {slug: one.improvement for slug, one in found.items()} == {JAMBI: 2, SURABAYA: 1, SIDOARJO: None}


async def test_what_was_computed_here_goes_before_what_was_published_elsewhere_unless_that_is_newer(office) -> None:
    first = await office(2021)
    await first.check(KEDIRI, plan=3, work=3)
    await first.publish()
    second, third = await first.opened(2022), await first.opened(2023)
    for one in (second, third):
        await one.check(KEDIRI, plan=4, work=4)
    assert (await second.results())[KEDIRI].improvement == 1, "not on the 3.06 of 2021 elsewhere"
    assert (await third.results())[KEDIRI].improvement == Decimal("0.69"), "on the 3.31 of 2022 elsewhere"


async def test_an_improvement_does_not_tell_a_result_that_is_still_sealed(office) -> None:
    first = await office(2023)
    await first.check(JAMBI, plan=2, work=2)
    second = await first.opened(2024)
    await second.check(JAMBI, plan=4, work=4)
    await second.publish()
    [(_, [seen])] = await second.rules.public()
    assert (seen.final, seen.improvement) == (4, None)
    await first.publish()
    assert [found[0].improvement for _, found in await second.rules.public()] == [2, None]


# Publication


async def test_nobody_sees_a_result_before_it_is_published_nor_after_it_was_taken_back(office, movement) -> None:
    round = await office()
    await round.check(JAMBI, plan=3, work=4)
    await round.judge(SURABAYA, plan=(4, "x"), work=(4, "x"))
    seen = []
    for published in (None, True, False):
        if published is not None:
            await round.publish(published)
        seen.append((len(await round.rules.public()), await movement.program.open_data.table("results")))
    assert [(count, len(rows)) for count, rows in seen] == [(0, 0), (1, 1), (0, 0)]
    [row] = seen[1][1]
    assert row == {"year": 2024, "round": 1, "region": JAMBI, "final": Decimal("3.5"), "improvement": None, "rank": 1,
                   "rank_in_province": 1, "rehearsal": False}  # fmt: skip
    assert set(row) == set(public.TABLES["results"].columns)


async def test_published_results_are_closed_also_for_a_page_that_was_open(office) -> None:
    round = await office()
    await round.check(JAMBI, final=False, plan=3, work=3)
    await round.publish()
    assert round.evaluation.published_at is None, "as the page had it"
    for who, part, base in ((round.evaluator, "check", 1), (round.movement.team(JAMBI), "self", None)):
        with pytest.raises(kernel.Conflict):
            await round.send(who, JAMBI, part, base=base, plan=(4, "x"), work=(4, "x"))
    await round.publish(False)
    assert await round.send(round.evaluator, JAMBI, "check", base=1, plan=4, work=4) == 2


# Who may


@pytest.mark.parametrize("role", sorted(Role))
async def test_each_deed_of_the_evaluation_is_its_roles_alone(office, movement, role: Role) -> None:
    round = await office()
    rules, evaluation, region = round.rules, round.evaluation, round.region(JAMBI)
    await rules.assign(round.secretariat, evaluation, region, round.evaluator.facility)
    instrument, third = (
        await movement.program.sheets.instrument(evaluation.instrument),
        await movement.person("assessor", "Budi"),
    )
    who = {
        Role.CITY_TEAM: movement.team(JAMBI),
        Role.ASSESSOR: round.evaluator,
        Role.SECRETARIAT: round.secretariat,
    }.get(role)
    who = who or actor(role, kernel.new_id(kernel.CITY))
    deeds = {
        "self": lambda: round.send(who, JAMBI, "self", plan=(4, "x"), work=(4, "x")),
        "check": lambda: round.send(who, JAMBI, "check", plan=3, work=3),
        "own": lambda: rules.own(who, evaluation, region),
        "checked": lambda: rules.checked(who, evaluation, region),
        "open": lambda: rules.open(who, 2025, 1, "Next", instrument),
        "assign": lambda: rules.assign(who, evaluation, region, third.facility),
        "results": lambda: rules.results(who, evaluation),
        "publish": lambda: rules.publish(who, evaluation, False),
    }
    allowed = set()
    for name, deed in deeds.items():
        try:
            await deed()
            allowed.add(name)
        except kernel.Forbidden:
            pass
    keeping = {"own", "checked", "open", "assign", "results", "publish"}
    assert allowed == {
        Role.CITY_TEAM: {"self", "own"},
        Role.ASSESSOR: {"check", "own", "checked"},
        Role.SECRETARIAT: keeping,
        Role.SYSTEM: keeping | {"check"},
    }.get(role, set())


async def test_another_citys_team_and_an_evaluator_of_another_city_are_refused(office, movement) -> None:
    round = await office()
    await round.check(SURABAYA, plan=3, work=3)
    for who, part in ((movement.team(SURABAYA), "self"), (round.evaluator, "check"), (movement.team(JAMBI), "check")):
        with pytest.raises(kernel.Forbidden):
            await round.send(who, JAMBI, part, plan=(4, "x"), work=(4, "x"))
    for who in (movement.team(SURABAYA), round.evaluator):
        with pytest.raises(kernel.Forbidden):
            await round.rules.own(who, round.evaluation, round.region(JAMBI))
    assert await movement.program.sheets.of(round.evaluation.id, region=round.region(JAMBI)) == []


async def test_everything_the_evaluation_does_is_in_the_audit(office, movement) -> None:
    round = await office()
    await round.judge(JAMBI, plan=(4, "x"), work=(4, "x"))
    await round.check(JAMBI, plan=3, work=3)
    await round.publish()
    own, check = [one.id for one in await movement.program.sheets.of(round.evaluation.id)]
    id = round.evaluation.id
    heard = await movement.heard()
    assert ("cohort-changed", "evaluation/2024-1", "opened") in heard
    assert heard[-4:] == [
        ("scored", f"sheet/{own}", "self version 1"),
        ("panel-set", f"evaluation/{id}", "evaluator"),
        ("scored", f"sheet/{check}", "check version 1"),
        ("revealed", f"evaluation/{id}", "published True"),
    ]
