"""An ADT or ORU message becomes FHIR resources, once, under the facility's name."""

import asyncio
from uuid import UUID

import pytest
from hl7_words import NIK, admission, allow, message, pid, send, stay

from sekali import audit, fhir, security


@pytest.fixture
async def rsud(city):
    return await allow(city)


async def patient_of(city, loading, system=fhir.NIK, value=NIK):
    return (await city.store.under(loading).read("Patient", await city.directory.find(system, value))).resource


async def all_of(city, loading, type, citizen):
    grant = loading.about(id_of(citizen))
    return [one.resource for one in (await city.store.under(grant).record([type]))[type]]


def id_of(resource) -> UUID:
    return UUID(resource["id"])


async def test_an_admission_keeps_the_person_and_an_open_encounter(city, rsud, loading) -> None:
    answer = await send(city, admission())
    assert (answer.code, answer.control, answer.errors) == ("AA", "1", []), answer.text
    patient = await patient_of(city, loading)
    assert patient["name"] == [{"use": "official", "text": "SITI AMINAH", "family": "AMINAH", "given": ["SITI"]}]
    assert (patient["birthDate"], patient["gender"]) == ("1990-07-17", "female")
    assert patient["address"] == [
        {
            "use": "home",
            "line": ["JL. UJI 2"],
            "city": "YOGYAKARTA",
            "state": "DIY",
            "postalCode": "55161",
            "country": "ID",
        }
    ]
    assert {one["system"]: one["value"] for one in patient["identifier"]} == {
        fhir.NIK: NIK, fhir.medical_record(rsud.id): "RM-1",
    }  # fmt: skip
    assert patient["meta"]["tag"] == [{"system": fhir.TAG, "code": "fictitious"}]
    [encounter] = await all_of(city, loading, "Encounter", patient)
    assert encounter["class"]["code"] == "IMP"
    assert (encounter["status"], encounter["period"]) == ("in-progress", {"start": "2026-11-01T01:00:00+00:00"})
    assert encounter["serviceProvider"]["reference"] == f"Organization/{rsud.id}"
    assert encounter["location"] == [{"location": {"display": "MELATI 2 B"}}]
    assert encounter["participant"][0]["individual"]["display"] == "dr. BUDI HARTONO"


@pytest.mark.parametrize(("kind", "code"), [("I", "IMP"), ("E", "EMER"), ("O", "AMB")])
async def test_the_class_comes_from_the_table(city, rsud, loading, kind, code) -> None:
    await send(city, message("ADT^A04", pid(), stay(kind=kind)))
    [encounter] = await all_of(city, loading, "Encounter", await patient_of(city, loading))
    assert (encounter["class"]["code"], encounter["status"]) == (code, "arrived")


@pytest.mark.parametrize(
    ("start", "kept"),
    [("20261101080000", "2026-11-01T01:00:00+00:00"), ("202611010800+0900", "2026-10-31T23:00:00+00:00"),
     ("20261101080000.5-0100", "2026-11-01T09:00:00+00:00")],
)  # fmt: skip
async def test_times_come_out_in_utc_from_the_offset_or_the_facilitys_zone(city, rsud, loading, start, kept) -> None:
    assert (await send(city, admission(start=start))).code == "AA"
    [encounter] = await all_of(city, loading, "Encounter", await patient_of(city, loading))
    assert encounter["period"]["start"] == kept


async def test_a_discharge_ends_the_encounter(city, rsud, loading) -> None:
    await send(city, admission())
    answer = await send(city, message("ADT^A03", pid(), stay(end="20261103101500"), control="2"))
    assert answer.code == "AA", answer.text
    [encounter] = await all_of(city, loading, "Encounter", await patient_of(city, loading))
    assert [step["status"] for step in encounter["statusHistory"]] == ["arrived", "in-progress", "finished"]
    assert encounter["period"] == {"start": "2026-11-01T01:00:00+00:00", "end": "2026-11-03T03:15:00+00:00"}


async def test_an_outpatient_who_is_admitted_keeps_the_encounter(city, rsud, loading) -> None:
    await send(city, message("ADT^A04", pid(), stay(kind="O")))
    answer = await send(city, admission(control="2", start="20261101100000"))
    assert answer.code == "AA", answer.text
    [encounter] = await all_of(city, loading, "Encounter", await patient_of(city, loading))
    assert (encounter["class"]["code"], encounter["status"]) == ("IMP", "in-progress")
    assert encounter["classHistory"][0]["class"]["code"] == "AMB"


async def test_the_same_message_twice_is_acknowledged_twice_and_kept_once(city, rsud, loading) -> None:
    first, second = await asyncio.gather(send(city, admission()), send(city, admission()))
    third = await send(city, admission())
    assert [first.code, second.code, third.code] == ["AA", "AA", "AA"]
    assert third.errors == [("MSH^1^10", "0", "I")]
    assert len(await all_of(city, loading, "Encounter", await patient_of(city, loading))) == 1


async def test_another_message_under_the_same_number_is_refused(city, rsud) -> None:
    await send(city, admission())
    answer = await send(city, admission(visit="V-2"))
    assert (answer.code, answer.errors) == ("AE", [("MSH^1^10", "205", "E")])


async def test_a_message_that_was_refused_may_be_sent_again_under_its_number(city, rsud) -> None:
    assert (await send(city, admission(kind="Z"))).code == "AE"
    assert (await send(city, admission())).code == "AA"


async def test_two_hospitals_registering_one_nik_at_once_make_one_person(city, rsud, loading) -> None:
    other = await allow(city, "RS Pratama Kota Yogyakarta", "PRATAMA")
    here = admission()
    there = (
        admission(visit="P-9", number="88")
        .replace("SIMRS|RSUD", "SIMRS|PRATAMA")
        .replace("^^^RSUD^MR", "^^^PRATAMA^MR")
    )
    answers = await asyncio.gather(send(city, here), send(city, there))
    assert [one.code for one in answers] == ["AA", "AA"], [one.text for one in answers]
    patient = await patient_of(city, loading)
    systems = {one["system"] for one in patient["identifier"]}
    assert systems == {fhir.NIK, fhir.medical_record(rsud.id), fhir.medical_record(other.id)}
    assert len(await all_of(city, loading, "Encounter", patient)) == 2


async def test_a_person_known_by_nik_gets_only_the_record_number(city, rsud, loading) -> None:
    async with city.store.change(loading) as change:
        await change.create(
            {
                "resourceType": "Patient",
                "identifier": [{"system": fhir.NIK, "value": NIK}],
                "name": [{"text": "Siti"}],
                "gender": "female",
            }
        )
    answer = await send(city, message("ADT^A08", pid(name="WRONG^NAME")))
    assert answer.code == "AA" and ("PID", "0", "I") in [(e[0][:3], *e[1:]) for e in answer.errors]
    patient = await patient_of(city, loading)
    assert patient["name"] == [{"text": "Siti"}] and "birthDate" not in patient
    assert patient["identifier"][-1]["value"] == "RM-1"


async def test_a_person_whom_only_the_facility_knows_follows_it(city, rsud, loading) -> None:
    await send(city, admission(nik=""))
    answer = await send(city, message("ADT^A08", pid(nik="", name="AMINAH^SITI NUR", born="19900718"), control="2"))
    assert (answer.code, answer.errors) == ("AA", [])
    patient = await patient_of(city, loading, fhir.medical_record(rsud.id), "RM-1")
    assert (patient["name"][0]["text"], patient["birthDate"]) == ("SITI NUR AMINAH", "1990-07-18")


async def test_a_merge_keeps_both_linked_and_moves_the_number(city, rsud, loading) -> None:
    await send(city, admission())
    await send(city, admission(control="2", visit="V-2", number="RM-2", nik=""))
    prior = await patient_of(city, loading, fhir.medical_record(rsud.id), "RM-2")
    merge = message("ADT^A40^ADT_A39", "EVN|A40|20261102", pid(), "MRG|RM-2^^^RSUD^MR", control="3")
    assert (await send(city, merge)).code == "AA"
    kept = await patient_of(city, loading)
    old = (await city.store.under(loading).read("Patient", id_of(prior))).resource
    assert kept["link"] == [{"other": {"reference": f"Patient/{old['id']}"}, "type": "replaces"}]
    assert old["link"] == [{"other": {"reference": f"Patient/{kept['id']}"}, "type": "replaced-by"}]
    assert old["active"] is False
    assert await city.directory.find(fhir.medical_record(rsud.id), "RM-2") == id_of(kept)


async def test_a_person_known_beyond_the_facility_is_not_replaced(city, rsud) -> None:
    await send(city, admission())
    await send(city, admission(control="2", visit="V-2", number="RM-2", nik="9901015707900002"))
    answer = await send(city, message("ADT^A40", pid(), "MRG|RM-2^^^RSUD^MR", control="3"))
    assert (answer.code, answer.errors) == ("AE", [("MRG^1^1", "206", "E")])


RESULT = (
    "OBR|1|P-7|LAB-7|58410-2^Darah lengkap^LN|||20261101090000|||||||||||||||20261101093000||LAB|F",
    "OBX|1|NM|718-7^Hemoglobin^LN||11.20|g/dL^^UCUM|12-16|L|||F",
    "NTE|1||Diulang",
    "OBX|2|ST|X1^Kesan^L||baik||||||F",
    "OBX|3|SN|2345-7^Glukosa^LN||>^200|mg/dL^^UCUM||H|||F",
)


async def test_results_become_a_report_with_observations(city, rsud, loading) -> None:
    await send(city, admission())
    answer = await send(city, message("ORU^R01^ORU_R01", pid(), stay(), *RESULT, control="2"))
    assert (answer.code, answer.errors) == ("AA", []), answer.text
    patient = await patient_of(city, loading)
    [report] = await all_of(city, loading, "DiagnosticReport", patient)
    found = {one["code"]["coding"][0]["code"]: one for one in await all_of(city, loading, "Observation", patient)}
    assert report["status"] == "final" and len(report["result"]) == 3 and "encounter" in report
    assert report["performer"][0]["reference"] == f"Organization/{rsud.id}"
    blood = found["718-7"]
    assert str(blood["valueQuantity"]["value"]) == "11.20", "its digits stay"
    assert blood["valueQuantity"]["code"] == "g/dL" and blood["referenceRange"] == [{"text": "12-16"}]
    assert blood["interpretation"][0]["coding"][0]["code"] == "L" and blood["note"] == [{"text": "Diulang"}]
    assert blood["effectiveDateTime"] == "2026-11-01T02:00:00+00:00"
    assert found["X1"]["valueString"] == "baik"
    assert found["2345-7"]["valueQuantity"]["comparator"] == ">"


async def test_a_correction_takes_the_place_of_the_result(city, rsud, loading) -> None:
    await send(city, admission())
    await send(city, message("ORU^R01", pid(), stay(), *RESULT, control="2"))
    corrected = "\r".join(RESULT).replace("11.20", "11.30").replace("|LAB|F", "|LAB|C")
    assert (await send(city, message("ORU^R01", pid(), stay(), corrected, control="3"))).code == "AA"
    patient = await patient_of(city, loading)
    [report] = await all_of(city, loading, "DiagnosticReport", patient)
    assert report["status"] == "corrected" and report["meta"]["versionId"] == "2"
    assert len(await all_of(city, loading, "Observation", patient)) == 3


async def test_everything_is_audited_under_the_facilitys_name(city, rsud) -> None:
    await send(city, admission())
    rows = await city.database.fetch("select * from audit.event where actor_name = 'SIMRS RSUD'")
    assert [(row["kind"], row["role"], row["purpose"], row["facility"]) for row in rows] == [
        ("wrote", "integrator", security.Purpose.INTEGRATION.value, rsud.id)
    ]
    assert "Patient/" in rows[0]["what"] and "Encounter/" in rows[0]["what"]
    assert (await audit.verify(city.database)).breaks == ()


async def test_a_system_that_is_not_agreed_on_is_rejected_and_written_down(city, rsud) -> None:
    for address, text in (("127.0.0.1", admission().replace("SIMRS|RSUD", "SIMRS|ELSE")), ("10.9.9.9", admission())):
        answer = await send(city, text, address)
        assert (answer.code, answer.errors) == ("AR", [("MSH^1^3", "200", "E")])
    rows = await city.database.fetch("select what from audit.event where kind = 'sender-refused' order by what")
    assert [row["what"] for row in rows] == ["10.9.9.9", "127.0.0.1"]
    assert await city.directory.find(fhir.NIK, NIK) is None


async def test_iso_8859_1_is_read(city, rsud, loading) -> None:
    text = admission(name="RENÉE^SITI").replace("UNICODE UTF-8", "8859/1")
    assert (await send(city, text.encode("iso-8859-1"))).code == "AA"
    assert (await patient_of(city, loading))["name"][0]["text"] == "SITI RENÉE"


async def test_what_did_not_fit_leaves_nothing(city, rsud) -> None:
    await send(city, admission(kind="Z"))
    assert await city.directory.find(fhir.NIK, NIK) is None
    assert await city.database.fetchval("select count(*) from hl7v2.message") == 0
