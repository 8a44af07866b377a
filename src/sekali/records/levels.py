"""``:above`` and ``:below`` of references: kinds whose resources are parts of each other (Location, Organization, Task …).

https://hl7.org/fhir/R4/search.html#recursive. Each level is a search of its own, under the same Grant and the same rule of
whom a facility may read; of what is one person's, it is about the person that the whole question names.
"""

from collections.abc import Awaitable, Callable, Iterable
from uuid import UUID

from sekali import fhir, kernel

from .query import Query
from .stored import Stored

MOST_LEVELS = 16
MOST_PARTS = 1000
Ask = Callable[[Query], Awaitable[list[Stored]]]


async def widened(ask: Ask, asked: fhir.Asked, person: UUID | None) -> fhir.Asked:
    """The same question with all that is above or below the resources it names, and these. Raises TooCostly, Forbidden.

    :param ask: runs a search inside the search.
    """
    seen = dict.fromkeys(term.text for term in asked.terms)
    frontier = list(seen)
    for _ in range(MOST_LEVELS):
        found = [one for query in _queries(frontier, asked.modifier, person) for one in await ask(query)]
        frontier = [text for text in dict.fromkeys(_next(found, asked.modifier)) if text not in seen]
        seen |= dict.fromkeys(frontier)
        if len(seen) > MOST_PARTS:
            break
        if not frontier:
            return fhir.Asked(asked.parameter, "", tuple(fhir.Term(text, text) for text in seen))
    raise kernel.TooCostly(
        "%(name)s finds too many. Ask for less.", path=asked.parameter.name, name=asked.parameter.name
    )


def _queries(texts: list[str], modifier: str, person: UUID | None) -> Iterable[Query]:
    """For each kind one search: for what is a part of these, or for these themselves."""
    for type in sorted({text.partition("/")[0] for text in texts} & fhir.PART_OF.keys()):
        own = [text for text in texts if text.startswith(f"{type}/")]
        known = fhir.SEARCH[type]
        if modifier == "below":
            asked = fhir.Asked(known[fhir.PART_OF[type]], "", tuple(fhir.Term(text, text) for text in own))
        else:
            asked = fhir.Asked(known["_id"], "", tuple(fhir.Term(text.partition("/")[2]) for text in own))
        owner = next((one for one in known.values() if one.owner), None)
        whose = [fhir.Asked(owner, "", (fhir.Term(f"Patient/{person}"),))] if owner and person else []
        yield Query(type, [asked, *whose])


def _next(found: list[Stored], modifier: str) -> Iterable[str]:
    for one in found:
        if modifier == "below":
            yield one.reference
        else:
            yield from fhir.pointed_at(one.resource, fhir.SEARCH[one.type][fhir.PART_OF[one.type]])
