"""Records whose time is over: the officer holds and proposes, the head destroys; a citizen asks. By keyboard, on a phone."""

import re
import time

import pytest
from looking import PHONE, look
from playwright.sync_api import Page

from sekali import demo

PLACE = "Puskesmas Gedongtengen"
AGED = (
    "update records.resource set updated = updated - interval '26 years', date = case when type = 'Patient' then date"
    " else date - interval '26 years' end where subject = any($1)",
    "update care.visit set arrived_at = arrived_at - interval '26 years', started_at = null, finished_at = null,"
    " day = day - 9500, status = 'finished' where citizen = any($1)",
    "update care.referral set requested_at = requested_at - interval '26 years', answered_at = null, used_at = null,"
    " expires_on = expires_on - 9500 where citizen = any($1)",
)  # fmt: skip


def submit(page: Page, selector: str) -> None:
    with page.expect_navigation():
        page.locator(selector).first.click()


@pytest.fixture
def due(kept) -> list[str]:
    """Three people of the puskesmas who were last cared for 26 years ago; none of the examples of the demo city."""
    rows = kept(
        "select r.citizen from care.relation r join care.facility f on f.id = r.facility where f.name = $1 and not exists"
        " (select from security.account a where a.citizen = r.citizen) and not exists"
        " (select from care.guardian g where r.citizen in (g.citizen, g.guardian)) and not exists"
        " (select from care.visit v where v.citizen = r.citizen and v.day > current_date - 3) order by citizen desc limit 3",
        PLACE,
    )  # fmt: skip
    people = [row["citizen"] for row in rows]
    for sql in AGED:
        kept(sql, people)
    return [str(one) for one in people]


def there(kept, ids: list[str]) -> list[str]:
    rows = kept("select distinct subject::text as id from records.resource where subject::text = any($1)", ids)
    return sorted(row["id"] for row in rows)


def test_held_proposed_and_destroyed_by_keyboard(due, at, kept) -> None:
    # given: the officer's way there from the requests
    officer = at("rekam.gedongtengen")
    submit(officer, "nav a[href='/tugas']")
    submit(officer, "main a[href='/tugas/retensi']")
    for one in due:
        assert officer.locator(f"[name='p.{one}']").count() == 1
    look(officer, "retention-officer")

    # when: one is held; a reason that is too short stays typed
    submit(officer, f"a[href='/tugas/retensi/tahan/{due[0]}']")
    officer.locator("#reason").focus()
    officer.keyboard.type("Perkara")
    officer.keyboard.press("Tab")
    with officer.expect_navigation():
        officer.keyboard.press("Enter")
    assert "10 sampai 500" in officer.locator("#reason-error").inner_text()
    assert officer.locator("#reason").input_value() == "Perkara"
    look(officer, "retention-hold-refused")
    reason = f"Perkara {time.time_ns()} di pengadilan"
    officer.locator("#reason").fill(reason)
    submit(officer, "main form button")
    assert reason in officer.locator("#ditahan").inner_text()
    assert officer.locator(f"[name='p.{due[0]}']").count() == 0, "who is held is not due"

    # and: the other two are proposed by keyboard; nothing ticked is a sentence
    submit(officer, "form[action^='/tugas/retensi/usul'] button")
    assert "paling sedikit satu orang" in officer.locator("[role=alert]").inner_text()
    for one in due[1:]:
        officer.locator(f"[name='p.{one}']").focus()
        officer.keyboard.press("Space")
    officer.locator("form[action^='/tugas/retensi/usul'] button").focus()
    with officer.expect_navigation():
        officer.keyboard.press("Enter")
    assert "Menunggu pimpinan: 2" in officer.locator("#usul").inner_text()
    assert officer.locator("button.danger").count() == 0, "the officer destroys nobody"
    look(officer, "retention-proposed")

    # then: the head looks at each name, and has to say that it was looked at
    head = at("kepala.gedongtengen")
    head.goto("/tugas")
    submit(head, "main a[href='/tugas/retensi']")
    look(head, "retention-head")
    for one in due[1:]:
        head.locator(f"[name='p.{one}']").focus()
        head.keyboard.press("Space")
    submit(head, "button.danger")
    assert "Centang" in head.locator("[role=alert]").inner_text()
    assert head.locator(f"[name='p.{due[1]}']").is_checked(), "what was ticked stays"
    assert there(kept, due) == sorted(due)
    look(head, "retention-not-sure")
    head.locator("[name=sure]").focus()
    head.keyboard.press("Space")
    head.locator("button.danger").focus()
    with head.expect_navigation():
        head.keyboard.press("Enter")
    assert "Rekam medis dimusnahkan: 2" in head.locator("[role=status]").inner_text()
    assert there(kept, due) == [due[0]]
    look(head, "retention-destroyed")
    submit(head, "[role=status] a")
    assert "PMK 24/2022 pasal 39" in head.locator("main").inner_text()
    look(head, "retention-report")
    with head.expect_download() as paper:
        head.locator("a.button", has_text="Cetak").click()
    assert paper.value.suggested_filename.startswith("berita-acara-pemusnahan-")
    submit(head, "a[href='/tugas/retensi/catatan']")
    words = head.locator("main").inner_text()
    assert "dimusnahkan" in words and reason in words
    look(head, "retention-log")

    # and: the hold ends with a reason; English says the same
    submit(officer, "button[name=lang]")
    officer.goto("/tugas/retensi")
    submit(officer, "#ditahan a")
    assert reason in officer.locator("main").inner_text()
    look(officer, "retention-release-english")
    officer.locator("#reason").fill("The case is decided.")
    submit(officer, "main form button")
    assert officer.locator(f"[name='p.{due[0]}']").count() == 1
    assert "kept 25 years after the last visit" in officer.locator("main").inner_text()
    look(officer, "retention-officer-english")
    officer.goto("/tugas/retensi/catatan")
    assert "hold ended" in officer.locator("main").inner_text()


def test_a_citizen_is_told_until_when_and_what_can_be_done(at, kept) -> None:
    clerk = at("loket.gedongtengen")
    clerk.locator("#scan").fill(f"SEKALI:{demo.EXAMPLES[0].card}")
    submit(clerk, ".scan button")
    if clerk.locator(".button.big").count():
        submit(clerk, ".button.big")
    siti = at("siti", viewport=PHONE)
    siti.goto("/warga/hak")
    submit(siti, "a[href='/warga/hak/minta/penghapusan']")
    told = siti.locator("main").inner_text()
    until = re.search(r"wajib disimpan sampai (\d+ \w+ \d{4})", told)[1]
    assert "25 tahun" in told
    look(siti, "deletion-asked")
    siti.set_viewport_size(PHONE)
    siti.locator("#facility").select_option(label=PLACE)
    reason = f"Hapus semuanya {time.time_ns()}"
    siti.locator("#reason").fill(reason)
    submit(siti, "main form button")
    mine = siti.locator("#permintaan li", has_text=reason)
    assert until in mine.inner_text() or mine.locator("summary").count()
    look(siti, "deletion-waits")

    officer = at("rekam.gedongtengen")
    (row,) = kept("select id from care.duty where kind = 'deletion' order by asked_at desc limit 1")
    officer.goto(f"/tugas/{row['id']}")
    assert f"Wajib disimpan sampai {until}" in officer.locator("main").inner_text()
    assert officer.locator("[name=decision][value=refuse]").is_checked()
    assert officer.locator("#ground").input_value() == "kept", "what the law says stands there already"
    look(officer, "duty-deletion")
    officer.locator("[name=decision][value=accept]").check()
    officer.locator("#answer").fill("Belum boleh kami hapus.")
    submit(officer, "main form button")
    assert "wajib disimpan sampai" in officer.locator("[role=alert]").first.inner_text()
    look(officer, "duty-deletion-refused")
    officer.locator("[name=decision][value=refuse]").check()
    officer.locator("#ground").select_option("kept")
    submit(officer, "main form button")

    siti.goto("/warga/hak")
    mine = siti.locator("#permintaan li", has_text=reason)
    assert "ditolak" in mine.inner_text()
    mine.locator("summary").click()
    assert until in mine.inner_text()
    look(siti, "deletion-refused")
    submit(siti, "button[name=lang]")
    siti.goto("/warga/hak/minta/penghapusan")
    assert "The law has your record kept through" in siti.locator("main").inner_text()
    look(siti, "deletion-english")
