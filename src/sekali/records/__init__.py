"""What is kept: FHIR R4 resources, as the exact bytes, every version for ever, and no look without a Grant."""

from .change import Change, Writing
from .chart import Chart
from .extract import Extract, moment, parse_filter
from .prepared import Prepared, prepare
from .query import Query
from .search import Page
from .store import EVER, MOST_HISTORY, Reader, Relations, Store, Watcher, standing
from .stored import Stored
from .transaction import Plan, carry_out, look, plan
from .twins import twin

__all__ = [
    "EVER", "MOST_HISTORY", "Change", "Chart", "Extract", "Page", "Plan", "Prepared", "Query", "Reader", "Relations",
    "Store", "Stored", "Watcher", "Writing", "carry_out", "look", "moment", "parse_filter", "plan", "prepare", "standing",
    "twin",
]  # fmt: skip
