"""A record to read: of a visit that is open or was, for those who treat, hand out medicines or keep records."""

from datetime import timedelta
from uuid import UUID

from sekali import kernel, records, security

from . import reading
from .relations import require_facility
from .views import ReadRecord, Visit
from .visits import SQL, visit, visit_here

TYPES = ("Patient", "Coverage", "AllergyIntolerance", "Condition", "MedicationRequest", "Encounter")
OPEN = ("arrived", "in-progress")
WHY = {
    security.Role.DOCTOR: security.Purpose.TREATMENT, security.Role.NURSE: security.Purpose.TREATMENT,
    security.Role.PHARMACIST: security.Purpose.TREATMENT, security.Role.RECORDS_OFFICER: security.Purpose.RECORD_KEEPING,
}  # fmt: skip
"""Role -> what a record is read for."""


async def read(store: records.Store, grant: security.Grant) -> ReadRecord:
    """The record of the Grant's person, as far as it allows. Audited."""
    record = await store.under(grant).record(TYPES)
    return ReadRecord(
        reading.person(record["Patient"][0]), reading.coverage(record), reading.allergies(record), reading.problems(record),
        reading.medications(record), reading.past_visits(record),
    )  # fmt: skip


class RecordRoom:
    """Visits of a facility that are open or ended lately, and the records of those people."""

    def __init__(self, database: kernel.Database, store: records.Store, days: int) -> None:
        self._database = database
        self._store = store
        self._recent = timedelta(days=days)

    async def visits(self, actor: security.Actor) -> list[Visit]:
        """At most 500, the latest first; of those whose records the actor's role may read. Raises Forbidden."""
        facility, since = require_facility(actor), kernel.now() - self._recent
        found = [visit(self._store.cipher, row) for row in await self._database.fetch(SQL.recent, facility, since)]
        return [one for one in found if self._allowed(actor, one) is not None]

    async def of_visit(self, actor: security.Actor, id: UUID) -> ReadRecord:
        """The record of whose visit this is. Raises NotFound, Forbidden (that was too long ago for this role)."""
        here = await visit_here(self._database, self._store.cipher, id, require_facility(actor))
        grant = self._allowed(actor, here)
        if grant is None:
            raise kernel.Forbidden("This visit is over, and your role may not look at the record any more.")
        return await read(self._store, grant)

    def _allowed(self, actor: security.Actor, one: Visit) -> security.Grant | None:
        if one.status in OPEN:
            relation = security.Relation.IN_CARE
        elif one.finished_at is not None and one.finished_at > kernel.now() - self._recent:
            relation = security.Relation.RECENT
        else:
            return None
        try:
            return security.decide(actor, WHY[actor.role], one.citizen, relation)
        except (kernel.Forbidden, KeyError):
            return None
