"""Who can log in to the demo city. Only the demo has passwords that anyone may know."""

import contextlib
from dataclasses import dataclass
from uuid import UUID

from sekali import care, kernel, security

PASSWORD = "sekali-demo"  # noqa: S105 - the demo's, printed for everyone who tries it
CLIENTS = (
    ("rsud-simrs", "sekali-demo-client-secret", "RSUD Kota Yogyakarta"),
    ("pratama-simrs", "sekali-demo-client-secret", "RS Pratama Kota Yogyakarta"),
)
"""client_id, client_secret, whose system it is."""
SENDERS = (("SIMRS", "RSUD", "RSUD Kota Yogyakarta"), ("SIMRS", "PRATAMA", "RS Pratama Kota Yogyakarta"))
"""MSH-3, MSH-4 of systems that send HL7 v2 from this machine, whose system it is."""

_STAFF = """
loket.gedongtengen|Petugas Loket Gedongtengen|clerk|Puskesmas Gedongtengen|Register and check in
dokter.gedongtengen|dr. Contoh Gedongtengen|doctor|Puskesmas Gedongtengen|Examine and refer
rekam.gedongtengen|Petugas Rekam Medis Gedongtengen|records-officer|Puskesmas Gedongtengen|Answer what persons ask by their rights
kepala.gedongtengen|Kepala Puskesmas Gedongtengen (contoh)|facility-head|Puskesmas Gedongtengen|Overdue requests, emergency access
loket.jetis|Petugas Loket Jetis|clerk|Puskesmas Jetis|A second puskesmas: nobody is asked again
dokter.jetis|dr. Contoh Jetis|doctor|Puskesmas Jetis|Examine and refer
rujukan.rsud|Petugas Rujukan RSUD|referral-desk|RSUD Kota Yogyakarta|Accept, decline, redirect
loket.rsud|Petugas Loket RSUD|clerk|RSUD Kota Yogyakarta|Receive with zero questions
dokter.rsud|dr. Contoh RSUD|doctor|RSUD Kota Yogyakarta|Treat and send back
rujukan.pratama|Petugas Rujukan RS Pratama|referral-desk|RS Pratama Kota Yogyakarta|Accept, decline, redirect
loket.pratama|Petugas Loket RS Pratama|clerk|RS Pratama Kota Yogyakarta|Receive with zero questions
dokter.pratama|dr. Contoh RS Pratama|doctor|RS Pratama Kota Yogyakarta|Treat and send back
perawat.rsud|Perawat Contoh RSUD|nurse|RSUD Kota Yogyakarta|Open a record in an emergency
apoteker.rsud|Apoteker Contoh RSUD|pharmacist|RSUD Kota Yogyakarta|What handing out medicines needs
rekam.rsud|Petugas Rekam Medis RSUD|records-officer|RSUD Kota Yogyakarta|Records of those who are or were here
kepala.rsud|Direktur Contoh RSUD|facility-head|RSUD Kota Yogyakarta|Look into emergency access
pengawas|Auditor Kota (contoh)|auditor||Emergency access that no head looked into in time
integrator.rsud|Insinyur SIMRS RSUD (contoh)|integrator|RSUD Kota Yogyakarta|Connect a system; see what it asked
walikota|Kantor Wali Kota (contoh)|city||Questions and minutes, counter by counter
sekretariat|Sekretariat Gerakan (contoh)|secretariat||The movement: cohort, panel, awards, ceremony
tim.yogya|Tim Smart City Yogyakarta (contoh)|city-team|region|Masterplan, quick wins, self-assessment
pendamping|Pendamping Contoh 01|mentor|mentor|What my cities hand in, and what is late
penilai.satu|Penilai Contoh 01|assessor|assessor1|Score cities, also without a line
penilai.dua|Penilai Contoh 02|assessor|assessor2|A second assessor
"""
_PLACES = {"region": "Kota Yogyakarta"}
"""Of the movement's accounts: what they stand for in ``demo.movement.load``, and the name of it."""


@dataclass(frozen=True, slots=True)
class Login:
    """One line of the table that ``sekali up`` prints and the login page offers."""

    username: str
    name: str
    role: security.Role
    facility: str
    to_try: str
    seat: str = ""


def logins() -> list[Login]:
    """All demo accounts; the last is a citizen's."""
    staff = [line.split("|") for line in _STAFF.strip().splitlines()]
    return [
        *(_login(*line) for line in staff),
        Login("siti", "Siti Rahayu (contoh)", security.Role.CITIZEN, "", "My record, my referral, who looked"),
    ]


def _login(user: str, name: str, role: str, place: str, to_try: str) -> Login:
    """``place`` is a facility's name, or a seat in the movement."""
    seat = place if place in ("region", "mentor", "assessor1", "assessor2") else ""
    return Login(user, name, security.Role(role), _PLACES.get(place, "") if seat else place, to_try, seat)


async def add_integrators(
    database: kernel.Database, doorkeeper: security.Doorkeeper, places: dict[str, care.Facility]
) -> None:
    """The integrators' accounts, which a city that an earlier version loaded has not."""
    for login in logins():
        if login.role is not security.Role.INTEGRATOR:
            continue
        with contextlib.suppress(kernel.Conflict):  # it is there
            async with database.transaction() as tx:
                await doorkeeper.add_account(
                    tx, username=login.username, password=PASSWORD, name=login.name, role=login.role,
                    facility=places[login.facility].id, facility_name=login.facility,
                )  # fmt: skip


async def add_all(
    tx: kernel.Session, doorkeeper: security.Doorkeeper, places: dict[str, care.Facility], siti: UUID,
    seats: dict[str, UUID],
) -> None:  # fmt: skip
    """Every demo account and client, in the caller's transaction."""
    for login in logins():
        facility = places.get(login.facility)
        await doorkeeper.add_account(
            tx, username=login.username, password=PASSWORD, name=login.name, role=login.role,
            facility=facility.id if facility else seats.get(login.seat), facility_name=login.facility,
            citizen=siti if login.role is security.Role.CITIZEN else None,
        )  # fmt: skip
    for client_id, secret, owner in CLIENTS:
        await doorkeeper.add_client(tx, client_id, secret, places[owner].id, owner)
