"""Search finds what is there, nothing else, and says what it looked for."""

import contextlib
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekali import fhir, kernel

FIRST = date(2020, 1, 1)


async def people(sekali, grant, count: int):
    async with sekali.store.change(grant) as change:
        for n in range(count):
            await change.create(
                {"resourceType": "Patient", "name": [{"text": f"Orang {'Ganjil' if n % 2 else 'Genap'} {n}"}],
                 "birthDate": (FIRST + timedelta(days=n % 3)).isoformat(), "gender": "male" if n % 2 else "female"}
            )  # fmt: skip


def asked(type: str, name: str, value: str) -> fhir.Asked:
    parameter = fhir.SEARCH[type][name]
    return fhir.Asked(parameter, "", (fhir.parse_term(parameter, "", value),))


async def find(sekali, grant, type, *params):
    return await sekali.store.under(grant).search(type, list(params))


async def test_by_name_and_birth_date(sekali, loading) -> None:
    await people(sekali, loading, 12)
    page = await find(sekali, loading, "Patient", ("name", "ganj"), ("birthdate", "2020-01-02"))
    assert {one.resource["birthDate"] for one in page.items} == {"2020-01-02"}
    assert all("Ganjil" in one.resource["name"][0]["text"] for one in page.items) and page.total == len(page.items) == 2


@pytest.mark.parametrize(
    "value", ["2026-01-31", "2026-01-31,2027", "2026-01", "ge2026-01-31T22:00:00Z", "2026-02-01T06:00:00+07:00"]
)
async def test_an_early_morning_in_yogyakarta_is_still_january_in_utc(sekali, loading, value: str) -> None:
    early = "2026-02-01T06:00:00+07:00"
    async with sekali.store.change(loading) as change:
        person = await change.create({"resourceType": "Patient", "name": [{"text": "Orang"}]})
        subject = {"reference": person.reference}
        await change.create({"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"}, "subject": subject,
                             "period": {"start": early, "end": early}})  # fmt: skip
        await change.create(
            {"resourceType": "Condition", "code": {"text": "uji"}, "subject": subject, "onsetDateTime": early}
        )
    for type, name in (("Encounter", "date"), ("Condition", "onset-date")):
        page = await find(sekali, loading, type, ("subject", person.reference), (name, value))
        assert len(page.items) == 1, (type, value)


async def test_pages_lead_through_everything_once(sekali, loading) -> None:
    await people(sekali, loading, 25)
    seen, cursor = [], None
    while True:
        params = [("gender", "male,female"), ("_count", "7"), *([("_cursor", cursor)] if cursor else [])]
        page = await find(sekali, loading, "Patient", *params)
        seen += [one.id for one in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 25


async def test_an_unknown_parameter_is_refused(sekali, loading) -> None:
    with pytest.raises(kernel.Invalid):
        await find(sekali, loading, "Patient", ("nickname", "x"))


async def test_nobody_gets_everyone(sekali, loading) -> None:
    with pytest.raises(kernel.TooCostly):
        await find(sekali, loading, "Observation")


async def test_of_one_person_by_code_and_date(sekali, loading) -> None:
    async with sekali.store.change(loading) as change:
        person = await change.create({"resourceType": "Patient", "name": [{"text": "Ukur"}]})
        for day, code in ((1, "8480-6"), (2, "8480-6"), (3, "8462-4")):
            await change.create(
                {"resourceType": "Observation", "status": "final", "subject": {"reference": f"Patient/{person.id}"},
                 "code": {"coding": [{"system": fhir.LOINC, "code": code}]},
                 "effectiveDateTime": f"2026-01-0{day}T08:00:00+07:00"}
            )  # fmt: skip
    owner = ("patient", f"Patient/{person.id}")
    page = await find(sekali, loading, "Observation", owner, ("code", f"{fhir.LOINC}|8480-6"), ("date", "ge2026-01-02"))
    assert [one.resource["effectiveDateTime"][:10] for one in page.items] == ["2026-01-02"]
    newest = await find(sekali, loading, "Observation", owner, ("_sort", "-date"))
    assert [one.resource["effectiveDateTime"][9] for one in newest.items] == ["3", "2", "1"]


@given(st.text(max_size=60))
def test_folding_a_name_is_settled(text: str) -> None:
    assert fhir.fold(fhir.fold(text)) == fhir.fold(text)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.sampled_from(["eq", "le", "ge"]))
def test_a_date_finds_itself(day: date, prefix: str) -> None:
    resource = {"resourceType": "Patient", "birthDate": day.isoformat()}
    assert fhir.matches(resource, asked("Patient", "birthdate", prefix + day.isoformat()))


@given(st.text(min_size=1, max_size=40))
def test_no_date_breaks_the_parser(text: str) -> None:
    with contextlib.suppress(kernel.Invalid):
        asked("Patient", "birthdate", text)


@pytest.mark.shows("every R4 search parameter", "composite")
async def test_composites_of_two_places_of_a_resource(sekali, loading) -> None:
    def sequence(chromosome: str, start: int) -> dict:
        code = {"coding": [{"system": "http://c", "code": chromosome}]}
        return {
            "resourceType": "MolecularSequence", "coordinateSystem": 0, "referenceSeq": {"chromosome": code},
            "variant": [{"start": start, "end": start + 1}],
        }  # fmt: skip

    async with sekali.store.change(loading) as change:
        first, _ = [await change.create(sequence(chromosome, 100)) for chromosome in "12"]
    for value, found in (("1$gt50$lt200", [first.id]), ("1$gt150$lt200", []), ("3$gt50$lt200", [])):
        page = await find(sekali, loading, "MolecularSequence", ("chromosome-variant-coordinate", value))
        assert [one.id for one in page.items] == found, value


@pytest.mark.shows("token: :above, :below")
async def test_levels_of_r4s_own_codes(sekali, loading) -> None:
    """Orders that are made for other orders are orders (http://hl7.org/fhir/request-intent)."""
    async with sekali.store.change(loading) as change:
        for intent in ("proposal", "order", "original-order", "instance-order"):
            await change.create({"resourceType": "RequestGroup", "status": "active", "intent": intent})
    for value, found in (
        ("order", {"order", "original-order", "instance-order"}), ("http://hl7.org/fhir/request-intent|proposal", {"proposal"}),
    ):  # fmt: skip
        page = await find(sekali, loading, "RequestGroup", ("intent:below", value), ("status", "active"))
        assert {one.resource["intent"] for one in page.items} == found
    page = await find(sekali, loading, "RequestGroup", ("intent:above", "instance-order"), ("status", "active"))
    assert {one.resource["intent"] for one in page.items} == {"order", "instance-order"}
