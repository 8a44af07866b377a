"""What is not taken is sent again, in order, until it is taken or its time is over."""

from receiving import receiver, said, subscription, told


async def state(office, one: dict) -> dict:
    return await office.pratama.read(f"Subscription/{one['id']}")


async def begun(office, endpoint, **channel) -> dict:
    one = await office.pratama.post(subscription("referral-received", endpoint.url, **channel))
    await office.tell()
    return one


async def referred(office, times: int = 1) -> None:
    for _ in range(times):
        await office.rsud.refer(await office.rsud.person(), office.pratama.organization)


async def test_a_handshake_that_is_refused_is_an_error_and_is_tried_again(office, endpoint) -> None:
    endpoint.answers = [500]
    one = await begun(office, endpoint)
    now = await state(office, one)
    assert (now["status"], now["error"]) == ("error", "The endpoint answered 500.")
    await referred(office)
    await office.sekali.subscriptions.sender.once()
    assert len(endpoint.messages) == 1, "not before its pause is over"
    await office.tell()
    assert "error" not in await state(office, one) and (await state(office, one))["status"] == "active"
    assert [message.kind for message in endpoint.messages] == ["handshake", "handshake", "event-notification"]
    assert endpoint.messages[0].headers["webhook-id"] == endpoint.messages[1].headers["webhook-id"]


async def test_what_fails_is_sent_again_in_order(office, endpoint) -> None:
    one = await begun(office, endpoint, max_count=1)
    endpoint.answers = [200, 503, 302, 200]
    await referred(office, 3)
    for _ in range(3):
        await office.tell()
    assert [message.numbers for message in endpoint.events] == [[1], [2], [2], [2], [3]]
    ids = [message.headers["webhook-id"] for message in endpoint.events]
    assert ids[1] == ids[2] == ids[3] and len(set(ids)) == 3, "the same message has the same id"
    assert (await state(office, one))["status"] == "active"


async def test_no_redirect_is_followed(office, endpoint) -> None:
    with receiver() as elsewhere:
        endpoint.headers = {"Location": elsewhere.url}
        endpoint.answers = [307, 302]
        one = await begun(office, endpoint)
        await office.tell()
        assert elsewhere.messages == [] and (await state(office, one))["error"] == "The endpoint answered 302."


async def test_after_five_failures_the_status_is_error_and_after_days_off(office, endpoint) -> None:
    one = await begun(office, endpoint)
    await referred(office)
    endpoint.answers = [500] * 6
    seen = []
    for _ in range(5):
        await office.tell()
        seen.append((await state(office, one))["status"])
    assert seen == ["active"] * 4 + ["error"]
    pauses = await office.sekali.database.fetchval(
        "select extract(epoch from due_at - now()) from subscription.subscription"
    )
    assert 60 < pauses <= 80, "5 s, twice as long each time"
    await referred(office)
    await office.tell()
    assert endpoint.events[-1].numbers == [1, 2], "an error loses nothing"
    assert (await state(office, one))["status"] == "error"

    await office.sekali.database.execute(
        "update subscription.subscription set failing_since = now() - interval '73 hours'"
    )
    await office.sekali.subscriptions.book.tidy()
    assert (await state(office, one))["status"] == "off"
    sent = len(endpoint.messages)
    office.sekali.subscriptions.book._outbox.forget()
    await referred(office)
    await office.tell()
    assert len(endpoint.messages) == sent

    await office.pratama.put(await state(office, one) | {"status": "requested"})
    await office.tell()
    assert (await state(office, one))["status"] == "active"
    assert endpoint.events[-1].numbers == [1, 2], "it goes on where it stopped"


async def test_an_endpoint_that_is_gone_ends_it(office, endpoint) -> None:
    one = await begun(office, endpoint)
    endpoint.answers = [410]
    await referred(office)
    await office.tell()
    assert (await state(office, one))["status"] == "off"


async def test_an_end_is_kept(office, endpoint) -> None:
    one = await begun(office, endpoint)
    await office.sekali.database.execute("update subscription.subscription set ends_at = now() - interval '1 second'")
    await office.sekali.subscriptions.book.tidy()
    assert (await state(office, one))["status"] == "off"


async def test_a_heartbeat_when_nothing_happens(office, endpoint) -> None:
    await begun(office, endpoint, heartbeat_period=3600)
    await office.tell()
    assert [message.kind for message in endpoint.messages] == ["handshake"]
    await office.sekali.database.execute("update subscription.subscription set beat_at = now() - interval '1 second'")
    await office.tell()
    await office.tell()
    assert [message.kind for message in endpoint.messages] == ["handshake", "heartbeat"]
    await referred(office)
    await office.tell()
    assert said(endpoint.messages[-1].bundle)["events-since-subscription-start"] == "1"


async def test_one_slow_endpoint_is_not_waited_for(office, endpoint) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes connections and never answers
        slow = f"http://127.0.0.1:{mute.getsockname()[1]}/"
        one = await office.pratama.post(subscription("referral-received", slow, timeout=1))
        await begun(office, endpoint)
        assert (await state(office, one))["error"] == "The endpoint did not answer in time."
        assert [message.kind for message in endpoint.messages] == ["handshake"]


async def test_what_was_missed_can_be_asked_for(office, endpoint) -> None:
    one = await begun(office, endpoint)
    await referred(office, 4)
    await office.tell()

    async def asked(**params) -> dict:
        answer = await office.pratama.http.get(f"/Subscription/{one['id']}/$events", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    some = await asked(eventsSinceNumber=2, eventsUntilNumber=3, content="full-resource")
    assert [event["number"] for event in told(some)] == [2, 3]
    assert said(some)["type"] == "query-event" and said(some)["events-since-subscription-start"] == "4"
    assert len([entry for entry in some["entry"] if entry["resource"]["resourceType"] == "Task"]) == 2
    assert [event["focus"] for event in told(await asked(content="empty"))] == [None] * 4
    assert (
        said((await office.pratama.http.get(f"/Subscription/{one['id']}/$status")).json() | {"type": "history"})[
            "events-since-subscription-start"
        ]
        == "4"
    )


async def test_events_are_forgotten_after_their_time(office, endpoint) -> None:
    one = await office.pratama.post(subscription("referral-received", endpoint.url))
    await referred(office, 2)
    await office.sekali.subscriptions.book.number(
        (await office.sekali.subscriptions.book.due(office.sekali.database) or [one["id"]])[0]
    )
    await office.sekali.database.execute("update subscription.event set at = now() - interval '15 days'")
    await office.sekali.subscriptions.book.tidy()
    await referred(office)
    await office.tell()
    assert endpoint.numbers[-1:] == [3], "numbers go on, so that the gap is seen"
