"""Finding a person, and keeping each number one person's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from hashlib import blake2b
from typing import Any, Protocol
from uuid import UUID

import msgspec

from sekali import fhir, kernel, security

from .scan import Scan, ScanKind

SQL = kernel.queries(__file__)

MOST_MATCHES = 20
MOST_OF_ONE_DAY = 5000
"""Born on one day: in a city of 400,000 about 15."""
LEAST_LIKENESS = 0.6
CITIZEN = "identity.citizen"
_Claim = tuple[UUID, str, int, UUID]
"""The hash of an identifier, its system, the shard and the id of its person."""
_NOT_OWN = {fhir.KK, fhir.NIK_IBU}
"""Identifiers that several people share."""
_TITLES = frozenset("tn ny nn an by sdr sdri bapak ibu bp h hj dr drg ir drs dra s m".split())


class PatientChange(Protocol):
    """What the directory needs to know of a written resource."""

    @property
    def type(self) -> str: ...
    @property
    def id(self) -> UUID: ...
    @property
    def content(self) -> bytes: ...
    @property
    def deleted(self) -> bool: ...
    @property
    def before(self) -> bytes: ...


class _Identifier(msgspec.Struct):
    system: str = ""
    value: str = ""
    use: str = ""


class _Name(msgspec.Struct):
    """Of what is given None stands for one that only has extensions."""

    text: str = ""
    given: list[str | None] = []
    family: str = ""


class _Person(msgspec.Struct, rename="camel"):
    """What the directory keeps of a Patient; the rest of the resource is passed over unread."""

    identifier: list[_Identifier] = []
    name: list[_Name] = []
    birth_date: str = ""


_person = msgspec.json.Decoder(_Person)


@dataclass(frozen=True, slots=True)
class Match:
    """Somebody born on that day with a name like it; ``likeness`` from 0 to 1."""

    citizen: UUID
    likeness: float


class Directory:
    """The index of people. It finds ids; what may be seen of them is the records' matter, under a Grant."""

    def __init__(self, database: kernel.Database, cipher: security.Cipher) -> None:
        self._database = database
        self._cipher = cipher
        self._find = database.coalesced(SQL.find)

    async def find(self, system: str, value: str) -> UUID | None:
        """The one person with this identifier, or None."""
        hash = value_hash(value)

        async def ask() -> UUID | None:
            for kept in self._cipher.every_id(hash):
                if row := await self._find(kept, system):
                    return row["citizen"]
            return None

        return await self._cipher.steady(ask, whole=lambda found: found is not None)

    async def find_scan(self, scan: Scan, facility: UUID) -> UUID | None:
        """The person of a scanned number; a medical record number is the facility's own. A referral's is None here."""
        systems = {
            ScanKind.NIK: fhir.NIK,
            ScanKind.JKN: fhir.JKN,
            ScanKind.CARD: fhir.CARD,
            ScanKind.RECORD_NUMBER: fhir.medical_record(facility),
        }
        return await self.find(systems[scan.kind], scan.value) if scan.kind in systems else None

    async def like(self, grant: security.Grant, name: str, birth_date: date) -> list[Match]:
        """Those born on ``birth_date`` with a name like ``name``, likest first, at most 20."""
        grant.may_read("Patient")
        wanted = name_key(name)
        rows = await self._database.fetch(SQL.born_on, birth_date, MOST_OF_ONE_DAY)
        found = [Match(row["id"], likeness(wanted, _opened(self._cipher, row))) for row in rows]
        found = [match for match in found if match.likeness >= LEAST_LIKENESS]
        return sorted(found, key=lambda match: -match.likeness)[:MOST_MATCHES]

    async def family(self, grant: security.Grant, kk: str) -> list[UUID]:
        """Those of one family card, at most 50."""
        grant.may_read("Patient")
        return await self._sharing(SQL.family, kk)

    async def newborns(self, grant: security.Grant, mother_nik: str) -> list[UUID]:
        """Children registered by their mother's NIK, youngest first."""
        grant.may_read("Patient")
        return await self._sharing(SQL.newborns, mother_nik)

    async def _sharing(self, sql: str, number: str) -> list[UUID]:
        """Those who have a number that is not theirs alone."""
        hash = value_hash(number)
        rows = await self._cipher.steady(lambda: self._database.fetch(sql, self._cipher.every_id(hash)))
        return [row["id"] for row in rows]

    async def claim(self, tx: kernel.Session, changes: Sequence[PatientChange]) -> None:
        """Keep the index in step with written Patients. Raises Conflict when a number is another person's already.

        This is a ``records.Watcher``; ``app`` joins the two.
        """
        patients = {change.id: change for change in changes if change.type == "Patient"}
        if not patients:
            return
        await tx.send_before()  # then the keys are held
        former = [id for id, patient in patients.items() if patient.before]
        if former:
            await tx.execute(SQL.let_go, [kernel.shard_of(id) for id in former], former)
        gone = [id for id, patient in patients.items() if patient.deleted]
        if gone:
            await tx.execute(SQL.forget, [kernel.shard_of(id) for id in gone], gone)
        kept = {id: _person.decode(patient.content) for id, patient in patients.items() if not patient.deleted}
        try:
            await self._claim(tx, kept)
        except kernel.Duplicate:
            raise kernel.Conflict(
                "Somebody with this NIK, JKN number or card is known already. Search for that person instead.",
                path="Patient.identifier",
                rule="20002",
            ) from None

    async def forget(self, tx: kernel.Session, person: UUID) -> None:
        """Nothing is known of a person any more, who is destroyed in this transaction: their numbers are free."""
        where = [kernel.shard_of(person)], [person]
        await tx.execute(SQL.let_go, *where)
        await tx.execute(SQL.forget, *where)

    async def _claim(self, tx: kernel.Session, people: Mapping[UUID, _Person]) -> None:
        """What people are found by. Raises Duplicate for another's number, also where it is kept under an older key still.

        That is looked at after the insert: what is given the newest key at this moment waits for us.
        """
        cipher, claims = self._cipher, _claims(people)
        newest = [(cipher.id(hash), system, shard, id) for hash, system, shard, id in claims]
        citizens = [_citizen(cipher, id, person) for id, person in people.items()]
        await tx.execute(SQL.claim, *_columns(newest, 4), cipher.newest, *_columns(citizens, 6))
        for number in cipher.in_use[:-1]:
            kept = [cipher.id(hash, number) for hash, *_ in claims]
            if await tx.fetchval(SQL.claimed, kept, [system for _, system, *_ in claims], number):
                raise kernel.Duplicate("identifier_pkey")


def value_hash(value: str) -> UUID:
    """128 bits of an identifier's value, blanks left out."""
    return kernel.quick_uuid(blake2b(value.strip().encode(), digest_size=16).digest())


def name_key(name: str) -> str:
    """A name without titles, accents and capitals."""
    words = fhir.fold(name).split()
    return " ".join(word for word in words if word not in _TITLES) or " ".join(words)


def likeness(a: str, b: str) -> float:
    """0 to 1; the order of the words does not matter, spelling a little ("Siti Aminah", "Aminah, Sity")."""
    one, other = " ".join(sorted(a.split())), " ".join(sorted(b.split()))
    return SequenceMatcher(None, one, other).ratio()


def _claims(people: Mapping[UUID, _Person]) -> list[_Claim]:
    claims = {}
    for id, person in people.items():
        for one in person.identifier:
            if one.system and one.value and one.system not in _NOT_OWN and one.use != "old":
                key = (value_hash(one.value), one.system)
                if claims.setdefault(key, id) != id:
                    raise kernel.Duplicate("identifier_pkey")
    return [(hash, system, kernel.shard_of(id), id) for (hash, system), id in claims.items()]


def _opened(cipher: security.Cipher, row: kernel.Row) -> str:
    return cipher.open_text(row["name"], security.about(CITIZEN, row["id"]))


def _citizen(cipher: security.Cipher, id: UUID, person: _Person) -> tuple[Any, ...]:
    first = next(iter(person.name), None)
    name = (first.text or " ".join([*filter(None, first.given), first.family])) if first else ""
    birth_date = date.fromisoformat(person.birth_date) if len(person.birth_date) == 10 else None
    numbers = {one.system: one.value for one in person.identifier}
    kk, mother = numbers.get(fhir.KK), numbers.get(fhir.NIK_IBU)
    return (
        kernel.shard_of(id),
        id,
        cipher.seal(name_key(name).encode(), security.about(CITIZEN, id)),
        birth_date,
        cipher.id(value_hash(kk)) if kk else None,
        cipher.id(value_hash(mother)) if mother else None,
    )


def _columns(rows: list[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
