"""Codes that stand in thousands of resources are looked at once; what was right or wrong about them stays so."""

import pytest

from sekali import fhir, kernel

LOCAL = {"text": "uji", "extension": [{"url": "http://x/y", "valueReference": {"reference": "#one"}}]}
WRONG = {"coding": [{"system": "relative", "code": "1"}]}


def condition(code: dict, **more: object) -> dict:
    return {"resourceType": "Condition", "subject": {"reference": "Patient/1"}, "code": code} | more


def faults(resource: dict) -> list[str]:
    return [fault.path for fault in fhir.validate(kernel.encode(resource))]


def test_what_was_wrong_stays_wrong_and_is_told_where_it_stands() -> None:
    for _ in range(3):
        assert faults(condition(WRONG)) == ["Condition.code.coding.system"]
        assert faults(condition({"text": "x"}, category=[WRONG])) == ["Condition.category.coding.system"]


def test_a_local_reference_inside_depends_on_the_resource_around_it() -> None:
    there = {"contained": [{"resourceType": "Organization", "id": "one", "name": "Uji"}]}
    for _ in range(2):
        assert not faults(condition(LOCAL, **there))
        assert faults(condition(LOCAL))


@pytest.mark.parametrize("lost", [{"reference": "#"}, {"reference": "#none"}, {"reference": "#none", "display": "x"}])
def test_a_plain_reference_needs_no_look_but_a_local_one_does(lost: dict) -> None:
    assert bool(faults(condition({"text": "x"}) | {"subject": lost})) == (lost["reference"] != "#")


def test_the_terms_of_a_code_are_the_same_at_every_look() -> None:
    code = {"coding": [{"system": "http://x", "code": "A"}, {"code": "B"}], "text": "Uji"}
    long = {"coding": [{"system": "http://x", "code": f"{n:04}"} for n in range(60)]}
    for one in (code, long):
        first, second = (fhir.index(condition(one)).tokens for _ in range(2))
        assert first == second and len(first) == len(set(first))
        for coding in one["coding"]:
            assert fhir.term_hash("Condition", "code", coding["code"]) in first
