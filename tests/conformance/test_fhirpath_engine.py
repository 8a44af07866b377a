"""The engine that search is checked against finds in HL7's own examples what stands in them."""

import doctest
import itertools
import json
import re

import fhirpath_engine
import pytest
from examples import LARGEST, NPM, examples, needs_npm, paths
from fhirpath_engine import CannotEvaluate, Found, evaluate, offline

pytestmark = needs_npm


def test_twenty_patients_by_their_own_words() -> None:
    people = list(itertools.islice(examples("Patient"), 20))
    assert len(people) == 20
    found = evaluate(people, ["Patient.birthDate", "Patient.name", "Patient.name.family | Patient.name.given"])
    for person, (born, names, words) in zip(people, found, strict=True):
        assert born == ([Found("FHIR.date", person["birthDate"])] if "birthDate" in person else [])
        assert names == [Found("FHIR.HumanName", name) for name in person.get("name", ())]
        own = {word for name in person.get("name", ()) for word in [name.get("family"), *name.get("given", ())] if word}
        assert {word.value for word in words if word.value is not None} == own


def test_a_reference_counts_by_what_it_leads_to() -> None:
    flag = {
        "resourceType": "Flag", "status": "active", "id": "a",
        "contained": [{"resourceType": "Patient", "id": "inside"}],
    }  # fmt: skip
    references = {
        "relative": {"reference": "Patient/1"},
        "absolute": {"reference": "https://example.org/fhir/Patient/1"},
        "version": {"reference": "Patient/1/_history/2"},
        "contained": {"reference": "#inside"},
        "told": {"type": "Patient", "identifier": {"value": "1"}},
        "other": {"reference": "Group/1"},
        "unknown": {"reference": "urn:uuid:0c5b1d4e-5b6f-4c9d-8f6a-1d2c3b4a5f60"},
        "nothing": {"display": "Patient/1, as people write"},
    }
    found = evaluate(
        [flag | {"subject": one} for one in references.values()], ["Flag.subject.where(resolve() is Patient)"]
    )
    kept = [name for name, (values,) in zip(references, found, strict=True) if values]
    assert kept == ["relative", "absolute", "version", "contained", "told"]


def test_as_picks_of_many() -> None:
    observation = {
        "resourceType": "Observation", "id": "b", "status": "final", "code": {"text": "tekanan darah"},
        "component": [
            {"code": {"text": "sistolik"}, "valueQuantity": {"value": 120}},
            {"code": {"text": "catatan"}, "valueString": "duduk"},
        ],
    }  # fmt: skip
    both = ["(Observation.component.value as Quantity)", "Observation.component.value.as(string)"]
    assert evaluate([observation], both) == [
        [[Found("FHIR.Quantity", {"value": 120})], [Found("FHIR.string", "duduk")]]
    ]


def test_every_official_search_parameter_of_some_kinds_can_be_evaluated() -> None:
    """R4's own expressions, on R4's own examples of the kinds that are asked for most."""
    parameters = [one for one in examples("SearchParameter") if "expression" in one]
    for kind in ("Condition", "Encounter", "Observation", "MedicationRequest", "QuestionnaireResponse", "Task"):
        own = {one["code"]: one["expression"] for one in parameters if kind in one["base"]}
        assert len(own) > 5
        rows = [dict(zip(own, row, strict=True)) for row in evaluate(examples(kind), list(own.values()))]
        whose = "subject" if kind != "Task" else "patient"
        assert any(row["status" if "status" in own else "clinical-status"] and row[whose] for row in rows)


def test_a_value_that_the_engine_cannot_compare_is_found_too() -> None:
    """Its union refuses quantities with a comparator."""
    expression = "(Observation.value as Quantity) | (Observation.component.value as Quantity)"
    (egfr,) = (one for one in examples("Observation") if one["id"] == "f205")
    quantities = [one["valueQuantity"] for one in egfr["component"] if "valueQuantity" in one]
    assert any("comparator" in one for one in quantities)
    assert evaluate([egfr], [expression]) == [[[Found("FHIR.Quantity", one) for one in quantities]]]


def test_a_union_has_each_value_once() -> None:
    person = {"resourceType": "Patient", "id": "c", "name": [{"family": "Sari", "given": ["Sari", "Sari"]}]}
    union, plain = evaluate([person], ["Patient.name.family | Patient.name.given", "Patient.name.given"])[0]
    assert [one.value for one in union] == ["Sari"] and [one.value for one in plain] == ["Sari", "Sari"]


def test_what_it_cannot_do_it_says() -> None:
    with pytest.raises(CannotEvaluate, match="resolve"):
        offline("Flag.subject.resolve().name")
    with pytest.raises(CannotEvaluate, match="nosuchfunction.*Patient/x"):
        evaluate([{"resourceType": "Patient", "id": "x"}], ["Patient.nosuchfunction()"])


def test_the_examples_are_all_there() -> None:
    everything = paths(largest=None, bundles=True)
    assert len(everything) == 5305
    usual = paths()
    assert all(path.stat().st_size <= LARGEST and not path.name.startswith("Bundle-") for path in usual)
    assert len(usual) == 5184 and paths("Bundle") and set(paths("Bundle")).isdisjoint(usual)


def test_the_lock_names_hashes_and_no_address() -> None:
    lock = (NPM / "package-lock.json").read_text()
    packages = {name: one for name, one in json.loads(lock)["packages"].items() if name}
    assert packages and all(one["version"] and one["integrity"].startswith("sha512-") for one in packages.values())
    assert not re.search(r'"resolved"|\.tgz|registry', lock)
    wanted = json.loads((NPM / "package.json").read_text())["dependencies"]
    assert all(packages[f"node_modules/{name}"]["version"] == version for name, version in wanted.items())


def test_the_wrapper_says_what_it_does() -> None:
    assert doctest.testmod(fhirpath_engine).failed == 0
