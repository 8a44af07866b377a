"""Places near a point."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sekali import fhir, kernel
from sekali.fhir.search.near import distance

NEAR = fhir.SEARCH["Location"]["near"]
degrees = st.decimals(-90, 90, places=4), st.decimals(-180, 180, places=4)


def asked(value: str) -> fhir.Asked:
    return fhir.Asked(NEAR, "", (fhir.parse_term(NEAR, "", value),))


def place(latitude: object, longitude: object) -> dict:
    position = {"latitude": latitude, "longitude": longitude}
    return kernel.decode(kernel.encode({"resourceType": "Location", "position": position}))


@pytest.mark.parametrize(
    ("one", "other", "kilometres"),
    [  # between airports, of the great circle mapper's kind; a sphere is right to 0.5 %
        ((-7.7882, 110.4317), (-6.1256, 106.6558), 455), ((51.4775, -0.4614), (40.6398, -73.7789), 5540),
        ((0, 179.9), (0, -179.9), 22.2), ((90, 0), (-90, 0), 20015), ((-7.79, 110.36), (-7.79, 110.36), 0),
    ],
)  # fmt: skip
def test_distances(one, other, kilometres: float) -> None:
    assert distance(one, other) == pytest.approx(kilometres, rel=0.006, abs=0.01)


@given(*degrees, st.decimals(-1, 1, places=4), st.decimals(-1, 1, places=4), st.decimals(0, 300, places=1))
def test_the_index_misses_no_place_that_is_near(north, east, up, aside, far) -> None:
    assume(abs(north + up) <= 90)
    there = place(north + up, (east + aside + 180) % 360 - 180)
    question = asked(f"{north}|{east}|{far}|km")
    lookup = fhir.lookup(question)
    if fhir.matches(there, question) and lookup is not None:
        assert set(fhir.index(there).tokens) & set(lookup.hashes)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("-7.79|110.36", True), ("-7.79|110.36|4|km", False), ("-7.79|110.36|4", False), ("-7.79|110.36|4000|m", False),
        ("-7.79|110.36|3|[mi_us]", True), ("-7.79|110.36||km", True), ("-7.79|110.36|5000|m", True), ("7.79|-110.36|1000", False),
    ],
)  # fmt: skip
def test_distance_and_units(value: str, found: bool) -> None:
    assert fhir.matches(place(-7.83, 110.36), asked(value)) is found, "4.4 km to the south"


@pytest.mark.parametrize(
    "value",
    ["x", "1", "91|0", "0|181", "0|0|-1", "0|0|1|kg", "0|0|1|furlong", "0|0|1|km|x", "nan|0", "0|inf", "0|0|nan"],
)
def test_what_is_no_point_is_refused(value: str) -> None:
    with pytest.raises(kernel.Invalid):
        asked(value)


def test_a_place_without_a_position_is_near_nothing() -> None:
    there = kernel.decode(b'{"resourceType":"Location","name":"x"}')
    assert not fhir.matches(there, asked("0|0|30000")) and not fhir.matches(place("x", 1), asked("0|0|30000"))
