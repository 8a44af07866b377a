"""A citizen's own page."""

from uuid import UUID

from sekali import audit, kernel, records, security

from .record import read
from .referrals import Referrals
from .views import MyPage


def of_myself(actor: security.Actor, purpose: security.Purpose = security.Purpose.OWN_RECORD) -> security.Grant:
    """Leave to see one's own data, or to do something else with it. Raises Forbidden to all who are no citizens."""
    if actor.citizen is None:
        raise kernel.Forbidden("This page is only for the person it is about.")
    return security.decide(actor, purpose, actor.citizen, security.Relation.SELF)


class OwnPage:
    """What is kept about me, and who looked."""

    LOOKS = 5
    """The last people who looked, on the first page."""

    def __init__(self, database: kernel.Database, store: records.Store, referrals: Referrals) -> None:
        self._database = database
        self._store = store
        self._referrals = referrals

    async def mine(self, actor: security.Actor) -> MyPage:
        """The record of the person whose page this is (UU PDP 27/2022: access and copy). Raises Forbidden."""
        grant = of_myself(actor)
        record = await read(self._store, grant)
        looks, _ = await audit.looks(self._database, grant.subject, audit.Looked(zone=actor.zone))
        return MyPage(record, tuple(await self._referrals.of_citizen(actor.citizen)), tuple(looks[: self.LOOKS]))

    async def looks(self, actor: security.Actor, asked: audit.Looked) -> tuple[list[audit.Look], bool]:
        """A page of who looked, and whether there are more. Raises Forbidden."""
        return await audit.looks(self._database, of_myself(actor).subject, asked)

    async def places(self, actor: security.Actor) -> list[UUID]:
        """The facilities from which somebody looked. Raises Forbidden."""
        return await audit.places_of_looks(self._database, of_myself(actor).subject)
