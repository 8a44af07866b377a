"""The SQL of a search. Its text is put together from constants and numbers only; every other value is a parameter."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sekali import fhir, kernel, security

from . import filters
from .query import Query
from .seal import SHOWN, asks
from .stored import array

COLUMNS = "type, id, version, updated, content, subject, deleted"
_MOMENTS = ("date", "dateTime", "instant")
_WIDEST = timedelta(days=366)
"""No single date is wider than a year; a period may be."""
_FIRST = datetime.min.replace(tzinfo=UTC)
_PLACES = {"_lastUpdated": ("updated", "timestamptz"), "_id": ("id", "uuid")}


class Statement:
    """Conditions with their values.

    :ivar narrowed: whether something keeps it from looking through everybody.
    :ivar exact: whether what the database finds needs no second look.
    """

    def __init__(self, query: Query, cipher: security.Cipher, grant: security.Grant) -> None:
        self.query = query
        self._cipher = cipher
        self.where = ["type = $1", "not deleted"]
        self.values: list[Any] = [query.type]
        self.exact = not (query.words or query.inside or query.conditions)
        self.narrowed = grant.purpose is security.Purpose.EXPORT
        self._whose(query, grant)
        for asked in query.asked:
            self._narrow(asked)
        for node in query.conditions:
            condition = filters.combined(node, self._index_of)
            if condition is not None:
                self.where.append(condition)
                self.narrowed = True

    def _add(self, condition: str, value: Any) -> None:
        self.values.append(value)
        self.where.append(condition.format(f"${len(self.values)}"))

    def _whose(self, query: Query, grant: security.Grant) -> None:
        if query.type in fhir.CITY_TYPES:
            self._add("shard = {}", kernel.CITY)
            self.narrowed = True
            return
        if not grant.unsealed:
            self.values += asks(grant)
            self.where.append(SHOWN.format(f"${len(self.values) - 1}", f"${len(self.values)}"))
        person = grant.subject or query.person()
        if person is not None:
            self._add("shard = {}", kernel.shard_of(person))
            self._add("id = {}" if query.type == "Patient" else "subject = {}", person)
            self.narrowed = True

    def _narrow(self, asked: fhir.Asked) -> None:
        """Let the database leave out what cannot match."""
        name, parameter = asked.parameter.name, asked.parameter
        if parameter.owner and not asked.modifier and len(asked.terms) == 1 and self.query.person() is not None:
            return  # see _whose
        if name == "_id" and not asked.modifier:
            ids = [id for id in (kernel.as_uuid(term.text) for term in asked.terms) if id is not None]
            self._add("shard = any({}::int[])", [kernel.shard_of(id) for id in ids])
            self._add("id = any({}::uuid[])", ids)
            self.narrowed = True
        elif name == "_lastUpdated" and not asked.modifier:
            self._by_change(asked)
        elif name == fhir.MAIN_DATE[parameter.type] and not asked.modifier and len(asked.terms) == 1:
            self._by_date(asked)
        else:
            self._by_index(asked)

    def _by_index(self, asked: fhir.Asked) -> None:
        condition = self._index_of(asked)
        if condition is not None:
            self.where.append(condition)
            self.narrowed = True

    def _index_of(self, asked: fhir.Asked) -> str | None:
        """The condition on the index terms that a question comes to."""
        found = fhir.lookup(asked)
        self.exact &= found is not None and found.exact
        if found is None:
            return None
        # Written out, so that the planner sees how common each one is; they are numbers of our own making.
        if not found.all:
            return f"tokens && '{array(self._cipher.every_term(found.hashes))}'::bigint[]"
        every = [f"tokens @> '{array(self._cipher.terms(found.hashes, key))}'::bigint[]" for key in self._cipher.in_use]
        return every[0] if len(every) == 1 else f"({' or '.join(every)})"

    def _by_change(self, asked: fhir.Asked) -> None:
        """Bounds that no match crosses; the exact answer is left to the second look."""
        self.exact = False
        lows = [t.since for t in asked.terms if t.prefix in ("eq", "gt", "ge", "sa")]
        highs = [t.until for t in asked.terms if t.prefix in ("eq", "lt", "le", "eb")]
        if len(lows) == len(asked.terms):
            self._add("updated >= {}", min(lows))
        if len(highs) == len(asked.terms):
            self._add("updated <= {}", max(highs))

    def _by_date(self, asked: fhir.Asked) -> None:
        """``date`` is where a resource's time begins, so only these bounds are safe before the second look."""
        self.exact = False
        (term,) = asked.terms
        if term.prefix in ("gt", "ge") and all(place.type in _MOMENTS for place in asked.parameter.places):
            self._add("date >= {}", max(term.since, _FIRST + _WIDEST) - _WIDEST)
        if term.prefix in ("eq", "lt", "le", "eb"):
            self._add("date < {}", term.until)
        if term.prefix in ("eq", "sa"):
            self._add("date >= {}", term.since)
            self.narrowed = True

    def place(self) -> tuple[str, str, bool] | None:
        """The column to go along, its type, and whether backwards; None where it must be sorted after it was found."""
        if len(self.query.sort) > 1:
            return None
        if not self.query.sort:
            return "updated", "timestamptz", True
        ((name, backwards),) = self.query.sort
        if name in _PLACES:
            return (*_PLACES[name], backwards)
        return ("date", "timestamptz", backwards) if name == fhir.MAIN_DATE[self.query.type] else None

    @property
    def by_id(self) -> bool:
        """Whether it goes along the ids."""
        place = self.place()
        return place is not None and place[1] == "uuid"

    def page(self, at: tuple[datetime | UUID, UUID] | None, count: int) -> tuple[str, list[Any]]:
        """The statement for candidates after ``at``."""
        column, kind, backwards = self.place() or ("updated", "timestamptz", True)
        order, compare = ("desc", "<") if backwards else ("asc", ">")
        where, values = [*self.where], [*self.values]
        if at is not None:
            values += at
            where.append(f"({column}, id) {compare} (${len(values) - 1}::{kind}, ${len(values)}::uuid)")
        sql = (
            f"select {COLUMNS}, {column} as place from records.resource"  # noqa: S608 - constants and numbers only
            f" where {' and '.join(where)} order by {column} {order}, id {order} limit {int(count)}"
        )
        return sql, values

    def counting(self) -> tuple[str, list[Any]]:
        """The statement for how many there are, where ``exact``."""
        return f"select count(*) from records.resource where {' and '.join(self.where)}", self.values  # noqa: S608
