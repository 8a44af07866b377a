"""A copy of one's own record: all of it, what is sensitive too, to the person and to nobody else."""

import itertools
import re

import pypdfium2
import pytest
from policy_world import CLASSES

from sekali import exchange, kernel, security

FORBIDDEN = (security.Role.DOCTOR, security.Role.RECORDS_OFFICER, security.Role.FACILITY_HEAD, security.Role.CLERK)


async def test_the_person_takes_everything_along_what_is_sensitive_too(world) -> None:
    person, other = await world.person(), await world.person()
    desk = await world.desk(security.Role.CITIZEN, "", person.id)
    answer = await desk.get("/warga/salinan/fhir")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("application/fhir+json")
    assert "attachment" in answer.headers["content-disposition"]
    bundle = answer.json()
    kept = {f"{one['resource']['resourceType']}/{one['resource']['id']}" for one in bundle["entry"]}
    assert bundle["type"] == "collection" and len(kept) == len(bundle["entry"])
    assert {person.reference, *(f"Condition/{person.conditions[label]}" for label in CLASSES)} <= kept
    assert all(secret in answer.text for secret in person.secrets.values())
    assert not [secret for secret in (*other.secrets.values(), other.nik) if secret in answer.text]


async def test_on_paper_it_can_be_read_by_everybody_in_either_language(world) -> None:
    person, other = await world.person(), await world.person()
    desk = await world.desk(security.Role.CITIZEN, "", person.id)
    for language, words in (("id", "Diagnosis dan keluhan (6)"), ("en", "Diagnoses and complaints (6)")):
        desk.cookies.set("lang", language)
        answer = await desk.get("/warga/salinan/pdf")
        assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf"
        paper = pypdfium2.PdfDocument(answer.content)
        text = " ".join(page.get_textpage().get_text_range() for page in paper)
        text = re.sub(r"\s+", " ", re.sub("[\u200b\ufffe\u0002]", "", text))
        assert words in text and person.name in text and person.nik in text
        found = re.sub(r"[\s-]", "", text)
        assert all(secret.replace("-", "") in found for secret in person.secrets.values())
        assert other.name not in text and other.nik not in text
        assert paper.is_tagged() and b"<pdfuaid:part>1</pdfuaid:part>" in answer.content


async def test_a_record_that_does_not_fit_is_refused_with_a_word_and_not_cut(world) -> None:
    person = await world.person()
    own = world.actor(security.Role.CITIZEN, "", person.id)
    grant = security.decide(own, security.Purpose.OWN_RECORD, person.id, security.Relation.SELF)
    copies = exchange.Copies(world.city.store, "http://uji")
    kept = await copies.resources(grant, 100)
    assert kept[0].reference == person.reference and len({one.reference for one in kept}) == len(kept) > 12
    with pytest.raises(kernel.TooCostly, match="too large"):
        await copies.resources(grant, len(kept) - 1)


async def test_the_summary_is_an_ips_document_of_that_person(world) -> None:
    person = await world.person()
    desk = await world.desk(security.Role.CITIZEN, "", person.id)
    document = (await desk.get("/warga/salinan/ips")).json()
    assert document["type"] == "document" and document["entry"][0]["resource"]["resourceType"] == "Composition"
    assert document["entry"][0]["resource"]["subject"] == {"reference": person.reference}
    assert document["entry"][0]["resource"]["author"] == [{"reference": person.reference}], "nobody else made it"


async def test_each_copy_is_audited_and_nobody_else_gets_one(world) -> None:
    person = await world.person([""])
    desk = await world.desk(security.Role.CITIZEN, "", person.id)
    await desk.get("/warga/salinan/fhir")
    whats = await world.city.database.fetch(
        "select what from audit.event where citizen = $1 and role = 'citizen'", person.id
    )
    assert f"{person.reference}/$everything" in {row["what"] for row in whats}
    assert (await desk.get("/warga/salinan/lain")).status_code == 404
    for form, role in itertools.product(("fhir", "ips", "pdf"), FORBIDDEN):
        assert (await (await world.desk(role, "writer")).get(f"/warga/salinan/{form}")).status_code == 403
