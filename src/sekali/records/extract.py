"""Everything of many people as it stood at one moment, while others go on writing.

What stood just before a moment never changes once all who began to write before it have ended: of each resource it is
the highest version that is older. So pages of it, each a statement of its own, miss nothing and tell nothing twice, and
a reader that was killed goes on from its last place.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sekali import audit, fhir, kernel, security

from .change import event
from .query import Query, parse
from .seal import asks
from .stored import Stored, stored

SQL = kernel.queries(__file__)
LOWEST, HIGHEST = UUID(int=0), UUID(int=2**128 - 1)
PAUSE = 0.05
PAGE = 1000
"""The limit in the statements."""
Related = Callable[[UUID, UUID], Awaitable[bool]]
Place = tuple[datetime, UUID]


def moment() -> datetime:
    """The end of this millisecond: what was written until now is before it, what begins after it is not."""
    return kernel.this_millisecond() + timedelta(milliseconds=1)


def parse_filter(type: str, params: Sequence[tuple[str, str]]) -> Query:
    """A search that can be put to one resource alone. Raises Invalid, Unsupported."""
    query = parse(type, params, lenient=False)
    if any(one.open for one in query.asked) or _more(query):
        raise kernel.Unsupported("_typeFilter takes only search parameters of the kind itself.", path="_typeFilter")
    return query


def _more(query: Query) -> bool:
    """Whether more is asked than one resource can answer."""
    linked = query.chains or query.has or query.lists or query.conditions or query.includes
    return bool(linked or query.words or query.sort or query.summary != "false")


class Extract:
    """What stood before ``until`` and was last changed at ``since`` or later. Made by ``Store.extract``.

    :param filters: kind -> searches, one of which must fit. (Deletions have no content, so they are told in any case.)
    """

    def __init__(
        self, database: kernel.Database, cipher: security.Cipher, grant: security.Grant, related: Related,
        since: datetime, until: datetime, filters: Mapping[str, Sequence[Query]],
    ) -> None:  # fmt: skip
        self._database = database
        self._cipher = cipher
        self._grant = grant
        self._related = related
        self._since = since
        self._until = until
        self._filters = filters

    async def settle(self) -> None:
        """Return when all who began to write before ``until`` have ended."""
        await asyncio.sleep(
            max(0.0, (self._until - kernel.now()).total_seconds()) + 0.002
        )  # timers may be a moment early
        begun = {(row["pid"], row["xact_start"]) for row in await self._database.fetch(SQL.writing)}
        while begun:
            await asyncio.sleep(PAUSE)
            begun &= {(row["pid"], row["xact_start"]) for row in await self._database.fetch(SQL.writing)}

    async def many(self, types: Sequence[str]) -> int:
        """How many there will be about, for a progress bar. Raises Forbidden for a Grant that is not for everybody."""
        self._for_everybody()
        return await self._database.fetchval(SQL.many, list(types), self._since, self._until)

    async def of_kind(self, type: str, after: Place | None, of_people: bool) -> tuple[list[Stored], Place | None]:
        """The next page of everybody's, deletions too, and the place to go on from; None at the end.

        :param of_people: leave out what is the city's. Raises Forbidden for a Grant that is not for everybody.
        """
        self._for_everybody()
        self._grant.may_read(type)
        at = after or (self._since, LOWEST)
        rows = await self._database.fetch(SQL.of_kind, type, of_people, self._until, *at)
        place = (rows[-1]["updated"], rows[-1]["id"]) if len(rows) >= PAGE else None
        return self._fitting(rows), place

    async def of_people(
        self, people: Sequence[UUID], types: Sequence[str], after: tuple[str, UUID] | None
    ) -> tuple[list[Stored], tuple[UUID, str, UUID] | None]:
        """The next page of what belongs to ``people`` alone, and the place to go on from (person, kind, id).

        ``after`` is a place within the first of them. People to whom the actor's facility stands in no relation are
        left out without a word, where the Grant asks for one.
        """
        for type in types:
            self._grant.may_read(type)
        some = [person for person in people if await self._may(person)]
        if some[:1] != list(people[:1]):
            after = None
        rows = await self._database.fetch(
            SQL.of_people, [kernel.shard_of(one) for one in some], some, list(types), self._since, self._until,
            *(after or ("", LOWEST)), *asks(self._grant),
        )  # fmt: skip
        place = (rows[-1]["subject"], rows[-1]["type"], rows[-1]["id"]) if len(rows) == PAGE else None
        return self._fitting(rows), place

    async def note(self, tx: kernel.Session, people: Collection[UUID], what: str, detail: str) -> None:
        """Tell the audit that something of ``people`` goes out; the last thing before the commit."""
        await audit.append(tx, [event(self._grant, audit.Kind.EXPORTED, one, what, detail) for one in sorted(people)])

    def _for_everybody(self) -> None:
        if self._grant.purpose is not security.Purpose.EXPORT:
            raise kernel.Forbidden("Only the operator may take out everybody's data.", rule="20003")

    async def _may(self, person: UUID) -> bool:
        """Whoever reads clinical kinds by a relation gets nothing in bulk of people without one, their names neither."""
        if not self._grant.related:
            return self._grant.subject in (None, person)
        facility = self._grant.actor.facility
        return facility is not None and await self._related(facility, person)

    def _fitting(self, rows: Sequence[kernel.Row]) -> list[Stored]:
        found = [stored(self._cipher, row) for row in rows]
        return [one for one in found if one.deleted or self._fits(one)]

    def _fits(self, one: Stored) -> bool:
        queries = self._filters.get(one.type)
        if not queries:
            return True
        resource = kernel.decode(one.content)
        return any(all(fhir.matches(resource, asked) for asked in query.asked) for query in queries)
