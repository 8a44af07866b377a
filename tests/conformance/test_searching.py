"""Search over HTTP, feature by feature: https://hl7.org/fhir/R4/search.html."""

import uuid

import httpx
import pytest

SYSTEM = "http://sys-ids.kemkes.go.id/uji"


class Shelf:
    """A few resources that belong to nobody, told apart by a key of their own."""

    def __init__(self, http: httpx.Client) -> None:
        self.http, self.key = http, uuid.uuid4().hex[:12]
        self.ids: dict[str, str] = {}

    def put(self, name: str, resource: dict) -> str:
        resource = {"identifier": [{"system": SYSTEM, "value": f"{self.key}-{name}"}]} | resource
        answer = self.http.post(f"/{resource['resourceType']}", json=resource)
        assert answer.status_code == 201, answer.text
        self.ids[name] = f"{resource['resourceType']}/{answer.json()['id']}"
        return self.ids[name]

    def find(self, type: str, query: str) -> set[str]:
        """The names of those of ours that a search finds."""
        answer = self.http.get(f"/{type}?{query}{'&' if query else ''}_count=200")
        assert answer.status_code == 200, answer.text
        known = {reference: name for name, reference in self.ids.items()}
        found = (f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in answer.json().get("entry", ()))
        return {known[one] for one in found if one in known}


def asking(system: str, code: str) -> list[dict]:
    """One question, which carries a code."""
    return [{"linkId": "1", "type": "string", "code": [{"system": system, "code": code}]}]


@pytest.fixture
def shelf(http) -> Shelf:
    shelf = Shelf(http)
    key = shelf.key
    parent = shelf.put("parent", {"resourceType": "Organization", "name": f"Induk {key} Sehat"})
    shelf.put("child", {
        "resourceType": "Organization", "name": f"Anak {key}", "partOf": {"reference": parent}, "active": True,
        "type": [{"coding": [{"system": "http://x/kind", "code": "prov", "display": "Healthcare Provider"}], "text": "Klinik"}],
        "telecom": [{"system": "phone", "value": f"021-{key}"}, {"system": "email", "value": f"a@{key}.id"}],
    })  # fmt: skip
    shelf.put("device", {"resourceType": "DeviceDefinition", "manufacturerString": key})
    shelf.put("early", {
        "resourceType": "Questionnaire", "status": "active", "date": "2020-03-05", "title": f"A {key}", "url": f"http://q/{key}/a/1",
        "item": asking("http://x", key),
        "effectivePeriod": {"start": "2020-01-01", "end": "2020-06-30"},
    })  # fmt: skip
    shelf.put("late", {
        "resourceType": "Questionnaire", "status": "retired", "date": "2021-11-30T10:00:00+07:00", "title": f"B {key}",
        "item": asking("http://y", key),
        "url": f"http://q/{key}/a", "effectivePeriod": {"start": "2021-01-01"},
    })  # fmt: skip
    return shelf


@pytest.mark.shows("token: code, system|code, |code, system|")
def test_tokens(shelf) -> None:
    key = shelf.key
    assert shelf.find("Questionnaire", f"code={key}") == {"early", "late"}
    assert shelf.find("Questionnaire", f"code=http://x|{key}") == {"early"}
    assert shelf.find("Questionnaire", f"code=|{key}") == set()
    assert shelf.find("Questionnaire", f"code=http://y|&title=B {key}") == {"late"}
    assert shelf.find("Questionnaire", f"code={key}&status=retired,draft") == {"late"}


@pytest.mark.shows("token: :not", "token: :text", "token: :in, :not-in", "token: :of-type", ":missing")
def test_modifiers_of_tokens(shelf) -> None:
    key = shelf.key
    assert shelf.find("Questionnaire", f"code={key}&status:not=active") == {"late"}
    assert shelf.find("Organization", f"name=Anak {key}&type:text=healthcare") == {"child"}
    assert shelf.find("Organization", f"name=Anak {key}&type:text=hospital") == set()
    states = "http://hl7.org/fhir/ValueSet/publication-status"
    assert shelf.find("Questionnaire", f"code={key}&status:in={states}") == {"early", "late"}
    assert shelf.find("Questionnaire", f"code={key}&status:not-in={states}") == set()
    assert shelf.find("Organization", f"name=Anak {key}&type:missing=false") == {"child"}
    assert shelf.find("Organization", f"name=Anak {key}&type:missing=true") == set()
    shelf.put("typed", {"resourceType": "Organization", "name": f"Bernomor {key}", "identifier": [
        {"type": {"coding": [{"system": "http://t", "code": "TAX"}]}, "system": "http://s", "value": key}]})  # fmt: skip
    assert shelf.find("Organization", f"identifier:of-type=http://t|TAX|{key}") == {"typed"}
    assert shelf.find("Organization", f"identifier:of-type=http://t|MR|{key}") == set()


@pytest.mark.shows("string", "string: :exact", "string: :contains")
def test_strings(shelf) -> None:
    key = shelf.key
    assert shelf.find("Organization", f"name=ÍNDUK {key.upper()}") == {"parent"}, "case and accents do not matter"
    assert shelf.find("Organization", f"name:exact=Induk {key} Sehat") == {"parent"}
    assert shelf.find("Organization", f"name:exact=induk {key} sehat") == set()
    assert shelf.find("Organization", f"name:contains={key[3:]} seh") == {"parent"}


@pytest.mark.shows("reference: id, Type/id, URL", "reference: :Type", "reference: :identifier", "chain")
def test_references_and_chains(shelf) -> None:
    parent, id = shelf.ids["parent"], shelf.ids["parent"].partition("/")[2]
    assert shelf.find("Organization", f"partof={parent}") == {"child"}
    assert shelf.find("Organization", f"partof={id}") == {"child"}
    assert shelf.find("Organization", f"partof:Organization={id}") == {"child"}
    assert shelf.find("Organization", f"partof=http://here/fhir/{parent}") == {"child"}
    assert shelf.find("Organization", f"partof.name=Induk {shelf.key}") == {"child"}
    assert shelf.find("Organization", f"partof:Organization.identifier={SYSTEM}|{shelf.key}-parent") == {"child"}
    assert shelf.find("Organization", f"partof.name=Lain {shelf.key}") == set()
    shelf.put(
        "named",
        {
            "resourceType": "Organization",
            "name": shelf.key,
            "partOf": {"identifier": {"system": "http://n", "value": shelf.key}},
        },
    )
    assert shelf.find("Organization", f"partof:identifier=http://n|{shelf.key}") == {"named"}


@pytest.mark.shows("_has")
def test_reverse_chains(shelf) -> None:
    assert shelf.find("Organization", f"_has:Organization:partof:name=Anak {shelf.key}") == {"parent"}
    assert shelf.find("Organization", f"_has:Organization:partof:name=Induk {shelf.key}") == set()


@pytest.mark.shows("date: eq ne gt lt ge le sa eb ap, precision", "date: Period")
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("date=2020-03", {"early"}), ("date=2020-03-05", {"early"}), ("date=2021-11-30T03:00:00Z", {"late"}),
        ("date=ne2020-03-05", {"late"}), ("date=gt2020-03-05", {"late"}), ("date=ge2020-03-05", {"early", "late"}),
        ("date=lt2021", {"early"}), ("date=le2020-03-05", {"early"}), ("date=sa2020", {"late"}), ("date=eb2021-11-30", {"early"}),
        ("effective=2020", {"early"}), ("effective=gt2022", {"late"}), ("effective=eb2020-12-31", {"early"}),
        ("effective=sa2020-06-30", {"late"}), ("date=ap2020-03-05", {"early", "late"}),
    ],
)  # fmt: skip
def test_dates(shelf, asked: str, found: set[str]) -> None:
    if asked == "date=ap2020-03-05":  # a tenth of the years since then, so only what is near
        found = {"early"}
    assert shelf.find("Questionnaire", f"code={shelf.key}&{asked}") == found


@pytest.mark.shows("uri", "uri: :above, :below")
def test_uris(shelf) -> None:
    key = shelf.key
    assert shelf.find("Questionnaire", f"url=http://q/{key}/a") == {"late"}
    assert shelf.find("Questionnaire", f"code={key}&url:below=http://q/{key}/a") == {"early", "late"}
    assert shelf.find("Questionnaire", f"code={key}&url:above=http://q/{key}/a/1/x") == {"early", "late"}


@pytest.mark.shows("number", "quantity", "composite")
def test_numbers_quantities_and_composites(http, shelf, patient, organization, location) -> None:
    import payloads

    person = http.post("/Patient", json=patient, headers={"Accept": "application/fhir+json"}).json()["id"]
    http.post("/Encounter", json=payloads.encounter(organization, person, location))
    for name, value in (("low", "5.38"), ("high", "9.1")):
        shelf.put(name, {
            "resourceType": "Observation", "status": "final", "subject": {"reference": f"Patient/{person}"},
            "code": {"coding": [{"system": "http://loinc.org", "code": "2339-0"}]},
            "valueQuantity": {"value": float(value), "system": "http://unitsofmeasure.org", "code": "mmol/L", "unit": "mmol/L"},
        })  # fmt: skip
    own = f"patient={person}"
    assert shelf.find("Observation", f"{own}&value-quantity=5.4") == {"low"}, "5.4 is 5.35 to 5.45"
    assert shelf.find("Observation", f"{own}&value-quantity=5.40") == set()
    assert shelf.find("Observation", f"{own}&value-quantity=gt9|http://unitsofmeasure.org|mmol/L") == {"high"}
    assert shelf.find("Observation", f"{own}&value-quantity=gt1||mmol/L") == {"low", "high"}
    assert shelf.find("Observation", f"{own}&value-quantity=gt1||mg/dL") == set()
    assert shelf.find("Observation", f"{own}&code-value-quantity=http://loinc.org|2339-0$lt6") == {"low"}
    assert shelf.find("Observation", f"{own}&code-value-quantity=http://loinc.org|9999-9$lt6") == set()
    shelf.put("risk", {
        "resourceType": "RiskAssessment", "status": "final", "subject": {"reference": f"Patient/{person}"},
        "prediction": [{"probabilityDecimal": 0.71}],
    })  # fmt: skip
    assert shelf.find("RiskAssessment", f"{own}&probability=gt0.7") == {"risk"}
    assert shelf.find("RiskAssessment", f"{own}&probability=0.7") == {"risk"}


@pytest.mark.shows("_include", "_include:iterate", "_revinclude")
def test_what_comes_along(shelf, http) -> None:
    shelf.put(
        "grandchild",
        {"resourceType": "Organization", "name": f"Cucu {shelf.key}", "partOf": {"reference": shelf.ids["child"]}},
    )

    def modes(query: str) -> dict[str, str]:
        known = {reference: name for name, reference in shelf.ids.items()}
        entries = http.get(f"/Organization?{query}").json().get("entry", ())
        return {known.get(f"Organization/{e['resource']['id']}", "?"): e["search"]["mode"] for e in entries}

    assert modes(f"name=Cucu {shelf.key}&_include=Organization:partof") == {"grandchild": "match", "child": "include"}
    everything = {"grandchild": "match", "child": "include", "parent": "include"}
    assert modes(f"name=Cucu {shelf.key}&_include:iterate=Organization:partof") == everything
    assert modes(f"name=Cucu {shelf.key}&_include=*") == {"grandchild": "match", "child": "include"}
    assert modes(f"name=Induk {shelf.key}&_revinclude=Organization:partof") == {"parent": "match", "child": "include"}
    assert modes(f"name=Cucu {shelf.key}&_include=Organization:partof:Location") == {"grandchild": "match"}


@pytest.mark.shows("_sort", "_count", "_total", "paging")
def test_order_and_pages(shelf, http) -> None:
    query = f"code={shelf.key}"

    def titles(more: str) -> list[str]:
        return [e["resource"]["title"][0] for e in http.get(f"/Questionnaire?{query}&{more}").json()["entry"]]

    assert titles("_sort=date") == ["A", "B"] and titles("_sort=-date") == ["B", "A"]
    assert titles("_sort=title") == ["A", "B"] and titles("_sort=-title,date") == ["B", "A"]
    assert titles("_sort=status,-title") == ["A", "B"] and titles("_sort=_id") in (["A", "B"], ["B", "A"])
    first = http.get(f"/Questionnaire?{query}&_sort=title&_count=1&_total=accurate").json()
    assert first["total"] == 2 and len(first["entry"]) == 1
    link = next(one["url"] for one in first["link"] if one["relation"] == "next")
    shelf.put("between", {"resourceType": "Questionnaire", "status": "active", "title": f"AA {shelf.key}",
                          "item": asking("http://x", shelf.key)})  # fmt: skip
    assert [e["resource"]["title"][0] for e in http.get(link).json()["entry"]] == ["A"], "AA came in between, B is next"


@pytest.mark.shows("_summary", "_elements")
def test_parts_of_what_was_found(shelf, http) -> None:
    query = f"/Questionnaire?code={shelf.key}&status=active"
    assert (
        http.get(f"{query}&_summary=count").json()["total"] == 1
        and "entry" not in http.get(f"{query}&_summary=count").json()
    )
    short = http.get(f"{query}&_elements=title").json()["entry"][0]["resource"]
    assert (
        set(short) == {"resourceType", "id", "meta", "status", "title"}
        and short["meta"]["tag"][0]["code"] == "SUBSETTED"
    )
    summary = http.get(f"{query}&_summary=true").json()["entry"][0]["resource"]
    assert "title" in summary and "url" in summary
    assert "text" not in http.get(f"{query}&_summary=data").json()["entry"][0]["resource"]


@pytest.mark.shows("_text, _content")
def test_words(shelf) -> None:
    narrative = f'<div xmlns="http://www.w3.org/1999/xhtml">gawat darurat {shelf.key}</div>'
    told = {
        "resourceType": "Organization",
        "name": f"Kata {shelf.key}",
        "text": {"status": "additional", "div": narrative},
    }
    shelf.put("told", told)
    assert shelf.find("Organization", f"name=Kata {shelf.key}&_text=darurat") == {"told"}
    assert shelf.find("Organization", f"name=Kata {shelf.key}&_text=Kata") == set(), "that is not in the narrative"
    assert shelf.find("Organization", f"name=Kata {shelf.key}&_content=Kata gawat") == {"told"}


@pytest.mark.shows("_id, _lastUpdated, _tag, _profile, _security, _source")
def test_what_every_resource_has(shelf, http) -> None:
    shelf.put("tagged", {"resourceType": "Questionnaire", "status": "active", "meta": {
        "tag": [{"system": "http://t", "code": shelf.key}], "profile": [f"http://p/{shelf.key}"], "source": f"http://s/{shelf.key}",
        "security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]}})  # fmt: skip
    key, id = shelf.key, shelf.ids["tagged"].partition("/")[2]
    for asked in (f"_tag=http://t|{key}", f"_tag={key}", f"_profile=http://p/{key}", f"_source=http://s/{key}", f"_id={id}",
                  f"_id={id}&_security=R", f"_id={id}&_lastUpdated=gt2026-01-01", f"_tag={key}&_lastUpdated=ge2026"):  # fmt: skip
        assert shelf.find("Questionnaire", asked) == {"tagged"}, asked
    assert shelf.find("Questionnaire", f"_id={id}&_lastUpdated=lt2026-01-01") == set()


@pytest.mark.shows("Prefer: handling")
def test_strict_and_lenient(http) -> None:
    assert http.get("/Organization?nickname=x").status_code == 400
    lenient = http.get("/Organization?nickname=x&active=true", headers={"Prefer": "handling=lenient"}).json()
    assert next(link["url"] for link in lenient["link"] if link["relation"] == "self").endswith(
        "Organization?active=true"
    )
    for wrong in (
        "name:fuzzy=x",
        "date=2020-13",
        "_include=Organization:nothing",
        "_summary=some",
        "_has:X:y:z=1",
        "_sort=nothing",
    ):
        assert http.get(f"/Questionnaire?{wrong}").status_code in (400, 404), wrong


def test_a_hospital_finds_what_points_at_itself_and_nothing_elses(http, organization, hospital) -> None:
    own = http.get(
        "/Task", params={"owner": f"Organization/{organization}", "status": "requested", "_include": "Task:focus"}
    )
    assert own.status_code == 200, own.text
    assert http.get("/Task", params={"owner": f"Organization/{hospital}"}).status_code == 403, "another hospital's"
    assert http.get("/Task", params={"status": "requested"}).status_code == 403, "everybody's"
    assert http.get("/Organization", params={"_has:Encounter:service-provider:status": "finished"}).status_code == 403


@pytest.mark.shows("paging")
def test_pages_go_on_when_the_last_one_seen_is_gone(shelf, http) -> None:
    for letter in "CDE":
        shelf.put(letter, {"resourceType": "Questionnaire", "status": "active", "title": f"{letter} {shelf.key}",
                           "item": asking("http://x", shelf.key)})  # fmt: skip
    first = http.get(f"/Questionnaire?code={shelf.key}&_sort=-title&_count=2").json()
    assert [e["resource"]["title"][0] for e in first["entry"]] == ["E", "D"]
    http.delete(f"/{shelf.ids['D']}")
    link = next(one["url"] for one in first["link"] if one["relation"] == "next")
    assert [e["resource"]["title"][0] for e in http.get(link).json()["entry"]] == ["C", "B"]


@pytest.mark.shows("paging")
@pytest.mark.parametrize(
    "orders", [("_id", "_lastUpdated"), ("_lastUpdated", "_id"), ("title", "date"), ("date", "title,date")]
)
def test_the_page_of_another_order_is_refused(shelf, http, orders: tuple[str, str]) -> None:
    one, other = (f"/Questionnaire?code={shelf.key}&_count=1&_sort={order}" for order in orders)
    link = next(link["url"] for link in http.get(one).json()["link"] if link["relation"] == "next")
    answer = http.get(f"{other}&_cursor={link.rpartition('_cursor=')[2]}")
    assert answer.status_code == 400 and "first page" in answer.text


@pytest.mark.shows("near")
def test_places_near_a_point(shelf) -> None:
    for name, north, east in (("here", -7.80, 110.37), ("near", -7.83, 110.37), ("far", -6.2, 106.8)):
        shelf.put(name, {"resourceType": "Location", "name": f"{name} {shelf.key}",
                         "position": {"latitude": north, "longitude": east}})  # fmt: skip
    assert shelf.find("Location", "near=-7.80|110.37|1|km") == {"here"}
    assert shelf.find("Location", f"near=-7.80|110.37|5|km&name:contains={shelf.key}") == {"here", "near"}
    assert shelf.find("Location", f"near=-7.80|110.37|500|[mi_us]&name:contains={shelf.key}") == {"here", "near", "far"}
    answer = shelf.http.get("/Location?near=Yogyakarta")
    assert answer.status_code == 400 and "latitude|longitude" in answer.text


@pytest.mark.shows("every R4 search parameter", "chain")
def test_what_the_first_entry_of_a_bundle_says(shelf) -> None:
    key = shelf.key
    head = {"resourceType": "MessageHeader", "id": f"h-{key}", "eventUri": f"http://e/{key}", "source": {"endpoint": "http://s"},
            "responsible": {"reference": shelf.ids["child"]}}  # fmt: skip
    other = {"resourceType": "Questionnaire", "id": "q", "status": "active"}
    shelf.put("message", {"resourceType": "Bundle", "type": "message", "identifier": {"system": SYSTEM, "value": key},
                          "entry": [{"resource": head}, {"resource": other}]})  # fmt: skip
    shelf.put("second", {"resourceType": "Bundle", "type": "collection", "identifier": {"system": SYSTEM, "value": key},
                         "entry": [{"resource": other}, {"resource": head}]})  # fmt: skip
    own = f"identifier={SYSTEM}|{key}"
    assert shelf.find("Bundle", own) == {"message", "second"}
    assert shelf.find("Bundle", f"message=MessageHeader/h-{key}") == {"message"}
    assert shelf.find("Bundle", f"{own}&message:missing=true") == {"second"}
    assert shelf.find("Bundle", f"{own}&composition:missing=false") == set()
    assert shelf.find("Bundle", f"message.event=http://e/{key}") == {"message"}
    assert shelf.find("Bundle", f"{own}&message.event=http://e/other") == set()
    assert shelf.find("Bundle", f"{own}&message.responsible:Organization.name=Anak {key}") == {"message"}
    assert shelf.find("Bundle", f"{own}&message.responsible:Organization.name=Induk {key}") == set()
    count = shelf.http.get(f"/Bundle?{own}&message.event=http://e/{key}&_summary=count").json()
    assert count["total"] == 1


@pytest.mark.shows("token: :above, :below")
def test_levels_of_codes(shelf) -> None:
    key, system = shelf.key, f"http://cs/{shelf.key}"
    leaf = {"code": "leaf", "concept": [{"code": "vein"}]}
    shelf.put("system", {"resourceType": "CodeSystem", "url": system, "status": "active", "content": "complete",
                         "identifier": [{"value": key}], "concept": [{"code": "tree", "concept": [leaf]}]})  # fmt: skip
    for code in ("tree", "leaf", "vein"):
        shelf.put(code, {"resourceType": "Questionnaire", "status": "active", "title": f"{code} {key}",
                         "item": asking(system, code)})  # fmt: skip
    assert shelf.find("Questionnaire", f"code:below={system}|leaf") == {"leaf", "vein"}
    assert shelf.find("Questionnaire", f"code:above={system}|leaf") == {"tree", "leaf"}
    assert shelf.find("Questionnaire", f"code:below={system}|vein,{system}|tree") == {"tree", "leaf", "vein"}
    assert shelf.http.get(f"/Questionnaire?code:below={system}|other").status_code == 404
    assert shelf.http.get("/Questionnaire?code:below=http://nothing.here|x").status_code == 404
    assert shelf.http.get("/Questionnaire?code:below=leaf").status_code == 400, "levels are a system's"
    icd = "http://hl7.org/fhir/sid/icd-10"
    for name, code in (("cholera", "A00.1"), ("typhoid", "A01.0")):
        shelf.put(name, {"resourceType": "Questionnaire", "status": "active", "title": f"{name} {key}",
                         "item": asking(icd, code)})  # fmt: skip
    own = f"title:contains={key}"
    assert shelf.find("Questionnaire", f"{own}&code:below={icd}|A00") == {"cholera"}
    assert shelf.find("Questionnaire", f"{own}&code:below={icd}|A00-A09") == {"cholera", "typhoid"}
    assert shelf.find("Questionnaire", f"{own}&code:above={icd}|A00.1") == {"cholera"}
    assert "more than" in shelf.http.get(f"/Questionnaire?code:below={icd}|XIX").text, "too many to look for"


@pytest.mark.shows("token: :in, :not-in")
def test_value_sets_of_the_store(shelf) -> None:
    key, system = shelf.key, f"http://cs/{shelf.key}"
    listed = [{"code": f"c{n}"} for n in range(40)]
    shelf.put("set", {"resourceType": "ValueSet", "url": f"http://vs/{key}", "status": "active", "identifier": [{"value": key}],
                      "compose": {"include": [{"system": system, "concept": listed}]}})  # fmt: skip
    for code in ("c7", "d7"):
        shelf.put(code, {"resourceType": "Questionnaire", "status": "active", "title": f"{code} {key}",
                         "item": asking(system, code)})  # fmt: skip
    own = f"title:contains={key}"
    assert shelf.find("Questionnaire", f"{own}&code:in=http://vs/{key}") == {"c7"}
    assert shelf.find("Questionnaire", f"{own}&code:not-in=http://vs/{key}") == {"d7", "early", "late"}
    assert shelf.http.get(f"/Questionnaire?code:in=http://vs/{key}/other").status_code == 404
    shelf.put("typhoid", {"resourceType": "Questionnaire", "status": "active", "title": f"typhoid {key}",
                          "item": asking("http://hl7.org/fhir/sid/icd-10", "A01.0")})  # fmt: skip
    for op, found in (("is-a", {"typhoid"}), ("descendent-of", {"typhoid"}), ("=", None)):
        chosen = {
            "system": "http://hl7.org/fhir/sid/icd-10",
            "filter": [{"property": "concept", "op": op, "value": "A01"}],
        }
        shelf.put(f"filtered {op}", {"resourceType": "ValueSet", "url": f"http://vs/{key}/{op}", "status": "active",
                                     "identifier": [{"value": key}], "compose": {"include": [chosen]}})  # fmt: skip
        answer = shelf.http.get("/Questionnaire", params={"title:contains": key, "code:in": f"http://vs/{key}/{op}"})
        if found is None:
            assert answer.status_code == 415, answer.text
        else:
            assert [e["resource"]["id"] for e in answer.json()["entry"]] == [shelf.ids["typhoid"].partition("/")[2]]
    large = shelf.http.get("/Questionnaire?code:in=http://hl7.org/fhir/ValueSet/icd-10")
    assert large.status_code == 400 and "more than" in large.text, large.text


@pytest.mark.shows("reference: :above, :below")
def test_parts_of_parts(shelf) -> None:
    key = shelf.key
    house = shelf.put("house", {"resourceType": "Location", "name": f"Gedung {key}"})
    floor = shelf.put("floor", {"resourceType": "Location", "name": f"Lantai {key}", "partOf": {"reference": house}})
    room = shelf.put("room", {"resourceType": "Location", "name": f"Kamar {key}", "partOf": {"reference": floor}})
    for name, place in (("in house", house), ("on floor", floor), ("in room", room)):
        shelf.put(
            name, {"resourceType": "HealthcareService", "name": f"{name} {key}", "location": [{"reference": place}]}
        )
    assert shelf.find("HealthcareService", f"location:below={floor}") == {"on floor", "in room"}
    assert shelf.find("HealthcareService", f"location:below={house}") == {"in house", "on floor", "in room"}
    assert shelf.find("HealthcareService", f"location:above={floor}") == {"in house", "on floor"}
    assert shelf.find("HealthcareService", f"location:below={room.partition('/')[2]}") == {"in room"}
    assert shelf.find("Location", f"partof:below={house}") == {"floor", "room"}
    assert shelf.find("HealthcareService", f"location:below=Location/{uuid.uuid4()}") == set()
    wrong = shelf.http.get(f"/HealthcareService?service-category:below={house}")
    assert wrong.status_code == 400
    assert shelf.http.get("/Location?endpoint:below=Endpoint/x").status_code == 400, "an Endpoint is part of nothing"
    circle = {"resourceType": "Location", "name": f"Gedung {key}", "identifier": [{"system": SYSTEM, "value": f"{key}-house"}],
              "partOf": {"reference": room}}  # fmt: skip
    assert shelf.http.put(f"/{house}", json=circle | {"id": house.partition("/")[2]}).status_code == 200
    assert shelf.find("HealthcareService", f"location:below={floor}") == {"in house", "on floor", "in room"}, (
        "a circle ends"
    )


@pytest.mark.shows("reference: :above, :below")
def test_parts_tell_nothing_of_people_elsewhere(
    http, other_token, patient, organization, location, hospital, hospital_location
) -> None:
    import payloads

    elsewhere = httpx.Client(base_url=http.base_url, headers={"Authorization": f"Bearer {other_token}"}, timeout=20)
    json = {"Accept": "application/fhir+json"}
    own = http.post("/Patient", json=patient, headers=json).json()["id"]
    other_person = patient | {"identifier": [{"system": SYSTEM, "value": uuid.uuid4().hex}]}
    other = elsewhere.post("/Patient", json=other_person, headers=json).json()["id"]
    visit = http.post("/Encounter", json=payloads.encounter(organization, own, location)).json()["id"]
    part = payloads.encounter(hospital, other, hospital_location) | {"partOf": {"reference": f"Encounter/{visit}"}}
    made = elsewhere.post("/Encounter", json=part)
    assert made.status_code == 201, made.text
    below, above = f"part-of:below=Encounter/{visit}", f"part-of:above=Encounter/{made.json()['id']}"
    for question in (below, above, f"{below}&patient={other}", f"service-provider:below=Organization/{organization}"):
        assert http.get(f"/Encounter?{question}").status_code == 403, question
    for question in (below, above):
        assert http.get(f"/Encounter?{question}&patient={own}").json().get("entry", []) == []
    assert len(elsewhere.get(f"/Encounter?{below}&patient={other}").json()["entry"]) == 1
    elsewhere.close()


@pytest.mark.shows("_list")
def test_what_stands_in_a_list(shelf, http, patient, organization, location) -> None:
    import payloads

    person = http.post("/Patient", json=patient, headers={"Accept": "application/fhir+json"}).json()["id"]
    http.post("/Encounter", json=payloads.encounter(organization, person, location))
    entries = [{"item": {"reference": shelf.ids["early"]}}, {"item": {"reference": shelf.ids["parent"]}},
               {"item": {"reference": shelf.ids["late"]}, "deleted": True}]  # fmt: skip
    shelf.put("list", {"resourceType": "List", "status": "current", "mode": "changes", "entry": entries,
                       "subject": {"reference": f"Patient/{person}"}})  # fmt: skip
    id = shelf.ids["list"].partition("/")[2]
    assert shelf.find("Questionnaire", f"_list={id}") == {"early"}
    assert shelf.find("Organization", f"_list=List/{id}") == {"parent"}
    assert shelf.find("Questionnaire", f"_list={id}&code={shelf.key}&status=retired") == set()
    assert shelf.find("Location", f"_list={id}") == set()
    assert http.get("/Questionnaire?_list=$current-problems").status_code == 400
    assert http.get(f"/Questionnaire?_list={uuid.uuid4()}").status_code == 404
    assert http.get(f"/Observation?_list={id}").status_code == 403, "whose is not said"


@pytest.mark.shows("_list")
def test_a_list_of_somebody_elsewhere_is_not_there(http, other_token, patient, hospital, hospital_location) -> None:
    import payloads

    person = patient | {"identifier": [{"system": SYSTEM, "value": uuid.uuid4().hex}]}
    headers = {"Authorization": f"Bearer {other_token}", "Accept": "application/fhir+json"}
    with httpx.Client(base_url=http.base_url, headers=headers, timeout=20) as elsewhere:
        other = elsewhere.post("/Patient", json=person).json()["id"]
        elsewhere.post("/Encounter", json=payloads.encounter(hospital, other, hospital_location))
        listed = {"resourceType": "List", "status": "current", "mode": "working", "subject": {"reference": f"Patient/{other}"},
                  "entry": [{"item": {"reference": f"Organization/{hospital}"}}]}  # fmt: skip
        id = elsewhere.post("/List", json=listed).json()["id"]
        assert len(elsewhere.get(f"/Organization?_list={id}").json()["entry"]) == 1
    assert http.get(f"/Organization?_list={id}").status_code == 404


@pytest.mark.shows("_filter")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("code eq {key}", {"early", "late"}), ("code eq {key} and status eq active", {"early"}),
        ("code eq {key} and not (status eq active)", {"late"}), ("code eq {key} and status ne active", {"late"}),
        ("code eq http://x|{key} or code eq http://y|{key}", {"early", "late"}),
        ("code eq {key} and date po 2020", {"early"}), ("code eq {key} and effective po 2022-05", {"late"}),
        ("code eq {key} and (date lt 2021 or status eq draft)", {"early"}),
        ('title sw "a {key}" or title sw "b {key}"', {"early", "late"}),
        ('code eq {key} and title ew "{key}"', {"early", "late"}), ('code eq {key} and title eq "A {key}"', {"early"}),
        ("code eq {key} and title pr false", set()),
        ("code eq {key} and status in http://hl7.org/fhir/ValueSet/publication-status", {"early", "late"}),
        ("status eq retired or status eq active and code eq {key}", {"early", "late"}),
    ],
)  # fmt: skip
def test_filters(shelf, text: str, found: set[str]) -> None:
    assert shelf.find("Questionnaire", f"_filter={text.format(key=shelf.key)}") == found


@pytest.mark.shows("_filter", "chain")
def test_filters_with_chains(shelf) -> None:
    key = shelf.key
    assert shelf.find("Organization", f'_filter=partof.name co "induk {key}" or name co "induk {key}"') == {
        "parent",
        "child",
    }
    assert shelf.find("Organization", f'_filter=name co "{key}" and not (partof.name eq "Induk {key} Sehat")') == {
        "parent"
    }
    assert shelf.find("Organization", f"_filter=partof re {shelf.ids['parent']}") == {"child"}
    assert shelf.find("Organization", f'_filter=partof.name eq "Lain {key}" or partof.name eq "{key}"') == set()


@pytest.mark.shows("_filter")
@pytest.mark.parametrize(
    "text",
    ["", "status", "status eq", "status eq active and", "(status eq active", "status eq active)", "status like active",
     "nickname eq x", "date co 2020", "not status eq active", 'title eq "a', "item[x eq y].z eq 1", "_list eq 1",
     "title gt a", " or ".join(["status eq active"] * 31), "(" * 12 + "status eq active" + ")" * 12],
)  # fmt: skip
def test_what_is_no_filter_is_refused(http, text: str) -> None:
    answer = http.get("/Questionnaire", params={"_filter": text})
    assert answer.status_code == 400 and answer.json()["resourceType"] == "OperationOutcome", answer.text


@pytest.mark.shows("_filter")
def test_a_filter_tells_nothing_of_people_elsewhere(http) -> None:
    somebody = http.get("/Patient", params={"name": "Siti Rahayu", "birthdate": "1968-03-12"}).json()["entry"][0][
        "resource"
    ]["id"]
    for kind, text in (
        ("Condition", "code eq B20"), ("Condition", f"patient re Patient/{somebody} and code eq B20"),
        ("Condition", f"patient re Patient/{somebody} or code eq B20"), ("Condition", 'subject.name co "siti" and code eq B20'),
        ("Observation", f"not (subject re Patient/{somebody})"), ("Organization", "not (name eq x)"),
    ):  # fmt: skip
        answer = http.get(f"/{kind}", params={"_filter": text})
        assert answer.status_code == (200 if kind == "Organization" else 403), (text, answer.text)
