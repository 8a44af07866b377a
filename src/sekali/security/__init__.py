"""Who is asking, and whether they may: actors, roles, the Grant, sessions, tokens, keys."""

from . import table
from .access import Grant, Purpose, Relation, decide
from .actors import SYSTEM, Actor, Role
from .assertions import ALGORITHMS, keys_in
from .by_provider import BACK, ByProvider, Departure, Unlinked
from .doorkeeper import Doorkeeper, NextStep
from .emergency_accounts import READERS as EMERGENCY_READERS
from .emergency_accounts import DoorState, EmergencyUse
from .house import House
from .own_account import Overview
from .passkeys import Offer
from .provider import ProviderSettings
from .scopes import SUPPORTED as SCOPES
from .scopes import Scope, require_whole, scope_of
from .second_factor import address as app_address
from .second_factor import new_secret
from .sensitive import LABELS, Classes, Sensitive, labels
from .sessions import LONGEST, Device
from .tokens import AccessToken
from .vault import Vault

__all__ = [
    "ALGORITHMS", "BACK", "EMERGENCY_READERS", "LABELS", "LONGEST", "SCOPES", "SYSTEM", "AccessToken", "Actor",
    "ByProvider", "Classes", "Departure", "Device", "DoorState", "Doorkeeper", "EmergencyUse", "Grant", "House",
    "NextStep", "Offer", "Overview", "ProviderSettings", "Purpose", "Relation", "Role", "Scope", "Sensitive",
    "Unlinked", "Vault", "app_address", "decide", "keys_in", "labels", "new_secret", "require_whole", "scope_of",
    "table",
]  # fmt: skip
