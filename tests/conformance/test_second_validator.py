"""A second validator, Medplum's, judges as ours does; each difference stands in differences.tsv with its reason."""

import csv
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from examples import examples, needs_npm, paths
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from medplum_validator import Fault, Medplum
from mutations import MUTATIONS, broken

from sekali import fhir, kernel

pytestmark = [needs_npm, pytest.mark.shows("validation: a second validator agrees")]
DIFFERENCES = Path(__file__).with_name("differences.tsv")
SMALL = 12 * 1024
OF_A_KIND = 6
TRIES = 200
"""Broken resources of each sort."""


@cache
def differences() -> tuple[dict[str, str], ...]:
    """Each known difference: who refuses, at what place and in which words (patterns), who is right, why, an example."""
    with DIFFERENCES.open(encoding="utf-8") as file:
        return tuple(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="module")
def medplum() -> Iterator[Medplum]:
    with Medplum() as running:
        yield running


def ours(resource: dict[str, Any]) -> list[Fault]:
    try:
        found = fhir.validate(kernel.encode(resource))
    except kernel.Invalid as refused:
        found = list(refused.faults) or [kernel.Fault("$", str(refused))]
    return [Fault(one.path, one.reason) for one in found]


def judged(medplum: Medplum, resource: dict[str, Any]) -> bool:
    """Whether both refuse. Fails where only one does and nothing explains why."""
    mine, theirs = ours(resource), medplum.faults(resource)
    if bool(mine) == bool(theirs):
        return bool(mine)
    who = "Sekali" if mine else "Medplum"
    for fault in mine or theirs:
        known = any(one["refuses"] == who and explains(one, fault) for one in differences())
        assert known, f"only {who} refuses this {resource['resourceType']}, and nothing says why: {fault}"
    return False


def explains(difference: dict[str, str], fault: Fault) -> bool:
    return bool(re.search(difference["path"], fault.path) and re.search(difference["says"], fault.reason))


def test_hl7s_own_examples(medplum: Medplum) -> None:
    """Twelve of them both refuse: docs/conformance.md names them."""
    both = [f"{one['resourceType']}/{one['id']}" for one in examples(bundles=True) if judged(medplum, one)]
    assert len(both) == 12 and sum(one.startswith("SearchParameter/") for one in both) == 10


@cache
def small_ones() -> list[str]:
    """Some examples of each kind, as text."""
    kinds = sorted({path.name.partition("-")[0] for path in paths(largest=SMALL, bundles=True)})
    return [path.read_text("utf-8") for kind in kinds for path in paths(kind, largest=SMALL)[:OF_A_KIND]]


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_what_is_broken_is_judged_alike(medplum: Medplum, mutation: str) -> None:
    refused = 0

    @settings(max_examples=TRIES, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data(), st.sampled_from(small_ones()))
    def alike(data: st.DataObject, text: str) -> None:
        nonlocal refused
        resource = broken(json.loads(text), mutation, lambda some: data.draw(st.sampled_from(some)))
        if resource is not None:
            refused += judged(medplum, resource)

    alike()
    assert refused > TRIES // 50, "this mutation breaks nothing"


@pytest.mark.parametrize("difference", differences(), ids=lambda one: one["why"])
def test_each_difference_is_still_one(medplum: Medplum, difference: dict[str, str]) -> None:
    """By its smallest example; one that is gone is struck from the list."""
    resource = json.loads(difference["example"])
    found = {"Sekali": ours(resource), "Medplum": medplum.faults(resource)}
    faults = found.pop(difference["refuses"])
    assert faults and not any(found.values()), "only one of them refuses it"
    assert any(explains(difference, fault) for fault in faults)
    assert difference["right"] in ("Sekali", "Medplum", "both")
