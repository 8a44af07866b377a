"""A person without a mouse: Tab, typing, arrow keys, Space and Enter, and each step of the focus can be seen."""

from playwright.sync_api import Page

SEEN = """() => {
  const one = document.activeElement, look = getComputedStyle(one), box = one.getBoundingClientRect();
  if (one === document.body) return "";
  const name = one.outerHTML.slice(0, 120);
  if (!(box.width && box.height)) return "has no size: " + name;
  if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth) return "is off the screen: " + name;
  const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1);
  const y = Math.min(Math.max(box.top + Math.min(box.height, 24) / 2, 1), innerHeight - 1);
  const top = document.elementFromPoint(x, y);
  if (top && !one.contains(top) && !top.contains(one)) return "lies under " + top.outerHTML.slice(0, 80) + ": " + name;
  if (one.matches(":focus-visible") && look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2) return "";
  return "has no ring: " + name;
}"""
"""Nothing when the focus can be seen, else what is wrong."""


def tab(page: Page) -> None:
    page.keyboard.press("Tab")
    wrong = page.evaluate(SEEN)
    assert not wrong, f"{page.url}: the focus {wrong}"


def tab_to(page: Page, selector: str, most: int = 120) -> None:
    """Press Tab until the focus is there."""
    for _ in range(most):
        if page.evaluate("selector => !!document.activeElement?.matches(selector)", selector):
            return
        tab(page)
    raise AssertionError(f"Tab never reached {selector}")


def tab_to_text(page: Page, text: str, most: int = 200) -> None:
    for _ in range(most):
        if page.evaluate("document.activeElement.innerText") == text:
            return
        tab(page)
    raise AssertionError(f"Tab never reached {text}")


def type_into(page: Page, name: str, text: str) -> None:
    """Into a field, over what stands there."""
    tab_to(page, f"[name='{name}']")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def press(page: Page, selector: str) -> None:
    """Enter on a button or link that leads on."""
    tab_to(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def pick(page: Page, name: str, value: str) -> None:
    """One of some radio buttons, by the arrow keys and Space."""
    tab_to(page, f"[name='{name}']")
    page.keyboard.press("Space")
    for _ in range(20):
        if page.evaluate("document.activeElement.value") == value:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"there is no {value} of {name}")


def choose(page: Page, name: str, words: str) -> None:
    """An option of a list, by typing how it begins."""
    tab_to(page, f"select[name='{name}']")
    page.keyboard.type(words)
    chosen = page.evaluate("document.activeElement.selectedOptions[0].innerText")
    assert chosen == words, f"{chosen} came for {words}"
