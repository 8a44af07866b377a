"""The closed catalogue of events."""

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class Kind(StrEnum):
    """All that is ever written down; docs/audit-events.md explains each."""

    LOOKED = "looked"
    SEARCHED = "searched"
    WROTE = "wrote"
    DELETED = "deleted"
    LOADED = "loaded"
    EXPORTED = "exported"
    FETCHED = "fetched"
    BACKED_UP = "backed-up"
    RESTORED = "restored"
    KEYS_CHANGED = "keys-changed"
    SUBSCRIBED = "subscribed"
    NOTIFIED = "notified"
    REGISTERED = "registered"
    CHECKED_IN = "checked-in"
    REFERRED = "referred"
    REFERRAL_ANSWERED = "referral-answered"
    SENT_BACK = "sent-back"
    CONSENTED = "consented"
    GUARDIAN_BEGUN = "guardian-begun"
    GUARDIAN_ENDED = "guardian-ended"
    EMERGENCY_OPENED = "emergency-opened"
    EMERGENCY_REVIEWED = "emergency-reviewed"
    LOGGED_IN = "logged-in"
    LOGGED_OUT = "logged-out"
    LOGIN_REFUSED = "login-refused"
    LOCKED = "locked"
    ACTIVATED = "activated"
    TOKEN_ISSUED = "token-issued"  # noqa: S105 - the name of an event
    TOKEN_REFUSED = "token-refused"  # noqa: S105
    CLIENT_CHANGED = "client-changed"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105
    SECOND_FACTOR_SET = "second-factor-set"
    SECOND_FACTOR_REMOVED = "second-factor-removed"
    RECOVERY_CODE_USED = "recovery-code-used"
    PASSKEY_ADDED = "passkey-added"
    PASSKEY_REMOVED = "passkey-removed"
    PROVIDER_LINKED = "provider-linked"
    PROVIDER_UNLINKED = "provider-unlinked"
    SESSIONS_ENDED = "sessions-ended"
    EMERGENCY_ACCOUNT = "emergency-account"
    SENDER_REFUSED = "sender-refused"
    INVITED = "invited"
    COHORT_CHANGED = "cohort-changed"
    PLAN_CHANGED = "plan-changed"
    REVIEWED = "reviewed"
    SCORED = "scored"
    PANEL_SET = "panel-set"
    AWARDED = "awarded"
    REVEALED = "revealed"
    CERTIFIED = "certified"
    ANCHORS_BEGUN = "anchors-begun"
    QUESTIONED = "questioned"
    QUESTION_ANSWERED = "question-answered"
    RIGHT_ASKED = "right-asked"
    RIGHT_ANSWERED = "right-answered"
    RIGHT_WITHDRAWN = "right-withdrawn"
    BREACH_RECORDED = "breach-recorded"
    BREACH_TOLD = "breach-told"
    DESTRUCTION_PROPOSED = "destruction-proposed"
    RETENTION_HELD = "retention-held"
    RETENTION_RELEASED = "retention-released"
    DESTROYED = "destroyed"


REFUSED_AT_THE_DOOR = frozenset({Kind.LOGIN_REFUSED, Kind.LOCKED, Kind.TOKEN_REFUSED, Kind.SENDER_REFUSED})
AT_THE_DOOR = REFUSED_AT_THE_DOOR | {
    Kind.LOGGED_IN, Kind.LOGGED_OUT, Kind.ACTIVATED, Kind.TOKEN_ISSUED, Kind.CLIENT_CHANGED, Kind.PASSWORD_CHANGED,
    Kind.SECOND_FACTOR_SET, Kind.SECOND_FACTOR_REMOVED, Kind.RECOVERY_CODE_USED, Kind.PASSKEY_ADDED, Kind.PASSKEY_REMOVED,
    Kind.SESSIONS_ENDED, Kind.EMERGENCY_ACCOUNT, Kind.PROVIDER_LINKED, Kind.PROVIDER_UNLINKED,
}  # fmt: skip
"""Who came in, and by what they may; nobody's data was touched."""


class Event(NamedTuple):
    """One thing that was done.

    :ivar citizen: the person whose data it was, when it was one person's.
    :ivar purpose: why, in the words of ``security.Purpose``.
    :ivar basis: the legal ground, as decided with the Grant.
    :ivar what: FHIR types or a type/id; never content.
    """

    kind: Kind
    actor: UUID
    actor_name: str
    role: str
    facility: UUID | None
    citizen: UUID | None
    purpose: str
    basis: str
    what: str
    detail: str = ""
