"""The documentation tells the truth: every example is taken from the served page and run as it stands.

All examples of a language are one session, as a reader would have it: each uses what those before it kept. curl runs in
bash, Python in this one, JavaScript in Node; where a program is missing its examples are skipped.
"""

import re
import shutil
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from payloads import encounter
from receiving import subscription
from running import free_port

from sekali.exchange.subscriptions import TOPICS

PROGRAMS = {"curl": ("bash", "curl"), "python": (), "javascript": ("node",)}
LANGUAGES = tuple(PROGRAMS)
MARK = "--- "
TELL = {"curl": "echo '{}'", "python": "print('{}')", "javascript": "console.log('{}')"}
LARGEST_PAGE = 150 << 10


class Blocks(HTMLParser):
    """The code on the page: (example, language, status, code), in order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[list[str]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "pre" and "data-example" in given:
            self.found.append([given["data-example"], given["data-language"], given["data-status"], ""])
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "pre"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1][3] += data


def blocks(text: str) -> list[list[str]]:
    page = Blocks()
    page.feed(text)
    return page.found


@pytest.fixture(scope="module")
def page(served) -> str:
    answer = httpx.get(f"{served.url}/docs")
    assert answer.status_code == 200
    return answer.text


@pytest.fixture(scope="module")
def told(page, tmp_path_factory):
    """What each example of a language printed: ``told("curl")["patient"]``; every language runs once."""
    ran: dict[str, dict[str, list[str]]] = {}

    def run(language: str) -> dict[str, list[str]]:
        if language not in ran:
            ran[language] = session(page, language, tmp_path_factory.mktemp(language))
        return ran[language]

    return run


def session(page: str, language: str, folder: Path) -> dict[str, list[str]]:
    """Run the blocks of one language in their order, in one session."""
    missing = [program for program in PROGRAMS[language] if shutil.which(program) is None]
    if missing:
        pytest.skip(f"{missing[0]} is not on this machine")
    mine = [block for block in blocks(page) if block[1] == language]
    text = "\n".join(f"{TELL[language].format(MARK + example)}\n{code}" for example, _, _, code in mine)
    names = {"curl": "all.sh", "python": "all.py", "javascript": "all.mjs"}
    (folder / names[language]).write_text(text, encoding="utf-8")
    command = {"curl": "bash", "python": sys.executable, "javascript": "node"}[language]
    done = subprocess.run([command, names[language]], cwd=folder, capture_output=True, encoding="utf-8", timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    parts = re.split(rf"^{MARK}(\w+)\n", done.stdout, flags=re.MULTILINE)[1:]
    return {example: said.splitlines() for example, said in zip(parts[::2], parts[1::2], strict=True)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_example_prints_the_status_that_the_page_promises(page, told, language) -> None:
    promised = {example: status for example, of, status, _ in blocks(page) if of == language and status}
    assert len(promised) > 15
    said = told(language)
    assert {example: said[example][:1] for example in promised} == {one: [status] for one, status in promised.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_examples_show_is_what_the_text_says(told, language) -> None:
    said = told(language)
    assert said["own"][1] == "RSUD Kota Yogyakarta"
    assert said["found"][1] == "1", "the person just registered"
    assert said["answered"][1] == "requested"
    assert said["patched"][1] == "2"
    assert "male" in said["refused"][1] or "1990-11-23" in said["refused"][1], "the fault says what to write"
    assert "Read it again" in said["stale"][1]
    assert said["requests"][1] == "rsud-simrs"
    assert said["subscribed"][1] == "requested" and "/Subscription/" in said["standing"][1]


def test_all_languages_have_the_same_examples(page) -> None:
    by_language = [[block[0] for block in blocks(page) if block[1] == language] for language in LANGUAGES]
    assert by_language[0] == by_language[1] == by_language[2]


def test_the_page_is_light(served, page) -> None:
    styles = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
    weight = len(page.encode()) + sum(len(httpx.get(f"{served.url}{style}").content) for style in styles)
    assert weight < LARGEST_PAGE, f"{weight} bytes"
    assert "<script" not in page


def test_there_is_an_english_page_too(served) -> None:
    answer = httpx.get(f"{served.url}/docs", headers={"Accept-Language": "en"})
    assert '<html lang="en">' in answer.text and "Connect your system" in answer.text


class Receiver(HTMLParser):
    """The endpoint's program that the page shows."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self._inside = "", False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = self._inside or (tag == "pre" and "data-receiver" in dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "pre"

    def handle_data(self, data: str) -> None:
        self.text += data if self._inside else ""


def test_the_endpoint_on_the_page_takes_what_is_ours_and_nothing_else(
    page, http, organization, location, patient, tmp_path
) -> None:
    shown = Receiver()
    shown.feed(page)
    (tmp_path / "receiver.py").write_text(shown.text, encoding="utf-8")
    port = free_port()
    wanted = subscription("encounter-changed", f"http://127.0.0.1:{port}/")
    one = http.post("/Subscription", json=wanted).json()
    secret = next(
        found["valueString"] for found in one["channel"]["extension"] if found["url"].startswith("urn:sekali")
    )
    program = subprocess.Popen(
        [sys.executable, "receiver.py", secret, str(port)], cwd=tmp_path, stdout=subprocess.PIPE, encoding="utf-8"
    )
    try:
        for _ in range(300):
            if http.get(f"/Subscription/{one['id']}").json()["status"] == "active":
                break
            time.sleep(0.1)
        forged = httpx.post(f"http://127.0.0.1:{port}/", json={}, headers={"webhook-signature": "v1,x"})
        assert forged.status_code == 401
        person = http.post("/Patient", json=patient).json()["data"]["patient_id"]
        visit = http.post("/Encounter", json=encounter(organization, person, location)).json()["id"]
        assert program.stdout.readline() == f"1 Encounter/{visit}\n"
    finally:
        program.kill()
        http.delete(f"/Subscription/{one['id']}")


def test_the_page_names_every_topic(page) -> None:
    assert set(re.findall(r"urn:sekali:topic:</span><br>([\w-]+)</td>", page)) == {topic.name for topic in TOPICS}
