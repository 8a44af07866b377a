"""FHIR R4 as pure functions: names, validity, what a resource can be found by. No driver, no server."""

from .definitions import R4
from .elements import named_at, people_at, place_of, references, split_reference, subject_of, values_at
from .names import *  # noqa: F403 - the field's names are this module's vocabulary
from .names import __all__ as _names
from .parameters import MAIN_DATE, PART_OF, SEARCH, Parameter
from .patch import JSON_PATCH, patched, unwrapped
from .profiles import Profile, profiles, read_profile
from .profiles import check as check_profile
from .satusehat import beyond as beyond_profile
from .satusehat import faults as satusehat_faults
from .satusehat import own_number, rule_of
from .search import (
    EDITIONS,
    MODIFIERS,
    Asked,
    Indexed,
    Lookup,
    Term,
    fold,
    index,
    interval,
    lookup,
    matches,
    pointed_at,
    reached,
    sort_key,
)
from .search import parse as parse_term
from .search.indexing import term_hash
from .search.terms import split
from .subsets import subset
from .types import CITY_TYPES, MUST_NAME, PERSON_TYPES, TYPES, require_kind
from .validation import require_valid, validate
from .xml import from_xml, to_xml

__all__ = [
    "CITY_TYPES", "EDITIONS", "JSON_PATCH", "MAIN_DATE", "MODIFIERS", "MUST_NAME", "PART_OF", "PERSON_TYPES", "R4",
    "SEARCH", "TYPES", "Asked", "Indexed", "Lookup", "Parameter", "Profile", "Term", "beyond_profile", "check_profile",
    "fold", "from_xml", "index", "interval", "lookup", "matches", "named_at", "own_number", "parse_term", "patched", "people_at",
    "place_of", "pointed_at", "profiles", "reached", "read_profile", "references", "require_kind", "require_valid",
    "rule_of", "satusehat_faults", "sort_key", "split", "split_reference", "subject_of", "subset", "term_hash",
    "to_xml", "unwrapped", "validate", "values_at",
    *_names,
]  # fmt: skip
