"""The panel's scores: who may give them, how often they count, what they come to, and what is never changed."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from itertools import permutations

import pytest
from movement_office import PANEL, ROOM, THREE, Role, Seated, actor, answers

from sekali import kernel, program

SOLO, YOGYA, BANTUL = THREE
REASON = "a figure was mistyped"


@pytest.fixture
def office(panel):
    """The panel's rules, somebody of the secretariat, and a panel that has its timetable."""
    return panel.movement.program.panel, panel.movement.secretariat, panel


async def sheets_of(panel, slug: str):
    """Every sheet about a city, as the secretariat sees them."""
    return await panel.movement.program.panel.sheets(
        panel.movement.secretariat, panel.cohort, panel.movement.regions[slug].id
    )


async def begin_the_ceremony(panel) -> None:
    """One category, computed; the ceremony is opened."""
    awards, secretariat = panel.movement.program.awards, panel.movement.secretariat
    await awards.set_categories(secretariat, panel.cohort, [("Best", program.Rule())])
    await awards.compute(secretariat, panel.cohort)
    await awards.go(secretariat, panel.cohort, "open", 0)


# Who may score


async def test_an_assessor_sees_and_scores_the_assigned_cities(office) -> None:
    rules, _, panel = office
    tasks = await rules.tasks(panel.first)
    assert {task.region.slug for task in tasks} == set(THREE) and {task.sheet for task in tasks} == {None}
    assert [task.slot.position for task in tasks] == [0, 1, 2], "in the order of the timetable"
    assert await panel.score(panel.first, SOLO, 4, 3) == 1
    [sheet] = [task.sheet for task in await rules.tasks(panel.first) if task.region.slug == SOLO]
    assert (sheet.values, sheet.final) == ({"vision": 4, "quick": 3}, True)


async def test_a_city_that_was_not_assigned_is_not_scored(office) -> None:
    _, _, panel = office
    stranger = await panel.movement.person("assessor", "Citra")
    with pytest.raises(kernel.Forbidden):
        await panel.score(stranger, SOLO, 4)
    assert await sheets_of(panel, SOLO) == []


async def test_who_interviews_or_hears_a_city_elsewhere_was_not_assigned_to_it_here(office, movement) -> None:
    _, secretariat, panel = office
    stranger = await movement.person("assessor", "Citra")
    past = await movement.program.cohorts.by_slug("2018")
    await movement.program.selection.assign(secretariat, past, movement.regions[SOLO].id, stranger.facility)
    with pytest.raises(kernel.Forbidden):
        await panel.score(stranger, SOLO, 4)


async def test_nobody_hears_their_own_city(movement) -> None:
    instrument = await movement.instrument("panel", PANEL)
    cohort = await movement.rehearsal(panel_instrument=instrument, **ROOM | {"blocks": 3, "slots": 1})
    native = await movement.person("assessor", "Ani", home=SOLO)
    for name in ("Budi", "Citra"):
        await movement.person("assessor", name)
    table = await movement.program.panel.assign(movement.secretariat, cohort)
    heard = {city for city, judge in table.heard() if judge == native.facility}
    assert not table.clashes and heard == {movement.regions[slug].id for slug in (YOGYA, BANTUL)}
    part = await movement.part(cohort, SOLO)
    with pytest.raises(kernel.Conflict):
        await movement.program.panel.ask(movement.secretariat, part, native.facility, "one more")
    with pytest.raises(kernel.Forbidden):
        await Seated(movement, cohort, native, native).score(native, SOLO, 4)


async def test_who_moves_to_a_city_after_the_timetable_may_not_score_it(office, movement) -> None:
    _, secretariat, panel = office
    person = await movement.program.mentoring.person(panel.first.facility)
    await movement.program.mentoring.add_person(secretariat, replace(person, home=movement.regions[SOLO].id))
    with pytest.raises(kernel.Forbidden):
        await panel.score(panel.first, SOLO, 4)


async def test_a_conflict_that_is_declared_after_the_timetable_forbids_scoring(office) -> None:
    rules, _, panel = office
    await rules.declare(panel.first, panel.first.facility, panel.movement.regions[SOLO].id, "my sister works there")
    with pytest.raises(kernel.Forbidden):
        await panel.score(panel.first, SOLO, 4)
    assert await panel.score(panel.first, YOGYA, 4) == 1, "the other cities are not touched"
    assert await panel.score(panel.second, SOLO, 4) == 1


async def test_nobody_waits_for_the_sheet_of_one_who_may_not_score_any_more(office) -> None:
    rules, secretariat, panel = office
    await panel.all_score({YOGYA: (4, 4), BANTUL: (3, 3)})
    await panel.score(panel.second, SOLO, 2)
    assert (await panel.standing())[SOLO].missing == (panel.first.facility,)
    await rules.declare(secretariat, panel.first.facility, panel.movement.regions[SOLO].id, "a contract with the city")
    assert (await panel.standing())[SOLO].missing == ()
    await begin_the_ceremony(panel)


async def test_a_sheet_from_before_a_conflict_was_known_is_kept_and_does_not_count(office) -> None:
    rules, secretariat, panel = office
    await panel.all_score({SOLO: (4, 2)})
    assert (await panel.standing())[SOLO].raw == 3
    await rules.declare(secretariat, panel.first.facility, panel.movement.regions[SOLO].id, "a contract with the city")
    found = (await panel.standing())[SOLO]
    assert (found.raw, found.scores) == (2, {panel.second.facility: 2})
    assert len(await sheets_of(panel, SOLO)) == 2


async def test_who_left_the_panel_is_not_waited_for(office, movement) -> None:
    _, secretariat, panel = office
    await panel.score(panel.first, SOLO, 4)
    gone = await movement.program.mentoring.person(panel.second.facility)
    await movement.program.mentoring.add_person(secretariat, replace(gone, active=False))
    found = (await panel.standing())[SOLO]
    assert (found.missing, found.raw) == ((), 4)


async def test_a_conflict_is_declared_by_oneself_or_the_secretariat_and_with_a_reason(office) -> None:
    rules, secretariat, panel = office
    first, solo = panel.first.facility, panel.movement.regions[SOLO].id
    for who in (panel.second, panel.movement.team(SOLO)):
        with pytest.raises(kernel.Forbidden):
            await rules.declare(who, first, solo, "because")
    for who in (panel.first, secretariat):
        with pytest.raises(kernel.Invalid):
            await rules.declare(who, first, solo, "  ")
    assert await rules.conflicts() == []
    await rules.declare(panel.first, first, solo, "my sister works there")
    await rules.declare(secretariat, first, solo, "her sister works there")
    assert [tuple(row.values()) for row in await rules.conflicts()] == [(first, solo, "her sister works there")]


# Sending


async def test_the_same_key_sent_twice_counts_once(office) -> None:
    _, _, panel = office
    assert [await panel.score(panel.first, SOLO, 3, key="of-the-tablet") for _ in range(3)] == [1, 1, 1]
    [sheet] = await sheets_of(panel, SOLO)
    assert [row["version"] for row in await panel.movement.program.sheets.history(sheet.id)] == [1]


async def test_the_same_key_sent_many_times_at_the_same_moment_counts_once(office) -> None:
    _, _, panel = office
    sent = await asyncio.gather(*(panel.score(panel.first, SOLO, 3, key="of-the-tablet") for _ in range(5)))
    assert sent == [1] * 5
    [sheet] = await sheets_of(panel, SOLO)
    assert len(await panel.movement.program.sheets.history(sheet.id)) == 1


async def test_two_first_sendings_at_the_same_moment_do_not_overwrite_each_other(office) -> None:
    _, _, panel = office
    sent = await asyncio.gather(
        *(panel.score(panel.first, SOLO, value, final=False) for value in (1, 2)), return_exceptions=True
    )
    kept = [one for one in sent if one == 1]
    assert len(kept) == 1 and {type(one) for one in sent if one != 1} == {kernel.PreconditionFailed}


async def test_a_key_that_was_used_for_something_else_loses_nothing(office) -> None:
    _, _, panel = office
    await panel.score(panel.first, SOLO, 3, key="of-the-tablet", final=False)
    for who, slug, value in ((panel.first, YOGYA, 3), (panel.second, SOLO, 3), (panel.first, SOLO, 4)):
        with pytest.raises(kernel.Invalid):
            await panel.score(who, slug, value, key="of-the-tablet", final=False)
    assert [sheet.values["vision"] for slug in THREE for sheet in await sheets_of(panel, slug)] == [3]


async def test_a_sheet_that_was_changed_elsewhere_meanwhile_is_not_overwritten(office) -> None:
    _, _, panel = office
    await panel.score(panel.first, SOLO, 1, final=False)
    assert await panel.score(panel.first, SOLO, 2, final=False, base=1) == 2
    for seen in (None, 1, 3):
        with pytest.raises(kernel.PreconditionFailed):
            await panel.score(panel.first, SOLO, 3, final=False, base=seen)
    [sheet] = await sheets_of(panel, SOLO)
    assert (sheet.version, sheet.values["vision"]) == (2, 2)


async def test_a_sheet_with_an_answer_left_out_can_be_saved_and_not_made_final(office) -> None:
    rules, _, panel = office
    part = await panel.movement.part(panel.cohort, SOLO)
    with pytest.raises(kernel.Invalid):
        await rules.score(panel.first, part, answers(vision=3), "of-the-tablet", final=True, note="", base=None)
    assert (
        await rules.score(panel.first, part, answers(vision=3), "of-the-tablet", final=False, note="", base=None) == 1
    )
    found = (await panel.standing())[SOLO]
    assert (found.raw, set(found.missing)) == (None, {panel.first.facility, panel.second.facility})


@pytest.mark.parametrize("value", [-1, "4.01", "NaN"])
async def test_an_answer_outside_the_scale_is_refused_with_its_name(office, value: object) -> None:
    _, _, panel = office
    with pytest.raises(kernel.Invalid) as refused:
        await panel.score(panel.first, SOLO, 3, value)
    assert [fault.path for fault in refused.value.faults] == ["quick"]


# Final, reopened


async def test_a_final_sheet_is_closed_and_reopened_with_a_reason(office) -> None:
    rules, secretariat, panel = office
    await panel.score(panel.first, SOLO, 3)
    with pytest.raises(kernel.Conflict):
        await panel.score(panel.first, SOLO, 4, base=1)
    [sheet] = await sheets_of(panel, SOLO)
    with pytest.raises(kernel.Invalid) as refused:
        await rules.reopen(secretariat, sheet.id, " ")
    assert refused.value.path == "reason"
    await rules.reopen(secretariat, sheet.id, REASON)
    assert (await panel.standing())[SOLO].raw is None, "an open sheet does not count"
    with pytest.raises(kernel.NotFound):
        await rules.reopen(secretariat, sheet.id, REASON)
    assert await panel.score(panel.first, SOLO, 4, base=2) == 3
    history = await panel.movement.program.sheets.history(sheet.id)
    assert [(row["version"], row["actor_name"], row["final"], row["note"]) for row in history] == [
        (1, "Ani", True, ""), (2, "Sekretariat", False, REASON), (3, "Ani", True, ""),
    ]  # fmt: skip
    assert (await panel.standing())[SOLO].raw == 4


async def test_once_the_ceremony_has_begun_nothing_of_the_scores_moves(office) -> None:
    rules, secretariat, panel = office
    await panel.all_score({SOLO: (4, 4), YOGYA: (3, 3), BANTUL: (2, 2)})
    await begin_the_ceremony(panel)
    [sheet, _] = await sheets_of(panel, SOLO)
    part, third = await panel.movement.part(panel.cohort, SOLO), await panel.movement.person("assessor", "Citra")
    for deed in (
        panel.score(panel.first, SOLO, 1, base=1),
        rules.reopen(secretariat, sheet.id, REASON),
        rules.ask(secretariat, part, third.facility, "one more"),
        rules.assign(secretariat, panel.cohort),
    ):
        with pytest.raises(kernel.Conflict):
            await deed
    standing = await panel.standing()
    assert [(one.raw, one.missing) for one in standing.values()] == [(4, ()), (3, ()), (2, ())]


async def test_a_withdrawn_citys_sheets_are_kept_and_do_not_count(office) -> None:
    _, secretariat, panel = office
    await panel.all_score({SOLO: (4, 4), YOGYA: (3, 3)})
    part = await panel.movement.part(panel.cohort, SOLO)
    await panel.movement.program.cohorts.move(secretariat, part.id, "withdrawn", "no budget")
    assert {slug: one.rank for slug, one in (await panel.standing()).items()} == {YOGYA: 1, BANTUL: None}
    assert [sheet.values["vision"] for sheet in await sheets_of(panel, SOLO)] == [4, 4]
    with pytest.raises(kernel.Conflict):
        await panel.score(panel.first, SOLO, 1, base=1)
    await panel.movement.program.cohorts.move(secretariat, part.id, "taking-part")
    assert (await panel.standing())[SOLO].rank == 1, "back again, with what it had"


async def test_a_city_that_left_since_the_page_was_loaded_is_not_scored(office) -> None:
    rules, secretariat, panel = office
    seen = await panel.movement.part(panel.cohort, SOLO)
    await panel.movement.program.cohorts.move(secretariat, seen.id, "withdrawn", "no budget")
    with pytest.raises(kernel.Conflict):
        await rules.score(
            panel.first, seen, answers(vision=3, quick=3), "of-the-tablet", final=True, note="", base=None
        )


# What it comes to


async def test_raw_and_calibrated_stand_side_by_side_and_the_setting_says_which_counts(office, movement) -> None:
    _, secretariat, panel = office
    third = await movement.person("assessor", "Citra")
    part = await movement.part(panel.cohort, SOLO)
    await movement.program.panel.ask(secretariat, part, third.facility, "one more")
    await panel.all_score({SOLO: (3, 2), YOGYA: (3, 2), BANTUL: (2, 1)})
    await panel.score(third, SOLO, "2.5")
    raw = await panel.standing()
    assert [raw[slug].counted == raw[slug].raw for slug in THREE] == [True] * 3
    await movement.configured(panel.cohort, counts="calibrated")
    found = await panel.standing()
    assert [found[slug].counted == found[slug].calibrated.value for slug in THREE] == [True] * 3
    assert [found[slug].raw for slug in THREE] == [raw[slug].raw for slug in THREE], "the raw one stays what it was"
    whole = await movement.program.panel.standing(secretariat, await movement.program.cohorts.one(panel.cohort.id))
    biases = [whole.calibration.biases[one.facility].value for one in (panel.first, third, panel.second)]
    assert biases == [Decimal("0.5"), 0, Decimal("-0.5")], "lenient, even, strict"


async def test_while_nobody_said_which_score_counts_there_is_no_rank(office, movement) -> None:
    _, _, panel = office
    await panel.all_score(dict.fromkeys(THREE, (3, 3)))
    await movement.configured(panel.cohort, counts=None)
    found = (await panel.standing()).values()
    assert {(one.raw, one.counted, one.rank) for one in found} == {(3, None, None)}


async def test_assessors_that_cannot_be_compared_are_told_and_raw_still_stands(office, movement) -> None:
    rules, secretariat, panel = office
    await panel.score(panel.first, SOLO, 4)
    await panel.score(panel.second, YOGYA, 3)
    cohort = await movement.configured(panel.cohort, counts="calibrated")
    found = await rules.standing(secretariat, cohort)
    assert found.calibration is None and found.why_not
    assert {one.region.slug: (one.raw, one.counted) for one in found.results} == {
        SOLO: (4, None), YOGYA: (3, None), BANTUL: (None, None),
    }  # fmt: skip


async def test_missing_sheets_are_named(office) -> None:
    _, _, panel = office
    await panel.score(panel.first, SOLO, 4)
    await panel.score(panel.second, SOLO, 4, final=False)
    found = await panel.standing()
    assert found[SOLO].missing == (panel.second.facility,)
    assert set(found[YOGYA].missing) == {panel.first.facility, panel.second.facility}


async def test_equal_scores_share_a_rank_and_a_part_has_a_standing_of_its_own(office) -> None:
    _, _, panel = office
    for slug, vision, quick in ((SOLO, 4, 1), (YOGYA, 2, 4), (BANTUL, 4, 1)):
        await panel.score(panel.first, slug, vision, quick)
    assert {slug: (one.raw, one.rank) for slug, one in (await panel.standing()).items()} == {
        BANTUL: (Decimal("2.8"), 1), SOLO: (Decimal("2.8"), 1), YOGYA: (Decimal("2.8"), 1),
    }  # fmt: skip
    assert {slug: (one.raw, one.rank) for slug, one in (await panel.standing("quick")).items()} == {
        YOGYA: (4, 1), BANTUL: (1, 2), SOLO: (1, 2),
    }  # fmt: skip


async def test_the_order_in_which_sheets_come_in_never_matters(office, movement) -> None:
    _, secretariat, panel = office
    third = await movement.person("assessor", "Citra")
    part = await movement.part(panel.cohort, SOLO)
    await movement.program.panel.ask(secretariat, part, third.facility, "one more")
    given = [(panel.first, "3.1"), (panel.second, "2.7"), (third, "1.9")]
    for slug, one, other in ((YOGYA, "3.3", "2.2"), (BANTUL, "0.1", "3.7")):
        await panel.score(panel.first, slug, one)
        await panel.score(panel.second, slug, other)
    found = []
    for order in permutations(given):
        await movement.database.execute(
            "delete from program.sheet_version v using program.sheet s where s.id = v.sheet and s.region = $1",
            part.region,
        )
        await movement.database.execute("delete from program.sheet where region = $1", part.region)
        for who, value in order:
            await panel.score(who, SOLO, value)
        found.append([(one.raw, one.calibrated, one.rank) for one in (await panel.standing()).values()])
    assert len(found) == 6 and all(one == found[0] for one in found)


# The timetable, second opinions, minutes


async def test_a_timetable_is_made_anew_until_somebody_has_scored(office) -> None:
    rules, secretariat, panel = office
    before = await rules.slots(panel.cohort.id)
    assert not (await rules.assign(secretariat, panel.cohort)).clashes
    assert len(await rules.slots(panel.cohort.id)) == len(before) == 3
    await panel.score(panel.first, SOLO, 4, final=False)
    with pytest.raises(kernel.Conflict):
        await rules.assign(secretariat, panel.cohort)


async def test_a_timetable_with_clashes_is_not_kept(office) -> None:
    rules, secretariat, panel = office
    before = await rules.slots(panel.cohort.id)
    await rules.declare(panel.first, panel.first.facility, panel.movement.regions[SOLO].id, "my sister works there")
    found = await rules.assign(secretariat, panel.cohort)
    assert [(clash.rule, clash.who, clash.missing) for clash in found.clashes] == [("conflict", ("Kota Surakarta",), 1)]
    assert await rules.slots(panel.cohort.id) == before


async def test_settings_that_are_missing_are_named(office, movement) -> None:
    rules, secretariat, panel = office
    cohort = await movement.configured(panel.cohort, rooms=None, panel=None)
    with pytest.raises(kernel.Invalid) as refused:
        await rules.assign(secretariat, cohort)
    assert {fault.path for fault in refused.value.faults} == {"rooms", "panel"}


async def test_a_second_opinion_adds_an_assessor_who_is_waited_for_and_counts(office, movement) -> None:
    rules, secretariat, panel = office
    await panel.all_score({SOLO: (4, 3)})
    third, part = await movement.person("assessor", "Citra"), await movement.part(panel.cohort, SOLO)
    with pytest.raises(kernel.Invalid):
        await rules.ask(secretariat, part, third.facility, " ")
    for _ in range(2):
        await rules.ask(secretariat, part, third.facility, "the two are far apart")
    [task] = await rules.tasks(third)
    assert (task.region.slug, task.slot) == (SOLO, None)
    assert (await panel.standing())[SOLO].missing == (third.facility,)
    await panel.score(third, SOLO, 2)
    found = (await panel.standing())[SOLO]
    assert (found.raw, found.missing) == (3, ())
    with pytest.raises(kernel.Forbidden):
        await panel.score(third, YOGYA, 2)


async def test_who_hears_the_city_already_is_not_asked_for_a_second_opinion(office) -> None:
    rules, secretariat, panel = office
    with pytest.raises(kernel.Conflict):
        await rules.ask(secretariat, await panel.movement.part(panel.cohort, SOLO), panel.first.facility, "again")
    assert len(await rules.tasks(panel.first)) == 3


async def test_who_was_asked_and_then_seated_has_the_city_once(office, movement) -> None:
    rules, secretariat, panel = office
    third, part = await movement.person("assessor", "Citra"), await movement.part(panel.cohort, SOLO)
    await rules.ask(secretariat, part, third.facility, "one more")
    gone = await movement.program.mentoring.person(panel.first.facility)
    await movement.program.mentoring.add_person(secretariat, replace(gone, active=False))
    assert not (await rules.assign(secretariat, panel.cohort)).clashes
    assert {task.region.slug: bool(task.slot) for task in await rules.tasks(third)} == dict.fromkeys(THREE, True)
    assert len(await rules.tasks(third)) == 3


async def test_minutes_are_added_in_order_and_never_changed(office) -> None:
    rules, secretariat, panel = office
    part = await panel.movement.part(panel.cohort, SOLO)
    for words in ("Discussed.", "  Decided.  "):
        await rules.minute(secretariat, part.id, words)
    first = [tuple(row.values()) for row in await rules.minutes(part.id)]
    for words in ("", "   ", "x" * 8_001):
        with pytest.raises(kernel.Invalid):
            await rules.minute(secretariat, part.id, words)
    await rules.minute(secretariat, part.id, "Discussed.")
    found = [tuple(row.values()) for row in await rules.minutes(part.id)]
    assert found[:2] == first and [text for *_, text in found] == ["Discussed.", "Decided.", "Discussed."]
    assert await rules.minutes((await panel.movement.part(panel.cohort, YOGYA)).id) == []


# Who may


@pytest.mark.parametrize("role", sorted(Role))
async def test_each_deed_of_the_panel_is_its_roles_alone(office, movement, role: Role) -> None:
    rules, secretariat, panel = office
    await panel.score(panel.second, SOLO, 4)
    [sheet] = await sheets_of(panel, SOLO)
    part, cohort = await movement.part(panel.cohort, SOLO), panel.cohort
    third = await movement.person("assessor", "Citra")
    who = {Role.CITY_TEAM: movement.team(SOLO), Role.ASSESSOR: panel.first, Role.SECRETARIAT: secretariat}.get(role)
    who = who or actor(role, kernel.new_id(kernel.CITY))
    deeds = {
        "score": lambda: panel.score(who, SOLO, 4),
        "own sheet": lambda: rules.sheet(who, part),
        "sheets": lambda: rules.sheets(who, cohort),
        "standing": lambda: rules.standing(who, cohort),
        "ask": lambda: rules.ask(who, part, third.facility, "one more"),
        "minute": lambda: rules.minute(who, part.id, "Discussed."),
        "reopen": lambda: rules.reopen(who, sheet.id, REASON),
        "declare": lambda: rules.declare(who, third.facility, part.region, "because"),
    }
    allowed = set()
    for name, deed in deeds.items():
        try:
            await deed()
            allowed.add(name)
        except kernel.Forbidden:
            pass
    keeping = {"own sheet", "sheets", "standing", "ask", "minute", "reopen", "declare"}
    kept = {
        Role.ASSESSOR: {"score", "own sheet"},
        Role.SECRETARIAT: keeping,
        Role.SYSTEM: keeping | {"score"},
    }.get(role, set())
    assert allowed == kept
    if Role.SECRETARIAT is not role:
        with pytest.raises(kernel.Failure):
            await rules.assign(who, cohort)


async def test_everything_the_panel_does_is_in_the_audit(office, movement) -> None:
    rules, secretariat, panel = office
    part = await movement.part(panel.cohort, SOLO)
    await panel.score(panel.first, SOLO, 4)
    [sheet] = await sheets_of(panel, SOLO)
    await rules.reopen(secretariat, sheet.id, REASON)
    third = await movement.person("assessor", "Citra")
    await rules.ask(secretariat, part, third.facility, "one more")
    await rules.minute(secretariat, part.id, "Discussed.")
    await rules.declare(third, third.facility, part.region, "my sister works there")
    assert await movement.heard("scored") == [
        ("scored", f"sheet/{sheet.id}", "panel version 1"), ("scored", f"sheet/{sheet.id}", "reopened"),
    ]  # fmt: skip
    assert await movement.heard("panel-set") == [
        ("panel-set", f"cohort/{panel.cohort.slug}", "timetable"),
        ("panel-set", f"participation/{part.id}", "second opinion"),
        ("panel-set", f"participation/{part.id}", "minute"),
        ("panel-set", f"person/{third.facility}", "conflict"),
    ]
