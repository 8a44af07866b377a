"""A hospital's own system, as it talks to the served city."""

from collections.abc import Iterator
from itertools import count

import httpx
import pytest

CLIENT = ("rsud-simrs", "sekali-demo-client-secret")
NIK = "https://fhir.kemkes.go.id/id/nik"
_NUMBERS = count(1)


@pytest.fixture(scope="session")
def token(served) -> str:
    """Of RSUD's system, as SATUSEHAT's clients ask for it."""
    return token_of(served, CLIENT[0])


@pytest.fixture(scope="session")
def other_token(served) -> str:
    """Of the hospital's system that receives."""
    return token_of(served, "pratama-simrs")


def token_of(served, client_id: str) -> str:
    answer = httpx.post(
        f"{served.url}/oauth2/v1/accesstoken?grant_type=client_credentials",
        data={"client_id": client_id, "client_secret": CLIENT[1]},
    )
    assert answer.status_code == 200
    assert int(answer.json()["expires_in"]) > 600, "seconds, as a string"
    return answer.json()["access_token"]


@pytest.fixture
def http(served, token) -> Iterator[httpx.Client]:
    """An HTTP client with the token, at the FHIR base."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with httpx.Client(base_url=f"{served.url}/fhir-r4/v1", headers=headers, timeout=20) as client:
        yield client


@pytest.fixture
def new_nik() -> str:
    """A NIK that nobody has; province 99 does not exist."""
    return f"990103170591{next(_NUMBERS):04}"


@pytest.fixture
def patient(new_nik) -> dict:
    """The least that SATUSEHAT asks of a new Patient."""
    return {
        "resourceType": "Patient",
        "identifier": [{"use": "official", "system": NIK, "value": new_nik}],
        "name": [{"use": "official", "text": "Joko Uji Integrasi"}],
        "gender": "male",
        "birthDate": "1991-05-17",
        "multipleBirthInteger": 0,
        "address": [{"use": "home", "line": ["Jl. Uji No. 2"], "city": "Yogyakarta", "country": "ID"}],
    }


@pytest.fixture
def organization(http) -> str:
    """The id of the client's own hospital."""
    found = http.get("/Organization", params={"name": "RSUD Kota Yogyakarta"}).json()
    return found["entry"][0]["resource"]["id"]


@pytest.fixture
def location(http, organization) -> str:
    """A department of the client's hospital, as a reference."""
    found = http.get("/Location", params={"organization": f"Organization/{organization}"}).json()
    return f"Location/{found['entry'][0]['resource']['id']}"


@pytest.fixture
def hospital(http) -> str:
    """The id of the hospital that receives."""
    return http.get("/Organization", params={"name": "RS Pratama"}).json()["entry"][0]["resource"]["id"]


@pytest.fixture
def hospital_location(http, hospital) -> str:
    """A department of the hospital that receives, as a reference."""
    found = http.get("/Location", params={"organization": f"Organization/{hospital}"}).json()
    return f"Location/{found['entry'][0]['resource']['id']}"
