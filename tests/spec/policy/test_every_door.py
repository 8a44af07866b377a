"""The doors beside reading and searching, each asked over HTTP by a hospital that may not see: in bulk, by operations, in
batches, in other forms, by what goes wrong, by notifications. No planted byte in bodies, headers, addresses or counts.
"""

import json
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest
from policy_world import ACT, BASE, CLASSES, Person, leaked
from receiving import Receiver, receiver, subscription

from sekali import fhir

DENIED = tuple(label for label in CLASSES if label)


@pytest.fixture
async def known(world) -> Person:
    """Somebody whom the asker cares for: what is ordinary may be seen, the rest not."""
    person = await world.person()
    await world.care_for(person, "asker")
    return person


@pytest.fixture
async def stranger(world) -> Person:
    """Somebody with whom nothing connects the asker."""
    return await world.person()


def sealed(person: Person) -> list[str]:
    return [person.secrets[label] for label in DENIED] + [person.conditions[label] for label in DENIED]


def all_of(person: Person) -> list[str]:
    """Everything of a stranger, the ids of what was written of them too."""
    return [*person.secrets.values(), *person.conditions.values(), *person.encounters.values()]


async def test_in_bulk(world, asker, known, stranger, city) -> None:
    group = {
        "resourceType": "Group", "type": "person", "actual": True,
        "member": [{"entity": {"reference": one.reference}} for one in (known, stranger)],
    }  # fmt: skip
    made = await asker.post(f"{BASE}/Group", json=group)
    paths = ["Patient/$export", "Patient/$export?_type=Condition,Encounter", "Patient/$export?_typeFilter=Condition%3Fcode%3DB20",
             f"Patient/$export?patient={known.reference},{stranger.reference}"]  # fmt: skip
    assert made.status_code == 201, made.text
    paths.append(f"Group/{made.json()['id']}/$export")
    kept = 0
    for path in paths:
        begun = await asker.get(f"{BASE}/{path}", headers={"Prefer": "respond-async"})
        answers = [begun]
        if begun.status_code == 202:
            while await city.bulk.worker().once():
                pass
            answers.append(await asker.get(begun.headers["content-location"]))
            manifest = answers[-1].json()
            for part in manifest["output"] + manifest["error"] + manifest.get("deleted", []):
                answers.append(await asker.get(part["url"], headers={"Accept": "application/fhir+ndjson"}))
                assert len(answers[-1].content.splitlines()) == part["count"]
        for answer in answers:
            assert not leaked(answer, sealed(known) + all_of(stranger)), (path, answer.text[:300])
        kept += sum(known.secrets[""] in answer.text for answer in answers)
    assert kept, "what is open did come"
    assert (await asker.get(f"{BASE}/$export", headers={"Prefer": "respond-async"})).status_code == 403


async def test_nobody_elses_bulk_files(world, asker, known, city) -> None:
    begun = await asker.get(f"{BASE}/Patient/$export", headers={"Prefer": "respond-async"})
    while await city.bulk.worker().once():
        pass
    manifest = (await asker.get(begun.headers["content-location"])).json()
    async with await world.client("other") as other:
        for url in [begun.headers["content-location"], *(part["url"] for part in manifest["output"])]:
            answer = await other.get(url, headers={"Accept": "application/fhir+ndjson"})
            assert answer.status_code in (403, 404) and not leaked(answer, list(known.secrets.values())), url


OPERATIONS = (
    "$summary", "$everything", "$everything?_type=Condition,Encounter", "$everything?_since=2020-01-01",
    "$everything?start=2020-01-01", "$everything?_count=1",
)  # fmt: skip


async def test_by_operations(asker, known, stranger) -> None:
    shown = 0
    for path in OPERATIONS:
        for person, hidden in ((known, sealed(known)), (stranger, all_of(stranger))):
            answer = await asker.get(f"{BASE}/{person.reference}/{path}")
            assert not leaked(answer, hidden), (path, answer.text[:500])
            shown += known.secrets[""] in answer.text
            while answer.status_code == 200 and (onwards := _next(answer)):
                answer = await asker.get(onwards)
                assert not leaked(answer, hidden), path
    assert shown, "what is open did come"
    for person in (known, stranger):
        wanted = {"resourceType": "Patient", "name": [{"text": person.name}], "birthDate": "1990-07-01"}
        wanted |= {"identifier": [{"system": fhir.NIK, "value": person.nik}]}
        answer = await asker.post(f"{BASE}/Patient/$match", json=wanted)
        assert not leaked(answer, [*person.secrets.values(), *person.conditions.values()])


def _next(answer: httpx.Response) -> str | None:
    links = answer.json().get("link", []) if "json" in answer.headers["content-type"] else []
    return next((one["url"] for one in links if one["relation"] == "next"), None)


ASKED = (
    "Condition?subject={person}&_include=Condition:encounter",
    "Encounter?subject={person}&_include=Encounter:diagnosis",
    "Encounter?subject={person}&_include=Encounter:diagnosis&_include:iterate=Condition:encounter",
    "Encounter?subject={person}&_revinclude=Condition:encounter",
    "Condition?subject={person}&_summary=count", "Condition?subject={person}&_elements=code",
    "Condition?subject={person}&code:text=RAHASIA", "Condition?subject={person}&code:in=http://hl7.org/fhir/ValueSet/x",
    "Condition?subject={person}&_lastUpdated=ge2020-01-01&_sort=-_lastUpdated", "Condition?encounter={visit}",
    "Condition?encounter.subject={person}", "Encounter?diagnosis.code=B20&subject={person}",
    "Patient?_id={id}&_has:Condition:patient:code=B20", "Condition/{condition}", "Condition/{condition}/_history",
    "Condition?_id={condition}", "Encounter/{visit}",
)  # fmt: skip
"""Asked of what is of the class HIV."""


def asked(person: Person) -> list[str]:
    return [
        path.format(person=person.reference, id=person.id, visit=person.encounters["HIV"], condition=person.conditions["HIV"])
        for path in ASKED
    ]  # fmt: skip


def hidden_in(url: str, person: Person, known: bool) -> list[str]:
    """What may not be sent; an id that the asker named itself may come back in the answer's own link."""
    return [one for one in (sealed(person) if known else all_of(person)) if one not in url]


@pytest.mark.parametrize("form", ["application/fhir+json", "application/fhir+xml"])
async def test_in_every_form(asker, known, stranger, form) -> None:
    for person in (known, stranger):
        for url in asked(person):
            answer = await asker.get(f"{BASE}/{url}", headers={"Accept": form})
            assert not leaked(answer, hidden_in(url, person, person is known)), (url, answer.text[:500])
            kind, mark, query = url.partition("?")
            if mark:
                answer = await asker.post(
                    f"{BASE}/{kind}/_search",
                    content=query,
                    headers={"Content-Type": "application/x-www-form-urlencoded"},
                )
                assert not leaked(answer, hidden_in(url, person, person is known)), url


async def test_in_a_batch(asker, known, stranger) -> None:
    for person in (known, stranger):
        for url in asked(person):
            bundle = {
                "resourceType": "Bundle",
                "type": "batch",
                "entry": [{"request": {"method": "GET", "url": url}}],
            }
            answer = await asker.post(BASE, json=bundle)
            assert not leaked(answer, hidden_in(url, person, person is known)), (url, answer.text[:500])


async def test_counts_are_of_what_may_be_seen(asker, known) -> None:
    open_ = await asker.get(f"{BASE}/Condition?subject={known.reference}&_summary=count")
    assert open_.json()["total"] == 1
    for query in ("_total=accurate", "_count=0", "_total=accurate&_count=1"):
        answer = await asker.get(f"{BASE}/Condition?subject={known.reference}&{query}")
        assert answer.json()["total"] == 1, query
    for code in (CLASSES[label] for label in DENIED):
        answer = await asker.get(f"{BASE}/Condition?subject={known.reference}&code={code}&_total=accurate")
        assert answer.json()["total"] == 0, code


async def test_what_goes_wrong_tells_nothing(asker, known) -> None:
    """The same word of what is sealed and of what never was, however it is asked to fail."""
    id, never = known.conditions["HIV"], str(uuid4())
    body = {"resourceType": "Condition", "subject": {"reference": known.reference}, "code": {"text": "x"}}
    patch = {"Content-Type": "application/json-patch+json"}
    ways = (
        lambda one: asker.patch(f"{BASE}/Condition/{one}", json=[{"op": "remove", "path": "/code"}], headers=patch),
        lambda one: asker.delete(f"{BASE}/Condition/{one}"),
        lambda one: asker.get(f"{BASE}/Condition/{one}/_history/7"),
        lambda one: asker.get(f"{BASE}/Condition/{one}/$meta"),
        lambda one: asker.get(f"{BASE}/Condition/{one}", headers={"If-None-Match": 'W/"1"'}),
        lambda one: asker.put(
            f"{BASE}/Condition?_id={one}", json=body | {"id": one}, headers={"If-Match": 'W/"9"'}
        ),
    )  # fmt: skip
    for number, ask in enumerate(ways):
        there, nowhere = await ask(id), await ask(never)
        assert not leaked(there, list(known.secrets.values())), number
        assert there.status_code == nowhere.status_code, (number, there.text[:300], nowhere.text[:300])
        assert there.text.replace(id, "") == nowhere.text.replace(never, ""), number


@pytest.fixture
def endpoint() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.mark.parametrize("label", ["", "HIV"])
async def test_by_notifications(world, asker, known, endpoint, city, label) -> None:
    """A result that the asker's own request led to, and that the person keeps closed to it."""
    for topic in ("result-ready", "referral-received", "encounter-changed"):
        made = await asker.post(f"{BASE}/Subscription", json=subscription(topic, endpoint.url, "full-resource"))
        assert made.status_code == 201, made.text
        if topic == "result-ready":
            listening = made.json()["id"]
    await city.subscriptions.sender.once()
    places = {key: {"reference": f"Organization/{id}"} for key, id in world.places.items()}
    about = {"subject": {"reference": known.reference}}
    async with city.store.change(world.system("asker")) as change:
        order = await change.create(
            {
                "resourceType": "ServiceRequest",
                "status": "active",
                "intent": "order",
                "requester": places["asker"],
                **about,
            }
        )
    secret = f"RAHASIA-HASIL-{label}"
    closed = {"meta": {"security": [{"system": ACT, "code": label}]}} if label else {}
    async with city.store.change(world.system("writer")) as change:
        await change.create(
            {"resourceType": "Observation", "status": "final", "basedOn": [{"reference": order.reference}],
             "code": {"text": secret}, "valueString": secret, **about, **closed}
        )  # fmt: skip
    await city.database.execute("update subscription.subscription set due_at = now() - interval '1 second'")
    await city.subscriptions.sender.once()
    sent = [json.dumps(one.headers) + one.body.decode() for one in endpoint.messages]
    events = await asker.get(f"{BASE}/Subscription/{listening}/$events?content=full-resource")
    assert endpoint.messages and events.status_code == 200
    assert not leaked(events, sealed(known)) and not [one for one in sealed(known) if any(one in text for text in sent)]
    told = [secret in events.text, any(secret in text for text in sent)]
    assert told == ([False, False] if label else [True, True])
