"""The end of a record: when a person was last cared for, and the removal of all that is kept of them.

Whoever writes about a person holds their door (see ``seal.door``) with others; who destroys holds it alone. So what is written
at that moment is there before anybody looks whether the time is over, or finds nobody any more.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sekali import kernel, security

from .seal import door

SQL = kernel.queries(__file__)
NO_CARE = ("Patient", "RelatedPerson", "Coverage", "Consent")
"""Who somebody is and what they said: corrected without a visit, so writing it is none."""
RETENTION, DESTRUCTION = "retention", "destruction"
"""Kinds of the access table: what is kept how long; and the end of it."""


async def stay(tx: kernel.Session, people: Collection[UUID]) -> None:
    """Until this transaction ends nobody of these is destroyed. Raises NotFound for whoever is not there (any more)."""
    await tx.execute(SQL.together, list(people))
    rows = await tx.fetch(SQL.there, [kernel.shard_of(one) for one in people], list(people))
    if len(rows) < len(set(people)):
        raise kernel.NotFound("There is no such person here.")


async def alone(tx: kernel.Session, person: UUID) -> None:
    """Until this transaction ends nobody writes about the person."""
    await tx.execute(SQL.alone, door(person))


async def quiet(session: kernel.Database | kernel.Session, people: Sequence[UUID], since: datetime) -> list[UUID]:
    """Those about whose care nothing is dated, or was written, since a moment."""
    return [row["id"] for row in await session.fetch(SQL.quiet, list(people), since, list(NO_CARE))]


async def last_cared(session: kernel.Database | kernel.Session, people: Sequence[UUID]) -> dict[UUID, datetime]:
    """When anything about the care of each was last dated or written, whichever is later, by whomever in the city.

    A date in a day to come counts: somebody is expected. Of whom nothing but who they are is kept, it is that. Those of whom
    nothing is kept are left out.
    """
    rows = await session.fetch(SQL.last, list(people), list(NO_CARE))
    return {row["id"]: row["at"] for row in rows if row["at"] is not None}


async def people(database: kernel.Database, grant: security.Grant, after: UUID | None, most: int) -> list[UUID]:
    """Some of all people, to be counted. Raises Forbidden."""
    grant.may_read(RETENTION)
    shard, id = (kernel.shard_of(after), after) if after else (-(2**31), UUID(int=0))
    return [row["id"] for row in await database.fetch(SQL.people, shard, id, most)]


async def destroy(tx: kernel.Session, grant: security.Grant, person: UUID) -> dict[str, int]:
    """Remove every resource of a person, all versions and their words, for good; how many resources by kind.

    The caller is :func:`alone` with the person and has seen that the time is over. No watcher is told: each module that has
    something of the person is asked by the caller. Raises Forbidden.
    """
    grant.may_write(DESTRUCTION)
    grant.concerns(person)
    shard = kernel.shard_of(person)
    counts = {row["type"]: row["count"] for row in await tx.fetch(SQL.resources, shard, person)}
    await tx.execute(SQL.versions, shard, person)
    await tx.execute(SQL.words, person)
    return counts
