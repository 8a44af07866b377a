"""Mentoring: who helps whom, what each bimtek should bring, what is late and whom to call, the signed commitment."""

import asyncio
from dataclasses import dataclass, replace
from datetime import date

import pytest
import pytest_asyncio
from movement_office import Movement, actor

from sekali import audit, kernel, program, security

Role = security.Role
CITY, OTHER = "kota-yogyakarta", "kabupaten-bantul"
ENDED, DUE = date(2026, 3, 3), date(2026, 3, 17)
"""The last day of a bimtek; 14 days later its outputs are due."""


@dataclass(frozen=True)
class Desk:
    """Kota Yogyakarta in a rehearsal, its team and its mentor; Bantul takes part as well."""

    movement: Movement
    cohort: program.Cohort
    part: program.Participation
    team: security.Actor
    mentor: security.Actor

    @property
    def mentoring(self):
        return self.movement.program.mentoring

    async def appoint(self, *mentors: security.Actor) -> None:
        await self.mentoring.appoint(self.movement.secretariat, self.part.id, [one.facility for one in mentors])

    async def mentors(self) -> list[str]:
        return [one.name for one in (await self.mentoring.mentors(self.cohort.id)).get(self.part.id, [])]

    async def hold(self, who: security.Actor, number: int = 1, **other: object) -> None:
        meeting = replace(program.Meeting(number, date(2026, 3, 2), ENDED, "Balai Kota", None, ""), **other)
        await self.mentoring.hold(who, self.part, meeting)

    async def hand_in(self, note: str = "Words", key: str = "team", evidence=None, plan: int | None = None) -> None:
        await self.mentoring.hand_in(self.team, self.part, key, note, evidence, plan)

    async def review(self, version: int, verdict: str, words: str = "", key: str = "team") -> None:
        await self.mentoring.review(self.mentor, self.part, key, version, verdict, words)

    async def output(self, key: str = "team") -> program.Output:
        return {one.key: one for one in await self.mentoring.outputs(self.team, self.part)}[key]

    async def late(self, today: date) -> list[tuple[str, int]]:
        found = await self.mentoring.late(self.movement.secretariat, self.cohort.id, today)
        return [(one.output.key, one.days) for one in found]

    async def signed(self) -> list[tuple[str, str]]:
        return [(one["office"], one["name"]) for one in (await self.mentoring.commitment(self.part.id))[1]]

    async def strangers(self) -> list[security.Actor]:
        """Everybody who has nothing to do with this city, those of the own role among them."""
        others = set(Role) - {Role.SECRETARIAT, Role.SYSTEM, Role.CITY_TEAM, Role.MENTOR, Role.ASSESSOR}
        return [
            self.movement.team(OTHER), await self.movement.person("mentor", "Dewi"),
            await self.movement.person("assessor", "Eko"), *(actor(role, self.part.region) for role in others),
        ]  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session")
async def desk(movement) -> Desk:
    cohort = await movement.rehearsal([CITY, OTHER])
    part, mentor = await movement.part(cohort, CITY), await movement.person("mentor", "Citra")
    found = Desk(movement, cohort, part, movement.team(CITY), mentor)
    await found.appoint(mentor)
    return found


# People


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "  "), ("name", "A" * 121), ("most", 0), ("most", 601), ("role", "judge")],
)
async def test_an_entry_that_cannot_be_is_refused_with_its_field(movement, field: str, value: object) -> None:
    person = program.Person(kernel.new_id(kernel.CITY), "mentor", "Citra", "", "", None, [], 12, True)
    with pytest.raises(kernel.Invalid) as refused:
        await movement.program.mentoring.add_person(movement.secretariat, replace(person, **{field: value}))
    assert [fault.path for fault in refused.value.faults] == [field]
    assert await movement.program.mentoring.people() == []


async def test_an_entry_written_again_is_changed_and_not_doubled(movement) -> None:
    people = movement.program.mentoring
    for role, name in (("assessor", "Budi"), ("mentor", "Citra"), ("assessor", "Ani")):
        await movement.person(role, name)
    (citra,) = await people.people("mentor")
    await people.add_person(movement.secretariat, replace(citra, phone="0800-2", active=False))
    assert await people.person(citra.id) == replace(citra, phone="0800-2", active=False)
    assert [one.name for one in await people.people()] == ["Ani", "Budi", "Citra"]
    for nobody in (None, kernel.new_id(kernel.CITY)):
        with pytest.raises(kernel.NotFound):
            await people.person(nobody)


async def test_a_code_opens_one_account_at_its_place(movement, sekali) -> None:
    region, door = movement.regions[CITY], sekali.doorkeeper
    code = await movement.program.mentoring.invite(
        movement.secretariat, door, name="Tim", role=Role.CITY_TEAM, place=region.id, place_name=region.full_name
    )
    await door.activate(code, "tim.uji", "long enough")
    found = await door.session(await door.log_in("tim.uji", "long enough", "here"))
    assert (found.role, found.facility, found.facility_name) == (Role.CITY_TEAM, region.id, "Kota Yogyakarta")
    with pytest.raises(kernel.Invalid):
        await door.activate(code, "tim.dua", "long enough")


async def test_no_code_is_a_key_to_another_desk(movement, sekali) -> None:
    for role in set(Role) - {Role.CITY_TEAM, Role.MENTOR, Role.ASSESSOR}:
        with pytest.raises(kernel.Forbidden):
            await movement.program.mentoring.invite(
                movement.secretariat,
                sekali.doorkeeper,
                name="X",
                role=role,
                place=movement.regions[CITY].id,
                place_name="",
            )
    assert await movement.database.fetchval("select count(*) from security.invitation") == 0


# Mentors


async def test_the_mentors_of_a_region_are_written_anew(desk) -> None:
    ani, budi = await desk.movement.person("mentor", "Ani"), await desk.movement.person("mentor", "Budi")
    await desk.appoint(budi, ani, budi)
    assert await desk.mentors() == ["Ani", "Budi"], "by name, nobody twice, Citra no longer"
    with pytest.raises(kernel.Forbidden):
        await desk.mentoring.outputs(desk.mentor, desk.part)
    await desk.appoint()
    assert await desk.mentors() == []


async def test_five_or_somebody_who_is_no_mentor_are_refused_and_the_mentors_stay(desk) -> None:
    assessor = await desk.movement.person("assessor", "Ani")
    five = [await desk.movement.person("mentor", f"Mentor {n}") for n in range(5)]
    for wrong in (five, [five[0], assessor], [five[0], actor(Role.MENTOR, kernel.new_id(kernel.CITY))]):
        with pytest.raises(kernel.Invalid):
            await desk.appoint(*wrong)
    assert await desk.mentors() == ["Citra"]


async def test_of_two_lists_at_once_one_stays(desk) -> None:
    mentors = [await desk.movement.person("mentor", f"Mentor {n}") for n in range(4)]
    for _ in range(5):
        await asyncio.gather(*(desk.appoint(*pair) for pair in (mentors[:2], mentors[1:3], mentors[2:])))
        assert await desk.mentors() in (["Mentor 0", "Mentor 1"], ["Mentor 1", "Mentor 2"], ["Mentor 2", "Mentor 3"])


async def test_a_mentor_finds_the_own_regions_of_now_and_before(desk) -> None:
    cohorts = desk.movement.program.cohorts
    before = await desk.movement.part(await cohorts.by_slug("2018"), "kota-surakarta")
    await desk.mentoring.appoint(desk.movement.secretariat, before.id, [desk.mentor.facility])
    assert {part.id for part in await desk.mentoring.mentored_by(desk.mentor)} == {desk.part.id, before.id}
    assert await desk.mentoring.mentored_by(desk.team) == []


async def test_only_the_secretariat_keeps_people_and_mentors(desk, sekali) -> None:
    person = await desk.mentoring.person(desk.mentor.facility)
    for somebody in [*await desk.strangers(), desk.team, desk.mentor]:
        for work in (
            desk.mentoring.add_person(somebody, replace(person, name="X")),
            desk.mentoring.appoint(somebody, desk.part.id, []),
            desk.mentoring.invite(somebody, sekali.doorkeeper, name="X", role=Role.MENTOR, place=person.id, place_name=""),
            desk.mentoring.late(somebody, desk.cohort.id, DUE),
        ):  # fmt: skip
            with pytest.raises(kernel.Forbidden):
                await work
    assert await desk.mentors() == [person.name] == ["Citra"]


# Bimtek


async def test_a_bimtek_is_planned_and_then_held(desk) -> None:
    await desk.hold(desk.mentor, 2)
    await desk.hold(desk.movement.secretariat, 1)
    await desk.hold(desk.mentor, 1, people=64, place="Kepatihan", note="Everybody came")
    first, second = await desk.mentoring.meetings(desk.part.id)
    assert (first.number, first.people, first.place, first.note) == (1, 64, "Kepatihan", "Everybody came")
    assert (second.number, second.people, second.ends) == (2, None, ENDED), "planned"


@pytest.mark.parametrize(
    ("path", "wrong"),
    [("ends", {"number": 0}), ("ends", {"number": 5}), ("ends", {"ends": date(2026, 3, 1)}),
     ("people", {"people": -1}), ("people", {"people": 10_001})],
)  # fmt: skip
async def test_a_bimtek_that_cannot_be_is_refused(desk, path: str, wrong: dict) -> None:
    with pytest.raises(kernel.Invalid) as refused:
        await desk.hold(desk.mentor, **wrong)
    assert refused.value.path == path and await desk.mentoring.meetings(desk.part.id) == []


# Outputs


async def test_before_anything_is_handed_in_everything_is_missing_and_due_where_a_day_is_known(desk) -> None:
    await desk.hold(desk.mentor, 2)
    found = await desk.mentoring.outputs(desk.team, desk.part)
    assert [one.key for one in found] == list(program.ALL_OUTPUTS)
    assert {(one.state, one.newest, one.reviews) for one in found} == {("missing", None, ())}
    assert {(one.stage, one.due) for one in found} == {(1, None), (2, DUE), (3, None), (4, None)}


async def test_handed_in_returned_handed_in_again_and_accepted(desk) -> None:
    states = [(await desk.output()).state]
    for work in (
        desk.hand_in("First"), desk.review(1, "comment", "Who leads?"), desk.review(1, "returned", "No council yet"),
        desk.hand_in("Second"), desk.review(2, "accepted"), desk.review(2, "comment", "Well done"),
    ):  # fmt: skip
        await work
        states.append((await desk.output()).state)
    assert states == ["missing", "handed-in", "handed-in", "returned", "handed-in", "accepted", "accepted"]
    found = await desk.output()
    assert (found.newest.version, found.newest.note, found.newest.actor_name) == (2, "Second", desk.team.name)
    assert [(one.version, one.verdict, one.text) for one in found.reviews] == [
        (2, "accepted", ""), (2, "comment", "Well done"),
    ]  # fmt: skip
    assert {one.state for one in await desk.mentoring.outputs(desk.team, desk.part) if one.key != "team"} == {"missing"}
    kept = await desk.movement.database.fetch("select version, note from program.output order by version")
    assert [tuple(row.values()) for row in kept] == [(1, "First"), (2, "Second")], "what was returned is not lost"
    assert await desk.movement.database.fetchval("select count(*) from program.review") == 4


async def test_the_last_verdict_counts_and_a_later_version_waits_for_its_own(desk) -> None:
    await desk.hand_in()
    await desk.review(1, "accepted")
    await desk.review(1, "returned", "On second thoughts")
    assert (await desk.output()).state == "returned"
    await desk.hand_in("Second")
    await desk.review(1, "accepted")
    assert (await desk.output()).state == "handed-in", "an accepted first version accepts no second one"


async def test_what_is_empty_or_what_no_bimtek_asks_for_is_refused(desk) -> None:
    for nothing in ({"note": ""}, {"note": " \n"}, {"note": "", "plan": 0}):
        with pytest.raises(kernel.Invalid) as refused:
            await desk.hand_in(**nothing)
        assert refused.value.path == "note"
    with pytest.raises(kernel.NotFound):
        await desk.hand_in(key="trophy")
    assert await desk.movement.database.fetchval("select count(*) from program.output") == 0


async def test_a_file_and_a_plan_are_handed_in_only_by_the_city_that_has_them(desk) -> None:
    store, plans, bantul = desk.movement.program.evidence, desk.movement.program.plans, desk.movement.team(OTHER)
    theirs = await store.add(bantul, bantul.facility, "theirs.pdf", b"%PDF-1.7 theirs")
    mine = await store.add(desk.team, desk.part.region, "mine.pdf", b"%PDF-1.7 mine")
    await plans.change(bantul, bantul.facility, {"vision": "First"}, 0)
    for wrong in ({"evidence": theirs}, {"evidence": kernel.new_id(kernel.CITY)}, {"plan": 1}):
        with pytest.raises(kernel.NotFound):
            await desk.hand_in(key="book1", **wrong)
    assert (await desk.output("book1")).state == "missing"
    await plans.change(desk.team, desk.part.region, {"vision": "First"}, 0)
    await desk.hand_in("", "book1", mine, 1)
    newest = (await desk.output("book1")).newest
    assert (newest.evidence, newest.plan_version, newest.note) == (mine, 1, "")


async def test_what_many_hand_in_at_the_same_moment_are_as_many_versions(desk) -> None:
    await asyncio.gather(*(desk.hand_in(f"of {n}") for n in range(5)))
    kept = await desk.movement.database.fetch("select version, note from program.output order by version")
    assert [row["version"] for row in kept] == [1, 2, 3, 4, 5] and {row["note"] for row in kept} == {
        f"of {n}" for n in range(5)
    }


async def test_a_review_has_a_verdict_and_words_unless_it_accepts(desk) -> None:
    await desk.hand_in()
    for verdict, words in (("", "Words"), ("rejected", "Words"), ("comment", " "), ("returned", "")):
        with pytest.raises(kernel.Invalid):
            await desk.review(1, verdict, words)
    found = await desk.output()
    assert (found.state, found.reviews) == ("handed-in", ())


async def test_a_version_that_was_not_handed_in_cannot_be_accepted_beforehand(desk) -> None:
    await desk.hand_in()
    for key, version in (("team", 2), ("team", 0), ("data", 1), ("trophy", 1)):
        with pytest.raises(kernel.NotFound):
            await desk.review(version, "accepted", key=key)
    await desk.hand_in("Second")
    assert (await desk.output()).state == "handed-in"


async def test_the_city_hands_in_the_mentor_reviews_and_nobody_else(desk) -> None:
    await desk.hand_in()
    assessor = await desk.movement.person("assessor", "Fajar")
    await desk.movement.program.selection.assign(
        desk.movement.secretariat, desk.cohort, desk.part.region, assessor.facility
    )
    strangers, mentoring = await desk.strangers(), desk.mentoring
    for somebody in [*strangers, assessor, desk.team]:
        for work in (mentoring.review(somebody, desk.part, "team", 1, "accepted", "Mine"), desk.hold(somebody)):
            with pytest.raises(kernel.Forbidden):
                await work
    for somebody in [*strangers, assessor, desk.mentor, desk.movement.secretariat]:
        for work in (
            mentoring.hand_in(somebody, desk.part, "team", "Mine", None, None),
            mentoring.commit(somebody, desk.part, "Mine", 0), mentoring.sign(somebody, desk.part, "Mine", "Mine"),
        ):  # fmt: skip
            with pytest.raises(kernel.Forbidden):
                await work
    for somebody in strangers:
        with pytest.raises(kernel.Forbidden):
            await mentoring.outputs(somebody, desk.part)
    for somebody in (desk.team, desk.mentor, desk.movement.secretariat, assessor):
        found = (await mentoring.outputs(somebody, desk.part))[0]
        assert (found.state, found.newest.version, found.reviews) == ("handed-in", 1, ())
    await mentoring.review(desk.movement.secretariat, desk.part, "team", 1, "accepted", "")
    assert (await desk.output()).state == "accepted"


# What is late


async def test_late_is_what_was_not_handed_in_14_days_after_the_bimtek(desk) -> None:
    await desk.hold(desk.mentor, 1)
    assert await desk.late(DUE) == [], "the last day is not late"
    assert await desk.late(date(2026, 3, 18)) == [("team", 1), ("data", 1), ("book1-draft", 1)]
    await desk.hand_in(key="team")
    await desk.hand_in(key="data")
    assert await desk.late(date(2026, 3, 20)) == [("book1-draft", 3)], "what waits for a mentor is not the city's delay"
    await desk.review(1, "returned", "Not all offices", key="data")
    await desk.review(1, "accepted", key="team")
    assert await desk.late(date(2026, 3, 20)) == [("data", 3), ("book1-draft", 3)]


async def test_what_is_late_comes_with_whom_to_call_the_longest_first(desk) -> None:
    part = await desk.movement.part(desk.cohort, OTHER)
    await desk.hold(desk.mentor, 3)
    earlier = program.Meeting(4, date(2026, 3, 1), date(2026, 3, 1), "", 9, "")
    await desk.mentoring.hold(desk.movement.secretariat, part, earlier)
    found = await desk.mentoring.late(desk.movement.secretariat, desk.cohort.id, date(2026, 3, 20))
    assert [(one.region.slug, one.output.key, one.days) for one in found] == [
        (OTHER, "commitment", 5), (OTHER, "quick-wins", 5), (OTHER, "books", 5), (CITY, "book2-draft", 3), (CITY, "roadmap", 3),
    ]  # fmt: skip
    assert [[(one.name, one.phone) for one in late.mentors] for late in found[2:4]] == [[], [("Citra", "0800-1")]]
    assert found[-1].participation == desk.part


async def test_who_left_or_has_finished_is_not_late(desk) -> None:
    await desk.hold(desk.mentor, 1)
    for state in ("withdrawn", "taking-part", "completed"):
        await desk.movement.program.cohorts.move(desk.movement.secretariat, desk.part.id, state, "no budget")
        assert len(await desk.late(date(2026, 4, 1))) == (3 if state == "taking-part" else 0), state


# The commitment


async def test_a_commitment_is_signed_and_written_anew_it_is_signed_anew(desk) -> None:
    assert await desk.mentoring.commitment(desk.part.id) == (None, [])
    with pytest.raises(kernel.Conflict):
        await desk.mentoring.sign(desk.team, desk.part, "Wali Kota", "Ani")
    await desk.mentoring.commit(desk.team, desk.part, "  We will. ", 0)
    for office, name in (("Wali Kota", "Ani"), (" Bappeda ", " Budi ")):
        await desk.mentoring.sign(desk.team, desk.part, office, name)
    assert await desk.signed() == [("Wali Kota", "Ani"), ("Bappeda", "Budi")]
    await desk.movement.program.plans.change(desk.team, desk.part.region, {"vision": "First"}, 0)
    await desk.mentoring.commit(desk.team, desk.part, "We will, and soon.", 1)
    sheet, signatures = await desk.mentoring.commitment(desk.part.id)
    assert (sheet["text"], sheet["plan_version"], signatures) == ("We will, and soon.", 1, [])


async def test_what_is_no_commitment_and_no_signature_is_refused_and_what_was_signed_stays(desk) -> None:
    mentoring, city = desk.mentoring, (desk.team, desk.part)
    await mentoring.commit(*city, "We will.", 0)
    await mentoring.sign(*city, "Wali Kota", "Ani")
    for kind, path, work in (
        (kernel.Invalid, "text", mentoring.commit(*city, " ", 0)),
        (kernel.Invalid, "text", mentoring.commit(*city, "a" * 8_001, 0)),
        (kernel.NotFound, None, mentoring.commit(*city, "We will.", 7)),
        (kernel.Invalid, "name", mentoring.sign(*city, " ", "Budi")),
        (kernel.Invalid, "name", mentoring.sign(*city, "Bappeda", "")),
        (kernel.Conflict, "office", mentoring.sign(*city, " Wali Kota", "Budi")),
    ):
        with pytest.raises(kind) as refused:
            await work
        assert refused.value.path == path
    assert (await mentoring.commitment(desk.part.id))[0]["text"] == "We will."
    assert await desk.signed() == [("Wali Kota", "Ani")]


async def test_a_sheet_holds_100_signatures_also_when_many_sign_at_once(desk) -> None:
    await desk.mentoring.commit(desk.team, desk.part, "We will.", 0)
    await desk.movement.database.execute(
        "insert into program.signature select $1, 'Office ' || n, 'Ani', now() from generate_series(1, 98) n",
        desk.part.id,
    )
    signed = await asyncio.gather(
        *(desk.mentoring.sign(desk.team, desk.part, f"Dinas {n}", "Budi") for n in range(5)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in signed) == ["NoneType"] * 2 + ["TooCostly"] * 3
    assert len(await desk.signed()) == 100


# The audit


async def test_each_deed_is_in_the_audit_and_what_was_refused_is_not(desk) -> None:
    before = len(await desk.movement.heard())
    await desk.appoint(desk.mentor)
    await desk.hold(desk.mentor)
    await desk.hand_in()
    with pytest.raises(kernel.NotFound):
        await desk.review(2, "accepted")
    await desk.review(1, "accepted")
    await desk.mentoring.commit(desk.team, desk.part, "We will.", 0)
    await desk.mentoring.sign(desk.team, desk.part, "Wali Kota", "Ani")
    with pytest.raises(kernel.Conflict):
        await desk.mentoring.sign(desk.team, desk.part, "Wali Kota", "Budi")
    part = desk.part.id
    assert (await desk.movement.heard())[before:] == [
        ("cohort-changed", f"participation/{part}", "mentors"), ("reviewed", f"participation/{part}", "bimtek 1"),
        ("plan-changed", "output/team", str(part)), ("reviewed", "output/team", "accepted"),
        ("plan-changed", f"commitment/{part}", ""), ("plan-changed", f"commitment/{part}", "signed"),
    ]  # fmt: skip
    assert (await audit.verify(desk.movement.database)).breaks == ()
