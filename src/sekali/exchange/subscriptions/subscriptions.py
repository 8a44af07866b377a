"""Subscriptions, joined."""

from contextlib import AbstractAsyncContextManager

from sekali import kernel, records, security

from .bell import Bell
from .book import Book, Patience
from .endpoints import Policy
from .notifications import Notifications
from .outbox import Outbox
from .sender import Sender
from .sockets import Sockets


class Subscriptions:
    """What hospitals want to be told of, and the telling of it.

    :param outbox: writes events down; also a watcher of ``store``.
    """

    def __init__(
        self, database: kernel.Database, store: records.Store, doorkeeper: security.Doorkeeper, outbox: Outbox,
        policy: Policy, patience: Patience, vault: security.Vault,
    ) -> None:  # fmt: skip
        bell = Bell()
        self.book = Book(database, outbox, policy, patience, vault)
        self.notifications = Notifications(store, doorkeeper)
        self.sender = Sender(self.book, self.notifications, bell)
        self.sockets = Sockets(self.book, self.notifications, doorkeeper, bell)

    def working(self) -> AbstractAsyncContextManager[None]:
        """Tell subscribers while the block runs, together with all other processes."""
        return self.sender.working()
