"""A citizen demands what is due: by keyboard, on a phone, in both languages; the facility answers on a list with clocks."""

import re
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from looking import PHONE, look
from playwright.sync_api import Page

from sekali import demo


def submit(page: Page, selector: str) -> None:
    with page.expect_navigation():
        page.locator(selector).first.click()


def the_id(kept) -> str:
    """Of what was asked last."""
    (row,) = kept("select id from care.duty order by asked_at desc limit 1")
    return str(row["id"])


@pytest.fixture
def siti(at) -> Page:
    """Known at Gedongtengen, where she was received; on a phone."""
    clerk = at("loket.gedongtengen")
    clerk.locator("#scan").fill(f"SEKALI:{demo.EXAMPLES[0].card}")
    submit(clerk, ".scan button")
    if clerk.locator(".button.big").count():
        submit(clerk, ".button.big")
    return at("siti", viewport=PHONE)


def test_a_correction_by_keyboard_on_a_phone(siti, at, kept) -> None:
    # given: the way there, and a form that tells what is known
    submit(siti, "a[href='/warga/hak']")
    look(siti, "my-rights")
    siti.set_viewport_size(PHONE)
    siti.locator("a[href='/warga/hak/minta/perbaikan']").focus()
    with siti.expect_navigation():
        siti.keyboard.press("Enter")
    assert "sekarang: Siti" in siti.locator("#name-hint").inner_text()
    look(siti, "correction")

    # when: typed with a mistake, then well, without a mouse
    siti.set_viewport_size(PHONE)
    reason = f"Nomor saya berganti {time.time_ns()}"
    siti.locator("#facility").focus()
    siti.keyboard.type("Puskesmas Gedong")
    siti.locator("#phone").focus()
    siti.keyboard.type("12")
    siti.keyboard.press("Tab")
    siti.keyboard.type("KTP saya, di loket")
    siti.keyboard.press("Tab")
    siti.keyboard.type(reason)
    siti.keyboard.press("Tab")
    with siti.expect_navigation():
        siti.keyboard.press("Enter")
    assert "8 sampai 15 angka" in siti.locator("#phone-error").inner_text()
    assert siti.locator("#reason").input_value() == reason, "what was typed stays"
    look(siti, "correction-refused")
    siti.locator("#phone").fill("0812 0000 1111")
    submit(siti, "main form button")
    told = siti.locator("#permintaan li", has_text=reason)
    assert "Puskesmas Gedongtengen" in told.inner_text() and "sisa 71 jam" in told.inner_text()
    look(siti, "my-requests")

    # then: the facility reads, looks at who it is, and accepts
    officer = at("rekam.gedongtengen")
    submit(officer, "nav a[href='/tugas']")
    look(officer, "duties")
    submit(officer, f"a[href='/tugas/{the_id(kept)}']")
    words = officer.locator("main").inner_text()
    assert "0812 0000 1111" in words and "KTP saya, di loket" in words and "Siti" in words
    look(officer, "duty-correction")
    submit(officer, "main form button")
    assert (
        "sampai 2.000 huruf" in officer.locator("main").inner_text() or "dasar" in officer.locator("main").inner_text()
    )
    look(officer, "duty-refused")
    officer.locator("[name=decision][value=accept]").check()
    officer.locator("#answer").fill("KTP Anda sudah kami lihat; nomor sudah diganti.")
    submit(officer, "main form button")
    submit(officer, f"td a[href='/tugas/{the_id(kept)}']")
    assert "Siti" not in officer.locator("main").inner_text(), "answered: nobody needs to see who it was"
    look(officer, "duty-done")

    # and: she has it, in English too
    siti.goto("/warga")
    assert "0812 0000 1111" in siti.locator("main").inner_text()
    submit(siti, "button[name=lang]")
    siti.goto("/warga/hak")
    told = siti.locator("#permintaan li", has_text=reason).inner_text()
    assert "accepted" in told and "KTP Anda sudah kami lihat" in told
    look(siti, "my-requests-english")
    siti.goto("/warga/hak/minta/pembatasan")
    assert "72 hours" in siti.locator("main").inner_text()
    look(siti, "restriction-english")


def test_an_overdue_one_is_loud_for_both_and_for_the_head(siti, at, kept) -> None:
    reason = f"Salinan kartu keluarga {time.time_ns()}"
    siti.goto("/warga/hak/minta/salinan")
    look(siti, "copy-asked")
    siti.locator("#facility").select_option(label="Puskesmas Gedongtengen")
    siti.locator("#reason").fill(reason)
    submit(siti, "main form button")
    id = the_id(kept)
    kept(
        "update care.duty set asked_at = now() - interval '80 hours', due_at = now() - interval '8 hours' where id = $1",
        id,
    )

    siti.goto("/warga/hak")
    told = siti.locator("#permintaan li", has_text=reason)
    assert "lewat waktu" in told.inner_text() and re.search(r"lewat [78] jam", told.inner_text())
    look(siti, "my-requests-overdue")
    head = at("kepala.gedongtengen")
    assert "lewat waktu" in head.locator("[role=alert]").inner_text()
    look(head, "head-overdue")
    submit(head, "main a[href='/tugas']")
    first = head.locator("li.duty").first
    assert "overdue" in first.get_attribute("class") and first.locator(f"a[href='/tugas/{id}']").count()
    look(head, "duties-overdue")

    submit(siti, f"form[action='/warga/hak/{id}/cabut'] button")
    assert "ditarik" in siti.locator("#permintaan li", has_text=reason).inner_text()
    head.goto("/tugas")
    assert not head.locator(f"li a[href='/tugas/{id}']").count()


def test_a_breach_is_written_down_by_keyboard_and_seen_at_once(siti, at, kept) -> None:
    head = at("kepala.gedongtengen")
    head.goto("/tugas")
    submit(head, "a[href='/tugas/pelanggaran']")
    look(head, "breach-form")
    submit(head, "main form button")
    assert head.locator("#since-error").inner_text().startswith("Tulis tanggal dan jam")
    look(head, "breach-refused")
    how = f"Laptop hilang {time.time_ns()}"
    head.locator("#how").fill(how)
    known = datetime.now(ZoneInfo("Asia/Jakarta")) - timedelta(hours=2)
    head.locator("#since").fill(f"{known - timedelta(days=2):%Y-%m-%dT%H:%M}")
    head.locator("#known_at").fill(f"{known:%Y-%m-%dT%H:%M}")
    head.locator("#disclosed").fill("Nama, alamat, dan nomor telepon.")
    head.locator("#handling").fill("Kunci sandi diganti, laptop dihapus jauh.")
    head.locator("[name=whom][value=listed]").focus()
    head.keyboard.press("Space")
    head.keyboard.press("Tab")
    head.keyboard.type(f"SEKALI:{demo.EXAMPLES[0].card}")
    head.keyboard.press("Enter")
    head.keyboard.press("Tab")
    with head.expect_navigation():
        head.keyboard.press("Enter")
    assert "Yang terkena: 1 orang." in head.locator("main").inner_text()
    look(head, "breach")

    siti.goto("/warga")
    assert how in siti.locator("main .notice.danger").first.inner_text()
    look(siti, "citizen-breach")

    for field in ("#persons_at", "#authority_at"):
        head.locator(field).fill(f"{known + timedelta(hours=1):%Y-%m-%dT%H:%M}")
    submit(head, "main form button")
    assert "sudah diberitahukan" in head.locator("main").inner_text()
    look(head, "breach-told")


def test_a_restriction_without_scripts(siti, new_context, at, kept) -> None:
    page = new_context(java_script_enabled=False, viewport=PHONE).new_page()
    page.goto("/masuk")
    page.locator("#username").fill("siti")
    page.locator("#password").fill("sekali-demo")
    submit(page, "form[action='/masuk'] button")
    page.goto("/warga/hak/minta/pembatasan")
    reason = f"Jangan ditunjukkan {time.time_ns()}"
    page.locator("#label").select_option("PSY")
    page.locator("#until").fill("31-12-2030")
    page.locator("#reason").fill(reason)
    submit(page, "main form button")
    (row,) = kept(
        "select f.name, d.id from care.duty d join care.facility f on f.id = d.facility order by asked_at desc limit 1"
    )
    officer = at("rekam.gedongtengen") if "Gedong" in row["name"] else at("rekam.rsud")
    officer.goto(f"/tugas/{row['id']}")
    look(officer, "duty-restriction")
    officer.locator("[name=decision][value=refuse]").check()
    officer.locator("#ground").select_option("duty")
    officer.locator("#answer").fill("Kami wajib menyimpannya.")
    submit(officer, "main form button")
    page.goto("/warga/hak")
    told = page.locator("#permintaan li", has_text=reason).inner_text()
    assert "ditolak" in told and "kewajiban menurut undang-undang" in told
