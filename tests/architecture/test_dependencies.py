"""What is installed is what is locked, is not withdrawn by its makers, and may be used as we use it.

A look through databases of weaknesses needs one of their hosts, so it is no test: SECURITY.md says how it is done.
"""

import importlib.metadata
import re
import subprocess
import sys
import tempfile
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
