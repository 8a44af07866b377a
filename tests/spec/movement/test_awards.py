"""Awards: winners are computed with an account of how, sealed until they are published, and papers can be verified."""

import asyncio
import datetime
from decimal import Decimal
from itertools import permutations

import pytest
from movement_office import THREE, Role, actor

from sekali import kernel, program

SOLO, YOGYA, BANTUL = THREE
BEST, VISION = program.Rule(), program.Rule(part="vision", places=2)
DONE = program.Rule(by="completed")
CATEGORIES = [("Best panel", BEST), ("Vision", VISION), ("Completed", DONE)]
SCORES = {SOLO: (4, 3), YOGYA: (3, 2), BANTUL: (2, 1)}


class Day:
    """The closing day of a panel."""

    def __init__(self, panel) -> None:
        self.panel, self.movement, self.secretariat = panel, panel.movement, panel.movement.secretariat
        self.awards = panel.movement.program.awards

    async def cohort(self) -> program.Cohort:
        return await self.movement.program.cohorts.one(self.panel.cohort.id)

    async def set(self, *categories: tuple[str, program.Rule]) -> None:
        await self.awards.set_categories(self.secretariat, await self.cohort(), list(categories))

    async def compute(self) -> None:
        await self.awards.compute(self.secretariat, await self.cohort())

    async def categories(self):
        return await self.awards.categories(self.secretariat, await self.cohort())

    async def winners(self) -> dict[str, list[str]]:
        return {one.name: [w.region.slug for w in one.winners] for one in await self.categories()}

    async def go(self, *actions: str) -> None:
        """Each as seen at that moment."""
        for action in actions:
            cohort = await self.cohort()
            seen = (await self.awards.ceremony(cohort.id)).version
            await self.awards.go(self.secretariat, cohort, action, seen)

    async def at(self) -> tuple[int, bool]:
        """(categories revealed, published)."""
        cohort = await self.cohort()
        return (await self.awards.ceremony(cohort.id)).revealed, cohort.published_at is not None

    async def certify(self) -> int:
        return await self.awards.certify(self.secretariat, await self.cohort())

    async def papers(self):
        return await self.awards.certificates(self.secretariat, await self.cohort())

    async def move(self, slug: str, state: str) -> None:
        part = await self.movement.part(self.panel.cohort, slug)
        await self.movement.program.cohorts.move(self.secretariat, part.id, state, "because")

    async def told(self) -> tuple[object, ...]:
        """All that everyone can get to know of the awards."""
        rows = await self.movement.program.open_data.table("awards")
        own = await self.awards.own_certificates(
            self.movement.team(SOLO), await self.movement.part(self.panel.cohort, SOLO)
        )
        verified = []
        for paper in await self.papers():
            try:
                verified.append((await self.awards.verify(paper.code)).number)
            except kernel.NotFound:
                verified.append(None)
        return await self.awards.public(await self.cohort()), rows, [one.category for one in own], verified


@pytest.fixture
def day(panel) -> Day:
    """A panel whose scores come in, and then its closing day."""
    return Day(panel)


async def scored(day: Day, *categories: tuple[str, program.Rule], values=SCORES) -> None:
    """All scores are final, and the categories computed."""
    await day.panel.all_score(values)
    await day.set(*categories or CATEGORIES)
    await day.compute()


# Categories


async def test_categories_are_data_in_the_order_of_calling(day) -> None:
    await day.set(*CATEGORIES)
    assert [(one.position, one.name, one.rule, one.how, one.nominees) for one in await day.categories()] == [
        (1, "Best panel", BEST, None, ()), (2, "Vision", VISION, None, ()), (3, "Completed", DONE, None, ()),
    ]  # fmt: skip
    await day.set(("Vision", VISION))
    assert [(one.position, one.name) for one in await day.categories()] == [(1, "Vision")], "all anew"


@pytest.mark.parametrize(
    "given",
    [
        [], [("x", BEST)] * 41, [("", BEST)], [("x" * 121, BEST)], [("x", program.Rule(by="chance"))],
        [("x", program.Rule(places=0))], [("x", program.Rule(places=51))],
    ],
)  # fmt: skip
async def test_a_category_that_cannot_be_is_refused_and_the_others_stay(day, given) -> None:
    await day.set(*CATEGORIES)
    with pytest.raises(kernel.Invalid):
        await day.set(*given)
    assert len(await day.categories()) == 3


async def test_a_part_that_the_instrument_does_not_have_has_no_winner_to_compute(day) -> None:
    await day.panel.all_score(SCORES)
    await day.set(("Beauty", program.Rule(part="beauty")))
    with pytest.raises(kernel.Conflict, match="does not have"):
        await day.compute()


# Winners


async def test_winners_are_computed_with_the_account_of_how(day) -> None:
    await day.move(BANTUL, "completed")
    await scored(day)
    best, vision, done = await day.categories()
    assert [(one.region.slug, one.place, one.value, one.winner) for one in best.nominees] == [
        (SOLO, 1, Decimal("3.5"), True), (YOGYA, 2, Decimal("2.5"), False), (BANTUL, 3, Decimal("1.5"), False),
    ]  # fmt: skip
    assert [one.region.slug for one in vision.winners] == [SOLO, YOGYA]
    assert [(one.region.slug, one.place, one.value) for one in done.nominees] == [(BANTUL, 1, None)]
    assert datetime.datetime.fromisoformat(best.how["at"]).tzinfo
    settings = (await day.cohort()).settings
    instrument = await day.movement.program.sheets.instrument(settings.panel_instrument)
    assert best.how["counts"] == "raw" and best.how["instrument"] == {
        "id": str(instrument.id), "version": instrument.version, "name": instrument.name,
    }  # fmt: skip
    assert {slug: (Decimal(one["counted"]), Decimal(one["raw"]), one["sheets"]) for slug, one in best.how["scores"].items()} == {
        SOLO: (Decimal("3.5"), Decimal("3.5"), 2), YOGYA: (Decimal("2.5"), Decimal("2.5"), 2),
        BANTUL: (Decimal("1.5"), Decimal("1.5"), 2),
    }  # fmt: skip
    assert vision.how["rule"] == {"part": "vision", "places": 2} and done.how["completed"] == 1


async def test_equal_scores_share_a_place_so_there_may_be_more_winners(day) -> None:
    places = [(str(n), program.Rule(places=n)) for n in (1, 2, 3)]
    await scored(day, *places, values={SOLO: (4, 2), YOGYA: (3, 3), BANTUL: (2, 1)})
    assert await day.winners() == {"1": [YOGYA, SOLO][::-1], "2": [SOLO, YOGYA], "3": [SOLO, YOGYA, BANTUL]}
    assert [one.place for one in (await day.categories())[0].nominees] == [1, 1, 3]


async def test_the_calibrated_score_wins_where_the_setting_says_so(day) -> None:
    third = await day.movement.person("assessor", "Citra")
    part = await day.movement.part(day.panel.cohort, BANTUL)
    await day.movement.program.panel.ask(day.secretariat, part, third.facility, "one more")
    await day.panel.all_score({SOLO: (3, 3), YOGYA: (3, 3), BANTUL: (4, 4)})
    await day.panel.score(third, BANTUL, 0)
    await day.set(("Best", BEST))
    found = []
    for counts in ("raw", "calibrated"):
        await day.movement.configured(day.panel.cohort, counts=counts)
        await day.compute()
        [category] = await day.categories()
        found.append((category.how["counts"], [one.region.slug for one in category.winners]))
    assert found == [("raw", [SOLO, YOGYA]), ("calibrated", [BANTUL])], "a strict assessor heard Bantul only"


async def test_the_order_of_the_scores_never_matters_to_the_winners(day) -> None:
    await day.set(*CATEGORIES)
    found = []
    for order in permutations(SCORES):
        await day.movement.database.execute("delete from program.sheet_version")
        await day.movement.database.execute("delete from program.sheet")
        await day.panel.all_score({slug: SCORES[slug] for slug in order})
        await day.compute()
        found.append(
            [[(n.region.slug, n.place, n.value, n.winner) for n in one.nominees] for one in await day.categories()]
        )
    assert len(found) == 6 and all(one == found[0] for one in found)


async def test_nothing_is_computed_while_a_sheet_is_missing_a_setting_or_every_score(day) -> None:
    await day.set(("Best", BEST))
    await day.panel.all_score({SOLO: (4, 3), YOGYA: (3, 2)})
    await day.panel.score(day.panel.first, BANTUL, 2)
    with pytest.raises(kernel.Conflict) as refused:
        await day.compute()
    assert refused.value.params == {"n": 1}
    await day.panel.score(day.panel.second, BANTUL, 1)
    await day.movement.configured(day.panel.cohort, counts=None)
    with pytest.raises(kernel.Conflict):
        await day.compute()
    assert [one.how for one in await day.categories()] == [None]


@pytest.mark.parametrize("counts", ["raw", "calibrated"])
async def test_a_panel_that_nobody_heard_has_no_winner_to_compute(movement, counts: str) -> None:
    instrument = await movement.instrument("panel", program.instruments.Instrument(
        "Test", Decimal(4), (program.instruments.Part("a", "A"),)))  # fmt: skip
    cohort = await movement.rehearsal(counts=counts, panel_instrument=instrument)
    await movement.program.awards.set_categories(movement.secretariat, cohort, [("Best", BEST)])
    with pytest.raises(kernel.Conflict):
        await movement.program.awards.compute(movement.secretariat, cohort)


async def test_a_city_that_left_wins_nothing(day) -> None:
    await day.panel.all_score(SCORES)
    await day.move(SOLO, "withdrawn")
    await day.set(*CATEGORIES)
    await day.compute()
    assert await day.winners() == {"Best panel": [YOGYA], "Vision": [YOGYA, BANTUL], "Completed": []}


# The ceremony


async def test_the_ceremony_opens_only_with_computed_winners(day) -> None:
    for action in ("open", "reveal", "undo", "publish", "withdraw", "dance"):
        with pytest.raises(kernel.Conflict):
            await day.go(action)
    await day.set(*CATEGORIES)
    with pytest.raises(kernel.Conflict):
        await day.go("open")
    assert await day.at() == (0, False)


async def test_the_ceremony_does_not_open_with_winners_of_scores_that_changed(day) -> None:
    await scored(day)
    await day.move(SOLO, "withdrawn")
    with pytest.raises(kernel.Conflict):
        await day.go("open")
    await day.compute()
    await day.go("open", "reveal")
    assert (await day.winners())["Best panel"] == [YOGYA]


async def test_categories_are_revealed_one_by_one_and_the_last_can_be_taken_back(day) -> None:
    await scored(day)
    await day.go("open", "reveal", "reveal", "undo", "reveal", "reveal")
    assert await day.at() == (3, False)
    with pytest.raises(kernel.Conflict):
        await day.go("reveal")
    await day.go("undo", "undo", "undo")
    for action in ("undo", "publish", "open"):
        with pytest.raises(kernel.Conflict):
            await day.go(action)
    steps = [(row["action"], row["revealed"]) for row in await day.awards.steps((await day.cohort()).id)]
    way = zip("open reveal reveal undo reveal reveal undo undo undo".split(), (0, 1, 2, 1, 2, 3, 2, 1, 0), strict=True)
    assert steps[::-1] == list(way)


async def test_of_two_hands_one_is_faster_and_the_other_is_told(day) -> None:
    await scored(day)
    cohort = await day.cohort()
    for action, seen in (("open", 0), ("reveal", 1)):
        done = await asyncio.gather(
            *(day.awards.go(day.secretariat, cohort, action, seen) for _ in range(3)), return_exceptions=True
        )
        assert sorted(type(one).__name__ for one in done) == ["NoneType", "PreconditionFailed", "PreconditionFailed"]
    assert await day.at() == (1, False)
    with pytest.raises(kernel.PreconditionFailed):
        await day.awards.go(day.secretariat, cohort, "reveal", 1)


async def test_after_the_opening_categories_and_winners_stay(day) -> None:
    await scored(day)
    await day.go("open")
    for deed in (day.set(("Other", BEST)), day.compute()):
        with pytest.raises(kernel.Conflict):
            await deed
    assert (await day.winners())["Best panel"] == [SOLO]


async def test_published_results_are_neither_taken_back_nor_revealed_but_withdrawn(day) -> None:
    await scored(day)
    before = await day.cohort()
    await day.go("open", "reveal", "reveal", "reveal", "publish")
    for action in ("undo", "reveal", "publish"):
        with pytest.raises(kernel.Conflict):
            await day.go(action)
        version = (await day.awards.ceremony(before.id)).version
        with pytest.raises(kernel.Conflict):
            await day.awards.go(day.secretariat, before, action, version)
    await day.go("withdraw")
    assert await day.at() == (3, False)
    with pytest.raises(kernel.Conflict):
        await day.panel.score(day.panel.first, SOLO, 1)
    await day.go("undo", "reveal", "publish")
    assert await day.at() == (3, True)


# The embargo


async def test_before_publication_nobody_gets_to_know_anything(day) -> None:
    assert await day.told() == ([], [], [], [])
    await scored(day, ("Best panel", BEST))
    for action in ("open", "reveal"):
        await day.go(action)
        assert await day.told() == ([], [], [], [])
    assert await day.certify() == 1
    assert await day.told() == ([], [], [], [None]), "the paper is printed, and sealed"
    await day.go("publish")
    public, rows, own, verified = await day.told()
    assert [(one.name, [n.region.slug for n in one.nominees]) for one in public] == [("Best panel", [SOLO])], (
        "winners only"
    )
    assert rows == [{"cohort": "latihan-2026", "category": "Best panel", "region": SOLO, "place": 1, "value": Decimal("3.5"),
                     "rehearsal": True}]  # fmt: skip
    assert (own, verified) == (["Best panel"], ["LATIHAN-2026/0001"])
    await day.go("withdraw")
    assert await day.told() == ([], [], [], [None])


# Certificates


async def test_certificates_are_for_all_who_completed_and_for_revealed_winners_and_once(day) -> None:
    await scored(day)
    assert await day.certify() == 0, "nobody has completed, nothing is revealed"
    for slug in THREE:
        await day.move(slug, "completed")
    with pytest.raises(kernel.Conflict):
        await day.go("open")
    await day.compute()
    assert await day.certify() == 3
    await day.go("open", "reveal")
    assert [await day.certify(), await day.certify()] == [1, 0]
    await day.go("reveal", "reveal", "publish")
    assert [await day.certify(), await day.certify()] == [2, 0]
    papers = await day.papers()
    assert [one.number for one in papers] == [f"LATIHAN-2026/{n:04}" for n in range(1, 7)]
    assert sorted((one.region.slug, one.category) for one in papers) == sorted(
        [(slug, "") for slug in THREE] + [(SOLO, "Best panel"), (SOLO, "Vision"), (YOGYA, "Vision")]
    )


async def test_two_hands_that_certify_at_once_issue_each_paper_once(day) -> None:
    for slug in THREE:
        await day.move(slug, "completed")
    assert sorted(await asyncio.gather(*(day.certify() for _ in range(3)))) == [0, 0, 3]
    assert len({one.number for one in await day.papers()}) == len({one.code for one in await day.papers()}) == 3


async def test_anyone_verifies_a_paper_and_a_forged_one_is_not_confirmed(day) -> None:
    await day.move(SOLO, "completed")
    await day.certify()
    [paper] = await day.papers()
    found = await day.awards.verify(f" {paper.code}\n")
    assert (found.number, found.region.slug, found.cohort.slug, found.category) == (
        "LATIHAN-2026/0001", SOLO, "latihan-2026", "",
    )  # fmt: skip
    assert (found.withdrawn_at, len(paper.code)) == (None, 20), "120 random bits"
    for forged in ("", paper.number, paper.code[:-1], paper.code.swapcase(), "x" * 200, "%"):
        with pytest.raises(kernel.NotFound):
            await day.awards.verify(forged)


async def test_a_withdrawn_paper_says_so_with_its_reason_and_another_may_be_issued(day) -> None:
    await day.move(SOLO, "completed")
    await day.certify()
    [paper] = await day.papers()
    with pytest.raises(kernel.Invalid) as refused:
        await day.awards.withdraw(day.secretariat, paper.code, " ")
    assert refused.value.path == "reason"
    await day.awards.withdraw(day.secretariat, paper.code, "a letter of the name is wrong")
    found = await day.awards.verify(paper.code)
    assert found.withdrawn_at and found.reason == "a letter of the name is wrong"
    for code in (paper.code, "no-such-code"):
        with pytest.raises(kernel.NotFound):
            await day.awards.withdraw(day.secretariat, code, "again")
    assert (await day.awards.verify(paper.code)).reason == "a letter of the name is wrong"
    assert await day.certify() == 1
    assert [(one.number, bool(one.withdrawn_at)) for one in await day.papers()] == [
        ("LATIHAN-2026/0001", True), ("LATIHAN-2026/0002", False),
    ]  # fmt: skip


async def test_a_city_sees_its_own_papers_only(day) -> None:
    for slug in (SOLO, YOGYA):
        await day.move(slug, "completed")
    await day.certify()
    part = await day.movement.part(day.panel.cohort, SOLO)
    assert [one.region.slug for one in await day.awards.own_certificates(day.movement.team(SOLO), part)] == [SOLO]
    with pytest.raises(kernel.Forbidden):
        await day.awards.own_certificates(day.movement.team(YOGYA), part)


# Who may


@pytest.mark.parametrize("role", sorted(Role))
async def test_each_deed_of_the_awards_is_the_secretariats_alone(day, role: Role) -> None:
    await day.move(SOLO, "completed")
    await day.certify()
    [paper] = await day.papers()
    await scored(day)
    cohort, awards = await day.cohort(), day.awards
    who = {Role.CITY_TEAM: day.movement.team(SOLO), Role.ASSESSOR: day.panel.first}.get(role)
    who = who or actor(role, kernel.new_id(kernel.CITY))
    deeds = {
        "categories": lambda: awards.categories(who, cohort),
        "set": lambda: awards.set_categories(who, cohort, CATEGORIES),
        "compute": lambda: awards.compute(who, cohort),
        "go": lambda: awards.go(who, cohort, "open", 0),
        "certify": lambda: awards.certify(who, cohort),
        "certificates": lambda: awards.certificates(who, cohort),
        "withdraw": lambda: awards.withdraw(who, paper.code, "because"),
    }
    allowed = set()
    for name, deed in deeds.items():
        try:
            await deed()
            allowed.add(name)
        except kernel.Forbidden:
            pass
    assert allowed == (set(deeds) if role in (Role.SECRETARIAT, Role.SYSTEM) else set())


async def test_everything_of_the_closing_day_is_in_the_audit(day) -> None:
    await scored(day)
    await day.go("open", "reveal", "reveal", "reveal", "publish", "withdraw")
    await day.certify()
    [paper, *_] = await day.papers()
    await day.awards.withdraw(day.secretariat, paper.code, "a letter of the name is wrong")
    cohort = "cohort/latihan-2026"
    assert await day.movement.heard("awarded") == [("awarded", cohort, "categories"), ("awarded", cohort, "computed")]
    assert [detail for *_, detail in await day.movement.heard("revealed")] == [
        "open 0", "reveal 1", "reveal 2", "reveal 3", "publish 3", "withdraw 3",
    ]  # fmt: skip
    assert await day.movement.heard("certified") == [
        ("certified", cohort, "3 issued"), ("certified", f"certificate/{paper.number}", "withdrawn"),
    ]  # fmt: skip
