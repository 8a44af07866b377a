"""The import contracts hold, and each one would notice: a fault is planted for it and must be found."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PLANTED = {
    "layers: records must not know care": ("records/stored.py", "from sekali import care", "Layers"),
    "layers: doors must not know each other": ("web/city.py", "from sekali import exchange", "Layers"),
    "layers: a new module must be given its place": ("shadow/__init__.py", "", "Layers"),
    "only entry points know HTTP": ("care/own.py", "import starlette", "Only entry points know HTTP"),
    "the movement never reaches records": ("program/plan.py", "from sekali import records", "never reaches health records"),
    "the movement never reaches citizens": ("program/plan.py", "from sekali import identity", "never reaches citizens"),
    "the FHIR library is pure": ("fhir/names.py", "import asyncpg", "The FHIR library is pure"),
    "only the database module knows the driver": ("records/stored.py", "import asyncpg", "Only the kernel knows the driver"),
    **{
        f"front door of {module}": (f"{other}/planted.py", f"from sekali.{module}.{part} import *", f"Front door of {module}")
        for module, part, other in (
            ("records", "stored", "care"), ("identity", "nik", "care"), ("care", "views", "web"),
            ("program", "plan", "web"),
            ("security", "actors", "records"),
            ("audit", "event", "security"), ("fhir", "names", "records"), ("kernel", "clock", "audit"),
            ("web", "frame", "exchange"), ("exchange", "doors", "web"), ("hl7v2", "tables", "web"), ("demo", "words", "web"),
            ("backup", "archive", "web"), ("gate", "headers", "web"),
        )
    },
}  # fmt: skip


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    command = [
        str(Path(sys.executable).parent / "lint-imports"),
        "--no-cache",
        "--config",
        str(root / "pyproject.toml"),
    ]
    return subprocess.run(command, cwd=root / "src", env={"PYTHONPATH": str(root / "src"), "PATH": ""}, capture_output=True,
                          text=True, check=False)  # fmt: skip


def test_the_contracts_are_kept() -> None:
    told = lint(ROOT)
    assert told.returncode == 0, told.stdout


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(name: str, tmp_path: Path) -> None:
    file, line, contract = PLANTED[name]
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    target = tmp_path / "src/sekali" / file
    target.parent.mkdir(exist_ok=True)
    with target.open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")
    told = lint(tmp_path)
    assert told.returncode == 1, told.stdout
    broken = [row for row in told.stdout.splitlines() if row.endswith("BROKEN")] or told.stdout.splitlines()
    assert any(contract in row for row in broken), told.stdout
