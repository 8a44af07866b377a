"""Nobody can come in: the operator makes an account at the terminal, wakes somebody, and every head reads of it."""

import os
import re
import subprocess
import sys

from looking import look


def terminal(served, *words: str) -> str:
    """What ``sekali user …`` says, beside the running Sekali."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEKALI_")}
    environment |= {"SEKALI_DATA": str(served.folder), "COLUMNS": "200"}
    told = subprocess.run(
        [sys.executable, "-m", "sekali", "user", *words], env=environment, capture_output=True, text=True, check=True
    )
    return told.stdout


def submit(page, selector: str) -> None:
    with page.expect_navigation():
        page.locator(selector).first.click()


def test_an_operator_comes_in_when_nobody_can(at, new_context, served) -> None:
    said = terminal(served, "emergency", "--reason", "Penyedia masuk mati dan pimpinan tidak ada")
    code = re.search(r"[2-9A-Z]{4}(?:-[2-9A-Z]{4}){3}", said)[0]
    assert "facility head" in said
    try:
        page = new_context().new_page()
        page.goto("/operator/masuk")
        page.locator("#code").fill("salah")
        submit(page, "form.sheet button")
        assert "tidak dikenal" in page.locator("#code-error").inner_text()
        look(page, "operator-door")
        page.locator("#code").fill(code)
        submit(page, "form.sheet button")
        page.wait_for_url("**/operator")
        look(page, "operator-desk")
        page.locator("#wake").fill("dokter.jetis")
        page.keyboard.press("Enter")
        page.wait_for_url("**/operator?selesai=bangun")
        page.locator("#facility").select_option(label="RSUD Kota Yogyakarta")
        page.locator("#name").fill("dr. Pimpinan Baru (contoh)")
        submit(page, "form[action='/operator/kepala'] button")
        assert page.locator("code.secret").inner_text()
        look(page, "operator-new-head")
        head = at("kepala.rsud")
        head.get_by_role("link", name="Bacalah apa yang dilakukan").click()
        head.wait_for_url("**/operator/pemakaian")
        text = head.locator("main").inner_text()
        assert "Penyedia masuk mati" in text and "dokter.jetis" in text and "RSUD Kota Yogyakarta" in text
        look(head, "operator-uses")
        submit(head, "form[action^='/operator/pemakaian/'] button")
        assert head.get_by_role("link", name="Bacalah apa yang dilakukan").count() == 0
    finally:
        terminal(served, "end-emergency")
    page.goto("/operator")
    assert page.url.endswith("/masuk?ke=/operator"), "it has ended, and its session"
