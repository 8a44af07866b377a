"""My account: another password, where I am logged in, and a session that ends by itself."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekali import app, kernel, security
from sekali.security.passwords import Passwords

HERE = security.Device("10.0.0.1", "Mozilla/5.0 (X11; Linux) Firefox/140")
OLD, NEW = "rahasia-1", "tiga kata baru"


@pytest.fixture
async def clerk(sekali) -> tuple[security.Actor, str]:
    async with sekali.database.transaction() as tx:
        await sekali.doorkeeper.add_account(
            tx, username="loket.satu", password=OLD, name="Petugas", role=security.Role.CLERK
        )
    token = await log_in(sekali)
    return await sekali.doorkeeper.session(token), token


async def log_in(sekali, password: str = OLD) -> str:
    token = await sekali.doorkeeper.log_in("loket.satu", password, HERE.address, HERE.browser)
    assert isinstance(token, str)
    return token


async def test_another_password_ends_every_session_and_opens_one_of_a_new_id(sekali, clerk) -> None:
    actor, token = clerk
    elsewhere = await log_in(sekali)
    fresh = await sekali.doorkeeper.own.change_password(actor, OLD, NEW, HERE)
    assert await sekali.doorkeeper.session(fresh) == actor
    for ended in (token, elsewhere):
        assert await sekali.doorkeeper.session(ended) is None
    with pytest.raises(kernel.Unauthenticated):
        await log_in(sekali)
    assert await log_in(sekali, NEW)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("salah", NEW, "not your password"),
        (OLD, "pendek", "at least"),
        (OLD, "Loket.SATU", "user name"),
        (OLD, "Password1234", "everybody tries"),
        (OLD, "QWERTYUIOP", "everybody tries"),
        (OLD, OLD, "that you have"),
    ],
)
async def test_a_password_that_does_not_do_changes_nothing(sekali, clerk, old, new, said) -> None:
    actor, token = clerk
    with pytest.raises(kernel.Invalid, match=said):
        await sekali.doorkeeper.own.change_password(actor, old, new, HERE)
    assert await sekali.doorkeeper.session(token) and await log_in(sekali)


async def test_guessing_the_password_of_an_open_desk_makes_the_account_rest(sekali, clerk) -> None:
    actor, _ = clerk
    for _ in range(5):
        with pytest.raises(kernel.Invalid):
            await sekali.doorkeeper.own.confirm(actor, "salah", HERE.address)
    with pytest.raises(kernel.Forbidden, match="rests"):
        await sekali.doorkeeper.own.confirm(actor, OLD, HERE.address)


async def test_a_weak_password_opens_no_account_and_none_is_reset_to_it(sekali, clerk) -> None:
    async with sekali.database.transaction() as tx:
        code = await sekali.doorkeeper.invite(tx, "Siti", citizen=kernel.new_person())
    for weak in ("iloveyou", "siti.uji"):
        with pytest.raises(kernel.Invalid):
            await sekali.doorkeeper.activate(code, "siti.uji", weak)
    await sekali.doorkeeper.activate(code, "siti.uji", NEW)
    with pytest.raises(kernel.Invalid):
        await sekali.doorkeeper.own.reset_password("loket.satu", "iloveyou")


async def test_everybody_sees_their_own_sessions_and_ends_those(sekali, clerk) -> None:
    actor, token = clerk
    second, third = await log_in(sekali), await log_in(sekali)
    mine = (await sekali.doorkeeper.own.overview(actor, token)).sessions
    assert len(mine) == 3 and [one.device for one in mine] == [HERE] * 3 and sum(one.here for one in mine) == 1
    assert not any(secret in str(mine) for secret in (token, second, third))
    await sekali.doorkeeper.own.end_session(actor, next(one.id for one in mine if not one.here))
    assert [bool(await sekali.doorkeeper.session(one)) for one in (token, second, third)].count(True) == 2
    assert await sekali.doorkeeper.own.end_other_sessions(actor, token) == 1
    assert await sekali.doorkeeper.session(token)


async def test_nobody_ends_anothers_session(sekali, clerk) -> None:
    actor, token = clerk
    [one] = (await sekali.doorkeeper.own.overview(actor, token)).sessions
    stranger = security.Actor(kernel.new_person(), "x", security.Role.CLERK, None, "")
    await sekali.doorkeeper.own.end_session(stranger, one.id)
    assert await sekali.doorkeeper.session(token)


async def test_a_session_that_is_not_used_ends(database, clerk, folder) -> None:
    sekali = await app.build(kernel.Settings(data=folder / "data", idle_minutes=5), database)
    _, token = clerk
    await database.execute("update security.session set used_at = now() - interval '4 minutes'")
    assert await sekali.doorkeeper.session(token), "and this use counts"
    await database.execute("update security.session set used_at = used_at - interval '4 minutes'")
    assert await sekali.doorkeeper.session(token)
    await database.execute("update security.session set used_at = now() - interval '6 minutes'")
    assert await sekali.doorkeeper.session(token) is None
    assert await sekali.doorkeeper.session(token) is None, "asking does not wake it"


async def test_a_twelve_hour_old_session_ends_however_much_it_is_used(sekali, clerk) -> None:
    _, token = clerk
    await sekali.database.execute("update security.session set expires_at = now()")
    assert await sekali.doorkeeper.session(token) is None


async def test_sessions_of_one_account_have_a_limit(sekali, clerk) -> None:
    actor, token = clerk
    async with sekali.database.transaction() as tx:
        for _ in range(60):
            await sekali.doorkeeper._sessions.open(tx, actor.id, HERE)
    assert await sekali.database.fetchval("select count(*) from security.session") == 50
    assert await sekali.doorkeeper.session(token) is None


# Lists of breached passwords


def listed(*passwords: str) -> bytes:
    sums = sorted(hashlib.sha1(one.encode(), usedforsecurity=False).hexdigest().upper() for one in passwords)
    return "".join(f"{one}:{n}\r\n" for n, one in enumerate(sums, 1)).encode()


@given(st.sets(st.text(min_size=8, max_size=12), min_size=1, max_size=40), st.text(min_size=8, max_size=12))
def test_a_list_is_searched_where_it_lies(tmp_path_factory, known, other) -> None:
    path = tmp_path_factory.mktemp("list") / "pwned.txt"
    path.write_bytes(listed(*known))
    rules = Passwords(path)
    for one in known:
        with pytest.raises(kernel.Invalid):
            rules.require_good(one, "siapa")
    if other not in known and other.casefold() not in security.passwords._common():
        rules.require_good(other, "siapa")


@pytest.mark.parametrize("content", [b"", b"123456\nqwerty\n", b"{}"])
def test_a_file_that_is_no_such_list_refuses_the_start(tmp_path, content) -> None:
    (tmp_path / "list").write_bytes(content)
    with pytest.raises(kernel.Trouble, match="SEKALI_BREACHED_PASSWORDS"):
        Passwords(tmp_path / "list")
    with pytest.raises(kernel.Trouble, match="cannot be read"):
        Passwords(tmp_path / "none")
