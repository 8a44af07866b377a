"""What is written down of comings and goings."""

from sekali import audit

from .actors import Actor


def at_the_door(kind: audit.Kind, actor: Actor, detail: str = "") -> audit.Event:
    """The event of somebody at the door; it concerns nobody's data but a citizen's own."""
    assert kind in audit.AT_THE_DOOR, "whoever tells of the audit knows these apart"
    return audit.Event(
        kind, actor.id, actor.signature, actor.role.value, actor.facility, actor.citizen, "", "", "", detail
    )
