"""A resource made ready to be kept: checked, stamped, and with what it is found by."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sekali import fhir, kernel


class Prepared(NamedTuple):
    """A row of records.resource, in the order of :data:`COLUMNS`."""

    shard: int
    type: str
    id: UUID
    subject: UUID | None
    version: int
    updated: datetime
    deleted: bool
    date: datetime
    tokens: list[int]
    content: bytes


COLUMNS = Prepared._fields
_OWNER = (
    "must be a reference to a Patient of this server, such as Patient/<id>; "
    "GET Patient?identifier=system|value finds the id"
)
UNDATED = datetime.min.replace(tzinfo=UTC)
"""Where what has no clinical date stands: PostgreSQL's -infinity."""


def stamp(content: bytes, id: UUID, version: int, updated: datetime) -> bytes:
    """The same resource with the server's id, version and time; every other member stays byte for byte."""
    members = kernel.members(content)
    kind = kernel.decode(bytes(members.pop("resourceType", kernel.Raw(b'""'))))
    members.pop("id", None)
    meta = kernel.decode(bytes(members.pop("meta", kernel.Raw(b"{}"))))
    if not isinstance(meta, dict):
        raise kernel.Invalid(faults=[kernel.Fault("Resource.meta", "must be an object")])
    meta |= {"versionId": str(version), "lastUpdated": updated.isoformat(timespec="milliseconds")}
    head = kernel.encode({"resourceType": kind, "id": str(id), "meta": meta})
    rest = b"".join(b"," + kernel.encode(name) + b":" + bytes(value) for name, value in members.items())
    return head[:-1] + rest + b"}"


def restamped(rows: Sequence[Prepared], now: datetime) -> list[Prepared]:
    """The same resources as of another time."""
    at = now.replace(microsecond=now.microsecond // 1000 * 1000)  # as meta.lastUpdated shows it
    new = _last_updated(at)
    return [row._replace(updated=at, content=row.content.replace(_last_updated(row.updated), new, 1)) for row in rows]


def _last_updated(at: datetime) -> bytes:
    return b'"lastUpdated":"%s"' % at.isoformat(timespec="milliseconds").encode()


def prepare(
    content: bytes, id: UUID, version: int, updated: datetime, strict: bool = True
) -> tuple[Prepared, dict[str, Any]]:
    """Stamp, validate and index one resource; the decoded resource comes too. Raises Invalid with each fault.

    :param strict: whether what SATUSEHAT ties to a person must name one.
    """
    stamped = stamp(content, id, version, updated)
    resource = fhir.require_valid(stamped)
    found = fhir.index(resource)
    subject = owner(resource, id, strict)
    shard = kernel.CITY if subject is None else kernel.shard_of(subject)
    if kernel.shard_of(id) != shard:
        raise kernel.Conflict("A resource cannot be moved from one person to another.")
    type = resource["resourceType"]
    return Prepared(
        shard, type, id, subject, version, updated, False, found.date or UNDATED, found.tokens, stamped
    ), resource


def owner(resource: dict[str, Any], id: UUID | None, strict: bool = True) -> UUID | None:
    """The person that a resource belongs to, None for the city's. Raises Invalid when it must name one and doesn't."""
    type = resource.get("resourceType")
    if type == "Patient":
        return id
    if type not in fhir.PERSON_TYPES:
        return None
    subject = fhir.subject_of(resource)
    if subject is None and strict and type in fhir.MUST_NAME:
        path = f"{type}.{fhir.PERSON_TYPES[type]}"
        raise kernel.Invalid(faults=[kernel.Fault(path, _OWNER, fhir.rule_of(path))])
    return subject
