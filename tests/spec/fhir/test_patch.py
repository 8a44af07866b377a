"""Patches: JSON Patch (RFC 6902) and FHIRPath Patch (https://hl7.org/fhir/R4/fhirpatch.html).

The cases of FHIRPath Patch are those of HL7's ``r4/patch/fhir-path-tests.xml`` (github.com/FHIR/fhir-test-cases) by their
names, said anew in JSON. Its last one, "Consecutive operations", is left out: its XML is not well-formed, and its result
holds a value ("WW") that no operation of it sets.
"""

import base64
import json
import time
from decimal import Decimal
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekali import fhir, kernel

FHIR_JSON = "application/fhir+json"


def operation(type: str, path: str, value: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """One operation of a FHIRPath Patch; ``value`` is ``{"valueDate": …}`` or ``{"part": […]}``."""
    parts = [{"name": "type", "valueCode": type}, {"name": "path", "valueString": path}]
    for name, one in more.items():
        parts.append({"name": name, "valueInteger" if isinstance(one, int) else "valueString": one})
    if value is not None:
        parts.append({"name": "value"} | value)
    return {"name": "operation", "part": parts}


def parameters(*operations: dict[str, Any]) -> bytes:
    return kernel.encode({"resourceType": "Parameters", "parameter": list(operations)})


def by_path(resource: dict[str, Any] | bytes, *operations: dict[str, Any]) -> dict[str, Any]:
    content = resource if isinstance(resource, bytes) else kernel.encode(resource)
    return kernel.decode(fhir.patched(content, parameters(*operations), FHIR_JSON))


def by_json(content: dict[str, Any] | bytes, *operations: Any) -> bytes:
    content = content if isinstance(content, bytes) else kernel.encode(content)
    return fhir.patched(content, kernel.encode(list(operations)), fhir.JSON_PATCH)


def fault(refused: pytest.ExceptionInfo[kernel.Invalid]) -> kernel.Fault:
    (one,) = refused.value.faults
    return one


def patient(**members: Any) -> dict[str, Any]:
    return {"resourceType": "Patient"} | members


def identifiers(*numbers: int) -> dict[str, Any]:
    return patient(identifier=[{"system": "http://example.org", "value": f"value {n}"} for n in numbers])


THREE = {"valueIdentifier": {"system": "http://example.org", "value": "value 3"}}
NAMED = {"name": {"text": "a name"}}


def move(source: int, destination: int) -> dict[str, Any]:
    return operation("move", "Patient.identifier", source=source, destination=destination)


OFFICIAL = {
    "No Difference": (patient(birthDate="1920-01-01"), [], patient(birthDate="1920-01-01")),
    "Replace Primitive": (
        patient(birthDate="1920-01-01"),
        [operation("replace", "Patient.birthDate", {"valueDate": "1930-01-01"})],
        patient(birthDate="1930-01-01"),
    ),
    "Delete Primitive": (patient(birthDate="1920-01-01"), [operation("delete", "Patient.birthDate")], patient()),
    "Add Primitive": (
        patient(),
        [operation("add", "Patient", {"valueDate": "1930-01-01"}, name="birthDate")],
        patient(birthDate="1930-01-01"),
    ),
    "Replace Nested Primitive #1": (
        patient(contact=[NAMED | {"gender": "male"}]),
        [operation("replace", "Patient.contact[0].gender", {"valueCode": "female"})],
        patient(contact=[NAMED | {"gender": "female"}]),
    ),
    "Replace Nested Primitive #2": (
        patient(contact=[NAMED | {"gender": "male"}]),
        [operation("replace", "Patient.contact[0].name.text", {"valueString": "the name"})],
        patient(contact=[{"name": {"text": "the name"}, "gender": "male"}]),
    ),
    "Delete Nested Primitive #1": (
        patient(contact=[NAMED | {"gender": "male"}]),
        [operation("delete", "Patient.contact[0].gender")],
        patient(contact=[NAMED]),
    ),
    "Delete Nested Primitive #2": (  # the name is empty then, and goes too
        patient(contact=[NAMED | {"gender": "male"}]),
        [operation("delete", "Patient.contact[0].name.text")],
        patient(contact=[{"gender": "male"}]),
    ),
    "Add Nested Primitive": (
        patient(contact=[NAMED]),
        [operation("add", "Patient.contact[0]", {"valueCode": "male"}, name="gender")],
        patient(contact=[NAMED | {"gender": "male"}]),
    ),
    "Add Complex": (
        patient(),
        [operation("add", "Patient", {"valueCodeableConcept": {"text": "married"}}, name="maritalStatus")],
        patient(maritalStatus={"text": "married"}),
    ),
    "Replace Complex": (
        patient(maritalStatus={"id": "1", "text": "married"}),
        [operation("replace", "Patient.maritalStatus", {"valueCodeableConcept": {"id": "2", "text": "not married"}})],
        patient(maritalStatus={"id": "2", "text": "not married"}),
    ),
    "Delete Complex": (
        patient(maritalStatus={"text": "married"}),
        [operation("delete", "Patient.maritalStatus")],
        patient(),
    ),
    "Add Anonymous Type": (
        patient(),
        [operation("add", "Patient", {"part": [{"name": "name", "valueHumanName": NAMED["name"]}]}, name="contact")],
        patient(contact=[NAMED]),
    ),
    "Delete Anonymous Type": (patient(contact=[NAMED]), [operation("delete", "Patient.contact[0]")], patient()),
    "List unchanged": (identifiers(1, 2), [], identifiers(1, 2)),
    "List unchanged, contents changed": (
        identifiers(1, 2),
        [
            operation("replace", "Patient.identifier[0].value", {"valueString": "value 2"}),
            operation("replace", "Patient.identifier[1].value", {"valueString": "value 1"}),
        ],
        identifiers(2, 1),
    ),
    "Add to list": (identifiers(1, 2), [operation("insert", "Patient.identifier", THREE, index=2)], identifiers(1, 2, 3)),
    "Insert in list #1": (
        identifiers(1, 2),
        [operation("insert", "Patient.identifier", THREE, index=1)],
        identifiers(1, 3, 2),
    ),
    "Insert in list #2": (
        identifiers(1, 2),
        [operation("insert", "Patient.identifier", THREE, index=0)],
        identifiers(3, 1, 2),
    ),
    "Delete from List #1": (identifiers(1, 2, 3), [operation("delete", "Patient.identifier[0]")], identifiers(2, 3)),
    "Delete from List #2": (identifiers(1, 2, 3), [operation("delete", "Patient.identifier[1]")], identifiers(1, 3)),
    "Delete from List #3": (identifiers(1, 2, 3), [operation("delete", "Patient.identifier[2]")], identifiers(1, 2)),
    "Reorder List #1": (identifiers(1, 2, 3, 4), [move(3, 1)], identifiers(1, 4, 2, 3)),
    "Reorder List #2": (identifiers(1, 2, 3, 4), [move(3, 0)], identifiers(4, 1, 2, 3)),
    "Reorder List #3": (identifiers(1, 2, 3, 4), [move(3, 2)], identifiers(1, 2, 4, 3)),
    "Reorder List #4": (identifiers(1, 2, 3, 4), [move(0, 3)], identifiers(2, 3, 4, 1)),
    "Reorder List #5": (identifiers(1, 2, 3, 4), [move(1, 0), move(2, 1)], identifiers(2, 3, 1, 4)),
    "Reorder List #6": (identifiers(1, 2, 3, 4), [move(3, 0), move(3, 1), move(3, 2)], identifiers(4, 3, 2, 1)),
    "Operation on missing element #2": (
        patient(),
        [operation("add", "Patient", THREE, name="identifier")],
        identifiers(3),
    ),
    "Full Resource": (
        patient(
            text={"status": "generated", "div": "<div>Chalmers</div>"},
            name=[{"use": "official", "family": "Chalmers", "given": ["Peter", "James"]}, {"given": ["Jim"]}],
            birthDate="1974-12-25",
            _birthDate={"extension": [{"url": "http://example.org/birthTime", "valueDateTime": "1974-12-25T14:35:45-05:00"}]},
        ),
        [
            operation("replace", "Patient.text.div", {"valueString": "<div>Chalmers1</div>"}),
            operation("replace", "Patient.name[0].family", {"valueString": "Chalmers1"}),
        ],
        patient(
            text={"status": "generated", "div": "<div>Chalmers1</div>"},
            name=[{"use": "official", "family": "Chalmers1", "given": ["Peter", "James"]}, {"given": ["Jim"]}],
            birthDate="1974-12-25",
            _birthDate={"extension": [{"url": "http://example.org/birthTime", "valueDateTime": "1974-12-25T14:35:45-05:00"}]},
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OFFICIAL)
def test_official_case(name: str) -> None:
    before, operations, after = OFFICIAL[name]
    assert by_path(before, *operations) == after


def test_official_case_operation_on_missing_element() -> None:
    before = patient(identifier=[{"use": "official", "value": "123"}])
    path = "Patient.identifier.where(use = 'official').period"
    with pytest.raises(kernel.Invalid) as refused:
        by_path(before, operation("add", path, {"valueDate": "2021-12-01"}, name="end"))
    assert fault(refused) == kernel.Fault(
        "Parameters.parameter[0] Patient.identifier.where(use = '…').period",
        "the path must lead to one element; 0 are there",
    )


# The paths


PEOPLE = patient(
    identifier=[
        {"system": fhir.NIK_IBU, "value": "1", "type": {"text": "a"}},
        {"system": fhir.NIK, "value": "1"},
        {"system": fhir.NIK, "value": "it's", "use": "old"},
    ],
    deceasedBoolean=False,
)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("Patient.identifier[2].period", 2),
        (f"Patient.identifier.where(system='{fhir.NIK_IBU}').period", 0),
        (f"Patient.identifier.where(system = '{fhir.NIK}' and value = '1').period", 1),
        ("Patient.identifier.where(value = 'it\\'s').period", 2),
        ("Patient.identifier.where(value='1')[1].period", 1),
        ("Patient.identifier.where(value='1').last().period", 1),
        ("Patient.identifier.first().period", 0),
        ("Patient.identifier.last().period", 2),
    ],
)
def test_a_path_leads_to_one_element(path: str, place: int) -> None:
    found = by_path(
        PEOPLE, operation("add", path.removesuffix(".period"), {"valuePeriod": {"start": "2026"}}, name="period")
    )
    assert [n for n, one in enumerate(found["identifier"]) if "period" in one] == [place]


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("Patient.identifier.where(use='a' or use='b')", ".where(use='…' or use='…')"),
        ("Patient.identifier.where(use != 'a')", ".where(use != '…')"),
        ("Patient.identifier.where(use = official)", ".where(use = official)"),
        ("Patient.identifier.where(type.text = 'a')", ".where(type.text = '…')"),
        ("Patient.name.exists()", ".exists()"),
        ("Patient.identifier.skip(1)", ".skip(1)"),
        ("Patient.descendants().value", ".descendants()"),
        ("Patient.identifier[-1]", "[-1]"),
        ("Patient.identifier | Patient.name", " | Patient.name"),
        ("Patient.identifier.", "."),
    ],
)
def test_what_is_not_understood_is_named(path: str, named: str) -> None:
    with pytest.raises(kernel.Invalid) as refused:
        by_path(PEOPLE, operation("delete", path))
    assert (
        f"Sekali does not understand {named}" in fault(refused).reason
        and "write Type.element[0]" in fault(refused).reason
    )


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("Observation.status", "must begin with Patient"),
        ("", "must begin with Patient"),
        ("Patient.colour", "Patient has no element of the name colour"),
        ("Patient.identifier.colour", "Identifier has no element of the name colour"),
        ("Patient.deceasedBoolean", "Patient has no element of the name deceasedBoolean"),
        ("Patient.birthDate.extension", "send a JSON Patch"),
        ("Patient", "PUT"),
        ("Patient.identifier", "3 are there"),
        ("Patient.photo", "0 are there"),
    ],
)
def test_a_path_to_the_wrong_place_says_why(path: str, reason: str) -> None:
    with pytest.raises(kernel.Invalid) as refused:
        by_path(PEOPLE | {"birthDate": "2020-01-01"}, operation("replace", path, {"valueString": "x"}))
    assert reason in fault(refused).reason


def test_a_message_never_holds_what_a_path_compares_with() -> None:
    nik = "9901014103900002"
    for path in (
        f"Patient.identifier.where(value='{nik}').x()",
        f"Patient.identifier.where(value='a\\'{nik}",
        f"Patient.x('{nik}",
    ):
        with pytest.raises(kernel.Invalid) as refused:
            by_path(PEOPLE, operation("delete", path))
        assert nik not in str(refused.value.faults)


def test_an_element_of_several_types_changes_its_type_in_its_place() -> None:
    found = by_path(
        patient(deceasedBoolean=False, gender="male"),
        operation("replace", "Patient.deceased", {"valueDateTime": "2026"}),
    )
    assert list(found.items()) == [("resourceType", "Patient"), ("deceasedDateTime", "2026"), ("gender", "male")]
    assert by_path(PEOPLE, operation("delete", "Patient.deceased")).keys() == {"resourceType", "identifier"}
    with pytest.raises(kernel.Invalid) as refused:
        by_path(PEOPLE, operation("add", "Patient", {"valueDateTime": "2026"}, name="deceased"))
    assert "there already" in fault(refused).reason
    with pytest.raises(kernel.Invalid) as refused:
        by_path(patient(), operation("add", "Patient", {"valueString": "yes"}, name="deceased"))
    assert "valueBoolean, valueDateTime" in fault(refused).reason


def test_extensions_of_simple_values_go_where_their_values_go() -> None:
    """JSON keeps them in a list beside: https://hl7.org/fhir/R4/json.html#primitive."""
    b = {"extension": [{"url": "b"}]}
    before = patient(name=[{"given": ["a", "b"], "_given": [None, b]}], birthDate="2020-01-01", _birthDate=b)
    path = "Patient.name.given"

    def given(*operations: dict[str, Any]) -> dict[str, Any]:
        return by_path(before, *operations)["name"][0]

    assert given(operation("move", path, source=1, destination=0)) == {"given": ["b", "a"], "_given": [b, None]}
    assert given(operation("delete", f"{path}[0]")) == {"given": ["b"], "_given": [b]}
    assert given(operation("delete", f"{path}[1]")) == {"given": ["a"]}
    assert given(operation("insert", path, {"valueString": "c"}, index=1)) == {
        "given": ["a", "c", "b"],
        "_given": [None, None, b],
    }
    assert given(operation("add", "Patient.name", {"valueString": "c"}, name="given"))["_given"] == [None, b, None]
    assert given(operation("replace", f"{path}[1]", {"valueString": "c"})) == {"given": ["a", "c"]}
    assert "_birthDate" not in by_path(
        before, operation("replace", "Patient.birthDate", {"valueDate": "2021-01-01"})
    ), "an hour of birth does not belong to another day"
    only = patient(_birthDate=b)
    assert by_path(only, operation("replace", "Patient.birthDate", {"valueDate": "2021"})) == patient(birthDate="2021")
    assert by_path(only, operation("delete", "Patient.birthDate")) == patient()


def test_what_should_be_a_list_and_is_none_is_refused() -> None:
    wrong = {"valueIdentifier": {"type": {"coding": {"code": "a"}}}}
    coding = {"valueCoding": {"code": "b"}}
    for second in (
        operation("insert", "Patient.identifier[0].type.coding", coding, index=0),
        operation("add", "Patient.identifier[0].type", coding, name="coding"),
        operation("delete", "Patient.identifier[0].type.coding.code"),
    ):
        with pytest.raises(kernel.Invalid) as refused:
            by_path(patient(), operation("add", "Patient", wrong, name="identifier"), second)
        assert "should be a list" in fault(refused).reason


def test_a_delete_of_what_is_not_there_does_nothing() -> None:
    """ "Path of the element to delete (if found)"."""
    assert by_path(PEOPLE, operation("delete", "Patient.photo[3].title")) == PEOPLE


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (operation("copy", "Patient"), "add, insert, delete, replace, move"),
        (operation("delete", "Patient.identifier"), "3 fit"),
        (operation("add", "Patient", name="active"), "the part value is missing"),
        (operation("add", "Patient", {"valueBoolean": True}), "the part name is missing"),
        (operation("add", "Patient", {"valueBoolean": True, "valueCode": "x"}, name="active"), "either one value[x]"),
        (operation("add", "Patient", {"_valueBoolean": {"id": "x"}}, name="active"), "send a JSON Patch"),
        (operation("add", "Patient", {"valueBoolean": True}, name="colour"), "no element of the name colour"),
        (operation("insert", "Patient.identifier", THREE, index=4), "beyond the end"),
        (operation("insert", "Patient.identifier", THREE, index=-1), "of 0 or more"),
        (operation("insert", "Patient.identifier[0]", THREE, index=0), "name a list"),
        (operation("insert", "Patient.deceased", THREE, index=0), "is no list"),
        (operation("move", "Patient.identifier", source=3, destination=0), "below the length of the list, 3"),
        ({"name": "test"}, "the name operation"),
        ({"name": "operation", "part": [{"name": "colour"}]}, "the parts are"),
    ],
)
def test_an_operation_that_cannot_be_done_says_why(one: dict[str, Any], reason: str) -> None:
    with pytest.raises(kernel.Invalid) as refused:
        by_path(PEOPLE, operation("delete", "Patient.photo"), one)
    assert fault(refused).path.startswith("Parameters.parameter[1]") and reason in fault(refused).reason


# JSON Patch


def test_each_operation_of_rfc_6902() -> None:
    found = by_json(
        patient(active=False, gender="male", name=[{"text": "A"}]),
        {"op": "test", "path": "/active", "value": False},
        {"op": "add", "path": "/name/-", "value": {"text": "B"}},
        {"op": "replace", "path": "/active", "value": True},
        {"op": "remove", "path": "/gender"},
        {"op": "copy", "from": "/name/0", "path": "/name/2"},
        {"op": "move", "from": "/name/2/text", "path": "/name/2/family"},
    )
    assert kernel.decode(found) == patient(active=True, name=[{"text": "A"}, {"text": "B"}, {"family": "A"}])


def test_a_failed_test_is_not_what_the_sender_expects_and_tells_nothing() -> None:
    with pytest.raises(kernel.Unprocessable) as refused:
        by_json(patient(birthDate="1990-07-14"), {"op": "test", "path": "/birthDate", "value": "1991-07-14"})
    assert refused.value.path == "[0] /birthDate"
    assert "1990" not in refused.value.text("en") and refused.value.text("id") != refused.value.text("en")


@pytest.mark.parametrize(
    ("one", "path", "reason"),
    [
        ({"op": "remove", "path": "/gender"}, "[1] /gender", "leads nowhere"),
        ({"op": "replace", "path": "/name/1", "value": {}}, "[1] /name/1", "leads nowhere"),
        ({"op": "copy", "from": "/x", "path": "/y"}, "[1] /y", "leads nowhere"),
        ({"op": "add", "path": "name", "value": 1}, "[1] name", "leads nowhere"),
        ({"op": "add", "path": "/name/7", "value": {}}, "[1] /name/7", "cannot be done"),
        ({"op": "move", "from": "/name", "path": "/name/0"}, "[1] /name/0", "cannot be done"),
        ({"op": "merge", "path": "/name"}, "[1] /name", "an operation has op"),
        ({"op": "add", "path": "/gender"}, "[1] /gender", "an operation has op"),
        ({"op": "add", "path": 7, "value": 1}, "[1]", "an operation has op"),
        ({"op": ["add"], "path": "/gender", "value": 1}, "[1] /gender", "an operation has op"),
        ({"path": "/gender"}, "[1] /gender", "an operation has op"),
        ("add", "[1]", "an operation has op"),
        (None, "[1]", "an operation has op"),
    ],
)
def test_a_json_patch_that_cannot_be_done_says_where_and_why(one: Any, path: str, reason: str) -> None:
    with pytest.raises(kernel.Invalid) as refused:
        by_json(patient(name=[{"text": "A"}]), {"op": "test", "path": "/resourceType", "value": "Patient"}, one)
    assert fault(refused).path == path and reason in fault(refused).reason


@pytest.mark.parametrize("patch", [b"{}", b"1", b'{"op":"add"}', b"[", b'"x"', b"\xff"])
def test_a_json_patch_is_a_list(patch: bytes) -> None:
    with pytest.raises(kernel.Invalid):
        fhir.patched(b'{"resourceType":"Patient"}', patch, fhir.JSON_PATCH)


@pytest.mark.parametrize(
    "patch", [b"[]", b"{}", b'{"resourceType":"Patient"}', b'{"resourceType":"Parameters","parameter":{}}']
)
def test_a_fhirpath_patch_is_a_parameters_resource(patch: bytes) -> None:
    with pytest.raises(kernel.Invalid) as refused:
        fhir.patched(b'{"resourceType":"Patient"}', patch, FHIR_JSON)
    assert fault(refused).path.startswith("Parameters")


def test_another_media_type_is_not_supported() -> None:
    with pytest.raises(kernel.Unsupported):
        fhir.patched(b'{"resourceType":"Patient"}', b"[]", "application/merge-patch+json")


def test_a_binary_carries_a_json_patch() -> None:
    """As in Bundles: https://hl7.org/fhir/R4/http.html#jsonpatch-transaction."""
    inner = b'[{"op":"add","path":"/active","value":true}]'
    binary = {"resourceType": "Binary", "contentType": fhir.JSON_PATCH, "data": base64.b64encode(inner).decode()}
    assert kernel.decode(fhir.patched(kernel.encode(patient()), kernel.encode(binary), FHIR_JSON)) == patient(
        active=True
    )
    for wrong in ({"contentType": "text/plain"}, {"data": "?"}, {"data": None}):
        with pytest.raises(kernel.Invalid):
            fhir.patched(kernel.encode(patient()), kernel.encode(binary | wrong), FHIR_JSON)


# What no patch may do


KEPT = patient(id="x", meta={"versionId": "3", "lastUpdated": "2026-11-23T01:00:00Z"}, active=True)


@pytest.mark.parametrize(
    "one",
    [
        {"op": "replace", "path": "/id", "value": "y"},
        {"op": "remove", "path": "/id"},
        {"op": "replace", "path": "/resourceType", "value": "Person"},
        {"op": "replace", "path": "/meta/versionId", "value": "9"},
        {"op": "add", "path": "/meta/lastUpdated", "value": "2020-01-01T00:00:00Z"},
        {"op": "remove", "path": "/meta"},
        {"op": "add", "path": "/meta", "value": []},
        {"op": "move", "from": "/id", "path": "/language"},
        {"op": "copy", "from": "/active", "path": "/id"},
        {"op": "replace", "path": "", "value": {"resourceType": "Patient"}},
        {"op": "replace", "path": "", "value": []},
    ],
)
def test_no_json_patch_touches_what_is_the_servers(one: dict[str, Any]) -> None:
    with pytest.raises(kernel.Invalid) as refused:
        by_json(KEPT, {"op": "add", "path": "/gender", "value": "male"}, one)
    assert fault(refused).path.startswith("[1]") and "meta.versionId" in fault(refused).reason


@pytest.mark.parametrize("path", ["Patient.id", "Patient.meta.versionId", "Patient.meta.lastUpdated", "Patient.meta"])
def test_no_fhirpath_patch_touches_what_is_the_servers(path: str) -> None:
    for one in (operation("delete", path), operation("replace", path, {"valueString": "9"})):
        with pytest.raises(kernel.Invalid) as refused:
            by_path(KEPT, one)
        assert fault(refused).path == f"Parameters.parameter[0] {path}"


def test_what_is_the_servers_may_be_tested_and_a_tag_added() -> None:
    found = by_json(
        KEPT,
        {"op": "test", "path": "/meta/versionId", "value": "3"},
        {"op": "add", "path": "/meta/tag", "value": [{"code": "a"}]},
    )
    assert kernel.decode(found)["meta"]["tag"] == [{"code": "a"}]


def test_at_most_200_operations() -> None:
    one = {"op": "test", "path": "/active", "value": True}
    assert by_json(KEPT, *[one] * 200) == kernel.encode(KEPT)
    with pytest.raises(kernel.TooCostly, match="at most"):
        by_json(KEPT, *[one] * 201)
    with pytest.raises(kernel.TooCostly, match="at most"):
        by_path(KEPT, *[operation("delete", "Patient.photo")] * 201)


def test_a_patch_that_doubles_again_and_again_ends_soon() -> None:
    start = time.monotonic()
    with pytest.raises(kernel.TooCostly, match="copy"):
        by_json(KEPT, *[{"op": "copy", "from": "/meta", "path": f"/meta/{n}"} for n in range(200)])
    assert time.monotonic() - start < 10


def test_what_comes_out_too_deep_is_refused() -> None:
    deep: Any = 1
    for _ in range(50):
        deep = {"x": deep}
    grow = [{"op": "add", "path": "/x" * (50 * n + 1), "value": deep} for n in range(200)]
    with pytest.raises(kernel.Invalid) as refused:
        by_json(KEPT, *grow)
    assert "nested too deeply" in fault(refused).reason


# What stays as it was


def test_numbers_keep_their_digits_and_members_their_order() -> None:
    content = b"""{"resourceType":"Observation","valueQuantity":{"unit":"g","value":1.00},
        "component":[{"valueQuantity":{"value":2.50}}],"status":"final"}"""
    patch = b"""[{"op":"add","path":"/component/0/valueQuantity/low","value":0.0000001000},
        {"op":"replace","path":"/valueQuantity/unit","value":"kg"},
        {"op":"add","path":"/big","value":12345678901234567890123456789012345678.9000}]"""
    assert fhir.patched(content, patch, fhir.JSON_PATCH) == (
        b'{"resourceType":"Observation","valueQuantity":{"unit":"kg","value":1.00},'
        b'"component":[{"valueQuantity":{"value":2.50,"low":1.000E-7}}],"status":"final",'
        b'"big":12345678901234567890123456789012345678.9000}'
    )
    patch = b"""{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"replace"},
        {"name":"path","valueString":"Observation.value"},{"name":"value","valueQuantity":{"value":3.000}}]}]}"""
    assert b'"valueQuantity":{"value":3.000},"component"' in fhir.patched(content, patch, FHIR_JSON)


def test_what_a_patch_leaves_alone_stays_byte_for_byte() -> None:
    content = b'{"resourceType":"Patient","extension":[ {"url":"u","valueDecimal":  1e2} ],"active":false}'
    found = by_json(content, {"op": "replace", "path": "/active", "value": True})
    assert found == content.replace(b"false", b"true")


def test_a_test_compares_numbers_by_value() -> None:
    """RFC 6902, 4.6."""
    content = b'{"resourceType":"Observation","valueInteger":1.00}'
    assert by_json(content, {"op": "test", "path": "/valueInteger", "value": 1}) == content
    with pytest.raises(kernel.Unprocessable):
        by_json(content, {"op": "test", "path": "/valueInteger", "value": True})


def test_a_generated_narrative_goes_when_the_data_changes() -> None:
    """R4: the narrative SHALL not be clinically unsafe after a PATCH (https://hl7.org/fhir/R4/http.html#patch)."""
    change = {"op": "replace", "path": "/active", "value": False}
    narrative = {"status": "generated", "div": "<div>active</div>"}
    assert "text" not in kernel.decode(by_json(KEPT | {"text": narrative}, change))
    renewed = by_json(KEPT | {"text": narrative}, change, {"op": "replace", "path": "/text/div", "value": "<div/>"})
    assert kernel.decode(renewed)["text"]["div"] == "<div/>"
    tagged = by_json(KEPT | {"text": narrative}, {"op": "add", "path": "/meta/tag", "value": []})
    assert kernel.decode(tagged)["text"] == narrative
    with pytest.raises(kernel.Invalid) as refused:
        by_json(KEPT | {"text": narrative | {"status": "additional"}}, change)
    assert fault(refused).path == "Patient.text"


# All of it, for any resource


NAMES = st.sampled_from(["name", "a/b", "m~n", "value", "_x", "0", "é"])
NUMBERS = st.integers(-(2**70), 2**70) | st.decimals(allow_nan=False, allow_infinity=False, places=3)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
RESOURCES = st.dictionaries(NAMES, VALUES, max_size=5).map(lambda members: patient(id="x") | members)


def difference(one: Any, other: Any) -> bytes:
    return kernel.encode(jsonpatch.JsonPatch.from_diff(one, other, dumps=lambda v: kernel.encode(v).decode()).patch)


def as_sorted(content: bytes) -> str:
    """The meaning of JSON: digits count, the order of members does not."""
    return json.dumps(kernel.decode(content), sort_keys=True, default=lambda number: {"decimal": str(Decimal(number))})


@given(RESOURCES, RESOURCES)
def test_a_difference_turns_one_into_the_other_and_its_inverse_back(one: dict[str, Any], other: dict[str, Any]) -> None:
    before, after = kernel.encode(one), kernel.encode(other)
    there = fhir.patched(before, difference(kernel.decode(before), kernel.decode(after)), fhir.JSON_PATCH)
    assert as_sorted(there) == as_sorted(after)
    back = fhir.patched(there, difference(kernel.decode(there), kernel.decode(before)), fhir.JSON_PATCH)
    assert as_sorted(back) == as_sorted(before)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=6))
def test_moves_done_backwards_give_the_same_bytes_again(moves: list[tuple[int, int]]) -> None:
    content = kernel.encode(identifiers(1, 2, 3, 4, 5))
    there = fhir.patched(content, parameters(*(move(a, b) for a, b in moves)), FHIR_JSON)
    assert fhir.patched(there, parameters(*(move(b, a) for a, b in reversed(moves))), FHIR_JSON) == content


@given(RESOURCES, st.lists(VALUES, max_size=3) | VALUES)
def test_nonsense_is_refused_and_never_breaks(resource: dict[str, Any], nonsense: Any) -> None:
    for media_type in (fhir.JSON_PATCH, FHIR_JSON):
        try:
            fhir.patched(kernel.encode(resource), kernel.encode(nonsense), media_type)
        except kernel.Failure as failure:
            assert failure.message


PATHS = [
    "Patient", "Patient.name", "Patient.name[0]", "Patient.name.given", "Patient.name.given[1]", "Patient.name.period.start",
    "Patient.contained", "Patient.contained[0].name", "Patient.identifier.type.coding", "Patient.deceased",
]  # fmt: skip
WRONG = [
    {"given": {"a": 1}, "period": 3},
    {"given": ["a"], "_given": 7},
    {"type": {"coding": {"a": 1}}},
    {"resourceType": 1},
    3,
]
OPERATIONS = st.builds(
    operation,
    st.sampled_from(["add", "insert", "delete", "replace", "move"]),
    st.sampled_from(PATHS),
    (st.sampled_from(WRONG) | VALUES).map(lambda value: {"valueDateTime": value}),
    name=st.sampled_from(["name", "given", "deceased", "contained", "identifier", "period"]),
    index=st.integers(0, 2),
    source=st.integers(0, 2),
    destination=st.integers(0, 2),
)


@given(st.lists(OPERATIONS, max_size=6))
def test_values_of_any_form_are_carried_or_refused(operations: list[dict[str, Any]]) -> None:
    """What is no FHIR is found when the result is validated; until then nothing may break."""
    before = patient(
        name=[{"given": ["a", None], "_given": [None, {"id": "b"}]}], contained=[patient(name=[{"text": "c"}])]
    )
    try:
        by_path(before, *operations)
    except kernel.Invalid as refused:
        assert refused.faults
