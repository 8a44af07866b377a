"""What comes along with a page: ``_include`` and ``_revinclude`` (https://hl7.org/fhir/R4/search.html#revinclude)."""

from collections.abc import Awaitable, Callable, Collection, Iterable
from uuid import UUID

from sekali import fhir, kernel, security

from .query import Include, Query
from .seal import SHOWN
from .stored import Stored, stored

MOST_INCLUDED = 1000
MOST_ROUNDS = 4
"""How far ``:iterate`` goes."""

POINTING = f"""
select type, id, version, updated, content, subject, deleted from records.resource
where type = $1 and tokens && $2::bigint[] and not deleted and {SHOWN.format("$4", "$5")}
order by updated desc, id desc limit $3
"""  # noqa: S608 - constants only
Read = Callable[[list[tuple[str, UUID]]], Awaitable[list[Stored]]]
Visible = Callable[[list[Stored]], Awaitable[list[Stored]]]
Asks = tuple[UUID | None, str | None]


async def included(
    database: kernel.Database, cipher: security.Cipher, query: Query, items: list[Stored], read: Read, visible: Visible,
    asks: Asks,
) -> list[Stored]:  # fmt: skip
    """Everything that the includes of a query bring, each once, at most 1,000.

    :param read: reads what is there of (type, id) and may be seen.
    :param visible: of what was found, what may be seen.
    :param asks: who asks and why, see ``seal.asks``.
    """
    seen = {(one.type, one.id) for one in items}
    found: list[Stored] = []
    fresh = items
    for round_ in range(MOST_ROUNDS):
        wanted = [one for one in query.includes if round_ == 0 or one.iterate]
        if not fresh or not wanted:
            break
        new = [
            one for include in wanted for one in await _follow(database, cipher, include, fresh, read, visible, asks)
        ]
        fresh = []
        for one in new:
            if (one.type, one.id) not in seen and len(found) < MOST_INCLUDED:
                seen.add((one.type, one.id))
                fresh.append(one)
                found.append(one)
    return found


async def _follow(
    database: kernel.Database, cipher: security.Cipher, include: Include, from_: list[Stored], read: Read,
    visible: Visible, asks: Asks,
) -> list[Stored]:  # fmt: skip
    if include.reverse:
        return await _pointing(database, cipher, include, from_, visible, asks)
    keys = dict.fromkeys(
        key
        for one in from_
        if one.type == include.type
        for key in _targets(one, include)
        if not include.target or key[0] == include.target
    )
    return await read(list(keys)[:MOST_INCLUDED])


def _targets(one: Stored, include: Include) -> Iterable[tuple[str, UUID]]:
    if include.name == "*":
        yield from pointed_at([one], fhir.TYPES)
        return
    for text in fhir.pointed_at(one.resource, fhir.SEARCH[include.type][include.name]):
        type, _, id = text.partition("/")
        uuid = kernel.as_uuid(id)
        if type in fhir.TYPES and uuid is not None:
            yield type, uuid


def pointed_at(some: Iterable[Stored], types: Collection[str]) -> list[tuple[str, UUID]]:
    """(type, id) of all of these types that resources point at, each once, of ids of this server's form."""
    keys = dict.fromkeys(key for one in some for key in sorted(fhir.references(one.content)) if key[0] in types)
    return [(type, found) for type, id in keys if (found := kernel.as_uuid(id)) is not None]


async def _pointing(
    database: kernel.Database, cipher: security.Cipher, include: Include, at: list[Stored], visible: Visible, asks: Asks
) -> list[Stored]:
    """What points at any of these. (A target in ``_revinclude`` says which of them count.)"""
    own = fhir.SEARCH[include.type]
    parameters = (
        [one for one in own.values() if one.kind == "reference"] if include.name == "*" else [own[include.name]]
    )
    texts = [one.reference for one in at if not include.target or one.type == include.target]
    found: dict[UUID, Stored] = {}
    for parameter in parameters:
        asked = fhir.Asked(parameter, "", tuple(fhir.Term(text) for text in texts))
        lookup = fhir.lookup(asked) if texts else None
        if lookup is None:
            continue
        rows = await database.fetch(POINTING, include.type, cipher.every_term(lookup.hashes), MOST_INCLUDED, *asks)
        some = [stored(cipher, row) for row in rows]
        found |= {one.id: one for one in some if fhir.matches(one.resource, asked)}
    return await visible(list(found.values()))
