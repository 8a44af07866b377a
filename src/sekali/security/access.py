"""The one place that decides.

A store of records cannot be used without a Grant, and a Grant is made only here. The table :data:`RULES` is the whole
policy: who, for which purpose, standing in which relation to the person, may read and write which kinds of resource,
and on which legal ground.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

from sekali import fhir, kernel

from .actors import Actor, Role


class Purpose(StrEnum):
    """Why somebody asks (UU PDP 27/2022: data is used for a stated purpose only)."""

    REGISTRATION = "registration"
    TREATMENT = "treatment"
    REFERRAL = "referral"
    OWN_RECORD = "own-record"
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
    MEMBER = "member"
    """Belongs to the team of this region."""
    MENTORING = "mentoring"
    """Was appointed to mentor this region."""
    ASSIGNED = "assigned"
    """Was assigned to judge this region, and has no conflict of interest with it."""


IDENTITY = frozenset({"Patient", "RelatedPerson", "Coverage"})
PLACES = frozenset({"Organization", "Location", "HealthcareService", "Practitioner", "PractitionerRole"})
REFERRALS = frozenset({"ServiceRequest", "Task"})
CLINICAL = frozenset(fhir.PERSON_TYPES) - IDENTITY - REFERRALS | {"Medication"}
"""What may belong to a person, and the medicines that prescriptions name."""
COUNTER = IDENTITY | REFERRALS | {"AllergyIntolerance", "Condition", "MedicationRequest", "Encounter"}
KEPT = fhir.TYPES - {"AuditEvent"}
"""Who looked is told by the audit itself, not by resources that anyone may write."""
EVERYTHING = KEPT - {"Subscription"}
"""A Subscription holds what opens its owner's door; it is kept apart, and its owner reaches it by another way."""

STEERING = frozenset({"cohort", "participation", "person", "instrument", "panel", "award", "evaluation"})
"""What the secretariat keeps."""
PLANNING = frozenset({"plan", "quick-win", "output", "evidence"})
"""What a city writes."""
SCORES = frozenset({"score", "index"})

CARE = "care of the patient (PMK 24/2022 art. 34)"
OWN = "the person's own right of access (UU PDP 27/2022)"
MOVEMENT = "task of the movement's executing committee (guide books of the Gerakan Menuju 100 Smart City)"
AGREEMENT = "memorandum of understanding between the region and the movement"
APPOINTED = "appointment as mentor or assessor of the movement"
DUTY = "duty to keep and connect electronic records (PMK 24/2022)"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the policy."""

    roles: frozenset[Role]
    purpose: Purpose
    relations: frozenset[Relation]
    reads: frozenset[str]
    writes: frozenset[str]
    basis: str
    related: frozenset[str] = frozenset()


def _rule(
    roles: set[Role],
    purpose: Purpose,
    relations: set[Relation],
    reads: frozenset[str],
    writes: frozenset[str],
    basis: str,
    related: frozenset[str] = frozenset(),
) -> Rule:
    return Rule(frozenset(roles), purpose, frozenset(relations), reads, writes, basis, related)


RULES = (
    _rule(
        {Role.CLERK, Role.NURSE, Role.DOCTOR},
        Purpose.REGISTRATION,
        {Relation.PRESENT, Relation.IN_CARE, Relation.REFERRED},
        COUNTER,
        IDENTITY | REFERRALS | {"Encounter"},
        CARE,
    ),
    _rule(
        {Role.CLERK, Role.NURSE, Role.DOCTOR},
        Purpose.REGISTRATION,
        {Relation.NONE},
        IDENTITY | PLACES,
        frozenset(),
        CARE,
    ),
    _rule({Role.DOCTOR, Role.NURSE}, Purpose.TREATMENT, {Relation.IN_CARE}, EVERYTHING, CLINICAL | REFERRALS, CARE),
    _rule(
        {Role.DOCTOR, Role.REFERRAL_DESK, Role.CLERK},
        Purpose.REFERRAL,
        {Relation.REFERRED},
        EVERYTHING,
        REFERRALS | {"Composition"},
        CARE,
    ),
    _rule({Role.CITIZEN}, Purpose.OWN_RECORD, {Relation.SELF}, EVERYTHING, frozenset(), OWN),
    _rule({Role.INTEGRATOR}, Purpose.INTEGRATION, {Relation.NONE}, EVERYTHING, EVERYTHING, DUTY, CLINICAL | REFERRALS),
    _rule(
        {Role.SECRETARIAT},
        Purpose.MOVEMENT,
        {Relation.NONE},
        STEERING | PLANNING | SCORES | {"review"},
        STEERING | {"index", "review"},
        MOVEMENT,
    ),
    _rule(
        {Role.CITY_TEAM},
        Purpose.MOVEMENT,
        {Relation.MEMBER},
        PLANNING | {"cohort", "participation", "review", "own-score"},
        PLANNING | {"own-score"},
        AGREEMENT,
    ),
    _rule(
        {Role.MENTOR},
        Purpose.MOVEMENT,
        {Relation.MENTORING},
        PLANNING | {"cohort", "participation", "review"},
        frozenset({"review"}),
        APPOINTED,
    ),
    _rule(
        {Role.ASSESSOR},
        Purpose.MOVEMENT,
        {Relation.ASSIGNED},
        PLANNING | {"cohort", "participation", "score"},
        frozenset({"score"}),
        APPOINTED,
    ),
    _rule(
        {Role.ASSESSOR},
        Purpose.MOVEMENT,
        {Relation.NONE},
        frozenset({"cohort"}),
        frozenset({"own-conflict"}),
        APPOINTED,
    ),
    _rule(
        {Role.SYSTEM},
        Purpose.MOVEMENT,
        {Relation.NONE},
        STEERING | PLANNING | SCORES | {"review"},
        STEERING | PLANNING | SCORES | {"review"},
        MOVEMENT,
    ),
    _rule({Role.SYSTEM}, Purpose.EXPORT, {Relation.NONE}, KEPT, frozenset(), DUTY),
    _rule({Role.SYSTEM}, Purpose.LOAD, {Relation.NONE}, KEPT, KEPT, DUTY),
)

_NEEDS_SUBJECT = frozenset(
    {Relation.SELF, Relation.PRESENT, Relation.IN_CARE, Relation.MEMBER, Relation.MENTORING, Relation.ASSIGNED}
)


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to do something for a purpose. Made only by :func:`decide`.

    :ivar subject: the one person (in the movement: region) it is about; None where the rule is not about one.
    :ivar related: kinds that may be read only of people to whom the actor's facility stands in a relation (it has cared
        for them, or has a referral of theirs); the store asks.
    """

    actor: Actor
    purpose: Purpose
    basis: str
    subject: UUID | None
    reads: frozenset[str]
    writes: frozenset[str]
    related: frozenset[str] = frozenset()

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

    def about(self, subject: UUID) -> "Grant":
        """The same leave, narrowed to one person. Never widens."""
        if self.subject not in (None, subject):
            raise kernel.Forbidden("This belongs to another person than the one in front of you.")
        return replace(self, subject=subject)


@lru_cache(4096)
def decide(actor: Actor, purpose: Purpose, subject: UUID | None = None, relation: Relation = Relation.NONE) -> Grant:
    """May ``actor`` act for ``purpose`` on ``subject``, standing in ``relation``? Raises Forbidden.

    The relation is a fact that the caller has looked up (an open visit, a live referral, a card just scanned). The
    answer follows from the arguments alone, so it is remembered.
    """
    if relation in _NEEDS_SUBJECT and subject is None:
        raise kernel.Forbidden("It is not clear whose data this is about.")
    if relation is Relation.MEMBER and actor.facility != subject:
        raise kernel.Forbidden("This belongs to another city's team.")
    if relation is Relation.SELF and actor.citizen != subject:
        raise kernel.Forbidden("This page is only for the person it is about.")
    for rule in RULES:
        if rule.purpose is purpose and actor.role in rule.roles and relation in rule.relations:
            return Grant(actor, purpose, rule.basis, subject, rule.reads, rule.writes, rule.related)
    raise kernel.Forbidden("Your role at this facility may not do this.")
