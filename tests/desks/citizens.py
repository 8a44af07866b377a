"""Somebody made for one test: registered at a counter, with an account of their own, perhaps received at a hospital."""

import time
from dataclasses import dataclass

from playwright.sync_api import Page

PASSWORD = "rahasia-sekali"


@dataclass(frozen=True)
class Citizen:
    """Who it is, and what they come in with."""

    name: str
    nik: str
    card: str
    username: str


def submit(page: Page, selector: str) -> None:
    with page.expect_navigation():
        page.locator(selector).first.click()


def register(clerk: Page, new_context, first_name: str) -> Citizen:
    """At a counter that knows nothing of them; then they open their own account with the code of the slip."""
    mark = time.time_ns() % 10**9
    name, nik = f"{first_name} Uji {mark}", f"990102560788{mark % 9998 + 1:04}"
    clerk.goto("/loket")
    clerk.locator("#scan").fill(nik)
    submit(clerk, ".scan button")
    clerk.locator("#name").fill(name)
    submit(clerk, "button[value=register]")
    card = clerk.locator(".ticket .small").first.inner_text().split()[0]
    code = clerk.locator(".ticket b.num").inner_text()
    page = new_context().new_page()
    page.goto("/aktivasi")
    page.locator("#code").fill(code)
    page.locator("#username").fill(f"warga{mark}")
    for field in ("#password", "#password_again"):
        page.locator(field).fill(PASSWORD)
    submit(page, ".button.big")
    return Citizen(name, nik, card, f"warga{mark}")


def diagnosed(doctor: Page, citizen: Citizen, *codes: str) -> None:
    """The doctor of the counter where they are writes down what they have."""
    doctor.goto("/dokter")
    submit(doctor, f"tr:has-text('{citizen.name}') button")
    for number, code in enumerate(codes, 1):
        doctor.locator(f"#diagnosis_{number}").fill(code)
    submit(doctor, "button[value=save]")


def received(clerk: Page, citizen: Citizen) -> None:
    """Checked in at another counter, by their card."""
    clerk.goto("/loket")
    clerk.locator("#scan").fill(citizen.card)
    submit(clerk, ".scan button")
    submit(clerk, ".button.big")


def log_in(page: Page, username: str, password: str = PASSWORD) -> Page:
    page.goto("/masuk")
    page.locator("#username").fill(username)
    page.locator("#password").fill(password)
    submit(page, "form[action='/masuk'] button")
    return page


def in_english(page: Page) -> None:
    """The button of the frame; one comes back to the page where it was pressed."""
    submit(page, "button[name=lang][value=en]")
