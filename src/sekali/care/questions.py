"""A citizen asks why somebody looked; the facility answers within a set time. One kind of :mod:`duty`."""

from uuid import UUID

from sekali import audit, kernel, security

from .duties import Duties
from .duty import Kind, Look
from .facilities import Facilities
from .own import of_myself


class Questions:
    """Asked on the citizen's page of who looked."""

    def __init__(self, database: kernel.Database, facilities: Facilities, duties: Duties) -> None:
        self._database = database
        self._facilities = facilities
        self._duties = duties

    async def about(self, actor: security.Actor, stream: str, seq: int) -> audit.Look:
        """The look that somebody wants to ask about. Raises NotFound, Invalid (nobody could answer)."""
        citizen = of_myself(actor).subject
        found = await audit.look(self._database, citizen, stream, seq)
        if found is None:
            raise kernel.NotFound("There is no such entry about you.")
        if found.role == security.Role.CITIZEN.value:
            raise kernel.Invalid("This was you yourself.")
        if found.facility is None or found.facility not in await self._facilities.all():
            raise kernel.Invalid("This was done by no facility, so none can answer. Ask the city's health office.")
        return found

    async def ask(self, actor: security.Actor, stream: str, seq: int, reason: str) -> UUID:
        """Ask the facility of a look why. Raises Invalid, Conflict (asked before), TooCostly (too many wait)."""
        look = await self.about(actor, stream, seq)
        detail = Look(stream, seq, look.last, look.actor, look.actor_name, look.role, look.purpose, tuple(look.parts))
        try:
            return await self._duties.begin(actor, Kind.QUESTION, look.facility, reason, detail)
        except kernel.Duplicate:
            raise kernel.Conflict("You asked about this already. The answer will stand on this page.") from None
