"""What opens a subscriber's door, or signs in our name, is not to be read in the database."""

import json
from pathlib import Path
from uuid import UUID

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st
from receiving import subscription

from sekali import app, kernel, security
from sekali.exchange import subscriptions

URL = "https://rs.example/terima"
TOKEN = "kunci-rumah-sakit"  # noqa: S105 - planted


async def rows(database: kernel.Database) -> bytes:
    found = await database.fetch("select secret, former_secret, content from subscription.subscription")
    return b"".join(value or b"" for row in found for value in row.values())


@pytest.fixture
async def made(office):
    sent = subscription("referral-received", URL)
    sent["channel"]["header"] = [f"Authorization: Bearer {TOKEN}"]
    return await office.pratama.post(sent)


async def test_neither_the_secret_nor_the_subscribers_token_lies_in_the_database(office, made) -> None:
    secret = next(one["valueString"] for one in made["channel"]["extension"] if "secret" in one["url"])
    one = await office.sekali.subscriptions.book.one(UUID(made["id"]))
    kept = await rows(office.sekali.database)
    assert TOKEN in json.dumps(one.content)
    assert TOKEN.encode() not in kept and one.secret not in kept and secret.encode() not in kept


async def test_a_server_with_another_key_says_so_and_tells_nothing(office, made, tmp_path) -> None:
    with pytest.raises(kernel.Trouble, match="sealed with the server's key 1, which is not here"):
        await app.build(kernel.Settings(data=tmp_path), office.sekali.database)
    row = await office.sekali.database.fetchrow(
        "select * from subscription.subscription where id = $1", UUID(made["id"])
    )
    with pytest.raises(kernel.Unavailable, match="another key"):
        subscriptions.subscription.subscription(row, security.Vault(kernel.Settings(data=tmp_path)))


async def test_what_an_earlier_version_kept_as_it_was_is_sealed_at_the_next_start(office, made, folder) -> None:
    database, book = office.sekali.database, office.sekali.subscriptions.book
    before = await book.one(UUID(made["id"]))
    await database.execute(
        "update subscription.subscription set secret = $1, content = $2", before.secret, kernel.encode(before.content)
    )
    await book.seal()
    assert TOKEN.encode() not in await rows(database)
    assert await book.one(UUID(made["id"])) == before
    sealed = await rows(database)
    await book.seal()
    assert await rows(database) == sealed, "once is enough"


def test_the_key_is_only_ours_and_stays(tmp_path: Path) -> None:
    sealed = security.Vault(kernel.Settings(data=tmp_path)).seal(b"x", "a")
    file = tmp_path / "keys/server.key"
    assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700
    assert security.Vault(kernel.Settings(data=tmp_path)).open(sealed, "a") == b"x"
    given = security.Vault(kernel.Settings(data=tmp_path / "none", server_key=file.read_text().strip()))
    assert given.open(sealed, "a") == b"x" and not (tmp_path / "none").exists()


def test_a_key_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(kernel.Trouble, match="SEKALI_SERVER_KEY holds no key"):
        security.Vault(kernel.Settings(data=tmp_path, server_key="halo")).seal(b"x", "a")


KEY = str(pyrage.x25519.Identity.generate())


@given(content=st.binary(max_size=200), place=st.floats(0, 1, exclude_max=True))
def test_a_seal_that_was_changed_or_moved_does_not_open(content: bytes, place: float) -> None:
    vault = security.Vault(kernel.Settings(server_key=KEY))
    sealed = bytearray(vault.seal(content, "subscription 1"))
    assert vault.open(bytes(sealed), "subscription 1") == content
    with pytest.raises(kernel.Unavailable):
        vault.open(bytes(sealed), "subscription 2")
    sealed[int(place * len(sealed))] ^= 1
    with pytest.raises(kernel.Unavailable):
        vault.open(bytes(sealed), "subscription 1")


@pytest.mark.parametrize("name", sorted(kernel.SECRET))
def test_every_secret_may_come_from_a_file_and_is_never_shown(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("rahasia\n")
    found = kernel.read_settings({f"SEKALI_{name.upper()}_FILE": str(tmp_path / "secret")})
    assert getattr(found, name) == "rahasia"
