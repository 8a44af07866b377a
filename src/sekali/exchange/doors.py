"""What the exchange stands in front of."""

from dataclasses import dataclass

from sekali import audit, identity, records, security

from .bulk import Bulk
from .requestlog import RequestLog
from .subscriptions import Subscriptions


@dataclass(frozen=True, slots=True)
class Doors:
    """Joined by ``app``."""

    store: records.Store
    directory: identity.Directory
    doorkeeper: security.Doorkeeper
    bulk: Bulk
    log: RequestLog
    subscriptions: Subscriptions
    trail: audit.Trail
