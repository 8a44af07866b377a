"""What can be subscribed to, how, and who sees it."""

from uuid import UUID

import pytest
from receiving import GUIDE, subscription

URL = "https://simrs.contoh.example/fhir"


def told(answer) -> dict[str, str]:
    """Element -> what is wrong with it."""
    assert answer.status_code == 400, answer.text
    return {"".join(issue.get("expression", "")): issue["details"]["text"] for issue in answer.json()["issue"]}


async def test_what_is_sent_comes_back_with_what_the_server_says(office) -> None:
    sent = subscription("referral-received", URL, "id-only", "Task?priority=urgent", heartbeat_period=60, max_count=5)
    made = await office.pratama.post(sent)
    assert made["meta"]["versionId"] == "1" and made["status"] == "requested"
    extensions = made["channel"].pop("extension")
    assert [one for one in extensions if one["url"].startswith(GUIDE)] == sent["channel"].pop("extension")
    assert made | {"id": None, "meta": sent["meta"]} == sent | {"id": None}
    assert await office.pratama.read(f"Subscription/{made['id']}") == made | {
        "channel": sent["channel"] | {"extension": extensions[:2]}
    }, "the secret is shown once"


WRONG = {
    "topic": (lambda one: one.update(criteria="Observation?code=x"), "Subscription.criteria"),
    "kind of filter": (lambda one: _filter(one, "Patient?name=siti"), "Subscription.criteria.extension"),
    "filter": (lambda one: _filter(one, "Task?patient.identifier=1"), "Subscription.criteria.extension"),
    "modifier": (lambda one: _filter(one, "Task?status:not=x"), "Subscription.criteria.extension"),
    "channel": (lambda one: one["channel"].update(type="email"), "Subscription.channel.type"),
    "endpoint": (lambda one: one["channel"].pop("endpoint"), "Subscription.channel.endpoint"),
    "payload": (lambda one: one["channel"].update(payload="text/plain"), "Subscription.channel.payload"),
    "content": (lambda one: one["channel"].pop("_payload"), "Subscription.channel.payload.extension"),
    "header": (lambda one: one["channel"].update(header=["A: b\r\nC: d"]), "Subscription.channel.header[0]"),
    "our header": (lambda one: one["channel"].update(header=["Host: x"]), "Subscription.channel.header[0]"),
    "signature": (lambda one: one["channel"].update(header=["Webhook-Id: x"]), "Subscription.channel.header[0]"),
    "hidden": (lambda one: one["channel"].update(header=["Authorization: ***"]), "Subscription.channel.header[0]"),
    "headers": (lambda one: one["channel"].update(header=["A: " + "b" * 5000]), "Subscription.channel.header"),
    "end": (lambda one: one.update(end="2020-01-01T00:00:00Z"), "Subscription.end"),
    "no status": (lambda one: one.pop("status"), "Subscription.status"),
}


def _filter(one: dict, text: str) -> None:
    one["_criteria"] = {"extension": [{"url": f"{GUIDE}backport-filter-criteria", "valueString": text}]}


@pytest.mark.parametrize("name", WRONG)
async def test_each_fault_is_named(office, name) -> None:
    change, path = WRONG[name]
    sent = subscription("referral-received", URL)
    change(sent)
    answer = await office.pratama.http.post("/Subscription", json=sent)
    assert path in told(answer)


@pytest.mark.parametrize(("name", "value"), [("heartbeat_period", 90_000), ("timeout", 61), ("timeout", 0)])
async def test_times_have_limits(office, name, value) -> None:
    answer = await office.pratama.http.post(
        "/Subscription", json=subscription("referral-received", URL, **{name: value})
    )
    assert "must be from" in told(answer)["Subscription.channel.extension"]


async def test_nobody_sees_anothers(office) -> None:
    one = await office.pratama.post(subscription("referral-received", URL))
    http, place = office.rsud.http, f"/Subscription/{one['id']}"
    for answer in (
        await http.get(place), await http.put(place, json=one), await http.delete(place), await http.get(f"{place}/$status"),
        await http.get(f"{place}/$events"), await http.post(f"{place}/$renew-secret"),
        await http.get(f"{place}/$get-ws-binding-token"),
    ):  # fmt: skip
        assert answer.status_code == 404, answer.text
    assert (await http.get("/Subscription")).json()["total"] == 0
    assert (await http.get("/Subscription/$status")).json()["total"] == 0
    assert (await office.pratama.http.get("/Subscription")).json()["total"] == 1


async def test_no_other_way_leads_to_them(office) -> None:
    """The store's own ways know of none: history, patches, transactions, labels."""
    one = await office.pratama.post(subscription("referral-received", URL))
    http, place = office.pratama.http, f"/Subscription/{one['id']}"
    patch = {"headers": {"Content-Type": "application/json-patch+json"}, "content": b"[]"}
    entry = {"resource": subscription("referral-received", URL), "request": {"method": "POST", "url": "Subscription"}}
    for answer in (
        await http.get(f"{place}/_history"), await http.get("/Subscription/_history"), await http.patch(place, **patch),
        await http.get(f"{place}/$meta"), await http.get(f"{place}/_history/1"),
        await http.post("", json={"resourceType": "Bundle", "type": "transaction", "entry": [entry]}),
    ):  # fmt: skip
        assert answer.status_code in (403, 404), answer.text
    assert "changed by PUT" in (await http.patch(place, **patch)).text
    batch = await http.post("", json={"resourceType": "Bundle", "type": "batch", "entry": [entry]})
    assert batch.json()["entry"][0]["response"]["status"] == "201", "the entries of a batch go the usual way"


async def test_what_opens_the_endpoint_is_not_shown_again(office) -> None:
    sent = subscription("referral-received", URL)
    sent["channel"]["header"] = ["Authorization: Bearer kunci-rumah", "X-Rumah: sakit"]
    made = await office.pratama.post(sent)
    assert made["channel"]["header"] == ["Authorization: ***", "X-Rumah: ***"]
    read = await office.pratama.read(f"Subscription/{made['id']}")
    changed = await office.pratama.put(read | {"reason": "Lain"})
    kept = await office.sekali.subscriptions.book.one(UUID(made["id"]))
    assert kept.content["channel"]["header"] == sent["channel"]["header"], "what came back as shown stays"
    elsewhere = changed | {"channel": changed["channel"] | {"endpoint": "https://lain.example/"}}
    answer = await office.pratama.http.put(f"/Subscription/{made['id']}", json=elsewhere)
    assert "Subscription.channel.header[0]" in told(answer), "but not for another endpoint"


async def test_an_update_needs_the_version_that_was_read(office) -> None:
    made = await office.pratama.post(subscription("referral-received", URL))
    place = f"/Subscription/{made['id']}"
    assert (await office.pratama.put(made | {"status": "off"}))["status"] == "off"
    for answer in (
        await office.pratama.http.put(place, json=made, headers={"If-Match": 'W/"1"'}),
        await office.pratama.http.delete(place, headers={"If-Match": 'W/"1"'}),
    ):
        assert answer.status_code == 412
    assert (await office.pratama.http.delete(place)).status_code == 204
    assert (await office.pratama.http.get(place)).status_code == 404


async def test_the_topic_stays(office) -> None:
    made = await office.pratama.post(subscription("referral-received", URL))
    other = made | {"criteria": "urn:sekali:topic:patient-changed"}
    answer = await office.pratama.http.put(f"/Subscription/{made['id']}", json=other)
    assert "create another" in told(answer)["Subscription.criteria"]


async def test_they_are_found_by_what_they_say(office) -> None:
    one = await office.pratama.post(subscription("referral-received", URL))
    await office.pratama.put((await office.pratama.post(subscription("patient-changed"))) | {"status": "off"})

    async def found(**params) -> list[str]:
        answer = await office.pratama.http.get("/Subscription", params=params)
        assert answer.status_code == 200, answer.text
        return [entry["resource"]["id"] for entry in answer.json().get("entry", ())]

    assert await found(url=URL) == await found(status="requested") == await found(_id=one["id"]) == [one["id"]]
    assert len(await found()) == 2 and await found(type="email") == []
    form = await office.pratama.http.post("/Subscription/_search", data={"status": "requested"},
                                          headers={"Content-Type": "application/x-www-form-urlencoded"})  # fmt: skip
    assert form.json()["total"] == 1
    assert (await office.pratama.http.get("/Subscription?nama=x")).status_code == 400
    status = (await office.pratama.http.get("/Subscription/$status", params={"status": "off"})).json()
    assert status["total"] == 1


async def test_a_client_has_at_most_twenty(office) -> None:
    for _ in range(20):
        await office.pratama.post(subscription("referral-received", URL))
    answer = await office.pratama.http.post("/Subscription", json=subscription("referral-received", URL))
    assert answer.status_code == 400 and "20 Subscriptions" in answer.text
    await office.rsud.post(subscription("referral-received", URL))


async def test_what_a_client_does_with_them_is_audited(office) -> None:
    made = await office.pratama.post(subscription("referral-received", URL))
    await office.pratama.http.post(f"/Subscription/{made['id']}/$renew-secret")
    await office.pratama.put(made | {"status": "off"})
    await office.pratama.http.delete(f"/Subscription/{made['id']}")
    rows = await office.sekali.database.fetch(
        "select what, detail from audit.event where kind = 'subscribed' order by seq"
    )
    assert {row["what"] for row in rows} == {f"Subscription/{made['id']}"}
    assert [row["detail"] for row in rows] == [
        "created, referral-received, rest-hook, id-only", "a new secret", "off, referral-received, rest-hook, id-only", "deleted",
    ]  # fmt: skip


async def test_metadata_tells_the_topics(office) -> None:
    statement = (await office.pratama.http.get("/metadata")).json()
    [rest] = statement["rest"]
    assert rest["extension"][0]["valueUri"] == "ws://sekali/fhir-r4/v1/subscriptions"
    [kind] = [one for one in rest["resource"] if one["type"] == "Subscription"]
    assert {one["url"].rpartition("/")[2] for one in kind["extension"]} == {
        "capabilitystatement-subscriptiontopic-canonical"
    }
    assert {one["valueCanonical"] for one in kind["extension"]} == {
        f"urn:sekali:topic:{name}"
        for name in ("referral-received", "referral-changed", "encounter-changed", "result-ready", "patient-changed")
    }
    assert {one["name"] for one in kind["operation"]} == {"status", "events", "get-ws-binding-token", "renew-secret"}
    assert {one["code"] for one in kind["interaction"]} == {"read", "create", "update", "delete", "search-type"}
