"""Who comes in, and who rests."""

import asyncio

import pytest

from sekali import audit, kernel, security

WRONG = 5


async def account(sekali, **more) -> None:
    async with sekali.database.transaction() as tx:
        await sekali.doorkeeper.add_account(
            tx,
            **(
                {"username": "Loket.Satu", "password": "rahasia-1", "name": "Petugas", "role": security.Role.CLERK}
                | more
            ),
        )


async def test_a_session_is_the_actor_until_it_is_closed(sekali) -> None:
    await account(sekali)
    token = await sekali.doorkeeper.log_in(" loket.satu ", "rahasia-1", "10.0.0.1")
    assert (await sekali.doorkeeper.session(token)).role is security.Role.CLERK
    await sekali.doorkeeper.log_out(token)
    assert await sekali.doorkeeper.session(token) is None


async def test_after_five_wrong_passwords_the_account_rests(sekali) -> None:
    await account(sekali)
    for _ in range(WRONG):
        with pytest.raises(kernel.Unauthenticated):
            await sekali.doorkeeper.log_in("loket.satu", "salah", "10.0.0.1")
    with pytest.raises(kernel.Forbidden, match="rests"):
        await sekali.doorkeeper.log_in("loket.satu", "rahasia-1", "10.0.0.1")
    await sekali.database.execute("update security.account set locked_until = now() - interval '1 second'")
    assert await sekali.doorkeeper.log_in("loket.satu", "rahasia-1", "10.0.0.1")


async def test_many_guesses_at_once_are_no_better_than_one_by_one(sekali) -> None:
    await account(sekali)
    guesses = [*(f"tebakan {n}" for n in range(20)), "rahasia-1"]
    answers = await asyncio.gather(
        *(sekali.doorkeeper.log_in("loket.satu", guess, "10.0.0.1") for guess in guesses), return_exceptions=True
    )
    assert isinstance(answers[-1], kernel.Forbidden), "the right one came too late"


async def test_many_names_from_one_address_are_stopped(sekali) -> None:
    await sekali.database.execute("insert into security.attempt values ('10.0.0.9', date_trunc('minute', now()), 100)")
    with pytest.raises(kernel.Forbidden, match="from here"):
        await sekali.doorkeeper.log_in("siapa", "saja", "10.0.0.9")


async def test_a_name_is_one_accounts(sekali) -> None:
    await account(sekali)
    with pytest.raises(kernel.Conflict):
        await account(sekali, username="LOKET.SATU")


async def test_an_invitation_opens_one_page_once(sekali) -> None:
    citizen = kernel.new_person()
    async with sekali.database.transaction() as tx:
        code = await sekali.doorkeeper.invite(tx, "Siti", citizen=citizen)
    with pytest.raises(kernel.Invalid):
        await sekali.doorkeeper.activate(code, "siti", "pendek")
    await sekali.doorkeeper.activate(f" {code[:4].lower()}-{code[4:]}", "siti", "cukup-panjang")
    token = await sekali.doorkeeper.log_in("siti", "cukup-panjang", "10.0.0.1")
    assert (await sekali.doorkeeper.session(token)).citizen == citizen
    with pytest.raises(kernel.Invalid):
        await sekali.doorkeeper.activate(code, "siti2", "cukup-panjang")


async def test_a_client_gets_a_token_and_a_wrong_secret_none(sekali) -> None:
    organization = kernel.new_id(kernel.CITY)
    async with sekali.database.transaction() as tx:
        await sekali.doorkeeper.add_client(tx, "simrs", "rahasia", organization, "RS")
    token = await sekali.doorkeeper.token("simrs", "rahasia")
    assert (await sekali.doorkeeper.bearer(token.value)).facility == organization
    assert await sekali.doorkeeper.bearer("x" + token.value[1:]) is None
    with pytest.raises(kernel.Unauthenticated):
        await sekali.doorkeeper.token("simrs", "salah")


async def test_no_secret_is_kept_as_it_is(sekali) -> None:
    await account(sekali)
    token = await sekali.doorkeeper.log_in("loket.satu", "rahasia-1", "10.0.0.1")
    rows = await sekali.database.fetch(
        "select s::text as a, c::text as b from security.session s cross join security.account c"
    )
    assert rows and all(secret not in row["a"] + row["b"] for row in rows for secret in (token, "rahasia-1"))


def test_a_seal_holds_for_its_purpose_and_time(sekali) -> None:
    sealed = sekali.doorkeeper.seal("isi", "satu")
    assert sekali.doorkeeper.unseal(sealed, "satu", 60) == "isi"
    assert sekali.doorkeeper.unseal(sealed, "dua", 60) is None
    assert sekali.doorkeeper.unseal(sealed, "satu", -1) is None
    assert sekali.doorkeeper.unseal(sealed[:-2] + "xx", "satu", 60) is None
    assert sekali.doorkeeper.unseal("bukan apa-apa", "satu", 60) is None


def actor(role: security.Role, citizen=None) -> security.Actor:
    facility = citizen if role is security.Role.CITY_TEAM else kernel.new_id(kernel.CITY)
    return security.Actor(kernel.new_person(), "x", role, facility, "x", citizen)


def test_the_whole_policy_as_a_table() -> None:
    """Who may act for which purpose in which relation; everything else is refused."""
    person = kernel.new_person()
    allowed = set()
    for role in security.Role:
        for purpose in security.Purpose:
            for relation in security.Relation:
                try:
                    security.decide(actor(role, person), purpose, person, relation)
                except kernel.Forbidden:
                    continue
                allowed.add((role.value, purpose.value, relation.value))
    staff = {
        (r, "registration", s) for r in ("clerk", "nurse", "doctor") for s in ("none", "present", "in-care", "referred")
    }
    assert allowed == staff | {
        ("doctor", "treatment", "in-care"),
        ("nurse", "treatment", "in-care"),
        ("doctor", "treatment", "recent"),
        ("nurse", "treatment", "recent"),
        ("doctor", "emergency", "emergency"),
        ("nurse", "emergency", "emergency"),
        ("pharmacist", "treatment", "in-care"),
        ("records-officer", "record-keeping", "in-care"),
        ("records-officer", "record-keeping", "recent"),
        ("facility-head", "oversight", "none"),
        ("records-officer", "retention", "due"),
        ("facility-head", "retention", "due"),
        ("system", "retention", "none"),
        ("city", "oversight", "none"),
        ("auditor", "audit", "none"),
        ("citizen", "acting", "guardian"),
        ("citizen", "rights", "self"),
        ("records-officer", "rights", "none"),
        ("records-officer", "rights", "asked"),
        ("facility-head", "rights", "none"),
        ("facility-head", "rights", "asked"),
        ("emergency-operator", "operations", "none"),
        ("doctor", "referral", "referred"),
        ("clerk", "referral", "referred"),
        ("referral-desk", "referral", "referred"),
        ("citizen", "own-record", "self"),
        ("integrator", "integration", "none"),
        ("system", "load", "none"),
        ("system", "export", "none"),
        ("system", "movement", "none"),
        ("secretariat", "movement", "none"),
        ("city-team", "movement", "member"),
        ("mentor", "movement", "mentoring"),
        ("assessor", "movement", "assigned"),
        ("assessor", "movement", "none"),
    }


def test_nobody_but_the_program_has_subscriptions_in_the_store() -> None:
    """They hold what opens their owner's door; their owner reaches them by another way."""
    for rule in security.access.RULES:
        if rule.roles != {security.Role.SYSTEM}:
            assert "Subscription" not in rule.reads | rule.writes


def test_a_citizen_sees_only_the_own_page() -> None:
    with pytest.raises(kernel.Forbidden):
        security.decide(actor(security.Role.CITIZEN, kernel.new_person()), security.Purpose.OWN_RECORD, kernel.new_person(),
                        security.Relation.SELF)  # fmt: skip


async def test_what_happens_at_the_door_is_written_down_without_a_citizens_name(sekali) -> None:
    await account(sekali, username="siti", name="Siti Rahayu", role=security.Role.CITIZEN, citizen=kernel.new_person())
    await sekali.doorkeeper.log_in("siti", "rahasia-1", "10.0.0.1")
    row = await sekali.database.fetchrow("select kind, actor_name from audit.event")
    assert (row["kind"], row["actor_name"]) == (audit.Kind.LOGGED_IN.value, "")
