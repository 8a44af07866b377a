"""Rows of records.resource as COPY takes them, packed by whichever process made them ready."""

from collections.abc import Sequence
from datetime import datetime
from struct import Struct
from typing import NamedTuple

from sekali import kernel, security

from .prepared import Prepared, restamped
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


class Ready(NamedTuple):
    """A row that is ready to be sent, but for the seals of what it refers to."""

    owned: Owned
    packed: bytes


def ready(owned: Owned, stamp: Stamp) -> Ready:
    """Stamp and pack a row. (Any process can do this.)"""
    owned = owned._replace(row=restamped(owned.row, stamp.at))
    return Ready(owned, packed(stamp.key, owned.row))


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


def with_seals(ready: Sequence[Ready], rows: Sequence[Prepared]) -> list[bytes]:
    """The packed rows with the whole seals, which stand in ``rows``."""
    return [
        one.packed
        if row.sensitive == one.owned.row.sensitive
        else one.packed[: _SENSITIVE.start] + row.sensitive.to_bytes(2) + one.packed[_SENSITIVE.stop :]
        for one, row in zip(ready, rows, strict=True)
    ]
