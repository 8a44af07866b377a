"""The person of a message: found by any of their numbers, never doubled, and edited only where a facility may.

SATUSEHAT's rule 20016: a facility may not edit a person. So a person whom anybody else may know (by NIK, JKN number, card,
or another facility's number) gets only this facility's record number; one whom only this facility knows follows it.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sekali import fhir, identity, records

from .message import Segment
from .refusals import DUPLICATE_KEY, LOCKED, UNKNOWN_KEY, Note, Refused
from .values import Context

Resource = dict[str, Any]
EDITABLE = ("name", "birthDate", "gender", "address", "telecom", "maritalStatus", "deceasedBoolean")
"""What follows a facility's message about a person whom only it knows."""


async def known(
    directory: identity.Directory, identifiers: Sequence[dict[str, str]], segment: Segment, field: int
) -> UUID | None:
    """The one person of these numbers, or None. Raises Refused when they belong to two."""
    found = {await directory.find(one["system"], one["value"]) for one in identifiers} - {None}
    if len(found) > 1:
        place = segment.place(field)
        raise Refused(
            DUPLICATE_KEY, place, "The numbers in %(place)s belong to two persons here. Correct them, or merge with ADT^A40."
        )  # fmt: skip
    return found.pop() if found else None


async def require_known(
    directory: identity.Directory, identifiers: Sequence[dict[str, str]], segment: Segment, field: int
) -> UUID:
    """The same. Raises Refused when nobody has them."""
    found = await known(directory, identifiers, segment, field)
    if found is None:
        place = segment.place(field)
        raise Refused(
            UNKNOWN_KEY, place, "Nobody here has the numbers in %(place)s. Send the person with ADT^A04 first."
        )  # fmt: skip
    return found


async def keep(
    writing: records.Writing, citizen: UUID | None, elements: Resource, context: Context, segment: Segment
) -> UUID:
    """The person as the message says, as far as this facility may say it; their id."""
    if citizen is None:
        return (await writing.create(_new(elements))).id
    before = (await writing.present("Patient", citizen)).resource
    after = _followed(before, elements, context, segment)
    if after != before:
        await writing.update("Patient", citizen, after)
    return citizen


async def merge(writing: records.Writing, survivor: UUID, prior: UUID, context: Context, segment: Segment) -> None:
    """Two Patients of one person: both stay, linked; the prior one's record numbers lead to the survivor from now on.

    Raises Refused when the prior one is known beyond this facility (rule 20016).
    """
    now = {id: (await writing.present("Patient", id)).resource for id in sorted((survivor, prior))}
    if not _only_ours(now[prior], context):
        raise Refused(
            LOCKED, segment.place(1),
            "The person in MRG-1 is known beyond your facility, so it stays (rule 20016). Ask the operator of Sekali.",
        )  # fmt: skip
    numbers = now[prior].get("identifier", [])
    replaced = now[prior] | {
        "active": False,
        "identifier": [one | {"use": "old"} for one in numbers],
        "link": [*now[prior].get("link", ()), _link(survivor, "replaced-by")],
    }
    kept = now[survivor] | {
        "identifier": [*now[survivor].get("identifier", ()), *numbers],
        "link": [*now[survivor].get("link", ()), _link(prior, "replaces")],
    }
    await writing.update("Patient", prior, replaced)
    await writing.update("Patient", survivor, kept)


def _new(elements: Resource) -> Resource:
    invented = any(
        one["system"] == fhir.NIK and identity.parse_nik(one["value"]).fictitious for one in elements["identifier"]
    )
    tag = {"meta": {"tag": [{"system": fhir.TAG, "code": "fictitious"}]}} if invented else {}
    return {"resourceType": "Patient", **tag, "active": True} | elements


def _followed(before: Resource, elements: Resource, context: Context, segment: Segment) -> Resource:
    have = {(one.get("system"), one.get("value")) for one in before.get("identifier", ())}
    new = [one for one in elements["identifier"] if (one["system"], one["value"]) not in have]
    if _only_ours(before, context):
        edited = {name: elements[name] for name in EDITABLE if name in elements}
    else:
        edited = {}
        new = [one for one in new if one["system"] == fhir.medical_record(context.organization)]
        _tell_what_was_left(before, elements, context, segment)
    return before | edited | ({"identifier": [*before.get("identifier", ()), *new]} if new else {})


def _tell_what_was_left(before: Resource, elements: Resource, context: Context, segment: Segment) -> None:
    differs = [name for name in EDITABLE if name in elements and elements[name] != before.get(name)]
    if differs:
        context.notes.append(
            Note(
                0,
                segment.place(),
                "This person is known beyond your facility: only the record number was kept (rule 20016).",
                "I",
            )  # fmt: skip
        )
    if "birthDate" in differs or "gender" in differs:
        context.notes.append(
            Note(
                0,
                segment.place(7),
                "Birth date or sex differ from what is kept under these numbers. Make sure it is the same person.",
            )
        )


def _only_ours(patient: Resource, context: Context) -> bool:
    ours = fhir.medical_record(context.organization)
    return all(one.get("system") == ours for one in patient.get("identifier", ()))


def _link(other: UUID, type: str) -> Resource:
    return {"other": {"reference": f"Patient/{other}"}, "type": type}
