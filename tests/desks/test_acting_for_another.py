"""A guardian in the browser: noted at the counter, acting on the own page, seen and ended by the person."""

from datetime import timedelta

from citizens import diagnosed, in_english, log_in, register, submit
from looking import look

from sekali import kernel


def in_days(days: int) -> str:
    return f"{kernel.in_zone(kernel.now(), 'Asia/Jakarta').date() + timedelta(days=days):%d-%m-%Y}"


def test_noted_at_the_counter_acted_as_and_ended_by_the_person(at, new_context) -> None:
    # given: two people whom the puskesmas knows, one of them with an illness
    clerk = at("loket.gedongtengen")
    ward, guardian = register(clerk, new_context, "Diwakili"), register(clerk, new_context, "Walinya")
    diagnosed(at("dokter.gedongtengen"), ward, "I10")

    # when: a form that is not filled in well
    clerk.goto("/loket")
    clerk.locator("#scan").fill(ward.nik)
    submit(clerk, ".scan button")
    submit(clerk, "form[action='/loket/wali'] button")
    look(clerk, "guardian-counter")
    clerk.locator("#scan").fill(ward.nik)
    clerk.locator("#until").fill(in_days(30))
    submit(clerk, "form.sheet button")
    # then: each field says what to do, and keeps what was typed
    assert "wali dirinya sendiri" in clerk.locator("#scan-error").inner_text()
    assert "Pilih hubungannya" in clerk.locator("#kinship-error").inner_text()
    assert clerk.locator("#until").input_value() == in_days(30)
    look(clerk, "guardian-counter-errors")

    # when: the guardian's card, the kinship, the paper
    clerk.locator("#scan").fill(guardian.nik)
    clerk.locator("#kinship").select_option(label="anak")
    clerk.locator("#proof").select_option(label="kartu keluarga (KK)")
    submit(clerk, "form.sheet button")
    assert guardian.name in clerk.locator("main ul.plain").inner_text()
    look(clerk, "guardian-counter-noted")

    # then: the guardian sees the record, and is told that each look is kept
    acting = log_in(new_context().new_page(), guardian.username)
    submit(acting, f"#wali a:has-text('{ward.name}')")
    text = acting.locator("main").inner_text()
    assert "Anda bertindak untuk" in text and "hipertensi" in text.lower()
    look(acting, "guardian-record")

    # and: the person sees who acts, and that they looked, in both languages
    own = log_in(new_context().new_page(), ward.username)
    assert guardian.name in own.locator("#wali").inner_text()
    look(own, "guardian-mine")
    own.goto("/warga/dilihat")
    assert "bertindak untuk Anda" in own.locator("main").inner_text()
    in_english(own)
    own.goto("/warga/dilihat")
    assert "acting for you" in own.locator("main").inner_text()

    # when: the person ends it
    own.goto("/warga")
    submit(own, "#wali button")
    # then: the guardian's next click is refused
    acting.reload()
    assert ward.name not in acting.locator("main").inner_text()
    assert "Anda tidak, atau tidak lagi, bertindak" in acting.locator("main").inner_text()
