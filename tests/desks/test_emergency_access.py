"""Emergency access in the browser: loud, with a reason, for a while; the person is told, the head looks into it."""

import re

import pytest
from citizens import Citizen, diagnosed, in_english, log_in, register, submit
from keyboard import press, tab_to, type_into
from looking import PHONE, look
from playwright.sync_api import Page, expect

BANNER = "section.emergency"
REASON = "Tidak sadar setelah kecelakaan, alergi harus diketahui"
SECRET = "schizophrenia"


@pytest.fixture
def somebody(at, new_context) -> Citizen:
    """Known at a puskesmas only, with something that no hospital may see without a word of theirs."""
    found = register(at("loket.gedongtengen"), new_context, "Darurat")
    diagnosed(at("dokter.gedongtengen"), found, "F20.0", "I10")
    return found


def open_record(page: Page, citizen: Citizen, reason: str = REASON) -> str:
    page.goto("/darurat")
    page.locator("#scan").fill(citizen.card)
    page.locator("#reason").fill(reason)
    submit(page, "main form button")
    return page.url.partition("/darurat/")[2]


def test_with_the_keyboard_from_the_reason_to_the_end(somebody, at) -> None:
    # given: a nurse of the hospital, where this person never was
    nurse = at("perawat.rsud")
    press(nurse, "nav a[href='/darurat']")
    nurse.wait_for_function("document.activeElement.name === 'scan'")  # the page puts it there
    assert not nurse.locator(BANNER).count()
    look(nurse, "emergency-ask")

    # when: without a reason, or with none that says anything
    for reason in ("", "darurat!!!!!!"):
        type_into(nurse, "scan", somebody.card)
        tab_to(nurse, "[name=reason]")
        nurse.keyboard.press("ControlOrMeta+a")
        nurse.keyboard.type(reason)
        press(nurse, "main form button")
        # then: nothing opens, the page says what to do, what was typed stays, and the focus is where it is missing
        assert "Tulis alasannya" in nurse.locator("#reason-error").inner_text()
        assert nurse.locator("#scan").input_value() == somebody.card
        assert nurse.locator("#reason").input_value() == reason
        expect(nurse.locator("#reason")).to_be_focused()
        assert somebody.name not in nurse.locator("body").inner_text()
    look(nurse, "emergency-no-reason")

    # when: a number that nobody has, with a good reason
    nurse.goto("/darurat")
    type_into(nurse, "scan", "9901014503901111")
    type_into(nurse, "reason", REASON)
    press(nurse, "main form button")
    assert nurse.locator("#scan-error").is_visible() and nurse.locator("#reason").input_value() == REASON

    # when: card and reason
    type_into(nurse, "scan", somebody.card)
    press(nurse, "main form button")
    # then: the whole record, under a banner that says until when, why, and how to end it
    assert somebody.name in nurse.locator("h1").inner_text() and SECRET in nurse.locator("main").inner_text()
    banner = nurse.locator(BANNER)
    assert re.search(r"AKSES DARURAT sampai \d\d\.\d\d", banner.locator("[role=alert]").inner_text())
    assert "sisa 60 menit" in banner.inner_text() and REASON in banner.inner_text()
    look(nurse, "emergency-record")

    # and: on every page of the nurse, with the way back
    for path in ("/loket", "/dokter", "/akun", "/kota", "/tidak-ada"):
        nurse.goto(path)
        assert "AKSES DARURAT" in nurse.locator(BANNER).inner_text(), path
    look(nurse, "emergency-elsewhere")
    press(nurse, f"{BANNER} a")
    assert somebody.name in nurse.locator("h1").inner_text()

    # when: it is ended, by keyboard
    record = nurse.url
    press(nurse, f"{BANNER} button")
    # then: the banner is gone, and the record closed
    assert "tertutup lagi" in nurse.locator(".notice.good").inner_text() and not nurse.locator(BANNER).count()
    answer = nurse.goto(record)
    assert answer.status == 403 and somebody.name not in nurse.locator("body").inner_text()
    look(nurse, "emergency-ended")


def test_it_ends_by_the_clock_on_a_page_that_is_left_open(somebody, at, new_context, kept) -> None:
    for scripts in (True, False):
        # given: a record that is open on the screen
        page = log_in(new_context(java_script_enabled=scripts).new_page(), "dokter.rsud", "sekali-demo")
        id = open_record(page, somebody)
        # when: its time is nearly over
        kept("update care.emergency set ends_at = now() + interval '4 seconds' where id = $1::uuid returning id", id)
        page.reload()
        assert SECRET in page.locator("main").inner_text()
        assert "sisa 1 menit" in page.locator(BANNER).inner_text()
        # then: the page closes by itself, and no way leads back
        page.wait_for_selector(".notice.warn", timeout=30_000)
        assert "sudah berakhir" in page.locator(".notice.warn").inner_text()
        assert SECRET not in page.locator("body").inner_text() and not page.locator(BANNER).count()
        page.goto("/darurat")
        page.go_back()
        page.wait_for_selector("main form")
        assert SECRET not in page.locator("body").inner_text()
        assert page.goto(f"/darurat/{id}").status == 403
        assert page.goto("/dokter").status == 200 and not page.locator(BANNER).count()


def test_the_minutes_pass_on_the_screen(somebody, at, kept) -> None:
    page = at("dokter.rsud")
    id = open_record(page, somebody)
    kept("update care.emergency set ends_at = now() + interval '62 seconds' where id = $1::uuid returning id", id)
    page.reload()
    assert "sisa 2 menit" in page.locator(BANNER).inner_text()
    expect(page.locator(f"{BANNER} .num")).to_have_text("sisa 1 menit", timeout=30_000)
    submit(page, f"{BANNER} button")


@pytest.mark.parametrize("scripts", [True, False])
def test_the_person_is_told_and_asks_and_the_head_looks_into_it(somebody, at, new_context, kept, scripts) -> None:
    # given: opened by a doctor of the hospital
    reason = f"{REASON} {scripts}"
    doctor = log_in(new_context(java_script_enabled=scripts).new_page(), "dokter.rsud", "sekali-demo")
    id = open_record(doctor, somebody, reason)
    submit(doctor, f"{BANNER} button")

    # when: the person logs in, on a phone
    mine = log_in(new_context(java_script_enabled=scripts, viewport=PHONE).new_page(), somebody.username)
    # then: who, where, when and why stand before everything else, and that nobody has looked into it
    first = mine.locator("main > *").first
    assert first.get_attribute("role") == "alert"
    for words in ("dr. Contoh RSUD", "dokter", "RSUD Kota Yogyakarta", reason, "belum diperiksa", "paling lambat"):
        assert words in first.inner_text(), words
    assert first.bounding_box()["y"] < PHONE["height"]
    if scripts:
        look(mine, "citizen-told")
    # and: one press asks the facility
    press(mine, ".told a")
    assert "dalam keadaan darurat" in mine.locator("main").inner_text()
    mine.locator("#reason").fill("Saya tidak pernah ke rumah sakit ini")
    submit(mine, "main form button")
    assert "Saya tidak pernah ke rumah sakit ini" in mine.locator("main").inner_text()

    # when: the head opens the list
    head = log_in(new_context(java_script_enabled=scripts).new_page(), "kepala.rsud", "sekali-demo")
    one = head.locator("article", has_text=reason)
    # then: why, by whom, how long it waits of how long, and whether the person came; never who the person is
    for words in ("dr. Contoh RSUD", "belum diperiksa", "batasnya 72 jam", "auditor kota ikut melihatnya mulai"):
        assert words in one.inner_text(), words
    assert somebody.name not in head.locator("main").inner_text()
    assert one.locator("svg rect.time").count() == 1
    if scripts:
        look(head, "reviews")
    # when: not justified, but without a word why
    note = "Tidak ada pasien darurat"
    one.locator("textarea").fill("Salah")
    with head.expect_navigation():
        one.get_by_role("button", name="Tidak dibenarkan").click()
    # then: it is not taken, and what was typed stays beside the words
    one = head.locator("article", has_text=reason)
    assert "Tulis mengapa" in one.locator(".bad").inner_text() and one.locator("textarea").input_value() == "Salah"
    if scripts:
        look(head, "reviews-no-note")
    # when: with one
    one.locator("textarea").fill(note)
    with head.expect_navigation():
        one.get_by_role("button", name="Tidak dibenarkan").click()
    assert "tidak dibenarkan" in head.locator("li", has_text=reason).inner_text()
    # then: the person reads the verdict and the note
    mine.goto("/warga")
    assert "tidak dibenarkan" in mine.locator(".told").inner_text() and note in mine.locator(".told").inner_text()
    (row,) = kept("select verdict, reviewer from care.emergency where id = $1::uuid", id)
    assert dict(row) == {"verdict": "questioned", "reviewer": "Direktur Contoh RSUD"}


def test_what_the_head_leaves_lying_goes_to_the_auditor(somebody, at, new_context, kept) -> None:
    # given: two openings; the older has waited for longer than the head has
    doctor = at("dokter.rsud")
    old, new = open_record(doctor, somebody, f"{REASON} lama"), open_record(doctor, somebody, f"{REASON} baru")
    for id in (old, new):
        kept("update care.emergency set ends_at = now() where id = $1::uuid returning id", id)
    late = "update care.emergency set opened_at = now() - interval '90 hours', ends_at = now() - interval '89 hours'"
    kept(f"{late} where id = $1::uuid returning id", old)
    # then: it stands first at the head's desk, and says since when the auditor sees it
    head = at("kepala.rsud")
    assert f"{REASON} lama" in head.locator("article").first.inner_text()
    assert "auditor kota ikut melihatnya sejak" in head.locator("article").first.inner_text()
    assert head.locator("article").first.locator("rect.late").count() == 1
    look(head, "reviews-late")
    # and: it is at the auditor's, without the person and without the reason; the newer is not
    auditor = at("pengawas")
    assert auditor.url.endswith("/pengawas")
    text = auditor.locator("main").inner_text()
    assert "RSUD Kota Yogyakarta" in text and "menunggu 90 jam, batasnya 72 jam" in text
    assert REASON not in text and somebody.name not in text and auditor.locator("main li").count() == 1
    look(auditor, "escalated")
    # and: the person knows
    mine = log_in(new_context().new_page(), somebody.username)
    assert "sekarang auditor kota ikut melihatnya" in mine.locator(".told", has_text="lama").inner_text()
    # when: the head looks into it, by keyboard
    note = head.locator("article").first.locator("textarea").get_attribute("id")
    tab_to(head, f"#{note}")
    head.keyboard.type("Pasien gawat, sudah dicek")
    press(head, "button[value=accepted]")
    # then: it is late for ever, and gone from the auditor's list
    assert "terlambat" in head.locator("li", has_text=f"{REASON} lama").inner_text()
    auditor.reload()
    assert "Tidak ada yang terlambat." in auditor.locator("main").inner_text()


def test_all_of_it_in_english(somebody, at, new_context) -> None:
    doctor = at("dokter.rsud")
    doctor.goto("/darurat")
    in_english(doctor)
    assert "Only to save somebody now." in doctor.locator("main").inner_text()
    submit(doctor, "main form button")
    assert "Write why, in a sentence" in doctor.locator("#reason-error").inner_text()
    open_record(doctor, somebody)
    assert (
        "EMERGENCY ACCESS until" in doctor.locator(BANNER).inner_text()
        and "60 min left" in doctor.locator(BANNER).inner_text()
    )
    submit(doctor, f"{BANNER} button")
    assert "closed again" in doctor.locator("main").inner_text()
    head = at("kepala.rsud")
    in_english(head)
    assert "the city's auditor sees it from" in head.locator("main").inner_text()
    mine = log_in(new_context().new_page(), somebody.username)
    in_english(mine)
    assert "Your record was opened in an emergency" in mine.locator(".told").inner_text()
