"""SMART Backend Services: a system signs who it is, and nothing else counts."""

import json
import time
import uuid
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from httpx import ASGITransport
from hypothesis import given
from hypothesis import strategies as st

from sekali import kernel, security

TOKENS = "http://127.0.0.1:8080/oauth2/v1/accesstoken"
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
RSA = rsa.generate_private_key(65537, 2048)
OTHER_RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP384R1())


def public(key: Any, kid: str) -> dict[str, Any]:
    kind = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return json.loads(kind.to_jwk(key.public_key())) | {"kid": kid}


def key_set(*keys: tuple[Any, str]) -> bytes:
    return json.dumps({"keys": [public(key, kid) for key, kid in keys]}).encode()


def claims(**more: Any) -> dict[str, Any]:
    at = int(time.time())
    found = {"iss": "simrs", "sub": "simrs", "aud": TOKENS, "exp": at + 290, "jti": str(uuid.uuid4())} | more
    return {name: value for name, value in found.items() if value is not None}


def signed(key: Any = RSA, alg: str = "RS384", kid: str = "satu", header: dict | None = None, **more: Any) -> str:
    return jwt.encode(claims(**more), key, alg, {"kid": kid} | (header or {}))


@pytest.fixture
async def simrs(sekali):
    """A client with an RSA and an elliptic key, and no secret."""
    async with sekali.database.transaction() as tx:
        await sekali.doorkeeper.add_client(tx, "simrs", None, kernel.new_id(kernel.CITY), "RS")
        await sekali.doorkeeper.add_client(tx, "lain", None, kernel.new_id(kernel.CITY), "RS Lain")
    await sekali.doorkeeper.register_keys("simrs", key_set((RSA, "satu"), (EC, "dua")))
    await sekali.doorkeeper.register_keys("lain", key_set((OTHER_RSA, "satu")))
    return sekali


async def post(sekali, form: dict[str, str], path: str = "/oauth2/v1/accesstoken") -> httpx.Response:
    async with httpx.AsyncClient(transport=ASGITransport(sekali.asgi), base_url="http://elsewhere.example") as http:
        return await http.post(path, data=form)


async def ask(sekali, assertion: str, **more: str) -> httpx.Response:
    form = {"grant_type": "client_credentials", "client_assertion_type": TYPE, "client_assertion": assertion}
    return await post(sekali, form | more)


async def why(sekali) -> str:
    """What the audit says of the last refusal."""
    return await sekali.database.fetchval(
        "select detail from audit.event where kind = 'token-refused' order by at desc, seq desc limit 1"
    )


@pytest.mark.parametrize(("key", "alg", "kid"), [(RSA, "RS384", "satu"), (EC, "ES384", "dua")])
async def test_a_signed_assertion_gets_a_token_of_its_organization(simrs, key, alg, kid) -> None:
    answer = await ask(simrs, signed(key, alg, kid), scope="system/*.read")
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert (told["token_type"], told["expires_in"], told["scope"]) == ("bearer", 300, "system/*.read")
    actor = await simrs.doorkeeper.bearer(told["access_token"])
    assert (actor.name, actor.facility_name, actor.role) == ("simrs", "RS", security.Role.INTEGRATOR)
    issued = await simrs.database.fetchval("select detail from audit.event where kind = 'token-issued'")
    assert issued == f"key {kid}; system/*.read"


BEFORE, AHEAD = -100, 1000
FORGED = [
    ("aud is not our token endpoint", lambda: signed(aud="https://elsewhere.example/oauth2/v1/accesstoken")),
    ("aud is not our token endpoint", lambda: signed(aud="http://elsewhere.example/oauth2/v1/accesstoken")),
    ("a claim is missing", lambda: signed(aud=None)),
    ("a claim is missing", lambda: signed(exp=None)),
    ("a claim is missing", lambda: signed(jti=None)),
    ("a claim is missing", lambda: signed(sub=None)),
    ("exp is past", lambda: signed(exp=int(time.time()) + BEFORE)),
    ("exp is more than five minutes ahead", lambda: signed(exp=int(time.time()) + AHEAD)),
    ("nbf is ahead", lambda: signed(nbf=int(time.time()) + 100)),
    ("iat is ahead", lambda: signed(iat=int(time.time()) + 100)),
    ("iss is not sub", lambda: signed(sub="lain")),
    ("jti is no text of a fit length", lambda: signed(jti="")),
    ("jti is no text of a fit length", lambda: signed(jti="x" * 201)),
    ("signature is wrong", lambda: signed(OTHER_RSA)),
    ("kid is not registered", lambda: signed(kid="tiga")),
    ("kid is not registered", lambda: jwt.encode(claims(), RSA, "RS384")),
    ("alg is not the key's", lambda: signed(EC, "ES384", "satu")),
    ("alg is not allowed", lambda: signed(RSA, "RS256")),
    ("alg is not allowed", lambda: signed(RSA, "PS384")),
    ("alg is not allowed", lambda: jwt.encode(claims(), None, "none", {"kid": "satu"})),
    ("alg is not allowed", lambda: signed("x" * 64, "HS384")),
    ("jku is not registered", lambda: signed(header={"jku": "https://elsewhere.example/jwks"})),
]


@pytest.mark.parametrize(("reason", "forged"), FORGED, ids=[f"{n}-{reason}" for n, (reason, _) in enumerate(FORGED)])
async def test_what_is_wrong_is_told_to_the_audit_and_to_nobody_else(simrs, reason, forged) -> None:
    answer = await ask(simrs, forged())
    assert answer.status_code == 401
    assert answer.json() == {
        "error": "invalid_client", "error_description": "The client could not be authenticated."
    }  # fmt: skip
    assert await why(simrs) == f"assertion: {reason}"
    assert await simrs.database.fetchval("select count(*) from security.access_token") == 0


async def test_the_key_of_another_client_is_no_use(simrs) -> None:
    answer = await ask(simrs, signed(OTHER_RSA, iss="simrs", sub="simrs"))
    assert answer.status_code == 401 and await why(simrs) == "assertion: signature is wrong"
    actor = await simrs.doorkeeper.bearer(
        (await ask(simrs, signed(OTHER_RSA, iss="lain", sub="lain"))).json()["access_token"]
    )
    assert actor.facility_name == "RS Lain"


async def test_an_unknown_client_is_told_the_same(simrs) -> None:
    answer = await ask(simrs, signed(iss="siapa", sub="siapa"))
    assert answer.status_code == 401 and answer.json()["error"] == "invalid_client"


async def test_a_clock_may_be_half_a_minute_off(simrs) -> None:
    at = int(time.time())
    for times in ({"exp": at - 20}, {"exp": at + 320, "iat": at + 20, "nbf": at + 20}):
        assert (await ask(simrs, signed(**times))).status_code == 200


async def test_an_assertion_works_once_in_all_processes(simrs, folder) -> None:
    from sekali import app

    other = await app.build(kernel.Settings(data=folder / "data"), simrs.database)
    assertion = signed()
    assert (await ask(simrs, assertion)).status_code == 200
    for process in (simrs, other):
        assert (await ask(process, assertion)).status_code == 401
        assert await why(simrs) == "assertion: jti was used before"


async def test_of_many_at_once_one_gets_a_token(simrs) -> None:
    import asyncio

    assertion = signed()
    answers = await asyncio.gather(*(ask(simrs, assertion) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 9


async def test_a_number_is_remembered_until_its_assertion_has_ended_and_no_longer(simrs) -> None:
    await ask(simrs, signed())
    assert await simrs.database.fetchval("select count(*) from security.spent") == 1
    await simrs.database.execute("update security.spent set until = now() - interval '1 second'")
    await ask(simrs, signed())
    assert await simrs.database.fetchval("select count(*) from security.spent") == 1


async def test_what_is_remembered_of_a_client_has_a_limit(simrs) -> None:
    await simrs.database.execute(
        "insert into security.spent select 'assertion simrs', int4send(n), now() + interval '1 minute' "
        "from generate_series(1, 1000) n"
    )
    assert (await ask(simrs, signed())).status_code == 401 and await why(simrs) == "assertion: too many in five minutes"
    assert (await ask(simrs, signed(OTHER_RSA, iss="lain", sub="lain"))).status_code == 200


async def test_keys_are_replaced_with_both_at_work_in_between(simrs) -> None:
    await simrs.doorkeeper.register_keys("simrs", key_set((RSA, "satu"), (OTHER_RSA, "baru")))
    assert (await ask(simrs, signed())).status_code == 200
    assert (await ask(simrs, signed(OTHER_RSA, kid="baru"))).status_code == 200
    await simrs.doorkeeper.register_keys("simrs", key_set((OTHER_RSA, "baru")))
    assert (await ask(simrs, signed())).status_code == 401
    assert (await ask(simrs, signed(OTHER_RSA, kid="baru"))).status_code == 200
    changed = await simrs.database.fetch("select detail from audit.event where kind = 'client-changed' order by seq")
    assert "keys: baru" in [row["detail"] for row in changed]


async def test_a_client_without_a_secret_cannot_come_by_one_and_one_with_both_may(simrs) -> None:
    for secret in ("", "None", "x"):
        with pytest.raises(kernel.Unauthenticated):
            await simrs.doorkeeper.token("simrs", secret)
    async with simrs.database.transaction() as tx:
        await simrs.doorkeeper.add_client(tx, "dua-cara", "rahasia", kernel.new_id(kernel.CITY), "RS")
    await simrs.doorkeeper.register_keys("dua-cara", key_set((RSA, "satu")))
    by_secret = await post(
        simrs,
        {"client_id": "dua-cara", "client_secret": "rahasia"},
        "/oauth2/v1/accesstoken?grant_type=client_credentials",
    )
    assert by_secret.status_code == 200 and by_secret.json()["token_type"] == "BearerToken"
    assert (await ask(simrs, signed(iss="dua-cara", sub="dua-cara"))).status_code == 200
    await simrs.doorkeeper.register_keys("dua-cara", key_set((RSA, "satu")), end_secret=True)
    with pytest.raises(kernel.Unauthenticated):
        await simrs.doorkeeper.token("dua-cara", "rahasia")
    assert await simrs.doorkeeper.bearer(by_secret.json()["access_token"]) is None, "what it had opened is closed"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_assertion_type": "urn:other"}, "invalid_request"),
        ({"client_assertion": ""}, "invalid_request"),
        ({"client_secret": "x"}, "invalid_request"),
        ({"scope": "patient/*.read"}, "invalid_scope"),
    ],
)
async def test_what_is_asked_for_wrongly_is_told_as_oauth_tells_it(simrs, form, error) -> None:
    answer = await ask(simrs, signed(), **form)
    assert answer.status_code == 400 and answer.json()["error"] == error


@pytest.mark.parametrize(
    "document",
    [
        b"", b"[]", b"{}", b'"x"', b'{"keys": []}', b'{"keys": [1]}', b'{"keys": 1}',
        key_set((RSA, "satu"), (EC, "satu")),
        key_set(*((RSA, f"k{n}") for n in range(6))),
        json.dumps(public(RSA, "x") | {"kid": None}).encode(),
        json.dumps(public(RSA, "x") | {"alg": "RS256"}).encode(),
        json.dumps(public(RSA, "x") | {"d": "AQAB"}).encode(),
        json.dumps(public(rsa.generate_private_key(65537, 1024), "x")).encode(),
        json.dumps(public(ec.generate_private_key(ec.SECP256R1()), "x")).encode(),
        json.dumps({"kty": "oct", "k": "AAAA", "kid": "x"}).encode(),
        json.dumps({"kty": "RSA", "n": "!", "e": "AQAB", "kid": "x"}).encode(),
    ],
)  # fmt: skip
def test_keys_that_are_of_no_use_are_refused_when_they_are_registered(document) -> None:
    with pytest.raises(kernel.Invalid):
        security.keys_in(document)


def test_of_a_key_only_what_verifies_is_kept() -> None:
    document = json.dumps(public(RSA, "x") | {"x5u": "https://elsewhere.example", "use": "sig"}).encode()
    [key] = security.keys_in(document)
    assert set(json.loads(key.jwk)) == {"kty", "n", "e", "kid"}


async def test_the_configuration_and_the_statement_name_one_endpoint(simrs) -> None:
    async with httpx.AsyncClient(transport=ASGITransport(simrs.asgi), base_url="http://elsewhere.example") as http:
        told = (await http.get("/fhir-r4/v1/.well-known/smart-configuration")).json()
        said = (await http.get("/fhir-r4/v1/metadata")).json()["rest"][0]["security"]
    assert told["token_endpoint"] == TOKENS, "never what the request's Host says"
    assert told["token_endpoint_auth_signing_alg_values_supported"] == ["RS384", "ES384"]
    assert said["service"][0]["coding"][0]["code"] == "SMART-on-FHIR"
    assert said["extension"][0]["extension"] == [{"url": "token", "valueUri": TOKENS}]


@given(st.text(max_size=300), st.binary(max_size=200))
def test_no_garbage_is_an_assertion_and_none_breaks_it(text: str, content: bytes) -> None:
    from sekali.security import assertions

    key = security.keys_in(key_set((RSA, "satu")))
    pieces = jwt.utils.base64url_encode(content).decode()
    for garbage in (text, f"{pieces}.{pieces}.{pieces}", f"{signed().rpartition('.')[0]}.{pieces}"):
        with pytest.raises(assertions.Refused):
            assertions.verify(garbage, key, [TOKENS], kernel.now())
