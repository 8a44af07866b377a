"""Every combination of relation, what the person said, sensitive class and interaction, over FHIR: who may see is shown it,
and nobody else learns of it, not by a count nor by the word of a refusal.
"""

import itertools
import re
from uuid import UUID, uuid4

from policy_world import BASE, CLASSES, Person, Word, World, leaked, may_see

from sekali import records

RELATIONS = ("none", "cared")
SAID = {
    "nothing": [],
    "yes": [Word(True, "*")],
    "yes to the asker": [Word(True, "*", "asker")],
    "yes to another": [Word(True, "*", "other")],
    "yes for care": [Word(True, "*", "", "TREAT")],
    "yes for a referral only": [Word(True, "*", "", "COC")],
    "no": [Word(False, "*")],
    "no to the asker": [Word(False, "*", "asker")],
    "no, but yes to the asker": [Word(False, "*"), Word(True, "*", "asker")],
    "yes, then no": [Word(True, "*"), Word(False, "*")],
    "yes, ended": [Word(True, "*", until="2026-01-01")],
    "yes, taken back": [Word(True, "*", status="inactive")],
}  # fmt: skip
"""``*``: about each class."""
READS = {
    "read": "Condition/{condition}",
    "vread": "Condition/{condition}/_history/1",
    "history": "Condition/{condition}/_history",
    "search": "Condition?subject={person}&code={code}",
    "count": "Condition?subject={person}&code={code}&_summary=count",
    "by id": "Condition?_id={condition}&subject={person}",
    "visit": "Encounter/{encounter}",
    "_include": "Encounter?_id={encounter}&subject={person}&_include=Encounter:diagnosis",
    "_revinclude": "Patient?_id={patient}&_revinclude=Condition:subject",
    "chained": "Encounter?subject={person}&diagnosis:Condition.subject={person}",
    "_has": "Patient?_id={patient}&_has:Condition:patient:code={code}",
    "$everything": "Patient/{patient}/$everything?_count=200",
    "_content": "Condition?subject={person}&_content={secret}",
    "not": "Condition?subject={person}&code:not=Z99.9",
    "sorted": "Condition?subject={person}&_sort=code&_total=accurate",
}
WRITES = ("update", "patch", "delete", "conditional update", "reference")


async def about(world: World, relation: str, said: str) -> tuple[Person, dict[str, list[Word]]]:
    """Somebody who has said it of each class."""
    person = await world.person()
    if relation == "cared":
        await world.care_for(person, "asker")
    words: dict[str, list[Word]] = {label: [] for label in CLASSES}
    for word, label in itertools.product(SAID[said], CLASSES):
        one = Word(word.permit, label, word.facility, word.purpose, word.status, word.until)
        await world.say(person, one)
        words[label].append(one)
    return person, words


async def test_each_reading_shows_what_may_be_seen_and_no_byte_of_the_rest(world) -> None:
    combinations = 0
    async with await world.client("asker") as client:
        for relation, said in itertools.product(RELATIONS, SAID):
            person, words = await about(world, relation, said)
            open_ = {
                label for label in CLASSES
                if relation == "cared" and may_see(label, words[label], "asker", "integration", "writer")
            }  # fmt: skip
            hidden = [person.secrets[label] for label in CLASSES if label not in open_]
            for label, (kind, path) in itertools.product(CLASSES, READS.items()):
                combinations += 1
                url = path.format(
                    condition=person.conditions[label], encounter=person.encounters[label], person=person.reference,
                    patient=person.id, code=CLASSES[label], secret=person.secrets[label],
                )  # fmt: skip
                answer = await client.get(f"{BASE}/{url}")
                where = (relation, said, label, kind, answer.status_code, answer.text[:600])
                echoed = [one for one in hidden if one not in url]  # the link of a search repeats what was asked
                assert not leaked(answer, echoed), where
                if label in open_ and kind != "_has":
                    assert answer.status_code == 200, where
                    shown = answer.json().get("total") == 1 if kind == "count" else person.secrets[label] in answer.text
                    assert shown, where
                elif kind in ("read", "vread", "history", "visit"):
                    assert answer.status_code == (
                        403 if _would_be_open(words, label) and relation == "none" else 404
                    ), where
                elif relation == "none" and kind != "_revinclude" or kind == "_has":
                    assert answer.status_code == 403, where
                else:
                    assert answer.status_code == 200, where
                    if kind in ("search", "count", "by id", "_content"):
                        assert answer.json().get("total") == 0 and not answer.json().get("entry"), where
                    if kind in ("sorted", "chained"):
                        assert answer.json()["total"] == len(open_), where
    print(f"{combinations} combinations of relation, consent, class and reading")
    assert combinations == len(RELATIONS) * len(SAID) * len(CLASSES) * len(READS) == 2160


def _would_be_open(words: dict[str, list[Word]], label: str) -> bool:
    return may_see(label, words[label], "asker", "integration", "writer")


async def test_what_is_sealed_is_refused_as_what_never_was(world) -> None:
    person = await world.person(["HIV"])
    await world.care_for(person, "asker")
    async with await world.client("asker") as client:
        for path in ("Condition/{}", "Condition/{}/_history", "Condition/{}/_history/1"):
            sealed = await client.get(f"{BASE}/{path.format(person.conditions['HIV'])}")
            never = await client.get(f"{BASE}/{path.format(uuid4())}")
            plain = re.compile(r"[0-9a-f-]{36}")
            assert sealed.status_code == never.status_code == 404
            assert plain.sub("", sealed.text) == plain.sub("", never.text)


async def test_nothing_that_may_not_be_seen_can_be_changed_or_referred_to(world) -> None:
    """A facility's system changes what it wrote, and what it may see of people whom it cares for."""
    combinations = 0
    async with await world.client("asker") as client:
        for relation, said in itertools.product(RELATIONS, ("nothing", "no", "no to the asker", "yes to another")):
            person, words = await about(world, relation, said)
            for label, kind in itertools.product(CLASSES, WRITES):
                if relation == "cared" and _would_be_open(words, label):
                    continue
                combinations += 1
                id = person.conditions[label]
                body = {
                    "resourceType": "Condition",
                    "id": id,
                    "subject": {"reference": person.reference},
                    "code": {"text": "x"},
                }
                url = f"{BASE}/Condition/{id}"
                if kind == "update":
                    answer = await client.put(url, json=body)
                elif kind == "patch":
                    answer = await client.patch(
                        url, json=[{"op": "test", "path": "/code/text", "value": person.secrets[label]}],
                        headers={"Content-Type": "application/json-patch+json"},
                    )  # fmt: skip
                elif kind == "delete":
                    answer = await client.delete(url)
                elif kind == "conditional update":
                    answer = await client.put(f"{BASE}/Condition?_id={id}", json=body)
                else:
                    basis = {"resourceType": "ClinicalImpression", "status": "completed", "subject": body["subject"]}
                    answer = await client.post(
                        f"{BASE}/ClinicalImpression", json=basis | {"problem": [{"reference": f"Condition/{id}"}]}
                    )
                where = (relation, said, label, kind, answer.status_code, answer.text[:600])
                if not (kind == "reference" and _would_be_open(words, label)):  # an id that is known may be referred to
                    taken = kind == "update" and answer.status_code == 409  # an id one knows, given to something new
                    assert taken or answer.status_code in (400, 403, 404, 412), where
                assert not leaked(answer, list(person.secrets.values())), where
            row = await world.city.database.fetch(
                "select count(*) as n from records.version where subject = $1 and type = 'Condition'", person.id
            )
            assert row[0]["n"] == 0, (relation, said)
    print(f"{combinations} forbidden writes")
    assert combinations > 150


async def test_the_facility_that_wrote_it_sees_it_whatever_was_said(world) -> None:
    async with await world.client("writer") as client:
        for said in SAID:
            person, _ = await about(world, "cared", said)
            for label in CLASSES:
                answer = await client.get(f"{BASE}/Condition/{person.conditions[label]}")
                assert person.secrets[label] in answer.text, (said, label)


async def test_bulk_export_and_subscriptions_tell_nothing_of_it(world, city) -> None:

    person = await world.person()
    await world.care_for(person, "asker")
    extract = city.store.extract(world.system("asker"), records.EVER, records.moment(), {})
    found, _ = await extract.of_people([person.id], ["Condition", "Encounter"], None)
    whole = b"".join(one.content for one in found).decode()
    assert person.secrets[""] in whole
    assert not [secret for label, secret in person.secrets.items() if label and secret in whole]
    async with city.database.transaction() as tx:
        for label, id in person.conditions.items():
            there = await records.shown_to(
                tx, "Condition", UUID(id), {world.places["asker"]},
                world.system("asker").purpose,
            )  # fmt: skip
            assert bool(there) == (label == "")
