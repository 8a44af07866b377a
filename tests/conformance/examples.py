"""HL7's own examples of FHIR R4 (npm package hl7.fhir.r4.examples 4.0.1, CC0), which ``make test`` brings."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

NPM = Path(__file__).with_name("npm")
FOLDER = NPM / "node_modules" / "hl7.fhir.r4.examples"
LARGEST = 200 * 1024
"""Bytes; larger examples are left out unless asked for."""


def _lack() -> str:
    """Why node cannot be used here, as bin/need-npm has it; empty where it can."""
    if shutil.which("node") is None:
        return "node is not here and could not be had (bin/need-npm says why)"
    if shutil.which("npm") is None and not FOLDER.exists():
        return "npm is not here and could not be had (bin/need-npm says why)"
    version = subprocess.run(["node", "-v"], capture_output=True, text=True, timeout=30).stdout
    return f"node {version} is older than 18" if int(version.strip("v\n").partition(".")[0]) < 18 else ""


needs_npm = pytest.mark.skipif(bool(_lack()), reason=_lack() or "node is here")
"""Of tests that need node or what npm brings. Where node is, missing packages are a fault and fail."""


def paths(type: str | None = None, *, largest: int | None = LARGEST, bundles: bool = False) -> list[Path]:
    """Where the examples of one kind lie, or of all; for their exact bytes.

    :param largest: in bytes; None for any size.
    :param bundles: whether the examples that are Bundles count among all. Asking for ``Bundle`` is asking.
    """
    found = _by_kind()
    kinds = [type] if type else [kind for kind in sorted(found) if bundles or kind != "Bundle"]
    return [path for kind in kinds for path, size in found.get(kind, ()) if largest is None or size <= largest]


def examples(
    type: str | None = None, *, largest: int | None = LARGEST, bundles: bool = False
) -> Iterator[dict[str, Any]]:
    """The official examples of one kind, or of all; as :func:`paths`."""
    for path in paths(type, largest=largest, bundles=bundles):
        yield json.loads(path.read_bytes())


@cache
def _by_kind() -> dict[str, list[tuple[Path, int]]]:
    """Files are named ``Kind-id.json``; the package's own two are not."""
    found: dict[str, list[tuple[Path, int]]] = {}
    for path in sorted(FOLDER.glob("[A-Z]*-*.json")):
        found.setdefault(path.name.partition("-")[0], []).append((path, path.stat().st_size))
    if not found:
        raise FileNotFoundError(f"{FOLDER} is empty: run sh bin/need-npm")
    return found
