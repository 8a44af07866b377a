"""What everything stands on: failures, ids, time, text, JSON, the database, settings."""

from .clock import fhir_instant, in_zone, now, this_millisecond
from .database import Coalesced, Database, Row, Session
from .failures import (
    Broken,
    Conflict,
    Duplicate,
    Failure,
    Fault,
    Forbidden,
    Gone,
    Invalid,
    NotAcceptable,
    NotFound,
    PreconditionFailed,
    TooCostly,
    TooMany,
    TooSlow,
    Unauthenticated,
    Unavailable,
    Unprocessable,
    Unsupported,
)
from .files import keep_once, sync_folder
from .ids import CITY, Ids, as_uuid, id_of, ids_from, new_id, new_person, quick_uuid, shard_of
from .json import Raw, decode, encode, members, require_shallow
from .language import LANGUAGES, LOCALE, translate
from .logs import log_to, places
from .migrations import migrate, migrations
from .packing import packed_id, packed_numbers, packed_time, packed_value
from .postgres import Cluster, client_programs
from .processes import processes, settle
from .queries import queries
from .rates import Rates, neighbourhood
from .settings import SECRET, Network, Settings, read_settings
from .steps import Steps, side_by_side, through
from .trouble import Trouble
from .turns import Turns, beside

__all__ = [
    "Broken",
    "CITY",
    "Cluster",
    "LANGUAGES",
    "LOCALE",
    "Coalesced",
    "Conflict",
    "Database",
    "Duplicate",
    "Failure",
    "Fault",
    "Forbidden",
    "Gone",
    "Ids",
    "Invalid",
    "Network",
    "NotAcceptable",
    "NotFound",
    "PreconditionFailed",
    "Rates",
    "Raw",
    "Row",
    "SECRET",
    "Session",
    "Settings",
    "Steps",
    "TooCostly",
    "TooMany",
    "TooSlow",
    "Trouble",
    "Turns",
    "Unauthenticated",
    "Unavailable",
    "Unprocessable",
    "Unsupported",
    "as_uuid",
    "beside",
    "client_programs",
    "decode",
    "encode",
    "fhir_instant",
    "id_of",
    "ids_from",
    "in_zone",
    "keep_once",
    "log_to",
    "members",
    "migrate",
    "migrations",
    "neighbourhood",
    "new_id",
    "new_person",
    "now",
    "packed_id",
    "packed_numbers",
    "packed_time",
    "packed_value",
    "places",
    "processes",
    "queries",
    "quick_uuid",
    "read_settings",
    "require_shallow",
    "settle",
    "shard_of",
    "side_by_side",
    "sync_folder",
    "this_millisecond",
    "through",
    "translate",
]
