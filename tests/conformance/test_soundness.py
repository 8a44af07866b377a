"""The quick look says "plainly sound" of nearly all that comes, and never where the full look has a fault."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from examples import examples, needs_npm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import MUTATIONS, broken

from sekali import demo, fhir, kernel
from sekali.fhir.soundness import plainly_sound
from sekali.fhir.validation import faults_in_full

TRIES = 400
"""Broken resources of each sort."""
SMALL = 12 * 1024


def quick(content: bytes) -> bool:
    return plainly_sound(content, kernel.decode(content))


def full(content: bytes) -> list[kernel.Fault]:
    return faults_in_full(content, kernel.decode(content))


def agree(resource: Any) -> bool:
    """What the quick look says. Fails where it passes what has a fault."""
    content = kernel.encode(resource)
    passed = quick(content)
    assert not (passed and full(content)), content
    return passed


def without_narrative(resource: dict[str, Any]) -> dict[str, Any]:
    """The quick look leaves narratives to the full one, and each of HL7's examples has one."""
    return {name: value for name, value in resource.items() if name not in ("text", "contained")}


def people() -> Iterator[dict[str, Any]]:
    return (kernel.decode(row.content) for row in demo.people(2018, 40, 0, date(2026, 11, 29)))


@pytest.fixture(scope="module")
def sound() -> list[dict[str, Any]]:
    """Some of each kind that the quick look passes, as it comes to this server."""
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for one in [*people(), *(without_narrative(one) for one in examples(largest=SMALL))]:
        if agree(one):
            by_kind.setdefault(one["resourceType"], []).append(one)
    assert len(by_kind) > 100
    return [one for some in by_kind.values() for one in some[:6]]


@needs_npm
def test_hl7s_own_examples() -> None:
    passed = [agree(without_narrative(one)) for one in examples(bundles=True)]
    assert len(passed) > 2500 and sum(passed) > len(passed) / 2
    assert not any(agree(one) for one in examples(largest=SMALL) if "text" in one), "narratives are looked at in full"


def test_what_a_city_sends_is_seen_at_the_quick_look() -> None:
    seen = [agree(one) for one in people()]
    assert sum(seen) > 0.97 * len(seen), "but for the 29th of February"


@needs_npm
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_what_is_broken_is_never_passed(sound: list[dict[str, Any]], mutation: str) -> None:
    stopped = 0

    @settings(max_examples=TRIES, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data(), st.sampled_from(sound))
    def never(data: st.DataObject, resource: dict[str, Any]) -> None:
        nonlocal stopped
        changed = broken(resource, mutation, lambda some: data.draw(st.sampled_from(some)))
        if changed is not None:
            stopped += not agree(changed)

    never()
    assert stopped > TRIES // 10, "this mutation breaks nothing"


def observation(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": {"text": "x"}} | more


TEXTS = st.text(st.sampled_from("aZ09 .-:/#|T+\t\n\u00a0\u2003é\x01"), max_size=12)
DATES = st.one_of(
    st.dates(date(1, 1, 1)).map(str),
    st.datetimes(timezones=st.timezones()).map(lambda at: at.isoformat()),
    st.from_regex(r"[0-2]\d{3}-[01]\d-[0-3]\d(T[0-2]\d:[0-6]\d(:[0-6]\d(\.\d{1,9})?)?(Z|[+-][01]\d:[0-5]\d)?)?", fullmatch=True),
)  # fmt: skip
NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([0, -1, 1, 2**31]))
PLACES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "a date": lambda value: {"resourceType": "Patient", "birthDate": value},
    "a time": lambda value: observation(effectiveDateTime=value),
    "an instant": lambda value: observation(issued=value),
    "a period": lambda value: observation(effectivePeriod={"start": value, "end": "2020-05-05"}),
    "a code's system": lambda value: observation(category=[{"coding": [{"system": value, "code": "a"}]}]),
    "a code": lambda value: observation(category=[{"coding": [{"code": value}]}]),
    "a binding code": lambda value: observation(status=value),
    "a text": lambda value: observation(valueString=value),
    "a reference": lambda value: observation(subject={"reference": value}),
    "a URI": lambda value: {"resourceType": "Patient", "implicitRules": value},
    "a profile": lambda value: {"resourceType": "Patient", "meta": {"profile": [value]}},
    "an id": lambda value: {"resourceType": "Patient", "meta": {"versionId": value}},
    "a decimal": lambda value: observation(valueQuantity={"value": value}),
    "an integer": lambda value: observation(valueInteger=value),
    "a count": lambda value: {"resourceType": "Appointment", "status": "booked", "priority": value,
                              "participant": [{"status": "accepted", "actor": {"display": "x"}}]},
    "an extension": lambda value: {"resourceType": "Patient", "extension": [{"url": "http://x/y", "valueDate": value}]},
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=150, derandomize=True, database=None)
@given(value=st.one_of(TEXTS, DATES, NUMBERS, st.booleans()))
def test_no_value_is_passed_where_it_may_not_stand(place: str, value: Any) -> None:
    agree(PLACES[place](value))


@pytest.mark.parametrize("text", [
    '"status":"final","status":"final","code":{"text":"x"}',
    '"status":"final","code":{"text":"x","text":"y"}',
    '"status":"final","code":{"text":"x"},"valueQuantity":{"value":1,"value":1E+2}',
    '"status":"final","code":{"text":"x"},"valueInteger":1.0',
    '"status":"final","code":{"text":"x"},"subject":{ }',
    '"status":"final","code":{\n}',
    '"status":"final","code":{"text":"x"},"method":{"coding":[{}]}',
    '"status":"final","code":{"text":"x"},"valueString":"a","valueInteger":1',
    '"status":"final","code":{"text":"x"},"subject":{"reference":"#a"}',
    '"status":"final","code":{"text":"x"},"effectivePeriod":{"start":"2020-02-02","end":"2020-01-01"}',
    '"status":"final","code":{"text":"x"},"meta":{"project":"a"}',
])  # fmt: skip
def test_what_types_cannot_say_is_seen_too(text: str) -> None:
    content = f'{{"resourceType":"Observation",{text}}}'.encode()
    assert not quick(content) and full(content)


@pytest.mark.parametrize("text", [
    '"effectiveDateTime":"2024-02-29"', '"valueQuantity":{"value":1e999}',
    '"valueString":"a\\u0062"', '"text":{"status":"empty","div":"<div/>"}',
    '"subject":{"identifier":{"value":"1"}}', '"bodySite":{"extension":[{"url":"http://x/y","valueCode":"z"}]}',
])  # fmt: skip
def test_what_is_seldom_is_left_to_the_full_look(text: str) -> None:
    content = f'{{"resourceType":"Observation","status":"final","code":{{"text":"x"}},{text}}}'.encode()
    assert not quick(content)


def test_a_kind_that_is_none_is_not_passed() -> None:
    for kind in ("Pasien", "", None, 1, "Bundle.entry", "HumanName"):
        assert not quick(kernel.encode({"resourceType": kind}))
    assert not quick(b"[]") and not quick(b"1")


@pytest.mark.parametrize("kind", sorted(fhir.TYPES))
def test_every_kind_has_its_types(kind: str) -> None:
    """Also one whose first example comes years from now."""
    agree({"resourceType": kind})
    assert not agree({"resourceType": kind, "tidakAda": 1})
