"""Reading under one Grant, as far as it allows; every look is audited."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Protocol
from uuid import UUID

from sekali import audit, fhir, kernel, security

from . import chart, cursors
from .change import event
from .introduction import introduced
from .linked import MOST_INCLUDED, included, pointed_at
from .query import Query, parse
from .seal import asks, open_to
from .search import Page, Search
from .stored import Stored, columns, stored

SQL = kernel.queries(__file__.replace("reader", "store"))

EVER = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1), 2**31 - 1
Span = tuple[datetime, datetime]
ALWAYS: Span = (EVER, datetime.max.replace(tzinfo=UTC))
MOST_OF_A_RECORD = 5000
MOST_HISTORY = 200
MOST_AT_ONCE = 500


class Relations(Protocol):
    """Somebody who knows whether a facility stands in a relation to a person. ``care`` does; ``app`` joins the two."""

    async def __call__(self, facility: UUID, citizen: UUID, tx: kernel.Session | None = None) -> bool: ...


class Codes(Protocol):
    """Somebody who knows code systems and value sets. ``exchange`` does; ``app`` joins the two.

    (reader, modifier, value) -> (system, code) of all that is meant by ``above``, ``below``, ``in`` or ``not-in``; for
    the last two the value's text is a value set's URL. Raises NotFound, Unsupported, TooCostly.
    """

    async def __call__(self, reader: "Reader", modifier: str, term: fhir.Term) -> Collection[tuple[str, str]]: ...


async def no_codes(reader: "Reader", modifier: str, term: fhir.Term) -> Collection[tuple[str, str]]:
    """Where nobody knows."""
    raise kernel.NotFound("The value set %(url)s is not known here.", url=term.text[:200])


async def no_relations(facility: UUID, citizen: UUID, tx: kernel.Session | None = None) -> bool:
    """Where nobody knows, there is none."""
    return False


class Reader:
    """What may be read under one Grant. Every look is on the audit's disk before it is answered."""

    def __init__(
        self,
        database: kernel.Database,
        cipher: security.Cipher,
        journal: audit.Journal,
        read: kernel.Coalesced,
        origin: kernel.Coalesced,
        relations: Relations,
        grant: security.Grant,
        codes: Codes,
    ) -> None:
        self._database = database
        self._cipher = cipher
        self._journal = journal
        self._codes = codes
        self._read = read
        self._origin = origin
        self._relations = relations
        self._grant = grant

    async def read(self, type: str, id: UUID, named: frozenset[str] = frozenset()) -> Stored:
        """The present version. ``named``: numbers that the asker named. Raises NotFound, Gone, Forbidden."""
        self._grant.may_read(type)
        return await self._show(type, await self._there(type, id), named)

    async def vread(self, type: str, id: UUID, version: int) -> Stored:
        """One version. Raises NotFound, Gone (this version is a deletion), Forbidden."""
        self._grant.may_read(type)
        there = await self._there(type, id)
        row = await self._database.fetchrow(SQL.vread, kernel.shard_of(id), type, id, version) if there else None
        return await self._show(type, stored(self._cipher, row) if row else None)

    async def _there(self, type: str, id: UUID) -> Stored | None:
        """The present version, deleted or not; None also where it is sealed for whoever asks."""
        row = await self._read(kernel.shard_of(id), type, id)
        if row is None or row["sensitive"] and not await open_to(self._database, self._grant, row):
            return None
        return stored(self._cipher, row)

    async def _open(self, rows: Sequence[kernel.Row]) -> list[Stored]:
        """Those of SQL.read that are not sealed for whoever asks."""
        return [
            stored(self._cipher, row)
            for row in rows
            if not row["sensitive"] or await open_to(self._database, self._grant, row)
        ]

    async def sent(self, keys: Sequence[tuple[str, UUID]], what: str) -> list[Stored]:
        """What is there of (type, id), at most 500, and may be sent to the actor's system without its asking for it now.

        Of a person only what the Grant allows and while the facility stands in a relation to them, also of the kinds that
        anybody may look up by a number. What may not be sent is left out. ``what`` tells the audit why.
        """
        some = [key for key in dict.fromkeys(keys) if key[0] in self._grant.reads][:MOST_AT_ONCE]
        found = [one for one in await self._read_some(some) if await self._cared_for(one)]
        citizens = {one.subject for one in found} - {None}
        await self._journal.record_all([event(self._grant, audit.Kind.NOTIFIED, one, what) for one in sorted(citizens)])
        return found

    async def _cared_for(self, one: Stored) -> bool:
        facility = self._grant.actor.facility
        if one.subject is None:
            return True
        return facility is not None and await self._relations(facility, one.subject)

    async def history(
        self, type: str, id: UUID, count: int = 50, before: int | None = None, since: datetime = EVER, at: Span = ALWAYS
    ) -> list[Stored]:
        """Versions, newest first, deletions too.

        :param at: only what stood at some moment of it. Raises NotFound, Forbidden.
        """
        self._grant.may_read(type)
        if await self._there(type, id) is None:
            raise kernel.NotFound("There is no %(type)s with this id.", rule="20007", type=type)
        rows = await self._database.fetch(
            SQL.history, kernel.shard_of(id), type, id, before or 2**31 - 1, min(count, MOST_HISTORY), since, *at
        )
        versions = [stored(self._cipher, row) for row in rows]
        for person in self._people(versions[0]) if versions else ():
            await self._require_standing(type, person)
        await self._looked(versions[:1], f"{type}/{id}/_history")
        return await self._told(versions)

    async def changes(
        self, type: str | None, since: datetime, count: int, after: str | None, at: Span = ALWAYS
    ) -> tuple[list[Stored], str | None]:
        """Versions of everything of a kind (of all kinds), newest first, and the cursor of the next page.

        Raises Forbidden for what belongs to people, unless the Grant is one for everybody.
        """
        types = [type] if type else sorted(self._grant.reads)
        everybody = self._grant.purpose is security.Purpose.EXPORT
        if not everybody and not fhir.CITY_TYPES.issuperset(types):
            raise kernel.Forbidden("Ask for the history of one resource: this would show everybody's.", rule="20003")
        for one in types:
            self._grant.may_read(one)
        place = cursors.version(after) if after else LAST
        most = min(count, MOST_HISTORY)
        rows = await self._database.fetch(SQL.changes, types, since, *place, most + 1, *at)
        found = [stored(self._cipher, row) for row in rows]
        await self._looked(found[:most], f"{type or ''}/_history")
        return found[:most], cursors.of_version(found[most - 1]) if len(found) > most else None

    async def read_many(self, type: str, ids: Sequence[UUID], named: frozenset[str] = frozenset()) -> list[Stored]:
        """Those of ``ids`` (at most 500) that are there and that the Grant concerns. ``named``: as in :meth:`read`."""
        self._grant.may_read(type)
        rows = await self._database.fetch(SQL.read, *columns([(type, id) for id in ids[:MOST_AT_ONCE]]))
        found = [
            one for one in await self._open(rows) if not one.deleted and self._grant.subject in (None, one.subject)
        ]
        await self._looked(found, type)
        return await self._told(found, named)

    async def record(self, types: Sequence[str]) -> dict[str, list[Stored]]:
        """All that is kept of the Grant's person of these types, newest first, in one round trip. Raises Forbidden."""
        for type in types:
            self._grant.may_read(type)
        subject = self._grant.subject
        if subject is None:
            raise kernel.Forbidden("It is not clear whose data this is about.")
        for type in types:
            await self._require_standing(type, subject)
        rows = await self._database.fetch(
            SQL.record, kernel.shard_of(subject), list(types), subject, MOST_OF_A_RECORD, *asks(self._grant)
        )
        found: dict[str, list[Stored]] = {type: [] for type in types}
        for row in rows:
            found[row["type"]].append(stored(self._cipher, row))
        await self._journal.record(event(self._grant, audit.Kind.LOOKED, subject, ",".join(types)))
        return found

    async def everything(self, asked: chart.Chart) -> Page:
        """A page of a person's chart, newest first, the Patient before all; what names them comes with the last page.

        What is not the person's own and may not be seen is left out. Organizations, Practitioners, Locations and
        Medications that something on the page names come along. Raises NotFound, Gone, Forbidden (a person to whom the
        facility has no relation), Invalid (a strange cursor).
        """
        types = asked.types if asked.types is not None else self._grant.reads
        for type in types:
            self._grant.may_read(type)
        patient = await self._person(asked.person)
        for type in types:
            await self._require_standing(type, asked.person)
        items, more = await chart.own(
            self._database, self._cipher, asked, types - fhir.CITY_TYPES - {"Patient"}, asks(self._grant)
        )
        if asked.cursor is None and "Patient" in types and patient.updated >= asked.since:
            items.insert(0, patient)
        if more is None:
            kinds = types & fhir.PERSON_TYPES.keys()
            naming = await self._cipher.steady(
                lambda: chart.naming(self._database, self._cipher, asked, kinds, asks(self._grant))
            )
            items += await self._visible(naming)
        along = await self._named(items, chart.NAMED & types)
        await self._looked([patient, *items], f"{patient.reference}/$everything")
        return Page(await self._told(items), None, more, [], tuple(along))

    async def named(self, items: Sequence[Stored]) -> list[Stored]:
        """The Organizations, Practitioners, Locations and Medications that these name, each once, at most 1,000."""
        return await self._named(items, chart.NAMED & self._grant.reads)

    async def _named(self, items: Sequence[Stored], types: Collection[str]) -> list[Stored]:
        return await self._read_some(pointed_at(items, types)[:MOST_INCLUDED])

    async def _person(self, person: UUID) -> Stored:
        row = await self._read(kernel.shard_of(person), "Patient", person)
        if row is None:
            raise kernel.NotFound("There is no %(type)s with this id.", rule="20007", type="Patient")
        patient = stored(self._cipher, row)
        if patient.deleted:
            raise kernel.Gone("This %(type)s was deleted.", type="Patient")
        return patient

    async def search(self, type: str, params: Sequence[tuple[str, str]], *, lenient: bool = False) -> Page:
        """A page of what matches. Raises Invalid (unknown parameter), TooCostly (nothing narrows it), Forbidden."""
        page, named = await self._cipher.steady(lambda: self._found(parse(type, params, lenient)))
        names = ",".join(name for name, _ in page.used)
        await self._looked([*page.items, *page.included], f"{type}?{names}", audit.Kind.SEARCHED)
        told = await self._told(page.items, named), await self._told(page.included, named)
        return replace(page, items=told[0], included=tuple(told[1]))

    async def _found(self, query: Query) -> tuple[Page, frozenset[str]]:
        """The page of a search, without a word to the audit; the numbers of people that were named in it."""
        await self._permit(query)
        await self._open_lists(query)
        search = Search(self._database, self._cipher, self._grant, self._permit, partial(self._codes, self))
        page = await search.run(query)
        page = replace(page, items=await self._visible(page.items))
        if query.includes and page.items:
            more = await included(
                self._database, self._cipher, query, page.items, self._read_some, self._visible, asks(self._grant)
            )
            page = replace(page, included=tuple(more))
        return page, query.numbers()

    async def _open_lists(self, query: Query) -> None:
        """Ids in place of Lists (https://hl7.org/fhir/R4/search.html#list). Raises NotFound also for one that may not be seen,
        and TooCostly.
        """
        for id in query.lists:
            found = await self._read_some([("List", id)])
            if not found:
                raise kernel.NotFound("There is no %(type)s with this id.", rule="20007", type="List")
            entries = [one for one in found[0].resource.get("entry", ()) if not one.get("deleted")]
            texts = [one.get("item", {}).get("reference") or "" for one in entries]
            ids = {split[1] for text in texts if (split := fhir.split_reference(text)) and split[0] == query.type}
            if len(ids) > MOST_INCLUDED:
                raise kernel.TooCostly("%(name)s finds too many. Ask for less.", path="_list", name="_list")
            query.asked.append(fhir.Asked(fhir.SEARCH[query.type]["_id"], "", tuple(map(fhir.Term, sorted(ids)))))
        query.lists = []

    async def _permit(self, query: Query) -> None:
        """Raises Forbidden when the Grant does not allow to ask this at all.

        Where only people in a relation to the facility may be read, the question must name one, or ask for what points
        at the facility itself (its referrals, its visits); otherwise even the number of answers would tell something.
        """
        self._grant.may_read(query.type)
        person = query.person()
        own = query.asks_of("Organization", self._grant.actor.facility)
        if query.type in self._grant.related and person is None and not own:
            raise kernel.Forbidden("Name the patient: your facility may read only those it cares for.", rule="20003")
        await self._require_standing(query.type, person)

    async def _visible(self, found: list[Stored]) -> list[Stored]:
        """Of what was found, what the Grant allows to see; the rest is left out without a word."""
        seen = []
        for one in found:
            if one.type not in self._grant.reads:
                continue
            try:
                for person in self._people(one):
                    await self._require_standing(one.type, person)
            except kernel.Forbidden:
                continue
            seen.append(one)
        return seen

    async def _read_some(self, keys: list[tuple[str, UUID]]) -> list[Stored]:
        """What is there of (type, id), and may be seen."""
        if not keys:
            return []
        rows = await self._database.fetch(SQL.read, *columns(keys))
        return await self._visible([one for one in await self._open(rows) if not one.deleted])

    def _people(self, one: Stored) -> list[UUID | None]:
        """Whose a resource is; of one that names several people, all of them."""
        if one.subject is not None or one.type not in self._grant.related or one.deleted:
            return [one.subject]
        return fhir.people_at(one.resource, fhir.PERSON_TYPES[one.type]) if one.type in fhir.PERSON_TYPES else [None]

    async def _told(self, found: Sequence[Stored], named: frozenset[str] = frozenset()) -> list[Stored]:
        """What was found, as it leaves: of strangers no more than an introduction."""
        told = list(found)
        people = [n for n, one in enumerate(found) if self._introduces(one)]
        if len(people) == 1:  # a task would cost more than the question
            strange = [await self._strange(found[people[0]])]
        else:
            strange = await asyncio.gather(*(self._strange(found[n]) for n in people))
        for n, is_strange in zip(people, strange, strict=True):
            if is_strange:
                told[n] = introduced(found[n], named)
        return told

    def _introduces(self, one: Stored) -> bool:
        """Whether this tells who somebody is, to an asker who may be shown an introduction only."""
        told = one.type in self._grant.introduced and not one.deleted and one.subject is not None
        return told and self._grant.actor.facility is not None

    async def _strange(self, one: Stored) -> bool:
        """Whether the person of this is one whom the asker's facility neither wrote down nor cares for."""
        facility = self._grant.actor.facility
        assert facility is not None and one.subject is not None, "``_introduces`` says so"
        if await self._relations(facility, one.subject):
            return False
        row = await self._origin(kernel.shard_of(one.id), one.type, one.id)
        return row is None or row["origin"] != facility

    async def _show(self, type: str, one: Stored | None, named: frozenset[str] = frozenset()) -> Stored:
        if one is None:
            raise kernel.NotFound("There is no %(type)s with this id.", rule="20007", type=type)
        for person in self._people(one):
            await self._require_standing(type, person)
        await self._looked([one], one.reference)
        if one.deleted:
            raise kernel.Gone("This %(type)s was deleted.", type=type)
        return (await self._told([one], named))[0]

    async def _require_standing(self, type: str, subject: UUID | None) -> None:
        """Raises Forbidden when it is another person's, or one's whom the actor's facility does not care for."""
        self._grant.concerns(subject)
        if type not in self._grant.related or subject is None:
            return
        facility = self._grant.actor.facility
        if facility is None or not await self._relations(facility, subject):
            raise kernel.Forbidden("Your facility has no visit or referral of this person.", rule="20003")

    async def _looked(self, found: Sequence[Stored], what: str, kind: audit.Kind = audit.Kind.LOOKED) -> None:
        """One event for each person whose data was shown; the city's own (its places) needs none."""
        citizens = {one.subject for one in found} - {None}
        if not citizens and kind is audit.Kind.SEARCHED and what.partition("?")[0] not in fhir.CITY_TYPES:
            citizens = {None}  # a search that found nobody is written down too
        await self._journal.record_all([event(self._grant, kind, citizen, what) for citizen in citizens])
