"""Every page, looked at while a person goes the whole way: registered, examined, referred, received, sent back."""

import time

from citizens import submit
from looking import look


def nik() -> str:
    return f"990102560788{time.time_ns() % 9998 + 1:04}"


def test_every_page_is_accessible_and_fits_a_phone(at, new_context) -> None:
    name = "Sekar Uji Halamanyangpanjangsekalitanpaspasi"  # a name widens no page
    stranger = new_context().new_page()
    for path, title in (
        ("/", "start"),
        ("/masuk", "login"),
        ("/aktivasi", "activation"),
        ("/tidak-ada", "not-found"),
        ("/kota", "city"),
    ):
        stranger.goto(path)
        look(stranger, title)

    clerk = at("loket.gedongtengen")
    look(clerk, "counter")
    clerk.locator("#scan").fill("bukan nomor!")
    submit(clerk, ".scan button")
    look(clerk, "counter-nonsense")
    number = nik()
    clerk.locator("#scan").fill(number)
    submit(clerk, ".scan button")
    look(clerk, "first-form")
    clerk.locator("summary").click()
    clerk.locator("#jkn").fill("12")
    submit(clerk, "button[value=register]")
    look(clerk, "first-form-errors")
    clerk.locator("#jkn").fill("")
    clerk.locator("#name").fill(name)
    submit(clerk, "button[value=register]")
    look(clerk, "slip")
    card = clerk.locator(".ticket .small").first.inner_text().split()[0]
    code = clerk.locator(".ticket b.num").inner_text()
    clerk.goto("/loket")
    clerk.locator("summary").click()
    clerk.locator("#name").fill("sekar uji")
    clerk.locator("#birth_date").fill("16-07-1988")
    submit(clerk, "text=Cari menurut nama")
    look(clerk, "found")

    doctor = at("dokter.gedongtengen")
    look(doctor, "queue")
    submit(doctor, f"tr:has-text('{name}') button")
    look(doctor, "chart-empty")
    doctor.locator("#complaint").fill("Nyeri dada saat berjalan")
    doctor.locator("#systolic").fill("150")
    doctor.locator("#diagnosis_1").fill("hipertensi")
    submit(doctor, "button[value=save]")
    look(doctor, "chart-choose-diagnosis")
    doctor.locator("#drug_1").fill("Amlodipin 5 mg")
    doctor.locator("#allergy_1").fill("Udang")
    submit(doctor, "button[value=save]")
    look(doctor, "chart-saved")
    doctor.locator("[name=refer_to]").select_option("PDL")
    submit(doctor, "button[value=refer]")
    look(doctor, "offers")
    doctor.locator(".option:has-text('RS Pratama') input").check()
    doctor.locator("#reason").fill("Mohon pemeriksaan jantung")
    submit(doctor, ".button.big")
    look(doctor, "letter")
    doctor.goto("/dokter")
    look(doctor, "queue-referred")

    board = at("rujukan.pratama")
    look(board, "board")
    submit(board, f"text={name}")
    look(board, "referral")
    submit(board, "button[value=decline]")
    look(board, "referral-no-reason")
    submit(board, "button[value=accept]")
    look(board, "board-answered")

    hospital = at("loket.pratama")
    hospital.locator("#scan").fill(card)
    submit(hospital, ".scan button")
    look(hospital, "arrival-referred")
    submit(hospital, ".button.big")
    look(hospital, "slip-hospital")

    specialist = at("dokter.pratama")
    submit(specialist, f"tr:has-text('{name}') button")
    look(specialist, "chart-hospital")
    specialist.locator("#diagnosis_1").fill("I20.9")
    specialist.locator("#letter").fill("Lanjutkan amlodipin, kontrol sebulan lagi")
    submit(specialist, "button[value=send-back]")
    look(specialist, "queue-hospital")
    doctor.goto("/dokter")
    assert "Lanjutkan amlodipin" in doctor.locator("main").inner_text(), "the letter back has come"
    look(doctor, "queue-sent-back")

    citizen = new_context().new_page()
    citizen.goto("/aktivasi")
    citizen.locator("#code").fill(code)
    citizen.locator("#username").fill(f"sekar{number[-4:]}{time.time_ns()}")
    for field in ("#password", "#password_again"):
        citizen.locator(field).fill("rahasia-sekali")
    submit(citizen, ".button.big")
    look(citizen, "login-activated")
    citizen.locator("#password").fill("rahasia-sekali")
    submit(citizen, "form[action='/masuk'] button")
    look(citizen, "citizen")
    assert "dr. Contoh RS Pratama" in citizen.locator("main").inner_text(), "who looked is told"
    citizen.goto("/loket")
    look(citizen, "forbidden")
    stranger.goto("/kota")
    look(stranger, "city-measured")
