"""One version of one resource, as it is kept: sealed, and bound to its place."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from sekali import fhir, kernel, security

from .prepared import Prepared


@dataclass(frozen=True)
class Stored:
    """One version of one resource.

    :ivar content: the exact bytes to serve; empty when this version is a deletion.
    :ivar subject: the person it belongs to; None for what is the city's.
    """

    type: str
    id: UUID
    version: int
    updated: datetime
    content: bytes
    subject: UUID | None = None
    deleted: bool = False

    @cached_property
    def resource(self) -> dict[str, Any]:
        """The content as Python objects."""
        return kernel.decode(self.content)

    @property
    def terms(self) -> list[int]:
        """What it is found by."""
        return fhir.index(self.resource).tokens

    @property
    def reference(self) -> str:
        """``Type/id``."""
        return f"{self.type}/{self.id}"


def columns(keys: Collection[tuple[str, UUID]]) -> tuple[list[int], list[str], list[UUID]]:
    """(type, id) as the arrays that SQL takes: shards, types, ids."""
    return [kernel.shard_of(id) for _, id in keys], [type for type, _ in keys], [id for _, id in keys]


def _about(type: str, id: UUID, version: int, subject: UUID | None) -> bytes:
    """What a content is bound to: in another row it does not open."""
    return b"%b\0%b%b%b" % (type.encode(), id.bytes, version.to_bytes(4, "big"), subject.bytes if subject else b"")


def array(numbers: Sequence[int]) -> str:
    """Numbers as PostgreSQL writes an array of them; arrays of arrays would have to be of one length."""
    return "{" + ",".join(str(int(one)) for one in numbers) + "}"


def sealed(key: security.Key, row: Prepared) -> bytes:
    """The content as it is kept; a deletion has none."""
    return b"" if row.deleted else key.seal(row.content, _about(row.type, row.id, row.version, row.subject))


def content(cipher: security.Cipher, row: kernel.Row) -> bytes:
    """The content of a row of records.resource or records.version. Raises Broken where it was changed or moved."""
    if row["deleted"]:
        return b""
    return cipher.open(row["content"], _about(row["type"], row["id"], row["version"], row["subject"]))


def content_anew(cipher: security.Cipher, row: kernel.Row) -> bytes:
    """The content of a row under the newest key."""
    if row["deleted"]:
        return b""
    about = _about(row["type"], row["id"], row["version"], row["subject"])
    return cipher.seal(cipher.open(row["content"], about), about)


def stored(cipher: security.Cipher, row: kernel.Row) -> Stored:
    """A row of records.resource or records.version. Raises Broken where it was changed or moved."""
    return Stored(
        row["type"], row["id"], row["version"], row["updated"], content(cipher, row), row["subject"], row["deleted"]
    )
