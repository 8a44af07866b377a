"""Those who do things here."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from .scopes import Scope


class Role(StrEnum):
    """What somebody is: at a facility (its head gives it, PMK 24/2022, art. 30), in a city, in the movement of cities."""

    CLERK = "clerk"
    DOCTOR = "doctor"
    NURSE = "nurse"
    PHARMACIST = "pharmacist"
    RECORDS_OFFICER = "records-officer"
    FACILITY_HEAD = "facility-head"
    REFERRAL_DESK = "referral-desk"
    CITIZEN = "citizen"
    CITY = "city"
    AUDITOR = "auditor"
    SECRETARIAT = "secretariat"
    MENTOR = "mentor"
    ASSESSOR = "assessor"
    CITY_TEAM = "city-team"
    INTEGRATOR = "integrator"
    EMERGENCY_OPERATOR = "emergency-operator"
    """For an hour, when nobody else can come in. See ``emergency_accounts``."""
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who has shown who they are.

    :ivar facility: where they act: a puskesmas or hospital; for a city's team its region; for a mentor or assessor of the
        movement their own entry there. None for a citizen, the city's office, the secretariat and the program itself.
    :ivar citizen: the person whose own page this is (role CITIZEN).
    :ivar zone: the IANA time zone of their screens and paper.
    :ivar scope: of a system: what its token was asked for; None for all that the table gives.
    """

    id: UUID
    name: str
    role: Role
    facility: UUID | None
    facility_name: str
    citizen: UUID | None = None
    zone: str = "Asia/Jakarta"
    scope: Scope | None = None

    @property
    def signature(self) -> str:
        """The name to write into the audit: a citizen's own name stays out of it."""
        return "" if self.role is Role.CITIZEN else self.name


SYSTEM = Actor(UUID(int=0), "Sekali", Role.SYSTEM, None, "")
"""The program itself, for loading and migration."""
