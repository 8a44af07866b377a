"""Sealing: of which sensitive classes a resource is, and whose it is to see all the same. Decided when it is written.

A resource is of the classes of its own codes and labels, and of those of what it refers to (a visit tells its diagnoses, a
summary its sections, a task its referral). What was once of a class stays of it.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from sekali import fhir, kernel, security

from .prepared import COLUMNS, Prepared
from .seal import OPEN, door
from .stored import columns, content

SQL = kernel.queries(__file__)
_PASSED_OVER = OPEN | {"Encounter", "EpisodeOfCare"}
"""What a visit was for does not close all that was noted in it: an allergy stays known."""
_ADDRESSEE = {"ServiceRequest": "performer", "Task": "owner"}
_ORGANIZATION = re.compile(rb'"reference"\s*:\s*"Organization/([0-9a-f-]{36})"')
_LAST = {"ServiceRequest": 1, "DiagnosticReport": 1, "Encounter": 2, "Composition": 3, "Task": 3, "List": 3}
"""Kinds that are classed after what they refer to."""
STEP = 500
_LOCK = 7_352_544  # any number that all Sekali processes share
_START = datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0)
Keys = Collection[tuple[str, str]]


class Owned(NamedTuple):
    """A row with the seal that it has by itself.

    :ivar named: (kind, id) of what it refers to, as far as it takes over the seals of that.
    """

    row: Prepared
    named: list[tuple[str, str]]


class Sealed(Protocol):
    """A row with the seal that it has by itself."""

    @property
    def type(self) -> str: ...
    @property
    def id(self) -> UUID: ...
    @property
    def subject(self) -> UUID | None: ...
    @property
    def deleted(self) -> bool: ...
    @property
    def sensitive(self) -> int: ...


class Seals:
    """Seals rows before they are kept: first each by itself, which any process can do, then by what they refer to."""

    def __init__(self, classes: security.Classes) -> None:
        self._classes = classes

    def own(self, row: Prepared, references: Keys | None, facility: UUID | None) -> Owned:
        """A row by its own codes.

        :param references: all that it refers to; None where nobody has looked yet.
        :param facility: the one that writes; None for a load, whose rows belong to the one facility that they name.
        """
        if row.type in OPEN or row.deleted:
            return Owned(row.under(row.sensitive, facility, row.addressee), [])
        if references is None:
            references = fhir.references(row.content)
        origin = facility or _one_facility(row.content)
        sealed = row.under(int(self._classes.of(row.content)), origin, _addressee(row.type, row.content))
        return Owned(sealed, [key for key in references if key[0] not in _PASSED_OVER])

    async def put(self, tx: kernel.Session, cipher: security.Cipher, owned: Sequence[Owned]) -> list[Prepared]:
        """The rows with their whole seals. From here on the keys are held too (``Cipher.hold``)."""
        rows = [one.row for one in owned]
        whole = await self.whole(tx, cipher, rows, [one.named for one in owned])
        return [
            row if row.sensitive == mask else row._replace(sensitive=mask)
            for row, mask in zip(rows, whole, strict=True)
        ]

    async def whole(
        self,
        tx: kernel.Session,
        cipher: security.Cipher,
        rows: Sequence[Sealed],
        names: Sequence[list[tuple[str, str]]],
    ) -> list[int]:
        """Of each row, the classes that it is of in the end; the keys are held by the same question.

        :param names: what each takes over the seals of.
        """
        masks = await self.carried(tx, rows, names)
        return closed_over(rows, masks, await _closing(tx, cipher, tied(rows)))

    async def carried(
        self, tx: kernel.Session, rows: Sequence[Sealed], names: Sequence[list[tuple[str, str]]]
    ) -> list[int]:
        """Of each row, its own classes and those of what it refers to. Whoever writes somebody's word holds the door."""
        masks = [row.sensitive for row in rows]
        some = [n for n, row in enumerate(rows) if sealable(row)]
        named = {n: names[n] for n in some if names[n]}
        known = await _sealed(tx, {key for keys in named.values() for key in keys})
        here = {(row.type, str(row.id)): n for n, row in enumerate(rows)} if named else {}
        again = True
        while again:  # each round carries seals one reference further; they only grow, so it ends
            again = False
            for n, keys in named.items():
                mask = masks[n]
                for key in keys:
                    mask |= masks[here[key]] if key in here else known.get(key, 0)
                if mask != masks[n]:
                    masks[n], again = mask, True
        speaking = {rows[n].subject for n in some if rows[n].type == "Consent"} - {None}
        for one in sorted(map(door, speaking)):
            await tx.execute(SQL.hold, one)
        return masks

    async def renew(
        self,
        database: kernel.Database,
        cipher: security.Cipher,
        tell: Callable[[str, int], None] = lambda type, count: None,
    ) -> int:
        """Class what is kept anew after the table of codes has changed; how many were looked at.

        A seal that is there stays: what a newer table no longer names was written under the promise of the older one.
        Part of migrating, as ``renewal.renew``.
        """
        done = {row["type"]: row["edition"] for row in await database.fetch(SQL.classed)}
        total = 0
        for type in sorted(fhir.TYPES - OPEN, key=lambda type: (_LAST.get(type, 0), type)):
            if done.get(type) == self._classes.edition:
                continue
            count = 0
            while (step := await self._step(database, cipher, type)) is not None:
                count += step
            if count:
                tell(type, count)
            total += count
        return total

    async def _step(self, database: kernel.Database, cipher: security.Cipher, type: str) -> int | None:
        """How many were looked at; None when the kind is done."""
        walking = f"to {self._classes.edition}"
        async with database.transaction() as tx:
            await tx.execute("select pg_advisory_xact_lock($1)", _LOCK)
            known = next((row for row in await tx.fetch(SQL.classed) if row["type"] == type), None)
            if known is not None and known["edition"] == self._classes.edition:
                return None
            at = (known["updated"], known["id"]) if known and known["edition"] == walking else _START
            rows = await tx.fetch(SQL.next, type, *at, STEP)
            now = [Prepared(*(row[name] for name in COLUMNS))._replace(content=content(cipher, row)) for row in rows]
            new = await self.put(tx, cipher, [self.own(row, None, None) for row in now])
            if new:
                await tx.execute(
                    SQL.put, type, [one.shard for one in new],
                    [one.id for one in new], [one.sensitive for one in new], [one.origin for one in new],
                    [one.addressee for one in new],
                )  # fmt: skip
            if len(rows) < STEP:
                await tx.execute(SQL.reached, type, self._classes.edition, *_START)
            else:
                await tx.execute(SQL.reached, type, walking, rows[-1]["updated"], rows[-1]["id"])
            return len(rows)


def sealable(row: Sealed) -> bool:
    """Whether a row may be of a class."""
    return row.type not in OPEN and not row.deleted


def tied(rows: Iterable[Sealed]) -> set[UUID]:
    """Those about whom something is written: nobody of them is destroyed meanwhile (``destroying.alone``)."""
    return {row.subject for row in rows if row.subject is not None and row.type != "Patient" and not row.deleted}


def closed_over(rows: Sequence[Sealed], masks: Sequence[int], closed: Collection[UUID]) -> list[int]:
    """The masks, with what is clinical of those who keep everything ``closed`` to somebody."""
    if not closed:
        return list(masks)
    return [
        mask | int(security.Sensitive.GENERAL)
        if row.subject in closed and sealable(row) and row.type != "Consent" else mask
        for row, mask in zip(rows, masks, strict=True)
    ]  # fmt: skip


async def _sealed(tx: kernel.Session, keys: Keys) -> dict[tuple[str, str], int]:
    ids = [(type, id) for type, text in keys if (id := kernel.as_uuid(text)) is not None]
    if not ids:
        return {}
    return {(row["type"], str(row["id"])): row["sensitive"] for row in await tx.fetch(SQL.sealed, *columns(ids))}


async def _closing(tx: kernel.Session, cipher: security.Cipher, people: set[UUID]) -> set[UUID]:
    row = await tx.fetchrow(SQL.closing, list(people))
    assert row is not None, "there is always an answer"
    cipher.take_up(row["keys"])
    return set(row["closing"])


def _addressee(type: str, content: bytes) -> UUID | None:
    element = _ADDRESSEE.get(type)
    if element is None:
        return None
    for one in fhir.values_at(kernel.decode(content), element):
        found = fhir.split_reference(one.get("reference") or "") if isinstance(one, dict) else None
        if found is not None and found[0] == "Organization":
            return kernel.as_uuid(found[1])
    return None


def _one_facility(content: bytes) -> UUID | None:
    """The facility that a resource names, where it names just one."""
    found = set(_ORGANIZATION.findall(content))
    return kernel.as_uuid(found.pop().decode()) if len(found) == 1 else None
