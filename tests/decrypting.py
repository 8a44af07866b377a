"""What the database keeps of resources, opened as Sekali opens it: for tests that look past its doors."""

from typing import Any
from uuid import UUID

from sekali import kernel, records, security
from sekali.records.packed import COLUMNS as PACKED
from sekali.records.packed import packed
from sekali.records.stored import sealed, stored

COLUMNS = "type, id, version, updated, content, subject, deleted"


async def kept(
    database: kernel.Database, cipher: security.Cipher, where: str = "true", *values: Any
) -> list[records.Stored]:
    """The present versions of which ``where``, a condition with $1 and so on, is true; deletions too."""
    rows = await database.fetch(f"select {COLUMNS} from records.resource where {where}", *values)  # noqa: S608 - of tests alone
    return [stored(cipher, row) for row in rows]


async def content(database: kernel.Database, cipher: security.Cipher, id: UUID) -> bytes:
    """The content of the one resource with an id."""
    (one,) = await kept(database, cipher, "id = $1", id)
    return one.content


async def cipher_of(database: kernel.Database, settings: kernel.Settings) -> security.Cipher:
    """For the database of a Sekali that runs elsewhere, with these settings."""
    cipher = security.Cipher(security.Vault(settings), database)
    await cipher.join()
    return cipher


async def move(database: kernel.Database, cipher: security.Cipher, id: UUID, to: UUID) -> None:
    """A resource under another id, as somebody would do it who has the keys too."""
    row = await database.fetchrow("select * from records.resource where id = $1", id)
    content = stored(cipher, row).content.replace(str(id).encode(), str(to).encode())
    await database.execute(
        "update records.resource set id = $2, content = $3 where id = $1", id, to, _sealed(cipher, row, to, content)
    )


async def double(database: kernel.Database, cipher: security.Cipher) -> None:
    """Every resource a second time, with an id of its own and the content that it had."""
    new = []
    for row in await database.fetch("select * from records.resource"):
        one = stored(cipher, row)
        terms = [] if one.deleted else one.terms
        new.append(_row(row)._replace(id=kernel.new_id(row["shard"]), content=one.content, tokens=terms))
    async with database.transaction() as tx:
        await tx.copy("records.resource", PACKED, [packed(cipher.key, one) for one in new])


def _sealed(cipher: security.Cipher, row: kernel.Row, id: UUID, content: bytes) -> bytes:
    return sealed(cipher.key, _row(row)._replace(id=id, content=content))


def _row(row: kernel.Row) -> records.Prepared:
    return records.Prepared(*(row[name] for name in records.Prepared._fields))
