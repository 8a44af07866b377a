"""Strict and lenient assessors, brought onto one scale.

The additive model of MacKay, Kenna, Low and Parker, "Calibration with confidence: a principled method for panel
assessment", Royal Society Open Science 4:160760 (2017): a score is the city's value plus the assessor's bias plus
noise, s = v + b + e. Values and biases are fitted by least squares with the biases adding to zero; the noise is taken
as equal for all. It can be done only where the graph of who scored whom holds together: two groups of assessors who
share no city cannot be compared by anybody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sekali import kernel

DIGITS = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A calibrated value and its standard error; None where the noise cannot be told from the data."""

    value: Decimal
    error: Decimal | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """:ivar noise: the standard deviation of one score around the model; None with no degree of freedom left."""

    values: dict[UUID, Estimate]
    biases: dict[UUID, Estimate]
    noise: Decimal | None


def groups(pairs: Sequence[tuple[UUID, UUID]]) -> list[set[UUID]]:
    """The connected groups of the graph of (city, assessor), largest first."""
    near: dict[UUID, set[UUID]] = {}
    for city, assessor in pairs:
        near.setdefault(city, set()).add(assessor)
        near.setdefault(assessor, set()).add(city)
    found, left = [], set(near)
    while left:
        group, edge = set(), {min(left)}
        while edge:
            group |= edge
            edge = set().union(*(near[one] for one in edge)) - group
        found.append(group)
        left -= group
    return sorted(found, key=len, reverse=True)


def calibrate(scores: Mapping[tuple[UUID, UUID], Decimal]) -> Calibration:
    """Fit (city, assessor) -> score. Raises Conflict when the graph falls into groups that share no assessor."""
    import numpy as np  # 0.1 s, and only the panel needs it

    if len(groups(list(scores))) > 1:
        raise kernel.Conflict(
            "Calibration is not possible: some assessors share no city with the others, not even by way of a third."
        )
    if not scores:
        return Calibration({}, {}, None)
    pairs = sorted(scores)
    cities = {city: n for n, city in enumerate(sorted({city for city, _ in pairs}))}
    assessors = {one: n + len(cities) for n, one in enumerate(sorted({one for _, one in pairs}))}
    size = len(cities) + len(assessors)
    design = np.zeros((len(pairs) + 1, size))
    target = np.zeros(len(pairs) + 1)
    for row, pair in enumerate(pairs):
        design[row, cities[pair[0]]] = design[row, assessors[pair[1]]] = 1
        target[row] = float(scores[pair])
    design[-1, len(cities) :] = 1  # the biases add to zero
    inverse = np.linalg.inv(design.T @ design)
    fit = inverse @ design.T @ target
    freedom = len(pairs) + 1 - size
    variance = float(((target - design @ fit) ** 2).sum() / freedom) if freedom > 0 else None
    # The constraint is exact, not a measurement: its own contribution is taken out of the covariance.
    spread = inverse @ design[:-1].T @ design[:-1] @ inverse

    def estimate(n: int) -> Estimate:
        error = None if variance is None else _decimal(max(0.0, variance * spread[n, n]) ** 0.5)
        return Estimate(_decimal(fit[n]), error)

    return Calibration(
        {city: estimate(n) for city, n in cities.items()},
        {one: estimate(n) for one, n in assessors.items()},
        None if variance is None else _decimal(variance**0.5),
    )


def _decimal(number: float) -> Decimal:
    """A fitted number as it is kept: to six digits, far below what a page shows and above what rounding disturbs.

    A nought has no minus: adding 0 takes it away.
    """
    return Decimal(repr(float(number))).quantize(DIGITS) + 0
