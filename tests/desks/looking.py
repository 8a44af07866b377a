"""Looking at a page as it is: accessible, and whole on a phone."""

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
FOLDER = os.environ.get("SCREENSHOTS")
"""Where to put pictures of every page: SCREENSHOTS=folder make test."""


def look(page: Page, name: str) -> None:
    """No fault by axe in light, in dark and on a phone, nothing that runs out of its screen; pictures when asked for."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        _examine(page, f"{name}-{scheme}")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)
    width = page.evaluate("document.documentElement.scrollWidth")
    _examine(page, f"{name}-phone")
    page.set_viewport_size(DESKTOP)
    assert width <= PHONE["width"], f"{name} is {width} px wide on a phone of {PHONE['width']}"


def _examine(page: Page, name: str) -> None:
    picture(page, name)
    faults = Axe().run(page, options=RULES).response["violations"]
    told = [(fault["id"], [node["html"][:150] for node in fault["nodes"]][:3]) for fault in faults]
    assert not told, f"{name}: {told}"


def picture(page: Page, name: str) -> None:
    if FOLDER:
        Path(FOLDER).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{FOLDER}/{name}.png", full_page=True)
