"""``smart-fetch``, a client that knows nothing of us, takes out a Group.

It asks for SMART Backend Services with a signed assertion (private_key_jwt), which our token endpoint has not: that takes a
client id and secret. So it gets a bearer token that was asked for before.
"""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from payloads import condition, encounter

SMART_FETCH = Path(sys.executable).parent / "smart-fetch"


@pytest.fixture
def people(http, patient, organization, location) -> list[str]:
    """Three people with a visit and a diagnosis at the client's hospital."""
    found = []
    for n in range(3):
        new = patient | {"identifier": [], "name": [{"text": f"Uji {n}"}]}
        id = http.post(
            "/Patient", json={k: v for k, v in new.items() if v}, headers={"Accept": "application/fhir+json"}
        ).json()["id"]
        visit = http.post("/Encounter", json=encounter(organization, id, location)).json()["id"]
        assert http.post("/Condition", json=condition(f"Patient/{id}", f"Encounter/{visit}")).status_code == 201
        found.append(id)
    return found


@pytest.fixture
def group(http, people) -> str:
    members = [{"entity": {"reference": f"Patient/{one}"}} for one in people]
    answer = http.post("/Group", json={"resourceType": "Group", "type": "person", "actual": True, "member": members})
    assert answer.status_code == 201
    return answer.json()["id"]


def fetched(served, folder: Path, secret: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [SMART_FETCH, "bulk", "--fhir-url", f"{served.url}/fhir-r4/v1", "--bearer-token", secret, *more, folder]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=120)


def lines(folder: Path, type: str) -> list[dict]:
    return [json.loads(line) for path in folder.glob(f"{type}.*.gz") for line in gzip.open(path)]


@pytest.mark.shows("Bulk Data $export")
def test_a_group_is_taken_out(served, token, group, people, tmp_path) -> None:
    (tmp_path / "token").write_text(token)
    out = tmp_path / "out"
    done = fetched(served, out, tmp_path / "token", "--group", group, "--type", "Patient,Encounter,Condition")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {one["id"] for one in lines(out, "Patient")} == set(people)
    assert sorted(one["subject"]["reference"] for one in lines(out, "Condition")) == sorted(
        f"Patient/{one}" for one in people
    )
    assert len(lines(out, "Encounter")) == 3
    log = [json.loads(line) for line in (out / "log.ndjson").read_text().splitlines()]
    assert log[-1]["eventId"] == "export_complete" and log[-1]["eventDetail"]["resources"] == 9


def test_a_filter_goes_with_it(served, token, group, tmp_path) -> None:
    (tmp_path / "token").write_text(token)
    out = tmp_path / "out"
    done = fetched(
        served,
        out,
        tmp_path / "token",
        "--group",
        group,
        "--type",
        "Condition",
        "--type-filter",
        "Condition?code=I10,J06.9",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert lines(out, "Condition") == []


def test_everybody_is_refused(served, token, tmp_path) -> None:
    (tmp_path / "token").write_text(token)
    done = fetched(served, tmp_path / "out", tmp_path / "token", "--type", "Patient")
    assert done.returncode != 0 and "Only the operator" in " ".join((done.stdout + done.stderr).split())


def test_its_own_authentication_is_not_had(served) -> None:
    """What smart-fetch would send with ``--smart-client-id`` and ``--smart-key``."""
    asked = {
        "grant_type": "client_credentials", "client_assertion": "x.y.z",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }  # fmt: skip
    answer = httpx.post(f"{served.url}/oauth2/v1/accesstoken?grant_type=client_credentials", data=asked)
    assert answer.status_code == 400
    assert httpx.get(f"{served.url}/fhir-r4/v1/.well-known/smart-configuration").status_code != 200
