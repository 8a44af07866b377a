"""A person's chart: all that is kept of them, newest first (https://hl7.org/fhir/R4/patient-operation-everything.html).

A page costs what is on it, however long the chart is: its rows stand in the index ``resource_chart`` in this order.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from uuid import UUID

from sekali import fhir, kernel, security

from . import cursors
from .stored import Stored, stored

SQL = kernel.queries(__file__)
MOST_NAMING = 200
"""Of what names the person without being theirs alone, at most so much comes along, with the last page."""
NAMED = frozenset({"Organization", "Practitioner", "PractitionerRole", "Location", "Medication"})
"""The city's kinds that come along when something on the page names them."""
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Chart:
    """What is asked of a chart.

    :ivar types: only these kinds; None for all that the Grant reads.
    :ivar since: only what was changed at this time or later.
    :ivar start: only what happened at this time or later, and before ``end``; what has no date is always there.
    """

    person: UUID
    types: frozenset[str] | None
    since: datetime = _FIRST
    start: datetime = _FIRST
    end: datetime = _LAST
    count: int = 100
    cursor: str | None = None


async def own(
    database: kernel.Database, cipher: security.Cipher, asked: Chart, types: Collection[str],
    asks: tuple[UUID | None, str | None],
) -> tuple[list[Stored], str | None]:  # fmt: skip
    """One page of what is this person's alone, but for the Patient, and the cursor of the next. Raises Invalid."""
    at, id = cursors.place(asked.cursor) if asked.cursor else (_LAST, UUID(int=2**128 - 1))
    rows = await database.fetch(
        SQL.page, asked.person, asked.start, asked.end, at, id, sorted(types), asked.since, asked.count + 1,
        *asks,
    )  # fmt: skip
    found = [stored(cipher, row) for row in rows[: asked.count]]
    more = cursors.of_place((rows[asked.count - 1]["date"], found[-1].id)) if len(rows) > asked.count else None
    return found, more


async def naming(
    database: kernel.Database, cipher: security.Cipher, asked: Chart, types: Collection[str],
    asks: tuple[UUID | None, str | None],
) -> list[Stored]:  # fmt: skip
    """The rest of the patient compartment: what names the person, and is another's or several people's."""
    hashes = [fhir.term_hash(type, index, f"Patient/{asked.person}") for type, index in _elsewhere() if type in types]
    rows = await database.fetch(
        SQL.naming, cipher.every_term(hashes), sorted(types), asked.person, asked.since, asked.start, asked.end, MOST_NAMING,
        *asks,
    )  # fmt: skip
    return [stored(cipher, row) for row in rows]


@cache
def _elsewhere() -> tuple[tuple[str, str], ...]:
    """(kind, index) by which R4's patient compartment reaches beyond a resource's one owner.

    The index of the owner itself is left out: it would find the whole chart again.
    """
    found = set()
    for type, names in fhir.R4.patient.items():
        own = fhir.SEARCH.get(type, {})
        owners = {one.index for one in own.values() if one.owner}
        found |= {(type, own[name].index) for name in names if name in own and own[name].index not in owners}
    return tuple(sorted(found))
