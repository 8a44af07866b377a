"""Who is asking, and whether they may: actors, roles, the Grant, sessions, tokens, keys."""

from .access import Grant, Purpose, Relation, decide
from .actors import SYSTEM, Actor, Role
from .doorkeeper import AccessToken, Doorkeeper
from .vault import Vault

__all__ = ["SYSTEM", "AccessToken", "Actor", "Doorkeeper", "Grant", "Purpose", "Relation", "Role", "Vault", "decide"]
