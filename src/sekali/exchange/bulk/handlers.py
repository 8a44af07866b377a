"""Bulk Data over HTTP: kick-off, status, files, uploads (https://hl7.org/fhir/uv/bulkdata/STU2/export.html)."""

import os
import re
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sekali import audit, kernel, security

from ..doors import Doors
from ..encodings import unpacker
from ..messages import BASE, base_url, http_date, media_type, read_body, resource_id
from ..outcomes import FHIR_JSON
from . import exporting, importing
from .asking import FORMATS, inputs, params_of
from .bulk import manifest
from .folder import private, require_room, too_large
from .job import Job
from .sealed import FRAME, Seals

NDJSON = "application/fhir+ndjson"
RETRY_AFTER = "1"
LARGEST_QUESTION = 64 << 10
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}\.ndjson")
_INPUT = re.compile(rf"{re.escape(BASE)}/bulk/([0-9a-f-]{{36}})/input/({_NAME.pattern})$")
Handler = Callable[[Request, Doors, security.Actor], Awaitable[Response]]


def routes() -> list[tuple[str, str, Handler]]:
    """Path, method and what answers; each needs the token of a system."""
    found: list[tuple[str, str, Handler]] = []
    for path, level in (("/$export", "system"), ("/Patient/$export", "patient"), ("/Group/{id}/$export", "group")):
        found += [(path, method, partial(export, level=level)) for method in ("GET", "POST")]
    return [
        *found,
        ("/bulk", "POST", open_import),
        ("/bulk/{job}/input", "POST", upload),
        ("/bulk/{job}/input/{name}", "PUT", upload),
        ("/bulk/{job}/input/{name}", "POST", upload),
        ("/$import", "POST", begin_import),
        ("/bulk/{job}", "GET", status),
        ("/bulk/{job}", "DELETE", cancel),
        ("/bulk/{job}/{name}", "GET", download),
    ]


async def export(request: Request, doors: Doors, actor: security.Actor, level: str) -> Response:
    """Kick-off: 202 with the address of the job's status."""
    params = list(request.query_params.multi_items())
    if request.method == "POST":
        params += params_of(kernel.decode(await read_body(request, LARGEST_QUESTION)))
    group = resource_id(request, "Group") if level == "group" else None
    lenient = "handling=lenient" in request.headers.get("prefer", "")
    id = await doors.bulk.export(actor, level, params, str(request.url), group=group, lenient=lenient)
    return _accepted(request, id)


def _accepted(request: Request, id: UUID) -> Response:
    return Response(None, 202, {"Content-Location": f"{base_url(request)}/bulk/{id}"})


async def _job(request: Request, doors: Doors, actor: security.Actor) -> Job:
    """The job in the path, if it is the asker's own. Raises NotFound."""
    try:
        id = UUID(request.path_params["job"])
    except ValueError:
        raise kernel.NotFound("There is no such bulk job, or its files have expired.") from None
    return await doors.bulk.jobs.find(id, actor)


async def status(request: Request, doors: Doors, actor: security.Actor) -> Response:
    """202 while it is worked on, then the manifest, or 500 with why it failed."""
    one = await _job(request, doors, actor)
    if one.state == "failed":
        return Response(one.problem, 500, media_type=FHIR_JSON)
    if one.state == "done":
        headers = {"Expires": http_date(one.expires_at), "Cache-Control": "no-store"}
        return Response(kernel.encode(manifest(one, base_url(request))), 200, headers, "application/json")
    module = exporting if one.kind == "export" else importing
    return Response(None, 202, {"X-Progress": module.progress(one), "Retry-After": RETRY_AFTER})


async def cancel(request: Request, doors: Doors, actor: security.Actor) -> Response:
    """The job ends and its files go, finished or not."""
    one = await _job(request, doors, actor)
    await doors.bulk.jobs.cancel(one.id, actor)
    return Response(None, 202)


async def download(request: Request, doors: Doors, actor: security.Actor) -> Response:
    """A file of the manifest, to whoever asked for it only. Each time is audited."""
    one = await _job(request, doors, actor)
    part = next((part for part in one.come.parts if part.name == request.path_params["name"]), None)
    path = Path(one.folder) / part.name if part is not None and one.state == "done" else None
    if part is None or path is None or not path.exists():
        raise kernel.NotFound("There is no such bulk job, or its files have expired.")
    event = audit.Event(
        audit.Kind.FETCHED, actor.id, actor.signature, actor.role.value, actor.facility, None, one.grant.purpose.value,
        one.grant.basis, f"bulk {one.id}/{part.name}", f"{part.lines} lines",
    )  # fmt: skip
    await doors.bulk.journal.record(event)
    headers = {"Cache-Control": "no-store", "Content-Length": str(part.bytes)}
    return StreamingResponse(_pieces(doors.bulk.jobs.seals(one), path), 200, headers, NDJSON)


def _pieces(seals: Seals, path: Path) -> Iterator[bytes]:
    """The text of a file, for another thread to read."""
    with seals.reading(path) as file:
        while piece := file.read(FRAME):
            yield piece


# In


async def open_import(request: Request, doors: Doors, actor: security.Actor) -> Response:
    """A place to upload files to, which a manifest then names: Sekali itself fetches nothing from anywhere."""
    id = await doors.bulk.open_import(actor)
    return Response(None, 201, {"Location": f"{base_url(request)}/bulk/{id}/input"})


async def upload(request: Request, doors: Doors, actor: security.Actor) -> Response:
    """One NDJSON file, unpacked as it comes; the same name again replaces it."""
    one = await _job(request, doors, actor)
    if one.kind != "import" or one.state != "open":
        raise kernel.Conflict("This import has begun already.")
    if media_type(request) not in FORMATS:
        raise kernel.Unsupported("Send application/fhir+ndjson.", path="Content-Type")
    name = request.path_params.get("name") or f"{uuid4().hex}.ndjson"
    if not _NAME.fullmatch(name):
        raise kernel.Invalid("A file's name has letters, digits, - and _, and ends with .ndjson.", path="name")
    folder = Path(one.folder) / "input"
    size = await _receive(request, folder, name, doors.bulk.most, doors.bulk.jobs.seals(one))
    return Response(
        kernel.encode({"bytes": size}),
        201,
        {"Location": f"{base_url(request)}/bulk/{one.id}/input/{name}"},
        "application/json",
    )


async def _receive(request: Request, folder: Path, name: str, most: int, seals: Seals) -> int:
    """The body as a file; nothing is left of one that is broken off. Raises TooCostly, NoRoom, Invalid."""
    packing = unpacker(request.headers.get("content-encoding", ""))
    room, unfinished, size, looked = most - _size(folder, name), folder / f"{uuid4().hex}.part", 0, 0
    require_room(folder)
    try:
        with private(unfinished, "xb") as kept:
            file = seals.writing(kept, name, 0)
            async for part in request.stream():
                for piece in packing.pieces(part):
                    size += len(piece)
                    if size > room:
                        raise too_large(most)
                    file.write(piece)
                if size - looked > 64 << 20:
                    looked = size
                    require_room(folder)
            packing.require_whole()
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(folder / name)
    finally:
        unfinished.unlink(missing_ok=True)
    return size


def _size(folder: Path, name: str) -> int:
    """Of what was uploaded before, but for what will be replaced."""
    return sum(path.stat().st_size for path in folder.iterdir() if path.name != name)


async def begin_import(request: Request, doors: Doors, actor: security.Actor) -> Response:
    """The manifest of what was uploaded; 202 with the address of the job's status."""
    security.decide(actor, security.Purpose.LOAD)
    urls = inputs(kernel.decode(await read_body(request)))
    found = [_INPUT.search(url) for url in urls]
    ids = {one[1] for one in found if one}
    if None in found or len(ids) != 1:
        raise kernel.Invalid("An input was not uploaded to this import.", path="input.url")
    id = UUID(ids.pop())
    await doors.bulk.begin_import(actor, id, [one[2] for one in found if one], str(request.url))
    return _accepted(request, id)
