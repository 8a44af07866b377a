"""Who is asking, and whether they may: actors, roles, the Grant, sessions, tokens, keys."""

from .access import Grant, Purpose, Relation, decide
from .actors import SYSTEM, Actor, Role
from .assertions import ALGORITHMS, keys_in
from .doorkeeper import AccessToken, Doorkeeper, NextStep
from .house import House
from .own_account import Overview
from .passkeys import Offer
from .second_factor import address as app_address
from .second_factor import new_secret
from .sessions import LONGEST, Device

__all__ = [
    "ALGORITHMS", "LONGEST", "SYSTEM", "AccessToken", "Actor", "Device", "Doorkeeper", "Grant", "House", "NextStep", "Offer",
    "Overview",    "Purpose", "Relation", "Role", "app_address", "decide", "keys_in", "new_secret",
]  # fmt: skip
