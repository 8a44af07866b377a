"""Whoever has the database's files, or a dump of it, but not the server's key, reads nobody in them.

What tells a person is planted at every door of a running Sekali; then all bytes that lie on the disk are looked through for
it, in every form that it could have there.
"""

import asyncio
import base64
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import decrypting
import httpx
import pytest
from running import Served, free_port, own_folder, start, stop, wait_until_ready

from sekali import app, demo, fhir, kernel
from sekali.identity import directory

BASE = "/fhir-r4/v1"
NAME = "Rahasiawati Tersembunyi"
PHONE = "081277665544"
COMPLAINT = "pusingtersembunyi"
REASON = "Mohon diperiksa alasantersembunyi"
LETTER = "Lanjutkan obatbaliktersembunyi"
HURRY = "Pingsan di jalan daruratersembunyi"
QUESTION = "Mengapa dibuka, tanyatersembunyi?"
CODE_TEXT = "diagnosatersembunyi"
WORDS = (
    "Rahasiawati", "rahasiawati", "Tersembunyi", "tersembunyi", PHONE, COMPLAINT, "alasantersembunyi", "obatbaliktersembunyi",
    "daruratersembunyi", "tanyatersembunyi", CODE_TEXT,
)  # fmt: skip


def new_nik() -> str:
    return f"990103170591{time.time_ns() % 9998 + 1:04}"


def forms(text: str) -> Iterator[bytes]:
    """How a text may lie on a disk."""
    raw = text.encode()
    yield raw
    yield from (text.encode(encoding) for encoding in ("utf-16-le", "utf-16-be"))
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for shift in range(3):  # of base64 the part that is the same wherever in a text it begins
        coded = base64.b64encode(b"\0" * shift + raw)
        yield coded[-(-8 * shift // 6) : 8 * (shift + len(raw)) // 6]


def hashes(nik: str) -> Iterator[bytes]:
    """What the index would hold of a number and of a name, were it not for the key."""
    terms = [
        fhir.term_hash("Patient", "identifier", f"{fhir.NIK}|{nik}"), fhir.term_hash("Patient", "identifier", nik),
    ]  # fmt: skip
    for term in terms:
        yield term.to_bytes(8, "little", signed=True)
        yield term.to_bytes(8, "big", signed=True)
        yield str(term).encode()
    kept = directory.value_hash(nik)
    yield from (kept.bytes, str(kept).encode(), kept.hex.encode())


def found_in(content: bytes, wanted: dict[bytes, str]) -> set[str]:
    return {name for form, name in wanted.items() if form in content}


class Desk:
    """A browser without scripts at one desk."""

    def __init__(self, url: str, username: str) -> None:
        self.http = httpx.Client(
            base_url=url, headers={"Sec-Fetch-Site": "same-origin"}, timeout=30, follow_redirects=True
        )
        self.page = self.http.post("/masuk", data={"username": username, "password": demo.PASSWORD}).text

    def send(self, path: str, **typed: str) -> str:
        answer = self.http.post(path, data=typed)
        assert answer.status_code < 400, (path, answer.status_code, re.sub(r"<[^>]+>", " ", answer.text)[:1500])
        self.page = answer.text
        return self.page

    def see(self, path: str) -> str:
        self.page = self.http.get(path).text
        return self.page

    def hidden(self, name: str) -> str:
        return re.search(rf'name="{name}"[^>]*value="([^"]*)"', self.page)[1]


def plant_over_fhir(url: str, nik: str) -> str:
    """The id of a person who is in the care of the client's facility."""
    client, secret = demo.CLIENTS[0][:2]
    token = httpx.post(f"{url}/oauth2/v1/accesstoken?grant_type=client_credentials",
                       data={"client_id": client, "client_secret": secret}).json()["access_token"]  # fmt: skip
    with httpx.Client(base_url=url + BASE, headers={"Authorization": f"Bearer {token}"}, timeout=30) as http:
        place = http.get("/Organization", params={"name": demo.CLIENTS[0][2]}).json()["entry"][0]["resource"]["id"]
        patient = {
            "resourceType": "Patient", "name": [{"use": "official", "text": NAME}], "gender": "female",
            "identifier": [{"use": "official", "system": fhir.NIK, "value": nik}], "birthDate": "1991-05-17",
            "telecom": [{"system": "phone", "value": PHONE}], "address": [{"use": "home", "line": ["Jalan Tersembunyi"]}],
            "multipleBirthInteger": 0,
        }  # fmt: skip
        answer = http.post("/Patient", json=patient)
        assert answer.status_code == 201, answer.text
        id = answer.json()["id"] if "id" in answer.json() else answer.json()["data"]["patient_id"]
        whose = {"subject": {"reference": f"Patient/{id}"}}
        visit = {
            "resourceType": "Encounter", "status": "in-progress", **whose,
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "serviceProvider": {"reference": f"Organization/{place}"},
        }  # fmt: skip
        assert http.post("/Encounter", json=visit).status_code == 201
        condition = {"resourceType": "Condition", "code": {"text": CODE_TEXT}, **whose}
        made = http.post("/Condition", json=condition)
        assert made.status_code == 201, made.text
        there = f"/Condition/{made.json()['id']}"
        assert (
            http.put(there, json=condition | {"id": made.json()["id"], "note": [{"text": REASON}]}).status_code == 200
        )
        patch = [{"op": "add", "path": "/recordedDate", "value": "2026-11-01"}]
        headers = {"Content-Type": "application/json-patch+json"}
        assert http.patch(there, json=patch, headers=headers).status_code == 200
        entry = {"resource": {"resourceType": "Observation", "status": "final", "code": {"text": CODE_TEXT}, **whose},
                 "request": {"method": "POST", "url": "Observation"}}  # fmt: skip
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
        assert http.post("", json=bundle).status_code == 200
        for asked in ({"name": NAME}, {"identifier": f"{fhir.NIK}|{nik}"}, {"phone": PHONE}):
            http.get("/Patient", params=asked)
        found = http.get("/Patient", params={"identifier": f"{fhir.NIK}|{nik}"}).json()
        assert [one["resource"]["id"] for one in found["entry"]] == [id], "what is planted is found by its number"
        found = http.get("/Condition", params={"patient": id, "_content": CODE_TEXT}).json()
        assert len(found["entry"]) == 1, "and by its words"
        filter_ = f"Patient?identifier={fhir.NIK}|{nik}"
        started = http.get("/Patient/$export", params={"_typeFilter": filter_, "_type": "Patient,Condition"})
        assert started.status_code == 202, started.text
        wait_for(http, started.headers["content-location"], CODE_TEXT)
        http.get(f"/Patient/{nik}")
        http.get(f"/Patient?{nik}={NAME}")
    return id


def wait_for(http: httpx.Client, place: str, word: str) -> None:
    """Until a bulk job is done; its files are read, and stay where they are."""
    for _ in range(600):
        answer = http.get(place)
        if answer.status_code == 200:
            break
        assert answer.status_code == 202, answer.text
        time.sleep(0.1)
    texts = [http.get(part["url"]).text for part in answer.json()["output"]]
    assert word in "".join(texts)


def plant_in_bulk(url: str, secret: str, nik: str) -> None:
    """Files that the operator's system uploads, and one job of which nothing is begun."""
    token = httpx.post(f"{url}/oauth2/v1/accesstoken?grant_type=client_credentials",
                       data={"client_id": "disk", "client_secret": secret}).json()["access_token"]  # fmt: skip
    with httpx.Client(base_url=url + BASE, headers={"Authorization": f"Bearer {token}"}, timeout=30) as http:
        patient = {"resourceType": "Patient", "id": nik, "name": [{"text": NAME}],
                   "identifier": [{"system": fhir.NIK, "value": nik}]}  # fmt: skip
        wrong = {"resourceType": "Observation", "id": "o", "status": NAME, "code": {"text": CODE_TEXT}}
        lines = b"\n".join(map(kernel.encode, (patient, wrong)))
        place = http.post("/bulk").headers["location"]
        ndjson = {"Content-Type": "application/fhir+ndjson"}
        sent = http.post(place, content=lines, headers=ndjson)
        manifest = {"inputFormat": "application/fhir+ndjson", "input": [{"url": sent.headers["location"]}]}
        started = http.post("/$import", json=manifest)
        assert started.status_code == 202, started.text
        for _ in range(600):
            answer = http.get(started.headers["content-location"])
            if answer.status_code != 202:
                break
            time.sleep(0.1)
        assert answer.status_code == 200 and answer.json()["error"], answer.text
        waiting = http.post("/bulk").headers["location"]
        http.post(waiting, content=lines, headers=ndjson)


def plant_at_desks(url: str, nik: str) -> None:
    """A person is registered, examined, referred; opens the own page, asks a question; is opened in an emergency."""
    clerk = Desk(url, "loket.gedongtengen")
    clerk.see(f"/loket/daftar?nik={nik}")
    department = re.search(r'<select id="department".*?<option value="([0-9a-f-]{36})"', clerk.page, re.S)[1]
    slip = clerk.send(
        "/loket/daftar", nik=nik, name=NAME, sex="female", birth_date="17-05-1991", phone=PHONE, department=department,
        address="Jalan Tersembunyi 1", mother_name="Ibu Tersembunyi", action="register", since=clerk.hidden("since"),
    )  # fmt: skip
    code = re.search(r'<b class="num">([^<]+)</b>', slip)[1]
    httpx.post(f"{url}/aktivasi", headers={"Sec-Fetch-Site": "same-origin"},
               data={"code": code, "username": "disk.warga", "password": demo.PASSWORD + "-panjang"})  # fmt: skip
    doctor = Desk(url, "dokter.gedongtengen")
    queue = doctor.see("/dokter")
    row = next(part for part in re.split(r"<tr", queue) if NAME in part)
    visit = re.search(r"/dokter/([0-9a-f-]{36})", row)[1]
    doctor.send(f"/dokter/{visit}/panggil")
    doctor.send(f"/dokter/{visit}", complaint=COMPLAINT, diagnosis_1="I10 hipertensi", drug_1="amlodipin", dose_1="1x1",
                allergy_1="udangtersembunyi", action="save")  # fmt: skip
    offers = doctor.see(f"/dokter/{visit}/rujuk?poli=PDL")
    hospital = re.search(r'name="hospital"[^>]*value="([0-9a-f-]{36})"', offers)[1]
    letter = doctor.send(
        f"/dokter/{visit}/rujuk", hospital=hospital, department="PDL", reason=REASON, priority="routine"
    )
    assert NAME in letter
    nurse = Desk(url, "dokter.pratama")
    nurse.send("/darurat", scan=nik, reason=HURRY)
    siti = Desk(url, "siti")
    entry = siti.see("/warga/dilihat").partition("entri=")[2].partition('"')[0]
    siti.http.post("/warga/dilihat/tanya", data={"entry": entry.replace("%2F", "/"), "reason": QUESTION})


def plant_by_hl7(port: int, nik: str) -> str:
    """An admission over MLLP."""
    application, facility = demo.SENDERS[0][:2]
    segments = [
        f"MSH|^~\\&|{application}|{facility}|SEKALI|DINKES|20261101080000+0700||ADT^A01^ADT_A01|disk-1|P|2.5.1||||||"
        "UNICODE UTF-8",
        "EVN|A01|20261101080000",
        f"PID|1||RM-77^^^RSUD^MR~{nik}^^^DUKCAPIL^NI||Tersembunyi^Rahasiawati||19910517|F|||"
        f"JL. TERSEMBUNYI^^YOGYAKARTA^DIY^55161^ID||{PHONE}",
        "PV1|1|I|MELATI^2^B||||77^HARTONO^BUDI^^^dr.||||||||||||V-1|||||||||||||||||||||||||20261101080000",
    ]  # fmt: skip
    with socket.create_connection(("127.0.0.1", port), 20) as line:
        line.sendall(b"\x0b" + "\r".join(segments).encode() + b"\r\x1c\r")
        return line.recv(65536).decode()


def run(work):
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(work)).result()


@pytest.fixture(scope="module")
def disk() -> Iterator[tuple[Path, bytes, dict[bytes, str], list[str]]]:
    """The folder of a Sekali that was stopped, a dump of its database, what was planted, and the numbers."""
    folder = own_folder()
    niks = [f"9901031705{90 - n}{time.time_ns() % 9998 + 1:04}" for n in range(4)]
    served = start(folder / "served", free_port(), free_port(), SEKALI_POPULATION="100", SEKALI_PROCESSES="2")
    try:
        wait_until_ready(served)
        secret = run(operator(served))
        plant_over_fhir(served.url, niks[0])
        plant_at_desks(served.url, niks[1])
        answer = plant_by_hl7(served.hl7_port, niks[2])
        assert "MSA|AA" in answer, answer
        plant_in_bulk(served.url, secret, niks[3])
        dump = dumped(served)
    finally:
        stop(served)
    wanted = {form: word for word in (*WORDS, *niks) for form in forms(word)}
    wanted |= {form: f"the hash of {nik}" for nik in niks for form in hashes(nik)}
    yield served.folder, dump, wanted, niks
    shutil.rmtree(folder, ignore_errors=True)


async def operator(served: Served) -> str:
    """The secret of a system of the operator's."""
    database = await kernel.Database.connect(served.dsn, 2)
    sekali = await app.build(kernel.Settings(data=served.folder), database)
    async with database.transaction() as tx:
        await sekali.doorkeeper.add_operator(tx, "disk", "rahasia-operator")
    await database.close()
    return "rahasia-operator"


def dumped(served: Served) -> bytes:
    cluster = kernel.Cluster(kernel.Settings(data=served.folder))
    told = subprocess.run([str(cluster._programs() / "pg_dump"), served.dsn], capture_output=True, check=True, cwd="/",
                          **cluster.account.run())  # fmt: skip
    return told.stdout


def test_what_was_planted_is_in_no_file_but_the_keys(disk) -> None:
    folder, _, wanted, _ = disk
    found, seen = {}, 0
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if not path.is_file() or name.parts[0] in ("keys", "programs"):
            continue
        content = path.read_bytes()
        seen += len(content)
        if told := found_in(content, wanted):
            found[str(name)] = told
        if name.parts[0] == "postgres" and b"loket.gedongtengen" in content:
            found.setdefault("a staff's user name, which is kept as it is", set()).add(str(name))
    assert found.pop("a staff's user name, which is kept as it is"), "the scan sees what is there"
    assert found == {} and seen > 30 << 20
    assert any("pg_wal" in str(path) for path in folder.rglob("*") if path.is_file())
    bulk = list((folder / "bulk").rglob("*.ndjson"))
    assert len(bulk) >= 4, "files of jobs were there to be looked through"


def test_a_dump_tells_nobody(disk) -> None:
    _, dump, wanted, _ = disk
    assert b"loket.gedongtengen" in dump and b"COPY records.resource" in dump
    assert found_in(dump, wanted) == set()


def test_the_scan_finds_what_lies_open() -> None:
    nik = new_nik()
    wanted = dict.fromkeys((*forms(nik), *hashes(nik)), "it")
    base = base64.b64encode(b"xy" + f"nik={nik};".encode())
    for content in (f"..{nik}..".encode(), nik.encode("utf-16-le"), nik.encode().hex().encode(), base,
                    directory.value_hash(nik).bytes):  # fmt: skip
        assert found_in(content, wanted) == {"it"}


async def test_who_tries_a_million_numbers_on_the_files_finds_none(city) -> None:
    """All that anybody has who stole the files: every kept hash; and our own hash function, which everybody may read."""
    people = await decrypting.kept(city.database, city.cipher, "type = 'Patient'")
    true = {one["value"] for person in people for one in person.resource["identifier"] if one["system"] == fhir.NIK}
    assert len(true) > 90
    kept = {row["value_hash"] for row in await city.database.fetch("select value_hash from identity.identifier")}
    terms = {term for row in await city.database.fetch("select tokens from records.resource") for term in row["tokens"]}
    candidates = [*true, *(f"347101{n // 10_000 % 100:02}0190{n % 10_000:04}" for n in range(1_000_000 - len(true)))]
    for nik in candidates:
        assert directory.value_hash(nik) not in kept
        assert fhir.term_hash("Patient", "identifier", f"{fhir.NIK}|{nik}") not in terms
    for nik in list(true)[:5]:  # whoever has the key finds each of them
        assert city.cipher.id(directory.value_hash(nik)) in kept
        assert await city.directory.find(fhir.NIK, nik) is not None
