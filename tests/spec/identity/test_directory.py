"""A person is found by any of their numbers, or by name and birth date."""

from datetime import date

import pytest

from sekali import fhir, identity, kernel


async def person(sekali, grant, **more):
    resource = {"resourceType": "Patient", "name": [{"text": "Siti Aminah"}], "birthDate": "1990-07-01", **more}
    async with sekali.store.change(grant) as change:
        return await change.create(resource)


def number(system: str, value: str) -> dict:
    return {"system": system, "value": value}


async def test_by_nik_jkn_card_and_record_number(sekali, loading) -> None:
    facility = kernel.new_id(kernel.CITY)
    kept = await person(sekali, loading, identifier=[
        number(fhir.NIK, "9901014107900001"), number(fhir.JKN, "0009000000001"), number(fhir.CARD, "ABCD2345"),
        number(fhir.medical_record(facility), "RM-7"),
    ])  # fmt: skip
    for text in ("9901014107900001", "0009000000001", "SEKALI:abcd2345", "rm-7"):
        assert await sekali.directory.find_scan(identity.read_scan(text), facility) == kept.id
    elsewhere = kernel.new_id(kernel.CITY)
    assert await sekali.directory.find_scan(identity.read_scan("rm-7"), elsewhere) is None, (
        "a record number is one facility's"
    )


async def test_by_name_as_people_spell_it(sekali, loading) -> None:
    kept = await person(sekali, loading)
    for name in ("siti aminah", "Ny. Siti Aminah", "Aminah Siti", "Sity Amina"):
        found = await sekali.directory.like(loading, name, date(1990, 7, 1))
        assert [match.citizen for match in found] == [kept.id], name
    assert await sekali.directory.like(loading, "Bambang", date(1990, 7, 1)) == []
    assert await sekali.directory.like(loading, "Siti Aminah", date(1990, 7, 2)) == []


async def test_a_family_and_its_newborn(sekali, loading) -> None:
    mother = await person(
        sekali, loading, identifier=[number(fhir.NIK, "9901014107900001"), number(fhir.KK, "9902000000000001")]
    )
    baby = await person(
        sekali, loading, identifier=[number(fhir.NIK_IBU, "9901014107900001"), number(fhir.KK, "9902000000000001")]
    )
    assert set(await sekali.directory.family(loading, "9902000000000001")) == {mother.id, baby.id}
    assert await sekali.directory.newborns(loading, "9901014107900001") == [baby.id]


async def test_a_number_that_was_given_up_is_free_again(sekali, loading) -> None:
    kept = await person(sekali, loading, identifier=[number(fhir.JKN, "0009000000001")])
    with pytest.raises(kernel.Conflict):
        await person(sekali, loading, identifier=[number(fhir.JKN, "0009000000001")])
    async with sekali.store.change(loading) as change:
        await change.update("Patient", kept.id, {"resourceType": "Patient", "name": [{"text": "Siti Aminah"}]})
    assert await sekali.directory.find(fhir.JKN, "0009000000001") is None
    await person(sekali, loading, identifier=[number(fhir.JKN, "0009000000001")])
