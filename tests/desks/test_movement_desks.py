"""The pages of the secretariat and of assessors, looked at: accessible, whole on a phone. (The way through them is in
test_from_invitation_to_certificate.py.)"""

import pytest
from looking import look

COHORT = "/sekretariat/kohort/latihan-2026"
PAGES = {
    "secretariat": "/sekretariat",
    "people": "/sekretariat/orang",
    "instruments": "/sekretariat/instrumen",
    "instrument-new": "/sekretariat/instrumen/baru?jenis=panel",
    "evaluations": "/sekretariat/evaluasi",
    "regions": "/sekretariat/daerah",
    "cohort": COHORT,
    "cohort-2018": "/sekretariat/kohort/2018",
    "selection": f"{COHORT}/seleksi",
    "selection-2018": "/sekretariat/kohort/2018/seleksi",
    "panel": f"{COHORT}/panel",
    "awards": f"{COHORT}/penghargaan",
    "ceremony": f"{COHORT}/acara",
    "screen": "/layar/latihan-2026",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_secretariat(at, name: str) -> None:
    page = at("sekretariat")
    page.goto(PAGES[name])
    assert page.locator("h1").count() == 1
    look(page, f"movement-{name}")


@pytest.mark.parametrize(
    ("name", "start", "link"),
    [
        ("participant", COHORT, "main a[href*='/peserta/']"),
        ("desk-indices", f"{COHORT}/seleksi", "td a[href*='/seleksi/']"),
        ("instrument", "/sekretariat/instrumen", "main a[href^='/sekretariat/instrumen/']:not([href*=baru])"),
    ],
)
def test_a_page_behind_a_list(at, name: str, start: str, link: str) -> None:
    page = at("sekretariat")
    page.goto(start)
    page.goto(page.locator(link).first.get_attribute("href"))
    look(page, f"movement-{name}")


def test_weights_of_the_bandung_press_cannot_be_adopted(at) -> None:
    # Given the weights that were published with a misprint: 10, 20, 40, 30 and 20
    page = at("sekretariat")
    page.goto("/sekretariat/instrumen")
    with page.expect_navigation():
        page.get_by_role("link", name="Yearly evaluation, weights as in the Bandung press").click()
    # When somebody adopts them
    with page.expect_navigation():
        page.locator("button[value=adopt]").click()
    # Then the page says why not, nothing is lost, and with 100 they can be adopted
    assert "berjumlah tepat 100" in page.locator(".notice.danger").inner_text()
    look(page, "movement-instrument-faults")
    lines = page.locator("#lines").input_value()
    page.fill("#lines", lines.replace("outcome | Outcome | 40", "outcome | Outcome | 29.9"))
    with page.expect_navigation():
        page.locator("button[value=adopt]").click()
    assert page.locator(".notice.danger").count() == 1, "109.9 is not 100"
    page.fill("#name", "Contoh uji")
    page.fill("#lines", lines.replace("Outcome | 40", "Outcome | 30").replace("Impact | 30", "Impact | 20"))
    with page.expect_navigation():
        page.locator("button[value=adopt]").click()
    assert "ditetapkan" in page.locator("main").inner_text()


def test_an_infeasible_panel_says_which_rule_clashes(at) -> None:
    # Given two rooms and one city in each block: sixteen places for fifty cities
    page = at("sekretariat")
    page.goto("/sekretariat")
    page.fill("#year", "2033")
    page.fill("#name", "Uji jadwal (karangan)")
    page.check("[name=rehearsal]")
    with page.expect_navigation():
        page.locator("form:has(#year) .button").click()
    for name, value in {"days": 2, "blocks": 2, "rooms": 2, "slots": 1, "panel": 3}.items():
        page.fill(f"#{name}", str(value))
    with page.expect_navigation():
        page.locator("form:has(#quick_wins) .button").click()
    for box in page.locator(".boxes input").all()[:12]:
        box.check()
    with page.expect_navigation():
        page.locator("form[action$='/undang'] .button").click()
    for step in ("invited>assessed",):
        with page.expect_navigation():
            page.locator(f"button[value='{step}']").click()
    slug = page.url.rpartition("/")[2].split("#")[0]
    for link in [a.get_attribute("href") for a in page.locator("main a[href*='/peserta/']").all()]:
        page.goto(link)
        with page.expect_navigation():
            page.locator("button[value=selected]").click()
    page.goto(f"/sekretariat/kohort/{slug}")
    with page.expect_navigation():
        page.locator("button[value='selected>signed']").click()
    # When a timetable is asked for
    page.goto(f"/sekretariat/kohort/{slug}/panel")
    with page.expect_navigation(timeout=30_000):
        page.locator("main form .button").click()
    # Then the page says that places are missing, and how many
    assert "Tempat kurang: 4 kota tidak kebagian" in page.locator(".notice.danger").inner_text()
    look(page, "movement-panel-clash")


def test_an_assessor_says_a_conflict_and_may_not_score_that_city(at) -> None:
    page = at("penilai.dua")
    page.select_option("#region", label="Kota Sibolga")
    page.fill("#reason", "Pernah bekerja di sana")
    with page.expect_navigation():
        page.locator("form:has(#reason) .button").click()
    assert "Kota Sibolga: Pernah bekerja di sana" in page.locator("main").inner_text()
    look(page, "movement-assessor")
