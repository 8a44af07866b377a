"""Kota and kabupaten. Each is known by its own id: names have twins, codes change in time."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sekali import audit, kernel, security

from .access import Access, event

SQL = kernel.queries(__file__)
KINDS = {"kota": "Kota", "kabupaten": "Kabupaten"}


@dataclass(frozen=True, slots=True)
class Region:
    """:ivar code: of the day that was asked for (Kemendagri, dotted); ``province`` belongs to the code."""

    id: UUID
    kind: str
    name: str
    slug: str
    code: str
    province: str
    latitude: Decimal | None
    longitude: Decimal | None

    @property
    def full_name(self) -> str:
        """Kota Bandung or Kabupaten Bandung: never the name alone."""
        return f"{KINDS[self.kind]} {self.name}"


@dataclass(frozen=True, slots=True)
class Code:
    """A code and the days on which it holds; ``until`` is the first day on which it no longer does."""

    code: str
    province: str
    since: date
    until: date | None
    source: str


class Regions:
    """All regions."""

    def __init__(self, database: kernel.Database, access: Access) -> None:
        self._database = database
        self._access = access

    async def all(self, on: date | None = None) -> dict[UUID, Region]:
        """Every region by id, with its code on a day (today)."""
        rows = await self._database.fetch(SQL.regions, on or kernel.now().date())
        return {row["id"]: Region(**row) for row in rows}

    async def one(self, id: UUID | None, on: date | None = None) -> Region:
        """One region. Raises NotFound."""
        found = (await self.all(on)).get(id) if id else None
        if found is None:
            raise kernel.NotFound("There is no such region.")
        return found

    async def by_slug(self, slug: str) -> Region:
        """One region by its name in an address. Raises NotFound."""
        found = next((one for one in (await self.all()).values() if one.slug == slug), None)
        if found is None:
            raise kernel.NotFound("There is no such region.")
        return found

    async def by_code(self, code: str, on: date | None = None) -> Region | None:
        """The region that had ``code`` on a day (today)."""
        return next((one for one in (await self.all(on)).values() if one.code == code), None)

    async def codes(self, id: UUID) -> list[Code]:
        """All codes of a region, oldest first."""
        return [Code(**row) for row in await self._database.fetch(SQL.codes, id)]

    async def enter(
        self, actor: security.Actor, kind: str, name: str, code: str, province: str, since: date, source: str
    ) -> UUID:
        """A region that was not known yet. Raises Invalid, Conflict."""
        grant = await self._access.to(actor)
        grant.may_write("participation")
        _check(code, province, source)
        if kind not in KINDS or not 1 <= len(name) <= 80:
            raise kernel.Invalid(
                faults=[kernel.Fault("name", "Write kota or kabupaten, and the name without its kind.")]
            )
        region = Region(kernel.new_id(kernel.CITY), kind, name, slug(kind, name), code, province, None, None)
        async with self._database.transaction() as tx:
            await self.add(tx, region, since, source)
            await audit.append(tx, [event(audit.Kind.COHORT_CHANGED, grant, f"region/{region.slug}", "entered")])
        return region.id

    async def renumber(
        self, actor: security.Actor, id: UUID, code: str, province: str, since: date, source: str
    ) -> None:
        """A region has another code from ``since``. Raises Invalid, Conflict."""
        grant = await self._access.to(actor)
        grant.may_write("participation")
        _check(code, province, source)
        async with self._database.transaction() as tx:
            await self.change_code(tx, id, code, province, since, source)
            await audit.append(tx, [event(audit.Kind.COHORT_CHANGED, grant, f"region/{id}", f"code {code}")])

    async def add(self, tx: kernel.Session, region: Region, since: date, source: str) -> None:
        """A region with its first code. Raises Conflict: there is one of this kind and name."""
        try:
            await tx.execute(
                SQL.add_region, region.id, region.kind, region.name, region.slug, region.latitude, region.longitude
            )
        except kernel.Duplicate:
            raise kernel.Conflict("There is a region of this kind and name already.", path="name") from None
        await self._give(tx, region.id, region.code, region.province, since, source)

    async def change_code(
        self, tx: kernel.Session, id: UUID, code: str, province: str, since: date, source: str
    ) -> None:
        """From ``since`` the region has another code; the old one stays in its history. Raises Invalid, Conflict."""
        codes = await self.codes(id)
        if codes and since <= codes[-1].since:
            raise kernel.Invalid("The new code must begin after the present one.", path="since")
        await tx.execute(SQL.end_code, id, since)
        await self._give(tx, id, code, province, since, source)

    async def _give(self, tx: kernel.Session, id: UUID, code: str, province: str, since: date, source: str) -> None:
        """A code that holds from ``since``. Raises Conflict: another region has it then, or gets it later."""
        await tx.fetchval(SQL.one_at_a_time)
        if await tx.fetchval(SQL.taken, code, id, since):
            raise kernel.Conflict("Another region has this code from that day.", path="code")
        await tx.execute(SQL.add_code, id, code, province, since, source)


def _check(code: str, province: str, source: str) -> None:
    """Raises Invalid."""
    faults = []
    if not re.fullmatch(r"\d\d\.\d\d", code):
        faults.append(kernel.Fault("code", "Write the code as 34.71."))
    if not province or not source:
        faults.append(kernel.Fault("source", "Write the province, and the source of the code."))
    if faults:
        raise kernel.Invalid(faults=faults)


def slug(kind: str, name: str) -> str:
    """kota-tangerang-selatan."""
    return f"{kind}-{'-'.join(name.lower().split())}"
