"""Every page, looked at while a person goes the whole way: registered, examined, referred, received, sent back."""

import time

from citizens import diagnosed, log_in, received, register, submit
from looking import look


def nik() -> str:
    return f"990102560788{time.time_ns() % 9998 + 1:04}"


def test_every_page_is_accessible_and_fits_a_phone(at, new_context) -> None:
    name = "Sekar Uji Halaman"
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


def test_emergency_and_consent_in_both_languages_with_and_without_scripts(at, new_context, kept) -> None:
    citizen = register(at("loket.gedongtengen"), new_context, "Setiap")
    diagnosed(at("dokter.gedongtengen"), citizen, "B20.9", "I10")
    received(at("loket.rsud"), citizen)
    for language, scripts in (("id-ID", False), ("en-US", True)):
        name = f"{language[:2]}-{'scripts' if scripts else 'plain'}"

        def come_in(username: str, password: str = "sekali-demo", language=language, scripts=scripts):
            page = new_context(locale=language).new_page()
            if not scripts:  # ours; axe is one too
                page.route("**/*.js*", lambda route: route.abort())
            return log_in(page, username, password)

        nurse = come_in("perawat.rsud")
        assert nurse.locator("html").get_attribute("lang") == language[:2]
        nurse.goto("/darurat")
        look(nurse, f"emergency-{name}")
        submit(nurse, "main form button")
        look(nurse, f"emergency-refused-{name}")
        nurse.locator("#scan").fill(citizen.card)
        nurse.locator("#reason").fill("Tidak sadar setelah kecelakaan lalu lintas")
        submit(nurse, "main form button")
        look(nurse, f"emergency-open-{name}")
        record = nurse.url
        nurse.goto("/dokter")
        look(nurse, f"emergency-banner-{name}")
        submit(nurse, "section.emergency button")
        look(nurse, f"emergency-over-{name}")
        nurse.goto(record)
        look(nurse, f"emergency-closed-{name}")

        head = come_in("kepala.rsud")
        look(head, f"head-{name}")
        submit(head, "button[value=questioned]")
        look(head, f"head-refused-{name}")
        kept("update care.emergency set opened_at = opened_at - interval '5 days' returning id")
        head.goto("/kepala")
        look(head, f"head-late-{name}")
        look(come_in("pengawas"), f"auditor-{name}")

        mine = come_in(citizen.username, "rahasia-sekali")
        look(mine, f"told-{name}")
        mine.goto("/warga/persetujuan")
        submit(mine, "main form.sheet button")
        look(mine, f"consents-refused-{name}")
        mine.locator("[name=permit][value=yes]").check()
        mine.locator("#label").select_option("HIV")
        submit(mine, "main form.sheet button")
        look(mine, f"consents-{name}")

        clerk = come_in("loket.rsud")
        clerk.locator("#scan").fill(citizen.card)
        submit(clerk, ".scan button")
        submit(clerk, "form[action='/loket/persetujuan'] button")
        look(clerk, f"counter-consents-{name}")
        submit(clerk, "[name=withdraw]")
        look(clerk, f"counter-consents-withdrawn-{name}")

        head.goto("/kepala")
        submit(head, "button[value=accepted]")
        look(head, f"head-done-{name}")
