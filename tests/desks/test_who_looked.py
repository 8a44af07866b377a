"""A citizen sees who looked, asks about it, and reads the facility's answer: by keyboard, on a phone, without scripts."""

import re
import time

import httpx
import pytest
from looking import PHONE, look
from playwright.sync_api import Page

from sekali import demo

CLIENT = {"client_id": "rsud-simrs", "client_secret": "sekali-demo-client-secret"}


def submit(page: Page, selector: str) -> None:
    with page.expect_navigation():
        page.locator(selector).first.click()


def entry(page: Page, text: str):
    return page.locator("tbody tr", has_text=text)


@pytest.fixture
def looked_at(at) -> Page:
    """Siti was received at Gedongtengen; now she opens her page on a phone."""
    clerk = at("loket.gedongtengen")
    clerk.locator("#scan").fill(f"SEKALI:{demo.EXAMPLES[0].card}")
    submit(clerk, ".scan button")
    return at("siti", viewport=PHONE)


def test_the_whole_way_of_a_question(looked_at, at, kept) -> None:
    # given: she looks who looked
    siti = looked_at
    siti.locator("a[href='/warga/dilihat']").click()
    siti.wait_for_url("**/warga/dilihat")
    first = entry(siti, "Puskesmas Gedongtengen").first
    for words in ("petugas loket", "untuk menerima Anda di loket", "PMK 24/2022", "identitas", "alergi"):
        assert words in first.inner_text(), words
    look(siti, "who-looked")

    # when: she asks, by keyboard
    link = first.locator("a")
    assert "Tanyakan tentang" in link.get_attribute("aria-label")
    link.focus()
    siti.keyboard.press("Enter")
    siti.wait_for_url(lambda url: "/tanya?" in url)
    assert "72 jam" in siti.locator("form .hint").inner_text()
    look(siti, "question")
    siti.locator("#reason").focus()
    siti.keyboard.type("Apa")
    siti.keyboard.press("Tab")
    siti.keyboard.press("Enter")
    siti.wait_for_selector("[role=alert]")
    assert siti.locator("#reason").input_value() == "Apa", "what was typed stays"
    look(siti, "question-refused")
    reason = f"Saya di rumah hari itu {time.time_ns()}"
    siti.locator("#reason").fill(reason)
    submit(siti, "main form button")
    assert reason in siti.locator("#permintaan").inner_text()
    assert "sisa 71 jam" in siti.locator("#permintaan").inner_text()

    # then: another of the facility reads and answers it
    officer = at("rekam.gedongtengen")
    submit(officer, "nav a[href='/tugas']")
    (id,) = [row["id"] for row in kept("select id from care.duty order by asked_at desc limit 1")]
    submit(officer, f"a[href='/tugas/{id}']")
    assert reason in officer.locator("main").inner_text()
    assert "Siti" not in officer.locator("main").inner_text()
    look(officer, "question-of-a-citizen")
    officer.locator("#answer").fill("Kartu Anda dipindai di loket pagi itu.")
    submit(officer, "main form button")
    assert officer.locator(f"td a[href='/tugas/{id}']").count(), "it stands among those that are done"

    # and: she reads the answer, and that her question was read, in English too
    siti.goto("/warga/hak")
    assert "Kartu Anda dipindai" in siti.locator("#permintaan").inner_text()
    siti.goto("/warga/dilihat")
    assert "untuk menjawab permintaan Anda" in siti.locator("table").inner_text()
    submit(siti, "button[name=lang]")
    siti.goto("/warga/dilihat")
    assert "to answer your request" in siti.locator("table").inner_text()
    assert "by right of" in siti.locator("table").inner_text()
    look(siti, "who-looked-english")


def test_machines_stand_apart_and_are_there_within_a_second(looked_at, served, kept) -> None:
    siti = looked_at
    (me,) = [row["citizen"] for row in kept("select citizen from security.account where username = 'siti'")]
    token = httpx.post(f"{served.url}/oauth2/v1/accesstoken?grant_type=client_credentials", data=CLIENT).json()[
        "access_token"
    ]
    for _ in range(3):
        httpx.get(
            f"{served.url}/fhir-r4/v1/Patient/{me}", headers={"Authorization": f"Bearer {token}"}
        ).raise_for_status()
    began = time.monotonic()
    siti.goto("/warga/dilihat?mesin=1")
    assert time.monotonic() - began < 5, "a busy machine; the entry itself is there at the first look"
    system = entry(siti, "rsud-simrs").first.inner_text()
    assert "RSUD Kota Yogyakarta" in system and re.search(r"\d+ kali", system)
    look(siti, "who-looked-machines")
    siti.goto("/warga/dilihat")
    assert not entry(siti, "rsud-simrs").count()


def test_filtered_without_scripts(served, new_context, looked_at) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/masuk")
    page.locator("#username").fill("siti")
    page.locator("#password").fill("sekali-demo")
    submit(page, "form[action='/masuk'] button")
    page.goto("/warga/dilihat")
    page.locator("main summary").click()
    page.locator("#fasilitas").select_option(label="Puskesmas Gedongtengen")
    submit(page, "form[method=get] button")
    assert entry(page, "Puskesmas Gedongtengen").count() and "fasilitas=" in page.url
    page.locator("#dari").fill("01-01-2001")
    page.locator("#sampai").fill("02-01-2001")
    submit(page, "form[method=get] button")
    assert "Tidak ada." in page.locator("main").inner_text()
    page.goto("/warga/dilihat?dari=kemarin")
    assert "hari-bulan-tahun" in page.locator("main").inner_text()
    page.goto("/warga/dilihat/tanya?entri=1.nothing")
    assert "Tidak ada catatan seperti itu" in page.locator("main").inner_text()
