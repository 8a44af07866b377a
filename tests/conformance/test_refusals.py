"""What comes wrong gets a clear answer, and nothing is half-written or leaked."""

from uuid import uuid4

import httpx
import pytest

OUTCOME = "OperationOutcome"


def issue(answer: httpx.Response) -> dict:
    body = answer.json()
    assert body["resourceType"] == OUTCOME
    return body["issue"][0]


def test_broken_json_names_the_place(http) -> None:
    answer = http.post("/Patient", content=b'{"resourceType": "Patient", "name": [')
    assert answer.status_code == 400
    assert "JSON" in issue(answer)["details"]["text"] or "byte" in issue(answer)["details"]["text"]


def test_50_megabytes_are_refused_before_they_are_read(http) -> None:
    answer = http.post("/Patient", content=b" " * (50 << 20))
    assert answer.status_code == 413
    assert issue(answer)["code"] == "too-costly"


def test_deep_nesting_is_refused(http) -> None:
    def deep(levels: int) -> bytes:
        return b'{"resourceType":"Patient","extension":' + b'[{"extension":' * levels + b"[]" + b"}]" * levels + b"}"

    assert http.post("/Patient", content=deep(500)).status_code == 400
    for type in (b"transaction", b"batch"):
        for levels in (50, 500):
            entry = b'{"resource":' + deep(levels) + b',"request":{"method":"POST","url":"Patient"}}'
            answer = http.post("", content=b'{"resourceType":"Bundle","type":"' + type + b'","entry":[' + entry + b"]}")
            assert answer.status_code == 400
            assert levels > 50 or "levels of nesting" in answer.text
    patch = (
        b'{"resource":' + deep(50) + b',"request":{"method":"PATCH","url":"Patient/' + str(uuid4()).encode() + b'"}}'
    )
    answer = http.post("", content=b'{"resourceType":"Bundle","type":"transaction","entry":[' + patch + b"]}")
    assert answer.status_code == 400 and "entry[0].resource" in answer.text and "levels of nesting" in answer.text
    around = b'{"resourceType":"Bundle","type":"transaction","entry":[],"extension":' + b"[" * 100_000
    assert http.post("", content=around).status_code == 400


@pytest.mark.parametrize("path", ["/Unicorn/1", "/Unicorn", "/Patient/1/_unknown/2/3"])
def test_what_is_not_here_is_not_found(http, path) -> None:
    assert http.get(path).status_code == 404


def test_an_unknown_id_is_not_found(http) -> None:
    answer = http.get("/Patient/00000001-0000-8000-8000-000000000000")
    assert answer.status_code == 404
    assert "20007" in issue(answer)["details"]["text"]


def test_a_stale_if_match_is_refused(http, patient) -> None:
    id = http.post("/Patient", json=patient).json()["data"]["patient_id"]
    assert http.put(f"/Patient/{id}", json=patient | {"active": True}, headers={"If-Match": 'W/"1"'}).status_code == 200
    stale = http.put(f"/Patient/{id}", json=patient | {"active": False}, headers={"If-Match": 'W/"1"'})
    assert stale.status_code == 412
    assert http.get(f"/Patient/{id}").json()["active"] is True


def test_an_unknown_search_parameter_is_an_error_unless_lenient(http) -> None:
    answer = http.get("/Organization", params={"colour": "blue"})
    assert answer.status_code == 400 and "colour" in issue(answer)["details"]["text"]
    lenient = http.get("/Organization", params={"colour": "blue", "_count": 1}, headers={"Prefer": "handling=lenient"})
    assert lenient.status_code == 200
    assert "colour" not in lenient.json()["link"][0]["url"], "the self link tells the truth"


def test_nobody_is_shown_everyone(http) -> None:
    answer = http.get("/Patient")
    assert answer.status_code == 400 and issue(answer)["code"] == "too-costly"


def test_a_clinical_record_needs_a_relation(http, served) -> None:
    """The hospital may find a person by NIK, but reads what is clinical only of those whom it cares for."""
    found = http.get("/Patient", params={"name": "Wulan Lestari", "birthdate": "1994-11-05"}).json()
    id = found["entry"][0]["resource"]["id"]
    answer = http.get("/Encounter", params={"patient": id})
    seen = answer.status_code == 200 and answer.json().get("entry")
    cared_for = any("RSUD Kota" in entry["resource"]["serviceProvider"]["display"] for entry in seen or [])
    assert answer.status_code == 403 or cared_for
    assert http.get("/Observation", params={"code": "8480-6"}).status_code == 403, "nobody may read through everyone"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eA=="}])
def test_no_token_no_answer(served, headers) -> None:
    answer = httpx.get(f"{served.url}/fhir-r4/v1/Organization", headers=headers)
    assert answer.status_code == 401 and issue(answer)["code"] == "login"


def test_another_format_is_refused(http) -> None:
    assert http.get("/Organization", headers={"Accept": "text/turtle"}).status_code == 406
    assert http.post("/Patient", content=b"<a> a <b> .", headers={"Content-Type": "text/turtle"}).status_code == 415


def test_a_reference_that_leads_nowhere_is_refused(http, patient, organization) -> None:
    missing = {"reference": "Organization/00000000-01a2-80a7-8958-89d5ba43d7d4"}
    answer = http.post("/Patient", json=patient | {"managingOrganization": missing})
    assert answer.status_code == 400
    assert "Organization/00000000" in issue(answer)["details"]["text"]


def test_the_same_question_has_a_304(http, organization) -> None:
    first = http.get(f"/Organization/{organization}")
    assert first.headers["etag"] == 'W/"1"' and first.headers["last-modified"].endswith("GMT")
    assert (
        http.get(f"/Organization/{organization}", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    )


def test_numbers_come_back_as_they_were_sent(http, patient) -> None:
    id = http.post("/Patient", json=patient).json()["data"]["patient_id"]
    body = b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":  1.00,"unit":"g"},'
    body += b'"subject":{"reference":"Patient/' + id.encode() + b'"}}'
    made = http.post("/Observation", content=body)
    assert made.status_code == 201
    assert b'"value":  1.00' in made.content, "byte for byte, blanks and all"


def test_every_declared_search_parameter_works_and_no_other(http) -> None:
    statement = http.get("/metadata").json()
    person = http.get("/Patient", params={"name": "Siti Rahayu", "birthdate": "1968-03-12"}).json()["entry"][0][
        "resource"
    ]["id"]
    sample = {
        "date": "2026",
        "token": "x",
        "reference": "Organization/00000000-01a2-80a7-8958-89d5ba43d7d4",
        "string": "abc",
        "number": "5.4",
        "quantity": "5.4|http://unitsofmeasure.org|mg",
        "uri": "http://example.org/x",
        "special": "-7.79|110.36|5|km",
    }
    for resource in statement["rest"][0]["resource"]:
        owner = {"patient": person} if any(p["name"] == "patient" for p in resource["searchParam"]) else {}
        for parameter in resource["searchParam"]:
            if parameter["name"] in ("patient", "subject", "beneficiary") or parameter["type"] == "composite":
                continue
            params = owner | {parameter["name"]: sample[parameter["type"]]}
            answer = http.get(f"/{resource['type']}", params=params)
            fine = answer.status_code in (200, 403) or "everybody" in answer.text
            assert fine, f"{resource['type']}?{parameter['name']}: {answer.text}"
        assert http.get(f"/{resource['type']}", params={"undeclared": "x"}).status_code == 400
