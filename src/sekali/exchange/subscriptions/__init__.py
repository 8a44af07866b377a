"""Subscriptions by topic: http://hl7.org/fhir/uv/subscriptions-backport, STU 1.1. Why it is made so: ADR 18."""

from .book import Patience
from .endpoints import Policy
from .outbox import Outbox
from .sockets import sockets_url
from .subscription import SUBSCRIPTIONS
from .subscriptions import Subscriptions
from .topics import TOPICS, Topic

__all__ = ["SUBSCRIPTIONS", "TOPICS", "Outbox", "Patience", "Policy", "Subscriptions", "Topic", "sockets_url"]
