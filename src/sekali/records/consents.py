"""What people allow and forbid: Consent resources as the words that seals listen to.

https://hl7.org/fhir/R4/consent.html. A Consent that is active says, for each of its provisions, yes or no about classes
(``securityLabel``; without one, what is ordinary), facilities (``actor``; without one, all) and purposes. The last word of a
person about the same counts. What a provision narrows in a way that is not kept apart here (by kind, code or data) gives
nothing where it permits, and closes everything where it denies.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import product
from typing import Any
from uuid import UUID

from sekali import fhir, kernel, security

from .change import Change
from .seal import OPEN

SQL = kernel.queries(__file__)
PURPOSE = "urn:sekali:purpose"
"""The system of our own purposes, beside HL7's."""
_PURPOSES = {
    "TREAT": ("registration", "treatment", "referral", "integration"), "PATADMIN": ("registration",), "COC": ("referral",),
    "FAMRQT": ("acting",),
}  # fmt: skip
"""Purpose of use (v3-ActReason) -> ours. Another one is kept, and opens nothing here."""
_NARROWER = ("class", "code", "data", "dataPeriod", "action")


@dataclass(frozen=True, slots=True)
class Word:
    """One yes or no. ``facility`` and ``purpose``: None for all."""

    facility: UUID | None
    purpose: str | None
    classes: int
    permit: bool
    until: datetime | None


async def follow(tx: kernel.Session, changes: Sequence[Change]) -> None:
    """Keep the words in step with Consents. Whoever changed one holds its person's door (see ``Seals.put``)."""
    for change in changes:
        if change.type != "Consent" or change.subject is None:
            continue
        await tx.execute(SQL.forget, change.id)
        said = [] if change.deleted else list(words(change.resource))
        if not _own(change):  # a system opens nothing sensitive, and nothing to itself alone
            said = [
                one
                for one in said
                if (one.classes, one.facility, one.purpose) == (security.Sensitive.GENERAL, None, None)
            ]
        if said:
            await _say(tx, change, said)


async def _say(tx: kernel.Session, change: Change, said: Sequence[Word]) -> None:
    last = {
        (one.facility, one.purpose, int(bit)): (one.permit, one.until)
        for one in said
        for bit in security.Sensitive
        if one.classes & bit
    }
    columns = zip(*((*key, *value) for key, value in last.items()), strict=True)
    await tx.execute(SQL.say, change.subject, change.id, *map(list, columns), _own(change))
    if any(bit == security.Sensitive.GENERAL and not permit for (_, _, bit), (permit, _) in last.items()):
        await tx.execute(SQL.close, kernel.shard_of(change.subject), change.subject, sorted(OPEN | {"Consent"}))


def _own(change: Change) -> bool:
    return change.grant.purpose is not security.Purpose.INTEGRATION


def words(consent: dict[str, Any]) -> Iterator[Word]:
    """What a Consent says; nothing where it is not active or not about privacy."""
    if consent.get("status") != "active":
        return
    root = consent.get("provision", {})
    inner = root.get("provision", [])
    for one in ([root] if root.get("type") else []) + inner:
        permit = one.get("type", "permit") == "permit"
        if permit and (any(name in one for name in _NARROWER) or (one is not root and one.get("provision"))):
            continue
        until = _end(one.get("period") or root.get("period") or {})
        labels = [label.get("code", "") for label in one.get("securityLabel", ())]
        classes = int(security.labels(labels))
        for facility, purpose in product(_facilities(one), _purposes(one)):
            if classes:
                yield Word(facility, purpose, classes, permit, until)


def _facilities(provision: dict[str, Any]) -> list[UUID | None]:
    actors = provision.get("actor")
    if not actors:
        return [None]
    keys = [fhir.split_reference(one.get("reference", {}).get("reference") or "") for one in actors]
    return [id for key in keys if key and key[0] == "Organization" and (id := kernel.as_uuid(key[1])) is not None]


def _purposes(provision: dict[str, Any]) -> list[str | None]:
    codings = provision.get("purpose")
    if not codings:
        return [None]
    own = [one.get("code", "") for one in codings if one.get("system") == PURPOSE]
    known = {purpose.value for purpose in security.Purpose}
    others = [
        purpose for one in codings if one.get("system") != PURPOSE for purpose in _PURPOSES.get(one.get("code", ""), ())
    ]
    return list(dict.fromkeys([one for one in own if one in known] + others))


def _end(period: dict[str, Any]) -> datetime | None:
    """The end of a period: a day counts whole. (It was checked as FHIR when it was written.)"""
    text = period.get("end")
    if not text:
        return None
    if len(text) > 10:
        return datetime.fromisoformat(text)
    parts = [int(part) for part in text.split("-")] + [12, 28][len(text.split("-")) - 1 :]
    return datetime.combine(datetime(*parts[:3]).date(), time.min, kernel.now().tzinfo) + timedelta(days=1)
