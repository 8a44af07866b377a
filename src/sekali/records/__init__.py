"""What is kept: FHIR R4 resources, as the exact bytes, every version for ever, and no look without a Grant."""

from .change import Change, Writing
from .prepared import Prepared, prepare
from .search import Page
from .store import Reader, Relations, Store, Watcher
from .stored import Stored

__all__ = ["Change", "Page", "Prepared", "Reader", "Relations", "Store", "Stored", "Watcher", "Writing", "prepare"]
