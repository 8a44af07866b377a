"""How an actor stands to a person: the facts on which ``security.decide`` decides."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from time import monotonic
from uuid import UUID

import msgspec

from sekali import kernel, records, security

from .reading import id_of

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


RELATED = """select k.n from (
  select * from unnest($1::uuid[], $2::uuid[]) with ordinality k(citizen, facility, n) limit (select 1000000)
) k
cross join lateral (select from care.relation r where r.citizen = k.citizen and r.facility = k.facility limit 1) r"""
"""Of some (citizen, facility) those places in the arrays where the facility cares, or cared, for the person."""


class Relations:
    """Which facility cares, or cared, for whom. Kept in step with Encounters and Tasks; a ``records.Relations``."""

    REMEMBERED = 30.0
    """Seconds for which a relation that was found is not looked up again (one ends with the person only)."""
    MOST_REMEMBERED = 20_000

    def __init__(self, database: kernel.Database) -> None:
        self._find = database.coalesced(RELATED)
        self._database = database
        self._known: dict[tuple[UUID, UUID], float] = {}

    async def __call__(self, facility: UUID, citizen: UUID, tx: kernel.Session | None = None) -> bool:
        key = (facility, citizen)
        if self._known.get(key, 0) > monotonic():
            return True
        if tx is not None:  # it may still be taken back, so it is not remembered
            return bool(await tx.fetch(RELATED, [citizen], [facility]))
        found = await self._find(citizen, facility) is not None
        if found:
            if len(self._known) >= self.MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = monotonic() + self.REMEMBERED
        return found

    async def people(self, facility: UUID) -> list[UUID]:
        """Everybody whom a facility cares, or cared, for."""
        rows = await self._database.fetch("select citizen from care.relation where facility = $1", facility)
        return [row["citizen"] for row in rows]


async def caring(
    tx: kernel.Session | kernel.Database, citizens: Collection[UUID], facilities: Collection[UUID]
) -> set[tuple[UUID, UUID]]:
    """Of these people and facilities, who cares, or cared, for whom: (citizen, facility), as this transaction sees it."""
    rows = await tx.fetch(
        "select citizen, facility from care.relation where citizen = any($1::uuid[]) and facility = any($2::uuid[])",
        list(citizens), list(facilities),
    )  # fmt: skip
    return {(row["citizen"], row["facility"]) for row in rows}


class _Party(msgspec.Struct):
    reference: str = ""


class _Parties(msgspec.Struct, rename="camel"):
    """The facilities that an Encounter or a Task names; the rest of the resource is passed over unread."""

    service_provider: _Party | None = None
    requester: _Party | None = None
    owner: _Party | None = None


_parties = msgspec.json.Decoder(_Parties)


async def follow_care(tx: kernel.Session, changes: Sequence[records.Change]) -> None:
    """Note who cares for whom: the facility of an Encounter, both sides of a referral's Task. A ``records.Watcher``."""
    pairs = set()
    for change in changes:
        if change.type not in ("Encounter", "Task") or change.subject is None or change.deleted:
            continue
        named = _parties.decode(change.content)
        for party in (named.service_provider, named.requester, named.owner):
            facility = _facility(party.reference) if party is not None else None
            if facility is not None:
                pairs.add((change.subject, facility))
    if pairs:
        await tx.execute(
            "insert into care.relation (citizen, facility) select * from unnest($1::uuid[], $2::uuid[]) on conflict do nothing",
            *map(list, zip(*sorted(pairs), strict=True)),
        )


@lru_cache(4096)
def _facility(reference: str) -> UUID | None:
    """A city has some dozens of facilities, each named in thousands of Encounters."""
    return id_of({"reference": reference})
