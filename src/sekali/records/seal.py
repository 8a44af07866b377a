"""Seals: what is of a sensitive class, or of a person who opted out, is there only for whom consent opens it.

https://hl7.org/fhir/R4/security-labels.html. ``sealing`` puts them on when something is written; here is who sees through.
"""

from collections.abc import Collection
from uuid import UUID

from sekali import fhir, kernel, security

SQL = kernel.queries(__file__)
OPEN = fhir.CITY_TYPES | {"Patient", "RelatedPerson", "Coverage", "Subscription"}
"""Who somebody is, and what is the city's: of no class, and never closed."""
DOORS = 64
SHOWN = "(sensitive = 0 or records.shown(sensitive, origin, addressee, subject, {}::uuid, {}::text))"
"""The condition of statements that are put together; those in files have it word for word."""


def door(person: UUID) -> int:
    """Of the locks that keep a person's word and what is written at that moment apart, the one of this person."""
    return person.bytes[3] % DOORS


async def shown_to(
    tx: kernel.Session, type: str, id: UUID, facilities: Collection[UUID], purpose: security.Purpose
) -> set[UUID]:
    """For which facilities a resource is there for a purpose, as this transaction sees it."""
    rows = await tx.fetch(SQL.shown, kernel.shard_of(id), type, id, list(facilities), purpose.value)
    return {row["facility"] for row in rows}


def asks(grant: security.Grant) -> tuple[UUID | None, str | None]:
    """Who asks, and why, as ``records.shown`` takes it."""
    return grant.actor.facility, None if grant.unsealed else grant.purpose.value


async def open_to(session: kernel.Session | kernel.Database, grant: security.Grant, row: kernel.Row) -> bool:
    """Whether a row of records.resource is there under a Grant."""
    if not row["sensitive"] or grant.unsealed:
        return True
    asker, why = asks(grant)
    one = await session.fetchrow(SQL.keepers, kernel.shard_of(row["id"]), row["type"], row["id"], asker, why)
    return one is not None and grant.shows(row["sensitive"], (one["origin"], one["addressee"]), one["opened"])
