"""A bulk job: what was asked, and how far it has come."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from sekali import kernel, security

JOBS = security.Columns("bulk.job", ("id",), ("request", "asked", "problem"))
"""What is asked for may name somebody."""


class Part(msgspec.Struct):
    """A file that a job writes.

    :ivar kind: ``output``, ``deleted`` or ``error``, as in the manifest.
    :ivar bytes: how much of it is whole; what comes after was written by a worker that was killed.
    """

    name: str
    kind: str
    type: str
    bytes: int = 0
    lines: int = 0


class Source(msgspec.Struct):
    """A file that an import reads. ``path`` is within the job's folder, or absolute for a command's own files."""

    path: str
    said: str
    """What the sender calls it, for the errors."""
    bytes: int


class Asked(msgspec.Struct):
    """What a job is to do; of an import only ``sources``.

    :ivar level: ``system``, ``patient`` or ``group``.
    :ivar people: whether it reads a fixed list of people, instead of everybody's of a kind.
    :ivar filters: kind and search of each ``_typeFilter``.
    """

    level: str = "system"
    people: bool = False
    types: list[str] = []
    since: datetime | None = None
    filters: list[tuple[str, str]] = []
    sources: list[Source] = []
    digest: str = ""
    """Of an import by command: the same files make the same job."""


class Come(msgspec.Struct):
    """How far a job has come. It is written in the transaction that did the work, so a worker goes on from here.

    :ivar place: where an export goes on (kind, time, id; or person, kind, id).
    :ivar stage: of an import, see ``importing.STAGES``; with the file, the line, and the byte after that line.
    :ivar kinds: of an import, what each file has; see ``importing.FIRST``.
    :ivar done: of ``total``, for whoever waits.
    """

    place: list[str] = []
    parts: list[Part] = []
    stage: int = 0
    file: int = 0
    line: int = 0
    offset: int = 0
    kinds: list[int] = []
    done: int = 0
    total: int = 0
    taken: int = 0
    wrong: int = 0


@dataclass(slots=True)
class Job:
    """A row of bulk.job. ``actor`` asked for it; ``holder`` is the worker that has it."""

    id: UUID
    kind: str
    actor: security.Actor
    request: str
    asked: Asked
    folder: str
    attended: bool
    moment: datetime
    state: str
    come: Come
    problem: bytes | None
    holder: UUID | None
    expires_at: datetime

    @property
    def grant(self) -> security.Grant:
        """What the work is done under: decided again each time that it is taken up. Raises Forbidden."""
        if self.kind == "import":
            return security.decide(self.actor, security.Purpose.LOAD)
        return export_grant(self.actor)

    def require_open_to(self, actor: security.Actor) -> None:
        """Tokens of one client may be asked for with more and with less. Raises Forbidden for one with less than this job."""
        if self.kind == "import":
            security.require_whole(actor.scope, reads=False)
            return
        grant = export_grant(actor)
        for type in self.asked.types:
            grant.may_read(type)


def export_grant(actor: security.Actor) -> security.Grant:
    """A facility's system takes out what it may read; the operator's everything. Raises Forbidden."""
    operator = actor.role is security.Role.SYSTEM
    return security.decide(actor, security.Purpose.EXPORT if operator else security.Purpose.INTEGRATION)


def job(cipher: security.Cipher, kept: kernel.Row) -> Job:
    """A row of bulk.job."""
    row = JOBS.opened(cipher, kept)
    actor = security.Actor(
        row["actor"], row["actor_name"], security.Role(row["role"]), row["facility"], row["facility_name"]
    )
    return Job(
        row["id"], row["kind"], actor, row["request"], msgspec.json.decode(row["asked"], type=Asked), row["folder"],
        row["attended"], row["moment"], row["state"], msgspec.json.decode(row["come"], type=Come),
        row["problem"] and row["problem"].encode(), row["holder"], row["expires_at"],
    )  # fmt: skip
