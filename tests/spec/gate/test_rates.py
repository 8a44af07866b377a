"""How often somebody may ask, and how long somebody is waited for."""

import asyncio
from time import monotonic

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekali import app, demo, kernel
from sekali.gate.patience import Patience
from sekali.kernel import rates

CLIENT, SECRET, _ = demo.CLIENTS[0]
TOKENS = "/oauth2/v1/accesstoken?grant_type=client_credentials"


@pytest.fixture
def clock(monkeypatch):
    """Time that goes on when a test says so."""
    now = [1000.0]
    monkeypatch.setattr(rates, "monotonic", lambda: now[0])
    return now


def taken(one: kernel.Rates, key: object, most: int) -> int:
    for count in range(most):
        try:
            one.take(key)
        except kernel.TooMany:
            return count
    return most


def test_a_bucket_holds_a_fourth_of_a_minute_and_fills_evenly(clock) -> None:
    one = kernel.Rates(600)
    assert taken(one, "a", 1000) == 150
    assert taken(one, "b", 1000) == 150, "each has its own"
    clock[0] += 6
    assert taken(one, "a", 1000) == 60
    clock[0] += 3600
    assert taken(one, "a", 1000) == 150, "no more is saved up"


def test_whoever_is_refused_is_told_when_to_come_back_and_then_may(clock) -> None:
    one = kernel.Rates(60)
    taken(one, "a", 1000)
    with pytest.raises(kernel.TooMany) as told:
        one.take("a")
    clock[0] += told.value.retry_after
    one.take("a")


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 5)), max_size=300))
def test_nobody_gets_more_than_the_bucket_and_what_came_since(steps) -> None:
    one, now = kernel.Rates(120), [0.0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rates, "monotonic", lambda: now[0])
        got = dict.fromkeys(range(4), 0)
        for key, later in steps:
            now[0] += later
            got[key] += taken(one, key, 10)
            assert got[key] <= 30 + 2 * now[0] + 1e-6


def test_no_limit_when_none_is_set() -> None:
    assert taken(kernel.Rates(None), "a", 100_000) == 100_000


def test_ever_new_addresses_do_not_fill_memory_and_do_not_free_who_is_at_the_limit(clock) -> None:
    one = kernel.Rates(600)
    assert taken(one, "loud", 1000) == 150
    for number in range(rates.MOST_KEPT * 3):
        one.take(number)
    assert len(one._full_at) <= rates.MOST_KEPT
    assert taken(one, "loud", 10) == 0


def test_a_household_of_ipv6_counts_as_one() -> None:
    assert kernel.neighbourhood("2001:db8:1:2:aaaa::1") == kernel.neighbourhood("2001:db8:1:2::ffff")
    assert kernel.neighbourhood("2001:db8:1:3::1") != kernel.neighbourhood("2001:db8:1:2::1")
    assert kernel.neighbourhood("::ffff:10.0.0.1") == kernel.neighbourhood("10.0.0.1")
    assert kernel.neighbourhood("testclient") == "testclient"


def browser(sekali: app.Sekali, **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(sekali.asgi)
    return httpx.AsyncClient(transport=transport, base_url="http://sekali.test", headers=headers)


@pytest.fixture
async def tight(city, folder) -> app.Sekali:
    """A server that allows 120 requests a minute of an address and 60 of an account."""
    return await app.build(kernel.Settings(data=folder / "data", rate_address=120, rate_account=60), city.database)


async def test_a_system_that_asks_too_often_is_told_in_fhirs_shape(tight) -> None:
    async with browser(tight) as client:
        answer = await client.post(TOKENS, data={"client_id": CLIENT, "client_secret": SECRET})
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        answers = [await client.get("/fhir-r4/v1/Organization") for _ in range(16)]
        last = answers[-1]
        assert [one.status_code for one in answers] == [200] * 15 + [429]
        assert int(last.headers["retry-after"]) >= 1
        assert last.json()["resourceType"] == "OperationOutcome" and last.json()["issue"][0]["code"] == "throttled"
        assert "60 a minute" in last.json()["issue"][0]["details"]["text"].replace("requests ", "")


async def test_two_sessions_of_one_account_share_its_bucket_and_another_account_has_its_own(tight) -> None:
    got = []
    for name in ("loket.jetis", "loket.jetis", "dokter.gedongtengen"):
        async with browser(tight, **{"Sec-Fetch-Site": "same-origin"}) as client:
            await client.post("/masuk", data={"username": name, "password": demo.PASSWORD})
            got.append([(await client.get("/loket" if "loket" in name else "/dokter")).status_code for _ in range(8)])
    assert got == [[200] * 8, [200] * 7 + [429], [200] * 8]


async def test_a_page_says_when_to_come_back_and_keeps_what_was_typed(tight) -> None:
    async with browser(tight, **{"Sec-Fetch-Site": "same-origin"}) as client:
        for _ in range(30):
            await client.get("/kota")
        answer = await client.post("/aktivasi", data={"code": "ABCD"})
        assert answer.status_code == 429 and int(answer.headers["retry-after"]) >= 1
        assert "Ini lebih dari 120 permintaan per menit" in answer.text


async def test_whether_it_is_up_can_always_be_asked(tight) -> None:
    async with browser(tight) as client:
        assert {(await client.get("/fhir-r4/v1/metadata")).status_code for _ in range(60)} == {200}
        assert {(await client.get("/static/docs.css")).status_code for _ in range(60)} == {200}


async def slow(pieces: list[tuple[float, bytes]], **limits: float) -> tuple[str, list]:
    """What an application that reads a body meets, and what it answered."""
    came, sent, left = [], [], list(pieces)

    async def application(scope, receive, send):
        try:
            while (message := await receive()).get("more_body"):
                came.append(message["body"])
        except kernel.TooSlow:
            came.append(b"!")
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive():
        wait, body = left.pop(0)
        await asyncio.sleep(wait)
        return {"type": "http.request", "body": body, "more_body": bool(left)}

    async def send(message):
        sent.append(message)

    await Patience(application, **limits)({"type": "http", "method": "POST"}, receive, send)
    return b"".join(came).decode(), sent


async def test_a_body_that_stops_is_not_waited_for() -> None:
    begun = monotonic()
    came, sent = await slow([(0, b"a"), (60, b"b"), (0, b"c")], between=0.05)
    assert came == "a!" and monotonic() - begun < 5
    assert (b"connection", b"close") in sent[0]["headers"]


async def test_a_body_that_only_trickles_is_ended_and_one_on_a_bad_line_is_not() -> None:
    trickle = [(0.02, b"x")] * 20
    assert "!" in (await slow(trickle, at_first=0.1, slowest=1000))[0]
    assert "!" not in (await slow([(0.02, b"x" * 100)] * 20, at_first=0.1, slowest=1000))[0]
