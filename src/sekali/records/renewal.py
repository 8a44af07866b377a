"""Index terms of an earlier edition made anew, after a new Sekali finds some kinds by other terms than the last one.

Part of migrating: done before anything is served, step by step, so that one that was stopped goes on where it was.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from sekali import fhir, kernel, security

from .stored import array, stored

SQL = kernel.queries(__file__)
STEP = 500
"""Resources renewed in one transaction."""
_LOCK = 7_352_542  # any number that all Sekali processes share; the migrations have the one before
_START = datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0)


async def renew(
    database: kernel.Database, cipher: security.Cipher, tell: Callable[[str, int], None] = lambda type, count: None
) -> int:
    """Give all resources the terms that they are searched by; how many changed.

    :param tell: is told the kind and how many of it were looked at, where there were any.
    """
    done = {row["type"]: row["edition"] for row in await database.fetch(SQL.editions)}
    changed = 0
    for type, edition in sorted(fhir.EDITIONS.items()):
        seen = 0
        if done.get(type, 1) >= edition:
            continue
        while (found := await _step(database, cipher, type, edition)) is not None:
            seen, changed = seen + found[0], changed + found[1]
        if seen:
            tell(type, seen)
    return changed


async def _step(database: kernel.Database, cipher: security.Cipher, type: str, edition: int) -> tuple[int, int] | None:
    """(looked at, changed); None when the kind is done."""
    async with database.transaction() as tx:
        await tx.execute("select pg_advisory_xact_lock($1)", _LOCK)
        known = next((row for row in await tx.fetch(SQL.editions) if row["type"] == type), None)
        if known is not None and known["edition"] >= edition:
            return None
        at = (known["updated"], known["id"]) if known else _START
        rows = await tx.fetch(SQL.next, type, *at, STEP)
        now = [cipher.terms(stored(cipher, row).terms, row["key"]) for row in rows]
        other = [(row, tokens) for row, tokens in zip(rows, now, strict=True) if tokens != row["tokens"]]
        if other:
            keys = ([row[name] for row, _ in other] for name in ("shard", "id", "version", "key"))
            await tx.execute(SQL.renew, type, *keys, [array(tokens) for _, tokens in other])
        if len(rows) < STEP:
            await tx.execute(SQL.reached, type, edition, *_START)
        else:
            await tx.execute(SQL.reached, type, known["edition"] if known else 1, rows[-1]["updated"], rows[-1]["id"])
        return len(rows), len(other)
