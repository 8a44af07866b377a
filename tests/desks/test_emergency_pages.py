"""Emergency access and consent, every page of it: in both languages, with and without scripts."""

import pytest
from citizens import diagnosed, log_in, received, register, submit
from looking import look


@pytest.mark.parametrize(("language", "scripts"), [("id-ID", False), ("en-US", True)])
def test_emergency_and_consent(at, new_context, kept, language: str, scripts: bool) -> None:
    citizen = register(at("loket.gedongtengen"), new_context, "Setiap")
    diagnosed(at("dokter.gedongtengen"), citizen, "B20.9", "I10")
    received(at("loket.rsud"), citizen)
    name = f"{language[:2]}-{'scripts' if scripts else 'plain'}"

    def come_in(username: str, password: str = "sekali-demo"):
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
