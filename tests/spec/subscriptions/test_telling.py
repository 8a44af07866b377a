"""Who is told of what, how much, in which order, and what the audit says of it."""

import asyncio
from uuid import UUID

from payloads import encounter
from receiving import said, subscription, told

ORGANIZATION = "Organization/"


async def accepted(hospital, task: dict, status: str = "accepted") -> dict:
    return await hospital.put(await hospital.read(f"Task/{task['id']}") | {"status": status})


async def events_of(office, one: dict, **asked) -> dict:
    answer = await office.pratama.http.get(f"/Subscription/{one['id']}/$events", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_hospital_learns_of_a_referral(office, endpoint) -> None:
    one = await office.pratama.post(subscription("referral-received", endpoint.url))
    assert one["status"] == "requested"
    await office.tell()
    assert (await office.pratama.read(f"Subscription/{one['id']}"))["status"] == "active"
    assert [message.kind for message in endpoint.messages] == ["handshake"]

    person = await office.rsud.person()
    task = await office.rsud.refer(person, office.pratama.organization)
    await office.tell()
    [message] = endpoint.events
    assert said(message.bundle) | {"subscription": None} == {
        "subscription": None, "topic": "urn:sekali:topic:referral-received", "status": "active",
        "type": "event-notification", "events-since-subscription-start": "1",
    }  # fmt: skip
    [event] = told(message.bundle)
    assert event["focus"] == f"Task/{task['id']}"
    assert event["context"] == [task["focus"]["reference"], f"Patient/{person['id']}"]
    assert len(message.bundle["entry"]) == 1, "ids only"
    assert message.headers["content-type"] == "application/fhir+json"
    assert message.path == "/fhir?rahasia=1"


async def test_only_the_hospital_that_is_asked(office, endpoint) -> None:
    await office.rsud.post(subscription("referral-received", endpoint.url))
    await office.rsud.refer(await office.rsud.person(), office.pratama.organization)
    await office.tell()
    assert endpoint.events == []


async def test_a_referral_that_is_passed_on_is_news_to_the_next(office, endpoint) -> None:
    task = await office.rsud.refer(await office.rsud.person(), office.rsud.organization)
    one = await office.pratama.post(subscription("referral-received", endpoint.url))
    moved = await office.rsud.put(task | {"owner": {"reference": ORGANIZATION + office.pratama.organization}})
    await office.rsud.put(moved | {"description": "nothing of it changes"})
    await accepted(office.pratama, task)
    await office.tell()
    assert [event["focus"] for event in told(await events_of(office, one))] == [f"Task/{task['id']}"]
    assert endpoint.numbers == [1]


async def test_the_answer_comes_back_to_who_asked(office, endpoint) -> None:
    task = await office.rsud.refer(await office.rsud.person(), office.pratama.organization)
    await office.rsud.post(subscription("referral-changed", endpoint.url, "full-resource"))
    await office.tell()
    await accepted(office.pratama, task)
    await office.tell()
    [message] = endpoint.events
    resources = [entry["resource"] for entry in message.bundle["entry"][1:]]
    assert [one["resourceType"] for one in resources] == ["Task", "ServiceRequest", "Patient"]
    assert resources[0]["status"] == "accepted"
    entry = message.bundle["entry"][1]
    assert entry["request"] == {"method": "PUT", "url": f"Task/{task['id']}"}
    assert entry["response"]["etag"] == 'W/"2"'
    assert entry["fullUrl"] == f"http://sekali/fhir-r4/v1/Task/{task['id']}"


async def test_a_filter_narrows(office, endpoint) -> None:
    await office.pratama.post(subscription("referral-received", endpoint.url, "id-only", "Task?priority=urgent,stat"))
    await office.rsud.refer(await office.rsud.person(), office.pratama.organization)
    urgent = await office.rsud.refer(await office.rsud.person(), office.pratama.organization, "urgent")
    await office.tell()
    assert [event["focus"] for event in told(endpoint.events[0].bundle)] == [f"Task/{urgent['id']}"]
    assert endpoint.numbers == [1]


async def test_a_visit_is_told_to_the_other_systems_of_its_facility(office, endpoint) -> None:
    await office.rsud.post(subscription("encounter-changed", endpoint.url, "id-only", "Encounter?status=finished"))
    visit = await office.rsud.visit(await office.rsud.person())
    await office.pratama.visit(await office.pratama.person())
    await office.rsud.put(visit | {"status": "finished"})
    await office.tell()
    [event] = [event for message in endpoint.events for event in told(message.bundle)]
    assert event["focus"] == f"Encounter/{visit['id']}"


async def test_a_result_is_told_to_who_asked_for_it(office, endpoint) -> None:
    person = await office.rsud.person()
    task = await office.rsud.refer(person, office.pratama.organization)
    await office.rsud.post(subscription("result-ready", endpoint.url))
    result = {
        "resourceType": "DiagnosticReport", "status": "registered", "code": {"text": "Darah lengkap"},
        "subject": {"reference": f"Patient/{person['id']}"}, "basedOn": [task["focus"]],
    }  # fmt: skip
    report = await office.pratama.post(result)
    final = await office.pratama.put(report | {"status": "final"})
    await office.pratama.put(final | {"conclusion": "the same status is no second news"})
    await office.pratama.post(
        {name: value for name, value in result.items() if name != "basedOn"} | {"status": "final"}
    )
    await office.tell()
    [event] = [event for message in endpoint.events for event in told(message.bundle)]
    assert event["focus"] == f"DiagnosticReport/{report['id']}" and task["focus"]["reference"] in event["context"]


async def test_results_of_somebody_elses_patient_are_not_had_by_asking_for_them(office, endpoint) -> None:
    """A ServiceRequest alone makes no relation: whoever writes one for a stranger is told nothing."""
    stranger = await office.rsud.person()
    await office.rsud.visit(stranger)
    request = await office.pratama.post({
        "resourceType": "ServiceRequest", "status": "active", "intent": "order", "code": {"text": "semua"},
        "subject": {"reference": f"Patient/{stranger['id']}"},
        "requester": {"reference": ORGANIZATION + office.pratama.organization},
    })  # fmt: skip
    await office.pratama.post(subscription("result-ready", endpoint.url, "full-resource"))
    await office.rsud.post({
        "resourceType": "Observation", "status": "final", "code": {"text": "x"},
        "subject": {"reference": f"Patient/{stranger['id']}"},
        "basedOn": [{"reference": f"ServiceRequest/{request['id']}"}],
    })  # fmt: skip
    await office.tell()
    assert endpoint.events == []


async def test_a_person_who_changes_is_told_to_those_who_care(office, endpoint) -> None:
    await office.pratama.post(subscription("patient-changed", endpoint.url))
    cared, stranger = await office.rsud.person(), await office.rsud.person()
    await office.pratama.visit(cared)
    await office.rsud.put(stranger | {"gender": "male"})
    changed = await office.rsud.put(cared | {"gender": "male"})
    await office.rsud.put(changed)
    await office.tell()
    events = [event for message in endpoint.events for event in told(message.bundle)]
    assert [event["focus"] for event in events] == [f"Patient/{cared['id']}"], (
        "a version in which nothing changes is no news"
    )


async def test_what_was_taken_back_is_never_told(office, endpoint) -> None:
    await office.pratama.post(subscription("referral-received", endpoint.url))
    person = await office.rsud.person()
    request = await office.rsud.refer(person, office.rsud.organization)
    task = {
        "resourceType": "Task", "status": "requested", "intent": "order", "focus": request["focus"],
        "for": {"reference": f"Patient/{person['id']}"}, "owner": {"reference": ORGANIZATION + office.pratama.organization},
    }  # fmt: skip
    broken = {"resourceType": "Condition", "subject": {"reference": "Patient/00000000-0000-8000-8000-000000000000"}}
    entries = [{"resource": one, "request": {"method": "POST", "url": one["resourceType"]}} for one in (task, broken)]
    answer = await office.rsud.http.post("", json={"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert answer.status_code == 400
    tried = await office.rsud.http.post("/Task/$validate?mode=create", json=task)
    assert tried.status_code == 200
    await office.tell()
    assert endpoint.events == []
    assert await office.sekali.database.fetchval("select count(*) from subscription.event") == 0


async def test_one_transaction_may_hold_several_events(office, endpoint) -> None:
    await office.pratama.post(subscription("referral-received", endpoint.url, max_count=2))
    await office.rsud.post(subscription("referral-changed", endpoint.url))
    tasks = [await office.rsud.refer(await office.rsud.person(), office.pratama.organization) for _ in range(3)]
    entries = [
        {"resource": task | {"status": "cancelled"}, "request": {"method": "PUT", "url": f"Task/{task['id']}"}}
        for task in tasks
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    assert (await office.rsud.http.post("", json=bundle)).status_code == 200
    await office.tell()
    received = [message.numbers for message in endpoint.events if "received" in said(message.bundle)["topic"]]
    assert received == [[1, 2], [3]], "at most so many in one message"
    changed = [message.numbers for message in endpoint.events if "changed" in said(message.bundle)["topic"]]
    assert changed == [[1, 2, 3]]


async def test_many_at_once_get_numbers_without_a_gap(office, endpoint) -> None:
    one = await office.pratama.post(subscription("referral-received", endpoint.url, max_count=7))
    await office.tell()
    task = await office.rsud.refer(await office.rsud.person(), office.rsud.organization)
    task = {name: value for name, value in task.items() if name not in ("id", "meta")}
    task["owner"] = {"reference": ORGANIZATION + office.pratama.organization}
    book = office.sekali.subscriptions.book
    asked = [office.rsud.post(task) for _ in range(40)]
    counted = [book.number(UUID(one["id"])) for _ in range(20)]
    made = await asyncio.gather(*asked, *counted)
    await asyncio.gather(office.tell(), office.tell())
    first = dict.fromkeys(endpoint.numbers)
    assert list(first) == list(range(1, 41))
    focus = {event["focus"] for message in endpoint.events for event in told(message.bundle)}
    assert focus == {f"Task/{answer['id']}" for answer in made[:40]}


# How much is told


async def test_empty_tells_that_something_happened(office, endpoint) -> None:
    await office.pratama.post(subscription("referral-received", endpoint.url, "empty"))
    await office.rsud.refer(await office.rsud.person(), office.pratama.organization)
    await office.tell()
    [message] = endpoint.events
    assert "topic" not in said(message.bundle) and len(message.bundle["entry"]) == 1
    [event] = told(message.bundle)
    assert event["focus"] is None and event["context"] == []
    assert await office.sekali.database.fetchval("select count(*) from audit.event where kind = 'notified'") == 0


async def test_a_relation_that_ended_ends_the_telling(office, endpoint) -> None:
    await office.pratama.post(subscription("referral-received", endpoint.url, "full-resource"))
    person = await office.rsud.person()
    await office.rsud.refer(person, office.pratama.organization)
    await office.sekali.database.execute("delete from care.relation where citizen = $1::text::uuid", person["id"])
    await office.tell()
    [message] = endpoint.events
    assert person["id"] not in message.body.decode() and len(message.bundle["entry"]) == 1
    assert [event["number"] for event in told(message.bundle)] == [1], "that something happened is told, no more"


async def test_a_client_that_is_no_more_is_told_nothing(office, endpoint) -> None:
    one = await office.pratama.post(subscription("referral-received", endpoint.url))
    await office.rsud.refer(await office.rsud.person(), office.pratama.organization)
    await office.sekali.database.execute("delete from security.client where id = 'pratama-simrs'")
    await office.tell()
    assert endpoint.messages == []
    row = await office.sekali.database.fetchrow(
        "select status, error from subscription.subscription where id = $1::text::uuid", one["id"]
    )
    assert (row["status"], row["error"]) == ("off", "Its client is no more.")


async def test_each_message_about_a_person_is_audited(office, endpoint) -> None:
    one = await office.pratama.post(subscription("referral-received", endpoint.url))
    person = await office.rsud.person()
    await office.rsud.refer(person, office.pratama.organization)
    await office.tell()
    rows = await office.sekali.database.fetch(
        "select actor_name, role, facility, citizen, what from audit.event where kind = 'notified'"
    )
    assert [(row["actor_name"], str(row["facility"]), str(row["citizen"]), row["what"]) for row in rows] == [
        ("pratama-simrs", office.pratama.organization, person["id"], f"Subscription/{one['id']}")
    ]


async def test_nobody_who_cannot_be_reached_is_in_the_audit(office) -> None:
    """The data have not left: the connection comes first."""
    await office.pratama.post(subscription("referral-received", "http://127.0.0.1:9/"))
    await office.sekali.database.execute("update subscription.subscription set shaken = true, status = 'active'")
    await office.rsud.refer(await office.rsud.person(), office.pratama.organization)
    await office.tell()
    assert await office.sekali.database.fetchval("select count(*) from audit.event where kind = 'notified'") == 0
    assert await office.sekali.database.fetchval("select failures from subscription.subscription") == 1


async def test_what_is_loaded_from_elsewhere_is_no_news(office, endpoint, loading) -> None:
    await office.pratama.post(subscription("encounter-changed", endpoint.url))
    person = await office.pratama.person()
    async with office.sekali.store.change(loading) as change:
        await change.create(encounter(office.pratama.organization, person["id"], office.pratama.location))
    await office.tell()
    assert endpoint.events == []
