"""Search: candidates by hashed terms, then each one checked by its own values.

https://hl7.org/fhir/R4/search.html. Pages go on after the last one seen, by its place and id, so that they stay stable
while others write.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sekali import fhir, kernel, security

from . import cursors, filters, levels, words
from .ordering import Order
from .query import MOST_CHAINED, Chain, Has, Query, chain_of, parse, set_filter
from .statement import Statement
from .stored import Stored, stored

MOST_SCANNED = 2000
"""Candidates looked at for one page; a page may then be short and have a ``next``."""
MOST_COUNTED = 10_000
MOST_SORTED = 2000
"""Matches that are sorted by something that no index keeps in order."""
MOST_LINKED = 1000
"""Matches of a search inside a search."""

Codes = Callable[[str, fhir.Term], Awaitable[Collection[tuple[str, str]]]]
"""(modifier, value) -> (system, code) of what a code is above or below of (itself too), or what is in a value set."""
Permit = Callable[[Query], Awaitable[None]]
"""Raises Forbidden when a search may not be run under the Grant at hand."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of what was found.

    :ivar included: what came along by ``_include`` and ``_revinclude``.
    :ivar total: how many there are in all; None when it was not counted.
    :ivar next: the cursor of the next page (``_cursor``); None at the end.
    :ivar used: the parameters that were really used, for the self link.
    """

    items: list[Stored]
    total: int | None
    next: str | None
    used: list[tuple[str, str]]
    included: tuple[Stored, ...] = ()
    summary: str = "false"
    elements: frozenset[str] = frozenset()


Place = tuple[datetime | UUID, UUID]


class Search:
    """One search under one Grant."""

    def __init__(
        self, database: kernel.Database, cipher: security.Cipher, grant: security.Grant, permit: Permit,
        codes: Codes | None = None,
    ) -> None:  # fmt: skip
        self._database = database
        self._cipher = cipher
        self._grant = grant
        self._permit = permit
        self._codes = codes

    async def run(self, query: Query) -> Page:
        """The page that the query asks for. Raises TooCostly when nothing narrows the question, Invalid, Forbidden."""
        if not await self._resolve(query, 0):
            return self._page(query, [], 0, None)
        statement = self._statement(query)
        if query.summary == "count":
            return self._page(query, [], await self._total(statement), None)
        if statement.place() is None:
            items, more, total = await self._sorted(statement)
        else:
            items, more, total = await self._in_order(statement)
        if query.total and total is None:
            total = await self._total(statement)
        return self._page(query, items, total, more)

    def _statement(self, query: Query) -> Statement:
        """Raises TooCostly."""
        statement = Statement(query, self._cipher, self._grant)
        if not statement.narrowed:
            raise kernel.TooCostly("This would look through everybody. Name a person, an identifier, a code or a date.")
        return statement

    def _page(self, query: Query, items: list[Stored], total: int | None, more: str | None) -> Page:
        return Page(items, total, more, query.used, (), query.summary, query.elements)

    async def _in_order(self, statement: Statement) -> tuple[list[Stored], str | None, int | None]:
        query = statement.query
        at = cursors.place(query.cursor, statement.by_id) if query.cursor else None
        found, stopped = await self._collect(statement, at, query.count + 1, MOST_SCANNED)
        items = [one for one, _ in found[: query.count]]
        if len(found) > query.count:
            return items, cursors.of_place(found[query.count - 1][1]), None
        if stopped is not None:
            return items, cursors.of_place(stopped), None
        return items, None, len(items) if query.cursor is None else None

    async def _sorted(self, statement: Statement) -> tuple[list[Stored], str | None, int | None]:
        query = statement.query
        found, stopped = await self._collect(statement, None, MOST_SORTED + 1, MOST_COUNTED)
        if stopped is not None or len(found) > MOST_SORTED:
            raise kernel.TooCostly(
                "Too much to sort by this. Ask for less, or sort by date or _lastUpdated.", path="_sort"
            )
        order = Order(query)
        after = cursors.keys(query.cursor, order.length) if query.cursor else None
        behind = order.sorted([one for one, _ in found], after)
        more = cursors.of_keys(behind[query.count - 1][0]) if len(behind) > query.count else None
        return [one for _, one in behind[: query.count]], more, len(found)

    async def _collect(
        self, statement: Statement, at: Place | None, wanted: int, most: int
    ) -> tuple[list[tuple[Stored, Place]], Place | None]:
        """Matches with their places until there are ``wanted``, and where it stopped short (None: at the end)."""
        found: list[tuple[Stored, Place]] = []
        scanned = 0
        while scanned < most:
            step = min(max(2 * wanted, 50), 1000)
            sql, values = statement.page(at, step)
            rows = await self._database.fetch(sql, *values)
            for row in rows:
                one = stored(self._cipher, row)
                if statement.exact or fits(one.resource, statement.query):
                    found.append((one, (row["place"], row["id"])))
                    if len(found) >= wanted:
                        return found, None
            scanned += len(rows)
            if len(rows) < step:
                return found, None
            at = rows[-1]["place"], rows[-1]["id"]
        return found, at

    async def _total(self, statement: Statement) -> int | None:
        """How many there are; None where that would be too much to look at."""
        if statement.exact:
            sql, values = statement.counting()
            return await self._database.fetchval(sql, *values)
        found, stopped = await self._collect(statement, None, MOST_COUNTED, MOST_COUNTED)
        return len(found) if stopped is None and len(found) < MOST_COUNTED else None

    # Searches inside a search

    async def _resolve(self, query: Query, depth: int) -> bool:
        """Turn chains and ``_has`` into ids to look for; False where nothing can match any more."""
        if (query.chains or query.has) and depth >= MOST_CHAINED:
            raise kernel.TooCostly("At most %(most)s searches inside each other.", most=MOST_CHAINED)
        if query.lists:  # a Reader reads them before
            raise kernel.Unsupported("%(name)s cannot be asked here.", path="_list", name="_list")
        for leaf in [leaf for node in query.conditions for leaf in filters.leaves(node)]:
            await self._follow(query, leaf, depth)
        query.asked = [await self._settled(query, one, depth) if one.open else one for one in query.asked]
        for chain in query.chains:
            if chain.parameter.inside:
                inner = parse(chain.types[0], [(chain.name, chain.value)], lenient=False)
                if inner.words:
                    raise kernel.Unsupported(
                        "%(name)s cannot be asked of a Bundle's entry.", path=chain.name[:64], name=chain.name[:64]
                    )
                if not await self._resolve(inner, depth + 1):
                    return False
                query.inside.append((chain.parameter, inner))
                continue
            ids = [f"{type}/{one.id}" for type in chain.types for one in await self._inner(type, chain, depth)]
            if not ids:
                return False
            query.asked.append(fhir.Asked(chain.parameter, "", tuple(fhir.Term(id) for id in ids)))
        for has in query.has:
            ids = {
                id for one in await self._inner(has.type, has, depth) for id in _pointed(one, has.parameter, query.type)
            }
            if not ids:
                return False
            query.asked.append(fhir.Asked(fhir.SEARCH[query.type]["_id"], "", tuple(fhir.Term(id) for id in ids)))
        query.chains, query.has = [], []
        return True

    async def _follow(self, query: Query, leaf: filters.Leaf, depth: int) -> None:
        """Let a condition of a filter ask for values of its own: a chain for what it leads to."""
        if leaf.asked is not None:
            leaf.asked = await self._settled(query, leaf.asked, depth) if leaf.asked.open else leaf.asked
            return
        chain = chain_of(query.type, leaf)
        if depth >= MOST_CHAINED:
            raise kernel.TooCostly("At most %(most)s searches inside each other.", most=MOST_CHAINED)
        ids = []
        for type in chain.types:
            inner = Query(type)
            set_filter(inner, filters.Leaf(chain.name, leaf.operator, leaf.value))
            ids += [one.reference for one in await self._found(inner, leaf.name, depth)]
        if ids:
            leaf.asked = fhir.Asked(chain.parameter, "", tuple(map(fhir.Term, ids)))

    async def _settled(self, query: Query, asked: fhir.Asked, depth: int) -> fhir.Asked:
        """Which values are meant by levels of codes, by value sets, and by parts of parts."""
        if asked.parameter.kind == "reference":
            name = asked.parameter.name
            return await levels.widened(lambda inner: self._found(inner, name, depth), asked, query.person())
        if self._codes is None:
            raise kernel.Unsupported(
                "%(name)s:%(modifier)s cannot be asked here.",
                path=asked.parameter.name, name=asked.parameter.name, modifier=asked.modifier,
            )  # fmt: skip
        found = {pair for term in asked.terms for pair in await self._codes(asked.modifier, term)}
        if any(place.type == "code" and not place.system for place in asked.parameter.places):
            found |= {("", code) for _, code in found}  # of which system such a code is, nobody says
        if len(found) > MOST_LINKED:
            raise kernel.TooCostly(
                "%(name)s means more than %(most)s codes. Ask for less.",
                path=asked.parameter.name, name=asked.parameter.name, most=MOST_LINKED,
            )  # fmt: skip
        terms = tuple(fhir.Term(code, system=system) for system, code in sorted(found))
        return fhir.Asked(asked.parameter, "not" if asked.modifier == "not-in" else "", terms)

    async def _inner(self, type: str, link: Chain | Has, depth: int) -> list[Stored]:
        return await self._found(parse(type, [(link.name, link.value)], lenient=False), link.name, depth)

    async def _found(self, inner: Query, name: str, depth: int) -> list[Stored]:
        """All that a search inside this one finds, under the same Grant."""
        self._grant.may_read(inner.type)
        await self._permit(inner)
        if not await self._resolve(inner, depth + 1):
            return []
        found, stopped = await self._collect(self._statement(inner), None, MOST_LINKED + 1, MOST_COUNTED)
        if stopped is not None or len(found) > MOST_LINKED:
            raise kernel.TooCostly("%(name)s finds too many. Ask for less.", path=name[:64], name=name[:64])
        return [one for one, _ in found]


def fits(resource: dict[str, Any], query: Query) -> bool:
    """Whether a resource has all that is asked by its own values; chains are resolved before."""

    def has(asked: fhir.Asked) -> bool:
        return fhir.matches(resource, asked)

    return (
        all(map(has, query.asked))
        and all(filters.holds(node, has) for node in query.conditions)
        and all(any(fits(one, inner) for one in fhir.reached(resource, parameter)) for parameter, inner in query.inside)
        and all(words.has(resource, kind, asked) for kind, asked in query.words)
    )


def _pointed(one: Stored, parameter: fhir.Parameter, type: str) -> Iterable[str]:
    """The ids of ``type`` that a parameter of a resource points at."""
    for text in fhir.pointed_at(one.resource, parameter):
        kind, _, id = text.partition("/")
        if kind == type:
            yield id
