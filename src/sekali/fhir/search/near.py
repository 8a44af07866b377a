"""Places near a point (https://hl7.org/fhir/R4/location.html#positional): as the crow flies on a sphere, to 0.5 %.

A place is found by its cell of a tenth of a degree (11 km at the equator).
"""

from collections.abc import Iterator
from math import asin, cos, floor, pi, radians, sin, sqrt
from typing import Any

from .terms import Term

RADIUS = 6371.0088
"""Of the Earth, in km (IUGG's mean)."""
PER_DEGREE = 10
MOST_CELLS = 100
"""Looked up at once; a wider question looks at every place."""
_SLACK = 1e-9


def _point(value: Any) -> tuple[float, float] | None:
    """Latitude and longitude of a position, in degrees."""
    try:
        return float(value["latitude"]), float(value["longitude"])
    except (KeyError, TypeError, ValueError):
        return None


def _asked(term: Term) -> tuple[float, float, float]:
    latitude, longitude = term.parts
    return float(latitude.number), float(longitude.number), float(term.number)


def holds(value: Any, term: Term) -> bool:
    """Whether a position is at most as far away as asked."""
    point = _point(value)
    latitude, longitude, far = _asked(term)
    return point is not None and distance(point, (latitude, longitude)) <= far


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """In km, by the haversine formula."""
    (north, east), (north2, east2) = (map(radians, point) for point in (one, other))
    half = sin((north - north2) / 2) ** 2 + cos(north) * cos(north2) * sin((east - east2) / 2) ** 2
    return 2 * RADIUS * asin(min(1.0, sqrt(half)))


def index_texts(value: Any) -> Iterator[str]:
    """The cell of a position."""
    point = _point(value)
    if point is not None:
        yield _cell(floor(point[0] * PER_DEGREE), floor(point[1] * PER_DEGREE))


def _cell(north: int, east: int) -> str:
    """The same for -180 and 180 degrees."""
    turn = 360 * PER_DEGREE
    return f"{north}:{(east + turn // 2) % turn - turn // 2}"


def lookup_texts(term: Term) -> list[str] | None:
    """The cells of a circle; None where they are too many, or where it holds a pole."""
    latitude, longitude, far = _asked(term)
    angle = far / RADIUS + _SLACK
    if radians(abs(latitude)) + angle >= pi / 2:
        return None
    high = angle * 180 / pi + _SLACK
    wide = asin(sin(angle) / cos(radians(latitude))) * 180 / pi + _SLACK
    norths = range(floor((latitude - high) * PER_DEGREE), floor((latitude + high) * PER_DEGREE) + 1)
    easts = range(floor((longitude - wide) * PER_DEGREE), floor((longitude + wide) * PER_DEGREE) + 1)
    if len(norths) * len(easts) > MOST_CELLS:
        return None
    return [_cell(north, east) for north in norths for east in easts]
