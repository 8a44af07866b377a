"""The profile checker: what it understands, what it says, and what it admits not to check."""

import copy
import json

import pytest

from sekali import fhir

PATIENT = "https://fhir.kemkes.go.id/r4/StructureDefinition/Patient"
GOOD = {
    "resourceType": "Patient",
    "identifier": [{"system": fhir.NIK, "value": "9901031705910001"}],
    "name": [{"text": "Joko Uji"}],
    "gender": "male",
    "birthDate": "1991-05-17",
    "address": [{"line": ["Jl. Uji"], "extension": [{"url": fhir.ADMINISTRATIVE_CODE, "extension": []}]}],
}


def found(resource: dict, url: str = PATIENT) -> list[tuple[str, str]]:
    """(path, rule) of each fault."""
    return [(one.path, one.rule) for one in fhir.check_profile(resource, fhir.profiles()[url])]


def without(*names: str) -> dict:
    return {name: value for name, value in GOOD.items() if name not in names}


def made(*elements: dict, **more) -> fhir.Profile:
    """A profile of Observation with these elements."""
    definition = {"url": "urn:uji", "type": "Observation", "differential": {"element": list(elements)}, **more}
    return fhir.read_profile(json.dumps(definition).encode())


def test_what_keeps_every_rule_has_no_fault() -> None:
    assert found(GOOD) == []


@pytest.mark.parametrize(
    ("name", "rule"),
    [("identifier", "10166"), ("gender", "10413"), ("birthDate", "10397"), ("address", "10333")],
)
def test_what_is_missing_is_named_with_its_rule(name, rule) -> None:
    assert found(without(name)) == [(f"Patient.{name}", rule)]


def test_a_missing_part_is_named_where_it_is_missing() -> None:
    assert found(GOOD | {"name": [{"text": "Joko"}, {"family": "Uji"}]}) == [("Patient.name[1].text", "10168")]


def test_slices_are_told_apart_by_system() -> None:
    nik = GOOD["identifier"][0]
    others = [{"system": "urn:x", "value": str(n)} for n in range(3)]
    assert found(GOOD | {"identifier": [nik, *others]}) == [], "open: others may stand beside"
    assert found(GOOD | {"identifier": [nik, nik, *others]}) == [("Patient.identifier", "")], "at most one NIK"


def test_a_slice_that_must_be_there() -> None:
    bare = copy.deepcopy(GOOD)
    bare["address"][0]["extension"] = [{"url": "urn:other"}]
    assert found(bare) == [("Patient.address[0].extension", "")]


def test_a_choice_has_only_the_types_that_the_profile_allows() -> None:
    assert found(GOOD | {"multipleBirthInteger": 2}) == []
    assert found(GOOD | {"multipleBirthBoolean": True}) == [("Patient.multipleBirthBoolean", "")]


def test_a_choice_that_must_be_there() -> None:
    profile = made({"id": "Observation.effective[x]", "min": 1})
    assert [one.path for one in fhir.check_profile({"resourceType": "Observation"}, profile)] == [
        "Observation.effective[x]"
    ]
    assert fhir.check_profile({"resourceType": "Observation", "effectiveInstant": "x"}, profile) == []


def test_fixed_values_and_patterns() -> None:
    profile = made(
        {"id": "Observation.status", "fixedCode": "final"},
        {"id": "Observation.code", "patternCodeableConcept": {"coding": [{"system": fhir.LOINC}]}},
    )
    right = {"resourceType": "Observation", "status": "final",
             "code": {"text": "Suhu", "coding": [{"system": "urn:x"}, {"system": fhir.LOINC, "code": "8310-5"}]}}  # fmt: skip
    wrong = {"resourceType": "Observation", "status": "amended", "code": {"coding": [{"system": "urn:x"}]}}
    assert fhir.check_profile(right, profile) == []
    assert [one.path for one in fhir.check_profile(wrong, profile)] == ["Observation.status", "Observation.code"]


def test_required_bindings_know_code_and_system() -> None:
    url = "urn:sekali:profile:Condition"
    clinical = {"system": fhir.CONDITION_CLINICAL, "code": "active"}
    for coding, fine in (
        (clinical, True),
        (clinical | {"code": "busy"}, False),
        (clinical | {"system": "urn:x"}, False),
    ):
        paths = [path for path, _ in found({"resourceType": "Condition", "clinicalStatus": {"coding": [coding]}}, url)]
        assert ("Condition.clinicalStatus" not in paths) is fine


def test_a_value_set_that_the_profile_carries() -> None:
    url, act = "urn:sekali:profile:Encounter", {"system": fhir.ACT_CODE, "code": "AMB"}
    assert ("Encounter.class", "10001") not in found({"resourceType": "Encounter", "class": act}, url)
    assert ("Encounter.class", "10001") in found({"resourceType": "Encounter", "class": act | {"code": "VR"}}, url)


def test_a_closed_slicing_and_a_forbidden_element() -> None:
    by = {"slicing": {"discriminator": [{"type": "value", "path": "system"}], "rules": "closed"}}
    profile = made(
        {"id": "Observation.identifier", **by},
        {"id": "Observation.identifier:own", "min": 1},
        {"id": "Observation.identifier:own.system", "fixedUri": "urn:own"},
        {"id": "Observation.focus", "max": "0"},
    )
    observation = {"resourceType": "Observation", "identifier": [{"system": "urn:x"}], "focus": [{"display": "x"}]}
    assert [(one.path, one.reason) for one in fhir.check_profile(observation, profile)] == [
        ("Observation.identifier[0]", "must be one of: own"),
        ("Observation.identifier", "is missing of own"),
        ("Observation.focus", "must not be there"),
    ]


def test_what_is_not_understood_is_named() -> None:
    profile = made(
        {"id": "Observation", "constraint": [{"key": "uji-1", "severity": "error", "human": "Something holds."}]},
        {"id": "Observation.code", "binding": {"strength": "required", "valueSet": "urn:unknown"}},
        {"id": "Observation.value[x]", "maxValueInteger": 3},
        {
            "id": "Observation.category",
            "slicing": {"discriminator": [{"type": "pattern", "path": "$this"}], "rules": "open"},
        },
    )
    assert profile.unchecked == (
        "uji-1: Something holds.", "Observation.code: binding urn:unknown", "Observation.value[x]: maxValueInteger",
        "Observation.category: slicing",
    )  # fmt: skip


def test_another_kind_is_said_and_nothing_else() -> None:
    (one,) = fhir.check_profile({"resourceType": "Group"}, fhir.profiles()[PATIENT])
    assert one.reason == "this profile is one of Patient"


def test_every_profile_is_valid_r4_and_speaks_of_elements_that_there_are() -> None:
    assert len(fhir.profiles()) == 13
    for profile in fhir.profiles().values():
        assert fhir.validate(profile.content) == []
        for element in json.loads(profile.content)["differential"]["element"][1:]:
            assert element["path"].split(".")[1].replace("valueQuantity", "value[x]") in fhir.R4.elements[profile.type]
