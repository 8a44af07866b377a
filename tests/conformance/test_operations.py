"""The operations (https://hl7.org/fhir/R4/operations.html), over HTTP as a hospital's system asks for them."""

import uuid

import httpx
import payloads
import pytest

PATIENT_PROFILE = "https://fhir.kemkes.go.id/r4/StructureDefinition/Patient"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
LOINC = "http://loinc.org"
HL7 = "http://terminology.hl7.org/CodeSystem"


def parameters(*entries: dict) -> dict:
    return {"resourceType": "Parameters", "parameter": list(entries)}


def value(answer: httpx.Response, name: str) -> object:
    """A value of an answered Parameters resource."""
    assert answer.status_code == 200, answer.text
    found = next(one for one in answer.json()["parameter"] if one["name"] == name)
    return next(value for member, value in found.items() if member.startswith("value"))


def errors(answer: httpx.Response) -> dict[str, str]:
    """Path -> text of every error of an OperationOutcome."""
    assert answer.status_code == 200, answer.text
    issues = [one for one in answer.json()["issue"] if one["severity"] == "error"]
    return {one.get("expression", [""])[0]: one["details"]["text"] for one in issues}


def reading(patient_id: str, encounter_id: str, day: int) -> dict:
    return {
        "resourceType": "Observation", "status": "final", "subject": {"reference": f"Patient/{patient_id}"},
        "encounter": {"reference": f"Encounter/{encounter_id}"},
        "code": {"coding": [{"system": LOINC, "code": "29463-7"}]},
        "effectiveDateTime": f"2026-10-{day:02}T01:00:00+00:00",
        "valueQuantity": {"value": 60 + day, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    }  # fmt: skip


def create(http, resource: dict) -> str:
    answer = http.post(f"/{resource['resourceType']}", json=resource, headers={"Accept": "application/fhir+json"})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


@pytest.fixture
def chart(http, patient, organization, location) -> str:
    """Somebody in care with a visit, nine readings, a diagnosis and an allergy without a date."""
    id = create(http, patient)
    visit = create(http, payloads.encounter(organization, id, location))
    for day in range(1, 10):
        create(http, reading(id, visit, day))
    create(http, payloads.condition(f"Patient/{id}", f"Encounter/{visit}"))
    create(http, {"resourceType": "AllergyIntolerance", "patient": {"reference": f"Patient/{id}"},
                  "clinicalStatus": {"coding": [{"system": f"{HL7}/allergyintolerance-clinical", "code": "active"}]},
                  "code": {"text": "Amoksisilin <keras>"}})  # fmt: skip
    return id


def matched(bundle: dict) -> list[dict]:
    return [one["resource"] for one in bundle.get("entry", ()) if one["search"]["mode"] == "match"]


# $everything


@pytest.mark.shows("operation $everything")
def test_everything_leads_through_the_chart_once_newest_first(http, chart) -> None:
    found, url = [], f"/Patient/{chart}/$everything?_count=4"
    while url:
        bundle = http.get(url).json()
        assert len(matched(bundle)) <= 5
        found += matched(bundle)
        url = next((one["url"] for one in bundle["link"] if one["relation"] == "next"), None)
    assert [one["resourceType"] for one in (found[0], found[-1])] == ["Patient", "AllergyIntolerance"]
    assert len(found) == len({one["id"] for one in found}) == 13
    days = [one["effectiveDateTime"] for one in found if one["resourceType"] == "Observation"]
    assert days == sorted(days, reverse=True)


@pytest.mark.shows("operation $everything")
def test_everything_brings_what_the_chart_names(http, chart, organization, location) -> None:
    bundle = http.get(f"/Patient/{chart}/$everything").json()
    along = {f"{one['resource']['resourceType']}/{one['resource']['id']}" for one in bundle["entry"]
             if one["search"]["mode"] == "include"}  # fmt: skip
    assert {f"Organization/{organization}", location} <= along


@pytest.mark.shows("operation $everything")
def test_everything_of_some_kinds_and_times(http, chart) -> None:
    def kinds(**params) -> set[str]:
        return {one["resourceType"] for one in matched(http.get(f"/Patient/{chart}/$everything", params=params).json())}

    assert kinds(_type="Condition,Encounter") == {"Condition", "Encounter"}
    assert kinds(_since="2100-01-01") == set()
    some = http.get(f"/Patient/{chart}/$everything", params={"start": "2026-10-03", "end": "2026-10-05"}).json()
    observed = [one["effectiveDateTime"][:10] for one in matched(some) if one["resourceType"] == "Observation"]
    assert observed == ["2026-10-05", "2026-10-04", "2026-10-03"]
    assert "AllergyIntolerance" in {one["resourceType"] for one in matched(some)}, "what has no date is always there"
    asked = parameters({"name": "_type", "valueCode": "Condition"})
    by_post = http.post(f"/Patient/{chart}/$everything", json=asked).json()
    assert {one["resourceType"] for one in matched(by_post)} == {"Condition"}


@pytest.mark.shows("operation $everything")
def test_everything_includes_what_names_several_people(http, chart, patient, new_nik) -> None:
    def appointment(*people: str) -> str:
        who = [{"actor": {"reference": f"Patient/{one}"}, "status": "accepted"} for one in people]
        return create(http, {"resourceType": "Appointment", "status": "booked", "start": "2026-12-01T01:00:00Z",
                             "end": "2026-12-01T02:00:00Z", "participant": who})  # fmt: skip

    stranger = patient | {"identifier": [{"system": patient["identifier"][0]["system"], "value": f"98{new_nik[2:]}"}]}
    own, both = appointment(chart), appointment(chart, create(http, stranger))
    found = {one["id"] for one in matched(http.get(f"/Patient/{chart}/$everything").json())}
    assert own in found and both not in found, "the other one is nobody whom this facility cares for"


@pytest.mark.shows("operation $everything")
def test_everything_of_a_stranger_is_refused(http, served, chart, other_token) -> None:
    url = f"{served.url}/fhir-r4/v1/Patient/{chart}/$everything"
    answer = httpx.get(url, headers={"Authorization": f"Bearer {other_token}"})
    assert answer.status_code == 403 and "20003" in answer.json()["issue"][0]["details"]["text"]
    assert httpx.get(url).status_code == 401
    assert http.get("/Patient/00000001-0000-8000-8000-000000000000/$everything").status_code == 404
    assert http.get(f"/Patient/{chart}/$everything", params={"colour": "x"}).status_code == 400
    assert http.get(f"/Patient/{chart}/$everything", params={"_cursor": "x"}).status_code == 400


# $validate


@pytest.mark.shows("operation $validate")
def test_validate_names_each_fault_and_is_200(http, patient) -> None:
    broken = patient | {"gender": "laki-laki", "birthDate": "17-05-1991"}
    found = errors(http.post("/Patient/$validate", json=broken))
    assert {"Patient.gender", "Patient.birthDate"} <= found.keys()
    assert errors(http.post("/Patient/$validate", json=patient)) == {}
    assert http.post("/Patient/$validate", content=b'{"resourceType":"Patient","name":').status_code == 400, (
        "no resource"
    )
    assert "resourceType" in errors(
        http.post("/Patient/$validate", json={"resourceType": "Basic", "code": {"text": "x"}})
    )


@pytest.mark.shows("operation $validate")
def test_validate_against_a_profile_tells_the_rule(http, patient) -> None:
    asked = parameters(
        {"name": "resource", "resource": {name: one for name, one in patient.items() if name != "birthDate"}},
        {"name": "profile", "valueUri": PATIENT_PROFILE},
    )
    found = errors(http.post("/Patient/$validate", json=asked))
    assert found["Patient.birthDate"].endswith("(RuleNumber: 10397)")
    claimed = patient | {"meta": {"profile": [PATIENT_PROFILE]}, "address": []}
    answer = http.post("/Patient/$validate", json={name: one for name, one in claimed.items() if name != "address"})
    assert "10333" in errors(answer)["Patient.address"]
    assert not any(one["details"]["text"].startswith("Not checked") for one in answer.json()["issue"])
    unknown = http.post("/Patient/$validate", params={"profile": "urn:nothing"}, json=patient)
    assert "urn:nothing" in errors(unknown)[""]


@pytest.mark.shows("operation $validate")
def test_validate_tries_the_interaction_and_leaves_nothing(http, patient, chart) -> None:
    before = http.get(f"/Patient/{chart}").json()["meta"]["versionId"]
    again = http.get(f"/Patient/{chart}").json()
    other = {name: one for name, one in again.items() if name not in ("id", "meta")}
    taken = errors(http.post("/Patient/$validate", params={"mode": "create"}, json=other))
    assert "20002" in taken["Patient.identifier"], "the number is somebody's already"
    assert (
        errors(http.post(f"/Patient/{chart}/$validate", params={"mode": "update"}, json=again | {"active": True})) == {}
    )
    recorded = errors(http.post(f"/Patient/{chart}/$validate", params={"mode": "delete"}))
    assert "25 years" in recorded[""]
    lost = {"resourceType": "Condition", "subject": {"reference": f"Patient/{uuid.uuid4()}"}}
    assert errors(http.post("/Condition/$validate", params={"mode": "create"}, json=lost))
    assert http.get(f"/Patient/{chart}").json()["meta"]["versionId"] == before, "nothing was done"
    free = patient | {"identifier": [{"system": "urn:uji", "value": uuid.uuid4().hex}]}
    for _ in range(2):
        assert errors(http.post("/Patient/$validate", params={"mode": "create"}, json=free)) == {}


@pytest.mark.shows("operation $validate")
@pytest.mark.parametrize("wrong", [5, "x", [], [5], {"coding": 5}, {"coding": [5, {"code": []}]}])
def test_validate_bears_whatever_is_sent(http, wrong) -> None:
    broken = {"resourceType": "Encounter", "status": wrong, "class": wrong, "identifier": wrong, "period": wrong}
    for resource in (broken, broken | {"meta": wrong}, [wrong]):
        answer = http.post("/Encounter/$validate", params={"profile": "urn:sekali:profile:Encounter"}, json=resource)
        assert answer.status_code in (200, 400) and answer.json()["resourceType"] == "OperationOutcome"
    coded = parameters({"name": "coding", "valueCoding": wrong}, {"name": "url", "valueUri": ICD10})
    for path in ("CodeSystem/$lookup", "CodeSystem/$validate-code", "ValueSet/$validate-code"):
        assert http.post(f"/{path}", json=coded).status_code == 400
    assert http.post("/Patient/$match", json=broken | {"resourceType": "Patient", "name": wrong}).status_code == 200
    assert http.post("/Patient/$match", json=parameters({"name": wrong})).status_code == 400
    assert http.post("/Patient/$match", json={"resourceType": "Parameters", "parameter": wrong}).status_code == 400


@pytest.mark.shows("operation $validate")
def test_validate_what_is_kept(http, chart) -> None:
    assert errors(http.post(f"/Patient/{chart}/$validate")) == {}
    assert "Patient.address[0].extension" in errors(
        http.post(f"/Patient/{chart}/$validate", params={"profile": PATIENT_PROFILE})
    )
    assert http.post("/Patient/$validate", params={"mode": "update"}, json={}).status_code == 400
    assert http.post(f"/Patient/{uuid.uuid4()}/$validate", params={"mode": "delete"}).status_code == 404


# $meta


@pytest.mark.shows("operation $meta, $meta-add, $meta-delete")
def test_labels_come_and_go_by_new_versions(http, chart) -> None:
    tag = {"system": "urn:uji", "code": "a", "display": "A"}
    url = f"/Patient/{chart}"
    added = http.post(f"{url}/$meta-add", json=parameters({"name": "meta", "valueMeta": {"tag": [tag]}}))
    assert tag in value(added, "return")["tag"] and value(added, "return")["versionId"] == "2"
    again = http.post(f"{url}/$meta-add", json=parameters({"name": "meta", "valueMeta": {"tag": [tag]}}))
    assert value(again, "return")["versionId"] == "2", "it is there already"
    assert value(http.get(f"{url}/$meta"), "return") == value(again, "return")
    gone = http.post(
        f"{url}/$meta-delete", json=parameters({"name": "meta", "valueMeta": {"tag": [tag | {"display": "?"}]}})
    )
    assert "tag" not in value(gone, "return") and value(gone, "return")["versionId"] == "3"
    assert http.get(url).json()["name"][0]["text"] == "Joko Uji Integrasi"
    assert http.post(f"{url}/$meta-add", json=parameters()).status_code == 400
    asked = parameters({"name": "meta", "valueMeta": {"tag": [tag]}})
    stale = http.post(f"{url}/$meta-add", json=asked, headers={"If-Match": 'W/"1"'})
    assert stale.status_code == 412


@pytest.mark.shows("operation $meta, $meta-add, $meta-delete")
def test_labels_of_a_stranger_are_not_shown(served, http, chart, other_token) -> None:
    allergy = next(one for one in matched(http.get(f"/Patient/{chart}/$everything").json())
                   if one["resourceType"] == "AllergyIntolerance")  # fmt: skip
    url = f"{served.url}/fhir-r4/v1/AllergyIntolerance/{allergy['id']}/$meta"
    asked = parameters({"name": "meta", "valueMeta": {"tag": [{"code": "x"}]}})
    headers = {"Authorization": f"Bearer {other_token}"}
    assert httpx.get(url, headers=headers).status_code == 403
    assert httpx.post(f"{url}-add", headers=headers, json=asked).status_code == 403


# Terminology


@pytest.fixture
def own_system(http) -> str:
    """A code system of the hospital's own, with a code inside another."""
    url = f"urn:uji:{uuid.uuid4().hex}"
    create(http, {
        "resourceType": "CodeSystem", "url": url, "name": "Uji", "version": "2", "status": "active", "content": "complete",
        "concept": [
            {"code": "ruang", "display": "Ward", "designation": [{"language": "id", "value": "Bangsal"}],
             "concept": [{"code": "isolasi", "display": "Isolation"}]},
            {"code": "poli", "display": "Clinic"},
        ],
    })  # fmt: skip
    return url


@pytest.mark.shows("operation CodeSystem/$lookup")
def test_a_code_is_looked_up(http, own_system) -> None:
    diabetes = {"system": ICD10, "code": "E11.9"}
    assert "diabetes" in str(value(http.get("/CodeSystem/$lookup", params=diabetes), "display")).lower()
    lay = value(http.get("/CodeSystem/$lookup", params=diabetes | {"displayLanguage": "id"}), "display")
    assert "kencing manis" in str(lay).lower()
    asked = parameters({"name": "coding", "valueCoding": {"system": own_system, "code": "isolasi"}})
    assert value(http.post("/CodeSystem/$lookup", json=asked), "display") == "Isolation"
    gender = {"system": "http://hl7.org/fhir/administrative-gender", "code": "female"}
    assert value(http.get("/CodeSystem/$lookup", params=gender), "version") == "4.0.1"


@pytest.mark.shows("operation CodeSystem/$lookup")
def test_an_unknown_system_or_code_is_404(http) -> None:
    for params in ({"system": "urn:nothing", "code": "x"}, {"system": ICD10, "code": "Q00.99"}):
        answer = http.get("/CodeSystem/$lookup", params=params)
        assert answer.status_code == 404 and answer.json()["resourceType"] == "OperationOutcome"
        assert params["system"] in answer.text
    assert http.get("/CodeSystem/$lookup", params={"code": "x"}).status_code == 400


@pytest.mark.shows("operation CodeSystem/$validate-code")
def test_a_code_of_a_system(http, own_system) -> None:
    def valid(**params) -> httpx.Response:
        return http.get("/CodeSystem/$validate-code", params=params)

    assert value(valid(url=own_system, code="ruang", display="ward"), "result") is True
    assert value(valid(url=own_system, code="ruang", display="Kitchen"), "result") is False
    assert value(valid(url=ICD10, code="ZZZ"), "result") is False
    assert valid(url="urn:nothing", code="x").status_code == 404


@pytest.mark.shows("operation ValueSet/$validate-code")
def test_a_code_of_a_value_set(http) -> None:
    url = "http://hl7.org/fhir/ValueSet/observation-status"
    assert value(http.get("/ValueSet/$validate-code", params={"url": url, "code": "final"}), "result") is True
    wrong = {"url": url, "code": "final", "system": "urn:other"}
    assert value(http.get("/ValueSet/$validate-code", params=wrong), "result") is False
    codings = [{"system": "urn:x", "code": "x"}, {"system": "http://hl7.org/fhir/observation-status", "code": "final"}]
    concept = {"coding": codings}
    asked = parameters({"name": "url", "valueUri": url}, {"name": "codeableConcept", "valueCodeableConcept": concept})
    assert value(http.post("/ValueSet/$validate-code", json=asked), "result") is True
    assert http.get("/ValueSet/$validate-code", params={"url": "urn:nothing", "code": "x"}).status_code == 404


@pytest.mark.shows("operation ValueSet/$expand")
def test_a_value_set_is_expanded_page_by_page(http) -> None:
    url, codes, offset = "http://hl7.org/fhir/ValueSet/administrative-gender", [], 0
    while True:
        expansion = http.get("/ValueSet/$expand", params={"url": url, "count": 3, "offset": offset}).json()["expansion"]
        codes += [one["code"] for one in expansion.get("contains", ())]
        offset += 3
        if offset >= expansion["total"]:
            break
    assert codes == ["female", "male", "other", "unknown"]


@pytest.mark.shows("operation ValueSet/$expand")
def test_icd_10_is_found_by_lay_words(http) -> None:
    params = {
        "url": "http://hl7.org/fhir/ValueSet/icd-10",
        "filter": "kencing manis",
        "includeDesignations": "true",
        "count": 5,
    }
    found = http.get("/ValueSet/$expand", params=params).json()["expansion"]["contains"]
    assert found[0]["code"].startswith("E1") and found[0]["designation"][0]["language"] == "id"
    whole = http.get("/ValueSet/$expand", params={"url": f"{ICD10}/vs", "count": 1}).json()["expansion"]
    assert whole["total"] > 10_000 and len(whole["contains"]) == 1


@pytest.mark.shows("operation ValueSet/$expand")
def test_a_value_set_of_the_store_is_put_together(http, own_system) -> None:
    url = f"urn:uji:{uuid.uuid4().hex}"
    id = create(http, {
        "resourceType": "ValueSet", "url": url, "status": "active",
        "compose": {"include": [{"system": own_system}], "exclude": [{"system": own_system, "concept": [{"code": "poli"}]}]},
    })  # fmt: skip
    for answer in (http.get("/ValueSet/$expand", params={"url": url}), http.get(f"/ValueSet/{id}/$expand")):
        assert [one["code"] for one in answer.json()["expansion"]["contains"]] == ["ruang", "isolasi"]
    filtered = http.get(f"/ValueSet/{id}/$expand", params={"filter": "bangs"}).json()["expansion"]
    assert [one["code"] for one in filtered["contains"]] == ["ruang"], "designations count too"
    assert http.get("/ValueSet/$expand", params={"url": "urn:nothing"}).status_code == 404


# $summary


@pytest.mark.shows("operation $summary (IPS)")
def test_a_summary_is_a_document_with_the_required_sections(http, chart) -> None:
    answer = http.get(f"/Patient/{chart}/$summary")
    assert answer.status_code == 200, answer.text
    bundle = answer.json()
    first, second = (one["resource"] for one in bundle["entry"][:2])
    assert (bundle["type"], first["resourceType"], second["id"]) == ("document", "Composition", chart)
    sections = {one["code"]["coding"][0]["code"]: one for one in first["section"]}
    assert {"48765-2", "10160-0", "11450-4"} <= sections.keys()
    assert "&lt;keras&gt;" in sections["48765-2"]["text"]["div"]
    assert "emptyReason" in sections["10160-0"] and "entry" not in sections["10160-0"]
    urls = [one["fullUrl"] for one in bundle["entry"]]
    assert len(urls) == len(set(urls))
    referred = [one["reference"] for section in first["section"] for one in section.get("entry", ())]
    for reference in (*referred, first["subject"]["reference"], first["author"][0]["reference"]):
        assert any(url.endswith(f"/{reference}") for url in urls), reference
    assert errors(http.post("/Bundle/$validate", json=bundle)) == {}


@pytest.mark.shows("operation $summary (IPS)")
def test_a_summary_of_a_stranger_is_refused(served, chart, other_token) -> None:
    url = f"{served.url}/fhir-r4/v1/Patient/{chart}/$summary"
    assert httpx.get(url, headers={"Authorization": f"Bearer {other_token}"}).status_code == 403


# $match


@pytest.mark.shows("operation $match")
def test_a_number_is_certain_and_a_name_is_not(http, patient, chart) -> None:
    def match(resource: dict, **more) -> list[dict]:
        asked = parameters({"name": "resource", "resource": resource},
                           *({"name": name, "valueBoolean": one} for name, one in more.items()))  # fmt: skip
        answer = http.post("/Patient/$match", json=asked)
        assert answer.status_code == 200, answer.text
        return answer.json().get("entry", [])

    def grade(entry: dict) -> str:
        return entry["search"]["extension"][0]["valueCode"]

    first = match(patient)[0]
    assert first["resource"]["id"] == chart and grade(first) == "certain" and first["search"]["score"] == 1
    alike = match({"resourceType": "Patient", "name": [{"text": "Jokho Uji Integrasi"}], "birthDate": "1991-05-17"})
    assert alike and {grade(one) for one in alike} <= {"probable", "possible"}
    assert [one["search"]["score"] for one in alike] == sorted((one["search"]["score"] for one in alike), reverse=True)
    doubtful = match(patient | {"birthDate": "1960-01-01"})
    assert grade(doubtful[0]) == "probable", "the number is this person's, the birth date is not"
    assert match({name: one for name, one in patient.items() if name != "identifier"}, onlyCertainMatches=True) == []
    assert http.post("/Patient/$match", json={"resourceType": "Basic"}).status_code == 400


# $populate


@pytest.mark.shows("operation Questionnaire/$populate")
def test_a_form_is_filled_in_with_what_is_known(http, chart) -> None:
    definition = "http://hl7.org/fhir/StructureDefinition/Patient#Patient."
    form = create(http, {
        "resourceType": "Questionnaire", "status": "active",
        "item": [
            {"linkId": "hello", "type": "display", "text": "Selamat datang"},
            {"linkId": "who", "type": "group", "item": [
                {"linkId": "born", "type": "date", "definition": f"{definition}birthDate"},
                {"linkId": "sex", "type": "choice", "definition": f"{definition}gender"},
                {"linkId": "name", "type": "string", "definition": f"{definition}name.text"},
            ]},
            {"linkId": "weight", "type": "quantity", "code": [{"system": LOINC, "code": "29463-7"}]},
            {"linkId": "height", "type": "decimal", "code": [{"system": LOINC, "code": "8302-2"}]},
            {"linkId": "smokes", "type": "boolean"},
        ],
    })  # fmt: skip
    answer = http.get(f"/Questionnaire/{form}/$populate", params={"subject": f"Patient/{chart}"})
    assert answer.status_code == 200, answer.text
    group, weight, height, smokes = answer.json()["item"]
    assert [one["answer"] for one in group["item"]] == [
        [{"valueDate": "1991-05-17"}], [{"valueCoding": {"code": "male"}}], [{"valueString": "Joko Uji Integrasi"}],
    ]  # fmt: skip
    assert weight["answer"][0]["valueQuantity"]["value"] == 69, "the newest"
    assert "answer" not in height and "answer" not in smokes
    assert errors(http.post("/QuestionnaireResponse/$validate", params={"mode": "create"}, json=answer.json())) == {}
    assert http.get(f"/Questionnaire/{form}/$populate").status_code == 400


# What is said of them


def test_metadata_declares_the_operations(http) -> None:
    kinds = {one["type"]: one for one in http.get("/metadata").json()["rest"][0]["resource"]}
    names = {kind: {one["name"] for one in kinds[kind]["operation"]} for kind in kinds}
    assert {"everything", "summary", "match", "validate", "meta", "export"} <= names["Patient"]
    assert "lookup" in names["CodeSystem"] and "expand" in names["ValueSet"] and "populate" in names["Questionnaire"]
    assert "meta-add" not in names["AuditEvent"]
