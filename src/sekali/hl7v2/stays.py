"""Encounters: opened at A01 and A04, closed at A03 (statuses as SATUSEHAT's rules 10117-10124, 10173 ask)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sekali import care, kernel, records

from .mapping import build
from .message import Message
from .numbers import numbered
from .refusals import DUPLICATE_KEY, UNKNOWN_KEY, WRONG_FORM, Place, Refused
from .values import Context

Resource = dict[str, Any]
VISIT = Place("PV1", 1, 19)


def read(message: Message, context: Context) -> Resource:
    """The Encounter's elements. Raises Refused."""
    return build("Encounter", _found(message), context)


def read_end(message: Message, context: Context) -> Resource:
    """The visit number, and the elements of its end. Raises Refused."""
    found = _found(message)
    return build("Encounter", found, context, ("identifier",)) | build("Discharge", found, context)


async def open_one(writing: records.Writing, citizen: UUID, elements: Resource, status: str, context: Context) -> None:
    """An Encounter that begins, or goes on: one of this number that is open already is moved on. Raises Refused."""
    present = await numbered(writing, "Encounter", elements["identifier"][0])
    if present is None:
        await writing.create(_new(citizen, elements, status, context))
        return
    now = _with_history((await writing.present("Encounter", present.id)).resource)
    _require_person(now, citizen)
    if now["status"] in ("finished", "cancelled"):
        raise Refused(DUPLICATE_KEY, VISIT, "The visit in PV1-19 has ended already. Send a new visit number.")
    after = now | {name: value for name, value in elements.items() if name not in ("identifier", "period")}
    if after["class"] != now["class"]:
        begun = now["statusHistory"][-1]["period"]["start"]
        history = [
            *now.get("classHistory", ()),
            {"class": now["class"], "period": {"start": begun, "end": elements["period"]["start"]}},
        ]
        after["classHistory"] = history
    if status != now["status"] == "arrived":
        after = care.resources.move_encounter(after, status, _at(elements["period"]["start"]))
    await writing.update("Encounter", present.id, after)


async def close(writing: records.Writing, citizen: UUID, elements: Resource) -> None:
    """The end of an Encounter; one that has ended already stays as it is. Raises Refused."""
    present = await numbered(writing, "Encounter", elements["identifier"][0])
    if present is None:
        raise Refused(UNKNOWN_KEY, VISIT, "The visit in PV1-19 is not known here. Send ADT^A01 or ADT^A04 first.")
    now = _with_history((await writing.present("Encounter", present.id)).resource)
    _require_person(now, citizen)
    if now["status"] == "finished":
        return
    start, end = _at(now["period"]["start"]), _at(elements["period"]["end"])
    if end <= start:
        raise Refused(WRONG_FORM, Place("PV1", 1, 45), "The visit ends before it began. Correct PV1-45 or PV1-44.")
    if now["status"] == "arrived":
        now = care.resources.move_encounter(now, "in-progress", start)
    ended = care.resources.move_encounter(now, "finished", end)
    await writing.update("Encounter", present.id, ended | {k: v for k, v in elements.items() if k == "hospitalization"})


def _found(message: Message) -> dict[str, list[Any]]:
    names = ("MSH", "EVN", "PV1", "PV2")
    return {name: [one] for name in names if (one := message.one(name)) is not None}


def _new(citizen: UUID, elements: Resource, status: str, context: Context) -> Resource:
    start = elements["period"]["start"]
    steps = [{"status": "arrived", "period": {"start": start}}]
    if status != "arrived":
        steps = [
            {"status": "arrived", "period": {"start": start, "end": start}},
            {"status": status, "period": {"start": start}},
        ]
    return {
        "resourceType": "Encounter",
        **elements,
        "status": status,
        "statusHistory": steps,
        "subject": {"reference": f"Patient/{citizen}"},
        "serviceProvider": {"reference": f"Organization/{context.organization}", "display": context.organization_name},
    }


def _with_history(encounter: Resource) -> Resource:
    """One that came over FHIR may have neither history nor start."""
    start = encounter.get("period", {}).get("start") or encounter["meta"]["lastUpdated"]
    start = kernel.fhir_instant(_at(start)) if len(start) > 10 else f"{start}T00:00:00+00:00"
    step = {"status": encounter["status"], "period": {"start": start}}
    return {"statusHistory": [step]} | encounter | {"period": encounter.get("period", {}) | {"start": start}}


def _require_person(encounter: Resource, citizen: UUID) -> None:
    if encounter["subject"].get("reference") != f"Patient/{citizen}":
        raise Refused(DUPLICATE_KEY, VISIT, "The visit in PV1-19 is another person's here. Correct PV1-19 or PID-3.")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
