"""What a resource can be found by (FHIR R4 search: https://hl7.org/fhir/R4/search.html).

Each parameter turns a resource into *terms*. For parameters that are ``indexed`` the terms' 64-bit hashes are kept
beside the resource; the others are looked at only within one person's record. A found resource is always checked
again by its own values (:func:`matches`), so a clash of two hashes shows nobody a wrong person.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any
from uuid import UUID

from sekali import kernel

from .elements import split_reference, subject_of, values_at
from .parameters import SEARCH, Parameter


@dataclass(frozen=True, slots=True)
class Indexed:
    """What is kept beside a resource to find it by.

    :ivar tokens: hashes of the indexed terms, sorted, each once.
    :ivar date: the clinical date (of a Patient: the birth date), for ranges and sorting.
    :ivar subject: the person it belongs to; None for a Patient itself and for what belongs to the city.
    """

    tokens: list[int]
    date: datetime | None
    subject: UUID | None


@dataclass(frozen=True, slots=True)
class Term:
    """One value that was asked for.

    :ivar text: normalised (a token as ``system|code``, a reference as ``Type/id``, a string folded, a date as sent).
    :ivar since, until: for a date, the half-open interval that the value covers.
    :ivar prefix: for a date, ``eq ne lt gt le ge``.
    """

    text: str
    prefix: str = "eq"
    since: datetime | None = None
    until: datetime | None = None


def index(resource: dict[str, Any]) -> Indexed:
    """The search columns of a valid resource."""
    type = resource["resourceType"]
    tokens = {
        term_hash(type, name, text)
        for name, parameter in SEARCH[type].items()
        if parameter.indexed and not name.startswith("_")
        for text in _index_texts(parameter, resource)
    }
    return Indexed(sorted(tokens), main_date(resource), subject_of(resource))


def term_hash(type: str, name: str, text: str) -> int:
    """The 64-bit hash of one term, signed as PostgreSQL's bigint is."""
    return int.from_bytes(blake2b(f"{type}.{name}={text}".encode(), digest_size=8).digest(), "big", signed=True)


def main_date(resource: dict[str, Any]) -> datetime | None:
    """The beginning of the first date that the type's indexed date parameter finds."""
    for parameter in SEARCH[resource["resourceType"]].values():
        if parameter.kind == "date" and parameter.indexed:
            for since, _ in _intervals(parameter, resource):
                return since
    return None


def candidate_hashes(type: str, name: str, term: Term) -> list[int]:
    """Hashes that every match of ``term`` carries (all of them), for the index. Empty: the index cannot help."""
    parameter = SEARCH[type][name]
    if not parameter.indexed:
        return []
    if parameter.kind == "string":
        return [term_hash(type, name, word[:3]) for word in term.text.split() if len(word) >= 3]
    if parameter.kind == "date":
        exact = name == "birthdate" and term.prefix == "eq"
        return [term_hash(type, name, term.text)] if exact else []
    return [] if term.text.endswith("|") else [term_hash(type, name, term.text)]


def parse_term(type: str, name: str, value: str) -> Term:
    """One value of a parameter, as it came in the URL (without its commas). Raises Invalid."""
    parameter = SEARCH[type][name]
    if not value:
        raise kernel.Invalid("The search parameter %(name)s has no value.", path=name, name=name)
    if parameter.kind == "date":
        return _date_term(name, value)
    if parameter.kind == "string":
        return Term(fold(value))
    if parameter.kind == "reference":
        found = split_reference(value)
        return Term("/".join(found) if found else value)
    return Term(value)


def matches(resource: dict[str, Any], name: str, term: Term) -> bool:
    """Whether the resource really has what was asked for."""
    parameter = SEARCH[resource["resourceType"]][name]
    if parameter.kind == "date":
        return any(_compare(term, since, until) for since, until in _intervals(parameter, resource))
    if parameter.kind == "string":
        return _string_matches(term.text, _strings(parameter, resource))
    if parameter.kind == "reference" and "/" not in term.text:
        return any(text.endswith("/" + term.text) for text in _texts(parameter, resource))
    return term.text in _texts(parameter, resource)


def fold(text: str) -> str:
    """Lower case, without accents and punctuation, one space between words."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


def _string_matches(wanted: str, found: Iterable[str]) -> bool:
    """Every word wanted begins some word of what is there: more forgiving than R4's "starts with", never less."""
    words = [word for text in found for word in text.split()]
    return all(any(word.startswith(part) for word in words) for part in wanted.split())


def _strings(parameter: Parameter, resource: dict[str, Any]) -> list[str]:
    return [fold(value) for path in parameter.paths for value in values_at(resource, path) if isinstance(value, str)]


def _index_texts(parameter: Parameter, resource: dict[str, Any]) -> Iterator[str]:
    if parameter.kind == "string":
        yield from (word[:3] for text in _strings(parameter, resource) for word in text.split() if len(word) >= 3)
    elif parameter.kind == "date":
        if parameter.paths == ("birthDate",):
            for value in values_at(resource, "birthDate"):
                yield from {value[:4], value[:7], value}
    else:
        # "system|" alone would be carried by nearly every resource: it is checked, never looked up
        yield from (text for text in _texts(parameter, resource) if not text.endswith("|"))


def _texts(parameter: Parameter, resource: dict[str, Any]) -> Iterator[str]:
    for path in parameter.paths:
        for value in values_at(resource, path):
            yield from _reference_texts(value) if parameter.kind == "reference" else _token_texts(value)


def _reference_texts(value: Any) -> Iterator[str]:
    reference = value.get("reference") if isinstance(value, dict) else None
    if isinstance(reference, str) and (found := split_reference(reference)):
        yield "/".join(found)


def _token_texts(value: Any) -> Iterator[str]:
    """``system|code``, ``code`` and ``system|`` of an Identifier, Coding, CodeableConcept, code or boolean."""
    if isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        if "coding" in value:
            for coding in value["coding"]:
                yield from _token_texts(coding)
            return
        code = value.get("code", value.get("value"))
        system = value.get("system")
        if isinstance(code, str):
            yield code
            yield f"{system or ''}|{code}"
        if system:
            yield f"{system}|"


_FORMS = ("%Y", "%Y-%m", "%Y-%m-%d")


def interval(text: str) -> tuple[datetime, datetime]:
    """The half-open interval that a FHIR date or dateTime covers; a bare time is UTC. Raises ValueError."""
    if len(text) <= 10:
        start = datetime.strptime(text, _FORMS[text.count("-")]).replace(tzinfo=UTC)
        if len(text) == 4:
            return start, start.replace(year=start.year + 1)
        if len(text) == 7:
            return start, (start + timedelta(days=32)).replace(day=1)
        return start, start + timedelta(days=1)
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment, moment + (timedelta(microseconds=1) if "." in text else timedelta(seconds=1))


def _intervals(parameter: Parameter, resource: dict[str, Any]) -> Iterator[tuple[datetime, datetime]]:
    for path in parameter.paths:
        for value in values_at(resource, path):
            try:
                if isinstance(value, str):
                    yield interval(value)
                elif isinstance(value, dict):
                    start = interval(value["start"])[0] if "start" in value else datetime.min.replace(tzinfo=UTC)
                    end = interval(value["end"])[1] if "end" in value else datetime.max.replace(tzinfo=UTC)
                    yield start, end
            except (ValueError, OverflowError):
                continue  # valid by form but not a day that exists to us (year 9999): not found by date


def _date_term(name: str, value: str) -> Term:
    prefix, text = (value[:2], value[2:]) if value[:2].isalpha() else ("eq", value)
    if prefix not in ("eq", "ne", "lt", "gt", "le", "ge"):
        raise kernel.Invalid("%(name)s does not know the prefix %(prefix)s.", path=name, name=name, prefix=prefix)
    try:
        since, until = interval(text.replace(" ", "+"))
    except (ValueError, OverflowError):
        raise kernel.Invalid("%(name)s needs a date such as 2026-11-23.", path=name, name=name) from None
    return Term(text, prefix, since, until)


def _compare(term: Term, since: datetime, until: datetime) -> bool:
    assert term.since is not None and term.until is not None
    inside = term.since <= since and until <= term.until
    return {
        "eq": inside,
        "ne": not inside,
        "lt": since < term.since,
        "gt": until > term.until,
        "le": since < term.until,
        "ge": until > term.since,
    }[term.prefix]
