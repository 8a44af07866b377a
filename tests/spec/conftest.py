"""People and places for the specification."""

from dataclasses import dataclass

import pytest
import pytest_asyncio

from sekali import app, demo, kernel, security


@dataclass(frozen=True)
class Staff:
    """Somebody at each desk of the demo city."""

    clerk: security.Actor
    doctor: security.Actor
    second_clerk: security.Actor
    board: security.Actor
    hospital_clerk: security.Actor
    specialist: security.Actor
    system: security.Actor
    officer: security.Actor
    head: security.Actor


@pytest_asyncio.fixture(loop_scope="session")
async def staff(city: app.Sekali) -> Staff:
    found = {facility.name: facility for facility in (await city.care.facilities.all()).values()}

    def at(facility: str, role: security.Role) -> security.Actor:
        place = found[facility]
        return security.Actor(kernel.new_id(kernel.CITY), f"{role} {facility}", role, place.id, place.name)

    return Staff(
        at("Puskesmas Gedongtengen", security.Role.CLERK),
        at("Puskesmas Gedongtengen", security.Role.DOCTOR),
        at("Puskesmas Jetis", security.Role.CLERK),
        at("RS Pratama Kota Yogyakarta", security.Role.REFERRAL_DESK),
        at("RS Pratama Kota Yogyakarta", security.Role.CLERK),
        at("RS Pratama Kota Yogyakarta", security.Role.DOCTOR),
        at("RSUD Kota Yogyakarta", security.Role.INTEGRATOR),
        at("Puskesmas Gedongtengen", security.Role.RECORDS_OFFICER),
        at("Puskesmas Gedongtengen", security.Role.FACILITY_HEAD),
    )


@pytest.fixture
def siti() -> str:
    """What the scanner reads from the card of the first example."""
    return f"SEKALI:{demo.EXAMPLES[0].card}"


@pytest.fixture
def loading() -> security.Grant:
    """Leave to write everything, as for a load."""
    return security.decide(security.SYSTEM, security.Purpose.LOAD)
