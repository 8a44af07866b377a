"""A hospital's system that speaks HL7 v2: python-hl7's own command and client, over TCP, against a served Sekali."""

import asyncio
import socket
import subprocess
import sys
import time
from pathlib import Path

import hl7
import hl7.mllp
import httpx
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekali import kernel

SEND = Path(sys.executable).parent / "mllp_send"
NIK = "https://fhir.kemkes.go.id/id/nik"


def admission(nik: str, control: str, facility: str = "RSUD", visit: str = "") -> str:
    now = kernel.now().strftime("%Y%m%d%H%M%S+0000")
    return (
        f"MSH|^~\\&|SIMRS|{facility}|SEKALI|DINKES|{now}||ADT^A01^ADT_A01|{control}|P|2.5.1||||||UNICODE UTF-8\r"
        f"EVN|A01|{now}\rPID|1||{control}^^^{facility}^MR~{nik}^^^DUKCAPIL^NI||UJI^KIRIM||19910517|M\r"
        f"PV1|1|I|MELATI^1^A||||||||||||||||{visit or control}\r"
    )  # fmt: skip


@pytest.fixture
def control() -> str:
    return f"C{time.time_ns()}"


async def through_hl7s_client(served, *messages: str) -> list[hl7.Message]:
    reader, writer = await hl7.mllp.open_hl7_connection("127.0.0.1", served.hl7_port, encoding="utf-8")
    answers = []
    for one in messages:
        writer.writemessage(hl7.parse(one))
        answers.append(await asyncio.wait_for(reader.readmessage(), 20))
    writer.close()
    return answers


def code(answer: hl7.Message) -> str:
    return str(answer.segment("MSA")[1])


@pytest.mark.shows("HL7 v2 over MLLP: ADT A01 A03 A04 A08 A40, ORU R01")
def test_the_command_that_python_hl7_installs(served, http, new_nik, control, tmp_path) -> None:
    (tmp_path / "adt.hl7").write_text(admission(new_nik, control), newline="")
    told = subprocess.run(
        [SEND, "--loose", "--port", str(served.hl7_port), "--file", str(tmp_path / "adt.hl7"), "127.0.0.1"],
        capture_output=True, text=True, check=True, timeout=30,
    ).stdout  # fmt: skip
    assert f"MSA|AA|{control}" in told, told
    bundle = http.get("/Patient", params={"identifier": f"{NIK}|{new_nik}"}).json()
    assert [entry["resource"]["name"][0]["text"] for entry in bundle["entry"]] == ["KIRIM UJI"]
    encounters = http.get("/Encounter", params={"patient": bundle["entry"][0]["resource"]["id"]}).json()
    assert [entry["resource"]["class"]["code"] for entry in encounters["entry"]] == ["IMP"]


async def test_one_connection_serves_right_wrong_and_repeated_messages(served, new_nik, control) -> None:
    right = admission(new_nik, control)
    answers = await through_hl7s_client(
        served, right, right.replace("|I|", "|Q|").replace(control, control + "b"), right, right.replace("A01", "A99")
    )
    assert [code(one) for one in answers] == ["AA", "AE", "AA", "AR"]


async def test_two_senders_at_once_register_one_nik_and_make_one_person(served, http, new_nik, control) -> None:
    answers = await asyncio.gather(
        *(
            through_hl7s_client(served, admission(new_nik, f"{control}{n}", ("RSUD", "PRATAMA")[n % 2]))
            for n in range(8)
        )
    )
    assert [code(one) for [one] in answers] == ["AA"] * 8, answers
    assert http.get("/Patient", params={"identifier": f"{NIK}|{new_nik}"}).json()["total"] == 1


def test_a_line_that_breaks_in_the_middle_of_a_message_leaves_nothing(served, http, new_nik, control) -> None:
    with socket.create_connection(("127.0.0.1", served.hl7_port), timeout=10) as line:
        line.sendall(b"\x0b" + admission(new_nik, control).encode()[:-30])
    assert http.get("/Patient", params={"identifier": f"{NIK}|{new_nik}"}).json()["total"] == 0
    with socket.create_connection(("127.0.0.1", served.hl7_port), timeout=10) as line:
        line.sendall(b"\x0b" + admission(new_nik, control).encode()[:90])
        line.sendall(b"\x0b" + admission(new_nik, control).encode() + b"\x1c\r")
        assert f"MSA|AA|{control}".encode() in line.recv(4096)


def test_a_message_that_is_too_large_is_refused_and_the_line_stays_usable(served, new_nik, control) -> None:
    with socket.create_connection(("127.0.0.1", served.hl7_port), timeout=20) as line:
        line.sendall(b"\x0b" + b"MSH|^~\\&|" + b"x" * 600_000 + b"\x1c\r")
        assert b"MSA|AE|" in line.recv(4096)
        line.sendall(b"\x0b" + admission(new_nik, control).encode() + b"\x1c\r")
        assert f"MSA|AA|{control}".encode() in line.recv(4096)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=300),
        st.text('MSHPIDV1|^~\\&\r0A"é', max_size=200).map(lambda t: ("MSH|^~\\&|SIMRS|RSUD|" + t).encode()),
    )
)
def test_any_bytes_in_a_frame_get_an_acknowledgement(served, content) -> None:
    content = content.replace(b"\x0b", b"").replace(b"\x1c", b"")
    with socket.create_connection(("127.0.0.1", served.hl7_port), timeout=10) as line:
        line.sendall(b"\x0b" + content + b"\x1c\r")
        answer = line.recv(8192)
        assert answer.startswith(b"\x0bMSH") and b"MSA" in answer and answer.endswith(b"\x1c\r"), content


def test_noise_without_frames_is_dropped_and_the_listener_lives(served, new_nik, control) -> None:
    with socket.create_connection(("127.0.0.1", served.hl7_port), timeout=20) as line:
        try:
            for _ in range(40):
                line.sendall(b"GET / HTTP/1.1\r\n" * 4096)
            assert line.recv(10) == b""
        except ConnectionError:
            pass
    answers = asyncio.run(through_hl7s_client(served, admission(new_nik, control)))
    assert code(answers[0]) == "AA"


def test_one_process_listens(served) -> None:
    parent = psutil.Process(served.process.pid)
    listening = [
        one.pid
        for one in (parent, *parent.children(recursive=True))
        if any(c.status == psutil.CONN_LISTEN and c.laddr.port == served.hl7_port for c in one.net_connections("tcp"))
    ]
    assert listening == [parent.pid]


def test_the_audit_holds_and_names_the_sender(served, http) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "sekali", "audit", "verify"],
        env={"SEKALI_DATABASE_URL": served.dsn, "SEKALI_DATA": str(served.folder), "PATH": ""},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0 and " 0 breaks" in told.stdout, told.stdout + told.stderr
    assert httpx.get(f"{served.url}/fhir-r4/v1/metadata").status_code == 200
