"""May this actor act for the movement, and for which region? The facts; ``security.decide`` decides."""

from uuid import UUID

from sekali import audit, kernel, security

SQL = kernel.queries(__file__)
Role, Relation = security.Role, security.Relation


class Access:
    """Grants of the movement."""

    def __init__(self, database: kernel.Database) -> None:
        self._database = database

    async def to(
        self, actor: security.Actor, region: UUID | None = None, occasion: UUID | None = None
    ) -> security.Grant:
        """Leave to act, about ``region`` where the role is bound to one. Raises Forbidden.

        ``occasion``: the cohort or evaluation for which an assessor must be assigned; None: for any.
        """
        relation = Relation.NONE
        if actor.role is Role.CITY_TEAM:
            relation = Relation.MEMBER
        elif actor.role is Role.MENTOR and region is not None:
            if not await self._database.fetchval(SQL.mentors, actor.facility, region):
                raise kernel.Forbidden("You were not appointed to mentor this city.")
            relation = Relation.MENTORING
        elif actor.role is Role.ASSESSOR and region is not None:
            relation = await self._judging(actor, region, occasion)
        return security.decide(actor, security.Purpose.MOVEMENT, region, relation)

    async def appoint(self, tx: kernel.Session, occasion: UUID, region: UUID, person: UUID) -> None:
        """``person`` examines ``region`` on an occasion: an interview, a check. Raises Conflict (of interest)."""
        if not await tx.fetchval(SQL.judge, person, region):
            raise kernel.Conflict("This assessor has a conflict of interest with the city, or is not active.")
        await tx.execute(SQL.examine, occasion, region, person)

    async def examined_by(self, person: UUID | None) -> list[tuple[UUID, UUID]]:
        """(occasion, region) of all that a person examines, the newest occasion first."""
        return [(row["occasion"], row["region"]) for row in await self._database.fetch(SQL.examined, person)]

    async def examiners(self, occasion: UUID) -> list[tuple[UUID, UUID]]:
        """(region, person) of an occasion."""
        return [(row["region"], row["person"]) for row in await self._database.fetch(SQL.examiners, occasion)]

    async def _judging(self, actor: security.Actor, region: UUID, occasion: UUID | None) -> security.Relation:
        found = await self._database.fetchrow(SQL.judges, actor.facility, region, occasion)
        if found["conflict"]:
            raise kernel.Forbidden("You have a conflict of interest with this city, so you may not score it.")
        if not found["assigned"]:
            raise kernel.Forbidden("This city was not assigned to you.")
        return Relation.ASSIGNED


def event(kind: audit.Kind, grant: security.Grant, what: str, detail: str = "") -> audit.Event:
    """What is written down of a deed. ``what`` names the thing and its region, never a citizen."""
    actor = grant.actor
    return audit.Event(
        kind, actor.id, grant.signature, actor.role.value, actor.facility, None, grant.purpose.value, grant.basis, what, detail
    )  # fmt: skip
