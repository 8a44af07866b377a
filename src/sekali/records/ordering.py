"""An order that no index keeps: matches are sorted after they were found. What has no value comes last."""

from collections.abc import Callable
from datetime import UTC
from functools import cmp_to_key

from sekali import fhir

from .query import Query
from .stored import Stored

LONGEST = 200
"""Letters of a value that count for its place; it stands in the links between pages."""
Keys = tuple[str, ...]


class Order:
    """The order that a search asked for. The last key is the id, so no two resources stand at one place."""

    def __init__(self, query: Query) -> None:
        self._backwards = [backwards for _, backwards in query.sort]
        self._key_of = [_key(query.type, name, backwards) for name, backwards in query.sort]

    @property
    def length(self) -> int:
        """How many keys a place has."""
        return len(self._key_of) + 1

    def keys(self, one: Stored) -> Keys:
        """Where a resource stands."""
        return (*(key(one)[:LONGEST] for key in self._key_of), str(one.id))

    def sorted(self, found: list[Stored], after: Keys | None) -> list[tuple[Keys, Stored]]:
        """Those behind ``after`` (all, where it is None), each with its place."""
        placed = ((self.keys(one), one) for one in found)
        behind = [pair for pair in placed if after is None or self._compare(after, pair[0]) < 0]
        return sorted(behind, key=cmp_to_key(lambda a, b: self._compare(a[0], b[0])))

    def _compare(self, a: Keys, b: Keys) -> int:
        """Below 0 where ``a`` comes first."""
        for one, other, backwards in zip(a, b, [*self._backwards, False], strict=True):
            if one != other:
                if not (one and other):
                    return -1 if one else 1
                return -1 if (one < other) != backwards else 1
        return 0


def _key(type: str, name: str, backwards: bool) -> Callable[[Stored], str]:
    if name == "_lastUpdated":
        return lambda one: one.updated.astimezone(UTC).isoformat(timespec="microseconds")
    if name == "_id":
        return lambda one: str(one.id)
    parameter = fhir.SEARCH[type][name]
    return lambda one: fhir.sort_key(one.resource, parameter, backwards)
