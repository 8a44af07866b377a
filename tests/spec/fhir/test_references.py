"""What a resource points at, found in its bytes: as a walk through the decoded resource finds it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sekali import fhir

TARGETS = st.sampled_from([
    "Patient/1", "Observation/ab-2", "https://x/fhir/Encounter/3/_history/2", "Nothing/4", "urn:uuid:5", "#6", "",
    'Patient/"7', "Patient/8\\", "Pasién/9", '"reference":"Patient/10',
])  # fmt: skip
NAMES = st.sampled_from(["reference", "subject", 'a"reference', "reference\\", "text", "référence", "_reference"])
VALUES = st.recursive(
    TARGETS | st.integers(), lambda inside: st.lists(inside, max_size=3) | st.dictionaries(NAMES, inside, max_size=4),
    max_leaves=15,
)  # fmt: skip


def walked(value: Any) -> Iterator[tuple[str, str]]:
    """The plain way."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str) and (found := fhir.split_reference(value["reference"])):
            yield found
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from walked(one)


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
@example({"text": '"reference":"Patient/1"'}, False, None)
@example({"reference": "Patient/1", "x": {"reference": {"reference": "Patient/2"}}}, True, None)
def test_as_a_walk_finds_them(value: Any, ascii: bool, indent: int | None) -> None:
    content = json.dumps({"resourceType": "Basic", "inside": value}, ensure_ascii=ascii, indent=indent).encode()
    assert fhir.references(content) == set(walked(json.loads(content)))


@pytest.mark.parametrize("written", [rb'"\u0072eference"', rb'"reference"  :  '.rstrip(b" :")])
def test_however_the_member_is_written(written: bytes) -> None:
    content = b'{"subject":{' + written + rb' : "Patient\/1"}}'
    assert fhir.references(content) == {("Patient", "1")}
