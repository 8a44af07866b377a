"""FHIR R4 as pure functions: names, validity, what a resource can be found by. No driver, no server."""

from .elements import references, subject_of, values_at
from .names import *  # noqa: F403 - the field's names are this module's vocabulary
from .names import __all__ as _names
from .parameters import SEARCH, Parameter
from .search import Indexed, Term, candidate_hashes, fold, index, matches, parse_term
from .types import CITY_TYPES, PERSON_TYPES, TYPES
from .validation import require_valid, validate

__all__ = [
    "CITY_TYPES",
    "PERSON_TYPES",
    "SEARCH",
    "TYPES",
    "Indexed",
    "Parameter",
    "Term",
    "candidate_hashes",
    "fold",
    "index",
    "matches",
    "parse_term",
    "references",
    "require_valid",
    "subject_of",
    "validate",
    "values_at",
    *_names,
]
