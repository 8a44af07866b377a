"""What the exchange stands in front of."""

from collections.abc import Sequence
from dataclasses import dataclass

from sekali import identity, records, security

from .bulk import Bulk
from .requestlog import RequestLog
from .subscriptions import Subscriptions


@dataclass(frozen=True, slots=True)
class Doors:
    """Joined by ``app``.

    :ivar addresses: where this server is reached, the best first.
    """

    store: records.Store
    directory: identity.Directory
    doorkeeper: security.Doorkeeper
    bulk: Bulk
    log: RequestLog
    subscriptions: Subscriptions
    addresses: Sequence[str]
