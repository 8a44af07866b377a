"""AuditEvent: an organization's own part of the audit, as R4 tells it. Other organizations' is not there."""

import time
from datetime import UTC, datetime

import httpx
import pytest

from sekali import audit, fhir, kernel
from sekali.exchange import auditevents

pytestmark = pytest.mark.shows("AuditEvent: read, search")


@pytest.fixture
def person(http, patient) -> str:
    """Somebody whom this client made, and looked at."""
    id = (
        http.post("/Patient", json=patient | {"name": [{"text": "Ratna Uji Audit"}], "birthDate": "1975-03-02"})
        .raise_for_status()
        .json()["data"]["patient_id"]
    )
    http.get(f"/Patient/{id}").raise_for_status()
    return id


@pytest.fixture
def other(served, other_token):
    with httpx.Client(
        base_url=f"{served.url}/fhir-r4/v1", headers={"Authorization": f"Bearer {other_token}"}
    ) as client:
        yield client


def found(http, **params) -> list[dict]:
    bundle = http.get("/AuditEvent", params=params).raise_for_status().json()
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "searchset")
    return [entry["resource"] for entry in bundle.get("entry", ())]


@pytest.mark.parametrize("kind", sorted(audit.AT_THE_DOOR))
def test_what_happens_at_the_door_is_told_as_authentication(kind) -> None:
    of = kernel.new_id(kernel.CITY)
    traced = audit.Traced(f"{of}/2026-11-24/0.0", 1, kernel.now(), kind, of, "loket.uji", "clerk", of, None, "", "", "")
    told = auditevents.resource(traced)
    assert told["type"]["code"] == "110114"
    assert told["outcome"] == ("4" if kind in ("login-refused", "locked", "token-refused", "sender-refused") else "0")


def test_each_is_valid_r4_and_can_be_read_by_its_id(http, person, organization) -> None:
    events = found(http, patient=person)
    assert {one["subtype"][0]["code"] for one in events} >= {"wrote", "looked"}
    for one in events:
        fhir.require_valid(kernel.encode(one))
        assert http.get(f"/AuditEvent/{one['id']}").json() == one
        assert one["source"]["observer"]["reference"] == f"Organization/{organization}"
    looked = next(one for one in events if one["subtype"][0]["code"] == "looked" and len(one["entity"]) > 1)
    assert looked["agent"][0]["name"] == "rsud-simrs" and looked["agent"][0]["requestor"] is True
    assert looked["action"] == "R" and looked["outcome"] == "0" and "PMK 24/2022" in looked["purposeOfEvent"][0]["text"]
    assert {entity["type"]["code"] for entity in looked["entity"]} == {"1", "Patient"}
    assert looked["entity"][0]["what"]["reference"] == f"Patient/{person}"


def test_searched_by_what_r4_defines(http, person) -> None:
    agent = found(http, patient=person)[0]["agent"][0]["who"]["identifier"]["value"]
    today, year = datetime.now(UTC).date().isoformat(), str(datetime.now(UTC).year)
    for params, some in (
        ({"patient": f"Patient/{person}"}, True),
        ({"patient": person, "agent": agent}, True),
        ({"patient": person, "agent": f"urn:sekali:actor|{agent}"}, True),
        ({"patient": person, "agent": person}, False),
        ({"patient": person, "agent-name": "RSUD"}, True),
        ({"patient": person, "agent-name": "%"}, False),
        ({"patient": person, "date": today}, True),
        ({"patient": person, "date": f"ge{year}"}, True),
        ({"patient": person, "date": f"lt{today}"}, False),
        ({"patient": person, "date": "gt2999"}, False),
        ({"patient": person, "entity-type": "Patient"}, True),
        ({"patient": person, "entity-type": "1"}, True),
        ({"patient": person, "entity-type": "Immunization"}, False),
        ({"patient": person, "entity-type": ".*"}, False),
        ({"patient": person, "action": "R"}, True),
        ({"patient": person, "action": "D"}, False),
        ({"patient": person, "subtype": "wrote"}, True),
        ({"patient": person, "type": "rest"}, True),
        ({"patient": person, "type": "110114"}, False),
        ({"type": "110114"}, True),
        ({"date": today}, True),
    ):
        assert bool(found(http, **params)) is some, params
    answer = http.post("/AuditEvent/_search", content=f"patient={person}",
                       headers={"Content-Type": "application/x-www-form-urlencoded"})  # fmt: skip
    assert answer.json()["entry"]


def test_in_pages_the_newest_first_none_twice(http, person) -> None:
    for _ in range(7):
        http.get(f"/Patient/{person}").raise_for_status()
    for params in (
        {"patient": person},
        {"date": f"ge{datetime.now(UTC).date().isoformat()}", "entity-type": "Patient"},
    ):
        seen, url = [], httpx.URL(f"{http.base_url}AuditEvent", params=params | {"_count": "3"})
        while url and len(seen) < 9:
            bundle = http.get(url).raise_for_status().json()
            page = [entry["resource"] for entry in bundle.get("entry", ())]
            assert len(page) <= 3
            seen += [(one["recorded"], one["id"]) for one in page]
            url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), None)
        assert len({id for _, id in seen}) == len(seen) >= 8
        assert [at for at, _ in seen] == sorted((at for at, _ in seen), reverse=True)


def test_what_it_does_not_know_is_refused_or_left_out(http, person) -> None:
    for params in ({"site": "x"}, {"patient": "nobody"}, {"date": "yesterday"}, 
                   {"_count": "many"}, {"_sort": "date"}, {"_cursor": "x"}, {"date": "ap2026"}):  # fmt: skip
        answer = http.get("/AuditEvent", params=params)
        assert answer.status_code == 400, params
        assert answer.json()["resourceType"] == "OperationOutcome"
    lenient = http.get("/AuditEvent", params={"site": "x", "patient": person}, headers={"Prefer": "handling=lenient"})
    assert "site" not in lenient.json()["link"][0]["url"] and lenient.json()["entry"]


def test_nobody_writes_one_and_none_has_a_history(http, person) -> None:
    (one, *_) = found(http, patient=person)
    assert http.post("/AuditEvent", json={k: v for k, v in one.items() if k != "id"}).status_code == 403
    assert http.put(f"/AuditEvent/{one['id']}", json=one).status_code in (400, 403, 404)
    assert http.delete(f"/AuditEvent/{one['id']}").status_code in (403, 404)
    assert http.get(f"/AuditEvent/{one['id']}/_history").status_code in (403, 404)
    assert http.get("/AuditEvent/_history").status_code in (403, 404)
    assert http.get("/AuditEvent/00000001-0000-8000-8000-000000000000").status_code == 404


def test_another_organization_learns_nothing(http, other, person) -> None:
    events = found(http, patient=person)
    assert not [one for one in found(other, patient=person) if one["agent"][0]["name"] == "rsud-simrs"]
    for one in events[:2]:
        answer = other.get(f"/AuditEvent/{one['id']}")
        assert answer.status_code == 404 and person not in answer.text
        assert not found(other, _id=one["id"]) and found(http, _id=one["id"])
    mine = found(http, patient=person)[0]["source"]["observer"]["reference"]
    everything = [*found(other), *found(other, agent=events[0]["agent"][0]["who"]["identifier"]["value"])]
    assert all(one["source"]["observer"]["reference"] != mine for one in everything)


def test_without_a_token_nothing(served) -> None:
    for path in ("/AuditEvent", "/AuditEvent/x"):
        assert httpx.get(f"{served.url}/fhir-r4/v1{path}").status_code == 401


def test_reading_it_is_audited_too(http, person) -> None:
    found(http, patient=person)
    time.sleep(0.01)
    assert [one for one in found(http, patient=person) if {"system": "http://hl7.org/fhir/resource-types", "code": "AuditEvent"}
            in [entity["type"] for entity in one["entity"]]]  # fmt: skip


def test_the_statement_tells_what_is_so(http) -> None:
    (told,) = [one for one in http.get("/metadata").json()["rest"][0]["resource"] if one["type"] == "AuditEvent"]
    assert [one["code"] for one in told["interaction"]] == ["read", "search-type"]
    assert {"patient", "agent", "date", "entity-type"} <= {one["name"] for one in told["searchParam"]}
