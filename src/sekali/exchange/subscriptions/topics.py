"""What can be subscribed to. https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/components.html#subscription-topics

Each topic is a row of :data:`TOPICS`; routes, the CapabilityStatement and the documentation are made from it. A topic
looks at one resource as it is and as it was, and says whom it concerns: organizations that it names, whoever asked for
it, or whoever cares for the person.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sekali import fhir

Resource = dict[str, Any]
Told = Callable[[Resource, Resource | None], set[str]]
"""The resource, and what it was before (None: it is new) -> references to whom or what it concerns."""

BASE = "urn:sekali:topic:"


class Concerns(Enum):
    """What the references of ``Topic.told`` are."""

    ORGANIZATIONS = "organizations"
    REQUESTS = "requests"
    """ServiceRequests; it concerns the organization that made them, while it cares for the person."""
    PEOPLE = "people"
    """It concerns every organization that cares for them."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic.

    :ivar focus: the kinds of resource that an event is about.
    :ivar filters: search parameters of these that a subscription may narrow it by.
    :ivar context: members that refer to what comes along with the focus.
    """

    name: str
    title: str
    focus: tuple[str, ...]
    filters: tuple[str, ...]
    concerns: Concerns
    told: Told
    context: tuple[str, ...]

    @property
    def url(self) -> str:
        """Its canonical."""
        return BASE + self.name


def party(resource: Resource | None, member: str) -> str:
    """The organization that a member refers to, ``Organization/id`` or empty."""
    found = _target((resource or {}).get(member) or {})
    return found if found.startswith("Organization/") else ""


def _target(reference: Resource) -> str:
    """``Type/id``, also of a whole address; empty for anything else."""
    found = fhir.split_reference(reference.get("reference", ""))
    return "/".join(found) if found else ""


def _asked(task: Resource | None) -> tuple[str, str] | None:
    """Who is asked by a Task, while it asks."""
    return ("requested", party(task, "owner")) if task and task.get("status") == "requested" else None


def _received(now: Resource, before: Resource | None) -> set[str]:
    return {party(now, "owner")} if _asked(now) and _asked(now) != _asked(before) else set()


def _moved(now: Resource, before: Resource | None) -> set[str]:
    if before is None or (now.get("status"), party(now, "owner")) == (before.get("status"), party(before, "owner")):
        return set()
    return {party(now, "owner"), party(before, "owner"), party(now, "requester")}


def _visited(now: Resource, before: Resource | None) -> set[str]:
    here = party(now, "serviceProvider")
    same = before is not None and (before.get("status"), party(before, "serviceProvider")) == (now.get("status"), here)
    return set() if same else {here}


_READY = ("final", "amended", "corrected")


def _ready(now: Resource, before: Resource | None) -> set[str]:
    if now.get("status") not in _READY or (before is not None and before.get("status") == now["status"]):
        return set()
    return {found for one in now.get("basedOn", ()) if (found := _target(one)).startswith("ServiceRequest/")}


def _changed(now: Resource, before: Resource | None) -> set[str]:
    if before is None or now | {"meta": None} == before | {"meta": None}:
        return set()
    return {f"Patient/{now['id']}"}


TOPICS = (
    Topic("referral-received", "Somebody asks your facility to take a person: a Task with you as its owner becomes requested",
          ("Task",), ("priority", "patient", "requester"), Concerns.ORGANIZATIONS, _received, ("focus", "for")),
    Topic("referral-changed", "The status or the owner of a referral's Task from you or to you changes",
          ("Task",), ("status", "patient", "owner", "requester"), Concerns.ORGANIZATIONS, _moved, ("focus", "for")),
    Topic("encounter-changed", "A visit at your facility begins, or its status changes",
          ("Encounter",), ("status", "class", "patient"), Concerns.ORGANIZATIONS, _visited, ("subject",)),
    Topic("result-ready", "A result of what your facility asked for becomes final, amended or corrected",
          ("DiagnosticReport", "Observation"), ("status", "category", "code", "patient"), Concerns.REQUESTS, _ready,
          ("basedOn", "subject")),
    Topic("patient-changed", "Who a person is changes, whom your facility cares or cared for",
          ("Patient",), ("_id",), Concerns.PEOPLE, _changed, ()),
)  # fmt: skip
BY_URL: Mapping[str, Topic] = {one.url: one for one in TOPICS}
BY_KIND: Mapping[str, tuple[Topic, ...]] = {
    kind: tuple(one for one in TOPICS if kind in one.focus) for one in TOPICS for kind in one.focus
}


def context_of(topic: Topic, resource: Resource) -> list[str]:
    """What comes along with a focus: ``Type/id``, each once."""
    found: dict[str, None] = {}
    for member in topic.context:
        value = resource.get(member, [])
        for one in value if isinstance(value, list) else [value]:
            if text := _target(one):
                found[text] = None
    return list(found)[:10]
