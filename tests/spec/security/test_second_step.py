"""A second factor after the password: an app's codes, each once, and recovery codes for when the phone is gone."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekali import app, audit, kernel, security

HERE = "10.0.0.1"
PASSWORD = "rahasia-1"


@pytest.fixture
async def doctor(sekali) -> security.Actor:
    return await account(sekali)


async def account(sekali, username: str = "dokter.satu") -> security.Actor:
    async with sekali.database.transaction() as tx:
        await sekali.doorkeeper.add_account(
            tx, username=username, password=PASSWORD, name="Dokter", role=security.Role.DOCTOR
        )
    return await sekali.doorkeeper.session(await sekali.doorkeeper.log_in(username, PASSWORD, HERE))


def code(secret: str, steps: int = 0) -> str:
    """Of this half minute, or of one before or after; never so late that the next begins before it is answered."""
    if (late := time.time() % 30) > 26:
        time.sleep(30.1 - late)
    return pyotp.TOTP(secret).at(kernel.now() + timedelta(seconds=30 * steps))


async def set_up(sekali, actor: security.Actor, secret: str) -> list[str]:
    """With the code of the half minute before, so that the present one is still unused."""
    _, codes = await sekali.doorkeeper.own.set_up_here(actor, secret, code(secret, -1), security.Device(HERE))
    return list(codes)


async def step(sekali, username: str = "dokter.satu") -> security.NextStep:
    found = await sekali.doorkeeper.log_in(username, PASSWORD, HERE)
    assert isinstance(found, security.NextStep)
    return found


async def events(sekali) -> list[str]:
    rows = await sekali.database.fetch("select kind, detail from audit.event order by at, seq")
    return [f"{row['kind']} {row['detail']}".strip() for row in rows]


async def test_the_password_alone_opens_nothing_any_more(sekali, doctor) -> None:
    secret = security.new_secret()
    await set_up(sekali, doctor, secret)
    asked = await step(sekali)
    assert asked.secret is None and await sekali.doorkeeper.session(asked.sealed) is None
    token, codes = await sekali.doorkeeper.answer(asked.sealed, code(secret), HERE)
    assert (await sekali.doorkeeper.session(token)).role is security.Role.DOCTOR and not codes
    assert "logged-in password and code" in await events(sekali)


async def test_a_code_works_once(sekali, doctor) -> None:
    secret = security.new_secret()
    await set_up(sekali, doctor, secret)
    asked, now = await step(sekali), code(secret)
    await sekali.doorkeeper.answer(asked.sealed, now, HERE)
    with pytest.raises(kernel.Unauthenticated):
        await sekali.doorkeeper.answer(asked.sealed, now, HERE)


async def test_the_code_that_set_it_up_does_not_let_in(sekali, doctor) -> None:
    secret = security.new_secret()
    first = code(secret)
    await sekali.doorkeeper.own.set_up_here(doctor, secret, first, security.Device(HERE))
    with pytest.raises(kernel.Unauthenticated):
        await sekali.doorkeeper.answer((await step(sekali)).sealed, first, HERE)


async def test_of_many_at_once_one_gets_in(sekali, doctor) -> None:
    secret = security.new_secret()
    await set_up(sekali, doctor, secret)
    asked, now = await step(sekali), code(secret)
    answers = await asyncio.gather(
        *(sekali.doorkeeper.answer(asked.sealed, now, HERE) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(answer, tuple) for answer in answers) == 1


@pytest.mark.parametrize("steps", [-3, -2, 2, 3])
async def test_a_code_of_another_time_is_refused(sekali, doctor, steps) -> None:
    secret = security.new_secret()
    await set_up(sekali, doctor, secret)
    with pytest.raises(kernel.Unauthenticated):
        await sekali.doorkeeper.answer((await step(sekali)).sealed, code(secret, steps), HERE)


async def test_after_five_wrong_codes_the_account_rests_also_when_they_come_at_once(sekali, doctor) -> None:
    secret = security.new_secret()
    await set_up(sekali, doctor, secret)
    asked = await step(sekali)
    answers = await asyncio.gather(
        *(sekali.doorkeeper.answer(asked.sealed, "000000", HERE) for _ in range(12)), return_exceptions=True
    )
    assert sum(isinstance(answer, kernel.Unauthenticated) for answer in answers) == 5
    with pytest.raises(kernel.Forbidden, match="rests"):
        await sekali.doorkeeper.answer(asked.sealed, code(secret), HERE)
    with pytest.raises(kernel.Forbidden, match="rests"):
        await sekali.doorkeeper.log_in("dokter.satu", PASSWORD, HERE)
    assert (await events(sekali)).count("locked code") == 1


async def test_the_right_password_does_not_forget_wrong_codes(sekali, doctor) -> None:
    await set_up(sekali, doctor, security.new_secret())
    for _ in range(5):
        with pytest.raises(kernel.Unauthenticated):
            await sekali.doorkeeper.answer((await step(sekali)).sealed, "000000", HERE)
    with pytest.raises(kernel.Forbidden):
        await step(sekali)


async def test_each_recovery_code_works_once_however_it_is_typed(sekali, doctor) -> None:
    codes = await set_up(sekali, doctor, security.new_secret())
    assert len(set(codes)) == 10
    for typed in (codes[0].lower(), codes[1].replace("-", " ")):
        await sekali.doorkeeper.answer((await step(sekali)).sealed, typed, HERE)
    with pytest.raises(kernel.Unauthenticated):
        await sekali.doorkeeper.answer((await step(sekali)).sealed, codes[0], HERE)
    assert (await events(sekali)).count("recovery-code-used") == 2


async def test_another_phone_makes_the_old_one_and_its_recovery_codes_worthless(sekali, doctor) -> None:
    old, new = security.new_secret(), security.new_secret()
    codes = await set_up(sekali, doctor, old)
    await set_up(sekali, doctor, new)
    for worthless in (code(old), codes[0]):
        with pytest.raises(kernel.Unauthenticated):
            await sekali.doorkeeper.answer((await step(sekali)).sealed, worthless, HERE)
    await sekali.doorkeeper.answer((await step(sekali)).sealed, code(new), HERE)


async def test_one_accounts_step_and_codes_are_no_use_for_another(sekali, doctor) -> None:
    secret = security.new_secret()
    await set_up(sekali, doctor, secret)
    other = await account(sekali, "dokter.dua")
    codes = await set_up(sekali, other, security.new_secret())
    with pytest.raises(kernel.Unauthenticated):
        await sekali.doorkeeper.answer((await step(sekali)).sealed, codes[0], HERE)
    token, _ = await sekali.doorkeeper.answer((await step(sekali)).sealed, code(secret), HERE)
    assert (await sekali.doorkeeper.session(token)).id == doctor.id


async def test_a_step_ends_with_the_password_that_opened_it_and_with_time(sekali, doctor, monkeypatch) -> None:
    secret = security.new_secret()
    await set_up(sekali, doctor, secret)
    asked = await step(sekali)
    await sekali.doorkeeper.own.reset_password("dokter.satu", "kata sandi lain")
    with pytest.raises(kernel.Unauthenticated, match="too long"):
        await sekali.doorkeeper.answer(asked.sealed, code(secret), HERE)
    assert sekali.doorkeeper.unseal(asked.sealed, "next step", -1) is None


async def test_a_role_that_needs_it_sets_it_up_before_it_comes_in(database, folder) -> None:
    sekali = await app.build(kernel.Settings(data=folder / "data", second_factor=("doctor",)), database)
    async with database.transaction() as tx:
        for name, role in (("dokter.satu", security.Role.DOCTOR), ("loket.satu", security.Role.CLERK)):
            await sekali.doorkeeper.add_account(tx, username=name, password=PASSWORD, name=name, role=role)
    assert isinstance(await sekali.doorkeeper.log_in("loket.satu", PASSWORD, HERE), str)
    asked = await step(sekali)
    assert asked.secret
    with pytest.raises(kernel.Invalid, match="not right"):
        await sekali.doorkeeper.answer(asked.sealed, "000000", HERE)
    assert isinstance(await sekali.doorkeeper.log_in("dokter.satu", PASSWORD, HERE), security.NextStep)
    token, codes = await sekali.doorkeeper.answer(asked.sealed, code(asked.secret), HERE)
    actor = await sekali.doorkeeper.session(token)
    assert len(codes) == 10
    with pytest.raises(kernel.Forbidden):
        await sekali.doorkeeper.own.remove_second_factor(actor)
    with pytest.raises(kernel.Unauthenticated):  # the step that set it up sets up no second one
        await sekali.doorkeeper.answer(asked.sealed, code(asked.secret), HERE)


async def test_a_role_that_there_is_not_refuses_the_start(database, folder) -> None:
    with pytest.raises(kernel.Trouble, match="SEKALI_SECOND_FACTOR"):
        await app.build(kernel.Settings(data=folder / "data", second_factor=("dokter",)), database)


async def test_a_lost_one_is_taken_away_by_the_operator_and_that_is_written_down(sekali, doctor) -> None:
    await set_up(sekali, doctor, security.new_secret())
    token, _ = await sekali.doorkeeper.own.set_up_here(
        doctor, (secret := security.new_secret()), code(secret), security.Device(HERE)
    )
    assert await sekali.doorkeeper.own.take_away("Dokter.Satu") == (True, 0)
    assert await sekali.doorkeeper.session(token) is None
    assert isinstance(await sekali.doorkeeper.log_in("dokter.satu", PASSWORD, HERE), str)
    assert f"second-factor-removed by the operator, for {doctor.id}" in await events(sekali)
    with pytest.raises(kernel.NotFound):
        await sekali.doorkeeper.own.take_away("siapa")


async def test_secret_and_recovery_codes_are_sealed_at_rest(sekali, doctor) -> None:
    secret = security.new_secret()
    codes = await set_up(sekali, doctor, secret)
    rows = await sekali.database.fetch(
        "select f::text || r::text as kept, f.secret, r.code_hash from security.second_factor f, security.recovery_code r"
    )
    for row in rows:
        assert secret not in row["kept"] and secret.encode() not in row["secret"]
        assert not any(code.replace("-", "").encode().hex() in row["kept"] for code in codes)
    spent = await sekali.database.fetch("select mark::text as mark from security.spent")
    assert spent and all(code(secret, -1) not in row["mark"] for row in spent)


async def test_with_another_servers_key_a_stolen_database_opens_no_second_factor(
    sekali, doctor, database, tmp_path
) -> None:
    secret = security.new_secret()
    codes = await set_up(sekali, doctor, secret)
    keeper = security.Doorkeeper(
        database, audit.Journal(database), security.Vault(kernel.Settings(data=tmp_path / "thief")), sekali.cipher
    )
    await keeper.open()
    thief = replace(sekali, doorkeeper=keeper)
    with pytest.raises(kernel.Unavailable, match="another key"):
        await thief.doorkeeper.answer((await step(thief)).sealed, code(secret), HERE)
    with pytest.raises(kernel.Unauthenticated):
        await thief.doorkeeper.answer((await step(thief)).sealed, codes[0], HERE)


ACTIONS = st.one_of(
    st.tuples(st.just("code"), st.integers(-2, 2)),
    st.tuples(st.just("recovery"), st.integers(0, 2)),
    st.tuples(st.just("password"), st.sampled_from([PASSWORD, "salah"])),
    st.tuples(st.just("garbage"), st.sampled_from(["", "000000", "AAAA-AAAA-AAAA", "٣٣٣٣٣٣"])),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ACTIONS, min_size=3, max_size=9))
async def test_no_order_of_answers_lets_in_without_a_fresh_second_factor(sekali, actions) -> None:
    username = f"dokter.{kernel.new_id(kernel.CITY)}"
    actor, secret = await account(sekali, username), security.new_secret()
    codes = await set_up(sekali, actor, secret)
    used, wrong, asked = {code(secret, -1)}, 0, await step(sekali, username)
    for kind, what in actions:
        typed = {"code": lambda n: code(secret, n), "recovery": lambda n: codes[n]}.get(kind, str)(what)
        try:
            if kind == "password":
                asked = await sekali.doorkeeper.log_in(username, typed, HERE)
                assert isinstance(asked, security.NextStep) and what == PASSWORD and wrong < 5
                continue
            token, _ = await sekali.doorkeeper.answer(asked.sealed, typed, HERE)
        except kernel.Failure:
            wrong += 1
            continue
        assert typed not in used and kind in ("code", "recovery") and wrong < 5
        assert kind == "recovery" or abs(what) <= 1
        assert (await sekali.doorkeeper.session(token)).id == actor.id
        used.add(typed)
        wrong = 0
