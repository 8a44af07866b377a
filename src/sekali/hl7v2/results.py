"""Results: one DiagnosticReport for each OBR, an Observation for each of its OBX. A correction finds both again."""

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sekali import fhir, kernel, records

from .mapping import build
from .message import Message, Segment
from .numbers import numbered
from .refusals import MISSING_SEGMENT, UNKNOWN_KEY, Note, Place, Refused
from .results_values import observation_number
from .stays import VISIT
from .values import Context

Resource = dict[str, Any]
IMAGING = frozenset({"RAD"})
"""Sections of OBR-24 that are not laboratories'."""


@dataclass(frozen=True, slots=True)
class Result:
    """A report and its observations, as elements."""

    report: Resource
    observations: list[Resource] = field(default_factory=list)


def read(message: Message, context: Context) -> list[Result]:
    """The results of a message. Raises Refused."""
    groups: list[tuple[Segment, list[list[Segment]]]] = []
    for segment in message.segments:
        if segment.name == "OBR":
            groups.append((segment, []))
        elif segment.name == "OBX" and groups:
            groups[-1][1].append([segment])
        elif segment.name == "NTE" and groups and groups[-1][1]:
            groups[-1][1][-1].append(segment)
        elif segment.name in ("OBX", "NTE"):
            context.notes.append(
                Note(MISSING_SEGMENT, segment.place(), "This segment follows no OBR or OBX and was left out.")
            )
    if not groups:
        raise Refused(
            MISSING_SEGMENT, Place("OBR"), "The segment %(segment)s is missing. Add it and send again.", segment="OBR"
        )
    return [_result(order, values, context) for order, values in groups]


def read_visit(message: Message, context: Context) -> dict[str, str] | None:
    """The visit number, when the message has one."""
    visit = message.one("PV1")
    if visit is None or not visit.text(VISIT.field):
        return None
    return build("Encounter", {"PV1": [visit]}, context, ("identifier",))["identifier"][0]


async def keep(
    writing: records.Writing, citizen: UUID, results: list[Result], visit: dict[str, str] | None, context: Context
) -> None:
    """Every report with its observations, new or in place of those with the same numbers. Raises Refused."""
    whose: Resource = {"subject": {"reference": f"Patient/{citizen}"}}
    if visit is not None:
        encounter = await numbered(writing, "Encounter", visit)
        if encounter is not None and encounter.resource["subject"].get("reference") == f"Patient/{citizen}":
            whose["encounter"] = {"reference": f"Encounter/{encounter.id}"}
        else:
            context.notes.append(
                Note(UNKNOWN_KEY, VISIT, "This person has no such visit here; the results were kept without it.")
            )
    performer = {"reference": f"Organization/{context.organization}", "display": context.organization_name}
    whose["performer"] = [performer]
    for result in results:
        references = []
        for elements in result.observations:
            id = await _put(writing, "Observation", citizen, elements | whose)
            references.append({"reference": f"Observation/{id}"})
        linked = {"result": references} if references else {}
        await _put(writing, "DiagnosticReport", citizen, result.report | whose | linked)


def _result(order: Segment, values: list[list[Segment]], context: Context) -> Result:
    report = build("DiagnosticReport", {"OBR": [order]}, context)
    filler = report["identifier"][0]["value"]
    section = next((one["coding"][0]["code"] for one in report.get("category", ())), "LAB")
    kind = "imaging" if section in IMAGING else "laboratory"
    result, seen = Result(report), dict[str, int]()
    for value, *comments in values:
        elements = build("Observation", {"OBR": [order], "OBX": [value], "NTE": comments}, context)
        name = re.sub(r"[^A-Za-z0-9.-]", "_", f"{filler}.{value.text(3)}.{value.text(4)}".rstrip("."))
        seen[name] = seen.get(name, 0) + 1
        number = name if seen[name] == 1 else f"{name}.{seen[name]}"
        elements["identifier"] = [{"system": observation_number(context.organization), "value": number}]
        elements["category"] = [{"coding": [{"system": fhir.OBSERVATION_CATEGORY, "code": kind}]}]
        result.observations.append(elements)
    return result


async def _put(writing: records.Writing, type: str, citizen: UUID, elements: Resource) -> UUID:
    found = await numbered(writing, type, elements["identifier"][0])
    resource = {"resourceType": type} | elements
    if found is None:
        return (await writing.create(resource, kernel.new_id(kernel.shard_of(citizen)))).id
    if found.resource["subject"].get("reference") != f"Patient/{citizen}":
        raise Refused(
            UNKNOWN_KEY, Place("OBR", 1, 3), "The number in OBR-3 is another person's result. Correct OBR-3 or PID-3."
        )
    return (await writing.update(type, found.id, resource)).id
