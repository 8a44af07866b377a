"""The desks work where scripts do not: an old browser, a slow line, a blocked file."""

import time

from test_the_first_zero_question_referral import figure


def submit(page, selector: str) -> None:
    with page.expect_navigation():
        page.locator(selector).first.click()


def without_scripts(new_context, username: str):
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/masuk")
    page.locator("#username").fill(username)
    page.locator("#password").fill("sekali-demo")
    submit(page, "form[action='/masuk'] button")
    return page


def test_registered_examined_and_received_elsewhere(new_context) -> None:
    clerk = without_scripts(new_context, "loket.jetis")
    name = f"Tanpa Skrip {time.time_ns()}"
    clerk.locator("#scan").fill(f"990103560788{time.time_ns() % 9998 + 1:04}")
    submit(clerk, ".scan button")
    clerk.locator("#name").fill(name)
    submit(clerk, "button[value=register]")
    card = clerk.locator(".ticket .small").first.inner_text().split()[0]

    doctor = without_scripts(new_context, "dokter.jetis")
    submit(doctor, f"tr:has-text('{name}') button")
    doctor.locator("#diagnosis_1").fill("sakit maag")
    submit(doctor, "button[value=save]")
    assert doctor.locator("input[name=choice_1]").first.is_checked(), "the server offers what fits"
    submit(doctor, "button[value=save]")
    assert doctor.locator("#diagnosis_1").input_value().startswith("K")

    other = without_scripts(new_context, "loket.gedongtengen")
    other.locator("#scan").fill(card)
    submit(other, ".scan button")
    submit(other, ".button.big")
    assert figure(other) == 0
