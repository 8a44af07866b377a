"""Puskesmas, hospitals and their departments."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sekali import fhir, kernel, records, security

from .resources import reference
from .views import Department, Facility, Hours

SQL = kernel.queries(__file__)


class Facilities:
    """Where care is given."""

    def __init__(self, database: kernel.Database, store: records.Store) -> None:
        self._database = database
        self._store = store

    async def add(self, facility: Facility, departments: Sequence[Department]) -> None:
        """A facility with its departments: Organization, Locations and the working lists, in one transaction."""
        grant = security.decide(security.SYSTEM, security.Purpose.LOAD)
        async with self._store.change(grant) as change:
            await change.create(_organization(facility), facility.id)
            for department in departments:
                await change.create(_location(facility, department), department.id)
            await change.tx.execute(
                SQL.add_facility, facility.id, facility.ppk, facility.name, facility.kind, facility.hospital_class,
                facility.address, facility.district, facility.city_code, facility.latitude, facility.longitude,
                facility.zone, facility.phone, facility.demo,
            )  # fmt: skip
            for hours in facility.hours:
                await change.tx.execute(SQL.add_hours, facility.id, hours.day, hours.opens, hours.closes)
            for d in departments:
                await change.tx.execute(
                    SQL.add_department, d.id, facility.id, d.code, d.name, d.letter, d.daily_capacity, d.general
                )

    async def all(self) -> dict[UUID, Facility]:
        """Every facility, by id."""
        hours: dict[UUID, list[Hours]] = {}
        for row in await self._database.fetch(SQL.hours):
            hours.setdefault(row["facility"], []).append(Hours(row["day"], row["opens"], row["closes"]))
        rows = await self._database.fetch(SQL.facilities)
        return {row["id"]: Facility(**row, hours=tuple(hours.get(row["id"], ()))) for row in rows}

    async def one(self, id: UUID | None) -> Facility:
        """One facility. Raises NotFound."""
        found = (await self.all()).get(id) if id else None
        if found is None:
            raise kernel.NotFound("This account belongs to no facility.")
        return found

    async def departments(self, facility: UUID | None = None, code: str | None = None) -> list[Department]:
        """Departments of one facility, or those of one code everywhere, with the places taken today."""
        rows = await self._database.fetch(SQL.departments, facility, code, kernel.now())
        return [Department(**row) for row in rows]

    async def department_names(self) -> dict[str, str]:
        """Every department code there is and its name."""
        return {row["code"]: row["name"] for row in await self._database.fetch(SQL.department_names)}


def today(zone: str) -> date:
    """The day on the facility's own calendar."""
    return kernel.in_zone(kernel.now(), zone).date()


def is_open(facility: Facility, moment: datetime) -> bool:
    """Whether it is open at ``moment``."""
    local = kernel.in_zone(moment, facility.zone)
    return any(h.day == local.weekday() and h.opens <= local.time() < h.closes for h in facility.hours)


def _tag(facility: Facility) -> dict[str, object]:
    return {"meta": {"tag": [{"system": fhir.TAG, "code": "fictitious"}]}} if facility.demo else {}


def _organization(facility: Facility) -> dict[str, object]:
    return {
        "resourceType": "Organization",
        **_tag(facility),
        "identifier": [{"system": fhir.organization_number(facility.id), "value": facility.ppk}],
        "active": True,
        "type": [{"coding": [{"system": fhir.FACILITY_KIND, "code": "prov", "display": "Healthcare Provider"}]}],
        "name": facility.name,
        "address": [{"line": [facility.address], "district": facility.district, "country": "ID"}],
    }


def _location(facility: Facility, department: Department) -> dict[str, object]:
    return {
        "resourceType": "Location",
        **_tag(facility),
        "identifier": [{"system": f"http://sys-ids.kemkes.go.id/location/{facility.id}", "value": department.code}],
        "status": "active",
        "name": f"{department.name}, {facility.name}",
        "mode": "instance",
        "position": {"longitude": facility.longitude, "latitude": facility.latitude},
        "managingOrganization": reference("Organization", facility.id, facility.name),
    }
