"""A row of records.resource as COPY takes it, packed by us: PostgreSQL has what the row says."""

from uuid import uuid4

import pytest

from sekali import kernel, records, security
from sekali.records.packed import COLUMNS, packed, ready, with_seal
from sekali.records.prepared import UNDATED
from sekali.records.sealing import Owned
from sekali.records.stored import content

KEY = security.Key(7, b"of a test")
PATIENT = kernel.encode({"resourceType": "Patient", "name": [{"text": "Uji Baris"}], "birthDate": "1950-02-03"})


def person() -> records.Prepared:
    return records.prepare(PATIENT, kernel.new_person(), 1, kernel.now().replace(microsecond=5000))


def rows() -> dict[str, records.Prepared]:
    whole = person()
    city = kernel.encode({"resourceType": "Organization", "name": "Uji"})
    return {
        "of a person": whole,
        "of nobody": records.prepare(city, kernel.new_id(kernel.CITY), 1, kernel.now().replace(microsecond=0)),
        "with a seal": person()._replace(sensitive=0x7FFF, origin=uuid4(), addressee=uuid4()),
        "gone": person()._replace(deleted=True, tokens=[], content=b"", date=UNDATED, version=2**31 - 1),
    }


@pytest.mark.parametrize("which", rows())
async def test_the_row_is_there_as_it_says(sekali, database, which: str) -> None:
    row = rows()[which]
    async with database.transaction() as tx:
        await tx.copy("records.resource", COLUMNS, [packed(sekali.cipher.key, row)])
    kept = await database.fetchrow(
        "select *, date = '-infinity' as undated from records.resource where id = $1", row.id
    )
    same = ("shard", "type", "id", "subject", "version", "updated", "deleted", "sensitive", "origin", "addressee")
    assert [kept[name] for name in same] == [getattr(row, name) for name in same]
    assert kept["undated"] if row.date == UNDATED else kept["date"] == row.date
    assert kept["tokens"] == sekali.cipher.terms(row.tokens) and kept["key"] == sekali.cipher.newest
    assert content(sekali.cipher, kept) == row.content and (row.deleted or row.content not in kept["content"])


async def test_a_seal_that_is_added_later_changes_nothing_else(sekali, database) -> None:
    one = ready(Owned(person(), []), sekali.cipher.key)
    async with database.transaction() as tx:
        await tx.copy("records.resource", COLUMNS, [with_seal(one, 0x0104)])
    kept = await database.fetchrow("select * from records.resource where id = $1", one.id)
    assert (kept["sensitive"], kept["version"], content(sekali.cipher, kept)) == (0x0104, 1, one.content)


def test_a_key_says_nothing_of_itself() -> None:
    assert "of a test" not in repr(KEY) and "of a test" not in str(KEY)
