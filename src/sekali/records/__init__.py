"""What is kept: FHIR R4 resources, as the exact bytes, every version for ever, and no look without a Grant."""

from sekali import security

from .change import Change, Writing, event
from .chart import Chart
from .destroying import DESTRUCTION, RETENTION, alone, destroy, last_cared, people, quiet, stay
from .extract import Extract, moment, parse_filter
from .introduction import numbers_of
from .packed import COLUMNS, Ready, Stamp, packed, ready
from .prepared import Prepared, prepare, preparing
from .query import Query
from .reader import ALWAYS, EVER, MOST_HISTORY, Codes, Reader, Relations
from .rekeying import Resources, Versions
from .renewal import renew
from .seal import shown_to
from .sealing import Owned, Seals
from .search import Page
from .store import Store, Taking, Watcher, standing
from .stored import Stored
from .transaction import Plan, carry_out, look, plan
from .twins import twin

AT_REST: tuple[security.Table, ...] = (Resources(), Versions())
"""What is sealed here; versions after what is in use."""

__all__ = [
    "ALWAYS", "AT_REST", "COLUMNS", "DESTRUCTION", "EVER", "MOST_HISTORY", "RETENTION", "Change", "Chart", "Codes", "Extract",
    "Owned", "Page", "Plan", "Prepared", "Query", "Reader", "Ready", "Relations", "Seals", "Stamp", "Store", "Stored",
    "Taking", "Watcher", "Writing", "alone", "carry_out", "destroy", "event", "last_cared", "look", "moment",
    "numbers_of", "packed", "parse_filter", "people", "plan", "prepare", "preparing", "quiet", "ready", "renew", "shown_to",
    "standing", "stay", "twin",
]  # fmt: skip
