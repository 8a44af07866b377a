"""Consent at a desk and on the citizen's own page: what somebody opens or closes, to whom; and taken back.

The Consent resources are the truth; ``records.consents`` makes the words of them that seals listen to.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sekali import audit, kernel, records, security

from . import reading, resources
from .facilities import Facilities
from .views import Person

CLASSES = {"": "ordinary", **{label: one.name.lower() for label, one in security.LABELS.items()}}
"""HL7's label, empty for what is ordinary -> our word."""
LABEL_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
PARTICIPATION_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
REASON_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
PURPOSES = ("", "TREAT", "COC", "FAMRQT")
"""For everything that facilities do, for care, for a referral; for guardians, of whom only the last one speaks."""


@dataclass(frozen=True, slots=True)
class Said:
    """One Consent that stands. ``facility``: None for all; ``labels``: empty for what is ordinary."""

    id: UUID
    permit: bool
    labels: tuple[str, ...]
    facility: UUID | None
    purpose: str
    at: datetime
    until: date | None = None
    """The last day on which it counts."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be opened (``permit``) or closed: a label or what is ordinary (""), for a facility or all, for a purpose,
    through a day (None: until it is taken back).
    """

    permit: bool
    label: str
    facility: UUID | None
    purpose: str = ""
    until: date | None = None


class Consents:
    """Of one person, under the Grant of whoever has them in front, or of the person."""

    def __init__(self, store: records.Store, facilities: Facilities) -> None:
        self._store = store
        self._facilities = facilities

    async def of(self, grant: security.Grant) -> tuple[Person, list[Said]]:
        """Whose they are, and what stands, newest first. Audited."""
        found = await self._store.under(grant).record(("Patient", "Consent"))
        standing = [_said(one) for one in found["Consent"] if one.resource.get("status") == "active"]
        return reading.person(found["Patient"][0]), standing

    async def say(self, grant: security.Grant, wish: Wish) -> None:
        """Keep a wish; it holds from the moment this returns. What was said of the same before ends. Raises Invalid."""
        async with self._store.change(grant) as change:
            await self.write(change, grant, wish)

    async def write(self, change: records.Writing, grant: security.Grant, wish: Wish) -> None:
        """The same within somebody's transaction; it holds when that ends."""
        places = await self._facilities.all()
        if wish.purpose == "FAMRQT":
            wish = replace(wish, facility=None)  # a guardian is no facility
        if wish.label not in CLASSES or wish.purpose not in PURPOSES or (wish.facility and wish.facility not in places):
            raise kernel.Invalid("Choose what, for whom and whether to open or to close it.")
        name = places[wish.facility].name if wish.facility else ""
        before = (await self._store.under(grant).record(("Consent",)))["Consent"]
        one = await change.create(resource(grant.subject, wish, name))
        for old in before:
            if _says_just(old.resource, wish):
                await change.update("Consent", old.id, old.resource | {"status": "inactive"}, old.version)
        change.note(audit.Kind.CONSENTED, grant.subject, one.reference, "permit" if wish.permit else "deny")

    async def withdraw(self, grant: security.Grant, id: UUID) -> None:
        """Take a Consent back; it holds no longer from the moment this returns. Raises NotFound, Forbidden."""
        async with self._store.change(grant) as change:
            now = await change.present("Consent", id)
            await change.update("Consent", id, now.resource | {"status": "inactive"}, now.version)
            change.note(audit.Kind.CONSENTED, grant.subject, now.reference, "withdrawn")


def resource(person: UUID, wish: Wish, facility_name: str = "") -> dict[str, Any]:
    """A Consent as R4 has it."""
    provision: dict[str, Any] = {"type": "permit" if wish.permit else "deny"}
    if wish.facility:
        role = {"coding": [{"system": PARTICIPATION_SYSTEM, "code": "IRCP"}]}
        provision["actor"] = [
            {"role": role, "reference": resources.reference("Organization", wish.facility, facility_name)}
        ]
    if wish.label:
        provision["securityLabel"] = [{"system": LABEL_SYSTEM, "code": wish.label}]
    if wish.purpose:
        provision["purpose"] = [{"system": REASON_SYSTEM, "code": wish.purpose}]
    if wish.until:
        provision["period"] = {"end": wish.until.isoformat()}
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": f"Patient/{person}"},
        "dateTime": kernel.fhir_instant(kernel.now()),
        "policyRule": {"coding": [{"system": LABEL_SYSTEM, "code": "OPTIN" if wish.permit else "OPTOUT"}]},
        "provision": provision,
    }  # fmt: skip


_WHEN = {"period"}


def _says_just(consent: dict[str, Any], wish: Wish) -> bool:
    """Whether it stands, and is about what ``wish`` is about and nothing else: one class, facility and purpose."""
    there = consent.get("provision", {})
    wanted = resource(UUID(int=0), wish)["provision"]
    return (
        consent.get("status") == "active"
        and there.keys() - _WHEN == wanted.keys() - _WHEN
        and all(len(there[name]) == 1 for name in there.keys() - _WHEN - {"type"})
        and _about(there) == _about(wanted)
    )


def _about(provision: dict[str, Any]) -> tuple[Any, ...]:
    actor = next(iter(provision.get("actor", ())), {})
    codes = [next(iter(provision.get(name, ())), {}).get("code") for name in ("securityLabel", "purpose")]
    return reading.id_of(actor.get("reference", {})), *codes


def _said(one: records.Stored) -> Said:
    provision = one.resource.get("provision", {})
    actor = next(iter(provision.get("actor", ())), {})
    return Said(
        one.id, provision.get("type", "permit") == "permit",
        tuple(label.get("code", "") for label in provision.get("securityLabel", ())),
        reading.id_of(actor.get("reference", {})), next((p.get("code", "") for p in provision.get("purpose", ())), ""),
        one.updated, _last_day(provision.get("period", {}).get("end", "")),
    )  # fmt: skip


def _last_day(end: str) -> date | None:
    return date.fromisoformat(end[:10]) if len(end) >= 10 else None
