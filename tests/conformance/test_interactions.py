"""The interactions of https://hl7.org/fhir/R4/http.html, over HTTP as a hospital's system does them."""

import secrets
import uuid
from concurrent.futures import ThreadPoolExecutor

import payloads
import pytest

SYSTEM = "http://sys-ids.kemkes.go.id/uji"


def questionnaire(key: str, **more) -> dict:
    """Something that belongs to nobody, so that any client may work with it."""
    return {
        "resourceType": "Questionnaire", "status": "active", "title": f"Uji {key}",
        "identifier": [{"system": SYSTEM, "value": key}], **more,
    }  # fmt: skip


@pytest.fixture
def key() -> str:
    return uuid.uuid4().hex


@pytest.mark.shows("create, conditional")
def test_a_conditional_create_makes_one(http, key) -> None:
    condition = {"If-None-Exist": f"identifier={SYSTEM}|{key}"}
    first = http.post("/Questionnaire", json=questionnaire(key), headers=condition)
    second = http.post("/Questionnaire", json=questionnaire(key, title="anders"), headers=condition)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["id"] == first.json()["id"] and second.json()["title"] == f"Uji {key}"


@pytest.mark.shows("create, conditional")
def test_sixteen_at_once_with_one_condition_make_one(http, key) -> None:
    condition = {"If-None-Exist": f"identifier={SYSTEM}|{key}"}
    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(lambda _: http.post("/Questionnaire", json=questionnaire(key), headers=condition), range(16))
        )
    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


@pytest.mark.shows("update, conditional")
def test_a_conditional_update_changes_the_one_that_fits_or_makes_it(http, key) -> None:
    where = {"identifier": f"{SYSTEM}|{key}"}
    made = http.put("/Questionnaire", json=questionnaire(key), params=where)
    changed = http.put("/Questionnaire", json=questionnaire(key, title="neu"), params=where)
    assert (made.status_code, changed.status_code) == (201, 200)
    assert changed.json()["id"] == made.json()["id"] and changed.json()["meta"]["versionId"] == "2"
    http.post("/Questionnaire", json=questionnaire(key))
    assert http.put("/Questionnaire", json=questionnaire(key), params=where).status_code == 412, "two fit"


@pytest.mark.shows("delete, conditional")
def test_a_conditional_delete_takes_the_one_that_fits(http, key) -> None:
    where = {"identifier": f"{SYSTEM}|{key}"}
    id = http.post("/Questionnaire", json=questionnaire(key)).json()["id"]
    assert http.delete("/Questionnaire", params=where).status_code == 204
    assert http.get(f"/Questionnaire/{id}").status_code == 410
    assert http.delete("/Questionnaire", params=where).status_code == 204, "nothing fits any more: nothing happens"
    assert http.delete("/Questionnaire").status_code == 400, "never without a condition"


@pytest.mark.shows("history, instance", "history, type", "history, _since")
def test_history_at_its_levels_and_since_a_time(http, key) -> None:
    id = http.post("/Questionnaire", json=questionnaire(key)).json()["id"]
    then = http.put(f"/Questionnaire/{id}", json=questionnaire(key, id=id, title="zwei")).json()["meta"]["lastUpdated"]
    http.delete(f"/Questionnaire/{id}")
    one = http.get(f"/Questionnaire/{id}/_history").json()
    assert [entry["request"]["method"] for entry in one["entry"]] == ["DELETE", "PUT", "POST"] and one["total"] == 3
    since = http.get(f"/Questionnaire/{id}/_history", params={"_since": then}).json()
    assert [entry["request"]["method"] for entry in since["entry"]] == ["DELETE", "PUT"]
    kind = http.get("/Questionnaire/_history", params={"_since": then, "_count": "200"}).json()
    assert [e["request"]["method"] for e in kind["entry"] if id in e["fullUrl"]] == ["DELETE", "PUT"]


@pytest.mark.shows("history, type")
def test_the_history_of_a_kind_leads_through_every_version_once(http, key) -> None:
    id = http.post("/Questionnaire", json=questionnaire(key)).json()["id"]
    for n in range(6):
        http.put(f"/Questionnaire/{id}", json=questionnaire(key, id=id, title=str(n)))
    seen, url = [], "/Questionnaire/_history?_count=3"
    while url and len(seen) < 400:
        page = http.get(url).json()
        seen += [(e["fullUrl"], e["response"]["etag"]) for e in page["entry"]]
        url = next((link["url"] for link in page["link"] if link["relation"] == "next"), None)
    assert len(seen) == len(set(seen)) and len([one for one in seen if id in one[0]]) == 7


@pytest.mark.shows("history, system")
def test_everybodys_history_is_not_for_a_facility(http) -> None:
    assert http.get("/Patient/_history").status_code == 403
    assert http.get("/_history").status_code == 403


@pytest.mark.shows("batch")
def test_the_entries_of_a_batch_stand_by_themselves(http, key) -> None:
    bundle = {
        "resourceType": "Bundle", "type": "batch",
        "entry": [
            {"request": {"method": "POST", "url": "Questionnaire"}, "resource": questionnaire(key)},
            {"request": {"method": "GET", "url": f"Questionnaire?identifier={SYSTEM}|{key}"}},
            {"request": {"method": "POST", "url": "Questionnaire"}, "resource": {"resourceType": "Questionnaire", "status": "x"}},
            {"request": {"method": "GET", "url": "Nonsense/1"}},
            {"request": {"method": "POST", "url": "Questionnaire", "ifNoneExist": f"identifier={SYSTEM}|{key}"},
             "resource": questionnaire(key)},
        ],
    }  # fmt: skip
    answer = http.post("", json=bundle)
    assert answer.status_code == 200 and answer.json()["type"] == "batch-response"
    entries = answer.json()["entry"]
    assert [entry["response"]["status"] for entry in entries] == ["201", "200", "400", "404", "200"]
    assert entries[1]["resource"]["total"] == 1, "what stood before was done before"
    assert entries[2]["response"]["outcome"]["issue"][0]["expression"] == ["Questionnaire.status"]


@pytest.mark.shows("transaction", "transaction, conditional reference", "transaction, conditional update")
def test_a_transaction_with_conditions_and_reading(http, key, patient, organization, location) -> None:
    nik = patient["identifier"][0]["value"]
    person, visit = f"urn:uuid:{uuid.uuid4()}", f"urn:uuid:{uuid.uuid4()}"
    encounter = payloads.encounter(organization, "x", location) | {"subject": {"reference": person}}
    made = http.post("", json={"resourceType": "Bundle", "type": "transaction", "entry": [
        {"request": {"method": "GET", "url": f"Patient?identifier={patient['identifier'][0]['system']}|{nik}"}},
        {"fullUrl": visit, "request": {"method": "POST", "url": "Encounter"}, "resource": encounter},
        {"fullUrl": person, "request": {"method": "POST", "url": "Patient"}, "resource": patient},
        {"request": {"method": "PUT", "url": f"Questionnaire?identifier={SYSTEM}|{key}"}, "resource": questionnaire(key)},
    ]})  # fmt: skip
    assert made.status_code == 200, made.text
    entries = made.json()["entry"]
    assert [entry["response"]["status"][:3] for entry in entries] == ["200", "201", "201", "201"]
    assert entries[0]["resource"]["total"] == 1, "what is read sees what was written"
    # A reference by condition, and an update by condition of what is there now
    where = f"Patient?identifier={patient['identifier'][0]['system']}|{nik}"
    id = entries[2]["response"]["location"].split("/")[1]
    later = payloads.encounter(organization, "x", location) | {"subject": {"reference": where}}
    again = http.post("", json={"resourceType": "Bundle", "type": "transaction", "entry": [
        {"request": {"method": "POST", "url": "Encounter"}, "resource": later},
        {"request": {"method": "PUT", "url": f"Questionnaire?identifier={SYSTEM}|{key}"}, "resource": questionnaire(key)},
    ]})  # fmt: skip
    assert [entry["response"]["status"][:3] for entry in again.json()["entry"]] == ["201", "200"], again.text
    encounter_id = again.json()["entry"][0]["response"]["location"].split("/")[1]
    assert http.get(f"/Encounter/{encounter_id}").json()["subject"]["reference"] == f"Patient/{id}"


@pytest.mark.shows("transaction, conditional reference")
def test_a_condition_that_nobody_fits_undoes_everything(http, key, organization, location) -> None:
    encounter = payloads.encounter(organization, "x", location)
    encounter["subject"] = {"reference": f"Patient?identifier={SYSTEM}|nobody"}
    answer = http.post("", json={"resourceType": "Bundle", "type": "transaction", "entry": [
        {"request": {"method": "POST", "url": "Questionnaire"}, "resource": questionnaire(key)},
        {"request": {"method": "POST", "url": "Encounter"}, "resource": encounter},
    ]})  # fmt: skip
    assert answer.status_code == 412 and "Bundle.entry[1]" in answer.text
    assert http.get("/Questionnaire", params={"identifier": f"{SYSTEM}|{key}"}).json()["total"] == 0


@pytest.mark.shows("read, If-None-Match", "Prefer: return")
def test_what_is_known_already_is_not_sent_again(http, key) -> None:
    made = http.post("/Questionnaire", json=questionnaire(key), headers={"Prefer": "return=minimal"})
    assert made.status_code == 201 and made.content == b"" and "/_history/1" in made.headers["location"]
    url = made.headers["location"].partition("/_history")[0]
    assert http.get(url, headers={"If-None-Match": 'W/"1"'}).status_code == 304
    stale = http.put(url, json=questionnaire(key, id=url.rpartition("/")[2]), headers={"If-Match": 'W/"7"'})
    assert stale.status_code == 412


@pytest.mark.shows("create, conditional", "transaction, conditional reference")
@pytest.mark.parametrize("condition", ["code=B20", "patient={patient}&code=B20", "subject.identifier=x|y&code=B20"])
def test_a_condition_tells_nothing_about_people_elsewhere(http, key, condition: str) -> None:
    """By If-None-Exist, 200, 201 and 412 would each tell whether somebody has an illness."""
    found = http.get("/Patient", params={"name": "Siti Rahayu", "birthdate": "1968-03-12"}).json()
    somebody = found["entry"][0]["resource"]["id"]
    where = condition.format(patient=somebody)
    resource = {"resourceType": "Condition", "subject": {"reference": f"Patient/{somebody}"}}
    assert http.post("/Condition", json=resource, headers={"If-None-Exist": where}).status_code == 403
    assert http.put(f"/Condition?{where}", json=resource).status_code == 403
    assert http.delete(f"/Condition?{where}").status_code == 403
    assert http.delete(f"/Patient?_has:Condition:patient:{where.rpartition('&')[2]}").status_code == 403
    basic = questionnaire(key) | {
        "extension": [{"url": "http://x", "valueReference": {"reference": f"Condition?{where}"}}]
    }
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [
        {"request": {"method": "POST", "url": "Questionnaire"}, "resource": basic}]}  # fmt: skip
    assert http.post("", json=bundle).status_code == 403


@pytest.mark.shows("Prefer: return")
def test_what_was_done_is_told_when_that_is_preferred(http, key) -> None:
    prefer = {"Prefer": "respond-async; return=OperationOutcome"}

    def told(answer, status: int) -> str:
        outcome = answer.json()
        assert (answer.status_code, outcome["resourceType"]) == (status, "OperationOutcome"), answer.text
        assert [(one["severity"], one["code"]) for one in outcome["issue"]] == [("information", "informational")]
        return outcome["issue"][0]["details"]["text"]

    where = {"If-None-Exist": f"identifier={SYSTEM}|{key}"}
    made = http.post("/Questionnaire", json=questionnaire(key), headers=prefer | where)
    url = made.headers["location"].partition("/_history")[0]
    assert "version 1" in told(made, 201)
    assert "nothing was written" in told(
        http.post("/Questionnaire", json=questionnaire(key), headers=prefer | where), 200
    )
    changed = questionnaire(key, id=url.rpartition("/")[2])
    assert "version 2" in told(http.put(url, json=changed, headers=prefer), 200)
    assert http.get(url, headers=prefer).json()["resourceType"] == "Questionnaire", "a read is answered as ever"
    for kind in ("batch", "transaction"):
        entry = {"request": {"method": "PUT", "url": f"Questionnaire/{changed['id']}"}, "resource": changed}
        answer = http.post("", json={"resourceType": "Bundle", "type": kind, "entry": [entry]}, headers=prefer).json()
        assert answer["entry"][0]["response"]["outcome"]["issue"][0]["severity"] == "information", answer
        assert "resource" not in answer["entry"][0]
    assert "out of use" in told(http.delete(url, headers=prefer), 200)
    assert "nothing" in told(
        http.delete("/Questionnaire", params={"identifier": f"{SYSTEM}|{key}"}, headers=prefer), 200
    )


@pytest.mark.shows("history, _at")
def test_history_shows_what_stood_at_a_time(http, key) -> None:
    made = http.post("/Questionnaire", json=questionnaire(key)).json()
    id, first = made["id"], made["meta"]["lastUpdated"]
    changed = http.put(f"/Questionnaire/{id}", json=questionnaire(key, id=id, title="zwei")).json()["meta"][
        "lastUpdated"
    ]
    http.delete(f"/Questionnaire/{id}")
    gone = http.get(f"/Questionnaire/{id}/_history").json()["entry"][0]["response"]["lastModified"]
    assert first < changed < gone, "to the millisecond"

    def stood(url: str, at: str) -> list[str]:
        found = http.get(url, params={"_at": at, "_count": "200"}).json().get("entry", ())
        return [entry["request"]["method"] for entry in found if id in entry["fullUrl"]]

    for url in (f"/Questionnaire/{id}/_history", "/Questionnaire/_history"):
        assert stood(url, first) == ["POST"] and stood(url, changed) == ["PUT"] and stood(url, gone) == ["DELETE"]
        assert stood(url, first[:4]) == ["DELETE", "PUT", "POST"], "in this year it was all of them"
        assert stood(url, "2001-02") == []
    later = f"{int(first[:4]) + 1}-01-01"
    assert stood(f"/Questionnaire/{id}/_history", later) == ["DELETE"]
    assert http.get(f"/Questionnaire/{id}/_history", params={"_at": "monday"}).status_code == 400


@pytest.mark.shows("update creates with the client's id")
def test_an_update_of_what_was_never_there_makes_it(http, key, patient, organization, location) -> None:
    id = "00000000" + str(uuid.uuid4())[8:]
    made = http.put(f"/Questionnaire/{id}", json=questionnaire(key, id=id))
    assert made.status_code == 201 and made.json()["id"] == id and made.headers["etag"] == 'W/"1"', made.text
    assert http.put(f"/Questionnaire/{id}", json=questionnaire(key, id=id, status="retired")).status_code == 200
    now = http.get(f"/Questionnaire/{id}")
    assert now.json().get("status") == "retired", now.text
    assert [e["request"]["method"] for e in http.get(f"/Questionnaire/{id}/_history").json()["entry"]] == [
        "PUT",
        "POST",
    ]

    person = f"{secrets.randbits(31) + 1:08x}" + str(uuid.uuid4())[8:]
    fhir_json = {"Accept": "application/fhir+json"}
    assert http.put(f"/Patient/{person}", json=patient | {"id": person}, headers=fhir_json).status_code == 201
    visit = person[:8] + str(uuid.uuid4())[8:]
    entry = {"request": {"method": "PUT", "url": f"Encounter/{visit}"},
             "resource": payloads.encounter(organization, person, location) | {"id": visit}}  # fmt: skip
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    statuses = [http.post("", json=bundle).json()["entry"][0]["response"]["status"] for _ in range(2)]
    assert [one[:3] for one in statuses] == ["201", "200"]
    assert http.get(f"/Encounter?patient={person}").json()["entry"][0]["resource"]["id"] == visit


@pytest.mark.shows("update creates with the client's id")
def test_an_id_that_lies_elsewhere_is_refused_with_what_to_do(http, key, patient, organization, location) -> None:
    person = http.post("/Patient", json=patient, headers={"Accept": "application/fhir+json"}).json()["id"]
    other, nobodys = str(uuid.uuid4()), "00000000" + str(uuid.uuid4())[8:]
    visit = payloads.encounter(organization, person, location)

    def refused(path: str, resource: dict, words: str) -> None:
        answer = http.put(path, json=resource | {"id": path.rpartition("/")[2]})
        assert answer.status_code == 400 and words in answer.text, answer.text
        assert http.get(path).status_code == 404

    refused(f"/Questionnaire/{other}", questionnaire(key), "eight zeros")
    refused(f"/Patient/{nobodys}", patient, "eight zeros")
    refused(f"/Encounter/{nobodys}", visit, "same eight digits")
    refused(f"/Encounter/{other}", visit, "same eight digits")
    refused("/Questionnaire/my-own-7", questionnaire(key), "UUID in lower case")
    refused(f"/Questionnaire/{nobodys.upper()}", questionnaire(key), "UUID in lower case")
    refused(f"/Questionnaire/{nobodys}", patient, "another kind")
    versioned = http.put(
        f"/Questionnaire/{nobodys}", json=questionnaire(key, id=nobodys), headers={"If-Match": 'W/"1"'}
    )
    assert versioned.status_code == 404, "who has seen a version does not want a new one"
    http.put(f"/Questionnaire/{nobodys}", json=questionnaire(key, id=nobodys))
    http.delete(f"/Questionnaire/{nobodys}")
    assert http.put(f"/Questionnaire/{nobodys}", json=questionnaire(key, id=nobodys)).status_code == 410
