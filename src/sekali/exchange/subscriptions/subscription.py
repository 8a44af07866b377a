"""A Subscription as it is kept, and as its client sees it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sekali import kernel, security

from . import signing
from .wanted import SECRET, shown


@dataclass(frozen=True, slots=True)
class Subscription:
    """A row of subscription.subscription.

    :ivar client: the actor of the client whose it is.
    :ivar content: what the client sent, without what the server says itself.
    :ivar base: this server's address, as the client knows it.
    :ivar wish: how often the client has said what it wants; an attempt for an earlier wish changes nothing any more.
    :ivar shaken: whether the handshake was taken.
    :ivar numbered: the number of the last event; ``delivered``: of the last that was taken over.
    """

    id: UUID
    client: UUID
    organization: UUID
    content: dict[str, Any]
    base: str
    version: int
    updated: datetime
    status: str
    error: str
    secret: bytes
    former_secret: bytes | None
    former_until: datetime | None
    wish: int
    shaken: bool
    numbered: int
    delivered: int
    failures: int
    due_at: datetime
    beat_at: datetime | None

    @property
    def reference(self) -> str:
        """``Subscription/id``."""
        return f"Subscription/{self.id}"

    def secrets(self, at: datetime) -> list[bytes]:
        """What a message is signed with: after a change for a while with the former secret too."""
        former = self.former_secret if self.former_until is not None and at < self.former_until else None
        return [self.secret, *([former] if former is not None else [])]

    def resource(self, secret: bytes | None = None) -> dict[str, Any]:
        """The resource for its client; with its secret only when that is new."""
        kept = shown(self.content)
        meta = kept.pop("meta", {}) | {
            "versionId": str(self.version),
            "lastUpdated": self.updated.isoformat(timespec="milliseconds"),
        }
        told = {"status": self.status} | ({"error": self.error} if self.error else {})
        if secret is not None:
            extension = {"url": SECRET, "valueString": signing.shown(secret)}
            kept["channel"] = kept["channel"] | {"extension": [*kept["channel"].get("extension", ()), extension]}
        kept.pop("resourceType", None)
        return {"resourceType": "Subscription", "id": str(self.id), "meta": meta} | kept | told


SEALED = ("secret", "former_secret", "content")
"""What only the server's key opens: what messages are signed with, and what may hold a token of the subscriber's."""


def purpose(id: UUID) -> str:
    """Whose a seal is."""
    return SUBSCRIPTIONS.purpose.format(id)


SUBSCRIPTIONS = security.Locked("subscription.subscription", ("id",), SEALED, purpose="subscription {}")


def subscription(row: kernel.Row, vault: security.Vault) -> Subscription:
    """A row of subscription.subscription. Raises Unavailable when it was sealed with another key."""
    values = {name: row[name] for name in Subscription.__dataclass_fields__}
    opened = {name: vault.open(row[name], purpose(row["id"])) for name in SEALED if row[name] is not None}
    return Subscription(**values | opened | {"content": kernel.decode(opened["content"])})
