"""Who is asking, and whether they may: actors, roles, the Grant, sessions, tokens, keys."""

from . import table
from .access import Grant, Purpose, Relation, decide
from .actors import SYSTEM, Actor, Role
from .doorkeeper import AccessToken, Doorkeeper
from .sensitive import LABELS, Classes, Sensitive, labels
from .vault import Vault

__all__ = [
    "LABELS", "SYSTEM", "AccessToken", "Actor", "Classes", "Doorkeeper", "Grant", "Purpose", "Relation", "Role",
    "Sensitive", "Vault", "decide", "labels", "table",
]  # fmt: skip
