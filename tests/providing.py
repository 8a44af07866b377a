"""An external OpenID provider: panva's oidc-provider, as the program it is."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NPM = Path(__file__).parent / "conformance/npm"
CLIENT, SECRET = "sekali", "rahasia & panjang: 32 karakter+"


@dataclass(frozen=True)
class Place:
    """Where a provider is, and who its one client is."""

    port: int
    ours: str

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """Of a Sekali that knows it."""
        return {
            "SEKALI_OPENID_ISSUER": self.issuer, "SEKALI_OPENID_CLIENT": CLIENT, "SEKALI_OPENID_SECRET": SECRET,
            "SEKALI_OPENID_NAME": "Login Kota Uji",
        }  # fmt: skip


@contextmanager
def provided(
    place: Place, kid: str = "satu", algorithm: str = "RS256", method: str = "client_secret_basic"
) -> Iterator[None]:
    """The provider runs while the block does, with a new key each time."""
    given = {
        "issuer": place.issuer, "port": place.port, "client": CLIENT, "secret": SECRET, "kid": kid, "algorithm": algorithm,
        "back": f"{place.ours}/masuk/penyedia/kembali", "home": f"{place.ours}/", "method": method,
    }  # fmt: skip
    program = subprocess.Popen(
        ["node", "provider.mjs"], cwd=NPM, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip
    assert program.stdin is not None and program.stdout is not None
    try:
        program.stdin.write(json.dumps(given) + "\n")
        program.stdin.flush()
        for line in program.stdout:
            if line.strip() == "ready":
                break
        else:
            raise AssertionError("the provider ended instead of starting")
        yield
    finally:
        program.stdin.close()
        program.wait(20)
        program.stdout.close()
