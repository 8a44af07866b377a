"""The desks of a city's team and of its mentors: every page looked at, a hand-in sent back and accepted, two at once."""

import io

import openpyxl
import pytest
from looking import look
from playwright.sync_api import Page

TEAM = {
    "home": "/tim",
    "output": "/tim/keluaran/roadmap",
    "evidence": "/tim/bukti",
    "commitment": "/tim/komitmen",
    "plan": "/tim/rencana",
    "section": "/tim/rencana/bagian/umum",
    "programme": "/tim/rencana/program/P1",
    "programme-new": "/tim/rencana/program/baru",
    "removal": "/tim/rencana/program/P1/hapus",
    "versions": "/tim/rencana/versi",
    "wins": "/tim/cepat",
    "win-new": "/tim/cepat/baru",
    "evaluations": "/tim/evaluasi",
}


@pytest.mark.parametrize("name", TEAM)
def test_a_page_of_the_team(at, name: str) -> None:
    page = at("tim.yogya")
    answer = page.goto(TEAM[name])
    assert answer.status == 200 and page.locator("h1").count() == 1
    look(page, f"team-{name}")


def submit(page: Page, selector: str) -> None:
    with page.expect_navigation():
        page.locator(selector).first.click()


def test_handed_in_returned_handed_in_again_and_accepted(at) -> None:
    # Given a city that hands in its roadmap
    team, mentor = at("tim.yogya"), at("pendamping")
    team.goto("/tim/keluaran/roadmap")
    team.fill("[name=note]", "Peta jalan pertama")
    submit(team, "form:has([name=note]) .button")
    look(team, "team-output-handed-in")
    # When the mentor returns it without a word, Then the page asks for one and keeps everything
    mentor.goto("/pendamping")
    look(mentor, "mentor-home")
    submit(mentor, "a:has-text('Kota Yogyakarta')")
    form = "form:has([name=key][value=roadmap])"
    submit(mentor, f"{form} button[value=returned]")
    assert mentor.locator("[aria-invalid=true], .notice.danger").count() >= 1
    look(mentor, "mentor-city")
    # When the mentor says why
    mentor.locator(f"{form} [name=text]").fill("Tambahkan jangka panjang")
    submit(mentor, f"{form} button[value=returned]")
    # Then the city reads it, hands in again, and it is accepted
    team.goto("/tim/keluaran/roadmap")
    assert "Tambahkan jangka panjang" in team.locator("main").inner_text()
    team.fill("[name=note]", "Peta jalan dengan jangka panjang")
    submit(team, "form:has([name=note]) .button")
    mentor.reload()
    submit(mentor, f"{form} button[value=accepted]")
    team.reload()
    assert "diterima" in team.locator("main").inner_text()


@pytest.mark.parametrize(("name", "path"), [("plan", "rencana"), ("versions", "versi"), ("meeting", "bimtek/1")])
def test_a_page_of_the_mentor(at, name: str, path: str) -> None:
    page = at("pendamping")
    page.goto(page.locator("a:has-text('Kota Yogyakarta')").first.get_attribute("href") + "/" + path)
    assert page.locator("h1").count() == 1
    look(page, f"mentor-{name}")


def test_two_people_one_field(at) -> None:
    # Given two of the team who have the same part open
    one, other = at("tim.yogya"), at("tim.yogya")
    for page in (one, other):
        page.goto("/tim/rencana/bagian/umum")
    # When both change the vision and save
    for page, words in ((one, "Kota yang melayani"), (other, "Kota yang mendengar")):
        page.fill("[name=vision]", words)
    submit(one, "main form .button")
    submit(other, "main form .button")
    # Then the second is shown both texts, what each changed is marked, and one of them is chosen
    told = other.locator("main ins").all_inner_texts()
    assert any("melayani" in words for words in told) and any("mendengar" in words for words in told)
    look(other, "team-clash")
    other.get_by_label("Teks saya").check()
    submit(other, "main form .button")
    other.goto("/tim/rencana/bagian/umum")
    assert other.input_value("[name=vision]") == "Kota yang mendengar"


def test_a_spreadsheet_goes_out_and_comes_in(at, tmp_path) -> None:
    # Given the plan as a spreadsheet
    team = at("tim.yogya")
    answer = team.request.get("/tim/rencana/rencana.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.body()))
    # When a cell is changed and the file is brought in
    sheet = next(one for one in book if any(cell.value == "P1" for cell in one["A"]))
    row = next(cell.row for cell in sheet["A"] if cell.value == "P1")
    sheet.cell(row, 2).value = "Nama program dari lembar kerja"
    path = tmp_path / "rencana.xlsx"
    book.save(path)
    team.goto("/tim/rencana")
    team.set_input_files("input[type=file]", path)
    submit(team, "form:has(input[type=file]) .button")
    # Then the page says what changed
    assert any("lembar kerja" in words for words in team.locator("main ins").all_inner_texts())
    look(team, "team-versions-changed")
    # and a file that is no spreadsheet is refused, with what to do
    path.write_bytes(b"bukan lembar kerja")
    team.goto("/tim/rencana")
    team.set_input_files("input[type=file]", path)
    submit(team, "form:has(input[type=file]) .button")
    assert team.locator(".notice.danger").count() == 1
