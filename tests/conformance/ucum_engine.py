"""Units by an engine that shares nothing with ours: NLM's ucum-lhc (see units.mjs)."""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("units.mjs")


@cache
def _process() -> subprocess.Popen[str]:
    """One for all questions; it ends when its input does."""
    return subprocess.Popen(
        ["node", str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", bufsize=1
    )


@cache
def _answer(line: str) -> Any:
    process = _process()
    process.stdin.write(line + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def convert(value: float, of: str, to: str) -> float | None:
    """A value in another unit; None where it cannot be converted."""
    return _answer(json.dumps({"value": value, "from": of, "to": to}))


def codes() -> list[tuple[str, bool, int]]:
    """Every unit that the engine lists: (code, whether arbitrary or special, power of mol)."""
    return [tuple(one) for one in _answer('"all"')]
