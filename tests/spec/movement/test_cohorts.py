"""Cohorts: who is in them, how they get on, what is set and what stays unset."""

import asyncio
from datetime import date

import pytest
from movement_office import PANEL, actor

from sekali import kernel, program, security
from sekali.program import history

# The history


async def test_the_hundred_are_there_and_counted_both_ways(movement) -> None:
    found = await movement.program.cohorts.progress()
    assert (found.official, found.distinct, found.by_year) == (100, 98, {2017: 25, 2018: 50, 2019: 25})
    regions = await movement.program.regions.all()
    assert {regions[id].full_name for id in found.twice} == {"Kota Depok", "Kabupaten Banyumas"}
    assert found.uncertain > 0, "doubts are told, not hidden"


async def test_loading_twice_changes_nothing(movement) -> None:
    before = await movement.database.fetch("select * from program.participation order by id")
    assert not await history.load(movement.database, movement.program.regions)
    assert await movement.database.fetch("select * from program.participation order by id") == before


async def test_two_processes_that_start_together_load_once(sekali) -> None:
    loaded = await asyncio.gather(*(history.load(sekali.database, sekali.program.regions) for _ in range(3)))
    assert sorted(loaded) == [False, False, True]
    assert (await sekali.program.cohorts.progress()).official == 100


async def test_the_kota_and_the_kabupaten_of_one_name_are_two(movement) -> None:
    for name in ("bandung", "bogor", "magelang", "tangerang"):
        kota, kabupaten = movement.regions[f"kota-{name}"], movement.regions[f"kabupaten-{name}"]
        assert kota.name == kabupaten.name and kota.id != kabupaten.id and kota.code != kabupaten.code
        assert (kota.full_name[:5], kabupaten.full_name[:9]) == ("Kota ", "Kabupaten")


async def test_a_replaced_city_and_one_that_only_claimed_are_kept_and_not_counted(movement) -> None:
    for year, slug, state in (("2017", "kabupaten-lombok-timur", "completed"), ("2018", "kota-kotamobagu", "claimed")):
        part = await movement.part(await movement.program.cohorts.by_slug(year), slug)
        assert (part.state, part.counted, part.certain) == (state, False, False) and part.note


# Codes


async def test_a_code_is_of_a_day(movement) -> None:
    mimika, regions = movement.regions["kabupaten-mimika"], movement.program.regions
    then, now = await regions.one(mimika.id, date(2018, 1, 1)), await regions.one(mimika.id)
    assert (then.code, then.province) == ("91.09", "Papua")
    assert (now.code, now.province) == ("94.04", "Papua Tengah")
    assert (await regions.by_code("91.09", date(2018, 1, 1))).id == mimika.id
    assert await regions.by_code("91.09") is None
    assert (await regions.one(mimika.id, date(2010, 1, 1))).code == "91.09", "before the first day: the first code"


async def test_a_new_code_keeps_the_old_one(movement) -> None:
    region, regions = movement.regions["kota-medan"], movement.program.regions
    await regions.renumber(movement.secretariat, region.id, "98.71", "New Province", date(2024, 1, 1), "a law")
    old, new = await regions.codes(region.id)
    assert (old.code, old.until, new.code, new.since, new.until) == (
        region.code,
        new.since,
        "98.71",
        date(2024, 1, 1),
        None,
    )
    assert (await regions.one(region.id, date(2023, 12, 31))).code == region.code
    assert (await regions.one(region.id, date(2024, 1, 1))).code == "98.71"


async def test_a_code_that_another_region_has_is_refused(movement) -> None:
    regions, medan, yogyakarta = (
        movement.program.regions,
        movement.regions["kota-medan"],
        movement.regions["kota-yogyakarta"],
    )
    with pytest.raises(kernel.Conflict):
        await regions.renumber(movement.secretariat, medan.id, yogyakarta.code, "X", date(2024, 1, 1), "a law")
    assert [one.code for one in await regions.codes(medan.id)] == [medan.code], "nothing was changed"


async def test_a_code_that_another_region_gave_up_may_be_given_again_from_that_day(movement) -> None:
    regions, medan = movement.program.regions, movement.regions["kota-medan"]
    with pytest.raises(kernel.Conflict):
        await regions.renumber(movement.secretariat, medan.id, "91.09", "X", date(2022, 7, 24), "a law")
    await regions.renumber(movement.secretariat, medan.id, "91.09", "X", date(2022, 7, 25), "a law")
    assert (await regions.by_code("91.09")).id == medan.id


@pytest.mark.parametrize("since", [date(2016, 12, 31), date(2017, 1, 1)])
async def test_a_code_that_overlaps_the_present_one_is_refused(movement, since: date) -> None:
    with pytest.raises(kernel.Invalid):
        await movement.program.regions.renumber(
            movement.secretariat, movement.regions["kota-medan"].id, "98.71", "X", since, "a law"
        )


@pytest.mark.parametrize(("code", "province", "source"), [("3471", "X", "x"), ("34.71", "", "x"), ("98.71", "X", "")])
async def test_a_code_has_its_form_its_province_and_its_source(movement, code, province, source) -> None:
    with pytest.raises(kernel.Invalid):
        await movement.program.regions.enter(
            movement.secretariat, "kota", "Baru", code, province, date(2024, 1, 1), source
        )


async def test_a_region_enters_once(movement) -> None:
    given = movement.secretariat, "kota", "Baru", "98.72", "X", date(2024, 1, 1), "a law"
    id = await movement.program.regions.enter(*given)
    assert (await movement.program.regions.by_slug("kota-baru")).id == id
    with pytest.raises(kernel.Conflict):
        await movement.program.regions.enter(*given)


# The way of a region


@pytest.mark.parametrize("before", sorted(program.NEXT))
async def test_a_step_is_taken_where_it_may_follow_and_refused_elsewhere(movement, before: str) -> None:
    cohort = await movement.rehearsal(["kota-medan"], "signed")
    part = await movement.part(cohort, "kota-medan")
    for after in program.NEXT:
        await movement.database.execute("update program.participation set state = $2 where id = $1", part.id, before)
        if after in program.NEXT[before]:
            await movement.program.cohorts.move(movement.secretariat, part.id, after, "because")
            assert (await movement.part(cohort, "kota-medan")).state == after
        else:
            with pytest.raises(kernel.Conflict):
                await movement.program.cohorts.move(movement.secretariat, part.id, after, "because")
            assert (await movement.part(cohort, "kota-medan")).state == before


@pytest.mark.parametrize("state", program.REASONED)
async def test_some_steps_need_a_reason(movement, state: str) -> None:
    cohort = await movement.rehearsal(["kota-medan"], "invited")
    part = await movement.part(cohort, "kota-medan")
    for reason in ("", "  "):
        with pytest.raises(kernel.Invalid):
            await movement.program.cohorts.move(movement.secretariat, part.id, state, reason)
    with pytest.raises(kernel.Invalid):
        await movement.program.cohorts.move_all(movement.secretariat, cohort, "invited", state)


async def test_a_region_leaves_comes_back_is_replaced_and_enters_again_and_all_is_kept(movement) -> None:
    cohort = await movement.rehearsal(["kota-medan"], "taking-part")
    part, move = await movement.part(cohort, "kota-medan"), movement.program.cohorts.move
    await move(movement.secretariat, part.id, "withdrawn", "no budget")
    await move(movement.secretariat, part.id, "taking-part")
    await move(movement.secretariat, part.id, "replaced", "by Kota Binjai")
    await movement.program.cohorts.invite(movement.secretariat, cohort, [movement.regions["kota-binjai"].id])
    await move(movement.secretariat, part.id, "invited")
    steps = await movement.program.cohorts.steps(part.id)
    assert [one.state for one in steps] == [
        "invited", "assessed", "selected", "signed", "taking-part", "withdrawn", "taking-part", "replaced", "invited",
    ]  # fmt: skip
    assert [one.reason for one in steps if one.reason] == ["no budget", "by Kota Binjai"]
    assert {one.actor_name for one in steps} == {movement.secretariat.name}
    assert await movement.program.cohorts.invite(movement.secretariat, cohort, [part.region]) == 0


async def test_who_left_before_the_memorandum_cannot_come_back_past_it(movement) -> None:
    cohort = await movement.rehearsal(["kota-medan"], "invited")
    part = await movement.part(cohort, "kota-medan")
    await movement.program.cohorts.move(movement.secretariat, part.id, "withdrawn", "no budget")
    with pytest.raises(kernel.Conflict):
        await movement.program.cohorts.move(movement.secretariat, part.id, "taking-part")


async def test_two_hands_that_move_a_region_at_once_move_it_once(movement) -> None:
    cohort = await movement.rehearsal(["kota-medan"], "invited")
    part = await movement.part(cohort, "kota-medan")
    outcomes = await asyncio.gather(
        *(movement.program.cohorts.move(movement.secretariat, part.id, "assessed") for _ in range(5)),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in outcomes) == ["Conflict"] * 4 + ["NoneType"]
    assert len(await movement.program.cohorts.steps(part.id)) == 2


async def test_all_go_on_together_or_none(movement) -> None:
    cohort = await movement.rehearsal(["kota-medan", "kota-binjai"], "invited")
    assert await movement.program.cohorts.move_all(movement.secretariat, cohort, "invited", "assessed") == 2
    with pytest.raises(kernel.Conflict):
        await movement.program.cohorts.move_all(movement.secretariat, cohort, "assessed", "completed")
    assert {p.state for p in await movement.program.cohorts.participations(cohort.id)} == {"assessed"}


# Invitations


async def test_an_invitation_sent_twice_is_one(movement) -> None:
    cohort, medan = await movement.rehearsal([], "invited"), movement.regions["kota-medan"].id
    invited = await asyncio.gather(
        *(movement.program.cohorts.invite(movement.secretariat, cohort, [medan, medan]) for _ in range(4))
    )
    assert sorted(invited) == [0, 0, 0, 1]
    (part,) = await movement.program.cohorts.participations(cohort.id)
    assert len(await movement.program.cohorts.steps(part.id)) == 1


async def test_a_region_is_once_in_a_cohort_and_may_be_in_two(movement) -> None:
    depok = movement.regions["kota-depok"].id
    await movement.rehearsal(["kota-depok"], "invited")
    parts = await movement.program.cohorts.participations(region=depok)
    assert len(parts) == 3 and len({part.cohort for part in parts}) == 3
    insert = "insert into program.participation (id, cohort, region, state) values ($1, $2, $3, 'invited')"
    with pytest.raises(kernel.Duplicate):
        await movement.database.execute(insert, kernel.new_id(kernel.CITY), parts[0].cohort, depok)


async def test_the_teams_work_is_in_the_newest_cohort_where_it_has_a_place(movement) -> None:
    depok, cohorts = movement.regions["kota-depok"].id, movement.program.cohorts
    assert (await cohorts.part_of(depok)).cohort == (await cohorts.by_slug("2019")).id
    rehearsal = await movement.rehearsal(["kota-depok"], "invited")
    assert (await cohorts.part_of(depok)).cohort == (await cohorts.by_slug("2019")).id, "invited is not yet a place"
    for state in ("assessed", "selected"):
        await cohorts.move_all(movement.secretariat, rehearsal, "invited" if state == "assessed" else "assessed", state)
    assert (await cohorts.part_of(depok)).cohort == rehearsal.id
    with pytest.raises(kernel.NotFound):
        await cohorts.part_of(kernel.new_id(kernel.CITY))


async def test_a_rehearsal_is_never_counted(movement) -> None:
    before = await movement.program.cohorts.progress()
    await movement.rehearsal(["kota-medan", "kota-tomohon"], "completed")
    assert await movement.program.cohorts.progress() == before
    rows = await movement.program.open_data.table("participations")
    assert {(row["rehearsal"], row["counted"]) for row in rows if row["year"] == 2026} == {(True, False)}


async def test_who_was_only_invited_or_not_selected_is_not_put_on_show(movement) -> None:
    await movement.rehearsal(["kota-medan"], "selected")
    assert not [row for row in await movement.program.open_data.table("participations") if row["year"] == 2026]


# Settings


async def test_what_nobody_set_stays_unset(movement) -> None:
    cohort = await movement.program.cohorts.open(movement.secretariat, 2027, "Angkatan 2027", None, rehearsal=False)
    assert cohort.target is None and set(cohort.settings.__struct_fields__) == set(program.Settings.__struct_fields__)
    assert all(getattr(cohort.settings, name) is None for name in program.Settings.__struct_fields__)
    with pytest.raises(kernel.Conflict):
        await movement.program.selection.ranking(movement.secretariat, cohort)
    with pytest.raises(kernel.Conflict):
        await movement.program.panel.standing(movement.secretariat, cohort)
    with pytest.raises(kernel.Invalid) as refused:
        await movement.program.panel.assign(movement.secretariat, cohort)
    assert {fault.path for fault in refused.value.faults} == {"days", "blocks", "rooms", "slots", "panel"}


async def test_one_setting_does_not_touch_the_others(movement) -> None:
    cohort = await movement.rehearsal([], "invited", quick_wins=3)
    found = (await movement.configured(cohort, counts="raw")).settings
    assert (found.quick_wins, found.counts, found.days) == (3, "raw", None)


@pytest.mark.parametrize(
    "wrong", [{"quick_wins": 0}, {"quick_wins": 13}, {"days": 6}, {"panel": -1}, {"counts": "best"}], ids=str
)
async def test_a_setting_that_cannot_be_is_refused(movement, wrong) -> None:
    cohort = await movement.rehearsal([], "invited")
    with pytest.raises(kernel.Invalid):
        await movement.program.cohorts.configure(movement.secretariat, cohort, wrong)


async def test_who_changes_a_cohort_as_it_was_is_told_so(movement) -> None:
    cohort = await movement.rehearsal([], "invited")
    await movement.program.cohorts.configure(movement.secretariat, cohort, {"days": 2})
    with pytest.raises(kernel.PreconditionFailed):
        await movement.program.cohorts.configure(movement.secretariat, cohort, {"days": 3})
    assert (await movement.program.cohorts.one(cohort.id)).settings.days == 2


async def test_the_instrument_stays_once_somebody_has_scored_with_it(panel) -> None:
    movement, other = panel.movement, await panel.movement.instrument("panel", PANEL)
    changed = await movement.configured(panel.cohort, panel_instrument=other)
    await movement.configured(changed, panel_instrument=panel.cohort.settings.panel_instrument)
    await panel.score(panel.first, "kota-surakarta", 3, final=False)
    with pytest.raises(kernel.Conflict) as refused:
        await movement.configured(panel.cohort, panel_instrument=other)
    assert refused.value.path == "panel_instrument"
    assert (await movement.configured(panel.cohort, counts="calibrated")).settings.counts == "calibrated", "others may"


async def test_a_cohort_of_a_year_is_opened_once(movement) -> None:
    with pytest.raises(kernel.Conflict):
        await movement.program.cohorts.open(movement.secretariat, 2018, "Again", 50, rehearsal=False)
    assert (
        await movement.program.cohorts.open(movement.secretariat, 2018, "Latihan", 5, rehearsal=True)
    ).slug == "latihan-2018"


async def test_a_stage_does_not_end_before_it_starts(movement) -> None:
    cohort = await movement.rehearsal([], "invited")
    wrong = program.Stage(1, "Panel", date(2026, 12, 13), date(2026, 12, 12), "", "", "")
    with pytest.raises(kernel.Invalid) as refused:
        await movement.program.cohorts.set_stages(movement.secretariat, cohort, [wrong])
    assert refused.value.faults[0].path == "ends1"


async def test_every_change_is_written_into_the_audit(movement) -> None:
    cohort = await movement.rehearsal(["kota-medan"], "assessed", days=2)
    assert await movement.heard() == [
        ("cohort-changed", f"cohort/{cohort.slug}", "opened"), ("cohort-changed", f"cohort/{cohort.slug}", "settings"),
        ("invited", f"cohort/{cohort.slug}", "1 regions"), ("cohort-changed", f"cohort/{cohort.slug}", "1 assessed"),
    ]  # fmt: skip


async def test_only_the_secretariat_may(movement) -> None:
    cohort = await movement.rehearsal(["kota-medan"], "invited")
    part, cohorts = await movement.part(cohort, "kota-medan"), movement.program.cohorts
    for role in set(security.Role) - {security.Role.SECRETARIAT, security.Role.SYSTEM}:
        somebody = actor(role, movement.regions["kota-medan"].id)
        for work in (
            cohorts.open(somebody, 2030, "X", 1, True), cohorts.configure(somebody, cohort, {"days": 1}),
            cohorts.set_stages(somebody, cohort, []), cohorts.invite(somebody, cohort, []),
            cohorts.move(somebody, part.id, "assessed"), cohorts.move_all(somebody, cohort, "invited", "assessed"),
            cohorts.set_contact(somebody, part.id, "X", "1"),
        ):  # fmt: skip
            with pytest.raises(kernel.Forbidden):
                await work
    assert (await movement.part(cohort, "kota-medan")) == part
