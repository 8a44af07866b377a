"""The movement as anyone sees it: accessible, light on a cheap phone, whole without scripts, honest about its doubts."""

import csv
import io

import httpx
import pytest
from looking import look

LIGHTEST = 150 * 1024
"""Bytes of the first view, everything that the browser fetches for it included."""
PAGES = {
    "home": "/gerakan",
    "cohort-2017": "/gerakan/kohort/2017",
    "cohort-2018": "/gerakan/kohort/2018",
    "cohort-2019": "/gerakan/kohort/2019",
    "rehearsal": "/gerakan/kohort/latihan-2026",
    "region-yogyakarta": "/gerakan/daerah/kota-yogyakarta",
    "region-jambi": "/gerakan/daerah/kota-jambi",
    "region-depok": "/gerakan/daerah/kota-depok",
    "results-2018": "/gerakan/hasil/2018",
    "data": "/gerakan/data",
    "verification": "/verifikasi",
    "verification-unknown": "/verifikasi/tidak-ada",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_public_page_is_accessible_and_whole_on_a_phone(new_context, name: str) -> None:
    page = new_context().new_page()
    page.goto(PAGES[name])
    assert page.locator("h1").count() == 1
    look(page, f"public-{name}")


@pytest.mark.parametrize("name", PAGES)
def test_the_first_view_is_light(new_context, name: str) -> None:
    page = new_context().new_page()
    weights: dict[str, int] = {}
    page.on("response", lambda answer: weights.update({answer.url: len(answer.body())}))
    page.goto(PAGES[name])
    page.wait_for_load_state("networkidle")
    assert weights and sum(weights.values()) < LIGHTEST, weights


def test_the_same_words_without_scripts(new_context) -> None:
    plain, full = new_context(java_script_enabled=False).new_page(), new_context().new_page()
    for path in PAGES.values():
        for page in (plain, full):
            page.goto(path)
        assert plain.locator("main").inner_text() == full.locator("main").inner_text(), path


def test_a_region_is_found_without_scripts(new_context) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/gerakan")
    page.get_by_label("Nama atau kode").fill("bandung")
    with page.expect_navigation():
        page.locator("main form button").first.click()
    rows = page.locator("#daerah tbody tr")
    assert rows.count() == 2
    assert {"Kota Bandung", "Kabupaten Bandung"} <= set(rows.get_by_role("link").all_inner_texts())


def test_a_doubt_and_a_disagreement_are_told(new_context) -> None:
    page = new_context().new_page()
    page.goto("/gerakan")
    told = page.locator("main").inner_text()
    assert "100" in told and "98" in told, "the hundred is counted both ways"
    page.goto("/gerakan/kohort/2018")
    told = page.locator("main").inner_text()
    assert "120" in told and "165" in told, "where sources disagree both are shown"


@pytest.mark.parametrize(
    "table", ["regions", "participations", "stages", "figures", "promises", "quick-wins", "results", "awards"]
)
def test_open_data_says_the_same_as_csv_and_json(served, table: str) -> None:
    with httpx.Client(base_url=served.url) as anyone:
        rows = list(csv.DictReader(io.StringIO(anyone.get(f"/gerakan/data/{table}.csv").text)))
        told = anyone.get(f"/gerakan/data/{table}.json").json()
    assert told["table"] == table and len(told["rows"]) == len(rows)
    if rows:
        assert list(told["columns"]) == list(rows[0]), "the dictionary names every column"
