"""A system may ask for less than it may have, and then has less, at every door; never more."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from httpx import ASGITransport
from hypothesis import given
from hypothesis import strategies as st

from sekali import fhir, kernel, security

BASE = "/fhir-r4/v1"
TOKENS = "/oauth2/v1/accesstoken?grant_type=client_credentials"
ORGANIZATION = kernel.new_id(kernel.CITY)


@pytest.mark.parametrize(
    ("asked", "reads", "writes", "granted"),
    [
        ("system/Patient.rs", {"Patient"}, set(), "system/Patient.rs"),
        ("system/Patient.read", {"Patient"}, set(), "system/Patient.read"),
        ("system/Patient.write", set(), {"Patient"}, "system/Patient.write"),
        ("system/Patient.*", {"Patient"}, {"Patient"}, "system/Patient.*"),
        ("system/*.cruds", {"*"}, {"*"}, "system/*.cruds"),
        ("system/*.rs system/Task.cud", {"*"}, {"Task"}, "system/*.rs system/Task.cud"),
        ("system/Patient.crs", {"Patient"}, set(), "system/Patient.rs"),  # create alone is not had
        ("system/Patient.rs system/Unheard.rs patient/*.rs openid", {"Patient"}, set(), "system/Patient.rs"),
        ("system/Patient.rs system/Observation.rs?category=laboratory", {"Patient"}, set(), "system/Patient.rs"),
    ],
)
def test_what_is_granted_of_what_was_asked_for(asked, reads, writes, granted) -> None:
    scope = security.scope_of(asked)
    assert (scope.reads, scope.writes, scope.text) == (reads, writes, granted)
    assert security.scope_of(granted) == scope


@pytest.mark.parametrize(
    "asked",
    ["", "patient/*.rs", "user/Patient.read", "system/Patient", "system/Patient.", "system/Patient.sr", "system/Patient.r",
     "system/Unheard.rs", "system/Patient.reads", "system/patient.rs", "system/Patient.rs\x00"],
)  # fmt: skip
def test_of_these_nothing_is(asked) -> None:
    assert security.scope_of(asked) is None


WHAT = ["rs", "cud", "read", "write", "*", "crs", "r"]
SCOPES = st.lists(
    st.tuples(st.sampled_from(["*", "Patient", "Task", "Condition", "X"]), st.sampled_from(WHAT)),
    min_size=1,
    max_size=6,
).map(lambda some: " ".join(f"system/{kind}.{what}" for kind, what in some))


@given(
    SCOPES, st.sampled_from([security.Role.INTEGRATOR, security.Role.SYSTEM]), st.sampled_from(list(security.Purpose))
)
def test_no_scope_widens_what_the_table_gives(asked, role, purpose) -> None:
    scope = security.scope_of(asked)
    if scope is None:
        return
    actor = security.Actor(ORGANIZATION, "x", role, ORGANIZATION, "RS")
    narrow = security.Actor(ORGANIZATION, "x", role, ORGANIZATION, "RS", scope=scope)
    try:
        whole = security.decide(actor, purpose)
    except kernel.Forbidden:
        with pytest.raises(kernel.Forbidden):
            security.decide(narrow, purpose)
        return
    less = security.decide(narrow, purpose)
    assert less.reads <= whole.reads and less.writes <= whole.writes
    assert (less.related, less.unsealed, less.basis) == (whole.related, whole.unsealed, whole.basis)
    for kind, (scoped, whole_kinds, less_kinds) in itertools.product(
        fhir.TYPES, ((scope.reads, whole.reads, less.reads), (scope.writes, whole.writes, less.writes))
    ):
        assert (kind in less_kinds) == (kind in whole_kinds and bool(scoped & {kind, "*"}))


@asynccontextmanager
async def client(city, **more: str) -> AsyncIterator[httpx.AsyncClient]:
    """The hospital's system with a token; ``scope``: what it asks for."""
    form = {"client_id": "rsud-simrs", "client_secret": "sekali-demo-client-secret"} | more
    async with httpx.AsyncClient(transport=ASGITransport(city.asgi), base_url="http://uji") as http:
        answer = await http.post(TOKENS, data=form)
        assert answer.status_code == 200, answer.text
        assert answer.json().get("scope") == more.get("scope")
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield http


NEEDS = {
    "Organization": ("GET", "Organization?_count=1", None),
    "Location": ("GET", "Location?_include=Location:organization", None),
    "Patient": ("GET", "Patient?identifier=https://fhir.kemkes.go.id/id/nik|9901014507900001", None),
    "Location by organization's name": ("GET", "Location?organization.name=RSUD", None),
    "history of all": ("GET", "Organization/_history", None),
    "export": ("GET", "Patient/$export", None),
    "jobs": ("GET", f"bulk/{ORGANIZATION}", None),
    "audit": ("GET", "AuditEvent?_count=1", None),
    "subscriptions": ("GET", "Subscription", None),
    "create": ("POST", "Organization", {"resourceType": "Organization", "name": "Uji"}),
}


async def ask(http: httpx.AsyncClient, what: str) -> httpx.Response:
    method, path, body = NEEDS[what]
    return await http.request(method, f"{BASE}/{path}", json=body)


async def test_a_token_opens_what_it_was_asked_for_and_nothing_else(city) -> None:
    async with client(city, scope="system/Location.rs") as http:
        answer = await ask(http, "Location")
        assert answer.status_code == 200
        kinds = {one["resource"]["resourceType"] for one in answer.json()["entry"]}
        assert kinds == {"Location"}, "what comes along is of the scope too"
        for what in NEEDS.keys() - {"Location", "export", "jobs"}:
            answer = await ask(http, what)
            assert answer.status_code == 403, (what, answer.text)
            assert answer.json()["resourceType"] == "OperationOutcome"
        batch = {"resourceType": "Bundle", "type": "batch",
                 "entry": [{"request": {"method": "GET", "url": "Organization?_count=1"}}]}  # fmt: skip
        inner = (await http.post(BASE, json=batch)).json()["entry"][0]
        assert inner["response"]["status"].startswith("403") and "Organization/" not in str(inner.get("resource"))


async def test_in_bulk_a_token_takes_out_its_kinds_and_no_other_tokens_files(city) -> None:
    async with client(city) as whole, client(city, scope="system/Condition.rs") as narrow:
        assert (await narrow.get(f"{BASE}/Patient/$export?_type=Patient")).status_code == 400
        places = [(await http.get(f"{BASE}/Patient/$export")).headers["content-location"] for http in (whole, narrow)]
        while await city.bulk.worker().once():
            pass
        manifests = [(await whole.get(place)).json()["output"] for place in places]
        assert {part["type"] for part in manifests[0]} > {"Condition"} == {part["type"] for part in manifests[1]}
        for url in (places[0], *(part["url"] for part in manifests[0])):
            assert (await narrow.get(url)).status_code == 403, url
        assert (await narrow.delete(places[0])).status_code == 403
        assert (await narrow.get(manifests[1][0]["url"])).status_code == 200
    async with client(city, scope="system/Condition.cud") as writing:
        assert (await writing.get(f"{BASE}/Patient/$export")).status_code == 400


async def test_a_token_for_all_reading_reads_all_and_writes_nothing(city) -> None:
    for scope in ("system/*.read", "system/*.rs"):
        async with client(city, scope=scope) as http:
            for what in NEEDS.keys() - {"create", "export", "jobs"}:
                assert (await ask(http, what)).status_code == 200, (what, scope)
            assert (await ask(http, "export")).status_code == 202
            assert (await ask(http, "create")).status_code == 403


async def test_who_asks_for_no_scope_has_all_that_it_may(city) -> None:
    async with client(city) as http:
        for what in NEEDS.keys() - {"create", "export", "jobs"}:
            assert (await ask(http, what)).status_code == 200, what
        assert (await ask(http, "create")).status_code == 201


async def test_two_tokens_of_one_client_keep_their_own(city) -> None:
    async with client(city) as whole, client(city, scope="system/Location.rs") as narrow:
        for _ in range(2):  # the second time from what is remembered
            assert (await ask(whole, "Organization")).status_code == 200
            assert (await ask(narrow, "Organization")).status_code == 403


async def test_an_unknown_scope_is_refused_and_known_ones_are_told(city) -> None:
    async with httpx.AsyncClient(transport=ASGITransport(city.asgi), base_url="http://uji") as http:
        form = {"client_id": "rsud-simrs", "client_secret": "sekali-demo-client-secret", "scope": "patient/*.rs"}
        answer = await http.post(TOKENS, data=form)
        assert answer.status_code == 400 and "system/Patient.rs" in answer.text
        told = (await http.get(f"{BASE}/.well-known/smart-configuration")).json()["scopes_supported"]
        assert told == list(security.SCOPES) and all(security.scope_of(one).text == one for one in told)
    issued = await city.database.fetch("select detail from audit.event where kind = 'token-refused'")
    assert not issued, "the secret was not at fault"
