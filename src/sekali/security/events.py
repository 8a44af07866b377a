"""What is written down of comings and goings."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sekali import audit

from .actors import SYSTEM, Actor


def at_the_door(kind: audit.Kind, actor: Actor, detail: str = "") -> audit.Event:
    """The event of somebody at the door; it concerns nobody's data but a citizen's own."""
    assert kind in audit.AT_THE_DOOR, "whoever tells of the audit knows these apart"
    return audit.Event(
        kind, actor.id, actor.signature, actor.role.value, actor.facility, actor.citizen, "", "", "", detail
    )


def by_operator(kind: audit.Kind, account: Mapping[str, Any], by: Actor = SYSTEM) -> audit.Event:
    """The operator's own hand: at the server told as the program's, with the account it was about."""
    about: UUID = account["id"]
    return at_the_door(kind, by, f"by the operator, for {about}")._replace(
        facility=account["facility"], citizen=account["citizen"]
    )
