"""SATUSEHAT's dialect, as ``SEKALI_SATUSEHAT=yes`` keeps it: whole visits in their sequence of calls, and each refusal.

Numbers of rules are those of the guides and of a public list of the validator's rules; none is made up.
"""

import copy
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest
import satusehat_flows as flows
from conftest import token_of
from examples import examples, needs_npm
from running import Served, free_port, start, stop, wait_until_ready
from satusehat_flows import Visit, at, coded, ref

from sekali import fhir

pytestmark = pytest.mark.shows("SATUSEHAT: field rules, times and duplicates")
FHIR = {"Accept": "application/fhir+json"}


@pytest.fixture(scope="module")
def held(folder: Path) -> Iterator[Served]:
    """A small city that holds facilities' systems to SATUSEHAT's rules."""
    server = start(folder / "satusehat", free_port(), SEKALI_SATUSEHAT="yes", SEKALI_POPULATION="100")
    try:
        wait_until_ready(server)
        yield server
    finally:
        stop(server)


def client_of(server: Served, name: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token_of(server, name)}", "Content-Type": "application/json"}
    return httpx.Client(base_url=f"{server.url}/fhir-r4/v1", headers=headers, timeout=20)


@pytest.fixture(scope="module")
def rsud(held: Served) -> Iterator[httpx.Client]:
    with client_of(held, "rsud-simrs") as client:
        yield client


@pytest.fixture(scope="module")
def pratama(held: Served) -> Iterator[httpx.Client]:
    with client_of(held, "pratama-simrs") as client:
        yield client


def only(client: httpx.Client, path: str, **asked: str) -> str:
    """The reference of the first that a search finds."""
    one = client.get(path, params=asked).json()["entry"][0]["resource"]
    return f"{one['resourceType']}/{one['id']}"


def kept(client: httpx.Client, resource: dict[str, Any]) -> str:
    answer = client.post(f"/{resource['resourceType']}", json=resource, headers=FHIR)
    assert answer.status_code == 201, answer.text
    return f"{resource['resourceType']}/{answer.json()['id']}"


def changed(client: httpx.Client, reference: str, resource: dict[str, Any]) -> dict[str, Any]:
    answer = client.put(f"/{reference}", json=resource | {"id": reference.partition("/")[2]}, headers=FHIR)
    assert answer.status_code == 200, answer.text
    return resource


def refused(client: httpx.Client, resource: dict[str, Any], path: str, rule: str, code: str = "value") -> str:
    """What is told of one element, in SATUSEHAT's shape."""
    answer = client.post(f"/{resource['resourceType']}", json=resource, headers=FHIR)
    assert answer.status_code == 400, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"
    told = {one["expression"][0]: one for one in answer.json()["issue"]}
    assert path in told, told
    assert told[path]["severity"] == "error"
    text = told[path]["details"]["text"]
    if rule:
        assert text.endswith(f"(RuleNumber: {rule})"), text
    if not text.startswith(f"{path}: "):  # R4 itself refuses some of it, in its own words
        assert told[path]["code"] == code
    return text


@pytest.fixture(scope="module")
def organization(rsud) -> str:
    return only(rsud, "/Organization", name="RSUD Kota Yogyakarta").partition("/")[2]


@pytest.fixture(scope="module")
def patient() -> dict[str, Any]:
    code = {"url": "province", "valueCode": "34"}
    return {
        "resourceType": "Patient", "name": [{"use": "official", "text": "Joko Uji Alur"}], "gender": "male",
        "identifier": [{"use": "official", "system": fhir.NIK, "value": f"990103170591{time.time_ns() % 9998 + 1:04}"}],
        "birthDate": "1991-05-17", "multipleBirthInteger": 0,
        "address": [{"use": "home", "line": ["Jl. Uji No. 2"], "city": "Yogyakarta", "country": "ID",
                     "extension": [{"url": fhir.ADMINISTRATIVE_CODE, "extension": [code]}]}],
    }  # fmt: skip


@pytest.fixture(scope="module")
def visit(rsud, organization, patient) -> Visit:
    """Somebody who is registered, before the visit begins."""
    location = only(rsud, "/Location", organization=f"Organization/{organization}")
    doctor = kept(rsud, {"resourceType": "Practitioner", "name": [{"text": "dr. Uji Alur"}]})
    return Visit(organization, kept(rsud, patient), doctor, location)


@pytest.fixture(scope="module")
def begun(rsud, visit) -> Visit:
    """The same with a visit that is going on."""
    visit.encounter = kept(rsud, flows.arrived(visit))
    for what in ("medication", "prescription", "request", "specimen", "vital"):
        visit.others[what] = kept(rsud, made(what, visit))
    return visit


def test_an_outpatient_visit_from_arrival_to_the_summary(rsud, visit) -> None:
    encounter = flows.arrived(visit)
    visit.encounter = kept(rsud, encounter)
    kept(rsud, flows.condition(visit, "problem-list-item", "21522001"))
    encounter = changed(rsud, visit.encounter, flows.moved(encounter, "in-progress", 9))
    for code in flows.VITALS:
        kept(rsud, flows.vital(visit, code))
    kept(rsud, flows.allergy(visit))
    order = kept(rsud, flows.request(visit))
    tube = kept(rsud, flows.specimen(visit, order))
    found = kept(rsud, flows.result(visit, order, tube))
    kept(rsud, flows.report(visit, order, tube, found))
    kept(rsud, flows.procedure(visit))
    diagnosis = kept(rsud, flows.condition(visit))
    medicine = kept(rsud, flows.medication(visit))
    asked = kept(rsud, flows.prescription(visit, medicine))
    kept(rsud, flows.dispensed(visit, medicine, asked))
    kept(rsud, flows.prescription(visit, flows.medication(visit)))
    kept(rsud, flows.summary(visit))
    changed(rsud, visit.encounter, flows.finished(encounter, diagnosis, 55))
    now = rsud.get(f"/{visit.encounter}").json()
    assert [one["status"] for one in now["statusHistory"]] == ["arrived", "in-progress", "finished"]
    assert now["diagnosis"][0]["condition"]["reference"] == diagnosis


def test_an_emergency_with_its_triage(rsud, visit) -> None:
    encounter = flows.arrived(visit, "EMER")
    visit.encounter = kept(rsud, encounter)
    encounter = changed(rsud, visit.encounter, flows.moved(encounter, "triaged", 2))
    kept(rsud, flows.triage(visit))
    encounter = changed(rsud, visit.encounter, flows.moved(encounter, "in-progress", 4))
    diagnosis = kept(rsud, flows.condition(visit, code="S06.0"))
    changed(rsud, visit.encounter, flows.finished(encounter, diagnosis, 90))
    found = rsud.get("/Encounter", params={"patient": visit.patient, "class": "EMER"}).json()
    assert [one["status"] for one in found["entry"][0]["resource"]["statusHistory"]] == [
        "arrived", "triaged", "in-progress", "finished",
    ]  # fmt: skip


def test_a_referral_that_the_other_hospital_accepts(rsud, pratama, visit) -> None:
    hospital = only(rsud, "/Organization", name="RS Pratama")
    visit.encounter = kept(rsud, flows.arrived(visit))
    referral = flows.request(visit, coded(flows.SNOMED, "3457005"), hospital) | {
        "performerType": coded("urn:sekali:department", "PDL"), "requester": ref(f"Organization/{visit.organization}"),
    }  # fmt: skip
    request = kept(rsud, referral)
    task = {
        "resourceType": "Task", "status": "requested", "intent": "order", "focus": ref(request), "for": ref(visit.patient),
        "authoredOn": at(20), "requester": ref(f"Organization/{visit.organization}"), "owner": ref(hospital),
    }  # fmt: skip
    asked = kept(rsud, task)
    changed(pratama, asked, task | {"status": "accepted", "lastModified": at(25)})
    assert rsud.get(f"/{asked}").json()["status"] == "accepted"
    assert pratama.get(f"/{request}").json()["code"]["coding"][0]["code"] == "3457005"


def test_a_whole_visit_in_one_bundle_is_held_to_the_same(rsud, begun) -> None:
    diagnosis = flows.condition(begun)
    entry = {
        "fullUrl": "urn:uuid:0c5b1d4e-5b6f-4c9d-8f6a-1d2c3b4a5f60", "resource": diagnosis | {"category": []},
        "request": {"method": "POST", "url": "Condition"},
    }  # fmt: skip
    del entry["resource"]["category"]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    answer = rsud.post("", json=bundle)
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["details"]["text"] == "Element not found: Condition.category (RuleNumber: 10007)"


REQUIRED = {
    "arrived": {
        "identifier": "10117", "status": "10121", "statusHistory": "10122", "class": "10001", "subject": "10118",
        "participant": "10336", "participant.0.individual": "10119", "period": "10123", "period.start": "10123",
        "location": "10120", "serviceProvider": "10124",
    },
    "condition": {
        "clinicalStatus": "10006", "category": "10007", "code": "10003", "subject": "10125", "encounter": "10126",
    },
    "vital": {
        "status": "10008", "category": "10009", "code": "10010", "subject": "10129", "encounter": "10130",
        "effectiveDateTime": "10295", "issued": "10296",
    },
    "procedure": {"status": "10019", "code": "10015", "subject": "10127", "encounter": "10128"},
    "medication": {"identifier": "10380", "code": "10024", "extension": "10031"},
    "prescription": {
        "identifier": "10388", "status": "10032", "intent": "10033", "category": "10034", "medicationReference": "10135",
        "subject": "10136", "encounter": "10454", "authoredOn": "10337", "requester": "10455",
        "dispenseRequest.performer": "10453",
    },
    "dispensed": {
        "identifier": "10389", "status": "10049", "medicationReference": "10138", "subject": "10139", "context": "10390",
        "authorizingPrescription": "10389-10394",
    },
    "request": {
        "identifier": "10415", "status": "10065", "intent": "10063", "category": "10462", "code": "10060", "subject": "10141",
        "encounter": "10142", "requester": "10376", "performer": "10377",
    },
    "specimen": {"status": "10069", "type": "10070", "subject": "10143", "request": "10440"},
    "report": {
        "status": "10072", "code": "10071", "subject": "10144", "encounter": "10145", "performer": "10384", "result": "10385",
    },
    "summary": {
        "status": "10020", "type": "10021", "subject": "10131", "encounter": "10664", "date": "10132", "author": "10133",
        "title": "10134",
    },
    "allergy": {"category": "10075", "code": "10078"},
}  # fmt: skip
"""What is sent -> element -> the number of the rule that it must be there."""
MORE = {
    "prescription": ("medication",), "dispensed": ("medication", "prescription"), "specimen": ("request",),
    "report": ("request", "specimen", "vital"),
}  # fmt: skip
"""What some of them need besides the visit."""


def made(what: str, visit: Visit) -> dict[str, Any]:
    if what == "vital":
        return flows.vital(visit, "8867-4")
    return getattr(flows, what)(visit, *(visit.others[one] for one in MORE.get(what, ())))


def without(resource: dict[str, Any], element: str) -> tuple[dict[str, Any], str]:
    """A copy without one element, and that element's path."""
    changed = copy.deepcopy(resource)
    *way, last = element.split(".")
    inside: Any = changed
    for step in way:
        inside = inside[int(step) if step.isdecimal() else step]
    del inside[last]
    if inside == {}:  # R4 has no empty objects
        inside["extension"] = [{"url": "http://contoh.id/a", "valueString": "x"}]
    path = f"{resource['resourceType']}.{element}".replace(".0", "[0]").replace("medicationReference", "medication[x]")
    return changed, path.replace("effectiveDateTime", "effective[x]")


@pytest.mark.parametrize(
    ("what", "element", "rule"), [(what, name, rule) for what, some in REQUIRED.items() for name, rule in some.items()]
)
def test_what_is_required_and_missing_is_named_with_its_rule(rsud, begun, what: str, element: str, rule: str) -> None:
    broken, path = without(made(what, begun), element)
    refused(rsud, broken, path, rule)


@pytest.mark.parametrize(
    ("element", "rule"),
    [("identifier", "10166"), ("name", ""), ("birthDate", "10397"), ("gender", "10413"), ("address", "10333")],
)
def test_what_a_new_patient_needs(rsud, patient, element: str, rule: str) -> None:
    refused(rsud, *without(patient, element), rule)


def test_a_newborn_needs_the_order_of_birth(rsud, patient) -> None:
    baby = patient | {"identifier": [{"system": fhir.NIK_IBU, "value": "9901035705710001"}]}
    refused(rsud, without(baby, "multipleBirthInteger")[0], "Patient.multipleBirthInteger", "10167")


def test_the_words_are_those_that_the_guides_print(rsud, begun) -> None:
    visit = flows.arrived(begun)
    broken, path = without(visit, "serviceProvider")
    assert (
        refused(rsud, broken, path, "10124") == "Reference is mandatory : Encounter.serviceProvider (RuleNumber: 10124)"
    )
    wrong = visit | {"identifier": [{"system": "http://contoh.id", "value": "1"}]}
    told = refused(rsud, wrong, "Encounter.identifier[0].system", "10117")
    assert told.startswith("Invalid identifier system: ")
    told = refused(rsud, flows.summary(begun) | {"date": "2022-06-14"}, "Composition.date", "10132", "format")
    assert told.startswith("Invalid date time format : ") and "YYYY-MM-DDThh:mm:ss+00:00" in told
    assert "2022-06-14" not in told, "what was sent is not repeated"


TIMES = [
    ("arrived", "period.start", "10123"), ("arrived", "statusHistory.0.period.start", "10174"),
    ("condition", "onsetDateTime", "10402"), ("condition", "recordedDate", "10403"),
    ("vital", "effectiveDateTime", "10295"), ("vital", "issued", "10296"), ("procedure", "performedPeriod.end", "10401"),
    ("prescription", "authoredOn", "10337"), ("dispensed", "whenHandedOver", "10352"), ("request", "authoredOn", "10361"),
    ("specimen", "collection.collectedDateTime", "10362"), ("specimen", "receivedTime", "10366"),
    ("report", "effectiveDateTime", "10379"), ("report", "issued", "10359"), ("summary", "date", "10132"),
]  # fmt: skip


def timed(resource: dict[str, Any], element: str, text: str) -> tuple[dict[str, Any], str]:
    changed = copy.deepcopy(resource)
    *way, last = element.split(".")
    inside: Any = changed
    for step in way:
        inside = inside[int(step) if step.isdecimal() else step]
    inside[last] = text
    return changed, f"{resource['resourceType']}.{element}".replace(".0.", "[0].")


@pytest.mark.parametrize(("what", "element", "rule"), TIMES)
def test_a_time_that_is_to_come_or_written_in_another_zone(rsud, begun, what: str, element: str, rule: str) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="seconds")
    told = refused(rsud, *timed(made(what, begun), element, tomorrow), rule)
    assert told.startswith("Invalid date time value : ")
    jakarta = (flows.BEGUN + timedelta(hours=1)).astimezone(timezone(timedelta(hours=7))).isoformat()
    told = refused(rsud, *timed(made(what, begun), element, jakarta), rule, "format")
    assert told.startswith("Invalid date time format : ")


def test_nothing_is_older_than_june_2014(rsud, begun) -> None:
    old, path = timed(flows.condition(begun), "recordedDate", "2014-06-02T23:59:59+00:00")
    refused(rsud, old, path, "10403")
    kept(rsud, timed(old, "recordedDate", "2014-06-03T00:00:00+00:00")[0])


def test_a_plan_may_lie_in_the_future(rsud, begun) -> None:
    later = (datetime.now(UTC) + timedelta(days=30)).isoformat(timespec="seconds")
    kept(rsud, flows.request(begun) | {"occurrenceDateTime": later})


@pytest.mark.parametrize(
    ("what", "change", "path", "rule"),
    [
        ("condition", {"code": coded("http://contoh.id", "x")}, "Condition.code.coding[0].system", "10003"),
        ("vital", {"code": coded("http://contoh.id", "x")}, "Observation.code.coding[0].system", "10010"),
        ("procedure", {"code": coded(flows.ICD_10, "K35.8")}, "Procedure.code.coding[0].system", "10015"),
        ("medication", {"code": coded("http://contoh.id", "x")}, "Medication.code.coding[0].system", "10024"),
        ("condition", {"category": [coded(f"{flows.HL7}/condition-category", "x")]}, "Condition.category[0]", "10007"),
        ("arrived", {"class": {"system": f"{flows.HL7}/v3-ActCode", "code": "VR"}}, "Encounter.class", "10001"),
        ("arrived", {"subject": {"display": "Joko"}}, "Encounter.subject", "10118"),
        ("prescription", {"requester": {"display": "dr. Uji"}}, "MedicationRequest.requester", "10455"),
    ],
)
def test_a_code_of_another_system_and_a_name_for_a_reference(rsud, begun, what, change, path, rule) -> None:
    refused(rsud, made(what, begun) | change, path, rule)


def test_a_visit_is_the_senders_own(rsud, begun) -> None:
    other = only(rsud, "/Organization", name="RS Pratama")
    refused(rsud, flows.arrived(begun) | {"serviceProvider": ref(other)}, "Encounter.serviceProvider", "10124")


def test_a_finished_visit_tells_each_of_its_statuses(rsud, begun) -> None:
    diagnosis = kept(rsud, flows.condition(begun, code="J00"))
    going = flows.moved(flows.arrived(begun), "in-progress", 10)
    good = flows.finished(going, diagnosis, 50)
    gap = copy.deepcopy(good)
    gap["statusHistory"][1]["period"]["start"] = at(12)
    refused(rsud, gap, "Encounter.statusHistory", "10122")
    refused(rsud, flows.finished(flows.arrived(begun), diagnosis, 50), "Encounter.statusHistory", "10122")
    refused(rsud, good | {"period": {"start": at(0)}}, "Encounter.period.end", "10173")
    refused(rsud, good | {"period": {"start": at(0), "end": at(0)}}, "Encounter.period.end", "10173")
    days = {"value": 1, "unit": "d", "system": flows.UCUM, "code": "d"}
    refused(rsud, good | {"length": days}, "Encounter.length.code", "10840")
    kept(rsud, good | {"length": {"value": 50, "unit": "min", "system": flows.UCUM, "code": "min"}})


def duplicate(client: httpx.Client, resource: dict[str, Any]) -> None:
    answer = client.post(f"/{resource['resourceType']}", json=resource, headers=FHIR)
    assert answer.status_code == 409, answer.text
    (issue,) = answer.json()["issue"]
    assert issue["code"] == "duplicate"
    assert issue["details"]["text"] == f"Found duplicate resource: {resource['resourceType']} (RuleNumber: 20002)"


def test_what_was_sent_before_is_a_duplicate(rsud, begun) -> None:
    """By its own number, or by being the same in every member."""
    visit = flows.arrived(begun)
    kept(rsud, visit)
    duplicate(rsud, visit | {"period": {"start": at(1)}})
    reading = flows.vital(begun, "8310-5") | {"effectiveDateTime": at(77)}
    kept(rsud, reading)
    duplicate(rsud, reading)
    kept(rsud, reading | {"effectiveDateTime": at(78)})
    two = [flows.prescription(begun, kept(rsud, flows.medication(begun))) for _ in range(2)]
    two[1]["identifier"][0] = two[0]["identifier"][0]
    kept(rsud, two[0])
    kept(rsud, two[1])  # two medicines of one prescription


def test_a_duplicate_tells_nothing_about_people_elsewhere(rsud, pratama, begun) -> None:
    """What names no visit could be guessed, and another facility's numbers are its own."""
    bare = {name: value for name, value in flows.allergy(begun).items() if name not in ("encounter", "recordedDate")}
    kept(rsud, bare)
    kept(pratama, bare)
    order = flows.request(begun)
    kept(rsud, order)
    kept(pratama, order | {"authoredOn": at(16)})


def test_of_eight_at_once_one_is_kept(rsud, begun) -> None:
    reading = flows.vital(begun, "9279-1") | {"effectiveDateTime": at(99)}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: rsud.post("/Observation", json=reading).status_code, range(8)))
    assert sorted(answers) == [201, *[409] * 7]


def test_changing_what_is_kept_is_no_duplicate(rsud, begun) -> None:
    reading = flows.vital(begun, "8867-4") | {"effectiveDateTime": at(88)}
    reference = kept(rsud, reading)
    changed(rsud, reference, reading)


def test_a_plain_client_is_not_held_to_it(http, patient) -> None:
    """Without the setting, R4 is enough."""
    plain = {name: value for name, value in patient.items() if name != "address"}
    answer = http.post("/Patient", json=plain, headers=FHIR)
    assert answer.status_code == 201, answer.text


@needs_npm
def test_whatever_is_r4_can_be_asked() -> None:
    """The rules never stumble over what R4 allows, and say where they mean."""
    for one in examples():
        for fault in fhir.satusehat_faults(one):
            assert fault.path.startswith(one["resourceType"]) and fault.code in ("value", "format")


def test_validate_tells_the_same_to_who_asks(http, patient, begun) -> None:
    old = timed(flows.condition(begun), "recordedDate", "2010-01-01T00:00:00+00:00")[0]
    profile = {"meta": {"profile": ["urn:sekali:profile:Condition"]}}
    issues = http.post("/Condition/$validate", json=old | profile).json()["issue"]
    assert [one["expression"] for one in issues if one["severity"] == "error"] == [["Condition.recordedDate"]]
