"""schemathesis goes through every route of a served demo city, as nobody, as each role and as systems, by a description of
every route: ``DRIVE_EXAMPLES=60 FUZZ_SEED=7 pytest tests/spec/gate/test_described_routes.py`` makes more of each, otherwise;
``DRIVE_ONLY=/fhir-r4`` takes only paths with that in them.

https://schemathesis.readthedocs.io
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from asking import callers, known_values
from decrypting import kept
from described import document
from running import Served, free_port, own_folder, start, stop, wait_until_ready

from sekali import app, demo, kernel

ONLY = os.environ.get("DRIVE_ONLY", "")
EXAMPLES = os.environ.get("DRIVE_EXAMPLES", "3")
SEED = os.environ.get("FUZZ_SEED", "2018")
HERE = Path(__file__).parent


@pytest.fixture
def alone() -> Served:
    """A demo city of its own: what is made up here would be in the way of other tests."""
    folder = own_folder()
    running = start(folder / "driven", free_port(), SEKALI_POPULATION="100")
    try:
        wait_until_ready(running)
        yield running
    finally:
        stop(running)
        shutil.rmtree(folder, ignore_errors=True)


async def _described(served: Served, folder: Path) -> tuple[Path, Path]:
    """The description, and what is needed to ask as somebody; sessions and tokens hold in the served city too."""
    database = await kernel.Database.connect(served.dsn, 4)
    joined = await app.build(kernel.Settings(data=served.folder), database)
    who = await callers(joined)
    known = await known_values(joined.asgi, who)
    rows = await kept(database, joined.cipher)
    people = [json.loads(row.content) for row in rows if row.type == "Patient"]
    known["id"] = known.get("id", []) + [str(row.id) for row in rows[:20]] + [one["id"] for one in people[:5]]
    secrets = [one["value"] for person in people for one in person.get("identifier", []) if len(one["value"]) > 12]
    await database.close()
    roles = (
        dict.fromkeys(who, "system")
        | {"nobody": ""}
        | {login.username: str(login.role) for login in demo.logins() if login.username in who}
    )
    description, with_ = folder / "openapi.json", folder / "with.json"
    told = document(joined.asgi, known, roles)
    told["paths"] = {path: operations for path, operations in told["paths"].items() if ONLY in path}
    description.write_text(json.dumps(told))
    proofs = {name: {key.decode(): value.decode() for key, value in proof} for name, proof in who.items()}
    with_.write_text(json.dumps({"who": proofs, "home": served.url, "secrets": secrets}))
    return description, with_


def _drive(url: str, description: Path, with_: Path, counts: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": "driving", "PYTHONPATH": os.pathsep.join([str(HERE), *filter(None, sys.path)]),
        "FUZZ_WITH": str(with_), "FUZZ_COUNTS": str(counts),
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", str(description), "--url", url, "--phases", "fuzzing",
         "--checks", "as_every_answer_has_to_be", "--continue-on-failure", "--max-examples", EXAMPLES,
         "--seed", SEED, "--request-timeout", "30", "--no-shrink", "--warnings", "off", "--suppress-health-check", "all",
         "--no-color"],
        env=environment, cwd=description.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip


async def test_no_described_request_makes_a_fault_of_ours(alone, tmp_path) -> None:
    description, with_ = await _described(alone, tmp_path)
    counts = tmp_path / "counts.json"
    ran = _drive(alone.url, description, with_, counts)
    told = ran.stdout + ran.stderr
    assert ran.returncode == 0, "\n".join(line[:400] for line in told.splitlines())[-20_000:]
    asked = {tuple(one.split("|")): many for one, many in json.loads(counts.read_text()).items()}
    described = {
        f"{method.upper()} {path}"
        for path, told in json.loads(description.read_text())["paths"].items()
        for method in told
    }
    assert {operation for operation, _, _ in asked} == described, "every route was asked"
    assert sum(many for (_, _, status), many in asked.items() if status[0] in "23") > len(described) // 4, (
        "and many answered"
    )
    assert "reference" not in alone.log.read_text(), "the log tells of a fault of ours"
