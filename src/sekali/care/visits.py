"""Visits: queue numbers and the working list of the day."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sekali import kernel, security

from .atrest import VISITS
from .views import Department, Facility, Person, Visit

SQL = kernel.queries(__file__)


def visit(cipher: security.Cipher, row: kernel.Row, activation: str = "") -> Visit:
    """A row of the working list."""
    opened = VISITS.opened(cipher, row)
    values: dict[str, Any] = {key: value for key, value in opened.items() if key not in ("shard", "day")}
    return Visit(**values, activation=activation)


async def next_number(tx: kernel.Session, facility: UUID, name: str) -> int:
    """The next number of a series; two counters at once get two numbers."""
    return await tx.fetchval(SQL.next_number, facility, name)


async def new_visit(
    tx: kernel.Session,
    cipher: security.Cipher,
    facility: Facility,
    department: Department,
    person: Person,
    at: datetime,
    day: date,
    kind: str,
    questions: int,
    seconds: Decimal,
    referral: UUID | None,
) -> Visit:
    """A queue number and a place on the day's list. Raises Duplicate when the person waits there already."""
    number = await next_number(tx, facility.id, f"{day}/{department.code}")
    new = Visit(
        id=kernel.new_id(kernel.shard_of(person.id)), facility=facility.id, facility_name=facility.name,
        department=department.id, department_name=department.name, citizen=person.id, name=person.name,
        birth_date=person.birth_date, number=f"{department.letter}-{number:03}", status="arrived", kind=kind,
        arrived_at=at, started_at=None, finished_at=None, questions=questions, seconds=seconds, referral=referral,
    )  # fmt: skip
    shard = kernel.shard_of(new.id)
    await cipher.hold(tx)
    await tx.execute(
        SQL.add, shard, new.id, new.facility, new.department, new.citizen,
        VISITS.seal(cipher, "name", new.name, shard, new.id), new.birth_date, day, new.number, kind, at, questions, seconds,
        referral,
    )  # fmt: skip
    return new


async def live_visit(
    database: kernel.Database, cipher: security.Cipher, citizen: UUID, facility: UUID, day: date
) -> Visit | None:
    """The visit a person has open here today."""
    row = await database.fetchrow(SQL.live, citizen, facility, day)
    return visit(cipher, row) if row else None


async def visit_here(database: kernel.Database, cipher: security.Cipher, id: UUID, facility: UUID) -> Visit:
    """A visit of this facility. Raises NotFound."""
    row = await database.fetchrow(SQL.one, kernel.shard_of(id), id, facility)
    if row is None:
        raise kernel.NotFound("Your facility has no such visit.")
    return visit(cipher, row)


async def move(tx: kernel.Session, id: UUID, status: str, at: datetime, expected: list[str]) -> None:
    """The next status. Raises Conflict when the visit is no longer where the caller saw it."""
    started = at if status == "in-progress" else None
    finished = at if status in ("finished", "cancelled") else None
    done = await tx.execute(SQL.move, kernel.shard_of(id), id, status, started, finished, expected)
    if done != "UPDATE 1":
        raise kernel.Conflict("Somebody else has moved this visit on already. Look at the list again.")
