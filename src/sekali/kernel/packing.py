"""Values as COPY takes them in its binary format (https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4).

The driver packs a row while it sends it, value by value, having asked of each what it is. Whoever has many rows of one table
packs what is of fixed length at once, in whichever process made the row (docs/measurements.md has the cost of both). Each
value is its length and its bytes; a row is the count of its values, then these.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from struct import Struct
from uuid import UUID

BEFORE, AFTER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
"""What stands before and after all rows."""
NULL = b"\xff\xff\xff\xff"
_ID = b"\0\0\0\x10"
_EPOCH, _MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_BIGINT = 20
"""The oid of its type."""


def packed_value(value: bytes) -> bytes:
    """Bytes, or a text in UTF-8."""
    return len(value).to_bytes(4) + value


def packed_id(id: UUID | None) -> bytes:
    """A uuid."""
    return NULL if id is None else _ID + id.bytes


@lru_cache(4096)
def packed_time(at: datetime) -> int:
    """A timestamptz as the number that it is; the least there is stands for -infinity, as for the driver (which gives it
    without a zone)."""
    return -(2**63) if at.replace(tzinfo=None) == datetime.min else (at - _EPOCH) // _MICROSECOND


@lru_cache(512)
def _array(size: int) -> Struct:
    return Struct(f"!iiii{'ii' if size else ''}{'iq' * size}")


def packed_numbers(numbers: Sequence[int]) -> bytes:
    """A bigint[]."""
    size = len(numbers)
    if not size:
        return _array(0).pack(12, 0, 0, _BIGINT)
    values = [8] * (2 * size)
    values[1::2] = numbers
    return _array(size).pack(20 + 12 * size, 1, 0, _BIGINT, size, 1, *values)
