"""A citizen's own page."""

from sekali import audit, kernel, records, security

from . import reading
from .referrals import Referrals
from .views import MyRecord

TYPES = ("Patient", "Coverage", "AllergyIntolerance", "Condition", "MedicationRequest", "Encounter")


class OwnPage:
    """What is kept about me, and who looked."""

    def __init__(self, database: kernel.Database, store: records.Store, referrals: Referrals) -> None:
        self._database = database
        self._store = store
        self._referrals = referrals

    async def mine(self, actor: security.Actor) -> MyRecord:
        """The record of the person whose page this is (UU PDP 27/2022: access and copy). Raises Forbidden."""
        if actor.citizen is None:
            raise kernel.Forbidden("This page is only for the person it is about.")
        grant = security.decide(actor, security.Purpose.OWN_RECORD, actor.citizen, security.Relation.SELF)
        record = await self._store.under(grant).record(TYPES)
        looks = await audit.looks(self._database, actor.citizen)
        return MyRecord(
            person=reading.person(record["Patient"][0]),
            coverage=reading.coverage(record),
            allergies=reading.allergies(record),
            problems=reading.problems(record),
            medications=reading.medications(record),
            visits=reading.past_visits(record),
            referrals=tuple(await self._referrals.of_citizen(actor.citizen)),
            looks=tuple(look for look in looks if look.role != security.Role.CITIZEN.value),
        )
