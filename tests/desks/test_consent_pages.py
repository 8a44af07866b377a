"""Consent in the browser: on the own page and at the counter, opened, closed and taken back; it holds at the next click."""

import pytest
from citizens import Citizen, diagnosed, in_english, log_in, received, register, submit
from keyboard import choose, pick, press, tab_to
from looking import PHONE, look
from playwright.sync_api import Page

PATH = "/warga/persetujuan"
HIV, ORDINARY = "HIV", "hipertensi"
RSUD = "RSUD Kota Yogyakarta"


@pytest.fixture
def somebody(at, new_context) -> Citizen:
    """With something sensitive and something ordinary from a puskesmas; now received at the hospital."""
    found = register(at("loket.gedongtengen"), new_context, "Setuju")
    diagnosed(at("dokter.gedongtengen"), found, "B20.9", "I10")
    received(at("loket.rsud"), found)
    return found


@pytest.fixture
def hospital(somebody, at) -> Page:
    """The doctor there has the record of this person on the screen."""
    page = at("dokter.rsud")
    page.goto("/rekam")
    submit(page, f"main a:has-text('{somebody.name}')")
    return page


def seen(page: Page) -> str:
    """What the next click shows."""
    page.reload()
    return page.locator("main").inner_text()


def say(page: Page, permit: str, label: str, facility: str = "", purpose: str = "") -> None:
    page.locator(f"[name=permit][value={permit}]").check()
    page.locator("#label").select_option(label)
    page.locator("#facility").select_option(label=facility) if facility else page.locator("#facility").select_option("")
    page.locator("#purpose").select_option(purpose)
    submit(page, "main form.sheet button")


def standing(page: Page, text: str) -> Page:
    return page.locator(".said li", has_text=text).filter(has=page.locator("[name=withdraw]"))


def test_opened_and_taken_back_with_the_keyboard(somebody, hospital, new_context) -> None:
    # given: the hospital sees what is ordinary, and does not know of the rest
    assert ORDINARY in seen(hospital).lower() and HIV not in seen(hospital)
    mine = log_in(new_context().new_page(), somebody.username)
    press(mine, f"main a[href='{PATH}']")
    look(mine, "consents-none")

    # when: nothing is chosen
    choose(mine, "label", "HIV/AIDS")
    press(mine, "main form.sheet button")
    # then: the page says what is missing, beside it, and keeps the rest
    assert "Pilih apakah dibuka atau ditutup" in mine.locator("fieldset .bad").inner_text()
    assert mine.locator("#label").input_value() == "HIV"
    look(mine, "consents-not-chosen")

    # when: opened, for this hospital only
    pick(mine, "permit", "yes")
    choose(mine, "facility", RSUD)
    press(mine, "main form.sheet button")
    assert "Berlaku mulai saat ini" in mine.locator(".notice.good").inner_text()
    assert standing(mine, RSUD).count() == 1
    look(mine, "consents-open")
    # then: the hospital's next click shows it
    assert HIV in seen(hospital)

    # when: taken back
    tab_to(mine, "[name=withdraw]")
    assert "Cabut: HIV" in mine.evaluate("document.activeElement.getAttribute('aria-label')")
    with mine.expect_navigation():
        mine.keyboard.press("Space")
    assert not standing(mine, RSUD).count()
    # then: the next click there shows it no longer; a page that was left is not shown again either
    assert HIV not in seen(hospital)
    hospital.goto("/rekam")
    hospital.go_back()
    hospital.wait_for_selector("h1")
    assert HIV not in hospital.locator("main").inner_text()


@pytest.mark.parametrize("scripts", [True, False])
def test_everything_closed_to_one_hospital_on_a_phone(somebody, hospital, new_context, scripts) -> None:
    mine = log_in(new_context(viewport=PHONE, java_script_enabled=scripts).new_page(), somebody.username)
    mine.goto(PATH)
    assert ORDINARY in seen(hospital).lower()
    # when: what is ordinary is closed to this hospital
    say(mine, "no", "", RSUD)
    assert "tertutup" in standing(mine, RSUD).inner_text()
    # then: its doctor sees the person, and nothing of what others wrote
    text = seen(hospital)
    assert somebody.name in text and ORDINARY not in text.lower()
    # when: opened to all for a referral only, the word about this one hospital outweighs it
    say(mine, "yes", "", purpose="COC")
    assert ORDINARY not in seen(hospital).lower()
    # when: opened to it again, the earlier word ends
    say(mine, "yes", "", RSUD)
    assert standing(mine, RSUD).count() == 1 and "terbuka" in standing(mine, RSUD).inner_text()
    assert ORDINARY in seen(hospital).lower()


def test_at_the_counter_with_the_clerk(somebody, hospital, at, new_context) -> None:
    # given: the person stands at the counter and says that the hospital may see it
    clerk = at("loket.rsud")
    clerk.locator("#scan").fill(somebody.card)
    submit(clerk, ".scan button")
    submit(clerk, "form[action='/loket/persetujuan'] button")
    # then: the page says whose it is, and to read it together
    assert somebody.name in clerk.locator("h1").inner_text()
    assert "Baca bersama" in clerk.locator("main").inner_text()
    look(clerk, "consents-at-counter")
    # when: forgotten to choose, then kept
    submit(clerk, "main form.sheet button")
    assert "Pilih apakah" in clerk.locator("fieldset .bad").inner_text()
    say(clerk, "yes", "HIV", RSUD, "TREAT")
    assert "Berlaku mulai saat ini" in clerk.locator(".notice.good").inner_text()
    assert HIV in seen(hospital)
    # and: the clerk goes on with the same person, without another scan
    submit(clerk, "main > form[action='/loket/orang'] button")
    assert somebody.name in clerk.locator("h1").inner_text()
    # then: the person sees what stands, and who wrote it down
    mine = log_in(new_context().new_page(), somebody.username)
    mine.goto(PATH)
    assert standing(mine, RSUD).count() == 1
    mine.goto("/warga/dilihat")
    entry = mine.locator("tbody tr", has_text="Petugas Loket RSUD").filter(has_text="mencatat persetujuan")
    assert entry.count() == 1
    # when: taken back at the counter
    submit(clerk, "form[action='/loket/persetujuan'] button")
    submit(clerk, "[name=withdraw]")
    assert HIV not in seen(hospital)


def test_in_english(somebody, at, new_context) -> None:
    mine = log_in(new_context().new_page(), somebody.username)
    mine.goto(PATH)
    in_english(mine)
    say(mine, "yes", "PSY", RSUD)
    assert "It holds from this moment" in mine.locator(".notice.good").inner_text()
    assert "Mental health" in mine.locator("main").inner_text()
    clerk = at("loket.rsud")
    in_english(clerk)
    clerk.locator("#scan").fill(somebody.card)
    submit(clerk, ".scan button")
    submit(clerk, "form[action='/loket/persetujuan'] button")
    assert "Read this together with the person" in clerk.locator("main").inner_text()
