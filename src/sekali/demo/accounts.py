"""Who can log in to the demo city. Only the demo has passwords that anyone may know."""

from dataclasses import dataclass
from uuid import UUID

from sekali import care, kernel, security

PASSWORD = "sekali-demo"  # noqa: S105 - the demo's, printed for everyone who tries it
CLIENTS = (
    ("rsud-simrs", "sekali-demo-client-secret", "RSUD Kota Yogyakarta"),
    ("pratama-simrs", "sekali-demo-client-secret", "RS Pratama Kota Yogyakarta"),
)
"""client_id, client_secret, whose system it is."""

_STAFF = """
loket.gedongtengen|Petugas Loket Gedongtengen|clerk|Puskesmas Gedongtengen|Register and check in
dokter.gedongtengen|dr. Contoh Gedongtengen|doctor|Puskesmas Gedongtengen|Examine and refer
loket.jetis|Petugas Loket Jetis|clerk|Puskesmas Jetis|A second puskesmas: nobody is asked again
dokter.jetis|dr. Contoh Jetis|doctor|Puskesmas Jetis|Examine and refer
rujukan.rsud|Petugas Rujukan RSUD|referral-desk|RSUD Kota Yogyakarta|Accept, decline, redirect
loket.rsud|Petugas Loket RSUD|clerk|RSUD Kota Yogyakarta|Receive with zero questions
dokter.rsud|dr. Contoh RSUD|doctor|RSUD Kota Yogyakarta|Treat and send back
rujukan.pratama|Petugas Rujukan RS Pratama|referral-desk|RS Pratama Kota Yogyakarta|Accept, decline, redirect
loket.pratama|Petugas Loket RS Pratama|clerk|RS Pratama Kota Yogyakarta|Receive with zero questions
dokter.pratama|dr. Contoh RS Pratama|doctor|RS Pratama Kota Yogyakarta|Treat and send back
walikota|Kantor Wali Kota (contoh)|city||Questions and minutes, counter by counter
"""


@dataclass(frozen=True, slots=True)
class Login:
    """One line of the table that ``sekali up`` prints and the login page offers."""

    username: str
    name: str
    role: security.Role
    facility: str
    to_try: str


def logins() -> list[Login]:
    """All demo accounts; the last is a citizen's."""
    staff = [line.split("|") for line in _STAFF.strip().splitlines()]
    return [
        *(Login(user, name, security.Role(role), facility, to_try) for user, name, role, facility, to_try in staff),
        Login("siti", "Siti Rahayu (contoh)", security.Role.CITIZEN, "", "My record, my referral, who looked"),
    ]


async def add_all(
    tx: kernel.Session, doorkeeper: security.Doorkeeper, places: dict[str, care.Facility], siti: UUID
) -> None:
    """Every demo account and client, in the caller's transaction."""
    for login in logins():
        facility = places.get(login.facility)
        await doorkeeper.add_account(
            tx, username=login.username, password=PASSWORD, name=login.name, role=login.role,
            facility=facility.id if facility else None, facility_name=login.facility,
            citizen=siti if login.role is security.Role.CITIZEN else None,
        )  # fmt: skip
    for client_id, secret, owner in CLIENTS:
        await doorkeeper.add_client(tx, client_id, secret, places[owner].id, owner)
