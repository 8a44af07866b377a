"""A real browser."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from sekali import kernel

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


def chromium() -> str | None:
    """The browser of this machine; None lets Playwright use its own."""
    if path := os.environ.get("CHROMIUM"):
        return path
    return next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for each file: while Playwright is open its loop runs in this thread, and no asynchronous test can."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


NewContext = Callable[..., BrowserContext]


@pytest.fixture
def new_context(browser: Browser, served) -> Iterator[NewContext]:
    """A browser of its own for each person: separate cookies. Indonesian, as at the desks."""
    opened: list[BrowserContext] = []

    def make(**options) -> BrowserContext:
        options = {
            "viewport": DESKTOP,
            "locale": "id-ID",
            "base_url": served.url,
            "service_workers": "block",
            "reduced_motion": "reduce",
        } | options
        context = browser.new_context(**options)
        context.set_default_timeout(15_000)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def at(new_context: NewContext) -> Callable[..., Page]:
    """A page where somebody has logged in: ``at("loket.rsud")``."""

    def log_in(username: str, **options) -> Page:
        page = new_context(**options).new_page()
        page.goto("/masuk")
        expect(page.locator("[name=username]")).to_be_focused()
        page.keyboard.type(username)
        page.keyboard.press("Tab")
        page.keyboard.type("sekali-demo")
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/masuk" not in url)
        return page

    return log_in


@pytest.fixture
def kept(served) -> Callable[..., list[kernel.Row]]:
    """What is really in the database: ``kept("select …", value)``. (In a thread: the browser's loop has this one.)"""

    async def ask(sql: str, values: tuple[Any, ...]) -> list[kernel.Row]:
        database = await kernel.Database.connect(served.dsn, 1)
        try:
            return await database.fetch(sql, *values)
        finally:
            await database.close()

    def run(sql: str, *values: Any) -> list[kernel.Row]:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(ask(sql, values))).result()

    return run
