"""Resources and their versions under another key of the server: contents sealed anew, index terms made anew."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sekali import kernel, security

from .stored import content_anew, stored

SQL = kernel.queries(__file__)
STEP = 500
"""Rows of one page."""
_START = (-(2**31), "", UUID(int=0))


@dataclass(frozen=True, slots=True)
class Resources:
    """What is in use."""

    table: str = "records.resource"

    async def rekey(self, tx: kernel.Session, cipher: security.Cipher, after: tuple[Any, ...] | None) -> security.Step:
        """See ``security.Table``."""
        at = after or _START
        edge = await tx.fetchrow(SQL.edge, *at, STEP)
        rows = await tx.fetch(SQL.hold, *at, *_end(edge, 3), cipher.newest)
        if rows:
            new = [content_anew(cipher, row) for row in rows]
            terms = [_array(cipher.terms([] if row["deleted"] else stored(cipher, row).terms)) for row in rows]
            keys = [[row[name] for row in rows] for name in ("shard", "type", "id")]
            await tx.execute(SQL.put, *keys, new, terms, cipher.newest)
        left = await tx.fetchval(SQL.left, *at, *_end(edge, 3), cipher.newest)
        return security.Step(tuple(edge.values()) if edge else None, len(rows), left)


@dataclass(frozen=True, slots=True)
class Versions:
    """What was before. Walked after :class:`Resources`, out of which rows come here with the key that they had."""

    table: str = "records.version"

    async def rekey(self, tx: kernel.Session, cipher: security.Cipher, after: tuple[Any, ...] | None) -> security.Step:
        """See ``security.Table``."""
        at = after or (*_START, 0)
        edge = await tx.fetchrow(SQL.edge_of_versions, *at, STEP)
        rows = await tx.fetch(SQL.hold_versions, *at, *_end(edge, 4), cipher.newest)
        if rows:
            keys = [[row[name] for row in rows] for name in ("shard", "type", "id", "version")]
            await tx.execute(SQL.put_versions, *keys, [content_anew(cipher, row) for row in rows], cipher.newest)
        left = await tx.fetchval(SQL.left_of_versions, *at, *_end(edge, 4), cipher.newest)
        return security.Step(tuple(edge.values()) if edge else None, len(rows), left)


def _end(edge: kernel.Row | None, width: int) -> tuple[Any, ...]:
    """The last key of a page; of the last page one behind all there can be."""
    last = (2**31 - 1, "~", UUID(int=2**128 - 1), 2**31 - 1)
    return tuple(edge.values()) if edge else last[:width]


def _array(numbers: list[int]) -> str:
    """As PostgreSQL writes one; arrays of arrays would have to be of one length."""
    return "{" + ",".join(map(str, numbers)) + "}"
