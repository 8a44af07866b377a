"""The demo city: nobody is real, everything is valid, and the same seed gives the same people."""

from collections import Counter
from datetime import date

from running import load_city

from sekali import demo, fhir, identity, kernel

AS_OF = date(2026, 11, 23)


def test_the_same_seed_is_the_same_city() -> None:
    assert demo.people(7, 60, 0, AS_OF) == demo.people(7, 60, 0, AS_OF)
    assert demo.people(7, 60, 0, AS_OF) != demo.people(8, 60, 0, AS_OF)


def test_every_resource_is_valid_and_marked_as_fictitious() -> None:
    for row in demo.people(7, 120, 0, AS_OF):
        assert fhir.validate(row.content) == [], row.type
        assert kernel.decode(row.content)["meta"]["tag"] == [{"system": fhir.TAG, "code": "fictitious"}]


def test_every_nik_is_of_valid_form_belongs_to_nobody_and_fits_its_person() -> None:
    seen = set()
    for number in range(2):
        for row in demo.people(7, 800, number, AS_OF):
            if row.type != "Patient":
                continue
            patient = kernel.decode(row.content)
            value = next(i["value"] for i in patient["identifier"] if i["system"] == fhir.NIK)
            nik = identity.parse_nik(value, AS_OF)
            assert nik.fictitious and nik.sex == patient["gender"]
            assert identity.nik_warnings(nik, date.fromisoformat(patient["birthDate"]), patient["gender"]) == []
            seen.add(value)
    assert len(seen) == 800


def test_families_live_together() -> None:
    homes: dict[str, set] = {}
    for row in demo.people(7, 200, 0, AS_OF):
        if row.type == "Patient":
            patient = kernel.decode(row.content)
            kk = next(i["value"] for i in patient["identifier"] if i["system"] == fhir.KK)
            homes.setdefault(kk, set()).add(patient["address"][0]["line"][0])
    assert all(len(addresses) == 1 for addresses in homes.values())


def test_doctors_and_nurses_of_every_facility() -> None:
    rows = demo.practitioners(7, AS_OF)
    roles = [kernel.decode(row.content) for row in rows if row.type == "PractitionerRole"]
    assert {role["organization"]["display"] for role in roles} == {facility.name for facility, _ in demo.facilities(7)}
    niks = [kernel.decode(row.content)["identifier"][0]["value"] for row in rows if row.type == "Practitioner"]
    assert len(set(niks)) == len(niks) and all(identity.parse_nik(nik, AS_OF).fictitious for nik in niks)


def test_the_places() -> None:
    kinds = Counter(facility.kind for facility, _ in demo.facilities(7))
    assert kinds == {"puskesmas": 18, "hospital": 9}


async def test_a_load_that_was_broken_off_goes_on(sekali) -> None:
    class Broken(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done >= 400:
            raise Broken

    arguments = (sekali.database, sekali.store, sekali.doorkeeper, sekali.directory, sekali.care.facilities, sekali.program,
                 2018, 500)  # fmt: skip
    try:
        await demo.load(*arguments, stop, workers=1)
    except Broken:
        assert await sekali.database.fetchval("select count(*) from identity.citizen") == 400
    assert not await demo.loaded(sekali.database)
    total = await load_city(sekali, 500)
    assert await demo.loaded(sekali.database)
    assert await sekali.database.fetchval("select count(*) from identity.citizen") == 500
    kept = "select count(*) from records.resource where type not in ('Organization', 'Location')"
    assert await sekali.database.fetchval(kept) == total


def test_nobody_visits_before_birth_on_a_sunday_or_in_the_future() -> None:
    rows = demo.people(7, 400, 0, AS_OF)
    born = {row.id: kernel.decode(row.content)["birthDate"] for row in rows if row.type == "Patient"}
    for row in rows:
        if row.type == "Encounter":
            day = date.fromisoformat(kernel.decode(row.content)["period"]["start"][:10])
            assert date.fromisoformat(born[row.subject]) <= day <= AS_OF
            assert day.weekday() != 6
