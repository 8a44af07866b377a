"""What the exchange stands in front of."""

from collections.abc import Sequence
from dataclasses import dataclass

from sekali import audit, identity, kernel, records, security

from .bulk import Bulk
from .requestlog import RequestLog
from .subscriptions import Subscriptions


@dataclass(frozen=True, slots=True)
class Doors:
    """Joined by ``app``.

    :ivar addresses, accounts: how often each may ask.
    :ivar reached_at: where this server is reached, the best first.
    """

    store: records.Store
    directory: identity.Directory
    doorkeeper: security.Doorkeeper
    bulk: Bulk
    log: RequestLog
    subscriptions: Subscriptions
    trail: audit.Trail
    addresses: kernel.Rates
    accounts: kernel.Rates
    reached_at: Sequence[str]
