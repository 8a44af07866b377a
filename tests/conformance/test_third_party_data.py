"""Whole data sets that others make, loaded over HTTP as they come out, and found again.

``clinosim`` makes a hospital's months as Bulk Data files: 21 kinds with ids of its own. ``carebundle`` makes one
transaction for each person. Both are seeded, so what they make is the same each time.
"""

import json
import random
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import naive
import pytest
import pytest_asyncio
from examples import needs_npm
from fhirpath_engine import evaluate
from medplum_validator import Medplum
from payloads import encounter
from running import Served, free_port, start, stop, wait_until_ready
from test_every_parameter import definitions, every_page, questions
from test_second_validator import judged, ours

from sekali import app, kernel, records, security

PROGRAMS = Path(sys.executable).parent
PEOPLE_OF_A_TOWN, PEOPLE_WITH_A_BUNDLE = "90", "12"
FLAWED = {"MedicationAdministration", "Coverage", "DiagnosticReport"}
"""Kinds of clinosim 0.6.5 with what R4 does not allow: dosages of another kind, empty arrays, empty codes."""
QUESTIONS = 6
"""For each parameter."""
NDJSON = "application/fhir+ndjson"
_REFERENCE = re.compile(r"^([A-Z]\w+)/[A-Za-z0-9.-]+$")


def masked(value: Any) -> Any:
    """The same without what a server gives: ids, versions, where references lead to."""
    if isinstance(value, dict):
        some = {k: v for k, v in value.items() if k not in ("id", "versionId", "lastUpdated", "reference") and v != {}}
        where = {"reference": _kind(value["reference"])} if isinstance(value.get("reference"), str) else {}
        return {k: inside for k, v in some.items() if (inside := masked(v)) != {}} | where
    return [masked(one) for one in value] if isinstance(value, list) else value


def _kind(reference: str) -> str:
    found = _REFERENCE.match(reference)
    return found[1] if found else reference


def texts(resources: Iterable[dict[str, Any]]) -> Counter[str]:
    """Each resource as comparable text, and how often it is there."""
    return Counter(json.dumps(masked(one), sort_keys=True) for one in resources)


def names(value: Any, person: str) -> bool:
    """Whether a reference to this person stands anywhere in it."""
    if isinstance(value, dict):
        return value.get("reference") == person or any(names(one, person) for one in value.values())
    return isinstance(value, list) and any(names(one, person) for one in value)


# A hospital's files, by $import


@dataclass(frozen=True)
class Town:
    """What was made, what was kept of it, and the server that keeps it."""

    made: dict[str, list[dict[str, Any]]]
    refused: list[dict[str, Any]]
    kept: dict[str, list[dict[str, Any]]]
    served: Served


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("clinosim")
    subprocess.run(
        [PROGRAMS / "clinosim", "simulate", "--output", folder, "--population", PEOPLE_OF_A_TOWN, "--seed", "2018",
         "--country", "US", "--start", "2026-01-01", "--end", "2026-03-31", "--format", "fhir-r4"],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    files = sorted((folder / "fhir_r4").glob("*.ndjson"))
    return {path.stem: [json.loads(line) for line in path.read_text("utf-8").splitlines()] for path in files}


@pytest.fixture(scope="module")
def town(made: dict[str, list[dict[str, Any]]], folder: Path) -> Iterator[Town]:
    """An empty server that takes other servers' data, with all of it."""
    server = start(folder / "town", free_port(), SEKALI_DEMO="no", SEKALI_STRICT="no")
    try:
        wait_until_ready(server)
        with operator(server) as client:
            refused = taken(client, made)
            kept = given(client)
        yield Town(made, refused, kept, server)
    finally:
        stop(server)


def operator(server: Served) -> httpx.Client:
    """A client of the operator's own, as the command line makes one."""
    environment = {"PATH": "/usr/bin:/bin", "SEKALI_DATABASE_URL": server.dsn, "SEKALI_DATA": str(server.folder)}
    done = subprocess.run(
        [sys.executable, "-m", "sekali", "operator", "penguji"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    secret = re.search(r"\S{40,}", done.stdout)[0]
    answer = httpx.post(
        f"{server.url}/oauth2/v1/accesstoken?grant_type=client_credentials",
        data={"client_id": "penguji", "client_secret": secret},
    )
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return httpx.Client(base_url=f"{server.url}/fhir-r4/v1", headers=headers, timeout=60)


def taken(client: httpx.Client, made: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Upload and import; the resources of the lines that were refused."""
    place = client.post("/bulk").headers["location"]
    for type, resources in made.items():
        body = b"".join(kernel.encode(one) + b"\n" for one in resources)
        assert client.put(f"{place}/{type}.ndjson", content=body, headers={"Content-Type": NDJSON}).status_code in (
            200,
            201,
        )
    files = [{"type": type, "url": f"{place}/{type}.ndjson"} for type in made]
    manifest = finished(client, client.post("/$import", json={"inputFormat": NDJSON, "input": files}))
    told = [one["issue"][0]["diagnostics"] for one in lines(client, manifest["error"])]
    where = [re.search(r"(\w+)\.ndjson\D+(\d+)", one) for one in told]
    return [made[found[1]][int(found[2]) - 1] for found in where]


def given(client: httpx.Client) -> dict[str, list[dict[str, Any]]]:
    """Everything that is kept, by kind, as an export gives it."""
    manifest = finished(client, client.get("/$export", headers={"Prefer": "respond-async"}))
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in lines(client, manifest["output"]):
        found[one["resourceType"]].append(one)
    return found


def finished(client: httpx.Client, started: httpx.Response) -> dict[str, Any]:
    """The manifest of a job, when it is done."""
    assert started.status_code == 202, started.text
    for _ in range(600):
        answer = client.get(started.headers["content-location"])
        if answer.status_code != 202:
            break
        time.sleep(0.1)
    assert answer.status_code == 200, answer.text
    return answer.json()


def lines(client: httpx.Client, parts: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for part in parts:
        for line in client.get(part["url"], headers={"Accept": NDJSON}).content.splitlines():
            yield json.loads(line)


@needs_npm
def test_what_is_refused_is_not_r4(town: Town) -> None:
    """By our validator, and where the other differs its reason stands in differences.tsv."""
    with Medplum() as medplum:
        for one in town.refused:
            assert ours(one)
            judged(medplum, one)
    assert {one["resourceType"] for one in town.refused} <= FLAWED


@pytest.mark.shows("third-party data: whole hospitals by $import")
def test_all_the_rest_is_kept_as_it_was(town: Town) -> None:
    refused = {(one["resourceType"], one["id"]) for one in town.refused}
    good = [one for some in town.made.values() for one in some if (one["resourceType"], one["id"]) not in refused]
    kept = [one for some in town.kept.values() for one in some]
    assert len(good) > 1500 and len({one["resourceType"] for one in good}) == 20
    assert Counter(one["resourceType"] for one in kept) == Counter(one["resourceType"] for one in good)
    assert texts(kept) == texts(good)


@pytest.mark.shows("third-party data: whole hospitals by $import")
def test_every_reference_leads_to_what_was_kept(town: Town) -> None:
    """Ids became ours; whatever pointed at something that was kept points at its new id."""
    there = {f"{type}/{one['id']}" for type, some in town.kept.items() for one in some}
    refused = {f"{one['resourceType']}/{one['id']}" for one in town.refused}
    named = set(pointed(list(town.kept.values())))
    lost = named - there
    assert len(named & there) > 100
    assert lost <= refused | set(pointed(list(town.made.values()))), "nothing but what led nowhere before"
    assert not {one for one in lost if one.startswith(("Patient/", "Encounter/", "Practitioner/", "Organization/"))}


def pointed(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if _REFERENCE.match(str(value.get("reference", ""))):
            yield value["reference"]
        for one in value.values():
            yield from pointed(one)
    elif isinstance(value, list):
        for one in value:
            yield from pointed(one)


@pytest_asyncio.fixture(loop_scope="session")
async def keeper(town: Town) -> AsyncIterator[app.Sekali]:
    """The same database, read by the joined program: a facility may search all this only person by person."""
    database = await kernel.Database.connect(town.served.dsn, 4)
    yield await app.build(
        kernel.Settings(data=town.served.folder, strict=False, rate_address=None, rate_account=None), database
    )
    await database.close()


@needs_npm
@pytest.mark.shows("third-party data: whole hospitals by $import")
async def test_every_parameter_with_a_value_finds_what_another_evaluator_finds(town: Town, keeper: app.Sekali) -> None:
    asked = 0
    for type, resources in town.kept.items():
        own = definitions().get(type, [])
        table = evaluate(resources, [one.expression for one in own])
        for column, definition in enumerate(own):
            found = {one["id"]: row[column] for one, row in zip(resources, table, strict=True)}
            values = [value for some in found.values() for value in some]
            if not values:
                continue
            dice = random.Random(f"{type}.{definition.name}")
            several = sorted(questions(definition.kind, dice.sample(values, min(len(values), 50)), dice))
            for modifier, value in dice.sample(several, min(len(several), QUESTIONS)):
                expected = {id for id, there in found.items() if naive.fits(definition.kind, there, modifier, value)}
                name = f"{definition.name}:{modifier}" if modifier else definition.name
                assert await every_page(keeper, type, [(name, value)], 200) == expected, f"{type}?{name}={value}"
                asked += 1
    assert asked > 400


@pytest.mark.shows("third-party data: whole hospitals by $import")
async def test_everything_of_each_person_is_what_the_files_hold_of_that_person(town: Town, keeper: app.Sekali) -> None:
    refused = {(one["resourceType"], one["id"]) for one in town.refused}
    good = [one for some in town.made.values() for one in some if (one["resourceType"], one["id"]) not in refused]
    reader = keeper.store.under(security.decide(security.SYSTEM, security.Purpose.EXPORT))
    before = {json.dumps(masked(one), sort_keys=True): one["id"] for one in town.made["Patient"]}
    for person in town.kept["Patient"]:
        old = before[json.dumps(masked(person), sort_keys=True)]
        own = [one for one in good if names(one, f"Patient/{old}") or one["id"] == old]
        assert texts(await chart(reader, person["id"])) == texts(own)


async def chart(reader: records.Reader, person: str) -> list[dict[str, Any]]:
    """Every page of a person's everything, without what comes along with a page."""
    found, cursor = [], None
    while True:
        page = await reader.everything(records.Chart(UUID(person), None, count=200, cursor=cursor))
        found += [json.loads(one.content) for one in page.items]
        cursor = page.next
        if cursor is None:
            return found


# One transaction for each person


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("carebundle")
    subprocess.run(
        [PROGRAMS / "carebundle", "generate", "--profile", "mixed", "--count", PEOPLE_WITH_A_BUNDLE, "--seed", "2018", "--out",
         folder], check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]


@pytest.mark.shows("third-party data: people by transactions")
def test_each_person_comes_in_one_transaction_and_out_again(http, bundles, organization, location) -> None:
    everybody: Counter[str] = Counter()
    for bundle in bundles:
        answer = http.post("", json=bundle)
        assert answer.status_code == 200, answer.text
        places = [entry["response"]["location"].partition("/_history")[0] for entry in answer.json()["entry"]]
        sent = [entry["resource"] for entry in bundle["entry"]]
        assert [place.partition("/")[0] for place in places] == [one["resourceType"] for one in sent]
        everybody.update(one["resourceType"] for one in sent)
        person = next(place for place in places if place.startswith("Patient/"))
        own = encounter(organization, person.removeprefix("Patient/"), location)  # so that the hospital may look
        visit = http.post("/Encounter", json=own).json()
        found = everything(http, person)
        here = {entry["fullUrl"].split("/fhir-r4/v1/")[1]: entry["resource"] for entry in found}
        assert here.keys() >= set(places) - {place for place in places if place.startswith("Practitioner/")}
        assert here.keys() <= {*places, f"Encounter/{visit['id']}", own["serviceProvider"]["reference"], location}
        assert texts(here[place] for place in places if place in here) == texts(
            led(one, bundle) for one, place in zip(sent, places, strict=True) if place in here
        )
    assert everybody["Observation"] > 300 and len(everybody) == 8


def everything(http: httpx.Client, person: str) -> list[dict[str, Any]]:
    found, page = [], http.get(f"/{person}/$everything", params={"_count": 200}).json()
    while True:
        found += page["entry"]
        following = next((one["url"] for one in page["link"] if one["relation"] == "next"), None)
        if following is None:
            return found
        page = http.get(following).json()


def led(resource: dict[str, Any], bundle: dict[str, Any]) -> dict[str, Any]:
    """With references to kinds instead of the Bundle's own names."""
    text = json.dumps(resource)
    for entry in bundle["entry"]:
        text = text.replace(
            f'"reference": "{entry["fullUrl"]}"', f'"reference": "{entry["resource"]["resourceType"]}/x"'
        )
    return json.loads(text)
