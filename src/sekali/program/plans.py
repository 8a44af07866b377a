"""Masterplans as they are kept: versions, two people at once, the version that everyone may see."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sekali import audit, kernel, security

from . import plan, spreadsheet
from .access import Access, event
from .cohorts import text

SQL = kernel.queries(__file__)
MOST_VERSIONS = 5_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan at a version. Version 0 is the plan that nobody has begun."""

    region: UUID
    version: int
    facts: plan.Facts
    published: int | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """A line of a plan's history."""

    version: int
    at: datetime
    actor_name: str
    note: str


class Clash(kernel.Conflict):
    """Two people wrote the same field differently. Nothing was kept of mine, nothing of theirs was lost."""

    def __init__(self, clashes: list[plan.Clashing], version: int) -> None:
        super().__init__("Somebody else changed the same field meanwhile. Choose which text stays.")
        self.clashes = clashes
        self.version = version


class Plans:
    """The masterplan of each region."""

    def __init__(self, database: kernel.Database, access: Access) -> None:
        self._database = database
        self._access = access

    async def read(self, actor: security.Actor, region: UUID, version: int | None = None) -> Kept:
        """The plan, or an earlier version of it. Raises NotFound for a version that is not there."""
        (await self._access.to(actor, region)).may_read("plan")
        return await self._at(region, version)

    async def public(self, region: UUID) -> Kept | None:
        """What everyone may see: the published version, or None."""
        version = await self._database.fetchval(SQL.published, region)
        return await self._at(region, version) if version else None

    async def all_public(self) -> dict[UUID, plan.Facts]:
        """Every published plan."""
        return {row["region"]: facts_of(row["facts"]) for row in await self._database.fetch(SQL.all_published)}

    async def _at(self, region: UUID, version: int | None) -> Kept:
        newest = await self._database.fetchrow(SQL.newest, region)
        if newest is None and not version:
            return Kept(region, 0, {})
        if newest is None or version in (None, newest["version"]):
            if newest is None:
                raise kernel.NotFound("There is no such version of this masterplan.")
            return Kept(region, newest["version"], facts_of(newest["facts"]), newest["published"])
        if version == 0:
            return Kept(region, 0, {}, newest["published"])
        row = await self._database.fetchrow(SQL.version, region, version)
        if row is None:
            raise kernel.NotFound("There is no such version of this masterplan.")
        return Kept(region, version, facts_of(row["facts"]), newest["published"])

    async def versions(self, actor: security.Actor, region: UUID) -> list[Version]:
        """The history, the newest first."""
        (await self._access.to(actor, region)).may_read("plan")
        return [Version(**row) for row in await self._database.fetch(SQL.versions, region)]

    async def change(
        self, actor: security.Actor, region: UUID, changes: Mapping[str, str], base: int, note: str = ""
    ) -> int:
        """Write some fields, seen at version ``base``; the new version (the present one when nothing changed).

        What others wrote meanwhile into other fields stays; a programme of mine that has the code of one that they
        began gets a new code. Raises Invalid, and Clash where both wrote the same field.
        """
        before = await self.read(actor, region, base)
        return await self._merge(actor, region, before.facts, plan.applied(before.facts, plan.clean(changes)), note)

    async def load(self, actor: security.Actor, region: UUID, content: bytes) -> int:
        """A spreadsheet back in. Raises Invalid (every fault with its cell), TooCostly, Clash."""
        found = spreadsheet.read(content)
        before = await self.read(actor, region, found.version)
        return await self._merge(actor, region, before.facts, found.facts, "spreadsheet")

    async def _merge(self, actor: security.Actor, region: UUID, base: plan.Facts, mine: plan.Facts, note: str) -> int:
        grant = await self._access.to(actor, region)
        grant.may_write("plan")
        async with self._database.transaction() as tx:
            await tx.execute(SQL.begin, region)
            row = await tx.fetchrow(SQL.lock, region)
            present = facts_of(row["facts"])
            merged, clashes = plan.merge(base, mine, present)
            if clashes:
                raise Clash(clashes, row["version"])
            if merged == present:
                return row["version"]
            version = row["version"] + 1
            if version > MOST_VERSIONS:
                raise kernel.TooCostly("This masterplan has 5,000 versions. Ask the operator to archive it.")
            await tx.execute(SQL.write, region, version, text(merged))
            await tx.execute(SQL.add_version, region, version, kernel.now(), actor.name, note[:500], text(merged))
            await audit.append(tx, [event(audit.Kind.PLAN_CHANGED, grant, f"plan/{region}", f"version {version}")])
        return version

    async def publish(self, actor: security.Actor, region: UUID, version: int | None) -> None:
        """Everyone may see ``version`` from now on; None takes the plan from the public page. Raises NotFound."""
        grant = await self._access.to(actor, region)
        grant.may_write("plan")
        if version is not None:
            await self._at(region, version)
        async with self._database.transaction() as tx:
            await tx.execute(SQL.publish, region, version or None)
            await audit.append(tx, [event(audit.Kind.PLAN_CHANGED, grant, f"plan/{region}", f"published {version}")])


def facts_of(content: str) -> plan.Facts:
    """The facts of a ``jsonb`` column, in the order of the book (jsonb keeps none)."""
    return plan.applied({}, kernel.decode(content.encode()))
