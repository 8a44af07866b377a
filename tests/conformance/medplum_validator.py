"""Validation by a validator that shares nothing with ours: Medplum's (see validator.mjs)."""

import json
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

PROGRAM = Path(__file__).with_name("validator.mjs")


class Fault(NamedTuple):
    path: str
    reason: str


class Medplum:
    """One node process, asked resource by resource. A context manager."""

    def __enter__(self) -> "Medplum":
        self._process = subprocess.Popen(
            ["node", str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()

    def faults(self, resource: dict[str, Any]) -> list[Fault]:
        """What it finds wrong, none when the resource is valid."""
        self._process.stdin.write(json.dumps(resource) + "\n")
        self._process.stdin.flush()
        return [Fault(*one) for one in json.loads(self._process.stdout.readline())]
