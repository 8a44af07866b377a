"""What is wrong is named by segment and field, with what to do, and without anybody's number or name."""

import ast
from pathlib import Path

import pytest
from hl7_words import NIK, admission, allow, message, pid, send, stay

from sekali import fhir, kernel

SOURCE = Path(kernel.__file__).parents[1] / "hl7v2"

ORDER = "|".join(["OBR", "1", "", "7", "1^x", *[""] * 20, "F"])
WRONG = {
    "no PID": (message("ADT^A01", stay()), "AE", "PID^1", "100"),
    "no PV1": (message("ADT^A01", pid()), "AE", "PV1^1", "100"),
    "two people": (message("ADT^A01", pid(), pid("RM-2"), stay()), "AE", "PID^2", "100"),
    "no number": (admission(number="", nik=""), "AE", "PID^1^3", "101"),
    "no name": (admission(name=""), "AE", "PID^1^5", "101"),
    "no visit number": (admission(visit=""), "AE", "PV1^1^19", "101"),
    "a NIK that is none": (admission(nik="9901019907900001"), "AE", "PID^1^3^2", "102"),
    "30 February": (admission(born="19900230"), "AE", "PID^1^7", "102"),
    "born tomorrow": (admission(born="20991231"), "AE", "PID^1^7", "102"),
    "words for a date": (admission(born="kemarin"), "AE", "PID^1^7", "102"),
    "hour 25": (admission(start="2026110125"), "AE", "PV1^1^44", "102"),
    "an admission in the future": (admission(start="20990101080000"), "AE", "PV1^1^44", "102"),
    "an admission without an hour": (admission(start="20261101"), "AE", "PV1^1^44", "102"),
    "a sex that is not in the table": (admission(sex="X"), "AE", "PID^1^8", "103"),
    "a class that is not in the table": (admission(kind="Z"), "AE", "PV1^1^2", "103"),
    "no control id": (admission(control=""), "AE", "MSH^1^10", "101"),
    "an event that is not taken": (message("ADT^A02", pid(), stay()), "AR", "MSH^1^9", "201"),
    "a kind that is not taken": (message("MDM^T02", pid()), "AR", "MSH^1^9", "200"),
    "a test message": (admission().replace("|P|2.5.1", "|T|2.5.1"), "AR", "MSH^1^11", "202"),
    "version 3": (admission().replace("|P|2.5.1", "|P|3.0"), "AR", "MSH^1^12", "203"),
    "unknown characters": (admission().replace("UNICODE UTF-8", "GB 18030"), "AE", "MSH^1^18", "103"),
    "a line that is no segment": (admission().replace("PV1|", "\rpatah|\rPV1|"), "AE", "MSH^1", "100"),
    "a batch": ("BHS|^~\\&|SIMRS|RSUD\r" + admission(), "AR", "MSH^1", "200"),
    "nothing": ("", "AR", "MSH^1", "200"),
    "a discharge of nobody": (message("ADT^A03", pid(), stay()), "AE", "PID^1^3", "204"),
    "results of nobody": (message("ORU^R01", pid(), ORDER), "AE", "PID^1^3", "204"),
    "a number that is text": (
        message("ORU^R01", pid(), ORDER, "OBX|1|NM|1^x||banyak||||||F"), "AE", "OBX^1^5", "102"),
    "a type that is not taken": (
        message("ORU^R01", pid(), ORDER, "OBX|1|ED|1^x||zzz||||||F"), "AE", "OBX^1^2", "103"),
}  # fmt: skip


@pytest.fixture
async def rsud(city):
    return await allow(city)


async def test_each_fault_has_its_place_and_code_and_tells_nothing_of_the_person(city, rsud) -> None:
    for name, (text, code, place, error) in WRONG.items():
        answer = await send(city, text)
        assert (answer.code, answer.errors) == (code, [(place, error, "E")]), (name, answer.text)
        assert NIK not in answer.text and "AMINAH" not in answer.text, name
        err = answer.read.segment("ERR")
        assert str(err[7]) and str(err[8]) and str(err[7]) != str(err[8]), f"{name}: English and Indonesian"
    assert await city.database.fetchval("select count(*) from hl7v2.message") == 0


async def test_wrong_bytes_for_the_named_characters_are_refused(city, rsud) -> None:
    answer = await send(city, admission(name="RENÉE^SITI").encode("iso-8859-1"))
    assert (answer.code, answer.control, answer.errors) == ("AE", "1", [("MSH^1^18", "102", "E")])


async def test_a_discharge_before_the_admission_is_refused(city, rsud) -> None:
    await send(city, admission())
    answer = await send(city, message("ADT^A03", pid(), stay(end="20261031080000"), control="2"))
    assert answer.errors == [("PV1^1^45", "102", "E")]


async def test_a_visit_number_of_another_person_is_refused(city, rsud) -> None:
    await send(city, admission())
    answer = await send(city, admission(control="2", number="RM-9", nik="9901015707900009"))
    assert answer.errors == [("PV1^1^19", "205", "E")]
    assert await city.directory.find(fhir.NIK, "9901015707900009") is None


async def test_numbers_of_two_people_are_refused(city, rsud) -> None:
    await send(city, admission())
    await send(city, admission(control="2", visit="V-2", number="RM-2", nik="9901015707900002"))
    answer = await send(city, admission(control="3", visit="V-3", number="RM-2"))
    assert answer.errors == [("PID^1^3", "205", "E")]


async def test_another_hospitals_number_is_left_out_with_a_note(city, rsud) -> None:
    answer = await send(city, admission().replace("^MR~", "^MR~X-9^^^RS LAIN^MR~"))
    assert (answer.code, answer.errors) == ("AA", [("PID^1^3^2", "103", "W")])


async def test_an_older_version_gets_the_older_error_too(city, rsud) -> None:
    answer = await send(city, admission(sex="X").replace("|P|2.5.1", "|P|2.3.1"))
    assert str(answer.read.segment("ERR")[1]) == "PID^1^8^103&Table value not found"


async def test_other_separators_are_read_and_answered(city, rsud) -> None:
    text = admission().replace("|^~\\&|", "\x00").translate(str.maketrans("|^~", "#:;")).replace("\x00", "#:;\\&#")
    answer = await send(city, text)
    assert answer.code == "AA", answer.text


async def test_escapes_are_read(city, rsud, loading) -> None:
    await send(city, admission(name="A\\T\\B\\.inx\\\\Xzz\\^SITI\\X0A\\"))
    patient = await city.store.under(loading).read("Patient", await city.directory.find(fhir.NIK, NIK))
    assert patient.resource["name"][0]["text"] == "SITI A&B"


def words() -> set[str]:
    """Every msgid of a Refused or a Note."""
    found = set()
    for path in SOURCE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if name in ("Refused", "Note") and len(node.args) > 2 and isinstance(node.args[2], ast.Constant):
                found.add(node.args[2].value)
    return found


def test_every_word_has_an_indonesian_text() -> None:
    assert len(words()) > 30
    missing = [message for message in words() if kernel.translate("id", message) == message]
    assert not missing
