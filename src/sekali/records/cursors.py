"""Where a page ended, as text in a link."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from uuid import UUID

from sekali import kernel

from .stored import Stored


def of_place(place: tuple[datetime | UUID, UUID]) -> str:
    """Of a place in an order that an index keeps."""
    at, id = place
    return _written(f"{at.isoformat() if isinstance(at, datetime) else at} {id}")


def place(cursor: str) -> tuple[datetime | UUID, UUID]:
    """Raises Invalid."""
    at, _, id = _read(cursor).partition(" ")
    try:
        return (
            UUID(at) if len(at) == 36 and at.count("-") == 4 and "T" not in at else datetime.fromisoformat(at)
        ), UUID(id)
    except ValueError:
        raise _strange() from None


def of_version(one: Stored) -> str:
    """Of a version in a history of many resources."""
    return _written(f"{one.updated.isoformat()} {one.id} {one.version}")


def version(cursor: str) -> tuple[datetime, UUID, int]:
    """Raises Invalid."""
    try:
        at, id, number = _read(cursor).split(" ")
        return datetime.fromisoformat(at), UUID(id), int(number)
    except ValueError:
        raise _strange() from None


def of_key(key: str) -> str:
    """Of the last one of a page that was sorted after it was found."""
    return _written(key)


def key(cursor: str) -> str:
    """Raises Invalid."""
    return _read(cursor)


def _written(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


def _read(cursor: str) -> str:
    try:
        return urlsafe_b64decode(cursor.encode()).decode()
    except ValueError:
        raise _strange() from None


def _strange() -> kernel.Invalid:
    return kernel.Invalid("This is not a page of this search. Start again from the first page.", path="_cursor")
