"""Files that show something: uploaded by a city's team, kept as they came, never run and never shown inside a page."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sekali import audit, kernel, security

from .access import Access, event

SQL = kernel.queries(__file__)
LARGEST = 10 << 20
MOST_FILES = 500
_KINDS = {
    "pdf": (b"%PDF-", "application/pdf"),
    "png": (b"\x89PNG\r\n\x1a\n", "image/png"),
    "jpg": (b"\xff\xd8\xff", "image/jpeg"),
    "jpeg": (b"\xff\xd8\xff", "image/jpeg"),
    "docx": (b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xlsx": (b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file; its content is asked for by itself."""

    id: UUID
    region: UUID
    name: str
    media_type: str
    size: int
    sha256: bytes
    at: datetime
    actor_name: str


class EvidenceStore:
    """The files of each region."""

    def __init__(self, database: kernel.Database, access: Access) -> None:
        self._database = database
        self._access = access

    async def of(self, actor: security.Actor, region: UUID) -> list[Evidence]:
        """All files of a region, the newest first."""
        (await self._access.to(actor, region)).may_read("evidence")
        return [Evidence(**row) for row in await self._database.fetch(SQL.files, region)]

    async def add(self, actor: security.Actor, region: UUID, name: str, content: bytes) -> UUID:
        """Keep a file; the same content again is the same file. Raises Unsupported, TooCostly."""
        grant = await self._access.to(actor, region)
        grant.may_write("evidence")
        media_type = check(name, content)
        digest = hashlib.sha256(content).digest()
        async with self._database.transaction() as tx:
            await tx.execute(SQL.lock, region)  # else a second click is a second file
            known = await tx.fetchval(SQL.known, region, digest)
            if known is not None:
                return known
            if await tx.fetchval(SQL.count, region) >= MOST_FILES:
                raise kernel.TooCostly("A region keeps at most 500 files. Ask the secretariat.")
            id = kernel.new_id(kernel.CITY)
            await tx.execute(
                SQL.add, id, region, name[-120:], media_type, len(content), digest, content, kernel.now(), actor.name
            )
            await audit.append(tx, [event(audit.Kind.PLAN_CHANGED, grant, f"evidence/{id}", media_type)])
        return id

    async def content(self, actor: security.Actor, id: UUID) -> tuple[Evidence, bytes]:
        """A file and its bytes. Raises NotFound, Forbidden."""
        row = await self._database.fetchrow(SQL.file, id)
        if row is None:
            raise kernel.NotFound("There is no such file.")
        grant = await self._access.to(actor, row["region"])
        grant.may_read("evidence")
        found = dict(row)
        content = found.pop("content")
        return Evidence(**found), content


def check(name: str, content: bytes) -> str:
    """The media type of a file that may be kept. Its name and its first bytes must agree. Raises Unsupported, TooCostly."""
    if len(content) > LARGEST:
        raise kernel.TooCostly("This file is larger than 10 MB. Send a smaller one, or only the pages that matter.")
    ending = name.rpartition(".")[2].lower()
    start, media_type = _KINDS.get(ending, (b"", ""))
    if not media_type or not content.startswith(start):
        raise kernel.Unsupported("Evidence can be a PDF, a picture (PNG, JPEG), a DOCX or an XLSX file.")
    return media_type
