"""R4's own constraints on what is used for people, in Python; what structure alone does not say.

A FHIRPath engine for all 400 would cost more time than all else that validation does. These are of the data types and of
the kinds that facilities send; the rest is not checked (docs/conformance.md). Each has its key in the specification
(https://hl7.org/fhir/R4/conformance-rules.html#constraints), such as https://hl7.org/fhir/R4/datatypes.html#Period (per-1).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .search.dates import interval

Node = dict[str, Any]
_UCUM = "http://unitsofmeasure.org"
_TERMS = "http://terminology.hl7.org/CodeSystem/"


_OFFSET = len("2026-11-29T08:00:00")
"""Where a time says its zone; what is written alike is ordered as its text is."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """One constraint.

    :ivar holds: of an element whose structure is sound already.
    """

    key: str
    holds: Callable[[Node], bool]
    reason: str


def broken_resource(node: Node) -> Iterator[str]:
    """What of the constraints on every resource does not hold."""
    contained = node.get("contained", ())
    if any("contained" in one for one in contained):
        yield "a contained resource contains no other (dom-2)"
    metas = [one.get("meta", {}) for one in contained]
    if any("versionId" in meta or "lastUpdated" in meta for meta in metas):
        yield "a contained resource has no version and no time of its own (dom-4)"
    if any("security" in meta for meta in metas):
        yield "a contained resource has no security label of its own (dom-5)"


def _has(node: Node, *names: str) -> bool:
    """Whether one of these is there, be it only as an extension."""
    for name in names:  # noqa: SIM110 - of nearly everything it is asked, and a generator takes longer
        if name in node or "_" + name in node:
            return True
    return False


def _chosen(node: Node, stem: str) -> bool:
    """Whether a choice such as ``value[x]`` is there."""
    most = len(stem)
    for name in node:
        if stem in name:
            bare = name.removeprefix("_")
            if bare.startswith(stem) and bare[most : most + 1].isupper():
                return True
    return False


def _with(name: str, other: str) -> Callable[[Node], bool]:
    """``name`` only together with ``other``."""
    return lambda node: not _has(node, name) or _has(node, other)


def _not_both(name: str, other: str) -> Callable[[Node], bool]:
    return lambda node: not (_has(node, name) and _has(node, other))


def _some(*names: str) -> Callable[[Node], bool]:
    return lambda node: _has(node, *names)


def _coded(concept: Any, system: str, *codes: str) -> bool:
    """Whether a CodeableConcept has one of these codes of HL7's."""
    codings = concept.get("coding", ()) if isinstance(concept, dict) else ()
    return any(one.get("system") == _TERMS + system and one.get("code") in codes for one in codings)


def _ordered(earlier: str, later: str) -> Callable[[Node], bool]:
    """``later`` is not before ``earlier``, as far as their precision tells."""

    def holds(node: Node) -> bool:
        first, last = node.get(earlier), node.get(later)
        if first is None or last is None:
            return True
        if len(first) == len(last) and first[_OFFSET:] == last[_OFFSET:]:
            return first <= last
        try:
            return interval(first)[0] < interval(last)[1]
        except (ValueError, OverflowError):
            return True

    return holds


def _measured(node: Node) -> bool:
    """Of an Age, Distance or Duration: a coded unit, and UCUM."""
    return (_has(node, "code") or not _has(node, "value")) and node.get("system", _UCUM) == _UCUM


def _range(node: Node) -> bool:
    """Low is not above high, where both have one unit."""
    low, high = node.get("low", {}), node.get("high", {})
    if low.get("unit") != high.get("unit") or "value" not in low or "value" not in high:
        return True
    return low["value"] <= high["value"]


def _ratio(node: Node) -> bool:
    both = _has(node, "numerator") == _has(node, "denominator")
    return both and (_has(node, "numerator") or _has(node, "extension"))


def _components_differ(node: Node) -> bool:
    """A component does not repeat the observation's own code where that has a value."""
    if "component" not in node:
        return True
    own = node["code"].get("coding", ())
    inside = (coding for one in node["component"] for coding in one["code"].get("coding", ()))
    return not _chosen(node, "value") or all(coding not in own for coding in inside)


def _abated(node: Node) -> bool:
    over = _coded(node.get("clinicalStatus"), "condition-clinical", "resolved", "remission", "inactive")
    return over or not _chosen(node, "abatement")


def _in_error(node: Node, system: str) -> bool:
    return _coded(node.get("verificationStatus"), system, "entered-in-error")


def _item_fits(node: Node) -> bool:
    type = node.get("type")
    return (type != "group" or "item" in node) and (type != "display" or "item" not in node)


_ALLERGY, _CONDITION = "allergyintolerance-verification", "condition-ver-status"
_QUANTITY = Invariant("qty-3", _with("code", "system"), "a unit's code needs its system, such as " + _UCUM)
_UNIT = "needs a value, and a unit in UCUM: system and code"

INVARIANTS: dict[str, tuple[Invariant, ...]] = {
    "Age": (_QUANTITY, Invariant("age-1", _measured, _UNIT)),
    "AllergyIntolerance": (
        Invariant("ait-1", lambda n: _in_error(n, _ALLERGY) or _has(n, "clinicalStatus"), "needs clinicalStatus"),
        Invariant("ait-2", lambda n: not _in_error(n, _ALLERGY) or not _has(n, "clinicalStatus"),
                  "what was entered in error has no clinicalStatus"),
    ),
    "Appointment": (Invariant("app-2", lambda n: _has(n, "start") == _has(n, "end"), "start and end come together"),),
    "Appointment.participant": (Invariant("app-1", _some("type", "actor"), "needs type or actor"),),
    "Attachment": (Invariant("att-1", _with("data", "contentType"), "data needs its contentType"),),
    "CarePlan.activity": (Invariant("cpl-3", _not_both("detail", "reference"), "has detail or reference, not both"),),
    "Composition.section": (
        Invariant("cmp-1", _some("text", "entry", "section"), "needs text, entry or section"),
        Invariant("cmp-2", _not_both("emptyReason", "entry"), "is empty for a reason or has entries, not both"),
    ),
    "Condition": (
        Invariant("con-4", _abated, "what is over has the clinicalStatus resolved, remission or inactive"),
        Invariant("con-5", lambda n: not _in_error(n, _CONDITION) or not _has(n, "clinicalStatus"),
                  "what was entered in error has no clinicalStatus"),
    ),
    "Condition.evidence": (Invariant("con-2", _some("code", "detail"), "needs code or detail"),),
    "Condition.stage": (Invariant("con-1", _some("summary", "assessment"), "needs summary or assessment"),),
    "Consent": (Invariant("ppc-1", _some("policy", "policyRule"), "needs policy or policyRule"),),
    "ContactPoint": (Invariant("cpt-2", _with("value", "system"), "a value needs its system, such as phone"),),
    "Distance": (_QUANTITY, Invariant("dis-1", _measured, _UNIT)),
    "Duration": (
        _QUANTITY,
        Invariant("drt-1", lambda n: not _has(n, "code") or (n.get("system") == _UCUM and _has(n, "value")), _UNIT),
    ),
    "Extension": (
        Invariant("ext-1", lambda n: _has(n, "extension") != _chosen(n, "value"), "has a value or extensions, not both"),
    ),
    "FamilyMemberHistory": (
        Invariant("fhs-1", lambda n: not (_chosen(n, "age") and _chosen(n, "born")), "has age or born, not both"),
        Invariant("fhs-2", lambda n: _chosen(n, "age") or not _has(n, "estimatedAge"), "estimatedAge needs an age"),
    ),
    "Immunization.education": (Invariant("imm-1", _some("documentType", "reference"), "needs documentType or reference"),),
    "MedicationDispense": (
        Invariant("mdd-1", _ordered("whenPrepared", "whenHandedOver"), "whenHandedOver must not be before whenPrepared"),
    ),
    "Observation": (
        Invariant("obs-6", lambda n: not _has(n, "dataAbsentReason") or not _chosen(n, "value"),
                  "has a value or dataAbsentReason, not both"),
        Invariant("obs-7", _components_differ, "a component must not repeat the code that the value is of"),
    ),
    "Observation.referenceRange": (Invariant("obs-3", _some("low", "high", "text"), "needs low, high or text"),),
    "Organization": (Invariant("org-1", _some("identifier", "name"), "needs an identifier or a name"),),
    "Patient.contact": (
        Invariant("pat-1", _some("name", "telecom", "address", "organization"),
                  "needs name, telecom, address or organization"),
    ),
    "Period": (Invariant("per-1", _ordered("start", "end"), "end must not be before start"),),
    "Quantity": (_QUANTITY,),
    "Questionnaire.item": (
        Invariant("que-1", _item_fits, "a group has items, a display has none"),
        Invariant("que-4", _not_both("answerOption", "answerValueSet"), "has answerOption or answerValueSet, not both"),
    ),
    "QuestionnaireResponse.item": (Invariant("qrs-1", _not_both("answer", "item"), "has answer or item, not both"),),
    "Range": (Invariant("rng-2", _range, "low must not be above high"),),
    "Ratio": (Invariant("rat-1", _ratio, "numerator and denominator come together"),),
    "ServiceRequest": (Invariant("prr-1", _with("orderDetail", "code"), "orderDetail needs code"),),
    "Task": (Invariant("inv-1", _ordered("authoredOn", "lastModified"), "lastModified must not be before authoredOn"),),
    "Timing.repeat": (
        Invariant("tim-1", _with("duration", "durationUnit"), "duration needs durationUnit"),
        Invariant("tim-2", _with("period", "periodUnit"), "period needs periodUnit"),
        Invariant("tim-4", lambda n: n.get("duration", 0) >= 0, "duration must not be below 0"),
        Invariant("tim-5", lambda n: n.get("period", 0) >= 0, "period must not be below 0"),
        Invariant("tim-6", _with("periodMax", "period"), "periodMax needs period"),
        Invariant("tim-7", _with("durationMax", "duration"), "durationMax needs duration"),
        Invariant("tim-8", _with("countMax", "count"), "countMax needs count"),
        Invariant("tim-10", _not_both("timeOfDay", "when"), "has timeOfDay or when, not both"),
    ),
}  # fmt: skip
"""Type or element -> its constraints."""
