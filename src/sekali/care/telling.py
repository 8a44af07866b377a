"""A record in words: each resource as one line that its person can read. Pure functions, for paper.

A line names when, what, what more is said, and where. It leaves out what only programs need; the copy as FHIR has all of it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

from .reading import codes, name, words

Resource = dict[str, Any]
_WHEN = (
    "recordedDate", "effectiveDateTime", "effectiveInstant", "authoredOn", "occurrenceDateTime", "performedDateTime",
    "whenHandedOver", "onsetDateTime", "dateTime", "date", "created", "issued", "recorded",
)  # fmt: skip
_SPANS = ("effectivePeriod", "performedPeriod", "occurrencePeriod", "period", "executionPeriod")
_WHAT = ("code", "medicationCodeableConcept", "vaccineCode", "type", "relationship", "category", "class", "scope")
_WHERE = (
    "serviceProvider", "performer", "requester", "recorder", "asserter", "author", "custodian", "owner", "payor", "organization",
)  # fmt: skip
LONGEST = 4000
"""Letters of one line: a letter from a hospital has about half."""


@dataclass(frozen=True, slots=True)
class Line:
    """One resource. ``day`` is None where it says no date; ``status`` is FHIR's code, or empty."""

    day: date | None
    what: str
    more: str
    where: str
    status: str


def told(resources: Iterable[Resource], named: Mapping[str, str] | None = None) -> dict[str, list[Line]]:
    """Kind of resource -> its lines, the newest first; what was entered in error is left out.

    :param named: reference -> name, of what references without a name of their own lead to.
    """
    found: dict[str, list[Line]] = {}
    for one in resources:
        standing = codes(one.get("verificationStatus")) | {_status(one)}
        if "entered-in-error" not in standing:
            found.setdefault(one["resourceType"], []).append(line(one, named or {}))
    return {kind: sorted(lines, key=lambda one: one.day or date.min, reverse=True) for kind, lines in found.items()}


def called(resource: Resource) -> str:
    """The name of what others refer to: a medicine, a place, somebody who treats."""
    return _concepts(resource.get("code")) or _name(resource)


def line(resource: Resource, named: Mapping[str, str]) -> Line:
    """One resource in words."""
    named = {**named, **{f"#{one.get('id')}": called(one) for one in _many(resource.get("contained"))}}
    what = next((text for key in _WHAT if (text := _concepts(resource.get(key)))), "")
    what = what or resource.get("title", "") or _display(resource.get("medicationReference"), named) or _name(resource)
    more = "; ".join(dict.fromkeys(text for text in _more(resource, named) if text))
    where = next((text for key in _WHERE if (text := _display(resource.get(key), named))), "")
    return Line(_day(resource), what[:LONGEST], more[:LONGEST], where, _status(resource))


def _name(resource: Resource) -> str:
    """Of a person, or of a thing."""
    called = resource.get("name", "")
    return called if isinstance(called, str) else name({"name": _many(called)})


def _status(resource: Resource) -> str:
    status = resource.get("status")
    return status if isinstance(status, str) else next(iter(codes(resource.get("clinicalStatus"))), "")


def _day(resource: Resource) -> date | None:
    texts = [resource.get(key) for key in _WHEN]
    texts += [resource.get(key, {}).get("start") for key in _SPANS if isinstance(resource.get(key), dict)]
    for text in texts:
        if isinstance(text, str) and re.match(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text[:10])
    return None


def _concepts(value: Any) -> str:
    """One or many CodeableConcepts, or a Coding, in words."""
    many = value if isinstance(value, list) else [value] if value else []
    texts = [words(one) or one.get("display", "") or one.get("code", "") for one in many if isinstance(one, dict)]
    return ", ".join(text for text in texts if isinstance(text, str) and text)


def _display(value: Any, named: Mapping[str, str]) -> str:
    """The names that references give, or that what they lead to has."""
    many = value if isinstance(value, list) else [value] if value else []
    parties = [one.get("actor", one) for one in many if isinstance(one, dict)]
    texts = [one.get("display") or named.get(one.get("reference", ""), "") for one in parties if isinstance(one, dict)]
    return ", ".join(dict.fromkeys(text for text in texts if text))


def _more(resource: Resource, named: Mapping[str, str]) -> Iterator[str]:
    yield from _values(resource)
    for part in resource.get("component", ()):
        yield f"{_concepts(part.get('code'))} {' '.join(_values(part))}".strip()
    for dose in _many(resource.get("dosageInstruction")):
        yield dose.get("text", "")
    for reaction in _many(resource.get("reaction")):
        yield _concepts(reaction.get("manifestation"))
    for one in _many(resource.get("diagnosis")):
        yield _display(one.get("condition"), named)
    for key in ("conclusion", "description", "subscriberId"):
        yield resource[key] if isinstance(resource.get(key), str) else ""
    for one in (*_many(resource.get("reasonCode")), *_many(resource.get("bodySite"))):
        yield words(one)
    for note in _many(resource.get("note")):
        yield note.get("text", "")
    for section in _many(resource.get("section")):
        yield ": ".join(filter(None, (section.get("title"), plain(section.get("text", {}).get("div", "")))))
    if isinstance(resource.get("provision"), dict):
        yield resource["provision"].get("type", "")


def _many(value: Any) -> list[Resource]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _values(resource: Resource) -> Iterator[str]:
    quantity = resource.get("valueQuantity")
    if quantity:
        value = quantity.get("value", "")
        number = f"{value:f}" if isinstance(value, Decimal) else str(value)
        yield f"{quantity.get('comparator', '')}{number} {quantity.get('unit') or quantity.get('code', '')}".strip()
    for key in ("valueString", "valueDateTime", "valueInteger", "valueBoolean"):
        if key in resource:
            yield str(resource[key])
    if "valueCodeableConcept" in resource:
        yield words(resource["valueCodeableConcept"])


def plain(div: str) -> str:
    """XHTML without its marks."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", div))).strip()
