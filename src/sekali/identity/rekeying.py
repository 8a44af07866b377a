"""The index of people under another key of the server: each hash is permuted back and anew, so no identifier is needed."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sekali import kernel, security

from .directory import CITIZEN

SQL = kernel.queries(__file__)
IDENTIFIERS = security.Walk(SQL.edge, SQL.hold, SQL.left)


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Numbers that are one person's."""

    table: str = "identity.identifier"

    async def rekey(self, tx: kernel.Session, cipher: security.Cipher, after: tuple[Any, ...] | None) -> security.Step:
        """See ``security.Table``. A row gets another place; those that wait for the new key keep theirs."""

        async def put(rows: list[kernel.Row]) -> None:
            keys = [[row[name] for row in rows] for name in ("value_hash", "system")]
            new = [cipher.id(cipher.id_back(row["value_hash"], row["key"])) for row in rows]
            await tx.execute(SQL.put, *keys, new, cipher.newest)

        last = (UUID(int=2**128 - 1), "\U0010ffff")
        return await IDENTIFIERS.page(tx, cipher.newest, after or (UUID(int=0), ""), last, put)


@dataclass(frozen=True, slots=True)
class Citizens:
    """Names, and the numbers that families share. The key of a row is the one that its name is sealed with."""

    table: str = CITIZEN

    async def rekey(self, tx: kernel.Session, cipher: security.Cipher, after: tuple[Any, ...] | None) -> security.Step:
        """See ``security.Table``."""
        rows = await tx.fetch(SQL.citizens, *(after or (-(2**31), UUID(int=0))), security.PAGE)
        old = [row for row in rows if security.number_of(row["name"]) != cipher.newest]
        held = (
            await tx.fetch(SQL.hold_citizens, [row["shard"] for row in old], [row["id"] for row in old]) if old else []
        )
        if held:
            new = [_anew(cipher, row) for row in held]
            await tx.execute(SQL.put_citizens, *map(list, zip(*new, strict=True)))
        place = (rows[-1]["shard"], rows[-1]["id"]) if len(rows) == security.PAGE else None
        return security.Step(place, len(held), len(old) - len(held))


def _anew(cipher: security.Cipher, row: kernel.Row) -> tuple[Any, ...]:
    number, about = security.number_of(row["name"]), security.about(CITIZEN, row["id"])
    shared = (
        cipher.id(cipher.id_back(row[name], number)) if row[name] else None for name in ("family_hash", "mother_hash")
    )
    return (row["shard"], row["id"], cipher.seal(cipher.open(row["name"], about), about), *shared)
