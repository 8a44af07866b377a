"""Units of UCUM, against NLM's own engine and by what must hold of every conversion."""

import random
from decimal import Decimal

import pytest
import ucum_engine
from examples import needs_npm
from hypothesis import given
from hypothesis import strategies as st

from sekali.fhir.search.units import Unit, unit

AMOUNTS = ("mol", "eq", "osm", "kat", "U")
COMMON = """mmol/L mg/dL g/L ug/mL g/dL umol/L pg/mL ng/mL mm[Hg] kPa Pa cm[H2O] % 1 10*-2 [ppm] /min s h d kg g mg ug [lb_av]
[oz_av] m cm mm [in_i] [ft_i] mL L dL uL m3 mL/min L/h 10*9/L 10*3/uL /uL 10*12/L U/L kat/L [iU]/L m[iU]/mL k[iU]/L kcal kJ
J cal kg/m2 mL/min/{1.73_m2} ug/kg/min fL pg {score} meq/L mosm/kg mg/(24.h) Hz bar atm W C N V Gy rad deg""".split()
OTHERWISE = "[LPF]"
"""UCUM's table has 100 for it, theirs 1."""


@needs_npm
@pytest.mark.shows("quantity: units")
def test_all_units_of_another_engine_come_to_the_same() -> None:
    """Each of its units that is not arbitrary or special: in the units of the same dimension there, the same number."""
    ours = {code: unit(code) for code, special, _ in ucum_engine.codes() if not special}
    known = {code: one for code, one in ours.items() if one and OTHERWISE not in code}
    assert len(known) > 200 and len(known) > 0.85 * len(ours), sorted(ours.keys() - known.keys())
    dice, compared = random.Random(1), 0
    by_dimension: dict[str, list[str]] = {}
    for code, one in known.items():
        by_dimension.setdefault(one.dimension, []).append(code)
    for codes in by_dimension.values():
        for code in codes:
            for other in dice.sample(codes, min(3, len(codes))):
                found = ucum_engine.convert(1, code, other)
                if found is not None:  # there an amount of substance is a dimension of its own
                    assert float(_converted(Decimal(1), known[code], known[other])) == pytest.approx(found, rel=1e-5), (
                        code,
                        other,
                    )
                    compared += 1
    assert compared > 300


@needs_npm
@pytest.mark.shows("quantity: units")
@pytest.mark.parametrize("value", ["1", "5.4", "0.037"])
def test_what_can_be_converted_is_what_another_engine_converts(value: str) -> None:
    for code in COMMON:
        for other in COMMON:
            a, b = unit(code), unit(other)
            theirs = ucum_engine.convert(float(value), code, other)
            if a.dimension != b.dimension:
                assert theirs is None, (code, other)
            elif theirs is not None:
                assert float(_converted(Decimal(value), a, b)) == pytest.approx(theirs, rel=1e-5), (code, other)
            else:  # UCUM's mole is a number, theirs is none
                assert any(name in f"{code} {other}" for name in AMOUNTS), (code, other)


@needs_npm
@pytest.mark.shows("quantity: units")
@given(st.decimals(-200, 5000, places=3), st.permutations(["Cel", "[degF]", "K", "[degR]"]))
def test_temperatures_have_their_own_zero(value: Decimal, scales: list[str]) -> None:
    of, to = scales[:2]
    theirs = ucum_engine.convert(float(value), of, to)
    assert float(_converted(value, unit(of), unit(to))) == pytest.approx(theirs, rel=1e-9, abs=1e-6)


def _converted(value: Decimal, of: Unit, to: Unit) -> Decimal:
    return of.base(value) * to.denominator / to.numerator - to.zero


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4), st.sampled_from(COMMON))
def test_a_conversion_and_back_changes_nothing(value: Decimal, code: str) -> None:
    one = unit(code)
    back = one.base(value) * one.denominator / one.numerator - one.zero
    assert abs(back - value) <= abs(value) * Decimal("1e-25")


@given(st.tuples(*[st.decimals(-1000, 1000, places=6)] * 2), st.sampled_from([*COMMON, "Cel", "[degF]"]))
def test_conversion_keeps_the_order(values: tuple[Decimal, Decimal], code: str) -> None:
    low, high = sorted(values)
    assert unit(code).base(low) <= unit(code).base(high)


@given(
    st.lists(
        st.sampled_from(["g", "mg", "/", ".", "L", "2", "-1", "(", ")", "{x}", "10*", "Cel", "[iU]", "%", " ", "é"]),
        max_size=30,
    )
)
def test_anything_is_a_unit_or_none(parts: list[str]) -> None:
    found = unit("".join(parts))
    assert found is None or (found.numerator > 0 and found.denominator > 0)


@pytest.mark.parametrize(
    "code", ["", "mmHg", "2mg", "mg//", "(mg", "Cel/min", "Cel2", "mCel", "g" * 90, "m400", "0", "/", "mg dL", "µg"]
)
def test_what_is_not_understood_is_not_converted(code: str) -> None:
    assert unit(code) is None


def test_arbitrary_and_logarithmic_units_stand_alone() -> None:
    assert unit("[iU]").dimension == unit("k[IU]").dimension != unit("1").dimension
    assert len({unit(code).dimension for code in ("[pH]", "B", "Np", "mol/L", "[arb'U]", "[S]", "B[SPL]", "1")}) == 8
    assert unit("dB").dimension == unit("B").dimension
