"""The one place that decides.

A store of records cannot be used without a Grant, and a Grant is made only here, by the lines of ``data/access.tsv``: who,
for which purpose, standing in which relation to the person, may read and write which kinds of resource, and on which legal
ground. docs/access.md and the page /kebijakan are made from the same lines.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

from sekali import kernel

from .actors import Actor, Role
from .table import lines


class Purpose(StrEnum):
    """Why somebody asks (UU PDP 27/2022: data is used for a stated purpose only)."""

    REGISTRATION = "registration"
    TREATMENT = "treatment"
    REFERRAL = "referral"
    EMERGENCY = "emergency"
    """To save somebody with whom nothing connects the asker yet; looked into afterwards."""
    RECORD_KEEPING = "record-keeping"
    OVERSIGHT = "oversight"
    """By a facility's head or the city: of what was done, never of what is in a record."""
    OPERATIONS = "operations"
    """To let people in again who cannot come in; nobody's record."""
    AUDIT = "audit"
    OWN_RECORD = "own-record"
    ACTING = "acting"
    """By a guardian, for the person."""
    RIGHTS = "rights"
    """To do what a person may demand of who keeps their data (UU PDP 27/2022)."""
    RETENTION = "retention"
    """To keep records for as long as the law says, and to destroy them after it."""
    INTEGRATION = "integration"
    LOAD = "load"
    EXPORT = "export"
    """Everything of a kind, for another store."""
    MOVEMENT = "movement"
    """The movement of cities. What is asked for are kinds of its own (plans, scores); the subject is a region."""


class Relation(StrEnum):
    """How the one who asks stands to the person."""

    NONE = "none"
    SELF = "self"
    PRESENT = "present"
    """Stands at this counter: identified just now by a card or a number."""
    IN_CARE = "in-care"
    """Has an open visit at this facility."""
    REFERRED = "referred"
    """Has a live referral to this facility, or from it."""
    RECENT = "recent"
    """Had a visit at this facility within a settable time."""
    GUARDIAN = "guardian"
    """Acts for the person, proved, until a date."""
    ASKED = "asked"
    """Has asked this facility for what they may demand of it, and waits for the answer."""
    EMERGENCY = "emergency"
    """Has opened this record in an emergency, which has not ended."""
    DUE = "due"
    """Was cared for by this facility, and the time for which the law has the record kept is over, as was just looked up."""
    MEMBER = "member"
    """Belongs to the team of this region."""
    MENTORING = "mentoring"
    """Was appointed to mentor this region."""
    ASSIGNED = "assigned"
    """Was assigned to judge this region, and has no conflict of interest with it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the policy.

    :ivar cared: kinds that may be read, changed and deleted only of people to whom the facility stands in a relation.
    :ivar introduced: kinds that tell of a person to whom it stands in no relation no more than an introduction.
    :ivar unsealed: whether what is of a sensitive class is shown without anybody's consent.
    """

    roles: frozenset[Role]
    purpose: Purpose
    relations: frozenset[Relation]
    reads: frozenset[str]
    writes: frozenset[str]
    basis: str
    related: frozenset[str]
    introduced: frozenset[str]
    unsealed: bool


RULES = tuple(
    Rule(
        frozenset(map(Role, one.roles)), Purpose(one.purpose), frozenset(map(Relation, one.relations)), one.reads, one.writes,
        one.ground, one.cared, one.introduced, one.sensitive == "all",
    )
    for one in lines()
)  # fmt: skip

_NEEDS_SUBJECT = frozenset(
    {
        Relation.SELF, Relation.PRESENT, Relation.IN_CARE, Relation.RECENT, Relation.GUARDIAN, Relation.EMERGENCY,
        Relation.MEMBER, Relation.MENTORING, Relation.ASSIGNED, Relation.ASKED,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to do something for a purpose. Made only by :func:`decide`.

    :ivar subject: the one person (in the movement: region) it is about; None where the rule is not about one.
    :ivar related: kinds that may be read only of people to whom the actor's facility stands in a relation (it has cared
        for them, or has a referral of theirs); the store asks.
    :ivar introduced: kinds that tell of anybody else no more than an introduction.
    :ivar unsealed: whether what is of a sensitive class, or of a person who opted out, is shown without consent.
    """

    actor: Actor
    purpose: Purpose
    basis: str
    subject: UUID | None
    reads: frozenset[str]
    writes: frozenset[str]
    related: frozenset[str] = frozenset()
    introduced: frozenset[str] = frozenset()
    unsealed: bool = False

    @property
    def signature(self) -> str:
        """The name to write into the audit; there a guardian's is told to the person."""
        return self.actor.name if self.purpose is Purpose.ACTING else self.actor.signature

    def may_read(self, type: str) -> None:
        """Raises Forbidden."""
        if type not in self.reads:
            raise kernel.Forbidden("Your role may not read %(type)s here.", rule="20003", type=type)

    def may_write(self, type: str) -> None:
        """Raises Forbidden."""
        if type not in self.writes:
            raise kernel.Forbidden("Your role may not write %(type)s here.", rule="20003", type=type)

    def concerns(self, subject: UUID | None) -> None:
        """Raises Forbidden when something about ``subject`` belongs to another person than this Grant's.

        None stands for what belongs to the city. (People are compared, not shards: two may share a shard.)
        """
        if self.subject is not None and subject not in (None, self.subject):
            raise kernel.Forbidden("This belongs to another person than the one in front of you.")

    def shows(self, classes: int, keepers: tuple[UUID | None, UUID | None], opened: int) -> bool:
        """Whether something of these sensitive classes is there for whoever holds this Grant.

        :param classes: bits of ``Sensitive``; 0 for what is ordinary.
        :param keepers: the facility that wrote it, and the one that it is addressed to: it is theirs to see.
        :param opened: the classes that the person's consent opens to this facility for this purpose.

        ``records.shown`` in the database says the same of many at once; a test holds the two together.
        """
        if self.unsealed or not classes & ~opened:
            return True
        return self.actor.facility is not None and self.actor.facility in keepers

    def about(self, subject: UUID) -> "Grant":
        """The same leave, narrowed to one person. Never widens."""
        if self.subject not in (None, subject):
            raise kernel.Forbidden("This belongs to another person than the one in front of you.")
        return replace(self, subject=subject)


@lru_cache(4096)
def decide(actor: Actor, purpose: Purpose, subject: UUID | None = None, relation: Relation = Relation.NONE) -> Grant:
    """May ``actor`` act for ``purpose`` on ``subject``, standing in ``relation``? Raises Forbidden.

    The relation is a fact that the caller has looked up (an open visit, a live referral, a card just scanned). The
    answer follows from the arguments alone, so it is remembered. A token's scope narrows it, and never widens it.
    """
    if relation in _NEEDS_SUBJECT and subject is None:
        raise kernel.Forbidden("It is not clear whose data this is about.")
    if relation is Relation.MEMBER and actor.facility != subject:
        raise kernel.Forbidden("This belongs to another city's team.")
    if relation is Relation.SELF and actor.citizen != subject:
        raise kernel.Forbidden("This page is only for the person it is about.")
    for rule in RULES:
        if rule.purpose is purpose and actor.role in rule.roles and relation in rule.relations:
            reads, writes = rule.reads, rule.writes
            if actor.scope is not None:
                reads, writes = actor.scope.reading(reads), actor.scope.writing(writes)
            return Grant(
                actor, purpose, rule.basis, subject, reads, writes, rule.related, rule.introduced, rule.unsealed
            )
    raise kernel.Forbidden("Your role at this facility may not do this.")
