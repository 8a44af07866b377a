"""One cohort, from the invitation to the certificate, on the real list of 2018 with made-up scores.

Secretariat, city, mentor, assessors and the public, each in a session of their own. What one does fifty times is done
once in the browser and otherwise sent by the same form over HTTP.
"""

import random
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pypdfium2
import pytest
import zxingcpp
from breakable import BreakableLine
from looking import look
from playwright.sync_api import Page, expect

from sekali import program

YEAR = 2031
SLUG = f"latihan-{YEAR}"
DESK = f"/sekretariat/kohort/{SLUG}"
CITY = "Kota Surakarta"
CITIES = [
    f"{row['type'].capitalize()} {row['name']}"
    for row in program.history.rows("participations") if row["cohort"] == "2018" and row["counted"] == "yes"
]  # fmt: skip
INDICES = ("desk.performance", "desk.sustainable", "desk.green", "desk.finance")
QUESTIONS = ("analysis", "vision", "action", "quickwin")
CATEGORIES = """\
Terbaik (contoh) | panel | | 3
Quick win (contoh) | panel | quickwin | 1
Menyelesaikan masterplan | completed | | 1"""
made_up = random.Random(YEAR)


class Line:
    """Somebody's forms over HTTP, in a session of their own."""

    def __init__(self, url: str, username: str) -> None:
        self.http = httpx.Client(base_url=url, headers={"Sec-Fetch-Site": "same-origin"}, timeout=60)
        if username:
            answer = self.http.post("/masuk", data={"username": username, "password": "sekali-demo"})
            assert answer.status_code == 303, answer.text

    def read(self, path: str) -> str:
        answer = self.http.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def send(self, path: str, **form: str) -> httpx.Response:
        answer = self.http.post(path, data=form)
        assert answer.status_code in (200, 303), (
            path,
            answer.status_code,
            re.sub(r"<[^>]+>|\s+", " ", answer.text)[-600:],
        )
        return answer


def submit(page: Page, selector: str) -> None:
    with page.expect_navigation():
        page.locator(selector).click()


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return found[1]


def links(html: str, pattern: str) -> list[str]:
    return list(dict.fromkeys(re.findall(rf'href="({pattern})"', html)))


def test_fifty_cities_from_invitation_to_certificate(at: Callable[..., Page], new_context, served, kept) -> None:
    secretariat = at("sekretariat")
    office = Line(served.url, "sekretariat")

    open_cohort(secretariat)
    invite(secretariat)
    city = city_team(secretariat, new_context)
    choose(secretariat, office, served)
    mentor_and_city_work(secretariat, city, at)
    score(secretariat, office, at, served)
    winners = award(secretariat)
    ceremony(secretariat, new_context, winners, served)
    certificates(secretariat, office, new_context, city)

    # And every step is in the audit
    kinds = {row["kind"] for row in kept("select distinct kind from audit.event where purpose = 'movement'")}
    assert {"invited", "cohort-changed", "plan-changed", "reviewed", "scored", "panel-set", "awarded", "revealed",
            "certified"} <= kinds  # fmt: skip


def open_cohort(page: Page) -> None:
    # Given a cohort of fifty places, opened by the secretariat as a rehearsal
    page.goto("/sekretariat")
    page.fill("#year", str(YEAR))
    page.fill("#target", "50")
    page.fill("#name", f"Uji {YEAR} (semua angka karangan)")
    page.check("[name=rehearsal]")
    submit(page, "form:has(#year) .button")
    assert page.url.endswith(DESK)
    # and its settings, which no source gives
    figures = {"quick_wins": 3, "days": 2, "blocks": 2, "rooms": 5, "slots": 3, "panel": 3, "minutes": 30}
    for name, value in figures.items():
        page.fill(f"#{name}", str(value))
    page.fill("#starts_at", "08.30")
    page.select_option("#selection_instrument", label="Seleksi (contoh latihan)")
    page.select_option("#panel_instrument", label="Presentasi Desember (contoh latihan)")
    page.select_option("#counts", "calibrated")
    submit(page, "form:has(#quick_wins) .button")
    assert page.input_value("#starts_at") == "08.30"


def invite(page: Page) -> None:
    # When the fifty regions of 2018 are invited
    assert len(CITIES) == 50
    for name in CITIES:
        page.get_by_label(name, exact=True).check()
    submit(page, "form[action$='/undang'] .button")
    # Then they are in it, kota and kabupaten of one name apart
    table = page.locator("#peserta table")
    expect(table.locator("tbody tr")).to_have_count(50)
    assert table.get_by_role("link", name="Kabupaten Bandung", exact=True).count() == 1
    assert table.get_by_role("link", name="Kota Bandung", exact=True).count() == 0


def city_team(page: Page, new_context) -> Page:
    # When the secretariat makes an invitation code for a city's team
    page.locator("#peserta table").get_by_role("link", name=CITY, exact=True).click()
    page.fill("#team_name", "Tim Surakarta (contoh)")
    submit(page, "form:has(#team_name) .button")
    code = re.search(r"[2-9A-Z]{8}", page.locator(".notice.good p").inner_text())[0]
    # Then the team opens its own account with it
    team = new_context().new_page()
    team.goto("/aktivasi")
    team.fill("#code", code)
    team.fill("#username", f"tim.surakarta.{YEAR}")
    for field in ("#password", "#password_again"):
        team.fill(field, "rahasia-sekali")
    submit(team, ".button.big")
    team.fill("#password", "rahasia-sekali")
    submit(team, "form[action='/masuk'] button")
    assert team.url.endswith("/tim") and CITY in team.locator("main").inner_text()
    return team


def choose(page: Page, office: Line, served) -> None:
    # When the desk indices are written down, each with its source; a kabupaten has no index of sustainable cities
    page.goto(f"{DESK}/seleksi")
    page.get_by_role("link", name=CITY, exact=True).click()
    for n, key in enumerate(INDICES):
        page.fill(f'[name="value.{key}"]', str(60 + n))
    submit(page, ".saved .button")
    assert "Tulis sumber setiap angka" in page.locator(".notice.danger").inner_text(), (
        "a figure without a source is refused"
    )
    for key in INDICES:
        page.fill(f'[name="source.{key}"]', "karangan untuk uji")
    submit(page, ".saved .button")
    rows = re.findall(
        rf'<a href="({DESK}/seleksi/[0-9a-f-]+)">(Kota|Kabupaten) ([^<]+)</a>', office.read(f"{DESK}/seleksi")
    )
    assert len(rows) == 50
    for path, kind, name in rows:
        if f"{kind} {name}" == CITY:
            continue
        form = {"key": hidden(office.read(path), "key")}
        for key in INDICES:
            if kind == "Kota" or key != "desk.sustainable":
                form |= {f"value.{key}": str(made_up.randint(30, 95)), f"source.{key}": "karangan untuk uji"}
        office.send(path, **form)
    # and an assessor interviews one of them
    page.select_option("#region", label=CITY)
    page.select_option("#person", label="Penilai Contoh 02")
    submit(page, "form:has(#person) .button")
    examiner = Line(served.url, "penilai.dua")
    [path] = links(examiner.read("/penilai"), r"/penilai/wawancara/[0-9a-f-]+")
    html = examiner.read(path)
    questions = dict.fromkeys(re.findall(r'name="(value\.interview\.\w+)"', html), "80")
    assert len(questions) == 9, "three elements of three parts"
    examiner.send(path, key=hidden(html, "key"), base="", action="final", **questions)
    # Then there is a ranking with reasons, and the decision follows it
    page.goto(f"{DESK}/seleksi")
    assert page.locator("tbody tr").count() == 50
    assert page.locator("tbody tr:has-text('Kabupaten') >> text=Indeks Kota Berkelanjutan").count() > 0, (
        "missing, not zero"
    )
    submit(page, ".button.big")
    letter = office.http.get(f"{DESK}/keputusan.pdf", params={"nomor": "1/UJI", "penanda": "Direktur (contoh)"})
    assert letter.content.startswith(b"%PDF")
    pages = pypdfium2.PdfDocument(letter.content)
    assert CITY in " ".join(page.get_textpage().get_text_range() for page in pages)
    # and all sign and take part
    page.goto(DESK)
    submit(page, "button[value='selected>signed']")
    submit(page, "button[value='signed>taking-part']")
    assert page.locator("#peserta tbody .badge:has-text('ikut serta')").count() == 50


def mentor_and_city_work(page: Page, city: Page, at) -> None:
    # When a mentor is appointed
    page.locator("#peserta table").get_by_role("link", name=CITY, exact=True).click()
    page.select_option("#mentor_1", label="Pendamping Contoh 01")
    submit(page, "form:has(#mentor_1) .button")
    # and the city writes what it promises, hands it in, and brings a quick win
    city.goto("/tim/rencana/program/baru")
    city.fill('[name="P1.name"]', "Solo Destination (contoh uji)")
    city.select_option('[name="P1.sub"]', "branding.tourism")
    city.fill('[name="P1.indicator"]', "Layanan dalam satu aplikasi")
    city.fill('[name="P1.y1.activity"]', "Tiga layanan")
    city.fill('[name="P1.y1.target"]', "3")
    submit(city, "main form[method=post] .button:not(.quiet):not(.danger)")
    city.goto("/tim/keluaran/book1-draft")
    city.fill('[name="note"]', "Rancangan pertama untuk uji")
    submit(city, "main form:has([name=note]) .button:not(.quiet)")
    # Then the mentor sees it and sends it back with a comment, and the city reads why
    mentor = at("pendamping")
    mentor.get_by_role("link", name=CITY).first.click()
    return_it(mentor, "Tambahkan analisis kesenjangan")
    city.goto("/tim/keluaran/book1-draft")
    assert "Tambahkan analisis kesenjangan" in city.locator("main").inner_text()


def return_it(mentor: Page, words: str) -> None:
    form = mentor.locator("form:has([name=text]):has([value=book1-draft]), form:has([name=text])").first
    form.locator("[name=text]").fill(words)
    with mentor.expect_navigation():
        form.locator("button[value=returned]").click()


def score(page: Page, office: Line, at, served) -> None:
    # When the timetable is found
    page.goto(f"{DESK}/panel")
    with page.expect_navigation(timeout=30_000):
        page.locator("main form .button").click()
    assert page.locator(".room li").count() == 50
    # and every assessor scores the cities they hear; the first one at a desk
    assessor = at("penilai.satu")
    mine = [link.get_attribute("href") for link in assessor.locator("a[href^='/penilai/panel/']").all()]
    ours = [path for path in mine if path in links(office_tasks(served, "penilai.satu"), r"/penilai/panel/[0-9a-f-]+")]
    assert ours
    people = re.findall(
        r"<b>(Penilai Contoh \d\d)</b>.*?name=\"person\" value=\"([0-9a-f-]+)\"",
        office.read("/sekretariat/orang"),
        re.S,
    )
    assert len(people) == 20
    for n, (_name, person) in enumerate(people):
        fill_in(session(served, office, n, person), n)
    # Then no sheet is missing, and raw and calibrated scores stand side by side
    page.goto(f"{DESK}/panel")
    assert page.locator(".figure b").nth(0).inner_text() == "150"
    assert page.locator(".figure b").nth(1).inner_text() == "0"
    assert page.locator(".marks.chart .name").count() == 50
    assert "±" in page.locator(".marks.chart").inner_text()
    assert page.locator(".biases .mark").count() == 20
    look(page, "story-panel")
    page.locator(".marks.chart a").first.click()
    look(page, "story-panel-city")
    assessor.goto(mine[0])
    look(assessor, "story-sheet")


def office_tasks(served, username: str) -> str:
    return Line(served.url, username).read("/penilai")


def session(served, office: Line, n: int, person: str) -> Line:
    """The demo's accounts for the first two, an invitation for each other one."""
    if n < 2:
        return Line(served.url, ("penilai.satu", "penilai.dua")[n])
    html = office.send("/sekretariat/orang", action="invite", person=person).text
    code = re.search(r"(?:Kode|Code): ([2-9A-Z]{8})", html)[1]
    guest = Line(served.url, "")
    guest.send(
        "/aktivasi",
        code=code,
        username=f"penilai.{YEAR}.{n}",
        password="rahasia-sekali",
        password_again="rahasia-sekali",
    )
    guest.send("/masuk", username=f"penilai.{YEAR}.{n}", password="rahasia-sekali")
    return guest


def fill_in(line: Line, n: int) -> None:
    """Some are strict, some lenient: half a point either way."""
    html = line.read("/penilai")
    for path in links(html, r"/penilai/panel/[0-9a-f-]+"):
        sheet = line.read(path)
        if YEAR_NAME not in sheet:
            continue
        answers = {
            f"value.{key}": f"{max(0, min(4, made_up.uniform(1.5, 3.5) + (n % 3 - 1) / 2)):.1f}" for key in QUESTIONS
        }
        line.send(path, key=hidden(sheet, "key"), base="", action="final", note="", **answers)


YEAR_NAME = f"Uji {YEAR}"


def award(page: Page) -> list[str]:
    # When the cities have completed and winners are computed from what was scored
    page.goto(DESK)
    submit(page, "button[value='taking-part>completed']")
    page.goto(f"{DESK}/penghargaan")
    page.fill("#categories", CATEGORIES)
    submit(page, "form:has(#categories) .button")
    submit(page, "form:has([value=compute]) .button")
    assert not page.locator(".notice.danger").count(), page.locator(".notice.danger").all_inner_texts()
    # Then each category has its winners and an account of how
    first = page.locator("section:has-text('Terbaik (contoh)')").filter(has=page.locator(".winners"))
    winners = first.locator(".winners b").all_inner_texts()
    assert len(winners) >= 3 and set(winners) <= set(CITIES)
    assert "terkalibrasi" in first.locator("details").text_content()
    look(page, "story-awards")
    return winners


def ceremony(page: Page, new_context, winners: list[str], served) -> None:
    public = new_context().new_page()
    anyone = Line(served.url, "")

    def sealed() -> None:
        public.goto(f"/gerakan/hasil/{SLUG}")
        text = public.locator("main").inner_text()
        assert not any(name in text for name in winners), "nothing is public before it was published"
        for path in ("/gerakan/data/awards.csv", "/gerakan/data/awards.json"):
            assert "Terbaik (contoh)" not in anyone.read(path)
        assert public.request.get(f"/layar/{SLUG}", max_redirects=0).status == 303, "the screen is the secretariat's"

    # When the ceremony is opened, the screen shows nothing yet
    sealed()
    page.goto(f"{DESK}/acara")
    submit(page, "button[value=open]")
    screen = page.context.new_page()
    screen.goto(f"/layar/{SLUG}")
    assert not any(name in screen.locator("main").inner_text() for name in winners)
    # and a category is revealed, taken back, and revealed again
    submit(page, "button[value=reveal]")
    screen.reload()
    assert all(name in screen.locator("main").inner_text() for name in winners)
    look(screen, "story-screen")
    look(page, "story-ceremony")
    submit(page, "button[value=undo]")
    screen.reload()
    assert not any(name in screen.locator("main").inner_text() for name in winners)
    for _ in range(3):
        submit(page, "button[value=reveal]")
    sealed()
    # Then it is published, and everyone reads it
    submit(page, "button[value=publish]")
    public.goto(f"/gerakan/hasil/{SLUG}")
    assert all(name in public.locator("main").inner_text() for name in winners)
    assert "Terbaik (contoh)" in anyone.read("/gerakan/data/awards.csv")
    assert anyone.http.get(f"/gerakan/hasil/{SLUG}/pers.pdf").content.startswith(b"%PDF")


def certificates(page: Page, office: Line, new_context, city: Page) -> None:
    # When certificates are issued
    page.goto(f"{DESK}/penghargaan")
    submit(page, "form:has([value=certify]) .button")
    row = page.locator(f"section:has-text('Sertifikat') tr:has-text('{CITY}')").first
    number = row.locator("td").first.inner_text()
    paper = office.http.get(row.locator("a").first.get_attribute("href"))
    assert paper.content.startswith(b"%PDF")
    # Then the QR, read from the paper as a camera reads it, leads to a page that confirms it
    image = pypdfium2.PdfDocument(paper.content)[0].render(scale=3).to_numpy()
    [code] = [found.text for found in zxingcpp.read_barcodes(image)]
    public = new_context().new_page()
    public.goto(urlsplit(code).path)
    told = public.locator("main").inner_text()
    assert number in told and CITY in told
    # and a forged one is not confirmed
    forged = code[:-4] + ("aaaa" if not code.endswith("aaaa") else "bbbb")
    answer = public.goto(urlsplit(forged).path)
    assert answer.status == 404 and CITY not in public.locator("main").inner_text()
    # The city has its paper too
    city.goto("/tim")
    assert number in city.locator("main").inner_text()


@pytest.mark.parametrize("action", ["final", "save"])
def test_a_sheet_filled_in_without_a_line_is_sent_when_there_is_one(at, served, kept, action: str) -> None:
    # Given a timetable, and an assessor who has opened a sheet on a tablet, over a line that can break
    line = BreakableLine(urlsplit(served.url).port)
    office = Line(served.url, "sekretariat")
    if not re.search("/panel/", office.read("/sekretariat/kohort/latihan-2026/panel").split("main")[1]):
        office.send("/sekretariat/kohort/latihan-2026/panel")
    assessor = at("penilai.satu", base_url=line.url, service_workers="allow", viewport={"width": 800, "height": 1100})
    places = [
        a.get_attribute("href")
        for a in assessor.locator("tr:has-text('Latihan 2026') a[href^='/penilai/panel/']").all()
    ]
    place = places[0 if action == "final" else 1]
    assessor.goto(place)
    assessor.evaluate("navigator.serviceWorker.ready.then(() => true)")
    assessor.reload()  # the worker has the sheet now
    # When the line breaks, the sheet is filled in and sent
    line.cut()
    for n, key in enumerate(QUESTIONS):
        assessor.fill(f'[name="value.{key}"]', f"{n / 2 + 1}")
    assessor.fill("#note", "Ditulis tanpa sambungan")
    assessor.click(f"button[value={action}]")
    expect(assessor.locator("#waiting")).to_contain_text("Tersimpan di tablet")
    # and even the page is loaded anew
    assessor.reload()
    assert assessor.input_value("#note") == "Ditulis tanpa sambungan", "what was typed is still there"
    id = place.rpartition("/")[2]
    sql = ("select s.version, s.final, s.note from program.sheet s join program.participation p on p.region = s.region"
           " and p.cohort = s.occasion where p.id = $1::text::uuid and s.scorer_name = 'Penilai Contoh 01'")  # fmt: skip
    assert kept(sql, id) == []
    # Then it is sent by itself when the line is back, once
    sent = assessor.expect_response(
        lambda answer: answer.request.method == "POST" and answer.status == 200, timeout=40_000
    )
    with sent:
        line.mend()
    expect(assessor.locator("body")).to_be_visible()
    [row] = kept(sql, id)
    assert (row["version"], row["final"], row["note"]) == (1, action == "final", "Ditulis tanpa sambungan")
