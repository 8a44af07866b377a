"""What an integrator sees of their own client, and what nobody sees: values, ids, other people's clients."""

import json
import time

import httpx

BASE = "/fhir-r4/v1"
NIK = "https://fhir.kemkes.go.id/id/nik"


def log_of(http: httpx.Client, last: str, *parameters: str) -> list[dict]:
    """Once it tells of the request that came ``last``, which is about a second later."""
    end = time.monotonic() + 30
    while True:
        answer = http.get("/$log")
        assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
        found = answer.json()["requests"]
        newest = [(one["path"], one["parameters"]) for one in found[:1]]
        if newest == [(f"{BASE}{last}", list(parameters))] or time.monotonic() > end:
            return found
        time.sleep(0.1)


def test_a_request_is_told_without_anything_of_a_person(http, patient, new_nik, organization) -> None:
    patient["name"][0]["text"] = "Rahasia Sekali"
    id = http.post("/Patient", json=patient).json()["data"]["patient_id"]
    http.get(f"/Patient/{id}")
    http.get("/Patient", params={"identifier": f"{NIK}|{new_nik}", "name": "Rahasia"})
    http.get("/Patient", params={new_nik: "x", "Rahasia Sekali": "x"})
    http.get(f"/{new_nik}")
    http.post("/Patient", json=patient)
    http.post("/Patient", json=patient | {"birthDate": "17-05-1991", new_nik: 1})
    http.post("/Condition", json={"resourceType": "Condition", "subject": {"reference": f"Patient/{id[:-1]}0"}})
    found = log_of(http, "/Condition")
    text = json.dumps(found)
    for secret in (new_nik, "Rahasia Sekali", id, id[:-1], "17-05-1991"):
        assert secret not in text
    read = next(one for one in found if one["path"] == f"{BASE}/Patient/{{id}}")
    assert (read["method"], read["status"]) == ("GET", 200) and read["bytes"] > 100 and read["milliseconds"] > 0
    assert any(one["parameters"] == ["identifier", "name"] for one in found)
    refusals = {one["expression"]: one["text"] for line in found for one in line.get("issues", ())}
    assert "known already" in refusals["Patient.identifier"]
    assert "such as 1990-11-23" in refusals["Patient.birthDate"]
    assert "leads nowhere" in refusals["Condition.subject"]


def test_another_client_sees_its_own(http, served, other_token) -> None:
    http.get("/Organization", params={"name": "RS"})
    with httpx.Client(base_url=f"{served.url}{BASE}", headers={"Authorization": f"Bearer {other_token}"}) as other:
        other.get("/Location", params={"_count": 1})
        mine, theirs = log_of(http, "/Organization", "name"), log_of(other, "/Location", "_count")
    assert any(one["path"] == f"{BASE}/Organization" for one in mine)
    assert theirs[0]["path"] == f"{BASE}/Location"
    assert any(one["path"] == "/oauth2/v1/accesstoken" for one in theirs), "a token is a request too"


def test_it_needs_a_token_and_does_not_tell_of_itself(http, served) -> None:
    assert httpx.get(f"{served.url}{BASE}/$log").status_code == 401
    http.get("/$log")
    http.get("/Location", params={"_count": 1})
    found = log_of(http, "/Location", "_count")
    assert found and all("$log" not in one["path"] for one in found)


def test_two_hundred_are_kept_and_the_entries_of_a_batch_are_one(http, organization) -> None:
    entry = {"request": {"method": "GET", "url": f"Organization/{organization}"}}
    for _ in range(210):
        http.get(f"/Organization/{organization}")
    log_of(http, "/Organization/{id}")
    http.post("", json={"resourceType": "Bundle", "type": "batch", "entry": [entry] * 20})
    found = log_of(http, "/")
    assert len(found) == 200
    assert [one["path"] for one in found[:2]] == [f"{BASE}/", f"{BASE}/Organization/{{id}}"]
    assert found[0]["method"] == "POST"
    times = [one["time"] for one in found]
    assert times == sorted(times, reverse=True)


def test_an_answer_in_xml_is_told_as_it_went_out(http) -> None:
    answer = http.get("/Organization", params={"colour": "blue", "_format": "xml"})
    assert answer.status_code == 400 and answer.headers["content-type"].startswith("application/fhir+xml")
    latest = log_of(http, "/Organization", "colour", "_format")[0]
    assert latest["parameters"] == ["colour", "_format"] and latest["bytes"] == len(answer.content)
    (issue,) = latest["issues"]
    assert "has no search parameter" in issue["text"] and "colour" not in issue["text"] + issue["expression"]
