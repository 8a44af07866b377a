"""The audit holds nothing of what was sent: a secret is planted in every kind of request, and the whole log is scanned."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from sekali import demo, kernel

SECRET = "Rahasiawati"
NIK = "https://fhir.kemkes.go.id/id/nik"
BASE = "/fhir-r4/v1"


def by_fhir(http: httpx.Client) -> None:
    """Bodies, parameters, forms, patches, bundles, refused ones too."""
    number = f"990103170591{time.time_ns() % 9998 + 1:04}"
    patient = {
        "resourceType": "Patient", "identifier": [{"system": NIK, "value": number}], "gender": "male", "birthDate": "1991-05-17",
        "name": [{"use": "official", "text": f"{SECRET} Uji"}], "address": [{"use": "home", "line": [SECRET], "city": SECRET}],
        "multipleBirthInteger": 0,
    }  # fmt: skip
    id = http.post("/Patient", json=patient).json()["data"]["patient_id"]
    http.get("/Patient", params={"name": SECRET, "birthdate": "1991-05-17", "gender": "male"})
    http.get("/Patient", params={"identifier": f"{NIK}|{number}"})
    http.get(f"/Patient/{SECRET}")
    http.get(f"/{SECRET}")
    http.post(
        "/Patient/_search", content=f"name={SECRET}", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    http.put(f"/Patient/{id}", json=patient | {"id": id})
    patch = [{"op": "add", "path": "/telecom", "value": [{"system": "phone", "value": SECRET}]}]
    http.patch(f"/Patient/{id}", json=patch, headers={"Content-Type": "application/json-patch+json"})
    note = {
        "resourceType": "Observation", "status": "final", "code": {"text": SECRET}, "subject": {"reference": f"Patient/{id}"},
        "note": [{"text": SECRET}], "valueString": SECRET,
    }  # fmt: skip
    http.post("/Observation", json=note)
    http.post("/Observation", json=note | {"status": SECRET})
    http.post("/Observation", content=f"{{{SECRET}")
    entry = {"fullUrl": "urn:uuid:4a4a4a4a-0000-4000-8000-000000000001", "resource": note,
             "request": {"method": "POST", "url": "Observation", "ifNoneExist": f"code:text={SECRET}"}}  # fmt: skip
    for kind in ("batch", "transaction"):
        http.post("", json={"resourceType": "Bundle", "type": kind, "entry": [entry]})
    http.get("/AuditEvent", params={"agent-name": SECRET})
    channel = {"type": "rest-hook", "endpoint": f"https://example.com/{SECRET}", "header": [f"X: {SECRET}"],
               "payload": "application/fhir+json"}  # fmt: skip
    http.post("/Subscription", json={"resourceType": "Subscription", "status": "requested", "reason": SECRET,
                                     "criteria": SECRET, "channel": channel})  # fmt: skip
    http.post(
        "/Patient/$match", json={"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": patient}]}
    )
    http.delete(f"/Patient/{id}")


def by_pages(url: str) -> None:
    """Forms of the desks: what is typed, also what is refused."""
    with httpx.Client(
        base_url=url, headers={"Sec-Fetch-Site": "same-origin", "User-Agent": SECRET}, timeout=20
    ) as desk:
        desk.post("/masuk", data={"username": "loket.jetis", "password": SECRET})
        desk.post("/masuk", data={"username": SECRET, "password": SECRET})
        desk.post("/aktivasi", data={"code": SECRET, "username": SECRET, "password": SECRET})
        desk.post("/masuk", data={"username": "loket.jetis", "password": demo.PASSWORD})
        desk.post("/loket", data={"scan": SECRET})
        desk.post("/loket", data={"name": SECRET, "birth_date": "16-07-1988"})
        desk.post("/loket", data={"scan": f"SEKALI:{demo.EXAMPLES[0].card}"})
        desk.post("/loket/daftar", data={"name": SECRET, "reason": SECRET, "address": SECRET, "action": "register"})
    with httpx.Client(base_url=url, headers={"Sec-Fetch-Site": "same-origin"}, timeout=20) as siti:
        siti.post("/masuk", data={"username": "siti", "password": demo.PASSWORD})
        page = siti.get("/warga/dilihat").text
        entry = page.partition("entri=")[2].partition('"')[0]
        answer = siti.post(
            "/warga/dilihat/tanya", data={"entry": entry.replace("%2F", "/"), "reason": f"{SECRET}, mengapa?"}
        )
        assert answer.status_code == 303, "the question was really asked"
    httpx.post(f"{url}/oauth2/v1/accesstoken?grant_type=client_credentials",
               data={"client_id": "rsud-simrs", "client_secret": SECRET})  # fmt: skip


async def kept_with(dsn: str, text: str) -> tuple[int, list[str]]:
    """How many events there are, and those in which the text stands."""
    database = await kernel.Database.connect(dsn, 1)
    try:
        rows = await database.fetch("select e::text as text from audit.event e where e::text ilike $1", f"%{text}%")
        return await database.fetchval("select count(*) from audit.event"), [row["text"] for row in rows]
    finally:
        await database.close()


def test_no_secret_of_any_request_stands_in_the_audit(served) -> None:
    with ThreadPoolExecutor(1) as thread:

        def ask(text: str) -> tuple[int, list[str]]:
            return thread.submit(lambda: asyncio.run(kept_with(served.dsn, text))).result()

        before, _ = ask(SECRET)
        client = {"client_id": "rsud-simrs", "client_secret": "sekali-demo-client-secret"}
        token = httpx.post(f"{served.url}/oauth2/v1/accesstoken?grant_type=client_credentials", data=client).json()
        with httpx.Client(
            base_url=served.url + BASE, headers={"Authorization": f"Bearer {token['access_token']}"}, timeout=20
        ) as http:
            by_fhir(http)
        by_pages(served.url)
        after, found = ask(SECRET)
        assert after > before + 15, "these requests were audited"
        assert found == []
        assert ask(token["access_token"])[1] == []
    log = served.folder / "sekali.log"
    assert not log.exists() or SECRET not in log.read_text()
