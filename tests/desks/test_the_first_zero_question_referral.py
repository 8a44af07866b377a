"""The path that the whole product stands on, with the keyboard only, as the people at the desks go it.

Nothing is clicked and no field is filled by program: Tab, typing, arrow keys and Enter, from wherever the page itself
has put the focus.
"""

import re
import time
import uuid

from keyboard import press, tab_to, tab_to_text, type_into
from playwright.sync_api import Page

HOSPITAL = "RS Pratama Kota Yogyakarta"


def figure(page: Page) -> int:
    """Questions asked, as the slip page says."""
    return int(page.locator(".figure b").first.inner_text())


def scan(page: Page, text: str) -> None:
    """A scanner types the text and Enter into the field that has the focus."""
    page.wait_for_function("document.activeElement.name === 'scan'")  # by itself; nobody puts it there
    page.keyboard.type(text)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def new_nik() -> str:
    return f"990101450390{time.time_ns() % 9998 + 1:04}"


def test_the_first_zero_question_referral(at, kept) -> None:
    nik, name = new_nik(), "Ratna Uji Coba"

    # Given somebody who was never at any counter
    clerk = at("loket.gedongtengen")
    scan(clerk, nik)
    # When the clerk fills the only form there is; birth date and sex are there, read from the NIK
    assert clerk.locator("#birth_date").input_value() == "05-03-1990"
    assert clerk.locator("[name=sex][value=female]").is_checked()
    type_into(clerk, "name", name)
    type_into(clerk, "address", "Jl. Uji No. 1")
    press(clerk, "button[value=register]")
    # Then there is a slip with a number and the citizen's QR, and the questions were counted: NIK, name, address
    number = clerk.locator(".number").inner_text()
    assert re.fullmatch(r"A-\d{3}", number)
    card = re.search(r"SEKALI:[A-Z0-9]+", clerk.locator(".ticket").inner_text())[0]
    assert figure(clerk) == 3

    # When the doctor examines
    doctor = at("dokter.gedongtengen")
    tab_to_text(doctor, name)
    with doctor.expect_navigation():
        doctor.keyboard.press("Enter")
    type_into(doctor, "complaint", "Sering haus dan lemas sejak sebulan")
    type_into(doctor, "systolic", "128")
    type_into(doctor, "diastolic", "82")
    type_into(doctor, "temperature", "36,7")
    type_into(doctor, "diagnosis_1", "E11.9")
    type_into(doctor, "drug_1", "Metformin 500 mg")
    type_into(doctor, "dose_1", "2 x 1 tablet sesudah makan")
    type_into(doctor, "allergy_1", "Penisilin")
    # and refers to a hospital that fits
    tab_to(doctor, "[name=refer_to]")
    doctor.keyboard.type("Poli Penyakit Dalam")
    press(doctor, "button[value=refer]")
    tab_to(doctor, "[name=hospital]")
    for _ in range(12):
        chosen = doctor.evaluate("document.activeElement.closest('label').innerText")
        if HOSPITAL in chosen:
            break
        doctor.keyboard.press("ArrowDown")
    doctor.keyboard.press("Space")
    type_into(doctor, "reason", "Gula darah tinggi, mohon pemeriksaan lanjut")
    press(doctor, ".button.big")
    # Then the letter carries a number of the payer's form, and a QR
    letter = doctor.locator("article").inner_text()
    assert re.search(r"\d{8}\d{4}P\d{6}", letter)
    assert doctor.locator("article svg.qr").count() == 1

    # When the hospital accepts, with one key
    board = at("rujukan.pratama")
    tab_to_text(board, name)
    with board.expect_navigation():
        board.keyboard.press("Enter")
    press(board, "button[value=accept]")

    # and the citizen arrives there, and the QR is scanned
    hospital = at("loket.pratama")
    scan(hospital, card)
    assert name in hospital.locator("h1").inner_text()
    assert "Penisilin" in hospital.locator("main").inner_text()
    hospital.wait_for_function("document.activeElement.innerText.includes('Poli Penyakit Dalam')")  # one Enter is left
    with hospital.expect_navigation():
        hospital.keyboard.press("Enter")
    # Then nobody was asked anything
    assert figure(hospital) == 0
    assert re.fullmatch(r"P-\d{3}", hospital.locator(".number").inner_text())

    # And a second puskesmas asks nothing either
    second = at("loket.jetis")
    scan(second, card)
    second.wait_for_function("document.activeElement.matches('.button.big')")
    with second.expect_navigation():
        second.keyboard.press("Enter")
    assert figure(second) == 0

    # The measure has it as it was
    visit = uuid.UUID(second.url.rpartition("/")[2])
    citizen = kept("select citizen from care.visit where id = $1", visit)[0]["citizen"]
    rows = kept("select kind, questions, seconds from care.visit where citizen = $1 order by arrived_at", citizen)
    assert [(row["kind"], row["questions"]) for row in rows] == [("first", 3), ("referral", 0), ("returning", 0)]
    assert all(row["seconds"] > 0 for row in rows)
