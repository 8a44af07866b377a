"""The request log: what a facility's own system asked lately and was answered, for the engineer who connects it."""

from .entry import Entry, Issue, strange_parts
from .log import WHO, RequestLog, Watch

__all__ = ["WHO", "Entry", "Issue", "RequestLog", "Watch", "strange_parts"]
