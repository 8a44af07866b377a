"""Behind deploy/nginx.conf: real TLS, the client's own address, websockets, large bodies that stream; slow ones are cut off.

Without nginx on the machine (Debian: apt-get install nginx-light) the first five are skipped.
"""

import asyncio
import contextlib
import http.client
import re
import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path

import httpx
import pytest
import websockets
from running import Served, free_port, own_folder, start, stop, wait_until_ready
from test_up import CLIENT

from sekali import kernel, serving

ROOT = Path(__file__).parents[2]
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def configured(place: Path, behind: int, plain: int, tls: int) -> Path:
    """deploy/nginx.conf with this machine's ports and a certificate that we signed."""
    key, certificate = place / "key.pem", place / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    site = (ROOT / "deploy/nginx.conf").read_text()
    for old, new in (
        ("127.0.0.1:8080", f"127.0.0.1:{behind}"), ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{tls} ssl;"), ("sekali.example", "localhost"),
        ("/etc/ssl/sekali/fullchain.pem", str(certificate)), ("/etc/ssl/sekali/privkey.pem", str(key)),
    ):  # fmt: skip
        assert old in site, old
        site = site.replace(old, new)
    (place / "site.conf").write_text(site)
    # Its own folders and log belong to root, and it opens all of them at its start, whoever starts it.
    folders = " ".join(
        f"{one}_temp_path {place}/{one};" for one in ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
    )
    whole = place / "nginx.conf"
    whole.write_text(
        f"daemon off; pid {place}/pid; error_log {place}/error.log;\nevents {{}}\n"
        f"http {{ access_log off; {folders} include {place}/site.conf; }}\n"
    )
    return whole


class Front:
    """nginx and Sekali behind it."""

    def __init__(self, served: Served, place: Path, plain: int, tls: int) -> None:
        self.served = served
        self.plain = plain
        self.tls = tls
        self.context = ssl.create_default_context(cafile=str(place / "certificate.pem"))
        self.url = f"https://localhost:{tls}"

    def client(self, **more) -> httpx.Client:
        return httpx.Client(base_url=self.url, verify=self.context, timeout=30, **more)


@pytest.fixture(scope="module")
def front():
    if NGINX is None:
        pytest.skip("nginx is not installed")
    place = own_folder()
    behind, plain, tls = free_port(), free_port(), free_port()
    running = start(
        place / "data",
        behind,
        SEKALI_POPULATION="100",
        SEKALI_HTTPS="yes",
        SEKALI_PROXY="127.0.0.1/32",
        SEKALI_PROCESSES="1",
    )
    wait_until_ready(running)
    nginx = subprocess.Popen([NGINX, "-c", str(configured(place, behind, plain, tls)), "-p", str(place)])
    try:
        deadline = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", tls), 1):
                break
            assert time.monotonic() < deadline and nginx.poll() is None, (place / "error.log").read_text()
            time.sleep(0.1)
        yield Front(running, place, plain, tls)
    finally:
        nginx.terminate()
        nginx.wait(20)
        stop(running)
        shutil.rmtree(place, ignore_errors=True)


def test_a_desk_works_over_tls_with_cookies_that_travel_over_tls_only(front) -> None:
    with front.client(headers={"Origin": front.url}) as clerk:
        answer = clerk.post("/masuk", data={"username": "loket.jetis", "password": "sekali-demo"})
        assert answer.status_code == 303, "the origin of a form is held against the scheme that the proxy tells"
        assert "secure" in answer.headers["set-cookie"].lower() and "httponly" in answer.headers["set-cookie"].lower()
        page = clerk.get("/loket")
        assert page.status_code == 200
        assert page.headers["strict-transport-security"].startswith("max-age=63072000")
        assert page.headers.get_list("x-content-type-options") == ["nosniff"], "once, not twice"
    moved = httpx.get(f"http://localhost:{front.plain}/loket", follow_redirects=False)
    assert moved.status_code == 301 and moved.headers["location"].startswith("https://localhost")


def test_old_tls_is_refused(front) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with contextlib.suppress(ssl.SSLError):
        old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError), socket.create_connection(("127.0.0.1", front.tls)) as line:
        old.wrap_socket(line, server_hostname="localhost")


def test_fhir_and_its_links_are_of_https(front) -> None:
    with front.client() as client:
        answer = client.post("/oauth2/v1/accesstoken?grant_type=client_credentials", data=CLIENT)
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        found = client.get("/fhir-r4/v1/Organization?_count=1").json()
        assert found["link"][0]["url"].startswith(front.url)
        big = {"resourceType": "Patient", "name": [{"text": "x" * 4_000_000}]}
        answer = client.post("/fhir-r4/v1/Patient", json=big, headers={"Content-Type": "application/fhir+json"})
        assert answer.status_code == 201 and answer.headers["location"].startswith(front.url)


LIE = "203.0.113.9"


def wrong_passwords_from(address: str, dsn: str) -> int:
    """As the entrance counts them."""
    sql = f"select coalesce(sum(failures), 0) from security.attempt where address = '{address}'"  # noqa: S608 - our own
    command = [str(kernel.client_programs() / "psql"), "-d", dsn, "-qAt", "-c", sql]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def say_a_wrong_password(url: str, verify: ssl.SSLContext | bool = True) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "X-Forwarded-For": LIE}
    with httpx.Client(base_url=url, verify=verify, headers=headers) as client:
        form = {"username": f"loket.{time.monotonic_ns()}", "password": "salah"}
        assert client.post("/masuk", data=form).status_code == 401


def test_the_address_is_the_clients_and_nobody_can_choose_it(front) -> None:
    dsn = front.served.dsn
    before = wrong_passwords_from("127.0.0.1", dsn)
    say_a_wrong_password(front.url, front.context)
    assert wrong_passwords_from("127.0.0.1", dsn) == before + 1, "the proxy tells whom it sees"
    assert wrong_passwords_from(LIE, dsn) == 0, "and not what the client says of itself"
    say_a_wrong_password(front.served.url)
    assert wrong_passwords_from(LIE, dsn) == 1, "what the proxy's own address says is believed"


def test_without_a_proxy_nobody_is_believed(served) -> None:
    say_a_wrong_password(served.url)
    assert wrong_passwords_from(LIE, served.dsn) == 0


async def test_a_websocket_passes(front) -> None:
    url = front.url.replace("https", "wss") + "/fhir-r4/v1/subscriptions"
    async with websockets.connect(url, ssl=front.context) as line:
        await line.send('{"type":"ping"}')
        assert re.sub(r"\s", "", await asyncio.wait_for(line.recv(), 10)) == '{"type":"pong"}'


def answered(port: int, sent: bytes, within: float) -> bytes:
    """What comes back until the other end closes."""
    with socket.create_connection(("127.0.0.1", port), 5) as line:
        line.settimeout(within)
        line.sendall(sent)
        got = b""
        while piece := line.recv(65536):
            got += piece
        return got


def test_headers_that_never_end_are_not_waited_for_though_there_is_no_proxy(served) -> None:
    port = int(served.url.rpartition(":")[2])
    for sent in (b"", b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow:"):
        begun = time.monotonic()
        answered(port, sent, serving.HEADERS_WITHIN + 20)
        assert time.monotonic() - begun < serving.HEADERS_WITHIN + 10
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for _ in range(3):
        line.request("GET", "/kota")
        assert line.getresponse().read(), "and whoever goes on asking is not cut off"
    line.close()


@pytest.mark.parametrize("sent", [
    b"\xff\xfe\x00\r\n\r\n", b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
    b"GET /%00 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"POST /masuk HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /masuk HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /static/../../etc/passwd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"GET /static/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"GET /?a=\xff HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"GET http://evil.test/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
])  # fmt: skip
def test_bytes_that_are_no_request_make_no_fault_of_ours(served, sent) -> None:
    before = (served.folder / "sekali.log").read_bytes() if (served.folder / "sekali.log").exists() else b""
    got = answered(int(served.url.rpartition(":")[2]), sent, serving.HEADERS_WITHIN + 20)
    assert not got.startswith(b"HTTP/1.1 5") and b"Traceback" not in got and b"root:" not in got
    after = (served.folder / "sekali.log").read_bytes() if (served.folder / "sekali.log").exists() else b""
    assert b"Traceback" not in after[len(before) :] and b"reference" not in after[len(before) :], after[len(before) :]
