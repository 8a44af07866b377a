"""Who is asking, and whether they may: actors, roles, the Grant, sessions, tokens, keys."""

from . import table
from .access import Grant, Purpose, Relation, decide
from .accounts import ACCOUNTS
from .actors import SYSTEM, Actor, Role
from .assertions import ALGORITHMS, keys_in
from .by_provider import BACK, ByProvider, Departure, Unlinked
from .cipher import LONGER, PLAIN, Cipher, Key, about, number_of
from .columns import PAGE, Columns, Digests, Locked, Step, Walk
from .doorkeeper import INVITATIONS, KEYS, Doorkeeper, NextStep
from .emergency_accounts import READERS as EMERGENCY_READERS
from .emergency_accounts import DoorState, EmergencyUse
from .house import House
from .own_account import Overview
from .passkeys import Offer
from .provider import ProviderSettings
from .rekeying import Rekeying, Table
from .scopes import SUPPORTED as SCOPES
from .scopes import Scope, require_whole, scope_of
from .second_factor import SECRETS, new_secret
from .second_factor import address as app_address
from .sensitive import LABELS, Classes, Sensitive, labels
from .sessions import LONGEST, Device
from .tokens import AccessToken
from .vault import Vault

AT_REST: tuple[Table, ...] = (ACCOUNTS, INVITATIONS, SECRETS, KEYS)
"""What is sealed here."""

__all__ = [
    "ALGORITHMS", "AT_REST", "BACK", "EMERGENCY_READERS", "LABELS", "LONGER", "LONGEST", "PAGE", "PLAIN", "SCOPES", "SYSTEM",
    "AccessToken", "Actor", "ByProvider", "Cipher", "Classes", "Columns", "Departure", "Device", "Digests", "DoorState",
    "Doorkeeper", "EmergencyUse", "Grant", "House", "Key", "Locked", "NextStep", "Offer", "Overview", "ProviderSettings",
    "Purpose", "Rekeying", "Relation", "Role", "Scope", "Sensitive", "Step", "Table", "Unlinked", "Vault", "Walk", "about",
    "app_address", "decide", "keys_in", "labels", "new_secret", "number_of", "require_whole", "scope_of", "table",
]  # fmt: skip
