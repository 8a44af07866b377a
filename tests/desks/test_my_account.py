"""Coming in by more than a password, seen in the browser: an app's code, recovery codes, passkeys, my sessions.

Each test leaves its account as it found it: others log in with it too.
"""

import re
import time
from collections.abc import Iterator

import pyotp
import pytest
from looking import look

PASSWORD = "sekali-demo"


def submit(page, selector: str) -> None:
    with page.expect_navigation():
        page.locator(selector).first.click()


def password_of(page, username: str, password: str = PASSWORD) -> None:
    page.goto("/masuk")
    page.locator("#username").fill(username)
    page.locator("#password").fill(password)
    submit(page, "form[action='/masuk'] button")


def secret_on(page) -> str:
    page.locator("summary").click()
    return page.locator("code.secret").inner_text().replace(" ", "")


def next_code(secret: str) -> str:
    """One that was not used before: of the next half minute, if the present one's was."""
    return pyotp.TOTP(secret).at(int(time.time()) + 30)


@pytest.fixture
def second_step(at, new_context, served) -> Iterator[tuple[str, list[str]]]:
    """The receptionist of Jetis sets up the second step, and takes it away again at the end."""
    page = at("loket.jetis")
    page.get_by_role("link", name="Akun saya").click()
    look(page, "account")
    page.get_by_role("link", name="Pasang langkah kedua").click()
    page.wait_for_url("**/akun/kode")
    look(page, "second-step-setting-up")
    secret = secret_on(page)
    page.locator("#code").fill("000000")
    page.locator("#password_now").fill(PASSWORD)
    submit(page, "form.sheet .button.big")
    assert "tidak benar" in page.locator("#code-error").inner_text()
    page.locator("#code").fill(pyotp.TOTP(secret).now())
    page.locator("#password_now").fill(PASSWORD)
    submit(page, "form.sheet .button.big")
    look(page, "recovery-codes")
    codes = page.locator("ul.codes code").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("link", name="Sudah saya simpan").click()
    page.wait_for_url("**/akun")
    assert "tersisa 10 kode cadangan" in page.locator("#kode").inner_text()
    look(page, "account-with-second-step")
    yield secret, codes
    page.goto("/akun")
    page.locator("#kode summary").click()
    page.locator("#app_password").fill(PASSWORD)
    submit(page, "form[action='/akun/kode/lepas'] button")
    assert "dilepas" in page.locator(".notice").inner_text()


def test_a_code_of_the_phone_is_asked_for_after_the_password(new_context, second_step) -> None:
    secret, codes = second_step
    page = new_context(java_script_enabled=False).new_page()
    password_of(page, "loket.jetis")
    assert page.locator("h1").inner_text() == "Langkah kedua"
    page.goto("/loket")
    assert "/masuk" in page.url, "nobody is in yet"
    password_of(page, "loket.jetis")
    page.locator("#code").fill("123456")
    submit(page, "form.sheet .button.big")
    assert "sudah dipakai" in page.locator(".notice.danger").inner_text()
    page.locator("#code").fill(next_code(secret))
    submit(page, "form.sheet .button.big")
    assert page.url.endswith("/loket")

    page = new_context().new_page()
    password_of(page, "loket.jetis")
    look(page, "second-step")
    page.locator("#code").fill(codes[0].lower())
    submit(page, "form.sheet .button.big")
    assert page.url.endswith("/loket")
    page.goto("/akun")
    assert "tersisa 9 kode cadangan" in page.locator("#kode").inner_text()


def test_what_was_typed_before_comes_back_after_both_steps(at, new_context, second_step, kept) -> None:
    secret, _ = second_step
    page = new_context().new_page()
    password_of(page, "loket.jetis")
    page.locator("#code").fill(next_code(secret))
    submit(page, "form.sheet .button.big")
    page.locator("#scan").fill("9901014503901234")
    page.context.clear_cookies()
    submit(page, ".scan button")
    page.locator("#username").fill("loket.jetis")
    page.locator("#password").fill(PASSWORD)
    submit(page, "form[action='/masuk'] button")
    assert page.locator("h1").inner_text() == "Langkah kedua"
    assert page.locator("input[name='kept.scan'], input[name='kept.q']").count() == 1


def test_i_see_where_i_am_logged_in_and_log_out_there(at) -> None:
    here, elsewhere = at("loket.rsud"), at("loket.rsud")
    here.goto("/akun")
    rows = here.locator("#sesi li")
    assert rows.count() >= 2 and "Chrome, Linux" in rows.first.inner_text() and "127.0.0.1" in rows.first.inner_text()
    assert here.locator("#sesi .badge").count() == 1
    submit(here, "#sesi button[value=others]")
    assert here.locator("#sesi li").count() == 1
    elsewhere.goto("/loket")
    assert "/masuk" in elsewhere.url


def test_another_password_without_scripts(new_context, at) -> None:
    other = at("loket.pratama")
    page = new_context(java_script_enabled=False).new_page()
    password_of(page, "loket.pratama")
    page.goto("/akun")
    for old, new, said in (("salah", "tiga kata baru", "bukan kata sandi"), (PASSWORD, "password123", "dicoba semua")):
        fill(page, old, new)
        assert said in page.locator("form[action='/akun/sandi'] .bad").inner_text()
    look_at = fill(page, PASSWORD, "tiga kata baru")
    assert "sudah diganti" in look_at.locator(".notice.good").inner_text()
    other.goto("/loket")
    assert "/masuk" in other.url
    fill(page, "tiga kata baru", PASSWORD)
    page.goto("/loket")
    assert page.url.endswith("/loket")


def fill(page, old: str, new: str):
    page.locator("#old").fill(old)
    page.locator("#password").fill(new)
    page.locator("#password_again").fill(new)
    submit(page, "form[action='/akun/sandi'] button")
    return page


# Passkeys


def with_authenticator(new_context, served, verified: bool = True):
    """A browser with a device of its own that holds passkeys (Chromium's virtual one), at an address with a name."""
    context = new_context(base_url=served.url.replace("127.0.0.1", "localhost"))
    page = context.new_page()
    cdp = context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": verified, "automaticPresenceSimulation": True,
    }  # fmt: skip
    id = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    return page, cdp, id


def add_passkey(page, username: str) -> None:
    password_of(page, username)
    page.goto("/akun")
    page.locator("#key_name").fill("Ponsel uji")
    page.locator("#key_password").fill(PASSWORD)
    submit(page, "form[action='/akun/kunci'] button")


def test_a_passkey_is_made_and_lets_in_without_a_password_until_it_is_taken_away(new_context, served) -> None:
    page, cdp, device = with_authenticator(new_context, served)
    add_passkey(page, "dokter.jetis")
    assert "Passkey siap" in page.locator(".notice.good").inner_text()
    assert "Ponsel uji" in page.locator("#kunci").inner_text()
    look(page, "account-with-passkey")
    assert len(cdp.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]) == 1

    page.locator("form[action='/keluar'] button").click()
    page.goto("/masuk?ke=/rujukan")
    assert page.locator("form[action='/masuk/kunci'] [role=alert]").is_hidden(), "nothing has gone wrong yet"
    look(page, "login-with-passkey")
    submit(page, "form[action='/masuk/kunci'] button")
    assert page.url.endswith("/rujukan")

    page.goto("/akun")
    assert re.search(r"terakhir dipakai \d", page.locator("#kunci").inner_text())
    submit(page, "form[action='/akun/kunci/lepas'] button")
    page.locator("form[action='/keluar'] button").click()
    page.goto("/masuk")
    submit(page, "form[action='/masuk/kunci'] button")
    assert "tidak dapat dipakai" in page.locator(".notice.danger").inner_text()


def test_a_passkeys_answer_works_once(new_context, served) -> None:
    page, _, _ = with_authenticator(new_context, served)
    add_passkey(page, "dokter.rsud")
    page.locator("form[action='/keluar'] button").click()
    page.goto("/masuk")
    sent = []
    page.on("request", lambda request: sent.append(request.post_data) if request.method == "POST" else None)
    submit(page, "form[action='/masuk/kunci'] button")
    assert page.url.endswith("/dokter")
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": page.url.removesuffix("/dokter")}
    again = page.request.post("/masuk/kunci", data=sent[-1], headers=headers)
    assert again.status == 401 and "terkirim dua kali" in again.text()
    page.goto("/akun")
    submit(page, "form[action='/akun/kunci/lepas'] button")


def test_a_device_that_does_not_ask_its_owner_makes_none(new_context, served) -> None:
    page, _, _ = with_authenticator(new_context, served, verified=False)
    password_of(page, "dokter.pratama")
    page.goto("/akun")
    page.locator("#key_password").fill(PASSWORD)
    page.locator("form[action='/akun/kunci'] button").click()
    page.locator("form[action='/akun/kunci'] [role=alert]").wait_for(state="visible")
    assert page.locator("form[action='/akun/kunci/lepas']").count() == 0


def test_without_scripts_or_a_name_the_password_stays(new_context, served) -> None:
    page = new_context(java_script_enabled=False, base_url=served.url.replace("127.0.0.1", "localhost")).new_page()
    page.goto("/masuk")
    assert page.locator("form[action='/masuk/kunci']").is_hidden()
    password_of(page, "dokter.gedongtengen")
    page.goto("/akun")
    assert page.locator("form[action='/akun/kunci']").is_hidden()
    assert "Kata sandi Anda tetap berlaku" in page.locator("#kunci").inner_text()
    by_number = new_context().new_page()
    by_number.goto("/masuk")
    assert by_number.locator("form[action='/masuk/kunci']").count() == 0
