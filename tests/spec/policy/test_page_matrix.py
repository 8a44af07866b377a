"""Every role at every page about a person, in every relation and with every word: what the table allows, and no byte else."""

import itertools
from decimal import Decimal

from policy_world import CLASSES, Person, Word, World, leaked, may_see

from sekali import fhir, kernel, security

Role = security.Role
STAFF = [
    Role.CLERK, Role.NURSE, Role.DOCTOR, Role.PHARMACIST, Role.RECORDS_OFFICER, Role.FACILITY_HEAD, Role.REFERRAL_DESK,
    Role.CITY, Role.AUDITOR, Role.INTEGRATOR, Role.CITIZEN, Role.SECRETARIAT, Role.MENTOR, Role.ASSESSOR, Role.CITY_TEAM,
]  # fmt: skip
RELATIONS = (
    "none",
    "in-care",
    "recent",
    "long ago",
    "referred",
    "emergency",
    "emergency of another",
    "emergency ended",
)
SAID = {
    "nothing": [],
    "yes to the asker": [Word(True, "*", "asker")],
    "yes for a referral": [Word(True, "*", "", "COC")],
    "no": [Word(False, "*")],
    "yes, then no": [Word(True, "*"), Word(False, "*")],
}
READING = {
    ("in-care", Role.DOCTOR): "treatment", ("in-care", Role.NURSE): "treatment", ("in-care", Role.PHARMACIST): "treatment",
    ("in-care", Role.RECORDS_OFFICER): "record-keeping", ("recent", Role.RECORDS_OFFICER): "record-keeping",
    ("recent", Role.DOCTOR): "treatment", ("recent", Role.NURSE): "treatment",
}  # fmt: skip
"""Who may read the record of a visit, for which purpose: the lines of the table, written down once more."""


async def staff(world: World) -> dict[Role, object]:
    stranger = kernel.new_person()
    places = {
        Role.CITY: "",
        Role.AUDITOR: "",
        Role.SECRETARIAT: "",
        Role.MENTOR: "",
        Role.ASSESSOR: "",
        Role.CITY_TEAM: "",
    }
    return {
        role: await world.desk(role, places.get(role, "asker"), stranger if role is Role.CITIZEN else None)
        for role in STAFF
    }


async def visit(world: World, person: Person, relation: str) -> str:
    """A visit at the asking hospital; by whose clerk, so that it is on the working list."""
    clerk = world.actor(Role.CLERK, "asker")
    department = (await world.city.care.facilities.departments(world.places["asker"]))[0].id
    found = await world.city.care.counter.check_in(clerk, person.id, department, Decimal(1))
    days = {"recent": 5, "long ago": 60}.get(relation)
    if days is not None:
        await world.city.database.execute(
            "update care.visit set status = 'finished', day = current_date - 70, finished_at = now() - make_interval(days => $2)"
            " where id = $1",
            found.id, days,
        )  # fmt: skip
    return str(found.id)


async def referral(world: World, person: Person) -> str:
    """A live referral to the asking hospital, by the puskesmas' system."""
    places = {key: {"reference": f"Organization/{id}"} for key, id in world.places.items()}
    referring = {"coding": [{"system": fhir.SNOMED, "code": "3457005"}]}
    async with world.city.store.change(world.system("writer")) as change:
        order = await change.create(
            {"resourceType": "ServiceRequest", "status": "active", "intent": "order", "code": referring,
             "subject": {"reference": person.reference}, "requester": places["writer"], "performer": [places["asker"]],
             "encounter": {"reference": f"Encounter/{person.encounters['']}"}}
        )  # fmt: skip
        await change.create(
            {"resourceType": "Task", "status": "requested", "intent": "order", "focus": {"reference": order.reference},
             "for": {"reference": person.reference}, "requester": places["writer"], "owner": places["asker"]}
        )  # fmt: skip
    return str(order.id)


async def test_each_desk_sees_what_the_table_allows_and_no_byte_more(world) -> None:
    desks = await staff(world)
    combinations = 0
    for relation, said in itertools.product(RELATIONS, SAID):
        person = await world.person()
        words: dict[str, list[Word]] = {label: [] for label in CLASSES}
        for word, label in itertools.product(SAID[said], CLASSES):
            one = Word(word.permit, label, word.facility, word.purpose)
            await world.say(person, one)
            words[label].append(one)
        pages = {"record": "/rekam/{}", "chart": "/dokter/{}", "slip": "/loket/slip/{}"}
        key = "00000000-0000-8000-8000-000000000000"
        doctor = desks[Role.DOCTOR]
        if relation in ("in-care", "recent", "long ago"):
            key = await visit(world, person, relation)
        elif relation == "referred":
            key, pages = await referral(world, person), {"letter": "/surat/{}", "referral": "/rujukan/{}"}
        elif relation.startswith("emergency"):
            owner = doctor if relation != "emergency of another" else await world.desk(Role.DOCTOR, "asker")
            answer = await owner.post("/darurat", data={"scan": person.nik, "reason": "tidak sadar setelah kecelakaan"})
            assert answer.status_code == 303, answer.text
            key, pages = answer.headers["location"].rpartition("/")[2], {"emergency": "/darurat/{}"}
            if relation == "emergency ended":
                await world.city.database.execute("update care.emergency set ends_at = now() - interval '1 second'")
        for (role, desk), (kind, path) in itertools.product(desks.items(), pages.items()):
            combinations += 1
            answer = await desk.get(path.format(key))
            purpose = _purpose(kind, relation, role)
            where = (relation, said, role.value, kind, answer.status_code, purpose)
            seen = {
                label for label in CLASSES
                if purpose == "emergency" or purpose and may_see(label, words[label], "asker", purpose, "writer")
            }  # fmt: skip
            hidden = [person.secrets[label] for label in CLASSES if label not in seen]
            assert not leaked(answer, hidden), (*where, leaked(answer, hidden))
            if purpose:
                assert answer.status_code == 200, where
                assert all(person.secrets[label] in answer.text for label in seen), where
            elif not (kind == "slip" and answer.status_code == 200):  # who somebody is, to those who receive them
                assert answer.status_code in (303, 403, 404), where
                assert not leaked(answer, [person.name, person.nik, *person.secrets.values()]), where
    print(f"{combinations} combinations of role, relation, consent and page")
    assert combinations == len(STAFF) * len(SAID) * (3 * 4 + 2 + 3)
    for desk in desks.values():
        await desk.aclose()


def _purpose(kind: str, relation: str, role: Role) -> str:
    """For which purpose this page shows the record to this role; empty where it shows none."""
    if kind == "record":
        return READING.get((relation, role), "")
    if kind == "chart":
        return "treatment" if relation == "in-care" and role in (Role.DOCTOR, Role.NURSE) else ""
    if kind == "letter":
        return "referral" if role in (Role.DOCTOR, Role.REFERRAL_DESK, Role.CLERK) else ""
    if kind == "referral":
        return "referral" if role in (Role.DOCTOR, Role.REFERRAL_DESK) else ""
    if kind == "emergency":
        return "emergency" if relation == "emergency" and role is Role.DOCTOR else ""
    return ""


async def test_a_person_sees_everything_of_the_own_record_and_a_stranger_nothing(world) -> None:
    person = await world.person()
    async with await world.desk(Role.CITIZEN, "", person.id) as own:
        answer = await own.get("/warga")
        assert sorted(leaked(answer, list(person.secrets.values()))) == sorted(person.secrets.values())
    stranger = await world.person([])
    async with await world.desk(Role.CITIZEN, "", stranger.id) as other:
        answer = await other.get("/warga")
        assert not leaked(answer, [person.name, person.nik, *person.secrets.values()])


async def test_the_counter_sees_what_the_person_opens_and_closes(world) -> None:
    for said, words in SAID.items():
        person = await world.person()
        told: dict[str, list[Word]] = {label: [] for label in CLASSES}
        for word, label in itertools.product(words, CLASSES):
            one = Word(word.permit, label, word.facility, word.purpose)
            await world.say(person, one)
            told[label].append(one)
        async with await world.desk(Role.CLERK, "asker") as clerk:
            answer = await clerk.post("/loket", data={"scan": person.nik})
            for label, secret in person.secrets.items():
                seen = may_see(label, told[label], "asker", "registration", "writer")
                assert (secret in answer.text) == seen, (said, label)
