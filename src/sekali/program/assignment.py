"""Who judges whom, when and where: the panel's timetable, found by a constraint solver (OR-Tools CP-SAT).

A *sitting* is one room for one block of a day: some assessors sit there and hear some cities, one after another. Hard
rules are never broken in an answer: no assessor hears a city with which there is a conflict of interest, nobody is in
two rooms at once, everyone who scored can be compared (the graph of who heard whom holds together). The other rules
may be given way only to say why there is no answer: the smallest set of places where they clash.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, product
from uuid import UUID

from sekali import kernel

from . import calibration

SECONDS = 7.0
ROTATIONS = 8
"""The longest that one search may take; the answer says when it was not proved to be the best."""
UNPLACED, SHORT, OVER, UNSKILLED, SPREAD = 100_000, 20_000, 5_000, 5_000, 1


@dataclass(frozen=True, slots=True)
class City:
    """A region that presents. ``dimension`` is the smart dimension an expert of which must be among its listeners."""

    id: UUID
    name: str
    dimension: str = ""


@dataclass(frozen=True, slots=True)
class Judge:
    """An assessor. ``away`` are the regions not to be heard, ``most`` the most cities, ``days`` absent (0, 1 ...)."""

    id: UUID
    name: str
    away: frozenset[UUID] = frozenset()
    dimensions: frozenset[str] = frozenset()
    most: int = 600
    absent: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class House:
    """The place: days, blocks of a day, rooms, cities a room hears in a block, assessors that sit together."""

    days: int
    blocks: int
    rooms: int
    slots: int
    panel: int

    @property
    def places(self) -> int:
        """Cities that can be heard."""
        return self.days * self.blocks * self.rooms * self.slots


@dataclass(frozen=True, slots=True, order=True)
class Sitting:
    """A room in a block of a day, each counted from 0."""

    day: int
    block: int
    room: int


@dataclass(frozen=True, slots=True)
class Clash:
    """Why there is no timetable.

    :ivar rule: places, panel, unplaced, load, expertise, conflict; connection (the others only clash because assessors
        must be compared), time (the search was broken off, so the others may not have to clash).
    :ivar who: names.
    """

    rule: str
    who: tuple[str, ...] = ()
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Timetable:
    """The answer. With ``clashes`` it is not to be used: they say what must change first.

    :ivar proved: whether the solver showed that nothing better exists.
    """

    seats: dict[Sitting, tuple[UUID, ...]]
    slots: dict[Sitting, tuple[UUID, ...]]
    clashes: tuple[Clash, ...] = ()
    proved: bool = True

    def heard(self) -> list[tuple[UUID, UUID]]:
        """Every (city, assessor)."""
        return [
            (city, judge)
            for sitting, cities in self.slots.items()
            for city, judge in product(cities, self.seats[sitting])
        ]


@dataclass(slots=True)
class _Model:
    """The variables of one search. ``y[s, c]``: sitting s hears city c; ``x[s, a]``: assessor a sits there.

    :ivar widest: the most that the objective can be without any clash.
    """

    solver: object
    model: object
    widest: int = 0
    y: dict[tuple[Sitting, UUID], object] = field(default_factory=dict)
    x: dict[tuple[Sitting, UUID], object] = field(default_factory=dict)
    slack: list[tuple[str, tuple[str, ...], object]] = field(default_factory=list)


def plain_clashes(cities: Sequence[City], judges: Sequence[Judge], house: House) -> list[Clash]:
    """What needs no search: too few places, a city that nobody may hear, an empty panel."""
    found = []
    if house.places < len(cities):
        found.append(Clash("places", missing=len(cities) - house.places))
    if len(judges) < house.panel:
        found.append(Clash("panel", missing=house.panel - len(judges)))
    for city in cities:
        free = [judge for judge in judges if city.id not in judge.away]
        if len(free) < house.panel <= len(judges):
            found.append(Clash("conflict", (city.name,), house.panel - len(free)))
        elif city.dimension and free and not any(city.dimension in judge.dimensions for judge in free):
            found.append(Clash("expertise", (city.name,)))
    return found


def assign(cities: Sequence[City], judges: Sequence[Judge], house: House, seconds: float = SECONDS) -> Timetable:
    """A timetable for all ``cities``, or the clashes. The same input gives the same answer when it is proved.

    Raises Invalid for a panel of nobody.
    """
    if house.panel < 1:
        raise kernel.Invalid("A sitting needs at least one assessor.", path="panel")
    plain = plain_clashes(cities, judges, house)
    if plain or not cities:
        return Timetable({}, {}, tuple(plain))
    from ortools.sat.python import cp_model  # half a second, and only the panel needs it

    built = _build(cp_model, cities, judges, house)
    found = _rotate(cp_model, built, cities, judges, house, seconds)
    if found is not None:
        return found
    cut = False
    while seconds > 0:
        built.solver.parameters.max_time_in_seconds = seconds
        status = built.solver.solve(built.model)
        if status == cp_model.INFEASIBLE:
            return Timetable({}, {}, (Clash("connection"),))
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            break
        found = _read(built, cities, judges, status == cp_model.OPTIMAL)
        apart = calibration.groups(found.heard())
        if found.clashes:
            return replace(found, clashes=found.clashes + _reasons(built, cut))
        if len(apart) == 1:
            return found
        seconds -= built.solver.wall_time
        cut = True
        for group in apart[1:]:
            _connect(built, judges, group)
    return Timetable({}, {}, (Clash("time"),), False)


def _rotate(
    cp_model, built: _Model, cities: Sequence[City], judges: Sequence[Judge], house: House, seconds: float
) -> Timetable | None:
    """The quick way: seat the assessors in turns, and see whether the cities find their places; None where they do not.

    Only the cities are left to search then, so this takes a fraction of a second, also on a busy machine.
    """
    for turn in range(ROTATIONS):
        seats = _in_turns(judges, house, -(-len(cities) // house.slots), random.Random(turn))
        if seats is None:
            return None
        built.model.clear_hints()
        for seat, variable in built.x.items():
            built.model.add_hint(variable, int(seat in seats))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.max_time_in_seconds = seconds / ROTATIONS / 2
        solver.parameters.fix_variables_to_their_hinted_value = True
        if solver.solve(built.model) == cp_model.OPTIMAL:
            found = _read(built, cities, judges, True, solver)
            if not found.clashes and len(calibration.groups(found.heard())) == 1:
                return found
    return None


def _in_turns(
    judges: Sequence[Judge], house: House, needed: int, rng: random.Random
) -> set[tuple[Sitting, UUID]] | None:
    """Seats for ``needed`` sittings, the same number for everyone as far as that goes, with others each time."""
    blocks = [(day, block) for day in range(house.days) for block in range(house.blocks)]
    load = dict.fromkeys((judge.id for judge in judges), 0)
    seats: set[tuple[Sitting, UUID]] = set()
    for n, (day, block) in enumerate(blocks):
        rooms = needed // len(blocks) + (n < needed % len(blocks))
        free = [j for j in judges if day not in j.absent and (load[j.id] + 1) * house.slots <= j.most]
        free.sort(key=lambda judge: (load[judge.id], rng.random()))
        if rooms > house.rooms or len(free) < rooms * house.panel:
            return None
        chosen = free[: rooms * house.panel]
        rng.shuffle(chosen)
        for place, judge in enumerate(chosen):
            seats.add((Sitting(day, block, place // house.panel), judge.id))
            load[judge.id] += 1
    return seats


def _reasons(built: _Model, cut: bool) -> tuple[Clash, ...]:
    """Why there are clashes, beyond themselves: the bound tells whether every timetable has some."""
    if built.solver.best_objective_bound <= built.widest:
        return (Clash("time"),)
    return (Clash("connection"),) if cut else ()


def _build(cp_model, cities: Sequence[City], judges: Sequence[Judge], house: House) -> _Model:
    model, solver = cp_model.CpModel(), cp_model.CpSolver()
    solver.parameters.num_workers = 2
    solver.parameters.interleave_search = True  # workers that race find another answer each time
    solver.parameters.random_seed = 2018
    solver.parameters.absolute_gap_limit = SPREAD  # one sitting more or less for somebody is not worth the search
    built = _Model(solver, model)
    sittings = [Sitting(*one) for one in product(range(house.days), range(house.blocks), range(house.rooms))]
    for s in sittings:
        for city in cities:
            built.y[s, city.id] = model.new_bool_var("")
        for judge in judges:
            built.x[s, judge.id] = model.new_bool_var("")
            if s.day in judge.absent:
                model.add(built.x[s, judge.id] == 0)
    _place(built, sittings, cities, house)
    _seat(built, sittings, judges, house)
    _keep_apart(built, sittings, cities, judges)
    _bring_experts(built, sittings, cities, judges)
    loads = _load(built, sittings, judges, house)
    built.widest = SPREAD * len(sittings)
    low, high = model.new_int_var(0, len(sittings), ""), model.new_int_var(0, len(sittings), "")
    model.add_min_equality(low, loads)
    model.add_max_equality(high, loads)
    cost = {"unplaced": UNPLACED, "panel": SHORT, "load": OVER, "expertise": UNSKILLED}
    model.minimize(SPREAD * (high - low) + sum(cost[rule] * v for rule, _, v in built.slack))
    return built


def _slack(built: _Model, rule: str, most: int, *who: str):
    variable = built.model.new_int_var(0, most, "")
    built.slack.append((rule, who, variable))
    return variable


def _place(built: _Model, sittings: list[Sitting], cities: Sequence[City], house: House) -> None:
    """Each city once; a room hears no more than its slots. Full rooms first, so that equal rooms are not tried twice."""
    for city in cities:
        built.model.add(sum(built.y[s, city.id] for s in sittings) + _slack(built, "unplaced", 1, city.name) == 1)
    for s in sittings:
        built.model.add(sum(built.y[s, city.id] for city in cities) <= house.slots)
    for s, other in pairwise(sittings):
        if (s.day, s.block) == (other.day, other.block):
            fuller = sum(built.y[s, city.id] for city in cities)
            built.model.add(fuller >= sum(built.y[other, city.id] for city in cities))


def _seat(built: _Model, sittings: list[Sitting], judges: Sequence[Judge], house: House) -> None:
    """Every sitting that hears somebody has its panel; nobody sits in two rooms at once."""
    for s in sittings:
        used = built.model.new_bool_var("")
        heard = [v for (where, _), v in built.y.items() if where == s]
        for v in heard:
            built.model.add_implication(v, used)
        built.model.add_bool_or(*heard, used.negated())  # nobody sits where nobody is heard
        seated = sum(built.x[s, judge.id] for judge in judges)
        built.model.add(seated <= house.panel * used)
        built.model.add(seated + _slack(built, "panel", house.panel) >= house.panel * used)
    for day, block in sorted({(s.day, s.block) for s in sittings}):
        together = [s for s in sittings if (s.day, s.block) == (day, block)]
        for judge in judges:
            built.model.add_at_most_one(built.x[s, judge.id] for s in together)


def _keep_apart(built: _Model, sittings: list[Sitting], cities: Sequence[City], judges: Sequence[Judge]) -> None:
    names = {city.id for city in cities}
    for judge, s in product(judges, sittings):
        for city in sorted(judge.away & names):
            built.model.add_at_most_one((built.x[s, judge.id], built.y[s, city]))


def _bring_experts(built: _Model, sittings: list[Sitting], cities: Sequence[City], judges: Sequence[Judge]) -> None:
    for city in cities:
        if not city.dimension:
            continue
        without = _slack(built, "expertise", 1, city.name)
        for s in sittings:
            experts = [built.x[s, judge.id] for judge in judges if city.dimension in judge.dimensions]
            built.model.add(built.y[s, city.id] <= sum(experts) + without)


def _load(built: _Model, sittings: list[Sitting], judges: Sequence[Judge], house: House) -> list[object]:
    """No assessor hears more cities than agreed. The sittings of each, which are to be nearly equal."""
    loads = []
    heard = {s: sum(v for (where, _), v in built.y.items() if where == s) for s in sittings}
    for judge in judges:
        load = built.model.new_int_var(0, len(sittings), "")
        built.model.add(load == sum(built.x[s, judge.id] for s in sittings))
        loads.append(load)
        if judge.most < house.days * house.blocks * house.slots:  # else it cannot be too much
            _limit(built, heard, judge, house)
    return loads


def _limit(built: _Model, heard: dict[Sitting, object], judge: Judge, house: House) -> None:
    """Counts the cities of the sittings where the judge sits; a sitting need not be full."""
    cities = []
    for s, count in heard.items():
        here = built.model.new_int_var(0, house.slots, "")
        built.model.add(here >= count - house.slots * (1 - built.x[s, judge.id]))
        cities.append(here)
    built.model.add(sum(cities) <= judge.most + _slack(built, "load", 600, judge.name))


def _connect(built: _Model, judges: Sequence[Judge], group: set[UUID]) -> None:
    """A sitting joins somebody of ``group`` with somebody outside it; or those of one side sit nowhere at all."""
    model = built.model
    inside = [judge.id for judge in judges if judge.id in group]
    outside = [judge.id for judge in judges if judge.id not in group]
    sittings = sorted({s for s, _ in built.x})
    ways = []
    for s in sittings:
        bridge = model.new_bool_var("")
        model.add(sum(built.x[s, one] for one in inside) >= 1).only_enforce_if(bridge)
        model.add(sum(built.x[s, one] for one in outside) >= 1).only_enforce_if(bridge)
        ways.append(bridge)
    for side in (inside, outside):
        idle = model.new_bool_var("")
        model.add(sum(built.x[s, one] for s, one in product(sittings, side)) == 0).only_enforce_if(idle)
        ways.append(idle)
    model.add_bool_or(ways)


def _read(built: _Model, cities: Sequence[City], judges: Sequence[Judge], proved: bool, solver=None) -> Timetable:
    solver = solver or built.solver
    seats: dict[Sitting, list[UUID]] = defaultdict(list)
    slots: dict[Sitting, list[UUID]] = defaultdict(list)
    for (s, city), v in built.y.items():
        if solver.boolean_value(v):
            slots[s].append(city)
    for (s, judge), v in built.x.items():
        if solver.boolean_value(v) and s in slots:
            seats[s].append(judge)
    missing: dict[str, list[tuple[tuple[str, ...], int]]] = defaultdict(list)
    for rule, who, v in built.slack:
        if amount := solver.value(v):
            missing[rule].append((who, amount))
    clashes = tuple(
        Clash(rule, tuple(name for who, _ in found for name in who), sum(amount for _, amount in found))
        for rule, found in missing.items()
    )
    return Timetable(
        {s: tuple(seats[s]) for s in sorted(slots)}, {s: tuple(slots[s]) for s in sorted(slots)}, clashes, proved
    )
