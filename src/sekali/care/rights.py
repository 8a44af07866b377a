"""What a citizen may demand of a facility, as it is asked for on the own page: a copy, a correction, a restriction, deletion."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sekali import kernel, records, security

from . import reading
from .consents import CLASSES
from .corrections import wished
from .destruction import Destruction
from .duties import LONGEST_REASON, SHORTEST, Duties
from .duty import Access, Correction, Deletion, Kind, Restriction
from .facilities import Facilities, today
from .own import of_myself
from .retention import Kept
from .views import Person


class Rights:
    """Of the person whose page it is."""

    def __init__(self, store: records.Store, facilities: Facilities, duties: Duties, destruction: Destruction) -> None:
        self._store = store
        self._facilities = facilities
        self._duties = duties
        self._destruction = destruction

    async def known(self, actor: security.Actor) -> Person:
        """Who I am, as it is kept. Audited."""
        grant = of_myself(actor)
        return reading.person(await self._store.under(grant).read("Patient", grant.subject))

    async def access(self, actor: security.Actor, facility: UUID | None, reason: str) -> UUID:
        """Ask for a copy. Raises Invalid, TooCostly."""
        return await self._duties.begin(actor, Kind.ACCESS, facility, reason, Access())

    async def correct(
        self, actor: security.Actor, facility: UUID | None, typed: Mapping[str, str], proof: str, reason: str
    ) -> UUID:
        """Ask that fields be corrected; ``typed``: field -> wished value, dates in ISO's form. Raises Invalid, TooCostly."""
        changes, proof = wished(await self.known(actor), typed, today(actor.zone)), proof.strip()
        if not SHORTEST <= len(proof) <= LONGEST_REASON:
            raise kernel.Invalid(
                faults=[kernel.Fault("proof", "Say what shows it: which document, and where it can be seen.")]
            )
        return await self._duties.begin(actor, Kind.CORRECTION, facility, reason, Correction(changes, proof))

    async def restrict(self, actor: security.Actor, facility: UUID | None, what: Restriction, reason: str) -> UUID:
        """Ask that something be used and shown no longer. Raises Invalid, TooCostly."""
        if what.label not in CLASSES or (what.whom and what.whom not in await self._facilities.all()):
            raise kernel.Invalid("Choose what shall be closed, and for whom.")
        if what.until is not None and not today(actor.zone) <= what.until <= date(2200, 1, 1):
            raise kernel.Invalid(faults=[kernel.Fault("until", "This day is over. Choose a later one, or none.")])
        return await self._duties.begin(actor, Kind.RESTRICTION, facility, reason, what)

    async def kept(self, actor: security.Actor) -> Kept:
        """Until when the law has my record kept. Raises Forbidden."""
        return await self._destruction.of_citizen(of_myself(actor, security.Purpose.RIGHTS).subject, actor.zone)

    async def delete(self, actor: security.Actor, facility: UUID | None, reason: str) -> UUID:
        """Ask that the record be deleted; nothing is deleted by that. Raises Invalid, TooCostly."""
        kept = await self.kept(actor)
        return await self._duties.begin(actor, Kind.DELETION, facility, reason, Deletion(kept.last_visit, kept.until))
