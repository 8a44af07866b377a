"""The panel's timetable, held against a checker that knows the rules only and nothing of the solver."""

import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product
from uuid import UUID

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from sekali.program.assignment import City, Clash, House, Judge, Sitting, Timetable, assign
from sekali.program.dimensions import DIMENSIONS

RULES = {"places", "panel", "unplaced", "load", "expertise", "conflict", "connection", "time"}
"""What a clash may name, by its own docstring."""


def city(n: int, dimension: str = "") -> City:
    return City(UUID(int=1_000 + n), f"City {n}", dimension)


def cities(count: int) -> list[City]:
    return [city(n) for n in range(count)]


def judge(n: int, **more: object) -> Judge:
    return Judge(UUID(int=n + 1), f"Assessor {n}", **more)


def judges(count: int, **more: object) -> list[Judge]:
    return [judge(n, **more) for n in range(count)]


def all_joined(pairs: Iterable[tuple[UUID, UUID]]) -> bool:
    """Whether the graph of who heard whom is one piece."""
    parent: dict[UUID, UUID] = {}

    def root(one: UUID) -> UUID:
        while parent.setdefault(one, one) != one:
            one = parent[one]
        return one

    for left, right in pairs:
        parent[root(left)] = root(right)
    return len({root(one) for one in list(parent)}) <= 1


def faults(timetable: Timetable, cities: Sequence[City], judges: Sequence[Judge], house: House) -> list[str]:
    """Every broken rule, in words that begin with its name."""
    found = []
    told, known = {one.id: one for one in cities}, {one.id: one for one in judges}
    heard = Counter(id for slots in timetable.slots.values() for id in slots)
    found += [f"once: {one.name} is heard {heard[one.id]} times" for one in cities if heard[one.id] != 1]
    found += [f"once: {id} is no city" for id in heard.keys() - told.keys()]
    load: Counter[UUID] = Counter()
    for s in sorted(timetable.seats.keys() | timetable.slots.keys()):
        seats, slots = timetable.seats.get(s, ()), timetable.slots.get(s, ())
        if not (0 <= s.day < house.days and 0 <= s.block < house.blocks and 0 <= s.room < house.rooms):
            found.append(f"house: {s} is not in it")
        if len(slots) > house.slots:
            found.append(f"slots: {s} hears {len(slots)}")
        if len(set(seats)) != house.panel or len(seats) != house.panel:
            found.append(f"panel: {len(seats)} sit at {s}")
        if set(seats) - known.keys():
            found.append(f"panel: somebody unknown sits at {s}")
            continue
        found += [f"absent: {known[id].name} at {s}" for id in seats if s.day in known[id].absent]
        for id in slots:
            found += [f"conflict: {known[one].name} hears {id}" for one in seats if id in known[one].away]
            wanted = told[id].dimension if id in told else ""
            if wanted and not any(wanted in known[one].dimensions for one in seats):
                found.append(f"expert: nobody who hears {id} knows {wanted}")
        load.update({id: len(slots) for id in seats})
    for day, block in product(range(house.days), range(house.blocks)):
        sitting = Counter(id for s, ids in timetable.seats.items() if (s.day, s.block) == (day, block) for id in ids)
        found += [f"two rooms: {id} on day {day} in block {block}" for id, rooms in sitting.items() if rooms > 1]
    found += [f"load: {one.name} hears {load[one.id]}" for one in judges if load[one.id] > one.most]
    if not all_joined(
        (c, a) for s, slots in timetable.slots.items() for c in slots for a in timetable.seats.get(s, ())
    ):
        found.append("joined: assessors cannot be compared")
    return found


# The checker can fail

HOUSE = House(days=2, blocks=2, rooms=2, slots=2, panel=2)
CITIES = [city(0, "living"), *(city(n) for n in range(1, 6))]
JUDGES = [judge(0, dimensions=frozenset({"living"}), most=3), *(judge(n) for n in range(1, 4))]


def sittings(rows: Iterable[tuple[int, int, int, Sequence[int], Sequence[int]]]) -> Timetable:
    """From (day, block, room, assessors, cities)."""
    made = [(Sitting(*where), who, whom) for *where, who, whom in rows]
    return Timetable(
        {s: tuple(judge(n).id for n in who) for s, who, _ in made},
        {s: tuple(city(n).id for n in whom) for s, _, whom in made},
    )


GOOD = [
    [0, 0, 0, [0, 1], [0, 1]],
    [0, 0, 1, [2, 3], [2, 3]],
    [0, 1, 0, [1, 2], [4]],
    [1, 0, 0, [0, 3], [5]],
]


def but(place: int, *row: object) -> list[object]:
    """The good timetable with another sitting in place of one."""
    return [list(row) if n == place else one for n, one in enumerate(GOOD)]


def test_the_checker_finds_nothing_in_a_good_timetable() -> None:
    assert faults(sittings(GOOD), CITIES, JUDGES, HOUSE) == []


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        (but(3, 1, 0, 0, [0, 3], []), "once"),
        (but(3, 1, 0, 0, [0, 3], [5, 4]), "once"),
        (but(3, 1, 0, 0, [0, 3], [5, 99]), "once"),
        (but(3, 2, 0, 0, [0, 3], [5]), "house"),
        (but(2, 0, 1, 0, [1, 2], [4, 4, 4]), "slots"),
        (but(2, 0, 1, 0, [1], [4]), "panel"),
        (but(2, 0, 1, 0, [1, 2, 3], [4]), "panel"),
        (but(2, 0, 1, 0, [1, 1], [4]), "panel"),
        (but(2, 0, 1, 0, [1, 77], [4]), "panel"),
        (but(1, 0, 0, 1, [1, 3], [2, 3]), "two rooms"),
        ([*GOOD[:2], [0, 1, 0, [2, 3], [4, 5]]], "joined"),
    ],
)
def test_the_checker_finds_a_fault_in_a_timetable(rows: list[object], name: str) -> None:
    assert name in {fault.split(":")[0] for fault in faults(sittings(rows), CITIES, JUDGES, HOUSE)}


@pytest.mark.parametrize(
    ("who", "change", "name"),
    [
        (0, {"absent": frozenset({1})}, "absent"),
        (2, {"away": frozenset({city(4).id})}, "conflict"),
        (0, {"dimensions": frozenset({"economy"})}, "expert"),
        (0, {"most": 2}, "load"),
    ],
)
def test_the_checker_finds_an_assessor_who_may_not_sit_there(who: int, change: dict[str, object], name: str) -> None:
    changed = [replace(one, **change) if n == who else one for n, one in enumerate(JUDGES)]
    found = faults(sittings(GOOD), CITIES, changed, HOUSE)
    assert [fault.split(":")[0] for fault in found] == [name]


# The large case


def test_fifty_cities_twenty_assessors_and_two_days() -> None:
    chance = random.Random(2026)
    dimensions = list(DIMENSIONS)
    whom = [city(n, dimensions[n % 6] if n % 3 else "") for n in range(50)]
    who = [
        judge(
            n,
            away=frozenset(chance.sample([one.id for one in whom], 3)),
            dimensions=frozenset({dimensions[n % 6], dimensions[(n + 2) % 6]}),
            most=chance.choice([10, 12, 16]),
            absent=frozenset({1}) if n == 7 else frozenset(),
        )
        for n in range(20)
    ]
    house = House(days=2, blocks=4, rooms=4, slots=2, panel=3)
    start = time.monotonic()
    found = assign(whom, who, house, seconds=60)  # how long it takes is bench/panel.py's matter
    print(f"50 cities, 20 assessors, 2 days: {time.monotonic() - start:.1f} s, proved: {found.proved}")
    assert found.clashes == ()
    assert faults(found, whom, who, house) == []


# What cannot be done says why


def clashes(cities: Sequence[City], judges: Sequence[Judge], house: House) -> list[Clash]:
    found = assign(cities, judges, house, seconds=3)
    assert {clash.rule for clash in found.clashes} <= RULES
    return list(found.clashes)


def test_too_few_places_are_counted() -> None:
    assert clashes(cities(9), judges(4), House(1, 2, 2, 2, 2)) == [Clash("places", missing=1)]


def test_a_panel_larger_than_the_number_of_assessors() -> None:
    assert clashes(cities(2), judges(2), House(1, 2, 1, 2, 3)) == [Clash("panel", missing=1)]


def test_a_city_whose_conflicts_leave_too_few_assessors_is_named() -> None:
    who = [replace(one, away=frozenset({city(1).id})) for one in judges(3)] + [judge(3)]
    assert clashes(cities(2), who, House(1, 2, 1, 2, 2)) == [Clash("conflict", ("City 1",), 1)]


def test_a_city_without_an_expert_is_named() -> None:
    who = [replace(one, dimensions=frozenset({"economy"})) for one in judges(3)]
    assert clashes([city(0), city(1, "living")], who, House(1, 2, 1, 2, 2)) == [Clash("expertise", ("City 1",))]


def test_an_expert_with_a_conflict_of_interest_is_no_expert() -> None:
    expert = judge(3, dimensions=frozenset({"living"}), away=frozenset({city(1).id}))
    found = clashes([city(0), city(1, "living")], [*judges(3), expert], House(1, 2, 1, 2, 2))
    assert found == [Clash("expertise", ("City 1",))]


def test_loads_that_are_too_small_name_assessors() -> None:
    """Six cities with two listeners each are 12 hearings; three assessors agreed to 2 each."""
    found = clashes(cities(6), judges(3, most=2), House(1, 4, 1, 2, 2))
    assert {clash.rule for clash in found} == {"load"}
    assert set(found[0].who) <= {"Assessor 0", "Assessor 1", "Assessor 2"} and found[0].missing >= 6


def test_assessors_who_are_all_away_on_the_only_day_are_a_short_panel() -> None:
    who = judges(3, absent=frozenset({0}))
    assert [clash.rule for clash in clashes(cities(2), who, House(1, 2, 1, 2, 2))] == ["panel"]


def test_two_rooms_at_once_and_one_sitting_for_everybody_cannot_be_compared() -> None:
    found = clashes(cities(4), judges(4, most=2), House(1, 1, 2, 2, 2))
    assert "connection" in {clash.rule for clash in found}


def test_no_city_needs_no_timetable() -> None:
    assert assign([], judges(2), House(1, 1, 1, 1, 1)) == Timetable({}, {})


def test_a_city_for_which_everybody_is_absent_is_told_by_a_listed_rule() -> None:
    assert clashes(cities(1), judges(6, absent=frozenset({0})), House(1, 1, 1, 1, 6))


def test_running_out_of_time_is_not_told_as_assessors_who_cannot_be_compared() -> None:
    found = assign(cities(50), judges(20), House(2, 4, 4, 2, 3), seconds=0.01)
    assert not found.proved
    assert Clash("connection") not in found.clashes


# What can be done is done


def assert_possible(rows: Sequence[Sequence[object]], count: int, who: Sequence[Judge], house: House) -> None:
    """A timetable made by hand shows that there is one; so the solver has to find one."""
    assert faults(sittings(rows), cities(count), who, house) == []
    found = assign(cities(count), who, house, seconds=3)
    assert found.clashes == ()
    assert faults(found, cities(count), who, house) == []


def test_those_of_another_day_may_stay_unheard() -> None:
    first, second = {"absent": frozenset({1})}, {"absent": frozenset({0})}
    who = [judge(0, **first), judge(1, **first), judge(2, **second), judge(3, **second)]
    rows = [[0, block, 0, [0, 1], [block]] for block in range(4)]
    assert_possible(rows, 4, who, House(2, 4, 1, 1, 2))


def test_a_single_assessor_may_hear_everybody() -> None:
    assert_possible([[0, 0, 0, [0], [0]], [0, 1, 0, [0], [1]]], 2, judges(2), House(1, 2, 1, 1, 1))


def test_the_load_is_shared_fairly_among_sittings_that_really_hear_somebody() -> None:
    """Six cities in turn, heard by pairs of six assessors in a ring: everybody hears two."""
    house = House(1, 12, 1, 1, 2)
    assert_possible([[0, n, 0, [n, (n + 1) % 6], [n]] for n in range(6)], 6, judges(6), house)
    found = assign(cities(6), judges(6), house, seconds=3)
    load = Counter(id for s in found.slots for id in found.seats[s])
    loads = [load[one.id] for one in judges(6)]
    assert found.proved and max(loads) - min(loads) <= 2, loads


def test_the_same_input_gives_the_same_answer_when_it_is_proved() -> None:
    answers = [assign(cities(6), judges(5), House(2, 2, 2, 2, 2)) for _ in range(5)]
    assert len({repr(answer) for answer in answers if answer.proved}) == 1


# Any small case


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[City], list[Judge], House]:
    kinds = st.sampled_from(["", "", "", "living", "economy"])
    house = House(*(draw(st.integers(least, most)) for least, most in ((1, 2), (1, 3), (1, 2), (1, 3), (2, 3))))
    whom = [city(n, draw(kinds)) for n in range(draw(st.integers(1, min(8, house.places))))]
    skills = st.sampled_from([frozenset({"living"}), frozenset({"economy"}), frozenset({"living", "economy"})])
    who = [
        judge(
            n,
            away=draw(st.frozensets(st.sampled_from([one.id for one in whom]), max_size=1)),
            dimensions=draw(skills),
            most=draw(st.sampled_from([600, 8, 4, 2])),
            absent=draw(st.sampled_from([frozenset(), frozenset(), frozenset({house.days - 1})])),
        )
        for n in range(draw(st.integers(house.panel + 1, 6)))
    ]
    return whom, who, house


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_an_answer_has_clashes_or_no_fault(case: tuple[list[City], list[Judge], House]) -> None:
    found = assign(*case, seconds=1)
    event(f"clashes: {bool(found.clashes)}")
    assert found.clashes or faults(found, *case) == []
