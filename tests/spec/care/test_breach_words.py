"""A record in words: nothing that a person needs is lost, and nothing that was a mistake is told."""

import re
from datetime import date
from decimal import Decimal

from examples import needs_npm, paths
from hypothesis import given
from hypothesis import strategies as st

from sekali import care, fhir, kernel


def one(**resource):
    (lines,) = care.told([{"resourceType": "X"} | resource]).values()
    return lines[0]


def test_a_diagnosis_a_result_and_a_letter() -> None:
    code = {"coding": [{"system": fhir.ICD10, "code": "E11.9"}], "text": "Diabetes"}
    active = {"coding": [{"code": "active"}]}
    told = one(
        code=code, recordedDate="2026-10-02T01:00:00+00:00", clinicalStatus=active, asserter={"display": "dr. A"}
    )
    assert (told.day, told.what, told.where, told.status) == (date(2026, 10, 2), "E11.9 Diabetes", "dr. A", "active")

    systolic = {"code": {"text": "sistolik"}, "valueQuantity": {"value": Decimal("150.0"), "unit": "mmHg"}}
    told = one(
        code={"text": "Tekanan darah"}, effectiveDateTime="2026-10-02", component=[systolic], note=[{"text": "duduk"}]
    )
    assert (told.what, told.more) == ("Tekanan darah", "sistolik 150.0 mmHg; duduk"), "a number keeps its digits"

    text = {"div": '<div xmlns="http://www.w3.org/1999/xhtml">Lanjut <b>amlodipin</b> &amp; kontrol</div>'}
    told = one(
        title="Surat balik", section=[{"title": "Isi", "text": text}], author=[{"display": "RS A"}, {"display": "RS A"}]
    )
    assert (told.what, told.more, told.where, told.day) == (
        "Surat balik",
        "Isi: Lanjut amlodipin & kontrol",
        "RS A",
        None,
    )

    visit = {"class": {"code": "AMB", "display": "ambulatory"}, "period": {"start": "2026-10-02T01:00:00+00:00"}}
    told = one(**visit, diagnosis=[{"condition": {"display": "Diabetes"}}], serviceProvider={"display": "RSUD"})
    assert (told.day, told.what, told.more, told.where) == (date(2026, 10, 2), "ambulatory", "Diabetes", "RSUD")


def test_a_medicine_that_is_only_referred_to_has_its_name() -> None:
    paper = {
        "resourceType": "MedicationRequest",
        "medicationReference": {"reference": "Medication/1"},
        "requester": {"reference": "Practitioner/2"},
    }
    medicine = {"resourceType": "Medication", "code": {"coding": [{"code": "93001", "display": "Amlodipin 5 mg"}]}}
    doctor = {"resourceType": "Practitioner", "name": [{"text": "dr. B"}]}
    named = {"Medication/1": care.called(medicine), "Practitioner/2": care.called(doctor)}
    ((told,),) = care.told([paper], named).values()
    assert (told.what, told.where) == ("Amlodipin 5 mg", "dr. B")


def test_newest_first_and_mistakes_are_left_out() -> None:
    days = ["2020-01-01", "2026-01-01", None, "2023-01-01"]
    made = [{"resourceType": "Procedure"} | ({"performedDateTime": day} if day else {}) for day in days]
    wrong = {"resourceType": "Procedure", "status": "entered-in-error", "performedDateTime": "2026-05-05"}
    doubted = {"resourceType": "Condition", "verificationStatus": {"coding": [{"code": "entered-in-error"}]}}
    told = care.told([*made, wrong, doubted])
    assert [one.day and one.day.year for one in told["Procedure"]] == [2026, 2023, 2020, None]
    assert "Condition" not in told


@needs_npm
def test_every_example_of_every_kind_can_be_told() -> None:
    """HL7's own examples: kinds that nobody here writes are told too."""
    told = care.told([kernel.decode(path.read_bytes()) for path in paths()])
    assert len(told) > 100
    for kind in ("AllergyIntolerance", "Condition", "Observation", "Procedure", "Immunization", "MedicationRequest"):
        empty = [line for line in told[kind] if not line.what]
        assert len(empty) < len(told[kind]) / 10, (kind, empty)
    assert all(
        isinstance(text, str)
        for lines in told.values()
        for line in lines
        for text in (line.what, line.more, line.where)
    )


@given(st.text(max_size=60))
def test_no_marks_are_left_of_a_letter_and_no_word_is_lost(text) -> None:
    words = " ".join(re.sub("[<>&]", " ", text).split())
    section = {"text": {"div": f"<div><p class='a'>{words}</p></div>"}}
    assert one(section=[section]).more == words
