"""What the exchange stands in front of."""

from dataclasses import dataclass

from sekali import audit, identity, kernel, records, security

from .bulk import Bulk
from .requestlog import RequestLog
from .subscriptions import Subscriptions


@dataclass(frozen=True, slots=True)
class Doors:
    """Joined by ``app``. ``addresses`` and ``accounts``: how often each may ask."""

    store: records.Store
    directory: identity.Directory
    doorkeeper: security.Doorkeeper
    bulk: Bulk
    log: RequestLog
    subscriptions: Subscriptions
    trail: audit.Trail
    addresses: kernel.Rates
    accounts: kernel.Rates
