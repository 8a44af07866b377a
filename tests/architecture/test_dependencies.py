"""What is installed is what is locked, has no known weakness, is not withdrawn by its makers, and may be used as we use it.

What needs a registry or a database of weaknesses says so when none is in reach, and is skipped.
"""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.txt", "requirements-test.txt")
FREE = {
    "MIT", "MIT-0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "Apache-2.0", "PSF-2.0", "Zlib", "CC0-1.0", "ISC",
    "PostgreSQL",
    # as some say it in words
    "Apache 2.0", "3-Clause BSD License", "MIT License", "BSD License", "Apache Software License",
    "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication",
}  # fmt: skip
"""Licences that ask for no more than that their text comes along; all may stand beside the EUPL-1.2."""
SAID_IN_A_FILE = {"pyrage": "MIT License"}
"""Packages whose metadata name none: the first line of the text that they bring."""


def locked(name: str) -> dict[str, tuple[Requirement, int]]:
    """Package -> what is locked for this Python and machine, and how many hashes it has."""
    found = {}
    for block in re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8").strip()):
        requirement = Requirement(re.split(r"\s\\|\s--hash", block, maxsplit=1)[0])
        if requirement.marker is None or requirement.marker.evaluate():
            found[canonicalize_name(requirement.name)] = requirement, block.count("--hash=sha256:")
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_what_is_installed_is_what_is_locked_with_its_hashes(name: str) -> None:
    packages = locked(name)
    assert len(packages) > 30
    for package, (requirement, hashes) in packages.items():
        assert hashes >= 1, f"{package} has no hash"
        assert [one.operator for one in requirement.specifier] == ["=="], f"{package} is not held at one version"
        assert importlib.metadata.version(package) in requirement.specifier, f"{package} is another than the locked one"


def test_they_are_installed_by_their_hashes_only() -> None:
    installs = [line for line in (ROOT / "Makefile").read_text().splitlines() if "-m pip install" in line]
    assert len(installs) == 3
    assert all("--require-hashes" in line or "--no-deps --no-build-isolation -e ." in line for line in installs)


def said(package: str) -> list[str]:
    """The licence of an installed package, in its own words, as parts of which each has to be free."""
    metadata = importlib.metadata.metadata(package)
    if expression := metadata.get("License-Expression"):
        return re.split(r" AND | OR |[()]", expression)
    if package in SAID_IN_A_FILE:
        files = importlib.metadata.files(package) or []
        text = next(file for file in files if file.name.startswith("LICENSE")).locate().read_text()
        assert "Permission is hereby granted, free of charge" in text
        return [SAID_IN_A_FILE[package]]
    classified = [
        one.rpartition(" :: ")[2] for one in metadata.get_all("Classifier") or [] if one.startswith("License ::")
    ]
    words = (metadata.get("License") or "").strip()
    return classified or re.split(r" AND | OR ", words)


def test_every_package_that_runs_has_a_licence_that_lets_it() -> None:
    for package in locked("requirements.txt"):
        parts = [part.strip() for part in said(package) if part.strip()]
        assert parts and set(parts) <= FREE, f"{package}: {parts}"


def withdrawn(requirements: str) -> list[str] | None:
    """What pip says of withdrawn ("yanked") versions; None when the registry is out of reach."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(requirements)
        file.flush()
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps", "--quiet",
                   "--retries", "0", "--timeout", "10", "--disable-pip-version-check", "-r", file.name]  # fmt: skip
        told = subprocess.run(command, capture_output=True, text=True, check=False)
    if told.returncode:
        return None
    return re.findall(r"yanked version: '?([\w.-]+)", told.stderr)


def test_no_package_that_runs_was_withdrawn_by_its_makers() -> None:
    """Asks the registry that packages are installed from, and first about one that was withdrawn."""
    if not withdrawn("attrs==21.1.0\n"):
        pytest.skip("no registry is in reach that tells what was withdrawn")
    assert withdrawn("\n".join(str(requirement) for requirement, _ in locked("requirements.txt").values())) == []


WEAK = "jinja2==3.1.2"
"""CVE-2024-22195 and later ones."""
ACCEPTED: dict[str, str] = {}
"""Id of a known weakness -> why it does not matter here."""
SERVICE = os.environ.get("ADVISORY_SERVICE", "")
"""A mirror that answers as OSV does; empty for the one that ``uv audit`` asks by itself."""


def weaknesses(requirements: Sequence[str], service: str = SERVICE) -> dict[str, str] | None:
    """Id -> package and version, of what ``uv audit`` says of these; None when the registry or the service is out of reach.

    https://docs.astral.sh/uv, https://google.github.io/osv.dev
    """
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "locked.py"
        words = f'requires-python = ">=3.11"\ndependencies = {json.dumps(list(requirements))}'
        script.write_text("# /// script\n# " + words.replace("\n", "\n# ") + "\n# ///\n")
        command = [Path(sys.executable).with_name("uv"), "audit", "--quiet", "--script", script, "--output-format", "json",
                   *(["--service-url", service] if service else [])]  # fmt: skip
        try:
            told = subprocess.run(
                command,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
                env=os.environ | {"UV_HTTP_RETRIES": "0"},
            )
        except subprocess.TimeoutExpired:
            return None
    if told.returncode not in (0, 1) or not told.stdout.strip():
        return None
    found = json.loads(told.stdout)
    assert found["summary"]["audited_packages"] >= len(requirements)
    return {
        one["id"]: f"{one['dependency']['name']} {one['dependency']['version']}" for one in found["vulnerabilities"]
    }


def test_no_package_that_runs_has_a_known_weakness() -> None:
    """Asks first about a version that has one: a service that does not know it knows nothing."""
    if not weaknesses([WEAK]):
        pytest.skip("no service is in reach that knows weaknesses of packages")
    found = weaknesses([str(requirement) for requirement, _ in locked("requirements.txt").values()])
    assert found is not None, "the service answered a moment ago"
    assert found.keys() <= ACCEPTED.keys(), {id: one for id, one in found.items() if id not in ACCEPTED}


@pytest.fixture
def service() -> Iterator[str]:
    """A database of weaknesses that knows one, of every version of jinja2; its address."""
    known = {"id": "GHSA-uji", "modified": "2026-01-01T00:00:00Z"}

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802 - as the library calls it
            queries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
            self._answer(
                {"results": [{"vulns": [known]} if one["package"]["name"] == "jinja2" else {} for one in queries]}
            )

        def do_GET(self) -> None:  # noqa: N802
            self._answer(known | {"summary": "x", "affected": []})

        def _answer(self, content: dict) -> None:
            body = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


def test_a_weakness_of_what_is_locked_would_be_noticed(service) -> None:
    found = weaknesses([str(requirement) for requirement, _ in locked("requirements.txt").values()], service)
    if found is None:
        pytest.skip("no registry is in reach that tells what the packages are")
    version = importlib.metadata.version("jinja2")
    assert found == {"GHSA-uji": f"jinja2 {version}"}
