"""The same work for every server: plain R4 over HTTP, so that a peer given by its URL is measured as Sekali is."""

import asyncio
import contextlib
import json
import random
import re
import subprocess
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psutil

BUNDLE = 60
BATCH = 20
"""People in one transaction of the load."""
LOADERS = 8
NUMBER = "urn:sekali:bench:number"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
MOST_RUNS = 20
LONG = 1000
"""Resources in the chart of one of the people."""
FIXED = """wrk.method = "{method}"
wrk.body = [==[{body}]==]
wrk.headers["Content-Type"] = "application/fhir+json"
"""
MIX = {"read": 60, "update": 25, "create": 10, "delete": 5}
"""Of a hundred requests, over five types; as published for other servers."""


@dataclass(frozen=True)
class Target:
    """A FHIR server.

    :ivar base: its address with the path before the type.
    :ivar headers: with its token.
    :ivar facility: whom the visits are at, where only they may read them.
    :ivar pids: processes that, with their children, do its work on this machine.
    """

    name: str
    base: str
    headers: dict[str, str] = field(default_factory=dict)
    facility: str = ""
    pids: tuple[int, ...] = ()

    def cpu(self) -> float:
        """Seconds of CPU that server and database have used."""
        total = 0.0
        for pid in self.pids:
            parent = psutil.Process(pid)
            for process in (parent, *parent.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess):  # a vacuum may end meanwhile
                    times = process.cpu_times()
                    total += times.user + times.system
        return total

    def client(self) -> httpx.AsyncClient:
        headers = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json", **self.headers}
        return httpx.AsyncClient(base_url=self.base, headers=headers, timeout=300)


@dataclass(frozen=True)
class Work:
    """One kind of request. ``each``: resources in it. ``lua``: a script in place of one fixed request."""

    name: str
    path: str
    method: str = "GET"
    body: str = ""
    each: int = 1
    lua: str = ""


@dataclass(frozen=True)
class Rate:
    """Requests a second, median and 99th percentile in milliseconds, microseconds of CPU for each (0: not known)."""

    rate: float
    p50: float
    p99: float
    cpu: float


@dataclass(frozen=True)
class Made:
    """A resource of the load, and whose it is."""

    type: str
    id: str
    person: str


def patient(number: str = "") -> dict:
    known = {"identifier": [{"system": NUMBER, "value": number}]} if number else {}
    return {
        "resourceType": "Patient", **known,
        "name": [{"text": f"Orang Ukur {number} (contoh)", "family": f"Ukur{number}", "given": ["Orang"]}],
        "gender": "female", "birthDate": "1990-01-01",
    }  # fmt: skip


def observation(person: str, n: int = 0) -> dict:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n % 400_000)
    return {
        "resourceType": "Observation", "status": "final", "subject": {"reference": person},
        "category": [{"coding": [{"system": CATEGORY, "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}]},
        "effectiveDateTime": at.isoformat(),
        "valueQuantity": {"value": 60 + n % 40, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"},
    }  # fmt: skip


def others(person: str, facility: str) -> list[dict]:
    """The rest of a small chart."""
    subject, at = {"reference": person}, "2026-03-04T08:00:00+07:00"
    condition = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "I10"}]}
    procedure = {"coding": [{"system": "http://snomed.info/sct", "code": "103693007"}]}
    encounter = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
    at_facility = {"serviceProvider": {"reference": facility}} if facility else {}
    return [
        {"resourceType": "Encounter", "status": "finished", "class": encounter, "subject": subject, **at_facility,
         "period": {"start": at, "end": "2026-03-04T09:00:00+07:00"}},
        {"resourceType": "Condition", "subject": subject, "code": condition, "recordedDate": at},
        {"resourceType": "Procedure", "status": "completed", "subject": subject, "code": procedure, "performedDateTime": at},
    ]  # fmt: skip


def chart(number: str, observations: int, facility: str) -> list[tuple[str, dict]]:
    """A person and all about them: (name within the Bundle, resource)."""
    person = f"urn:uuid:{uuid.uuid4()}"
    about = [*others(person, facility), *(observation(person, n * 600) for n in range(observations))]
    return [(person, patient(number)), *((f"urn:uuid:{uuid.uuid4()}", one) for one in about)]


def transaction(named: Sequence[tuple[str, dict]]) -> str:
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"fullUrl": name, "resource": one, "request": {"method": "POST", "url": one["resourceType"]}}
        for name, one in named
    ]})  # fmt: skip


def bundle(entries: int) -> str:
    """A transaction about one new person, who has no number, so that it can be sent again and again."""
    person = f"urn:uuid:{uuid.uuid4()}"
    about = [(f"urn:uuid:{uuid.uuid4()}", observation(person, n)) for n in range(entries - 1)]
    return transaction([(person, patient()), *about])


async def load(target: Target, people: int) -> tuple[float, list[Made]]:
    """Resources a second by transactions from several clients, and all that was made."""
    numbers = [f"{n:08}" for n in range(people)]
    bodies = [
        transaction([one for number in numbers[at : at + BATCH] for one in chart(number, 8, target.facility)])
        for at in range(0, people, BATCH)
    ]
    made: list[Made] = []

    async def loader(mine: Sequence[str]) -> None:
        async with target.client() as client:
            for body in mine:
                answer = await client.post("", content=body)
                if answer.status_code != 200:
                    raise SystemExit(f"{target.name}: a transaction was refused: {answer.text[:500]}")
                person = ""
                for entry in answer.json()["entry"]:
                    type, id = entry["response"]["location"].removeprefix(target.base).strip("/").split("/")[:2]
                    person = id if type == "Patient" else person
                    made.append(Made(type, id, person))

    began = time.perf_counter()
    await asyncio.gather(*(loader(bodies[n::LOADERS]) for n in range(LOADERS)))
    return len(made) / (time.perf_counter() - began), made


async def works(target: Target, made: Sequence[Made]) -> list[Work]:
    """What a hospital's system does most, on one of the people who were loaded."""
    async with target.client() as client:
        found = (await client.get("/Patient", params={"identifier": f"{NUMBER}|00000007"})).json()
        person = found["entry"][0]["resource"]["id"]
        found = (await client.get("/Observation", params={"patient": person, "code": "8867-4"})).json()
        one = found["entry"][0]["resource"]
        kept = (await client.get(f"/Observation/{one['id']}")).json()
        long = await client.post("", content=transaction(chart("1000", LONG - 4, target.facility)))
        lasting = long.json()["entry"][0]["response"]["location"].removeprefix(target.base).strip("/").split("/")[1]
        whole = f"/Patient/{lasting}/$everything?_count={LONG}"
        given = len((await client.get(whole)).json()["entry"])  # others may give less on one page
    version = kept["meta"]["versionId"]
    rest = [other for other in made if other.person != person]
    another = rest[0].person  # what is created for this one no search of the others finds
    return [
        Work("read", f"/Patient/{person}"),
        Work("vread", f"/Observation/{one['id']}/_history/{version}"),
        Work("search by identifier", f"/Patient?identifier={NUMBER}%7C00000007"),
        Work("search by subject and code, sorted", f"/Observation?patient={person}&code=8867-4&_sort=-date"),
        Work("search by date range", f"/Observation?patient={person}&date=ge2026-01-01&date=lt2026-03-01"),
        Work("search with _include", f"/Condition?patient={person}&_include=Condition:subject"),
        Work("$everything", f"/Patient/{person}/$everything"),
        Work(f"$everything of {LONG}", whole, each=given),
        Work("create", "/Observation", "POST", json.dumps(observation(f"Patient/{another}"))),
        Work("update", f"/Observation/{one['id']}", "PUT", json.dumps(kept)),
        Work(f"transaction of {BUNDLE}", "", "POST", bundle(BUNDLE), BUNDLE),
        Work("mix: 60 read, 25 update, 10 create, 5 delete", "", lua=mixed(target, rest)),
    ]  # fmt: skip


def mixed(target: Target, made: Sequence[Made], seed: int = 1) -> str:
    """A script that draws each request: what is deleted is touched by nothing else, nor by another run."""
    rng = random.Random(seed)
    alive, doomed = [], []
    bodies = {
        one["resourceType"]: one for one in (patient(), observation("Patient/@"), *others("Patient/@", target.facility))
    }
    for kind in bodies:
        of = [one for one in made if one.type == kind]
        rng.shuffle(of)
        alive += of[:1000]
        doomed += [one for one in of[1000:] if kind != "Patient"]
    rng.shuffle(doomed)
    table = ",".join(f'{{"{one.type}","{one.id}","{one.person}"}}' for one in alive)
    gone = ",".join(f'"/{one.type}/{one.id}"' for one in doomed)
    texts = ",".join(f"{kind}=[==[{json.dumps(one)[1:]}]==]" for kind, one in bodies.items())
    update, create = MIX["read"] + MIX["update"], MIX["read"] + MIX["update"] + MIX["create"]
    return f"""
local alive, doomed, bodies = {{{table}}}, {{{gone}}}, {{{texts}}}
local share = math.floor(#doomed / {MOST_RUNS})
local at, last = @RUN@ * share, @RUN@ * share + share
local base, headers = "{re.sub("https?://[^/]+", "", target.base)}", {{}}
function init()
  for name, value in pairs(wrk.headers) do headers[name] = value end
  headers["Content-Type"] = "application/fhir+json"
end
local function body(one) return (bodies[one[1]]:gsub("Patient/@", "Patient/" .. one[3])) end
function request()
  local draw, one = math.random(100), alive[math.random(#alive)]
  local path = base .. "/" .. one[1]
  if draw > {create} and at < last then
    at = at + 1
    return wrk.format("DELETE", base .. doomed[at], headers)
  elseif draw > {update} and draw <= {create} then
    return wrk.format("POST", path, headers, "{{" .. body(one))
  elseif draw > {MIX["read"]} and draw <= {update} then
    return wrk.format("PUT", path .. "/" .. one[2], headers, '{{"id":"' .. one[2] .. '",' .. body(one))
  end
  return wrk.format("GET", path .. "/" .. one[2], headers)
end
"""


def drive(target: Target, work: Work, connections: int, seconds: int, folder: Path, run: int) -> Rate:
    """By wrk. Every answer must be a 2xx. ``run``: which time this is, below MOST_RUNS."""
    script = folder / "work.lua"
    text = work.lua.replace("@RUN@", str(run)) or FIXED.format(method=work.method, body=work.body)
    script.write_text(text, encoding="utf-8")
    headers = [word for name, value in target.headers.items() for word in ("-H", f"{name}: {value}")]
    before = target.cpu()
    told = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "--latency", "-s", str(script),
         *headers, target.base + work.path],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    if "Non-2xx" in told or "Socket errors" in told:
        raise SystemExit(f"{target.name}, {work.name}: not every answer was right: {told}")
    cpu, requests = target.cpu() - before, int(re.search(r"(\d+) requests in", told)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1])
    return Rate(rate, _ms(told, "50%"), _ms(told, "99%"), 1e6 * cpu / max(1, requests))


def _ms(told: str, at: str) -> float:
    number, unit = re.search(rf"{at}\s+([\d.]+)(us|ms|s)", told).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
