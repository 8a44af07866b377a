"""Resources and their versions under another key of the server: contents sealed anew, index terms made anew."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sekali import kernel, security

from .stored import array, content_anew, stored

SQL = kernel.queries(__file__)
_START, _LAST = (-(2**31), "", UUID(int=0)), (2**31 - 1, "~", UUID(int=2**128 - 1))
RESOURCES = security.Walk(SQL.edge, SQL.hold, SQL.left)
VERSIONS = security.Walk(SQL.edge_of_versions, SQL.hold_versions, SQL.left_of_versions)


@dataclass(frozen=True, slots=True)
class Resources:
    """What is in use."""

    table: str = "records.resource"

    async def rekey(self, tx: kernel.Session, cipher: security.Cipher, after: tuple[Any, ...] | None) -> security.Step:
        """See ``security.Table``."""

        async def put(rows: list[kernel.Row]) -> None:
            new = [content_anew(cipher, row) for row in rows]
            terms = [array(cipher.terms([] if row["deleted"] else stored(cipher, row).terms)) for row in rows]
            keys = [[row[name] for row in rows] for name in ("shard", "type", "id")]
            await tx.execute(SQL.put, *keys, new, terms, cipher.newest)

        return await RESOURCES.page(tx, cipher.newest, after or _START, _LAST, put)


@dataclass(frozen=True, slots=True)
class Versions:
    """What was before. Walked after :class:`Resources`, out of which rows come here with the key that they had."""

    table: str = "records.version"

    async def rekey(self, tx: kernel.Session, cipher: security.Cipher, after: tuple[Any, ...] | None) -> security.Step:
        """See ``security.Table``."""

        async def put(rows: list[kernel.Row]) -> None:
            keys = [[row[name] for row in rows] for name in ("shard", "type", "id", "version")]
            await tx.execute(SQL.put_versions, *keys, [content_anew(cipher, row) for row in rows], cipher.newest)

        return await VERSIONS.page(tx, cipher.newest, after or (*_START, 0), (*_LAST, 2**31 - 1), put)
