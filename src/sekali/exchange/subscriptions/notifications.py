"""What is sent: a Bundle of type history whose first entry is the status, as Parameters.

https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/notifications.html. An event says that something happened; what is
in the resource is read when it is sent, under the Grant that the client has then.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sekali import kernel, records, security

from .book import Event
from .subscription import Subscription
from .wanted import IG

LARGEST = 1 << 20
"""Bytes of resources in one message; what does not fit is told by its id."""
STATUS_PROFILE = f"{IG}backport-subscription-status-r4"
BUNDLE_PROFILE = f"{IG}backport-subscription-notification-r4"
Seen = Mapping[str, records.Stored]


class Notifications:
    """Makes the messages of subscriptions."""

    def __init__(self, store: records.Store, doorkeeper: security.Doorkeeper) -> None:
        self._store = store
        self._doorkeeper = doorkeeper

    async def grant(self, one: Subscription) -> security.Grant | None:
        """What the client may do now; None when there is no such client any more."""
        actor = await self._doorkeeper.system(one.client)
        if actor is None or actor.facility != one.organization:
            return None
        return security.decide(actor, security.Purpose.INTEGRATION)

    def without_events(self, one: Subscription, kind: str, content: str) -> bytes:
        """A ``handshake`` or a ``heartbeat``."""
        return _bundle(one, status_of(one, kind, content, one.numbered), b"")

    async def of_events(
        self, one: Subscription, grant: security.Grant, events: Sequence[Event], content: str,
        kind: str = "event-notification", last: int = 0,
    ) -> bytes:  # fmt: skip
        """A message of events. Audited, where it says anything about a person, before this returns.

        :param content: ``empty``, ``id-only`` or ``full-resource``. What may not be told (any more) is told as if it were
            empty: by number and time.
        :param last: the number of the last event that there is, where more are known than are told of here.
        """
        seen: dict[str, records.Stored] = {}
        if content != "empty" and events:
            keys = [_key(text) for event in events for text in (event.focus, *event.context)]
            found = await self._store.under(grant).sent(keys, one.reference)
            seen = {stored.reference: stored for stored in found}
        told = status_of(one, kind, content, last or max((event.number for event in events), default=one.numbered))
        told["parameter"] += [_event(event, seen) for event in events]
        return _bundle(one, told, _resources(one, events, seen) if content == "full-resource" else b"")


def status_of(one: Subscription, kind: str, content: str, last: int) -> dict[str, Any]:
    """The SubscriptionStatus of R5 as Parameters, without events."""
    parameters: list[dict[str, Any]] = [
        {"name": "subscription", "valueReference": {"reference": f"{one.base}/{one.reference}"}},
        {"name": "status", "valueCode": one.status if one.shaken or kind != "heartbeat" else "active"},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(last)},
    ]
    if content != "empty":
        parameters.insert(1, {"name": "topic", "valueCanonical": one.content["criteria"]})
    if one.error:
        parameters.append({"name": "error", "valueCodeableConcept": {"text": one.error}})
    return {
        "resourceType": "Parameters", "id": str(uuid4()), "meta": {"profile": [STATUS_PROFILE]}, "parameter": parameters,
    }  # fmt: skip


def _event(event: Event, seen: Seen) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [
        {"name": "event-number", "valueString": str(event.number)},
        {"name": "timestamp", "valueInstant": _instant(event.at)},
    ]
    if event.focus in seen:
        parts.append({"name": "focus", "valueReference": {"reference": event.focus}})
        parts += [
            {"name": "additional-context", "valueReference": {"reference": text}}
            for text in event.context
            if text in seen
        ]
    return {"name": "notification-event", "part": parts}


def _bundle(one: Subscription, status: dict[str, Any], more: bytes) -> bytes:
    head = kernel.encode({
        "resourceType": "Bundle", "id": str(uuid4()), "meta": {"profile": [BUNDLE_PROFILE]}, "type": "history",
        "timestamp": _instant(kernel.now()),
    })  # fmt: skip
    first = kernel.encode({
        "fullUrl": f"urn:uuid:{status['id']}", "resource": status,
        "request": {"method": "GET", "url": f"{one.reference}/$status"}, "response": {"status": "200"},
    })  # fmt: skip
    return head[:-1] + b',"entry":[' + first + more + b"]}"


def _resources(one: Subscription, events: Sequence[Event], seen: Seen) -> bytes:
    """The exact bytes of what the events are about, each once, as far as they fit."""
    named = dict.fromkeys(
        text for event in events if event.focus in seen for text in (event.focus, *event.context) if text in seen
    )
    entries, size = [], 0
    for text in named:
        stored = seen[text]
        if size + len(stored.content) > LARGEST:
            continue
        size += len(stored.content)
        method = "POST" if stored.version == 1 else "PUT"
        rest = {
            "request": {"method": method, "url": stored.type if method == "POST" else text},
            "response": {
                "status": "201" if method == "POST" else "200", "etag": f'W/"{stored.version}"',
                "lastModified": stored.updated.isoformat(timespec="milliseconds"),
            },
        }  # fmt: skip
        url = kernel.encode({"fullUrl": f"{one.base}/{text}"})[:-1]
        entries.append(b"," + url + b',"resource":' + stored.content + b"," + kernel.encode(rest)[1:])
    return b"".join(entries)


def _key(text: str) -> tuple[str, UUID]:
    type, _, id = text.partition("/")
    try:
        return type, UUID(id)
    except ValueError:
        return type, UUID(int=0)  # of another server, taken in without strictness: nothing is there


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
