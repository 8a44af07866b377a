"""What SATUSEHAT asks of a resource beyond R4: its published field rules, with the numbers that are known.

Required elements and codes stand in the profiles (``data/profiles``); times, systems of codes and systems of numbers in
``data/satusehat.tsv``; here is what a table cannot say. Sources: the ministry's guides (their list of validation answers
prints the words and some numbers) and a public list of the validator's rules, which agrees with every message that the
guides print. A rule whose number is not known has none.

https://satusehat.kemkes.go.id/platform/docs/id/api-catalogue/validasi/list-response/
"""

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from sekali import kernel

from .definitions import R4
from .names import NIK, NIK_IBU
from .profiles import Finding, Profile, check, profiles

FIRST_DAY = datetime(2014, 6, 3, tzinfo=UTC)
"""Nothing that is sent may be older (the guides' page on Encounter)."""
NUMBERS = "http://sys-ids.kemkes.go.id/"
"""Beginning of the systems of numbers that a facility gives."""
_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)").fullmatch
_WRONG_FORM = "Invalid date time format : %s Format allowed : YYYY-MM-DDThh:mm:ss+00:00"
_WRONG_TIME = "Invalid date time value : %s Not Allowed : Future Date or Past Date older than 3 June 2014"
_ORDER = "needs arrived, in-progress and finished, each beginning where the one before ends"


class _Rule(NamedTuple):
    """A line of the table.

    :ivar check: ``time`` (not in the future), ``later`` (may be), ``system`` of a code, ``number`` (system of an identifier).
    :ivar allowed: beginnings of systems; of a number the one that is unique for a facility.
    """

    path: str
    check: str
    rule: str
    allowed: tuple[str, ...]


@cache
def _rules() -> dict[str, list[_Rule]]:
    found: dict[str, list[_Rule]] = {}
    with (Path(__file__).parent / "data/satusehat.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            rule = _Rule(row["path"], row["check"], row["rule"], tuple(row["allowed"].split()))
            found.setdefault(row["type"], []).append(rule)
    return found


@cache
def _profiles() -> dict[str, Profile]:
    return {one.type: one for one in profiles().values()}


def rule_of(path: str) -> str:
    """The number of SATUSEHAT's rule about an element, as the profiles have it; empty where none is known."""
    type, *names = re.sub(r"\[\d+\]", "", path).split(".")
    node = profile.root if (profile := _profiles().get(type)) else None
    for name in names:
        node = node.inside.get(name) if node else None
    return node.rule if node else ""


def own_number(type: str) -> str:
    """Beginning of the system whose numbers a facility gives to one resource of this kind each; empty for none."""
    some = (rule.allowed[0] for rule in _rules().get(type, ()) if rule.check == "number" and rule.allowed)
    return next(some, "")


def findings(resource: dict[str, Any]) -> list[Finding]:
    """Each rule of SATUSEHAT that is not kept; none for kinds that it says nothing of."""
    type = resource["resourceType"]
    profile = _profiles().get(type)
    return [*(check(resource, profile) if profile else ()), *beyond(resource)]


def beyond(resource: dict[str, Any]) -> Iterator[Finding]:
    """What no profile can say: times, systems, the order of a visit's statuses."""
    type = resource["resourceType"]
    for rule in _rules().get(type, ()):
        for value, path in _places(resource, rule.path, type):
            yield from _CHECKS[rule.check](value, path, rule)
    yield from _MORE.get(type, lambda resource: iter(()))(resource)


def faults(resource: dict[str, Any]) -> list[kernel.Fault]:
    """The same in SATUSEHAT's words, ready to be an answer."""
    return [kernel.Fault(one.path, _said(one), one.rule, one.code) for one in map(_at_reference, findings(resource))]


def _at_reference(one: Finding) -> Finding:
    """SATUSEHAT names the element, not the member of it that is missing."""
    return one._replace(path=one.path.removesuffix(".reference"))


def _said(one: Finding) -> str:
    if one.reason == "is missing":
        return f"{'Reference is mandatory :' if _is_reference(one.path) else 'Element not found:'} {one.path}"
    if one.reason.startswith("must have one of"):
        return f"Code not found: {one.path} {one.reason}"
    return one.reason if one.reason.startswith("Invalid ") else f"{one.path} {one.reason}"


def _is_reference(path: str) -> bool:
    type, *names = re.sub(r"\[\d+\]", "", path).split(".")
    element = R4.elements.get(type, {}).get(names[0]) if len(names) == 1 else None
    return element is not None and element.types == ("Reference",)


def _places(value: Any, path: str, where: str) -> Iterator[tuple[Any, str]]:
    """Each value at a dotted path, with its own place."""
    if isinstance(value, list):
        for n, one in enumerate(value):
            yield from _places(one, path, f"{where}[{n}]")
    elif not path:
        yield value, where
    elif isinstance(value, dict):
        name, _, rest = path.partition(".")
        if name in value:
            yield from _places(value[name], rest, f"{where}.{name}")


def _time(value: Any, path: str, rule: _Rule) -> Iterator[Finding]:
    if not isinstance(value, str) or not _FORM(value):
        yield Finding(path, _WRONG_FORM % path, rule.rule, "format")
        return
    moment = datetime.fromisoformat(value)
    if moment < FIRST_DAY or (rule.check == "time" and moment > kernel.now()):
        yield Finding(path, _WRONG_TIME % path, rule.rule)


def _system(value: Any, path: str, rule: _Rule) -> Iterator[Finding]:
    for n, one in enumerate(value.get("coding", ()) if isinstance(value, dict) else ()):
        place = f"{path}.coding[{n}].system"
        if "system" in one and not one["system"].startswith(rule.allowed):
            yield Finding(place, f"Invalid coding system: {place} must be of {', '.join(rule.allowed)}", rule.rule)


def _number(value: Any, path: str, rule: _Rule) -> Iterator[Finding]:
    if (
        isinstance(value, dict)
        and "system" in value
        and not value["system"].startswith((NUMBERS, "http://terminology.kemkes.go.id"))
    ):
        place = f"{path}.system"
        yield Finding(place, f"Invalid identifier system: {place} must begin with {NUMBERS}", rule.rule)


_CHECKS = {"time": _time, "later": _time, "system": _system, "number": _number}


def _encounter(visit: dict[str, Any]) -> Iterator[Finding]:
    history = visit.get("statusHistory", ())
    if visit.get("status") == "finished":
        told = [one.get("status") for one in history]
        periods = [one.get("period", {}) for one in history]
        joined = all(a.get("end") == b.get("start") for a, b in zip(periods, periods[1:], strict=False))
        if not {"arrived", "in-progress", "finished"} <= set(told) or not joined:
            yield Finding("Encounter.statusHistory", _ORDER, "10122")
        period = visit.get("period", {})
        if "end" not in period:
            yield Finding("Encounter.period.end", "is missing", "10173")
        elif period["end"] == period.get("start"):
            yield Finding("Encounter.period.end", "must be after the start", "10173")
    length = visit.get("length")
    if length is not None:
        units = ("d",) if visit.get("class", {}).get("code") == "IMP" else ("h", "min")
        if length.get("code") not in units:
            yield Finding("Encounter.length.code", f"must have one of: {', '.join(units)}", "10840")


def _patient(person: dict[str, Any]) -> Iterator[Finding]:
    systems = {one.get("system") for one in person.get("identifier", ())}
    if not systems & {NIK, NIK_IBU}:
        yield Finding("Patient.identifier", "needs a NIK, or the mother's NIK", "10166")
    if NIK_IBU in systems and NIK not in systems and "multipleBirthInteger" not in person:
        yield Finding("Patient.multipleBirthInteger", "is missing", "10167")


_MORE = {"Encounter": _encounter, "Patient": _patient}
