"""HTTPS: the certificate is looked at, for the name and not for the address."""

import shutil
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from receiving import subscription

from sekali.exchange.subscriptions import posting

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not on this machine")


@pytest.fixture
def secure(tmp_path):
    """The port of an HTTPS server whose certificate is for localhost, and its certificate."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server.server_port, certificate
    server.shutdown()
    server.server_close()


@pytest.fixture
def trusting(secure, monkeypatch):
    """This process trusts the certificate, as one started with SSL_CERT_FILE does."""
    monkeypatch.setenv("SSL_CERT_FILE", str(secure[1]))
    posting._tls.cache_clear()
    yield
    posting._tls.cache_clear()


async def state(office, host: str, port: int) -> tuple[str, str]:
    one = await office.pratama.post(subscription("referral-received", f"https://{host}:{port}/"))
    await office.tell()
    now = await office.pratama.read(f"Subscription/{one['id']}")
    return now["status"], now.get("error", "")


async def test_a_certificate_that_nobody_vouches_for_is_refused(office, secure) -> None:
    posting._tls.cache_clear()
    assert await state(office, "localhost", secure[0]) == ("error", "The endpoint's certificate is not valid.")


async def test_one_that_is_trusted_is_taken_for_its_name_only(office, secure, trusting) -> None:
    assert await state(office, "localhost", secure[0]) == ("active", "")
    assert await state(office, "127.0.0.1", secure[0]) == ("error", "The endpoint's certificate is not valid.")
