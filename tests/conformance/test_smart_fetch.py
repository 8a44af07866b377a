"""``smart-fetch``, a client that knows nothing of us, takes out a Group: with a token that it is given, and by its own way
of showing who it is, SMART Backend Services (private_key_jwt).
"""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from jwcrypto import jwk
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


def fetched(served, folder: Path, *more: str | Path) -> subprocess.CompletedProcess[str]:
    command = [SMART_FETCH, "bulk", "--fhir-url", f"{served.url}/fhir-r4/v1", *more, folder]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=120)


def commanded(served, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """``sekali …`` at the server, while it runs."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEKALI_")}
    command = [sys.executable, "-m", "sekali", *map(str, words)]
    environment["SEKALI_DATA"] = str(served.folder)
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


def lines(folder: Path, type: str) -> list[dict]:
    return [json.loads(line) for path in folder.glob(f"{type}.*.gz") for line in gzip.open(path)]


@pytest.mark.shows("Bulk Data $export")
def test_a_group_is_taken_out(served, token, group, people, tmp_path) -> None:
    (tmp_path / "token").write_text(token)
    out = tmp_path / "out"
    done = fetched(
        served, out, "--bearer-token", tmp_path / "token", "--group", group, "--type", "Patient,Encounter,Condition"
    )
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
        "--bearer-token",
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
    done = fetched(served, tmp_path / "out", "--bearer-token", tmp_path / "token", "--type", "Patient")
    assert done.returncode != 0 and "Only the operator" in " ".join((done.stdout + done.stderr).split())


def new_key(kind: str, folder: Path) -> tuple[Path, Path]:
    """A pair in files: what the client keeps, and what it gives to the operator."""
    made = {"RS384": {"kty": "RSA", "size": 2048}, "ES384": {"kty": "EC", "crv": "P-384"}}[kind]
    key = jwk.JWK.generate(kid=f"uji-{kind}", alg=kind, **made)
    private = key.export(as_dict=True) | {"key_ops": ["sign"]}
    (folder / "private.jwks").write_text(json.dumps({"keys": [private]}))
    (folder / "public.jwks").write_text(json.dumps({"keys": [key.export_public(as_dict=True)]}))
    return folder / "private.jwks", folder / "public.jwks"


@pytest.mark.shows("SMART Backend Services (private_key_jwt)")
@pytest.mark.parametrize("kind", ["RS384", "ES384"])
def test_it_signs_who_it_is_with_a_key_that_was_registered(served, group, people, tmp_path, kind) -> None:
    private, public = new_key(kind, tmp_path)
    done = commanded(served, "client", "keys", "rsud-simrs", public)
    assert done.returncode == 0 and f"uji-{kind}" in done.stdout, done.stdout + done.stderr
    who = ("--smart-client-id", "rsud-simrs", "--smart-key", private)
    done = fetched(served, tmp_path / "out", *who, "--group", group, "--type", "Patient")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {one["id"] for one in lines(tmp_path / "out", "Patient")} == set(people)


def test_it_is_refused_with_a_key_that_was_not(served, group, tmp_path) -> None:
    _, public = new_key("ES384", tmp_path)
    assert commanded(served, "client", "keys", "rsud-simrs", public).returncode == 0
    (tmp_path / "other").mkdir()
    private, _ = new_key("ES384", tmp_path / "other")
    who = ("--smart-client-id", "rsud-simrs", "--smart-key", private)
    done = fetched(served, tmp_path / "out", *who, "--group", group, "--type", "Patient")
    assert done.returncode != 0 and "could not be authenticated" in done.stdout + done.stderr


def test_a_private_key_is_refused_at_the_server(served, tmp_path) -> None:
    private, _ = new_key("RS384", tmp_path)
    done = commanded(served, "client", "keys", "rsud-simrs", private)
    assert done.returncode == 1 and "is private" in done.stdout


def test_a_client_is_made_at_the_server_with_a_secret_or_with_keys(served, tmp_path) -> None:
    made = commanded(served, "client", "add", "simrs-rahasia", "--at", "RSUD Kota Yogyakarta")
    assert made.returncode == 0, made.stdout + made.stderr
    secret = made.stdout.split()[1]
    asked = {"client_id": "simrs-rahasia", "client_secret": secret}
    answer = httpx.post(f"{served.url}/oauth2/v1/accesstoken?grant_type=client_credentials", data=asked)
    assert answer.status_code == 200 and answer.json()["organization_name"] == "RSUD Kota Yogyakarta"

    _, public = new_key("RS384", tmp_path)
    made = commanded(served, "client", "add", "simrs-kunci", "--at", "RSUD Kota Yogyakarta", "--keys", public)
    assert made.returncode == 0 and "uji-RS384" in made.stdout
    (tmp_path / "broken.jwks").write_text("{}")
    made = commanded(
        served, "client", "add", "simrs-rusak", "--at", "RSUD Kota Yogyakarta", "--keys", tmp_path / "broken.jwks"
    )
    assert made.returncode == 1 and "kid" in made.stdout
    assert "no client" in commanded(served, "client", "keys", "simrs-rusak", public).stdout, "nothing was made of it"


def test_the_operator_helps_those_who_cannot_get_in(served) -> None:
    assert "none" in commanded(served, "user", "drop-second-factor", "penilai.dua").stdout
    assert commanded(served, "user", "drop-second-factor", "siapa").returncode == 1
    refused = commanded(served, "user", "password", "penilai.dua", "--password", "password1")
    assert refused.returncode == 1 and "everybody tries first" in refused.stdout
    assert commanded(served, "user", "password", "penilai.dua", "--password", "sekali-demo").returncode == 0
