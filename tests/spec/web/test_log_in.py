"""Coming in by the page: in one step or two, with what was typed before, and to nowhere but here."""

import re
from collections.abc import AsyncIterator

import httpx
import pyotp
import pytest
from httpx import ASGITransport

from sekali import app, kernel, security

PASSWORD = "rahasia-1"


@pytest.fixture
async def demanding(database, folder) -> app.Sekali:
    """A city whose doctors need a second factor, behind a proxy with TLS."""
    sekali = await app.build(kernel.Settings(data=folder / "data", second_factor=("doctor",), https=True), database)
    async with database.transaction() as tx:
        for name, role in (("dokter.satu", security.Role.DOCTOR), ("loket.satu", security.Role.CLERK)):
            await sekali.doorkeeper.add_account(tx, username=name, password=PASSWORD, name=name, role=role)
    return sekali


@pytest.fixture
async def browser(demanding) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Sec-Fetch-Site": "same-origin", "User-Agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"}
    transport = ASGITransport(demanding.asgi)
    async with httpx.AsyncClient(transport=transport, base_url="https://sekali.example", headers=headers) as http:
        yield http


def hidden(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of the first form of a page's content."""
    form = page.text.partition('<main id="isi">')[2].partition("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form))


def secret_on(page: httpx.Response) -> str:
    return re.search(r'<code class="secret"[^>]*>([^<]+)<', page.text)[1].replace(" ", "")


async def log_in(http: httpx.AsyncClient, username: str, **more: str) -> httpx.Response:
    return await http.post("/masuk", data={"username": username, "password": PASSWORD} | more)


async def test_a_demanded_second_step_is_set_up_before_anything_is_seen(browser) -> None:
    page = await log_in(browser, "dokter.satu", to="/rujukan")
    assert page.status_code == 200 and "set-cookie" not in page.headers
    assert (await browser.get("/akun")).status_code == 303
    secret = secret_on(page)
    again = await browser.post("/masuk/kode", data=hidden(page) | {"code": "000000"})
    assert again.status_code == 401 and secret_on(again) == secret
    done = await browser.post("/masuk/kode", data=hidden(again) | {"code": pyotp.TOTP(secret).now()})
    assert done.status_code == 200 and done.text.count("<li><code>") == 10 and 'href="/rujukan"' in done.text
    assert (await browser.get("/akun")).status_code == 200

    page = await log_in(browser, "dokter.satu", to="/rujukan")
    assert secret not in page.text and "svg" not in page.text.partition('<main id="isi">')[2]


async def test_what_was_typed_before_goes_through_both_steps(browser) -> None:
    typed = {"kept_to": "/dokter/periksa", "kept.complaint": "Pusing <b>"}
    page = await log_in(browser, "dokter.satu", **typed)
    done = await browser.post("/masuk/kode", data=hidden(page) | {"code": pyotp.TOTP(secret_on(page)).now()})
    assert 'action="/dokter/periksa"' in done.text
    assert 'name="complaint" value="Pusing &amp;lt;b&amp;gt;"' in done.text or 'value="Pusing &lt;b&gt;"' in done.text


@pytest.mark.parametrize("to", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", ""])
async def test_nobody_is_sent_elsewhere_after(browser, to) -> None:
    assert (await log_in(browser, "loket.satu", to=to)).headers["location"] == "/loket"


async def test_the_cookie_is_out_of_reach_of_scripts_other_sites_and_plain_http(browser) -> None:
    cookie = (await log_in(browser, "loket.satu")).headers["set-cookie"].lower()
    for mark in ("httponly", "samesite=lax", "secure", "max-age=43200", "path=/"):
        assert mark in cookie


async def test_a_cookie_that_was_there_before_is_worth_nothing_after(browser, demanding) -> None:
    browser.cookies.set("sekali", "planted")
    await log_in(browser, "loket.satu")
    assert await demanding.doorkeeper.session("planted") is None
    first = next(one.value for one in browser.cookies.jar if one.name == "sekali" and one.value != "planted")
    browser.cookies.clear()
    browser.cookies.set("sekali", first, domain="sekali.example")
    form = {"old": PASSWORD, "password": "tiga kata baru", "password_again": "tiga kata baru"}
    changed = await browser.post("/akun/sandi", data=form)
    assert changed.headers["location"] == "/akun?selesai=sandi" and "set-cookie" in changed.headers
    assert await demanding.doorkeeper.session(first) is None


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/akun/kode/lepas", {"app_password": "salah"}),
        ("/akun/kunci", {"key_password": "salah"}),
        ("/akun/sandi", {"old": "salah", "password": "tiga kata baru", "password_again": "tiga kata baru"}),
        ("/akun/sandi", {"old": PASSWORD, "password": "tiga kata baru", "password_again": "lain"}),
    ],
)
async def test_what_opens_or_closes_a_way_in_asks_for_the_password(browser, path, form) -> None:
    await log_in(browser, "loket.satu")
    answer = await browser.post(path, data=form)
    assert answer.status_code == 400 and "salah" not in answer.text.split("<main")[1]
    assert ('class="bad"' in answer.text) == (path == "/akun/sandi"), "beside its field, where that is on the page"


@pytest.mark.parametrize("path", ["/masuk/kode", "/masuk/kunci"])
async def test_a_form_with_nothing_in_it_leads_back_to_the_log_in(browser, path) -> None:
    for form in ({}, {"step": "x", "code": "123456", "credential": "{}"}, {"step": "ñ" * 500, "credential": "[]"}):
        answer = await browser.post(path, data=form)
        assert answer.status_code == 401 and 'action="/masuk"' in answer.text


async def test_my_sessions_are_told_by_browser_and_place(browser) -> None:
    await log_in(browser, "loket.satu")
    page = await browser.get("/akun")
    assert "Firefox, Windows" in page.text
