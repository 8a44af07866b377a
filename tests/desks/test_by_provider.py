"""Coming in by the city's own OpenID provider: a real, certified one on loopback, a real browser between the two."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from examples import needs_npm
from looking import look
from providing import Place, provided
from running import Served, free_port, start, stop, wait_until_ready

pytestmark = needs_npm


@pytest.fixture(scope="module")
def place() -> Place:
    return Place(free_port(), f"http://localhost:{free_port()}")


@pytest.fixture(scope="module")
def served(folder, place) -> Iterator[Served]:
    """A Sekali that knows a provider (in place of the one that other tests share)."""
    ours = urlsplit(place.ours)
    running = start(
        folder / "by-provider", ours.port, SEKALI_ADDRESS=place.ours, SEKALI_POPULATION="100", SEKALI_PROCESSES="1",
        **place.settings,
    )  # fmt: skip
    try:
        wait_until_ready(running)
        yield Served(place.ours, running.folder, running.process, running.log)
    finally:
        stop(running)


def operator(served: Served, place: Place, *words: str) -> str:
    """``sekali user …`` at the server; what it says."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEKALI_")}
    environment |= {"SEKALI_DATA": str(served.folder), "SEKALI_ADDRESS": place.ours} | place.settings
    done = subprocess.run(
        [sys.executable, "-m", "sekali", "user", *words], env=environment, capture_output=True, text=True, timeout=60
    )
    return done.stdout + done.stderr


def at_the_provider(page, name: str) -> None:
    """Log in on the provider's own page, and agree."""
    page.wait_for_url(re.compile(r"/interaction/"))
    page.locator("[name=login]").fill(name)
    page.locator("[name=password]").fill("apa saja")
    page.locator("[type=submit]").click()
    if page.locator("input[name=prompt][value=consent]").count():
        page.locator("[type=submit]").click()


def by_provider(page, name: str, to: str = "/masuk") -> None:
    page.goto(to)
    page.get_by_role("link", name="Masuk dengan Login Kota Uji").click()
    at_the_provider(page, name)


def test_while_the_provider_is_away_the_password_works(new_context, at) -> None:
    page = new_context().new_page()
    page.goto("/masuk?ke=/akun")
    with page.expect_response("**/masuk/penyedia?ke=/akun") as answer:
        page.get_by_role("link", name="Masuk dengan Login Kota Uji").click()
    assert answer.value.status == 503 and answer.value.headers["retry-after"]
    assert "sedang tidak menjawab" in page.locator(".notice.danger").inner_text()
    look(page, "login-while-the-provider-is-away")
    page.locator("#username").fill("loket.jetis")
    page.locator("#password").fill("sekali-demo")
    page.locator("form[action='/masuk'] button").click()
    page.wait_for_url("**/akun")
    assert "belum ditautkan" in page.locator("#penyedia").inner_text()


def test_linked_staff_come_in_work_and_log_out_in_both_places(new_context, served, place, kept) -> None:
    with provided(place):
        page = new_context().new_page()
        page.goto("/masuk")
        look(page, "login-with-provider")
        by_provider(page, "pegawai-7731")
        assert "belum ditautkan" in page.locator(".notice.danger").inner_text()
        assert page.locator("code.secret").inner_text() == "pegawai-7731"
        look(page, "login-not-linked")
        page.goto("/loket")
        assert "/masuk" in page.url, "nobody is in"

        assert "may come in" in operator(served, place, "link", "loket.jetis", "pegawai-7731")
        by_provider(page, "pegawai-7731", "/masuk?ke=/akun")
        page.wait_for_url("**/akun")
        assert "loket.jetis" in page.locator("h1").inner_text()
        assert page.locator("#penyedia .badge.good").inner_text() == "ditautkan"
        look(page, "account-linked")
        cookie = next(one for one in page.context.cookies() if one["name"] == "sekali")
        assert cookie["httpOnly"] and cookie["sameSite"] == "Lax"

        page.locator("form[action='/keluar'] button").click()
        page.wait_for_url("**/keluar/penyedia")
        look(page, "farewell")
        page.get_by_role("link", name="Keluar juga dari Login Kota Uji").click()
        page.locator("[name=logout]").click()
        page.wait_for_url(f"{place.ours}/")
        page.goto("/loket")
        assert "/masuk" in page.url

        page.goto("/masuk")  # whoever comes next to this computer is asked by the provider
        page.get_by_role("link", name="Masuk dengan Login Kota Uji").click()
        page.wait_for_url(re.compile(r"/interaction/"))
    said = [row["detail"] for row in kept("select detail from audit.event where kind = 'logged-in'")]
    assert "provider" in said


def test_even_without_logging_out_there_the_next_one_is_asked_anew(new_context, served, place) -> None:
    operator(served, place, "link", "loket.jetis", "pegawai-7731")
    with provided(place, kid="dua"):
        page = new_context().new_page()
        by_provider(page, "pegawai-7731")
        page.wait_for_url("**/loket")
        page.locator("form[action='/keluar'] button").click()
        page.goto("/masuk")
        page.get_by_role("link", name="Masuk dengan Login Kota Uji").click()
        page.wait_for_url(re.compile(r"/interaction/"))


@pytest.mark.parametrize(("algorithm", "method"), [("ES256", "client_secret_basic"), ("RS256", "client_secret_post")])
def test_new_keys_and_other_ways_of_the_provider(new_context, served, place, algorithm, method) -> None:
    """Each start of the provider has a new key under another name; nobody tells Sekali."""
    operator(served, place, "link", "dokter.jetis", "pegawai-9001")
    with provided(place, kid=f"kunci-{algorithm}-{method}", algorithm=algorithm, method=method):
        page = new_context(java_script_enabled=False).new_page()
        by_provider(page, "pegawai-9001")
        page.wait_for_url("**/dokter")


def test_an_answer_that_was_used_or_is_anothers_lets_nobody_in(new_context, served, place) -> None:
    operator(served, place, "link", "loket.jetis", "pegawai-7731")
    with provided(place, kid="tiga"):
        page = new_context().new_page()
        came: list[str] = []
        page.on("request", lambda one: came.append(one.url) if "/kembali?" in one.url else None)
        page.goto("/masuk/penyedia")
        trip = [one for one in page.context.cookies(f"{place.ours}/masuk/penyedia") if one["name"] == "sekali_penyedia"]
        at_the_provider(page, "pegawai-7731")
        page.wait_for_url("**/loket")
        assert parse_qs(urlsplit(came[0]).query)["iss"] == [place.issuer]

        again = new_context()
        again.add_cookies(trip)
        answer = again.request.get(came[0])
        assert answer.status == 401 and "tidak ada yang masuk" in answer.text()
        assert not [one for one in again.cookies() if one["name"] == "sekali"]

        other = new_context()  # somebody is led to an answer that was meant for another browser
        assert other.request.get(came[0]).status == 401
        other.request.get("/masuk/penyedia", max_redirects=0)
        answer = other.request.get(came[0])
        assert answer.status == 401 and "dimulai di tempat lain" in answer.text()


def test_what_was_typed_before_is_sent_after(new_context, served, place, at) -> None:
    operator(served, place, "link", "loket.jetis", "pegawai-7731")
    with provided(place, kid="empat"):
        page = at("loket.jetis")
        page.goto("/loket")
        page.locator("#scan").fill("9901014503901234")
        page.context.clear_cookies()
        page.locator(".scan button").click()
        page.get_by_role("link", name="Masuk dengan Login Kota Uji").wait_for()
        look(page, "login-with-provider-and-kept")
        with page.expect_popup() as opened:
            page.get_by_role("link", name="Masuk dengan Login Kota Uji").click()
        at_the_provider(opened.value, "pegawai-7731")
        opened.value.wait_for_url("**/loket")
        page.get_by_role("button", name="Saya sudah masuk: kirim").click()
        page.wait_for_load_state()
        assert "/masuk" not in page.url and "loket" in page.url


def test_unlinked_again_and_english(new_context, served, place) -> None:
    operator(served, place, "link", "loket.jetis", "pegawai-7731")
    with provided(place, kid="lima"):
        page = new_context(locale="en-GB").new_page()
        page.goto("/masuk")
        page.get_by_role("link", name="Log in with Login Kota Uji").click()
        at_the_provider(page, "pegawai-7731")
        page.wait_for_url("**/loket")
        assert "no longer" in operator(served, place, "link", "loket.jetis")
        page.goto("/loket")
        assert "/masuk" in page.url, "the sessions ended too"
        page.get_by_role("link", name="Log in with Login Kota Uji").click()
        at_the_provider(page, "pegawai-7731")
        assert "not linked" in page.locator(".notice.danger").inner_text()


def test_the_operators_words(served, place) -> None:
    assert "no account" in operator(served, place, "link", "tidak.ada", "x")
    assert "only staff" in operator(served, place, "link", "siti", "pegawai-1")
    operator(served, place, "link", "dokter.rsud", "pegawai-2")
    assert "Another account" in operator(served, place, "link", "loket.rsud", "pegawai-2")
    assert "not linked" in operator(served, place, "link", "loket.rsud")
