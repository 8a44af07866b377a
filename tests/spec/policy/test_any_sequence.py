"""No sequence of words, withdrawals, visits, referrals, emergencies and time lets anybody see what the table forbids."""

import asyncio
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from policy_world import BASE, Word, World, leaked, may_see

from sekali import security

PLACES = ("asker", "other")
LABELS = ("", "HIV", "PSY")
WORDS = st.builds(
    Word, st.booleans(), st.sampled_from(LABELS), st.sampled_from(("", *PLACES)), st.sampled_from(("", "TREAT", "COC"))
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), WORDS),
        st.tuples(st.just("system says"), st.sampled_from(PLACES), WORDS),
        st.tuples(st.just("withdraw"), st.integers(0, 5)),
        st.tuples(st.just("visit"), st.sampled_from(PLACES)),
        st.tuples(st.just("refer"), st.sampled_from(PLACES)),
        st.tuples(st.just("emergency"), st.sampled_from(PLACES)),
        st.tuples(st.just("time"), st.just(0)),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


class Model:
    """What should be so: the words that stand, who cares, which emergencies last. Nothing of the program is used."""

    def __init__(self) -> None:
        self.said: list[tuple[UUID, Word, bool]] = []
        self.cared: set[str] = set()
        self.open: dict[str, str] = {}

    def words(self) -> list[Word]:
        """A later word on the same replaces the earlier; taken back, nothing is left of either."""
        return [word for _, word, _ in self.said]

    def say(self, id: UUID, word: Word, own: bool) -> None:
        same = [n for n, (_, old, _) in enumerate(self.said) if _about(old) == _about(word)]
        if same and not own and word.permit and self.said[same[0]][2] and not self.said[same[0]][1].permit:
            return  # the person closed it
        if not own and (word.label or word.facility or word.purpose):
            return
        self.said = [one for one in self.said if _about(one[1]) != _about(word)] + [(id, word, own)]

    def sees(self, label: str, place: str, purpose: str) -> bool:
        """Of a class: only where neither what is ordinary nor the class is closed."""
        return all(may_see(one, self.words(), place, purpose, "writer") for one in {"", label})


def _about(word: Word) -> tuple[str, str, str]:
    return word.label, word.facility, word.purpose


async def test_whatever_happens_nobody_sees_more_than_the_table_says(world) -> None:
    """Hypothesis draws and shrinks in a thread; the steps run here, where the city's connections are."""
    loop = asyncio.get_running_loop()

    @settings(max_examples=25, deadline=None)
    @given(STEPS)
    def run(steps) -> None:
        asyncio.run_coroutine_threadsafe(_live(world, steps), loop).result(120)

    await asyncio.to_thread(run)


async def _live(world: World, steps) -> None:
    person, model = await world.person(list(LABELS)), Model()
    desks = {place: await world.desk(security.Role.DOCTOR, place) for place in PLACES}
    clients = {place: await world.client(place) for place in PLACES}
    own = security.decide(
        world.actor(security.Role.CITIZEN, "", person.id),
        security.Purpose.OWN_RECORD,
        person.id,
        security.Relation.SELF,
    )
    made: list[UUID] = []
    for kind, what, *more in steps:
        if kind == "say":
            await world.say(person, what)
            made.append(world.last)
            model.say(world.last, what, True)
        elif kind == "system says":
            answer = await clients[what].post(
                "/consent/v1/Consent",
                json={
                    "patient_id": str(person.id),
                    "action": "OPTIN" if more[0].permit else "OPTOUT",
                    "agent": "Petugas",
                },
            )
            assert answer.status_code == (201 if what in model.cared else 403), answer.text
            if answer.status_code == 201:
                model.say(UUID(answer.json()["id"]), Word(more[0].permit, ""), False)
        elif kind == "withdraw" and made:
            id = made.pop(what % len(made))
            await world.city.care.consents.withdraw(own, id)
            model.said = [one for one in model.said if one[0] != id]
        elif kind in ("visit", "refer"):
            await (world.care_for(person, what) if kind == "visit" else world.refer(person, what))
            model.cared.add(what)
        elif kind == "emergency":
            answer = await desks[what].post("/darurat", data={"scan": person.nik, "reason": "kecelakaan lalu lintas"})
            model.open[what] = answer.headers["location"]
        elif kind == "time":
            await world.city.database.execute("update care.emergency set ends_at = least(ends_at, now())")
            model.open = {place: f"-{path.lstrip('-')}" for place, path in model.open.items()}
        await _look(world, model, person, desks, clients)
    for one in (*desks.values(), *clients.values()):
        await one.aclose()


async def _look(world, model, person, desks, clients) -> None:
    for place in PLACES:
        answers = {label: await clients[place].get(f"{BASE}/Condition/{person.conditions[label]}") for label in LABELS}
        everything = await clients[place].get(f"{BASE}/Patient/{person.id}/$everything?_count=200")
        for label, answer in answers.items():
            secret, sees = person.secrets[label], place in model.cared and model.sees(label, place, "integration")
            assert (answer.status_code == 200) == sees == (secret in answer.text), (
                place,
                label,
                model.said,
                answer.text,
            )
            assert (secret in everything.text) == sees, (place, label, model.said)
        path = model.open.get(place)
        if path is not None:
            answer = await desks[place].get(path.lstrip("-"))
            if path.startswith("-"):
                assert answer.status_code == 403
                assert not leaked(answer, [person.name, person.nik, *person.secrets.values()])
            else:
                assert all(secret in answer.text for secret in person.secrets.values())
