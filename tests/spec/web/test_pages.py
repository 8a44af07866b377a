"""Pages refuse what they must, keep what was typed, and leak nothing. (The way itself is in tests/desks.)"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

PASSWORD = "sekali-demo"
SAME = {"Sec-Fetch-Site": "same-origin"}


def visitor(served) -> httpx.Client:
    return httpx.Client(base_url=served.url, headers=SAME, timeout=20)


@contextmanager
def at(served, username: str) -> Iterator[httpx.Client]:
    with visitor(served) as client:
        assert client.post("/masuk", data={"username": username, "password": PASSWORD}).status_code == 303
        yield client


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "same-site"}],
)
def test_a_form_of_another_site_does_nothing(served, headers) -> None:
    with httpx.Client(base_url=served.url) as client:
        assert (
            client.post("/masuk", data={"username": "walikota", "password": PASSWORD}, headers=headers).status_code
            == 403
        )


def test_an_older_browser_is_known_by_its_origin(served) -> None:
    with httpx.Client(base_url=served.url) as client:
        answer = client.post(
            "/masuk", data={"username": "walikota", "password": PASSWORD}, headers={"Origin": served.url}
        )
        assert answer.status_code == 303
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=lax" in cookie


def test_every_page_forbids_scripts_and_frames_of_others(served) -> None:
    policy = httpx.get(f"{served.url}/masuk").headers["content-security-policy"]
    for part in (
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "base-uri 'none'",
    ):
        assert part in policy
    assert "unsafe" not in policy


def test_what_was_typed_survives_a_lost_session(served) -> None:
    with visitor(served) as client:
        answer = client.post(
            "/loket/daftar", data={"name": "Nama Yang Panjang <b>", "nik": "9901995407900001", "action": "register"}
        )
        assert answer.status_code == 401
        kept = dict(re.findall(r'name="kept\.(\w+)" value="([^"]*)"', answer.text))
        assert kept["name"] == "Nama Yang Panjang &lt;b&gt;"
        to = re.search(r'name="kept_to" value="([^"]*)"', answer.text)[1]
        form = {"username": "loket.gedongtengen", "password": PASSWORD, "kept_to": to}
        back = client.post("/masuk", data=form | {"kept.name": "Nama Yang Panjang <b>", "kept.nik": kept["nik"]})
        assert back.status_code == 200 and 'action="/loket/daftar"' in back.text
        assert 'name="name" value="Nama Yang Panjang &lt;b&gt;"' in back.text


def test_a_login_never_leads_to_another_site(served) -> None:
    for to in ("//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example"):
        with visitor(served) as client:
            answer = client.post("/masuk", data={"username": "walikota", "password": PASSWORD, "to": to})
            assert answer.headers["location"] == "/kota"


def test_a_wrong_desk_says_so(served) -> None:
    with at(served, "loket.gedongtengen") as clerk:
        assert clerk.get("/dokter").status_code == 403
        assert clerk.get("/warga").status_code == 403
        assert "meja kerja" in clerk.get("/dokter").text


def test_a_person_cannot_be_received_without_having_been_scanned(served) -> None:
    with at(served, "loket.gedongtengen") as clerk:
        answer = clerk.post("/loket/terima", data={"present": "bukan-segel", "department": "x"})
        assert answer.status_code == 400 and "Pindai kartunya lagi" in answer.text


def test_a_form_that_is_too_large_is_refused(served) -> None:
    with at(served, "loket.gedongtengen") as clerk:
        answer = clerk.post("/loket", data={"scan": "9" * 300_000})
        assert answer.status_code == 413


def test_the_language_is_indonesian_unless_english_is_chosen(served) -> None:
    with visitor(served) as client:
        assert 'lang="id"' in client.get("/masuk").text
        client.post("/bahasa", data={"lang": "en", "to": "/masuk"})
        page = client.get("/masuk").text
        assert 'lang="en"' in page and "User name" in page


def test_an_unknown_visit_or_referral_tells_nothing(served) -> None:
    with at(served, "dokter.gedongtengen") as doctor:
        for path in (
            "/dokter/00000001-0000-8000-8000-000000000000",
            "/surat/00000001-0000-8000-8000-000000000000",
            "/dokter/x",
        ):
            assert doctor.get(path).status_code == 404


def test_pages_are_light(served) -> None:
    """Less than 40 KB of page and style together, for slow lines."""
    with at(served, "loket.gedongtengen") as clerk:
        page = clerk.get("/loket")
        style = clerk.get(re.search(r'href="(/static/sekali\.css[^"]*)"', page.text)[1])
        assert len(page.content) + len(style.content) < 40_000


def test_a_kind_of_instrument_that_there_is_not_is_no_fault_of_ours(served) -> None:
    """Found by wapiti, which changes every parameter that it sees."""
    with at(served, "sekretariat") as client:
        page = client.get("/sekretariat/instrumen/baru", params={"jenis": "<script>"})
        assert page.status_code == 200 and 'name="kind" value="panel"' in page.text
        refused = client.post(
            "/sekretariat/instrumen/baru", data={"kind": "<script>", "name": "Uji", "lines": "a | A | 100"}
        )
        assert refused.status_code == 400 and "Uji" in refused.text and "<script>" not in refused.text
