"""A duty towards a person: what is asked for, by when, and what came of it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from sekali import kernel, security

from .atrest import DUTIES
from .clock import Clock


class Kind(StrEnum):
    """What somebody may demand, and what a facility owes."""

    ACCESS = "access"
    """A copy of the own record."""
    CORRECTION = "correction"
    RESTRICTION = "restriction"
    """Not to use, not to show."""
    DELETION = "deletion"
    """Of the whole record, which the law has kept for a time."""
    QUESTION = "question"
    """Why somebody looked."""
    BREACH = "breach"
    """The facility itself tells those concerned, and the authority, of a breach of data protection."""


class Outcome(StrEnum):
    """What came of it."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    ANSWERED = "answered"
    """Of a question."""
    WITHDRAWN = "withdrawn"
    NOTICED = "noticed"
    """Of a breach: both notices have gone out."""


class Access(msgspec.Struct, frozen=True):
    """Nothing more than what is said in words."""


class Look(msgspec.Struct, frozen=True):
    """The entry of "who looked" that a question is about: the newest event of it, and who it was."""

    stream: str
    seq: int
    looked_at: datetime
    looker: UUID
    looker_name: str
    looker_role: str
    purpose: str
    parts: tuple[str, ...] = ()


class Wished(msgspec.Struct, frozen=True):
    """One field to correct: what stands there, and what should."""

    field: str
    was: str
    wished: str


class Correction(msgspec.Struct, frozen=True):
    """``proof``: what shows that the wished values are right, in the person's words."""

    changes: tuple[Wished, ...]
    proof: str


class Restriction(msgspec.Struct, frozen=True):
    """What (a label of :data:`consents.CLASSES`), for whom (None: all facilities) and until when (None: until taken back)."""

    label: str
    whom: UUID | None = None
    until: date | None = None


class Deletion(msgspec.Struct, frozen=True):
    """The last visit and the last day on which the law has the record kept, as the person was told last."""

    last_visit: date
    until: date


class Breach(msgspec.Struct, frozen=True):
    """What was disclosed, since when, what is done about it, whether it concerns everybody, and when the notices went out."""

    since: datetime
    disclosed: str
    handling: str
    everybody: bool
    persons_at: datetime | None = None
    authority_at: datetime | None = None


Detail = Access | Look | Correction | Restriction | Deletion | Breach
_DETAILS: dict[Kind, type[Detail]] = {
    Kind.ACCESS: Access, Kind.CORRECTION: Correction, Kind.RESTRICTION: Restriction, Kind.DELETION: Deletion,
    Kind.QUESTION: Look, Kind.BREACH: Breach,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty of a facility. ``citizen`` is None for a breach, which concerns many."""

    id: UUID
    kind: Kind
    facility: UUID
    facility_name: str
    citizen: UUID | None
    asked_by: UUID
    reason: str
    detail: Detail
    asked_at: datetime
    due_at: datetime
    outcome: Outcome | None
    ground: str | None
    answer: str | None
    answered_by: UUID | None
    answered_name: str | None
    ended_at: datetime | None

    @property
    def clock(self) -> Clock:
        """Its clock."""
        return Clock(self.asked_at, self.due_at, self.ended_at)

    @property
    def about(self) -> UUID | None:
        """Of a question: who is asked about, and therefore does not answer it."""
        return self.detail.looker if isinstance(self.detail, Look) else None


def duty(cipher: security.Cipher, row: kernel.Row) -> Duty:
    """A row of care.duty with ``facility_name``, opened."""
    found = DUTIES.opened(cipher, row)
    kind, wish, look = Kind(row["kind"]), found.pop("wish"), found.pop("look")
    detail = msgspec.json.decode(wish if look is None else look, type=_DETAILS[kind])
    outcome = Outcome(row["outcome"]) if row["outcome"] else None
    return Duty(**{**found, "kind": kind, "detail": detail, "outcome": outcome})


def kept(cipher: security.Cipher, id: UUID, detail: Detail) -> tuple[bytes | None, str | None]:
    """The detail as the columns ``wish`` and ``look``. A look names only staff, and by it a second question is known."""
    text = kernel.encode(detail).decode()
    return (None, text) if isinstance(detail, Look) else (DUTIES.seal(cipher, "wish", text, id), None)
