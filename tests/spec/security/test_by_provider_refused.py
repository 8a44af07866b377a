"""What an OpenID provider may not get past: a provider of the tests' own that answers wrongly, one thing at a time.

(That a right one is understood is shown with a certified one: tests/desks/test_by_provider.py.)
"""

import base64
import hmac
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pyotp
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from httpx import ASGITransport

from sekali import app, audit, kernel, security

OURS = "https://sekali.example"
SECRET = "rahasia klien, 32 karakter panjang"


class Bent(ThreadingHTTPServer):
    """A provider whose every answer a test can bend. It takes a code as often as it comes, which a real one would not."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.issuer = f"http://127.0.0.1:{self.server_port}"
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.algorithm, self.kid = "RS256", "satu"
        self.published = [self.jwk(self.key, "RS256", "satu")]
        self.claims: dict = {}
        self.metadata: dict = {}
        self.status = 200
        self.forms: list[dict] = []
        self.nonce = ""
        self.token = ""

    @staticmethod
    def jwk(key, algorithm: str, kid: str) -> dict:
        return jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True) | {"kid": kid, "use": "sig"}

    def document(self) -> dict:
        return {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/auth", "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys", "authorization_response_iss_parameter_supported": True,
        } | self.metadata  # fmt: skip

    def id_token(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": "pegawai-1", "aud": "sekali", "exp": now + 300, "iat": now, "auth_time": now,
            "nonce": self.nonce,
        } | self.claims  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        return self.token or jwt.encode(claims, self.key, self.algorithm, {"kid": self.kid})


class _Door(BaseHTTPRequestHandler):
    server: Bent

    def do_GET(self) -> None:
        self._send(self.server.document() if "openid-configuration" in self.path else {"keys": self.server.published})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.forms.append(
            {name: one[0] for name, one in parse_qs(body).items()} | {"": self.headers["Authorization"]}
        )
        self._send(
            {"access_token": "x", "token_type": "Bearer", "id_token": self.server.id_token()}, self.server.status
        )

    def _send(self, found: dict, status: int = 200) -> None:
        body = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def bent() -> Iterator[Bent]:
    server = Bent()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def settings(bent: Bent, **more) -> kernel.Settings:
    known = {
        "address": OURS, "https": True, "openid_issuer": bent.issuer, "openid_client": "sekali", "openid_secret": SECRET,
        "openid_name": "Login Kota", "second_factor": ("doctor",), "openid_second_factor": ("mfa",),
    }  # fmt: skip
    return kernel.Settings(**known | more)


@pytest.fixture
async def knowing(database, bent, folder) -> app.Sekali:
    sekali = await app.build(settings(bent, data=folder / "data"), database)
    async with database.transaction() as tx:
        for name, role in (("loket.satu", security.Role.CLERK), ("dokter.satu", security.Role.DOCTOR)):
            await sekali.doorkeeper.add_account(tx, username=name, password="rahasia-1", name=name, role=role)
    await sekali.doorkeeper.by_provider.link("loket.satu", "pegawai-1")
    await sekali.doorkeeper.by_provider.link("dokter.satu", "dokter-1")
    return sekali


@pytest.fixture
async def browser(knowing) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Sec-Fetch-Site": "same-origin"}
    async with httpx.AsyncClient(transport=ASGITransport(knowing.asgi), base_url=OURS, headers=headers) as http:
        yield http


async def depart(http: httpx.AsyncClient, bent: Bent, to: str = "") -> dict[str, str]:
    """What the provider is asked."""
    answer = await http.get("/masuk/penyedia", params={"ke": to} if to else None)
    assert answer.status_code == 303, answer.text
    asked = {name: one[0] for name, one in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    bent.nonce = asked["nonce"]
    return asked


async def there_and_back(http: httpx.AsyncClient, bent: Bent, to: str = "", **bend: str | None) -> httpx.Response:
    asked = await depart(http, bent, to)
    answer = {"code": "c", "state": asked["state"], "iss": bent.issuer} | bend
    return await http.get(security.BACK, params={name: one for name, one in answer.items() if one is not None})


def let_in(answer: httpx.Response) -> bool:
    return any(one.startswith("sekali=") for one in answer.headers.get_list("set-cookie"))


async def test_a_right_answer_lets_in_and_is_asked_for_with_pkce_by_us(browser, bent, database) -> None:
    asked = await depart(browser, bent)
    assert asked["redirect_uri"] == OURS + security.BACK and asked["max_age"] == "0" and asked["scope"] == "openid"
    assert asked["code_challenge_method"] == "S256" and len(asked["code_challenge"]) == 43
    answer = await there_and_back(browser, bent)
    assert let_in(answer) and answer.headers["location"] == "/loket"
    form = bent.forms[-1]
    assert len(form["code_verifier"]) >= 43 and "client_secret" not in form
    pair = base64.b64decode(form[""].removeprefix("Basic ")).decode()
    assert pair == "sekali:rahasia+klien%2C+32+karakter+panjang"
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("sekali="))
    assert all(mark in cookie for mark in ("HttpOnly", "Secure", "SameSite=lax"))
    rows = await database.fetch("select detail from audit.event where kind = $1", audit.Kind.LOGGED_IN.value)
    assert [row["detail"] for row in rows] == ["provider"]


WRONG = {
    "another's nonce": {"nonce": "lain"},
    "no nonce": {"nonce": None},
    "another audience": {"aud": "lain"},
    "two audiences and no azp": {"aud": ["sekali", "lain"]},
    "azp is another": {"aud": ["sekali", "lain"], "azp": "lain"},
    "one audience, azp is another": {"azp": "lain"},
    "expired": {"exp": int(time.time()) - 3600},
    "made tomorrow": {"iat": int(time.time()) + 86400},
    "another issuer": {"iss": "https://lain.example"},
    "the issuer with a slash": {"iss": "http://127.0.0.1/"},
    "logged in long ago": {"auth_time": int(time.time()) - 3600},
    "no time of the log-in": {"auth_time": None},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a subject that is too long": {"sub": "a" * 256},
    "a subject of another kind": {"sub": 7},
}


@pytest.mark.parametrize("what", WRONG)
async def test_a_token_that_is_wrong_in_one_thing_lets_nobody_in(browser, bent, what) -> None:
    bent.claims = WRONG[what]
    answer = await there_and_back(browser, bent)
    assert answer.status_code == 401 and not let_in(answer), what
    assert "tidak ada yang masuk" in answer.text and 'name="password"' in answer.text


async def test_two_audiences_with_us_as_azp_are_right(browser, bent) -> None:
    bent.claims = {"aud": ["sekali", "lain"], "azp": "sekali"}
    assert let_in(await there_and_back(browser, bent))


async def test_only_rs256_and_es256_by_the_providers_own_keys(browser, bent) -> None:
    def unsigned(token: str) -> str:
        header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).decode().rstrip("=")
        return f"{header}.{token.split('.')[1]}."

    def by_hand(token: str) -> str:
        """As a library that is not careful would take it: the public key as the shared secret."""
        pem = bent.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        header = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"satu"}').decode().rstrip("=")
        signed = f"{header}.{token.split('.')[1]}"
        mark = base64.urlsafe_b64encode(hmac.digest(pem, signed.encode(), "sha256")).decode().rstrip("=")
        return f"{signed}.{mark}"

    asked = await depart(browser, bent)
    right = bent.id_token()
    claims = jwt.decode(right, options={"verify_signature": False})
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = {
        "none": unsigned(right),
        "HS256 with our secret": jwt.encode(claims, SECRET, "HS256", {"kid": "satu"}),
        "HS256 with the public key": by_hand(right),
        "RS512": jwt.encode(claims, bent.key, "RS512", {"kid": "satu"}),
        "another key under this name": jwt.encode(claims, other, "RS256", {"kid": "satu"}),
        "an unknown key": jwt.encode(claims, other, "RS256", {"kid": "lain"}),
        "ES256 named as the RSA key": jwt.encode(
            claims, ec.generate_private_key(ec.SECP256R1()), "ES256", {"kid": "satu"}
        ),
        "a key along in the header": jwt.encode(
            claims, other, "RS256", {"kid": "x", "jwk": Bent.jwk(other, "RS256", "x")}
        ),
        "changed": right[:-8] + "AAAAAAAA",
        "no token": "x",
    }
    for what, token in forged.items():
        bent.token = token
        answer = await browser.get(security.BACK, params={"code": "c", "state": asked["state"], "iss": bent.issuer})
        assert answer.status_code == 401 and not let_in(answer), what
    bent.token = right
    answer = await browser.get(security.BACK, params={"code": "c", "state": asked["state"], "iss": bent.issuer})
    assert let_in(answer), "wrong answers have not used the trip up"


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_weak_or_foreign_keys_are_of_no_use(browser, bent) -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    bent.key, bent.kid = weak, "lemah"
    bent.published = [Bent.jwk(weak, "RS256", "lemah"), {"kty": "oct", "k": "AAAA", "kid": "o"}, {"kty": "RSA"}]
    assert not let_in(await there_and_back(browser, bent))


async def test_new_keys_are_fetched_when_a_token_names_one(browser, bent) -> None:
    assert let_in(await there_and_back(browser, bent))
    bent.key, bent.algorithm, bent.kid = ec.generate_private_key(ec.SECP256R1()), "ES256", "dua"
    assert not let_in(await there_and_back(browser, bent)), "not published yet"
    bent.published.append(Bent.jwk(bent.key, "ES256", "dua"))
    assert let_in(await there_and_back(browser, bent))
    bent.published = bent.published[1:]


async def test_an_answer_is_of_this_browser_this_provider_and_once(browser, bent) -> None:
    for bend in ({"state": "lain"}, {"state": None}, {"iss": "https://lain.example"}, {"iss": None}, {"code": None}):
        answer = await there_and_back(browser, bent, **bend)
        assert answer.status_code == 401 and not let_in(answer), bend
    asked = await depart(browser, bent)
    params = {"code": "c", "state": asked["state"], "iss": bent.issuer}
    cookies = dict(browser.cookies)
    assert let_in(await browser.get(security.BACK, params=params))
    browser.cookies = cookies
    again = await browser.get(security.BACK, params=params)
    assert again.status_code == 401 and not let_in(again)
    browser.cookies.clear()
    assert not let_in(await browser.get(security.BACK, params=params))


async def test_a_refusal_of_the_provider_is_told_and_nothing_of_its_words(browser, bent) -> None:
    asked = await depart(browser, bent)
    said = {"error": "access_denied", "error_description": "<script>1</script>", "state": asked["state"]}
    answer = await browser.get(security.BACK, params=said)
    assert answer.status_code == 401 and "tidak mengizinkan" in answer.text and "<script>1" not in answer.text


@pytest.mark.parametrize(
    "bend",
    [
        {"issuer": "https://lain.example"},
        {"token_endpoint": "ftp://x"},
        {"jwks_uri": None},
        {"authorization_endpoint": 7},
    ],
)
async def test_a_configuration_of_another_sends_nobody_anywhere(browser, bent, bend) -> None:
    bent.metadata = bend
    answer = await browser.get("/masuk/penyedia")
    assert answer.status_code == 401 and "location" not in answer.headers


@pytest.mark.parametrize("to", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example"])
async def test_nobody_is_sent_elsewhere_after(browser, bent, to) -> None:
    assert (await there_and_back(browser, bent, to)).headers["location"] == "/loket"


async def test_the_address_of_the_request_is_never_where_people_come_back_to(knowing, bent) -> None:
    async with httpx.AsyncClient(transport=ASGITransport(knowing.asgi), base_url="https://jahat.example") as http:
        assert (await depart(http, bent))["redirect_uri"].startswith(OURS)


async def test_our_second_step_stays_unless_the_setting_lets_the_providers_stand(browser, bent, database) -> None:
    bent.claims = {"sub": "dokter-1", "amr": ["pwd"]}
    page = await there_and_back(browser, bent)
    assert page.status_code == 200 and not let_in(page) and 'class="secret"' in page.text
    secret = page.text.partition('<code class="secret"')[2].partition(">")[2].partition("<")[0].replace(" ", "")
    sealed = page.text.partition('name="step" value="')[2].partition('"')[0]
    done = await browser.post("/masuk/kode", data={"step": sealed, "code": pyotp.TOTP(secret).now()})
    assert let_in(done)

    bent.claims = {"sub": "dokter-1", "amr": ["pwd", "otp"], "acr": "urn:lain"}
    assert not let_in(await there_and_back(browser, bent)), "not what the setting names"
    for strong in ({"amr": ["pwd", "mfa"]}, {"acr": "mfa"}):
        bent.claims = {"sub": "dokter-1"} | strong
        assert let_in(await there_and_back(browser, bent))
    rows = await database.fetch("select detail from audit.event where kind = 'logged-in' order by at")
    assert [row["detail"] for row in rows] == ["provider and code", *["provider with second factor"] * 2]


async def test_nobody_unlinked_comes_in_and_no_account_is_made(browser, bent, database) -> None:
    before = await database.fetchval("select count(*) from security.account")
    bent.claims = {"sub": "orang-lain", "preferred_username": "loket.satu", "email": "loket.satu"}
    answer = await there_and_back(browser, bent)
    assert answer.status_code == 401 and not let_in(answer) and "orang-lain" in answer.text
    assert await database.fetchval("select count(*) from security.account") == before


async def test_an_older_log_in_counts_where_the_setting_lets_it(database, bent, folder) -> None:
    sekali = await app.build(settings(bent, data=folder / "data", openid_minutes=120), database)
    async with database.transaction() as tx:
        await sekali.doorkeeper.add_account(
            tx, username="loket.dua", password="rahasia-1", name="x", role=security.Role.CLERK
        )
    await sekali.doorkeeper.by_provider.link("loket.dua", "pegawai-1")
    async with httpx.AsyncClient(transport=ASGITransport(sekali.asgi), base_url=OURS) as http:
        bent.claims = {"auth_time": int(time.time()) - 3600}
        assert let_in(await there_and_back(http, bent))
        bent.claims = {"auth_time": int(time.time()) - 3 * 3600}
        assert not let_in(await there_and_back(http, bent))


async def test_off_there_is_no_button_and_no_page(sekali) -> None:
    async with httpx.AsyncClient(transport=ASGITransport(sekali.asgi), base_url=OURS) as http:
        assert "penyedia" not in (await http.get("/masuk")).text
        for path in ("/masuk/penyedia", security.BACK, "/keluar/penyedia"):
            assert (await http.get(path)).status_code == 404


async def test_half_a_provider_refuses_the_start(database, folder) -> None:
    with pytest.raises(kernel.Trouble, match="SEKALI_OPENID_CLIENT"):
        await app.build(kernel.Settings(data=folder / "data", openid_issuer="https://a.example"), database)
    for wrong in ("http://masuk.example", "https://a.example?x=1", "ftp://a", "https://a.example/#x"):
        with pytest.raises(kernel.Trouble, match="https://"):
            kernel.read_settings({"SEKALI_OPENID_ISSUER": wrong})
