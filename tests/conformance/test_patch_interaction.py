"""PATCH over HTTP (https://hl7.org/fhir/R4/http.html#patch), as a hospital's system sends it."""

import base64
import uuid
from typing import Any

import httpx
import pytest
from payloads import condition, encounter

NIK = "https://fhir.kemkes.go.id/id/nik"
NIK_IBU = "https://fhir.kemkes.go.id/id/nik-ibu"
JSON_PATCH = {"Content-Type": "application/json-patch+json"}


def said(answer: httpx.Response) -> str:
    return answer.json()["issue"][0]["details"]["text"]


def adding(name: str, **value: Any) -> dict[str, Any]:
    """A FHIRPath Patch that adds one element to a Patient."""
    parts = [{"name": "type", "valueCode": "add"}, {"name": "path", "valueString": "Patient"}]
    parts += [{"name": "name", "valueString": name}, {"name": "value"} | value]
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}


@pytest.fixture
def person(http, patient) -> str:
    """The path of a new Patient."""
    return f"/Patient/{http.post('/Patient', json=patient).json()['data']['patient_id']}"


def newborn(http, patient: dict, mother: str) -> str:
    born = {"identifier": [{"use": "official", "system": NIK_IBU, "value": mother}], "birthDate": "2026-11-20"}
    answer = http.post("/Patient", json=patient | born | {"name": [{"use": "official", "text": "Bayi Ny. Uji"}]})
    return answer.json()["create_patient"]["data"]["patient_id"]


@pytest.mark.shows("patch: JSON Patch")
def test_a_newborn_gets_its_nik(http, patient, new_nik) -> None:
    """What SATUSEHAT has PATCH for: a child is registered by its mother's NIK, and has one of its own weeks later."""
    mother, own = f"990102410290{new_nik[-4:]}", f"990103201126{new_nik[-4:]}"
    id, twin = newborn(http, patient, mother), newborn(http, patient, mother)
    patch = [
        {"op": "test", "path": "/identifier/0/system", "value": NIK_IBU},
        {"op": "add", "path": "/identifier/-", "value": {"use": "official", "system": NIK, "value": own}},
    ]
    given = http.patch(f"/Patient/{id}", json=patch, headers=JSON_PATCH | {"If-Match": 'W/"1"'})
    assert given.status_code == 200, given.text
    assert given.json()["meta"]["versionId"] == "2" and given.headers["etag"] == 'W/"2"'
    found = http.get("/Patient", params={"identifier": f"{NIK}|{own}"}).json()
    assert [entry["resource"]["id"] for entry in found["entry"]] == [id], "found by the new number"
    found = http.get("/Patient", params={"identifier": f"{NIK_IBU}|{mother}"}).json()
    assert {entry["resource"]["id"] for entry in found["entry"]} == {id, twin}, "and still by the mother's"
    taken = http.patch(f"/Patient/{twin}", json=patch, headers=JSON_PATCH)
    assert taken.status_code == 409 and "20002" in said(taken), "a NIK is one person's"
    assert http.get(f"/Patient/{twin}").json()["meta"]["versionId"] == "1"


@pytest.mark.shows("patch: FHIRPath Patch")
@pytest.mark.parametrize("kind", ["application/json", "application/fhir+json; charset=utf-8"])
def test_a_fhirpath_patch(http, person, kind) -> None:
    answer = http.patch(person, json=adding("deceased", valueBoolean=True), headers={"Content-Type": kind})
    assert answer.status_code == 200, answer.text
    assert answer.json()["deceasedBoolean"] is True and answer.json() == http.get(person).json()


def test_a_fhirpath_patch_in_xml(http, person) -> None:
    patch = """<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="operation"/>
        <part><name value="type"/><valueCode value="add"/></part><part><name value="path"/><valueString value="Patient"/></part>
        <part><name value="name"/><valueString value="active"/></part>
        <part><name value="value"/><valueBoolean value="true"/></part></parameter></Parameters>"""
    kinds = {"Content-Type": "application/fhir+xml", "Accept": "application/fhir+json"}
    assert http.patch(person, content=patch.encode(), headers=kinds).json()["active"] is True


def test_a_newer_version_refuses_before_the_patch_is_tried(http, person) -> None:
    assert http.patch(person, json=adding("active", valueBoolean=True)).status_code == 200
    for body in (adding("active", valueBoolean=True), adding("colour", valueString="x")):
        stale = http.patch(person, json=body, headers={"If-Match": 'W/"1"'})
        assert stale.status_code == 412
    assert http.get(person).json()["meta"]["versionId"] == "2"


def test_a_failed_test_is_422_and_changes_nothing(http, person) -> None:
    patch = [{"op": "add", "path": "/active", "value": True}, {"op": "test", "path": "/gender", "value": "female"}]
    answer = http.patch(person, json=patch, headers=JSON_PATCH)
    assert answer.status_code == 422 and answer.json()["issue"][0]["expression"] == ["[1] /gender"]
    assert "active" not in http.get(person).json()


def test_what_comes_out_is_validated(http, person) -> None:
    nowhere = {"reference": f"Organization/{uuid.uuid4()}"}
    for patch, place in (
        ([{"op": "replace", "path": "/gender", "value": "blue"}], "Patient.gender"),
        ([{"op": "add", "path": "/colour", "value": "blue"}], "Patient.colour"),
        ([{"op": "add", "path": "/managingOrganization", "value": nowhere}], "Organization"),
        ([{"op": "replace", "path": "/id", "value": str(uuid.uuid4())}], "[0] /id"),
    ):  # fmt: skip
        answer = http.patch(person, json=patch, headers=JSON_PATCH)
        assert answer.status_code == 400 and place in said(answer), answer.text
    assert http.get(person).json()["meta"]["versionId"] == "1"


def test_prefer_says_how_much_comes_back(http, person) -> None:
    answer = http.patch(person, json=adding("active", valueBoolean=True), headers={"Prefer": "return=minimal"})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (200, b"", 'W/"2"')
    answer = http.patch(person, json=[], headers=JSON_PATCH | {"Prefer": "return=representation"})
    assert answer.json()["active"] is True


def test_other_media_types_are_not_taken(http, person, patient) -> None:
    for kind in ("application/merge-patch+json", "text/plain"):
        assert http.patch(person, json=[], headers={"Content-Type": kind}).status_code == 415
    assert http.patch(
        person, content=b"<diff/>", headers={"Content-Type": "application/xml-patch+xml"}
    ).status_code in (406, 415)
    assert http.post("/Patient", json=patient, headers=JSON_PATCH).status_code == 415, "a patch is no resource"
    assert http.patch(person, json=[]).status_code == 400, "a JSON Patch names its media type"


def test_what_is_not_there_cannot_be_patched(http, person) -> None:
    assert http.patch(f"/Patient/{uuid.uuid4()}", json=[], headers=JSON_PATCH).status_code == 404
    assert http.patch("/Unicorn/1", json=[], headers=JSON_PATCH).status_code == 404
    assert http.delete(person).status_code == 204
    assert http.patch(person, json=[], headers=JSON_PATCH).status_code == 410


def test_a_patch_needs_leave_to_read(http, served, other_token, person, organization, location) -> None:
    """An empty patch would show, and a ``test`` would tell, what a facility may not see."""
    id = person.removeprefix("/Patient/")
    visit = http.post("/Encounter", json=encounter(organization, id, location)).json()["id"]
    diagnosis = http.post("/Condition", json=condition(f"Patient/{id}", f"Encounter/{visit}")).json()["id"]
    path = f"/Condition/{diagnosis}"
    assert http.patch(path, json=[], headers=JSON_PATCH).status_code == 200
    headers = JSON_PATCH | {"Authorization": f"Bearer {other_token}"}
    assert http.patch(path, json=[], headers=headers).status_code == 403
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [{
        "resource": {"resourceType": "Parameters"}, "request": {"method": "PATCH", "url": path.strip("/")}}]}  # fmt: skip
    headers |= {"Content-Type": "application/fhir+json"}
    assert http.post("", json=bundle, headers=headers).status_code == 403
    assert http.post("", json=bundle).status_code == 200


def test_the_statement_names_it(http) -> None:
    statement = http.get("/metadata").json()
    assert set(statement["patchFormat"]) == {
        "application/json-patch+json",
        "application/fhir+json",
        "application/fhir+xml",
    }
    for resource in statement["rest"][0]["resource"]:
        writable = resource["type"] not in ("AuditEvent", "Subscription")  # nobody writes those; these have only PUT
        assert ({"code": "patch"} in resource["interaction"]) == writable


# In Bundles: https://hl7.org/fhir/R4/http.html#jsonpatch-transaction


def binary(patch: bytes) -> dict[str, Any]:
    data = base64.b64encode(patch).decode()
    return {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": data}


def bundle(type: str, *patches: tuple[str, dict[str, Any]], **request: str) -> dict[str, Any]:
    entries = [{"resource": body, "request": {"method": "PATCH", "url": url} | request} for url, body in patches]
    return {"resourceType": "Bundle", "type": type, "entry": entries}


@pytest.mark.parametrize("type", ["transaction", "batch"])
def test_both_kinds_of_patch_in_one_bundle(http, person, type) -> None:
    url = person.strip("/")
    patch = binary(b'[{"op":"test","path":"/gender","value":"male"},{"op":"add","path":"/active","value":true}]')
    answer = http.post("", json=bundle(type, (url, patch), (url, adding("deceased", valueBoolean=False))))
    assert answer.status_code == 200, answer.text
    responses = [entry["response"] for entry in answer.json()["entry"]]
    assert [(one["status"][:3], one["etag"]) for one in responses] == [("200", 'W/"2"'), ("200", 'W/"3"')]
    kept = http.get(person).json()
    assert (kept["active"], kept["deceasedBoolean"]) == (True, False)


def test_one_patch_that_fails_and_nothing_is_kept(http, person) -> None:
    url, good = person.strip("/"), adding("active", valueBoolean=True)
    failing = binary(b'[{"op":"test","path":"/gender","value":"female"}]')
    answer = http.post("", json=bundle("transaction", (url, good), (url, failing)))
    assert answer.status_code == 422 and answer.json()["issue"][0]["expression"] == ["Bundle.entry[1].[0] /gender"]
    for wrong in (binary(b"{}"), binary(b"[") | {"data": "?"}, {"resourceType": "Patient"}):
        answer = http.post("", json=bundle("transaction", (url, good), (url, wrong)))
        assert answer.status_code == 400 and "Bundle.entry[1]" in said(answer), answer.text
    stale = http.post("", json=bundle("transaction", (url, good), ifMatch='W/"7"'))
    assert stale.status_code == 412
    for nowhere in ("Patient", "Patient?identifier=x|y", f"Patient/{uuid.uuid4()}"):
        assert http.post("", json=bundle("transaction", (nowhere, good))).status_code in (400, 404)
    assert http.get(person).json()["meta"]["versionId"] == "1"


def test_a_patch_may_name_what_the_same_bundle_makes(http, person) -> None:
    urn = f"urn:uuid:{uuid.uuid4()}"
    made = {"fullUrl": urn, "resource": {"resourceType": "Organization", "name": "Klinik Uji", "active": True},
            "request": {"method": "POST", "url": "Organization"}}  # fmt: skip
    for patch in (
        adding("managingOrganization", valueReference={"reference": urn}),
        binary(b'[{"op":"replace","path":"/managingOrganization","value":{"reference":"' + urn.encode() + b'"}}]'),
    ):
        both = bundle("transaction", (person.strip("/"), patch))
        both["entry"].append(made)
        answer = http.post("", json=both)
        assert answer.status_code == 200, answer.text
        place = answer.json()["entry"][1]["response"]["location"].partition("/_history")[0]
        assert http.get(person).json()["managingOrganization"]["reference"] == place


@pytest.mark.shows("patch, conditional")
def test_a_conditional_patch_changes_the_one_that_fits(http, person, patient) -> None:
    number = patient["identifier"][0]
    where = {"identifier": f"{number['system']}|{number['value']}"}
    body = [{"op": "replace", "path": "/gender", "value": "other"}]
    headers = {"Content-Type": "application/json-patch+json"}
    changed = http.patch("/Patient", params=where, json=body, headers=headers)
    assert (changed.status_code, changed.json()["gender"]) == (200, "other")
    nobody = http.patch("/Patient", params={"identifier": f"{number['system']}|x"}, json=body, headers=headers)
    assert nobody.status_code == 404
