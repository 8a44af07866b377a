"""A form with a file: read once, refused as soon as it is known to be too large, its text never lost.

Nothing beyond the limit is kept in memory or on disk. What was typed stands before the file in the form, so it is read
even when the file is refused.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from sekali import kernel, program

from .forms import LARGEST, MOST_FIELDS, typed

MOST = program.LARGEST_EVIDENCE + LARGEST
WORTH_READING = 64 << 20
"""Up to here the rest of what was refused runs into the void, so that the browser comes to read why. Beyond, the line
is cut."""
PATIENCE = 2.0
"""Seconds to wait for the text before a file that will be refused."""
TOO_LARGE = "This file is larger than 10 MB. Send a smaller one, or only the pages that matter."


@dataclass(frozen=True, slots=True)
class File:
    """What came with a form."""

    name: str
    content: bytes


class _Enough(Exception):
    """More than the limit has come."""


async def read(request: Request, trusted: bool) -> None:
    """Take in a form that may bring a file: its fields as ``state.typed``, the rest for :func:`file_of`. Raises Invalid.

    Of somebody who is not ``trusted`` with files only the text is read: their session may have ended.
    """
    state = request.state
    state.file, state.file_refused, state.without_file = None, False, False
    if not request.headers.get("content-type", "").lower().startswith("multipart/"):
        state.typed, state.without_file = await typed(request), True
        return
    length = request.headers.get("content-length", "")
    declared = int(length) if length.isdecimal() and len(length) < 16 else 0
    most = MOST if trusted else LARGEST
    refused = declared > most
    parser = MultiPartParser(
        request.headers, _up_to(request, LARGEST if refused else most), max_files=1, max_fields=MOST_FIELDS,
        max_part_size=LARGEST,
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE if refused else None):
            await parser.parse()
    except (_Enough, TimeoutError):
        refused = True
    except (MultiPartException, FormParserError):
        raise kernel.Invalid("This form could not be read.") from None
    state.typed = {name: text.replace("\0", "").strip() for name, text in parser.items if isinstance(text, str)}
    state.file_refused = refused
    state.hang_up = refused and not 0 < declared <= WORTH_READING
    for _, file in parser.items:
        if isinstance(file, UploadFile):
            if file.filename and not refused:
                state.file = File(_name(file.filename), await file.read())
            await file.close()


async def _up_to(request: Request, most: int) -> AsyncIterator[bytes]:
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise _Enough
        yield part


def _name(text: str) -> str:
    """Without the folders and control characters that a browser or a joker puts into it."""
    return re.sub(r"[\x00-\x1f\x7f]", "", text.replace("\\", "/").rpartition("/")[2])[-120:]


def file_of(request: Request) -> File | None:
    """The file that came with the form; None when none was chosen. Raises TooCostly."""
    if request.state.file_refused:
        raise kernel.TooCostly(TOO_LARGE, path="file")
    return request.state.file
