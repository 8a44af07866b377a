"""What is known of 2017 to 2019: each row with its source, and nothing that no source gives."""

import csv

import pytest

from sekali.program import history


def rows(name):
    with (history.DATA / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("name", ["participations", "figures", "awards"])
def test_every_row_has_its_source(name: str) -> None:
    found = rows(name)
    assert found and all(row["source"].strip() for row in found)


def test_a_stage_without_a_source_tells_nothing_but_that_nothing_was_found() -> None:
    found = rows("stages")
    assert sum(bool(row["source"].strip()) for row in found) > 20
    for row in found:
        if not row["source"].strip():
            assert not (row["starts"] or row["ends"] or row["place"]) and "not found" in row["note"]


def test_every_mark_on_the_map_says_where_it_is_from_and_is_in_indonesia() -> None:
    for row in rows("regions"):
        assert row["position_source"].strip(), row["name"]
        assert 95 <= float(row["longitude"]) <= 141 and -11 <= float(row["latitude"]) <= 6, row["name"]


def test_every_region_stands_once_with_a_code_of_its_own() -> None:
    found = rows("regions")
    for key in (("type", "name"), ("code",), ("code_2025",)):
        seen = [tuple(row[column] for column in key) for row in found]
        assert len(set(seen)) == len(seen), key


def test_every_row_about_a_region_names_one_that_is_known() -> None:
    known = {(row["type"], row["name"]) for row in rows("regions")}
    about = [(row["type"], row["name"]) for name in ("participations", "figures") for row in rows(name) if row["name"]]
    assert set(about) <= known


def test_doubt_is_always_explained() -> None:
    doubtful = [row for row in rows("participations") if row["certain"] != "yes" or row["counted"] != "yes"]
    assert doubtful and all(row["note"].strip() for row in doubtful)


async def test_what_is_kept_has_its_source_too(movement) -> None:
    for table in ("figure", "region_code", "instrument"):
        bare = await movement.database.fetchval(f"select count(*) from program.{table} where source = ''")  # noqa: S608
        assert bare == 0, table
    assert await movement.database.fetchval("select count(*) from program.participation_event where reason = ''") == 0


async def test_no_winner_score_or_ceremony_is_invented(movement) -> None:
    for table in ("category", "award", "ceremony", "certificate", "sheet", "evaluation", "person", "plan", "quick_win"):
        assert await movement.database.fetchval(f"select count(*) from program.{table}") == 0, table  # noqa: S608


async def test_no_weight_is_adopted_and_all_are_drafts_of_the_yearly_evaluation(movement) -> None:
    found = await movement.program.sheets.versions()
    assert {one.kind for one in found} == {"evaluation"} and len(found) == 3
    assert all(one.adopted_at is None and one.source for one in found)


async def test_no_cohort_of_the_past_has_settings_or_published_results(movement) -> None:
    for cohort in await movement.program.cohorts.all():
        assert cohort.settings == type(cohort.settings)() and cohort.published_at is None and not cohort.rehearsal


async def test_no_ranking_of_the_cohorts_of_2017_to_2019_is_told(movement) -> None:
    figures = await movement.program.open_data.table("figures")
    assert {row["figure"] for row in figures if row["cohort"]} == {"invited", "assessed", "assessors"}
    assert all(row["year"] is None or row["year"] > 2019 for row in figures if row["region"])
    early = [row for row in history.awards_elsewhere() if int(row["year"]) < 2020]
    assert not [row for row in early if row["category"].startswith("Smart ")], "categories came in 2021"


async def test_where_sources_disagree_each_figure_is_kept(movement) -> None:
    cohort = await movement.program.cohorts.by_slug("2018")
    assessed = [one for one in await movement.program.cohorts.figures(cohort.id) if one.name == "assessed"]
    assert sorted(int(one.value) for one in assessed) == [120, 165]
    assert len({one.source for one in assessed}) == 2 and all(one.note for one in assessed)


async def test_a_stage_has_a_day_only_where_a_source_gives_it(movement) -> None:
    for cohort in await movement.program.cohorts.all():
        stages = await movement.program.cohorts.stages(cohort.id)
        assert [one.position for one in stages] == sorted(one.position for one in stages) and stages
        assert all(one.starts <= one.ends for one in stages if one.starts and one.ends)
    (invitation, *_) = await movement.program.cohorts.stages((await movement.program.cohorts.by_slug("2017")).id)
    assert invitation.starts is None


async def test_everything_known_can_be_taken_as_open_data_with_its_source(movement) -> None:
    figures = await movement.program.open_data.table("figures")
    assert figures and all(row["source"] for row in figures)
    stages = await movement.program.open_data.table("stages")
    assert stages and all(row["source"] for row in stages if row["starts"] or row["place"])
    for table in ("results", "awards", "promises", "quick-wins"):
        assert await movement.program.open_data.table(table) == []
