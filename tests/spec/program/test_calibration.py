"""Calibration: strict and lenient assessors on one scale, checked against an independent fit and by simulation."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekali import kernel
from sekali.program import calibration

NEAR = Decimal("0.000005")
"""Results are kept to six digits."""


def city(n: int) -> UUID:
    return UUID(int=1_000 + n)


def assessor(n: int) -> UUID:
    return UUID(int=n + 1)


Scores = dict[tuple[UUID, UUID], Decimal]


def made(values: Mapping[int, object], biases: Mapping[int, object], heard: list[tuple[int, int]]) -> Scores:
    """Scores without noise."""
    return {(city(c), assessor(a)): Decimal(str(values[c])) + Decimal(str(biases[a])) for c, a in heard}


RING = [(n, n) for n in range(6)] + [(n, (n + 1) % 6) for n in range(6)] + [(0, 3)]
"""(city, assessor): each city heard by two, and all in one ring."""


def test_without_noise_values_and_biases_are_recovered() -> None:
    values = {0: 3.1, 1: 2.4, 2: 3.9, 3: 2.0, 4: 3.3, 5: 2.75}
    biases = {0: 0.5, 1: -0.75, 2: 0.25, 3: 0, 4: -0.125, 5: 0.125}
    found = calibration.calibrate(made(values, biases, RING))
    assert {one: estimate.value for one, estimate in found.values.items()} == {
        city(n): Decimal(str(value)) for n, value in values.items()
    }
    assert {one: estimate.value for one, estimate in found.biases.items()} == {
        assessor(n): Decimal(str(bias)) for n, bias in biases.items()
    }
    assert found.noise == 0 and all(estimate.error == 0 for estimate in found.values.values())


def test_no_nought_has_a_minus() -> None:
    found = calibration.calibrate(made(dict.fromkeys(range(6), 3), dict.fromkeys(range(6), 0), RING))
    assert [str(estimate.value) for estimate in found.biases.values()] == ["0.000000"] * 6


def test_the_order_is_that_of_the_true_values_where_raw_means_mislead() -> None:
    """The better city met the strict assessor, the weaker one the lenient; somebody heard both."""
    values, (strict, lenient, fair) = {0: 3.4, 1: 3.0}, (0, 1, 2)
    biases = {strict: -0.5, lenient: 0.5, fair: 0}
    scores = made(values, biases, [(0, strict), (0, fair), (1, lenient), (1, fair)])
    raw = {n: sum(s for (c, _), s in scores.items() if c == city(n)) / 2 for n in values}
    assert raw[0] < raw[1], "the raw means mislead"
    found = calibration.calibrate(scores).values
    assert found[city(0)].value > found[city(1)].value
    assert found[city(0)].value - found[city(1)].value == Decimal("0.4")


def test_a_graph_that_falls_apart_is_refused() -> None:
    scores = made(dict.fromkeys(range(4), 3), dict.fromkeys(range(4), 0), [(0, 0), (1, 0), (2, 1), (3, 1)])
    with pytest.raises(kernel.Conflict):
        calibration.calibrate(scores)
    calibration.calibrate(scores | {(city(0), assessor(1)): Decimal(3)})


def test_groups_are_told_largest_first() -> None:
    pairs = [(city(0), assessor(0)), (city(1), assessor(1)), (city(2), assessor(1))]
    assert calibration.groups(pairs) == [{city(1), city(2), assessor(1)}, {city(0), assessor(0)}]
    assert calibration.groups([]) == []


def test_nothing_scored_is_nothing_estimated() -> None:
    assert calibration.calibrate({}) == calibration.Calibration({}, {}, None)


@pytest.mark.parametrize("heard", [[(0, 0)], [(0, 0), (1, 0), (2, 0)], [(0, 0), (0, 1), (1, 1), (1, 2), (2, 2)]])
def test_with_no_degree_of_freedom_there_is_a_value_and_no_error(heard: list[tuple[int, int]]) -> None:
    """One assessor who heard each city once, or a chain: any noise would fit."""
    scores = made({0: 3, 1: 2, 2: 4}, {0: 0.1, 1: -0.2, 2: 0.1}, heard)
    found = calibration.calibrate(scores)
    assert found.noise is None
    assert {estimate.error for estimate in [*found.values.values(), *found.biases.values()]} == {None}
    assert all(abs(found.values[c].value + found.biases[a].value - s) < NEAR for (c, a), s in scores.items())


# Against an independent computation


def independent(scores: Scores) -> tuple[dict[UUID, tuple[float, float]], float]:
    """The same model with the constraint substituted: the last bias is minus the sum of the others."""
    cities, assessors = sorted({c for c, _ in scores}), sorted({a for _, a in scores})
    free = len(cities) + len(assessors) - 1
    rows = np.zeros((len(scores), free))
    for row, (c, a) in zip(rows, scores, strict=True):
        row[cities.index(c)] = 1
        if a == assessors[-1]:
            row[len(cities) :] = -1
        else:
            row[len(cities) + assessors.index(a)] = 1
    target = np.array([float(score) for score in scores.values()])
    fit, rest, _, _ = np.linalg.lstsq(rows, target, rcond=None)
    noise = (rest[0] / (len(scores) - free)) ** 0.5
    spread = np.linalg.pinv(rows.T @ rows) * noise**2
    found = {one: (fit[n], spread[n, n] ** 0.5) for n, one in enumerate([*cities, *assessors[:-1]])}
    others = slice(len(cities), free)
    found[assessors[-1]] = (-fit[others].sum(), spread[others, others].sum() ** 0.5)
    return found, noise


def panel(chance: np.random.Generator, cities: int, assessors: int, each: int) -> list[tuple[int, int]]:
    return [(c, int(a)) for c in range(cities) for a in chance.choice(assessors, each, replace=False)]


@pytest.mark.parametrize("seed", range(5))
def test_values_biases_and_standard_errors_are_those_of_an_independent_fit(seed: int) -> None:
    chance = np.random.default_rng(seed)
    scores = {(city(c), assessor(a)): Decimal(repr(round(chance.normal(3, 1), 2))) for c, a in panel(chance, 12, 5, 3)}
    found = calibration.calibrate(scores)
    expected, noise = independent(scores)
    for one, estimate in (found.values | found.biases).items():
        assert (float(estimate.value), float(estimate.error)) == pytest.approx(expected[one], abs=2e-6)
    assert float(found.noise) == pytest.approx(noise, abs=2e-6)


def test_the_true_value_lies_within_1_96_errors_about_95_times_in_100() -> None:
    chance = np.random.default_rng(2018)
    heard = panel(chance, 20, 8, 5)  # 73 degrees of freedom
    biases = chance.normal(0, 0.4, 8)
    biases -= biases.mean()
    values = chance.uniform(2, 4, 20)
    truth = {city(n): v for n, v in enumerate(values)} | {assessor(n): b for n, b in enumerate(biases)}
    within = []
    for _ in range(200):
        scores = {
            (city(c), assessor(a)): Decimal(repr(float(values[c] + biases[a] + chance.normal(0, 0.3))))
            for c, a in heard
        }
        found = calibration.calibrate(scores)
        within += [
            abs(float(estimate.value) - truth[one]) <= 1.96 * float(estimate.error)
            for one, estimate in (found.values | found.biases).items()
        ]
    assert 0.93 < sum(within) / len(within) < 0.965


# Laws


@st.composite
def scored(draw: st.DrawFn) -> Scores:
    more = draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12))
    grades = st.decimals(0, 4, places=2)
    return {(city(c), assessor(a)): draw(grades) for c, a in dict.fromkeys([*RING, *more])}


@settings(deadline=None)
@given(scored(), st.randoms())
def test_the_order_of_the_scores_never_matters(scores: Scores, chance: object) -> None:
    other = list(scores.items())
    chance.shuffle(other)
    assert calibration.calibrate(dict(other)) == calibration.calibrate(scores)


@settings(deadline=None)
@given(scored())
def test_biases_add_to_zero(scores: Scores) -> None:
    assert abs(sum(estimate.value for estimate in calibration.calibrate(scores).biases.values())) < NEAR


@settings(deadline=None)
@given(scored(), st.integers(0, 5), st.decimals(-2, 2, places=2))
def test_a_constant_on_one_assessors_scores_moves_only_that_assessor(scores: Scores, who: int, more: Decimal) -> None:
    """Relative to all else: as biases add to zero, a sixth of it moves the origin of the scale, for all alike."""
    before = calibration.calibrate(scores)
    after = calibration.calibrate({pair: s + more if pair[1] == assessor(who) else s for pair, s in scores.items()})
    share = more / 6
    for one, estimate in after.values.items():
        assert abs(estimate.value - before.values[one].value - share) < NEAR
        assert abs(estimate.error - before.values[one].error) < NEAR, "nobody becomes more or less certain"
    for one, estimate in after.biases.items():
        moved = more - share if one == assessor(who) else -share
        assert abs(estimate.value - before.biases[one].value - moved) < NEAR
