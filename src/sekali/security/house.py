"""The house rules: what the operator settles about coming in."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from .actors import Role
from .provider import ProviderSettings


@dataclass(frozen=True, slots=True)
class House:
    """Made by ``app`` from the settings.

    :ivar addresses: where people reach the server; passkeys are bound to the host.
    :ivar idle: a session that is not used for so long ends.
    :ivar second_factor: roles that may not come in by a password alone.
    :ivar breached: a local file of breached passwords, or None. See :class:`~.passwords.Passwords`.
    :ivar provider: an external OpenID provider by which staff may come in, or None.
    :ivar operator: how long the operators' emergency account lasts.
    """

    addresses: tuple[str, ...] = ()
    idle: timedelta = timedelta(hours=1)
    second_factor: frozenset[Role] = frozenset()
    breached: Path | None = None
    provider: ProviderSettings | None = None
    operator: timedelta = timedelta(hours=1)
