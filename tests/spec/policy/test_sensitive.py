"""Which codes are sensitive, what carries a seal on, and that the seal in the database and the rule in Python are one."""

import asyncio
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policy_world import ACT, CLASSES, Word, World, consent, encounter

from sekali import fhir, kernel, records, security

S = security.Sensitive
ICD = fhir.ICD10


@pytest.mark.parametrize(
    ("system", "code", "classes"),
    [
        (ICD, "B20", S.HIV), (ICD, "B24", S.HIV), (ICD, "B23.8", S.HIV), (ICD, "B25", S(0)), (ICD, "B19.9", S(0)),
        (ICD, "F00", S.MENTAL), (ICD, "F99", S.MENTAL), (ICD, "G00", S(0)), (ICD, "O00.1", S.REPRODUCTIVE),
        (ICD, "Z30", S.REPRODUCTIVE), (ICD, "Z39.2", S.REPRODUCTIVE), (ICD, "Z40", S(0)), (ICD, "T74.2", S.VIOLENCE),
        (ICD, "Y04", S.VIOLENCE), (ICD, "Y08", S(0)), (ICD, "Q90.9", S.GENETIC), (ICD, "b20", S.HIV), (ICD, "I10", S(0)),
        (ICD + "-cm", "F32.1", S.MENTAL), ("", "B20", S.HIV), ("urn:other", "B20", S(0)), (ACT, "PSY", S.MENTAL),
        (ACT, "SDV", S.VIOLENCE), (ACT, "AMB", S(0)), ("http://www.whocc.no/atc", "N05AX08", S.MENTAL),
        ("http://loinc.org", "7917-8", S.HIV), ("http://loinc.org", "7917-80", S(0)),
    ],
)  # fmt: skip
def test_a_code_is_of_the_classes_that_the_table_says(system, code, classes) -> None:
    coding = {"code": code} | ({"system": system} if system else {})
    for resource in (
        {"code": {"coding": [coding]}}, {"meta": {"security": [coding]}}, {"contained": [{"x": [{"coding": [coding]}]}]},
    ):  # fmt: skip
        assert security.Classes().of(kernel.encode(resource)) == classes


def test_an_escaped_letter_hides_no_code() -> None:
    content = b'{"code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"\\u004220"}]}}'
    assert security.Classes().of(content) == S.HIV


def test_the_table_is_settable(tmp_path) -> None:
    table = tmp_path / "peka.tsv"
    table.write_text("class\tsystem\tcodes\twhat\nviolence\thttp://hl7.org/fhir/sid/icd-10\tI10\tfor the test\n")
    classes = security.Classes(table)
    assert classes.of(b'{"code":{"coding":[{"code":"I10"}]}}') == S.VIOLENCE
    assert classes.of(b'{"code":{"coding":[{"code":"B20"}]}}') == S(0)
    table.write_text("nothing\n")
    with pytest.raises(kernel.Trouble, match="SEKALI_SENSITIVE"):
        security.Classes(table)


async def seal(world: World, reference: str) -> int:
    type, _, id = reference.partition("/")
    return await world.city.database.fetchval(
        "select sensitive from records.resource where type = $1 and id = $2", type, UUID(id)
    )


async def test_what_refers_to_something_sensitive_is_sealed_with_it_and_an_allergy_of_that_visit_is_not(world) -> None:
    person = await world.person(["HIV"])
    condition, visit = f"Condition/{person.conditions['HIV']}", f"Encounter/{person.encounters['HIV']}"
    about = {"reference": person.reference}
    bundle = []  # in one transaction, the summary before what it is about
    async with world.city.store.change(world.system("writer")) as change:
        report = change.new_id({"resourceType": "List", "subject": about})
        bundle.append(await change.create(
            {"resourceType": "Provenance", "recorded": "2026-11-01T00:00:00Z", "agent": [{"who": about}],
             "target": [about, {"reference": f"List/{report}"}]}))  # fmt: skip
        bundle.append(await change.create(
            {"resourceType": "List", "status": "current", "mode": "working", "subject": about,
             "entry": [{"item": {"reference": condition}}]}, report))  # fmt: skip
        active = {"coding": [{"system": fhir.ALLERGY_CLINICAL, "code": "active"}]}
        allergy = await change.create(
            {
                "resourceType": "AllergyIntolerance",
                "clinicalStatus": active,
                "patient": about,
                "encounter": {"reference": visit},
            }
        )
    assert await seal(world, visit) == S.HIV
    assert await seal(world, bundle[1].reference) == S.HIV
    assert await seal(world, allergy.reference) == 0
    assert await seal(world, person.reference) == 0


async def test_what_was_once_sensitive_stays_so_in_all_versions(world) -> None:
    person = await world.person(["HIV"])
    id = UUID(person.conditions["HIV"])
    plain = {"resourceType": "Condition", "subject": {"reference": person.reference}, "code": {"text": "tidak jadi"}}
    async with world.city.store.change(world.system("writer")) as change:
        await change.update("Condition", id, plain)
    await world.care_for(person, "asker")
    reader = world.city.store.under(world.system("asker"))
    for look in (reader.read("Condition", id), reader.vread("Condition", id, 1), reader.history("Condition", id)):
        with pytest.raises(kernel.NotFound):
            await look


async def test_what_was_kept_before_is_classed_when_the_table_changes(world, city) -> None:
    person = await world.person(["", "HIV"])
    await city.database.execute("update records.resource set sensitive = 0")
    assert await records.Seals(security.Classes()).renew(city.database, city.cipher) > 0
    assert await seal(world, f"Condition/{person.conditions['HIV']}") == S.HIV
    assert await seal(world, f"Encounter/{person.encounters['HIV']}") == S.HIV
    assert await seal(world, f"Condition/{person.conditions['']}") == 0
    assert await records.Seals(security.Classes()).renew(city.database, city.cipher) == 0


async def test_what_is_written_while_somebody_opts_out_is_closed_too(world) -> None:
    """Many writes and one word at the same moment: afterwards nothing of the person is open."""
    person = await world.person([])

    async def write() -> None:
        for _ in range(10):
            async with world.city.store.change(world.system("other")) as change:
                await change.create(encounter(person.reference, world.places["other"]))

    await asyncio.gather(write(), write(), write(), world.say(person, Word(False, "")), write())
    await world.care_for(person, "asker")
    page = await world.city.store.under(world.system("asker")).search("Encounter", [("subject", person.reference)])
    assert [one.resource["serviceProvider"] for one in page.items] == [
        {"reference": f"Organization/{world.places['asker']}"}
    ]


async def test_in_a_large_write_each_row_is_sealed_as_its_own_person_said(world, monkeypatch) -> None:
    """Also where it takes several questions, of which some find people who closed everything."""
    monkeypatch.setattr("sekali.records.keeping.AT_ONCE", 3)
    people = [await world.person([]) for _ in range(5)]
    for one in people[1::2]:
        await world.say(one, Word(False, ""))
    async with world.city.store.change(world.system("writer")) as change:
        made = [
            (n % 5, await change.create(encounter(people[n % 5].reference, world.places["writer"]))) for n in range(17)
        ]
    for n, one in made:
        assert await seal(world, one.reference) == (S.GENERAL if n % 2 else 0), n


async def test_a_system_opens_nothing_sensitive_and_nothing_that_the_person_closed(world) -> None:
    person = await world.person(["", "HIV"])
    await world.care_for(person, "asker")
    await world.say(person, Word(False, ""))
    for word in (
        Word(True, "HIV"),
        Word(True, "HIV", "asker"),
        Word(True, ""),
        Word(True, "", "asker"),
        Word(True, "", "", "TREAT"),
    ):
        async with world.city.store.change(world.system("asker")) as change:
            await change.create(consent(person.reference, word, world.places))
        for label in ("", "HIV"):
            with pytest.raises(kernel.NotFound):
                await world.city.store.under(world.system("asker")).read("Condition", UUID(person.conditions[label]))


async def test_withdrawal_holds_from_the_very_next_reading(world) -> None:
    """There is nothing between the answer and the next look in which it would still be open."""
    person = await world.person(["HIV"])
    await world.care_for(person, "asker")
    reader = world.city.store.under(world.system("asker"))
    own = security.decide(
        world.actor(security.Role.CITIZEN, "", person.id),
        security.Purpose.OWN_RECORD,
        person.id,
        security.Relation.SELF,
    )
    for _ in range(20):
        await world.say(person, Word(True, "HIV", "asker"))
        assert (await reader.read("Condition", UUID(person.conditions["HIV"]))).content
        await world.city.care.consents.withdraw(own, world.last)
        with pytest.raises(kernel.NotFound):
            await reader.read("Condition", UUID(person.conditions["HIV"]))


async def test_the_rule_in_python_and_the_one_in_the_database_are_the_same(city) -> None:
    one, two = uuid4(), uuid4()
    places = (None, one, two)
    grants = {
        asker: security.Grant(security.Actor(one, "x", security.Role.DOCTOR, asker, "x"), security.Purpose.TREATMENT, "", None,
                              frozenset(), frozenset())
        for asker in places
    }  # fmt: skip
    for origin in places:
        for addressee in places:
            for asker in places:
                rows = await city.database.fetch(
                    "select m::int as mask, records.shown(m::smallint, $1, $2, null, $3, 'treatment') as shown"
                    " from generate_series(1, 63) m", origin, addressee, asker,
                )  # fmt: skip
                for row in rows:  # nobody has said anything: what is ordinary is open
                    assert row["shown"] == grants[asker].shows(row["mask"], (origin, addressee), S.GENERAL)


@given(st.sampled_from(sorted(CLASSES.values())), st.text(max_size=20))
def test_no_text_beside_a_code_changes_its_class(code, text) -> None:
    plain = {"code": {"coding": [{"system": ICD, "code": code}]}}
    assert security.Classes().of(kernel.encode(plain | {"note": text})) == security.Classes().of(kernel.encode(plain))
