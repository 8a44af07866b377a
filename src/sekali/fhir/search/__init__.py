"""What a resource can be found by (FHIR R4 search: https://hl7.org/fhir/R4/search.html).

Each parameter turns a resource into *index terms*, kept beside it as 64-bit hashes; a search looks up candidates by them.
A candidate is always checked again by its own values (:func:`matches`), so a clash of two hashes shows nobody a wrong
person, and an index term may be coarser than the question (a month for a day).
"""

from .dates import interval
from .indexing import EDITIONS, Indexed, Lookup, index, lookup, main_date
from .matching import matches, pointed_at, reached, sort_key
from .terms import MODIFIERS, Asked, Term, parse
from .texts import fold

__all__ = [
    "EDITIONS", "MODIFIERS", "Asked", "Indexed", "Lookup", "Term", "fold", "index", "interval", "lookup", "main_date",
    "matches", "parse", "pointed_at", "reached", "sort_key",
]  # fmt: skip
