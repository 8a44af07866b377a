"""FHIR R4 and OAuth over HTTP, with SATUSEHAT's paths and shapes."""

from sekali import security

from .bulk import JOBS, Bulk, Job
from .copies import Copies
from .dialect import keep_satusehats_rules
from .doors import Doors
from .forgetting import forget
from .operations.terminology import codes
from .outcomes import failure_response
from .requestlog import RequestLog
from .routes import BASE, routes
from .subscriptions import SUBSCRIPTIONS, Outbox, Patience, Policy, Subscriptions

AT_REST: tuple[security.Table, ...] = (JOBS, SUBSCRIPTIONS)
"""What is sealed here."""

__all__ = [
    "AT_REST", "BASE", "Bulk", "Copies", "Doors", "Job", "Outbox", "Patience", "Policy", "RequestLog", "Subscriptions", "codes",
    "failure_response", "forget", "keep_satusehats_rules", "routes",
]  # fmt: skip
