"""The operators' emergency account: one code, one hour, no person's record, and everybody who answers for access is told."""

import re

import httpx
import pytest
from policy_world import SAME, World, leaked

from sekali import audit, kernel, security
from sekali.security import Role

REASON = "Semua pimpinan fasilitas kehilangan ponselnya"
HERE = security.Device("10.9.0.1", "uji")


async def operator(world: World) -> httpx.AsyncClient:
    """Somebody who has come in with the printed code, over HTTP."""
    code, _ = await world.city.doorkeeper.emergency.make(REASON, "root")
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=world.city.asgi), base_url="http://uji", headers=SAME)
    answer = await client.post("/operator/masuk", data={"code": code.lower()})
    assert answer.status_code == 303 and answer.headers["location"] == "/operator"
    return client


async def details(sekali) -> list[str]:
    rows = await sekali.database.fetch(
        "select detail from audit.event where kind = $1 order by seq", audit.Kind.EMERGENCY_ACCOUNT.value
    )
    return [row["detail"] for row in rows]


async def test_its_code_opens_it_once(sekali) -> None:
    keeper = sekali.doorkeeper
    code, ends = await keeper.emergency.make(REASON, "root")
    assert (
        re.fullmatch(r"(?:[2-9A-Z]{4}-){3}[2-9A-Z]{4}", code) and 3500 < (ends - kernel.now()).total_seconds() <= 3600
    )
    token = await keeper.emergency.enter(code, HERE)
    actor = await keeper.session(token)
    assert actor is not None and actor.role is Role.EMERGENCY_OPERATOR
    for typed in (code, "", "AAAA-BBBB-CCCC-DDDD", "x" * 5000, "\0"):
        with pytest.raises(kernel.Unauthenticated):
            await keeper.emergency.enter(typed, HERE)
    kept = await sekali.database.fetchrow("select * from security.emergency_account")
    assert kept["code"] is None and code.replace("-", "") not in str(dict(kept))


async def test_guesses_from_one_address_come_to_an_end(sekali) -> None:
    code, _ = await sekali.doorkeeper.emergency.make(REASON, "root")
    for _ in range(100):
        with pytest.raises(kernel.Unauthenticated):
            await sekali.doorkeeper.emergency.enter("AAAA-AAAA-AAAA-AAAA", HERE)
    with pytest.raises(kernel.Forbidden):
        await sekali.doorkeeper.emergency.enter(code, HERE)
    assert await sekali.doorkeeper.emergency.enter(code, security.Device("10.9.0.2"))


async def test_it_ends_by_itself_with_its_session(sekali) -> None:
    keeper = sekali.doorkeeper
    code, _ = await keeper.emergency.make(REASON, "root")
    token = await keeper.emergency.enter(code, HERE)
    left = await sekali.database.fetchval("select expires_at - now() from security.session")
    assert left.total_seconds() <= 3600, "twelve hours are for others"
    await sekali.database.execute("update security.session set expires_at = now() - interval '1 second'")
    assert await keeper.session(token) is None
    await sekali.database.execute("update security.emergency_account set ends_at = now() - interval '1 second'")
    again, _ = await keeper.emergency.make(REASON, "root")
    await sekali.database.execute("update security.emergency_account set ends_at = now() - interval '1 second'")
    with pytest.raises(kernel.Unauthenticated):
        await keeper.emergency.enter(again, HERE)


async def test_it_cannot_be_made_longer_and_is_ended_at_the_terminal(sekali) -> None:
    keeper = sekali.doorkeeper
    code, _ = await keeper.emergency.make(REASON, "root")
    token = await keeper.emergency.enter(code, HERE)
    with pytest.raises(kernel.Conflict):
        await keeper.emergency.make(REASON, "root")
    for reason in ("", "darurat", "x" * 501):
        with pytest.raises(kernel.Invalid):
            await keeper.emergency.make(reason, "root")
    assert await keeper.emergency.end() and not await keeper.emergency.end()
    assert await keeper.session(token) is None
    await keeper.emergency.make(REASON, "root")
    said = [one.partition(" ")[0] for one in await details(sekali)]
    assert said == ["made", "entered", "ended", "made"], "each is on the audit, and none silently"


async def test_no_other_way_makes_one(sekali) -> None:
    async with sekali.database.transaction() as tx:
        with pytest.raises(AssertionError):
            await sekali.doorkeeper.add_account(
                tx, username="pura", password="rahasia-uji-1", name="x", role=Role.EMERGENCY_OPERATOR
            )
    await sekali.doorkeeper.emergency.make(REASON, "root")
    name = await sekali.database.fetchval("select username from security.account")
    with pytest.raises(kernel.Unauthenticated):
        await sekali.doorkeeper.log_in(name, "", "10.9.0.3")


async def test_it_lets_people_in_again(world) -> None:
    keeper = world.city.doorkeeper
    await world.desk(Role.DOCTOR, "asker")
    name = "uji-1"
    for _ in range(5):
        with pytest.raises(kernel.Unauthenticated):
            await keeper.log_in(name, "salah-sama-sekali", "10.0.0.9")
    with pytest.raises(kernel.Forbidden):
        await keeper.log_in(name, "rahasia-uji", "10.0.0.9")
    client = await operator(world)
    assert (await client.post("/operator/bangun", data={"wake": name})).status_code == 303
    assert await keeper.log_in(name, "rahasia-uji", "10.0.0.9")
    answer = await client.post("/operator/bangun", data={"wake": "tidak.ada"})
    assert answer.status_code == 404 and 'value="tidak.ada"' in answer.text
    account = await world.city.database.fetchval("select id from security.account where username = $1", name)
    await world.city.database.execute(
        "insert into security.second_factor (account, secret, added_at) values ($1, 'x', now())", account
    )
    assert (await client.post("/operator/ponsel", data={"phone": name})).status_code == 303
    assert not await world.city.database.fetchval("select count(*) from security.second_factor")
    by = await world.city.database.fetchval("select role from audit.event where kind = 'second-factor-removed'")
    assert by == Role.EMERGENCY_OPERATOR
    place = str(world.places["asker"])
    for data, field in (({"facility": place, "name": ""}, "name"), ({"facility": "x", "name": "dr. Baru"}, "facility")):
        answer = await client.post("/operator/kepala", data=data)
        assert answer.status_code == 400 and f'id="{field}-error"' in answer.text
    answer = await client.post("/operator/kepala", data={"facility": place, "name": "dr. Baru"})
    code = re.search(r'class="secret">(\w+)<', answer.text)[1]
    await keeper.activate(code, "kepala.baru", "kata sandi baru")
    head = await keeper.session(await keeper.log_in("kepala.baru", "kata sandi baru", "10.0.0.9"))
    assert head.role is Role.FACILITY_HEAD and head.facility == world.places["asker"]


async def test_it_sees_nobody(world) -> None:
    person = await world.person()
    client = await operator(world)
    paths = {route.path for route in world.city.asgi.routes if "{" not in route.path and route.path != "/keluar"}
    seen = set()
    for path in sorted(paths):
        answer = await client.get(path)
        assert not leaked(answer, [person.name, person.nik, *person.secrets.values()]), path
        if answer.status_code == 200:
            seen.add(path)
    assert "/operator" in seen and not seen & {"/loket", "/dokter", "/rekam", "/warga", "/rujukan", "/akun", "/kepala"}
    for path in ("/rekam/{}", "/dokter/{}", "/loket/slip/{}", "/darurat/{}", "/fhir-r4/v1/Patient/{}"):
        answer = await client.get(path.format(person.id))
        assert answer.status_code in (401, 403, 404) and not leaked(answer, [person.name, person.nik]), path
    actor = security.Actor(kernel.new_id(kernel.CITY), "x", Role.EMERGENCY_OPERATOR, None, "")
    grant = security.decide(actor, security.Purpose.OPERATIONS)
    assert grant.reads == grant.writes == {"operations"}
    for purpose in set(security.Purpose) - {security.Purpose.OPERATIONS}:
        for relation in security.Relation:
            with pytest.raises(kernel.Forbidden):
                security.decide(actor, purpose, person.id, relation)


async def test_heads_and_auditors_are_told_on_each_page_until_they_have_read_it(world) -> None:
    head, auditor, doctor = [
        await world.desk(role, place) for role, place in
        ((Role.FACILITY_HEAD, "other"), (Role.AUDITOR, ""), (Role.DOCTOR, "asker"))
    ]  # fmt: skip
    notice, read = "/operator/pemakaian", "Sudah saya baca"
    for desk in (head, auditor):
        assert notice not in (await desk.get("/kebijakan")).text
    client = await operator(world)
    for desk in (head, auditor):
        for path in ("/kebijakan", "/kota", "/akun"):
            assert notice in (await desk.get(path)).text, path
        page = await desk.get(notice)
        assert REASON in page.text and "root" in page.text and read in page.text
        action = re.search(r'action="(/operator/pemakaian/[^"]+)"', page.text)[1]
        assert (await desk.post(action)).status_code == 303
        assert notice not in (await desk.get("/kota")).text and read not in (await desk.get(notice)).text
    assert notice not in (await doctor.get("/kota")).text
    assert (await doctor.get(notice)).status_code == 403 and (await client.get(notice)).status_code == 403
    await client.post("/operator/bangun", data={"wake": "uji-3"})
    assert notice in (await head.get("/kota")).text, "what is done afterwards is told anew"
    page = await head.get(notice)
    assert "uji-3" in page.text and "membangunkan akun" in page.text


async def test_a_citizens_user_name_is_told_to_nobody(world) -> None:
    person = await world.person()
    await world.desk(Role.CITIZEN, "", person.id)
    head, client = await world.desk(Role.FACILITY_HEAD, "other"), await operator(world)
    name = await world.city.database.fetchval(
        "select username from security.account where role = 'citizen' and username like 'uji%'"
    )
    assert (await client.post("/operator/bangun", data={"wake": name})).status_code == 303
    page = await head.get("/operator/pemakaian")
    assert name not in page.text and "milik warga" in page.text
