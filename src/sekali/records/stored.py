"""One version of one resource, as it is kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from sekali import kernel


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
    def reference(self) -> str:
        """``Type/id``."""
        return f"{self.type}/{self.id}"


def columns(keys: Collection[tuple[str, UUID]]) -> tuple[list[int], list[str], list[UUID]]:
    """(type, id) as the arrays that SQL takes: shards, types, ids."""
    return [kernel.shard_of(id) for _, id in keys], [type for type, _ in keys], [id for _, id in keys]


def stored(row: kernel.Row) -> Stored:
    """A row of records.resource or records.version."""
    return Stored(
        row["type"], row["id"], row["version"], row["updated"], row["content"], row["subject"], row["deleted"]
    )
