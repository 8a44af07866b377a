"""Rows of records.resource as COPY takes them, packed by whichever process made them ready."""

from datetime import datetime
from struct import Struct
from typing import NamedTuple
from uuid import UUID

import msgspec

from sekali import kernel, security

from .prepared import Prepared
from .sealing import Owned
from .stored import sealed

COLUMNS = (
    "sensitive", "key", "shard", "version", "updated", "date", "deleted", "type", "id", "subject", "origin", "addressee",
    "tokens", "content",
)  # fmt: skip
"""Their order here: first what is of fixed length."""
_FIXED = Struct("!h ih ih ii ii iq iq i?")
_SENSITIVE = slice(6, 8)


class Stamp(NamedTuple):
    """What a transaction gives to the rows that go into it.

    :ivar at: its time, to the millisecond as meta.lastUpdated shows it.
    :ivar key: the key that seals them.
    """

    at: datetime
    key: security.Key


class Ready(msgspec.Struct, frozen=True, gc=False):
    """A row that is ready to be sent, but for the seals of what it refers to. It goes quickly from process to process.

    :ivar named: (kind, id) of what it refers to, as far as it takes over the seals of that.
    :ivar content: as it is served.
    :ivar packed: as it is kept.
    """

    type: str
    id: UUID
    subject: UUID | None
    sensitive: int
    named: list[tuple[str, str]]
    content: bytes
    packed: bytes

    @property
    def deleted(self) -> bool:
        """What comes in is there."""
        return False


def ready(owned: Owned, key: security.Key) -> Ready:
    """Seal and pack a row that was sealed by itself."""
    row = owned.row
    return Ready(row.type, row.id, row.subject, row.sensitive, owned.named, row.content, packed(key, row))


def packed(key: security.Key, row: Prepared) -> bytes:
    """A row, its content sealed and what it is found by under the key."""
    return b"".join((
        _FIXED.pack(
            len(COLUMNS), 2, row.sensitive, 2, key.number, 4, row.shard, 4, row.version,
            8, kernel.packed_time(row.updated), 8, kernel.packed_time(row.date), 1, row.deleted,
        ),
        kernel.packed_value(row.type.encode()),
        kernel.packed_id(row.id), kernel.packed_id(row.subject), kernel.packed_id(row.origin),
        kernel.packed_id(row.addressee),
        kernel.packed_numbers(key.terms(row.tokens)),
        kernel.packed_value(sealed(key, row)),
    ))  # fmt: skip


def with_seal(row: Ready, sensitive: int) -> bytes:
    """The packed row with its whole seal."""
    if sensitive == row.sensitive:
        return row.packed
    return row.packed[: _SENSITIVE.start] + sensitive.to_bytes(2) + row.packed[_SENSITIVE.stop :]
