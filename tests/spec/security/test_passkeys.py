"""Passkeys where there is no browser: what anybody may send, and where they can be used at all.

That one is made, lets in once and is taken away is shown with Chromium's own authenticator, in desks/test_my_account.
"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekali import app, kernel, security
from sekali.security.passkeys import Passkeys
from sekali.security.secrets import Seal

SEAL = Seal(b"k" * 32)


@pytest.mark.parametrize(
    ("address", "asked_at", "can"),
    [
        ("https://sekali.kota.example", "sekali.kota.example", True),
        ("https://sekali.kota.example", "evil.example", False),
        ("https://sekali.kota.example", "sekali.kota.example:8443", False),
        ("http://localhost:8080", "localhost:8080", True),
        ("http://127.0.0.1:8080", "127.0.0.1:8080", False),
        ("http://[::1]:8080", "[::1]:8080", False),
    ],
)
def test_they_work_at_our_own_address_if_it_has_a_name(database, address, asked_at, can) -> None:
    assert Passkeys(database, [address], SEAL).can_be_used(asked_at) is can


@pytest.mark.parametrize(
    ("given_settings", "addresses"),
    [
        ({}, ("http://127.0.0.1:8080", "http://localhost:8080")),
        ({"host": "0.0.0.0", "port": 9000}, ("http://localhost:9000",)),
        ({"host": "::1"}, ("http://[::1]:8080", "http://localhost:8080")),
        ({"address": "https://sekali.kota.example"}, ("https://sekali.kota.example",)),
    ],
)
def test_where_we_are_is_what_the_settings_say(given_settings, addresses) -> None:
    assert kernel.Settings(**given_settings).addresses == addresses


@pytest.mark.parametrize("text", ["sekali.example", "https://x/", "ftp://x", "https://X.example", "https://a b", ""])
def test_an_address_of_another_form_refuses_the_start(text) -> None:
    with pytest.raises(kernel.Trouble, match="SEKALI_ADDRESS"):
        kernel.read_settings({"SEKALI_ADDRESS": text})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "rawId",
                    "response",
                    "type",
                    "clientDataJSON",
                    "attestationObject",
                    "authenticatorData",
                    "signature",
                ]
            ),
            inner,
            max_size=8,
        )
    ),
    max_leaves=20,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # nothing of an example stays
@given(st.text(max_size=100) | JSON.map(lambda value: kernel.encode(value).decode()), st.booleans())
async def test_no_garbage_breaks_it_or_lets_in(sekali_once, answer, new) -> None:
    sekali, actor = sekali_once
    place = "localhost:8080"
    with pytest.raises(kernel.Invalid):
        if new:
            offer = await sekali.doorkeeper.own.offer_passkey(place, actor)
            await sekali.doorkeeper.own.add_passkey(
                place, actor, "x", offer.sealed, answer, "nama", security.Device("10.0.0.1")
            )
        else:
            offer = sekali.doorkeeper.offer_entry(place)
            await sekali.doorkeeper.enter_by_passkey(place, offer.sealed, answer, "10.0.0.1")


@pytest.fixture(name="sekali_once")
async def one_for_all_examples(database, folder):
    sekali = await app.build(kernel.Settings(data=folder / "data"), database)
    async with database.transaction() as tx:
        await sekali.doorkeeper.add_account(
            tx, username="loket.satu", password="rahasia-1", name="Petugas", role=security.Role.CLERK
        )
    token = await sekali.doorkeeper.log_in("loket.satu", "rahasia-1", "10.0.0.1")
    return sekali, await sekali.doorkeeper.session(token)


async def test_a_challenge_is_for_one_purpose_and_one_account(sekali_once) -> None:
    sekali, actor = sekali_once
    place = "localhost:8080"
    mine = await sekali.doorkeeper.own.offer_passkey(place, actor)
    other = security.Actor(kernel.new_person(), "x", security.Role.CLERK, None, "")
    for sealed, who in ((sekali.doorkeeper.offer_entry(place).sealed, actor), (mine.sealed, other), ("x", actor)):
        with pytest.raises(kernel.Invalid, match="too long"):
            await sekali.doorkeeper.own.add_passkey(place, who, "x", sealed, "{}", "", security.Device())


async def test_at_another_address_nothing_is_offered_and_nothing_taken(sekali_once) -> None:
    sekali, actor = sekali_once
    assert sekali.doorkeeper.offer_entry("evil.example") is None
    assert await sekali.doorkeeper.own.offer_passkey("evil.example", actor) is None
    sealed = sekali.doorkeeper.offer_entry("localhost:8080").sealed
    with pytest.raises(kernel.Invalid):
        await sekali.doorkeeper.enter_by_passkey("evil.example", sealed, "{}", "10.0.0.1")
