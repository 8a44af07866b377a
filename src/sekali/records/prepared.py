"""A resource made ready to be kept: checked, stamped, and with what it is found by."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sekali import fhir, kernel


class Prepared(NamedTuple):
    """A row of records.resource, in the order of :data:`COLUMNS`. The last three are its seal (see ``seal``)."""

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
    sensitive: int = 0
    origin: UUID | None = None
    addressee: UUID | None = None

    def under(self, sensitive: int, origin: UUID | None, addressee: UUID | None) -> "Prepared":
        """The same with this seal. (Of so many fields ``_replace`` takes several times as long.)"""
        return Prepared(*self[:-3], sensitive, origin, addressee)


COLUMNS = Prepared._fields
_OWNER = (
    "must be a reference to a Patient of this server, such as Patient/<id>; "
    "GET Patient?identifier=system|value finds the id"
)
UNDATED = datetime.min.replace(tzinfo=UTC)
"""Where what has no clinical date stands: PostgreSQL's -infinity."""


def _stamp(resource: dict[str, Any], content: bytes, id: UUID, version: int, updated: datetime) -> bytes:
    """Give a resource the server's id, version and time; in ``content`` every other member stays byte for byte."""
    meta = resource.get("meta", {})
    if not isinstance(meta, dict):
        raise kernel.Invalid(faults=[kernel.Fault("Resource.meta", "must be an object")])
    ours = {"versionId": str(version), "lastUpdated": instant(updated)}
    head = {"resourceType": resource.get("resourceType", ""), "id": str(id), "meta": meta | ours}
    resource |= head
    return kernel.encode(head | kernel.members(content) | head)


@lru_cache(64)
def instant(at: datetime) -> str:
    """As meta.lastUpdated shows it. (All that is written at once has one time.)"""
    return at.isoformat(timespec="milliseconds")


def prepare(
    content: bytes,
    id: UUID,
    version: int,
    updated: datetime,
    strict: bool = True,
    decoded: dict[str, Any] | None = None,
) -> Prepared:
    """Stamp, validate and index one resource. Raises Invalid with each fault.

    :param strict: whether what SATUSEHAT ties to a person must name one.
    :param decoded: ``content`` decoded, where the caller has it already; it is stamped too.
    """
    return kernel.through(preparing(content, id, version, updated, strict, decoded))


def preparing(
    content: bytes, id: UUID, version: int, updated: datetime, strict: bool, decoded: dict[str, Any] | None = None
) -> kernel.Steps[Prepared]:
    """The same in steps."""
    resource = decode(content) if decoded is None else decoded
    stamped = _stamp(resource, content, id, version, updated)
    yield
    fhir.require_valid(stamped, resource)
    yield
    found = fhir.index(resource)
    yield
    subject = owner(resource, id, strict)
    shard = kernel.CITY if subject is None else kernel.shard_of(subject)
    if kernel.shard_of(id) != shard:
        raise kernel.Conflict("A resource cannot be moved from one person to another.")
    type = resource["resourceType"]
    return Prepared(shard, type, id, subject, version, updated, False, found.date or UNDATED, found.tokens, stamped)


def decode(content: bytes) -> dict[str, Any]:
    """A resource as Python objects. Raises Invalid."""
    resource = kernel.decode(content)
    if not isinstance(resource, dict):
        raise kernel.Invalid(faults=[kernel.Fault("$", "a resource is a JSON object")])
    return resource


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
