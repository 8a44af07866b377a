"""kill -9 between a write and its telling: every acknowledged referral is told, in order, at least once."""

import contextlib
import os
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from payloads import asking, encounter, referral
from receiving import receiver, subscription, told
from running import Served, free_port, own_folder, start, stop, wait_until_ready

from sekali import kernel
from sekali.exchange.subscriptions.sender import LOCK

SETTINGS = {"SEKALI_POPULATION": "100", "SEKALI_SUBSCRIPTION_PAUSE": "1", "SEKALI_PROCESSES": "3"}


@pytest.fixture
def place():
    made = own_folder()
    yield made / "data"
    shutil.rmtree(made, ignore_errors=True)


def client_of(url: str, client: str) -> httpx.Client:
    form = {"client_id": client, "client_secret": "sekali-demo-client-secret"}
    answer = httpx.post(f"{url}/oauth2/v1/accesstoken?grant_type=client_credentials", data=form, timeout=20)
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}", "Content-Type": "application/fhir+json"}
    return httpx.Client(base_url=f"{url}/fhir-r4/v1", headers=headers, timeout=20)


def organization(http: httpx.Client, name: str) -> str:
    return http.get("/Organization", params={"name": name}).json()["entry"][0]["resource"]["id"]


def task_of(http: httpx.Client) -> dict:
    """A Task that refers somebody new from RSUD to RS Pratama."""
    own, other = organization(http, "RSUD Kota"), organization(http, "RS Pratama")
    location = http.get("/Location", params={"organization": f"Organization/{own}"}).json()["entry"][0]["resource"][
        "id"
    ]
    person = http.post("/Patient", json={"resourceType": "Patient", "name": [{"text": "Uji Padam"}]}).json()["id"]
    visit = http.post("/Encounter", json=encounter(own, person, f"Location/{location}")).json()["id"]
    request = http.post("/ServiceRequest", json=referral(person, visit, own, other)).json()["id"]
    return asking(person, request, own, other)


def refer_until_it_breaks(http: httpx.Client, task: dict, kept: list[str]) -> None:
    """Acknowledged ids into ``kept``, until the line breaks."""
    with contextlib.suppress(httpx.HTTPError):
        while True:
            answer = http.post("/Task", json=task)
            if answer.status_code != 201:
                return
            kept.append(f"Task/{answer.json()['id']}")


def kill(running: Served) -> None:
    os.kill(running.process.pid, signal.SIGKILL)
    running.process.wait(10)


def again(place) -> Served:
    running = start(place, free_port(), **SETTINGS)
    wait_until_ready(running)
    return running


def wait_until(http: httpx.Client, id: str, status: str) -> None:
    for _ in range(600):
        if http.get(f"/Subscription/{id}").json()["status"] == status:
            return
        time.sleep(0.1)
    raise AssertionError(f"it is not {status}")


def test_a_kill_between_the_write_and_the_telling_loses_nothing(place) -> None:
    running, kept = again(place), []
    try:
        with receiver() as endpoint:
            pratama = client_of(running.url, "pratama-simrs")
            wanted = subscription("referral-received", endpoint.url, max_count=3)
            one = pratama.post("/Subscription", json=wanted).json()["id"]
            wait_until(pratama, one, "active")
            rsud = client_of(running.url, "rsud-simrs")
            task = task_of(rsud)
            endpoint.answers = [503] * 2  # what is written now cannot be told before the kill
            for _ in range(5):
                kept.append(f"Task/{rsud.post('/Task', json=task).json()['id']}")
            kill(running)
            for _ in range(2):  # and in the middle of it
                running = again(place)
                known = len(kept)
                with ThreadPoolExecutor(4) as systems:
                    clients = [client_of(running.url, "rsud-simrs") for _ in range(4)]
                    writing = [systems.submit(refer_until_it_breaks, http, task, kept) for http in clients]
                    while len(kept) < known + 60:
                        time.sleep(0.01)
                    kill(running)
                    for work in writing:
                        work.result()
            running = again(place)
            endpoint.wait(lambda: set(kept) <= {focus for focus, _ in events(endpoint)}, 120)
            check(endpoint, kept)
    finally:
        stop(running)


def events(endpoint) -> list[tuple[str, int]]:
    return [(event["focus"], event["number"]) for message in endpoint.events for event in told(message.bundle)]


def check(endpoint, kept: list[str]) -> None:
    first: dict[int, str] = {}
    for focus, number in events(endpoint):
        assert first.setdefault(number, focus) == focus, "a number means one event"
    assert list(first) == list(range(1, len(first) + 1)), "in order, without a gap"
    assert len(set(first.values())) == len(first) and len(first) >= len(kept), "each event has one number"


LEADERS = """
select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = $1::bigint::oid and granted
"""


async def test_when_the_one_that_sends_is_cut_off_another_goes_on(place) -> None:
    running = again(place)
    database = await kernel.Database.connect(running.dsn, 1)
    try:
        with receiver() as endpoint:
            pratama, rsud = client_of(running.url, "pratama-simrs"), client_of(running.url, "rsud-simrs")
            one = pratama.post("/Subscription", json=subscription("referral-received", endpoint.url)).json()["id"]
            wait_until(pratama, one, "active")
            task, kept, cut = task_of(rsud), [], 0
            for _ in range(8):
                answer = rsud.post("/Task", json=task)
                assert answer.status_code == 201
                kept.append(f"Task/{answer.json()['id']}")
                cut += len(await database.fetch(LEADERS, LOCK))
                endpoint.wait(lambda: kept[-1] in {focus for focus, _ in events(endpoint)})
            assert cut, "somebody was cut off"
            check(endpoint, kept)
    finally:
        await database.close()
        stop(running)
