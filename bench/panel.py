"""The panel's timetable: seconds for 50 cities, 20 assessors, 2 days, as a share of the ten that an issue allows.

Each repeat is another made-up panel: four conflicts of interest and two dimensions for each assessor.
"""

import random
import statistics
import time
from uuid import UUID

from sekali import program

LIMIT = 10.0
CITIES, ASSESSORS, REPEATS = 50, 20, 5


def panel(seed: int) -> tuple[list, list, object]:
    """Cities, judges and house of one made-up panel."""
    rng, dimensions = random.Random(seed), list(program.DIMENSIONS)
    make = program.assignment
    cities = [make.City(UUID(int=n + 1), f"City {n + 1}", rng.choice(dimensions)) for n in range(CITIES)]
    judges = [
        make.Judge(UUID(int=1000 + n), f"Assessor {n + 1}", frozenset(city.id for city in rng.sample(cities, 4)),
                   frozenset(rng.sample(dimensions, 2)), most=15)
        for n in range(ASSESSORS)
    ]  # fmt: skip
    return cities, judges, make.House(days=2, blocks=2, rooms=5, slots=3, panel=3)


def main() -> None:
    taken = []
    for seed in range(REPEATS):
        given = panel(seed)
        began = time.perf_counter()
        found = program.assignment.assign(*given)
        taken.append(time.perf_counter() - began)
        assert not found.clashes, found.clashes
    print(f"timetable of {CITIES} cities, {ASSESSORS} assessors, 2 days: median {statistics.median(taken):.1f} s"
          f" ({min(taken):.1f} to {max(taken):.1f}), {statistics.median(taken) / LIMIT:.2f} of {LIMIT:.0f} s")  # fmt: skip


if __name__ == "__main__":
    main()
