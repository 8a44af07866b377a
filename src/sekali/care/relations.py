"""How an actor stands to a person: the facts on which ``security.decide`` decides."""

from uuid import UUID

from sekali import kernel, security

IN_CARE = "select exists (select from care.visit where facility = $1 and citizen = $2 and status in ('arrived', 'in-progress'))"


async def treating(database: kernel.Database, actor: security.Actor, citizen: UUID) -> security.Grant:
    """Leave to treat: the person has an open visit at the actor's facility. Raises Forbidden."""
    if actor.facility is None or not await database.fetchval(IN_CARE, actor.facility, citizen):
        raise kernel.Forbidden("This person has no open visit at your facility. Ask the counter to check them in.")
    return security.decide(actor, security.Purpose.TREATMENT, citizen, security.Relation.IN_CARE)


def at_counter(actor: security.Actor, citizen: UUID) -> security.Grant:
    """Leave to register somebody who stands at the counter. Raises Forbidden."""
    require_facility(actor)
    return security.decide(actor, security.Purpose.REGISTRATION, citizen, security.Relation.PRESENT)


def require_facility(actor: security.Actor) -> UUID:
    """The actor's facility. Raises Forbidden when there is none."""
    if actor.facility is None:
        raise kernel.Forbidden("This account belongs to no facility.")
    return actor.facility
