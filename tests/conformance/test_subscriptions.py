"""A hospital's system that is told, by POST and by websocket, by a running Sekali with all its processes."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from examples import needs_npm
from payloads import asking, encounter, referral
from receiving import Receiver, receiver, said, subscription, told
from standardwebhooks import Webhook
from test_npm_clients import steps_of
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

SECRET = "urn:sekali:subscription-secret"


@pytest.fixture
def hospital_http(served, other_token) -> Iterator[httpx.Client]:
    """The system of the hospital that receives."""
    headers = {"Authorization": f"Bearer {other_token}", "Content-Type": "application/fhir+json"}
    with httpx.Client(base_url=f"{served.url}/fhir-r4/v1", headers=headers, timeout=20) as client:
        yield client
        for entry in client.get("/Subscription").json().get("entry", ()):
            client.delete(f"/Subscription/{entry['resource']['id']}")


@pytest.fixture
def endpoint() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def refer(http, patient, organization, location, hospital):
    """Somebody new is referred: the Task."""
    person = http.post("/Patient", json=patient).json()["data"]["patient_id"]
    visit = http.post("/Encounter", json=encounter(organization, person, location)).json()["id"]

    def run() -> dict:
        request = http.post("/ServiceRequest", json=referral(person, visit, organization, hospital)).json()["id"]
        answer = http.post("/Task", json=asking(person, request, organization, hospital))
        assert answer.status_code == 201, answer.text
        return answer.json()

    return run


def made(client: httpx.Client, wanted: dict) -> dict:
    answer = client.post("/Subscription", json=wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()


def active(client: httpx.Client, id: str) -> dict:
    """The Subscription once it is active."""
    for _ in range(600):
        one = client.get(f"/Subscription/{id}").json()
        if one["status"] == "active":
            return one
        time.sleep(0.1)
    raise AssertionError(one)


@pytest.mark.shows(
    "Subscriptions: topics, filters", "Subscriptions: rest-hook, signed, tried again", "Subscriptions: $status, $events"
)
def test_a_hospital_learns_of_a_referral_at_once(hospital_http, endpoint, refer) -> None:
    one = made(hospital_http, subscription("referral-received", endpoint.url, "full-resource", "Task?priority=urgent"))
    active(hospital_http, one["id"])
    refer()
    changed = hospital_http.put(
        f"/Subscription/{one['id']}", json=subscription("referral-received", endpoint.url, "full-resource")
    )
    assert changed.json()["status"] == "requested"
    active(hospital_http, one["id"])
    tasks = [refer() for _ in range(3)]
    endpoint.wait(lambda: len(endpoint.numbers) >= 3)
    assert endpoint.numbers == [1, 2, 3]
    focus = [event["focus"] for message in endpoint.events for event in told(message.bundle)]
    assert focus == [f"Task/{task['id']}" for task in tasks]
    whole = [entry["resource"] for message in endpoint.events for entry in message.bundle["entry"][1:]]
    assert {task["id"] for task in tasks} <= {one["id"] for one in whole}
    [secret] = [found["valueString"] for found in one["channel"]["extension"] if found["url"] == SECRET]
    for message in endpoint.messages:
        Webhook(secret).verify(message.body, message.headers)
    status = hospital_http.get(f"/Subscription/{one['id']}/$status").json()["entry"][0]["resource"]
    assert {"name": "events-since-subscription-start", "valueString": "3"} in status["parameter"]
    missed = hospital_http.get(f"/Subscription/{one['id']}/$events?eventsSinceNumber=2").json()
    assert [event["number"] for event in told(missed)] == [2, 3] and said(missed)["type"] == "query-event"


# By websocket


@contextmanager
def bound(client: httpx.Client, id: str, as_json: bool = False) -> Iterator[ClientConnection]:
    """A connection that is bound and shaken hands with."""
    answer = client.get(f"/Subscription/{id}/$get-ws-binding-token").json()["parameter"]
    given = {one["name"]: next(value for name, value in one.items() if name != "name") for one in answer}
    assert given["subscription"] == id and given["expiration"] > "2026"
    with connect(given["websocket-url"]) as socket:
        in_json = json.dumps({"type": "bind-with-token", "payload": {"token": given["token"]}})
        socket.send(in_json if as_json else f"bind-with-token {given['token']}")
        handshake = json.loads(socket.recv(30))
        assert (said(handshake)["type"], said(handshake)["status"]) == ("handshake", "active")
        yield socket


def next_of(socket: ClientConnection, kind: str) -> dict:
    """The next message of a kind, within a minute of heartbeats."""
    for _ in range(60):
        bundle = json.loads(socket.recv(30))
        if said(bundle)["type"] == kind:
            return bundle
    raise AssertionError(f"no {kind}")


@pytest.mark.shows("Subscriptions: websocket")
def test_a_hospital_that_cannot_be_called_listens(hospital_http, refer) -> None:
    one = made(hospital_http, subscription("referral-received", heartbeat_period=1))
    with bound(hospital_http, one["id"]) as socket:
        task = refer()
        bundle = next_of(socket, "event-notification")
        assert [event["focus"] for event in told(bundle)] == [f"Task/{task['id']}"]
        next_of(socket, "heartbeat")
    missed = refer()
    with bound(hospital_http, one["id"], as_json=True) as socket:  # as Medplum's clients do
        bundle = next_of(socket, "event-notification")
        assert [(event["number"], event["focus"]) for event in told(bundle)] == [(2, f"Task/{missed['id']}")]
        hospital_http.delete(f"/Subscription/{one['id']}")
        with pytest.raises(ConnectionClosed) as closed:
            for _ in range(60):
                socket.recv(30)
        assert closed.value.rcvd.code == 1008, "what is not there any more is not listened to"


def test_one_connection_listens_to_several_and_binds_again(hospital_http, refer) -> None:
    ones = [
        made(hospital_http, subscription("referral-received")),
        made(hospital_http, subscription("patient-changed")),
    ]
    token = {one["name"]: one for one in hospital_http.get("/Subscription/$get-ws-binding-token").json()["parameter"]}
    with connect(token["websocket-url"]["valueUrl"]) as socket:
        for _ in range(2):
            socket.send(f"bind-with-token {token['token']['valueString']}")
            shaken = {said(next_of(socket, "handshake"))["subscription"]["reference"].rpartition("/")[2] for _ in ones}
            assert shaken == {one["id"] for one in ones}
        socket.send('{"type":"ping"}')
        assert json.loads(socket.recv(30)) == {"type": "pong"}
        tasks = [refer(), refer()]
        seen = []
        while len(seen) < 2:
            seen += told(next_of(socket, "event-notification"))
        assert [(one["number"], one["focus"]) for one in seen] == [(n + 1, f"Task/{tasks[n]['id']}") for n in range(2)]


@pytest.mark.parametrize(
    "said_first", [b"\x00", "halo", "bind-with-token palsu", "bind-with-token", '{"type":"x"}', "{", "é" * 100]
)
def test_whoever_cannot_bind_is_shut_out(served, said_first) -> None:
    with connect(served.url.replace("http", "ws") + "/fhir-r4/v1/subscriptions") as socket:
        socket.send(said_first)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(30)
        assert closed.value.rcvd.code == 1008


def test_a_large_message_is_not_taken(served) -> None:
    with connect(served.url.replace("http", "ws") + "/fhir-r4/v1/subscriptions") as socket:
        socket.send("x" * 100_000)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(30)
        assert closed.value.rcvd.code == 1009


# By a client that is not ours


@needs_npm
def test_fhir_kit_client_subscribes(served, hospital_http, other_token, endpoint, refer) -> None:
    wanted = subscription("referral-received", endpoint.url)
    told_of = steps_of("subscribing.mjs", {"base": f"{served.url}/fhir-r4/v1", "token": other_token, "wanted": wanted})
    assert set(told_of["topics"]["urls"]) >= {"urn:sekali:topic:referral-received"}
    one = told_of["create"]["resource"]
    active(hospital_http, one["id"])
    task = refer()
    endpoint.wait(lambda: endpoint.events)
    assert [event["focus"] for event in told(endpoint.events[0].bundle)] == [f"Task/{task['id']}"]
    assert told_of["search"]["ids"] == [one["id"]] and told_of["status"]["type"] == "searchset"
