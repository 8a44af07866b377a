"""What leaves by other ways than pages and FHIR's answers: websockets, error files, papers, acknowledgements, logs, the terminal.

Of people who are there, planted names, NIKs and texts reach nobody who may not have them, whatever went wrong.
"""

import asyncio
import io
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pypdfium2
import pytest
import uvicorn
from policy_world import ACT, BASE, Person, World, leaked
from receiving import said, subscription
from rich.console import Console
from websockets.asyncio.client import connect

from sekali import app, commands, fhir, kernel, security

Role = security.Role


@pytest.fixture
async def person(world) -> Person:
    """Somebody with a name and a NIK that stand nowhere else."""
    return await world.person()


@pytest.fixture(autouse=True)
async def the_log(caplog, person) -> AsyncIterator[None]:
    """Whatever a test does, the program's log tells of nobody: also what is only said to those who debug."""
    caplog.set_level(logging.WARNING)  # as the program's own
    caplog.set_level(logging.DEBUG, logger="sekali")
    yield
    for secret in everything(person):
        assert secret not in caplog.text


def everything(person: Person) -> list[str]:
    return [person.name, person.nik, *person.secrets.values(), *person.conditions.values()]


# Websockets


@asynccontextmanager
async def serving(city: app.Sekali, port: int) -> AsyncIterator[str]:
    """The joined program behind a real socket, with what goes on by itself; its address."""
    config = uvicorn.Config(
        city.asgi, host="127.0.0.1", port=port, log_config=None, lifespan="off", ws="websockets-sansio"
    )
    server = uvicorn.Server(config)
    async with city.subscriptions.working():
        task = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn tells it by nothing else
            await asyncio.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        await task


def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("label", ["", "HIV"])
async def test_by_websocket(world, person, city, label) -> None:
    """A result that the listener's own request led to, and that the person keeps closed to it."""
    await world.care_for(person, "asker")
    about, secret = {"subject": {"reference": person.reference}}, f"RAHASIA-HASIL-{label}"
    closed = {"meta": {"security": [{"system": ACT, "code": label}]}} if label else {}
    asking = {"reference": f"Organization/{world.places['asker']}"}
    async with city.store.change(world.system("asker")) as change:
        order = await change.create(
            {"resourceType": "ServiceRequest", "status": "active", "intent": "order", "requester": asking, **about}
        )  # fmt: skip
    result = {"resourceType": "Observation", "status": "final", "basedOn": [{"reference": order.reference}],
              "code": {"text": secret}, "valueString": secret, **about}  # fmt: skip
    async with serving(city, free()) as url, await world.client("asker") as inside:
        proof = {"Authorization": inside.headers["Authorization"]}
        async with httpx.AsyncClient(base_url=f"{url}{BASE}", headers=proof) as asker:
            made = (
                await asker.post(
                    "/Subscription", json=subscription("result-ready", content="full-resource", heartbeat_period=1)
                )
            ).json()
            answer = (await asker.get(f"/Subscription/{made['id']}/$get-ws-binding-token")).json()["parameter"]
        token = next(one["valueString"] for one in answer if one["name"] == "token")
        async with connect(f"{url.replace('http', 'ws')}{BASE}/subscriptions") as line:
            await line.send(f"bind-with-token {token}")
            heard = [await line.recv()]
            async with city.store.change(world.system("writer")) as change:
                await change.create(result | closed)
                await change.create({"resourceType": "Encounter", **(await a_visit(world, person))})
            while len([one for one in heard if said(json.loads(one))["type"] == "heartbeat"]) < 3:
                heard.append(await asyncio.wait_for(line.recv(), 60))
    told = "".join(map(str, heard))
    assert (secret in told) == (not label), "what is open was told"
    assert not [one for one in (person.secrets["HIV"], person.conditions["HIV"]) if one in told]


async def a_visit(world: World, person: Person) -> dict:
    return {
        "status": "finished", "class": {"system": ACT, "code": "AMB"}, "subject": {"reference": person.reference},
        "serviceProvider": {"reference": f"Organization/{world.places['writer']}"},
    }  # fmt: skip


# Files of jobs


async def test_in_the_error_files_of_an_import(world, person, city, tmp_path) -> None:
    """What is refused is told by line and rule, also when the line holds somebody's name, or collides with somebody."""
    lines = [
        {"resourceType": "Patient", "id": "a", "name": [{"text": person.name}], "gender": person.name},
        {"resourceType": "Patient", "id": "b", "identifier": [{"system": fhir.NIK, "value": person.nik}],
         "birthDate": person.nik},
        {"resourceType": "Condition", "id": "c", "subject": {"reference": f"Patient/{person.nik}"},
         "code": {"text": person.secrets[""]}},
        {"resourceType": person.name}, {"resourceType": "Patient", person.nik: 1},
    ]  # fmt: skip
    file = tmp_path / "masuk.ndjson"
    file.write_bytes(
        b"\n".join(map(kernel.encode, lines)) + b"\n{" + person.nik.encode() + b"\n\xff" + person.name.encode()
    )
    screen = Console(file=io.StringIO(), width=200)
    told = await commands.import_(city, screen, [file])
    written = b"".join(path.read_bytes() for path in city.bulk.folder.rglob("error.*")).decode()
    assert "lines refused" in told and written.count("OperationOutcome") >= 5
    for text in (told, screen.file.getvalue(), written):
        assert not [one for one in everything(person) if one in text], text[:600]


# Papers


async def test_on_papers_of_the_movement_and_in_somebody_elses_copy(world, person, city) -> None:
    paths = [
        "/gerakan/hasil/latihan-2026/pers.pdf", "/tim/komitmen.pdf", "/tim/rencana/buku/buku-1.pdf", "/tim/rencana/buku-1.pdf",
        "/sekretariat/kohort/latihan-2026/keputusan.pdf", "/warga/salinan/fhir", "/warga/salinan/ips", "/verifikasi/ABCDEFGH",
        f"/loket/slip/{person.encounters['']}", f"/surat/{person.encounters['']}",
    ]  # fmt: skip
    other = await world.person([""])
    papers = 0
    desks = {
        "sekretariat": await logged_in(city, "sekretariat"), "tim.yogya": await logged_in(city, "tim.yogya"),
        "walikota": await logged_in(city, "walikota"), "head": await world.desk(Role.FACILITY_HEAD, "other"),
        "citizen": await world.desk(Role.CITIZEN, "", other.id), "clerk": await world.desk(Role.CLERK, "other"),
    }  # fmt: skip
    for who, desk in desks.items():
        for path in paths:
            answer = await desk.get(path)
            assert not leaked(answer, everything(person)), (who, path)
            if answer.headers["content-type"] == "application/pdf":
                text = "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(answer.content))
                assert len(text) > 100 and not [one for one in everything(person) if one in text], (who, path)
                papers += 1
    assert papers >= 2, "some are papers"


async def logged_in(city: app.Sekali, username: str) -> httpx.AsyncClient:
    token = await city.doorkeeper.log_in(username, "sekali-demo", "10.3.0.1")
    transport = httpx.ASGITransport(app=city.asgi)
    return httpx.AsyncClient(transport=transport, base_url="http://uji", cookies={"sekali": token})


# HL7 v2


async def test_in_acknowledgements(world, person, city) -> None:
    """Whoever sends a NIK is not told whose it is, nor what was sent with it, whatever is refused."""
    place = next(one for one in (await city.care.facilities.all()).values() if one.name == world.names["asker"])
    await city.hl7v2.senders.allow("SIMRS", "RSUD", place.id, place.name, place.zone, ["127.0.0.1"])
    head = "MSH|^~\\&|SIMRS|{to}|SEKALI|DINKES|20261101080000+0700||{event}|{control}|P|2.5.1||||||UNICODE UTF-8"
    sent = ("Salah^Nama Lain", "19900701", "RM-7391")
    pid = f"PID|1||{sent[2]}^^^RSUD^MR~{person.nik}^^^DUKCAPIL^NI||{sent[0]}|{{born}}|{{sex}}|||JL. LAIN"
    stay = {0: "PV1", 1: "1", 2: "{kind}", 3: "MELATI^2^B", 7: "77^HARTONO^BUDI^^^dr.", 19: "V-1", 44: "{start}"}
    visit = "|".join(stay.get(place, "") for place in range(46))
    codes = []
    for number, (event, born, sex, kind, start, to) in enumerate(
        (
            ("ADT^A01^ADT_A01", "19900701", "F", "I", "20261101080000", "RSUD"),
            ("ADT^A01^ADT_A01", "kapan", "F", "I", "20261101080000", "RSUD"),
            ("ADT^A01^ADT_A01", "19700101", person.nik, "I", "besok", "RSUD"),
            ("ADT^A99^ADT_A01", "19700101", "F", "I", "20261101080000", "RSUD"),
            ("ADT^A03^ADT_A03", "19900701", "F", person.name, "20261101080000", "RSUD"),
            ("ADT^A01^ADT_A01", "19900701", "F", "I", "20261101080000", person.name),
        )
    ):  # fmt: skip
        text = "\r".join(
            [head.format(event=event, control=number, to=to), f"EVN|{event[4:7]}|20261101080000",
             pid.format(born=born, sex=sex), visit.format(kind=kind, start=start), ""]
        )  # fmt: skip
        answer = (await city.hl7v2.inbox.answer(text.encode(), "127.0.0.1")).decode()
        codes.append(next(line for line in answer.split("\r") if line.startswith("MSA")).split("|")[1])
        hidden = [*everything(person), "Orang Uji"] if to == "RSUD" else [*everything(person)[1:], "Orang Uji "]
        assert not [one for one in hidden if one in answer.replace(to, "", 1)], answer
    assert set(codes) == {"AE", "AR"}, codes


# Logs


async def test_in_the_request_log(world, person, city) -> None:
    async with await world.client("other") as other:
        code = person.secrets["HIV"]
        for method, path, content in (
            ("GET", f"Patient?identifier={fhir.NIK}|{person.nik}&name={person.name}", b""),
            ("GET", f"Patient/{person.nik}", b""), ("GET", f"{person.name}/{person.nik}", b""),
            ("GET", f"Condition?code:text={code}&subject={person.reference}", b""),
            ("GET", f"Patient?{person.nik}={person.name}", b""),
            ("POST", "Patient", kernel.encode({"resourceType": "Patient", "gender": person.name, person.nik: code})),
            ("POST", f"Patient/{person.id}/$" + person.nik, b""), ("DELETE", f"Condition/{person.conditions['HIV']}", b""),
            ("PUT", f"Condition/{person.conditions['HIV']}", kernel.encode({"resourceType": "Condition", "code": code})),
        ):  # fmt: skip
            await other.request(
                method, f"{BASE}/{path}", content=content, headers={"Content-Type": "application/fhir+json"}
            )
        await asyncio.sleep(1.5)
        told = await other.get(f"{BASE}/$log")
    rows = await city.database.fetch("select * from exchange.request")
    desk = await world.desk(Role.INTEGRATOR, "other")
    page = await desk.get("/docs/permintaan")
    assert len(rows) >= 8 and page.status_code == told.status_code == 200
    for text in (str([dict(row) for row in rows]), page.text, told.text):
        assert not [one for one in [*everything(person), str(person.id)] if one in text], text[:800]


async def test_in_what_the_terminal_says(world, person, city) -> None:
    """Somebody types a person where an account or a facility belongs: it is not said back, and not looked up."""
    screen = Console(file=io.StringIO(), width=200)
    words = [person.name, person.nik]
    for word in words:
        for work in (
            commands.reset_password(city, screen, word, "kata sandi baru"), commands.drop_second_factor(city, screen, word),
            commands.add_client(city, screen, "klien-uji", word, None), commands.register_keys(city, screen, word, b"{}", False),
            commands.add_user(city, screen, "uji.terminal", "Uji", Role.CLERK, word, "kata sandi baru"),
            commands.add_client(city, screen, "klien-uji", world.names["asker"], person.nik.encode()),
            commands.make_emergency(city, screen, word[:9]),
        ):  # fmt: skip
            with pytest.raises((kernel.Failure, kernel.Trouble)) as refused:
                await work
            error = refused.value
            text = str(error) if isinstance(error, kernel.Trouble) else error.text("en") + error.text("id")
            assert text and not [one for one in everything(person) if one in text + screen.file.getvalue()], text
