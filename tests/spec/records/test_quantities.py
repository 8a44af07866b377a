"""What was measured in one unit is found in another; what was kept before is found so too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekali import fhir, kernel, records, security

UCUM = "http://unitsofmeasure.org"
PAIRS = [
    ("g/L", "mg/dL"), ("mm[Hg]", "kPa"), ("[degF]", "Cel"), ("%", "1"), ("umol/L", "mmol/L"), ("[lb_av]", "kg"),
    ("10*3/uL", "10*9/L"), ("mg", "mg"), ("[iU]/L", "m[IU]/mL"), ("mL/min", "L/h"),
]  # fmt: skip


def measured(value: object, unit: str, **more: object) -> dict:
    quantity = {"value": value, "system": UCUM, "code": unit} | more
    return {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "valueQuantity": quantity}


def asked(value: str) -> fhir.Asked:
    parameter = fhir.SEARCH["Observation"]["value-quantity"]
    return fhir.Asked(parameter, "", (fhir.parse_term(parameter, "", value),))


def has(resource: dict, value: str) -> bool:
    return fhir.matches(kernel.decode(kernel.encode(resource)), asked(value))


@pytest.mark.parametrize(
    ("value", "unit", "question", "found"),
    [
        (54, "mg/dL", f"0.54|{UCUM}|g/L", True),
        (120, "mm[Hg]", f"16.0|{UCUM}|kPa", True),
        (120, "mm[Hg]", f"16.00|{UCUM}|kPa", True),
        (120, "mm[Hg]", f"16.01|{UCUM}|kPa", False),
        (98.6, "[degF]", f"37.0|{UCUM}|Cel", True),
        (98.6, "[degF]", f"gt37|{UCUM}|Cel", False),
        (98.6, "[degF]", f"ge37|{UCUM}|Cel", True),
        (310.15, "K", f"98.6|{UCUM}|[degF]", True),
        (0.41, "1", f"41|{UCUM}|%", True),
        (5.449, "mmol/L", f"5.4|{UCUM}|mmol/L", True),
        (5449, "umol/L", f"5.4|{UCUM}|mmol/L", True),
        (5450, "umol/L", f"5.4|{UCUM}|mmol/L", False),
        (5400, "umol/L", "5.4||mmol/L", False),
        (5400, "umol/L", "5.4|http://other|mmol/L", False),
        (7.4, "[pH]", f"7.4|{UCUM}|1", False),
        (100, "mg/dL", f"gt1|{UCUM}|mmol/L", False),
        (100, "no unit", f"100|{UCUM}|no unit", True),
        (100, "mg", f"ap0.095|{UCUM}|g", True),
        (100, "mg", f"ne0.1|{UCUM}|g", False),
    ],
)  # fmt: skip
def test_a_question_in_another_unit(value: float, unit: str, question: str, found: bool) -> None:
    assert has(measured(value, unit), question) is found


@given(
    st.decimals("0.001", "9999", places=3).filter(bool), st.sampled_from(PAIRS), st.integers(1, 6), st.booleans(),
    st.sampled_from(["", "<", ">", "<=", ">="]),
)  # fmt: skip
def test_the_index_misses_nothing_that_matches(value, pair, digits: int, turned: bool, comparator: str) -> None:
    """Whatever the question's digits: what matches has one of the terms that are looked up."""
    of, to = reversed(pair) if turned else pair
    resource = kernel.decode(kernel.encode(measured(value, of, **({"comparator": comparator} if comparator else {}))))
    there = set(fhir.index(resource).tokens)
    one, other = (fhir.search.units.unit(code) for code in (of, to))
    same = one.base(value) * other.denominator / other.numerator - other.zero
    for question in (f"{same:.{digits}g}", f"{value:.{digits}g}", f"{same * 2:.{digits}g}"):
        wanted = asked(f"{question}|{UCUM}|{to}")
        lookup = fhir.lookup(wanted)
        if lookup is not None and fhir.matches(resource, wanted):
            assert there & set(lookup.hashes), question


async def keep(sekali, grant, resource: dict) -> records.Stored:
    async with sekali.store.change(grant) as change:
        return await change.create(resource)


async def test_what_an_earlier_sekali_kept_is_found_in_other_units_too(sekali, database, loading) -> None:
    person = await keep(sekali, loading, {"resourceType": "Patient"})
    subject = {"subject": {"reference": f"Patient/{person.id}"}}
    kept = [await keep(sekali, loading, measured(n, "mg/dL") | subject) for n in range(100, 110)]
    tokens = await database.fetchval("select tokens from records.resource where id = $1", kept[0].id)
    await database.execute("update records.resource set tokens = '{}' where type = 'Observation'")  # as it was before
    reader = sekali.store.under(security.decide(security.SYSTEM, security.Purpose.EXPORT))
    question = [("value-quantity", f"1.000|{UCUM}|g/L")]
    assert (await reader.search("Observation", question)).items == []
    told = []
    assert await records.renew(database, sekali.cipher, lambda *one: told.append(one)) == 10 and told == [
        ("Observation", 10),
        ("Patient", 1),
    ]
    assert [one.id for one in (await reader.search("Observation", question)).items] == [kept[0].id]
    assert await database.fetchval("select tokens from records.resource where id = $1", kept[0].id) == tokens
    assert await records.renew(database, sekali.cipher) == 0, "a second time there is nothing to do"


async def test_a_renewal_that_was_stopped_goes_on(sekali, database, loading, monkeypatch) -> None:
    monkeypatch.setattr(records.renewal, "STEP", 4)
    person = await keep(sekali, loading, {"resourceType": "Patient"})
    subject = {"subject": {"reference": f"Patient/{person.id}"}}
    for n in range(10):
        await keep(sekali, loading, measured(n + 1, "mg") | subject)
    await database.execute("update records.resource set tokens = '{}' where type = 'Observation'")
    await records.renewal._step(database, sekali.cipher, "Observation", fhir.EDITIONS["Observation"])
    left = "select count(*) from records.resource where type = 'Observation' and tokens = '{}'"
    assert await database.fetchval(left) == 6
    told = []
    assert await records.renew(database, sekali.cipher, lambda *one: told.append(one)) == 6 and told == [
        ("Observation", 6),
        ("Patient", 1),
    ]
    assert await database.fetchval(left) == 0
