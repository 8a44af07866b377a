"""Search (https://hl7.org/fhir/R4/search.html): candidates by hashed terms, then each one checked by its own values."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sekali import fhir, kernel, security

from .stored import Stored, stored

DEFAULT_COUNT = 20
MOST = 200
MOST_SCANNED = 2000
"""Candidates looked at for one page; a page may then be short and have a ``next``."""
MOST_TERMS = 30
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Page:
    """One page of what was found.

    :ivar total: how many there are in all; None when it was not counted.
    :ivar next: the cursor of the next page (``_cursor``); None at the end.
    :ivar used: the parameters that were really used, for the self link.
    """

    items: list[Stored]
    total: int | None
    next: str | None
    used: list[tuple[str, str]]


@dataclass(slots=True)
class Query:
    """What was asked, understood. ``terms`` are ANDed; within each, values are ORed."""

    type: str
    terms: list[tuple[str, list[fhir.Term]]] = field(default_factory=list)
    count: int = DEFAULT_COUNT
    newest_first: bool = True
    by_date: bool = False
    total: bool = False
    cursor: tuple[datetime, UUID] | None = None
    used: list[tuple[str, str]] = field(default_factory=list)

    def person(self) -> UUID | None:
        """The one person whose record this looks in, when the question names one."""
        for name, values in self.terms:
            if (
                len(values) == 1
                and self.type in fhir.PERSON_TYPES
                and fhir.SEARCH[self.type][name].paths == (fhir.PERSON_TYPES[self.type],)
            ):
                return _uuid(values[0].text.rpartition("/")[2])
        return None


def parse(type: str, params: Sequence[tuple[str, str]], lenient: bool) -> Query:
    """Understand the parameters. An unknown one raises Invalid; with ``lenient`` it is left out, of ``used`` too."""
    if type not in fhir.TYPES:
        raise kernel.NotFound("Sekali does not keep resources of this kind.", path=type[:64])
    if len(params) > MOST_TERMS:
        raise kernel.TooCostly("At most %(most)s search parameters.", most=MOST_TERMS)
    query = Query(type)
    for name, value in params:
        if name in _CONTROLS:
            _CONTROLS[name](query, value)
        elif name in fhir.SEARCH[type]:
            values = _split(value)
            if len(values) > MOST_TERMS:
                raise kernel.TooCostly("At most %(most)s values of one search parameter.", path=name, most=MOST_TERMS)
            query.terms.append((name, [fhir.parse_term(type, name, one) for one in values]))
        elif lenient:
            continue
        else:
            raise kernel.Invalid(
                "%(type)s has no search parameter %(name)s.", path=name[:64], type=type, name=name[:64]
            )
        if name != "_cursor":
            query.used.append((name, value))
    return query


async def run(database: kernel.Database, query: Query, grant: security.Grant) -> Page:
    """The page that the query asks for. Raises TooCostly when nothing narrows the question."""
    sql, values = _statement(query, grant)
    wanted = query.count + 1
    found, scanned, last = await _collect(database, query, sql, values, wanted, query.cursor)
    more = len(found) >= wanted or last is not None
    items = found[: query.count]
    cursor = None
    if more:
        cursor = _cursor(_place(query, items[-1]) if len(found) >= wanted else last)
    total = len(items) if not more and query.cursor is None else None
    if query.total and total is None:
        everything, _, rest = await _collect(database, query, sql, values, MOST_COUNTED, None, MOST_COUNTED)
        total = len(everything) if rest is None and len(everything) < MOST_COUNTED else None
    return Page(items, total, cursor, query.used)


async def _collect(
    database: kernel.Database,
    query: Query,
    sql: str,
    values: list[Any],
    wanted: int,
    cursor: tuple[datetime, UUID] | None,
    most: int = MOST_SCANNED,
) -> tuple[list[Stored], int, tuple[datetime, UUID] | None]:
    """Matches until there are ``wanted``, how many were looked at, and where it stopped short (None: at the end)."""
    found: list[Stored] = []
    scanned = 0
    while scanned < most:
        step = min(max(2 * wanted, 50), 1000)
        at, id = cursor or (None, None)
        rows = await database.fetch(sql, *values, at, id, step)
        for row in rows:
            one = stored(row)
            if all(any(fhir.matches(one.resource, name, term) for term in terms) for name, terms in query.terms):
                found.append(one)
                if len(found) >= wanted:
                    return found, scanned, None
        scanned += len(rows)
        if len(rows) < step:
            return found, scanned, None
        cursor = rows[-1]["place"], rows[-1]["id"]
    return found, scanned, cursor


def _statement(query: Query, grant: security.Grant) -> tuple[str, list[Any]]:
    """The SQL for candidates. Its text is put together from constants only; every value is a parameter."""
    where, values = ["type = $1", "not deleted"], [query.type]

    def add(condition: str, value: Any) -> None:
        values.append(value)
        where.append(condition.format(f"${len(values)}"))

    subject = grant.subject if query.type not in fhir.CITY_TYPES else None
    person = subject or query.person()
    narrowed = person is not None or query.type in fhir.CITY_TYPES
    if query.type in fhir.CITY_TYPES:
        add("shard = {}", kernel.CITY)
    elif person is not None:
        add("shard = {}", kernel.shard_of(person))
        add("subject = {}", person)
    for name, terms in query.terms:
        narrowed |= _narrow(query.type, name, terms, add)
    if not narrowed:
        raise kernel.TooCostly("This would look through everybody. Name a person, an identifier, a code or a date.")
    place = "coalesce(date, '-infinity')" if query.by_date else "updated"
    order, compare = ("desc", "<") if query.newest_first else ("asc", ">")
    a, b, c = (f"${len(values) + n}" for n in (1, 2, 3))
    where.append(f"({a}::timestamptz is null or ({place}, id) {compare} ({a}, {b}::uuid))")
    sql = (
        f"select type, id, version, updated, content, subject, deleted, {place} as place from records.resource"  # noqa: S608
        f" where {' and '.join(where)} order by {place} {order}, id {order} limit {c}"
    )
    return sql, values


def _narrow(type: str, name: str, terms: list[fhir.Term], add: Any) -> bool:
    """Let the database leave out what cannot match; True when that is a real narrowing."""
    parameter = fhir.SEARCH[type][name]
    if name == "_id":
        ids = [id for id in (_uuid(term.text) for term in terms) if id is not None]
        add("shard = any({}::int[])", [kernel.shard_of(id) for id in ids])
        add("id = any({}::uuid[])", ids)
        return True
    if name == "_lastUpdated":
        return False
    if parameter.kind == "date" and parameter.indexed and len(terms) == 1 and name != "birthdate":
        return _narrow_by_date(terms[0], add)
    hashes = [fhir.candidate_hashes(type, name, term) for term in terms]
    if not all(hashes):
        return False
    if len(hashes) == 1:
        add("tokens @> {}::bigint[]", hashes[0])
    else:
        add("tokens && {}::bigint[]", [one[0] for one in hashes])
    return True


def _narrow_by_date(term: fhir.Term, add: Any) -> bool:
    """``date`` is where a resource's time begins, so only these bounds are safe before the exact check."""
    if term.prefix in ("eq", "lt", "le"):
        add("date < {}", term.until)
    if term.prefix == "eq":
        add("date >= {}", term.since)
    return term.prefix == "eq"


def _place(query: Query, one: Stored) -> tuple[datetime, UUID]:
    if not query.by_date:
        return one.updated, one.id
    return fhir.index(one.resource).date or datetime.min, one.id


def _cursor(place: tuple[datetime, UUID] | None) -> str | None:
    if place is None:
        return None
    return urlsafe_b64encode(f"{place[0].isoformat()} {place[1]}".encode()).decode()


def _set_cursor(query: Query, value: str) -> None:
    try:
        at, id = urlsafe_b64decode(value.encode()).decode().split(" ")
        query.cursor = datetime.fromisoformat(at), UUID(id)
    except ValueError:
        raise kernel.Invalid(
            "This is not a page of this search. Start again from the first page.", path="_cursor"
        ) from None


def _set_count(query: Query, value: str) -> None:
    if not value.isdecimal() or len(value) > 9:
        raise kernel.Invalid("_count needs a whole number.", path="_count")
    query.count = max(1, min(int(value), MOST))


def _set_sort(query: Query, value: str) -> None:
    name = value.removeprefix("-")
    dated = {n for n, p in fhir.SEARCH[query.type].items() if p.kind == "date" and p.indexed}
    if name != "_lastUpdated" and name not in dated:
        raise kernel.Invalid("%(type)s cannot be sorted by %(name)s.", path="_sort", type=query.type, name=name[:64])
    query.newest_first = value.startswith("-")
    query.by_date = name != "_lastUpdated"


def _set_total(query: Query, value: str) -> None:
    if value not in ("none", "estimate", "accurate"):
        raise kernel.Invalid("_total is none, estimate or accurate.", path="_total")
    query.total = value == "accurate"


_CONTROLS = {"_count": _set_count, "_sort": _set_sort, "_total": _set_total, "_cursor": _set_cursor}
CONTROLS = frozenset(_CONTROLS) - {"_cursor"}


def _split(value: str) -> list[str]:
    """Values by comma; ``\\,`` is a comma within one."""
    parts = [part.replace("\0", ",") for part in value.replace("\\,", "\0").split(",")]
    return [part for part in parts if part] or [""]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
