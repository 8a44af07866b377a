"""Where a page ended, as text in a link. A link of another order, or one that somebody made up, is refused."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from uuid import UUID

from sekali import kernel

from .stored import Stored


def of_place(place: tuple[datetime | UUID, UUID]) -> str:
    """Of a place in an order that an index keeps."""
    at, id = place
    return _written(f"{_instant(at) if isinstance(at, datetime) else at} {id}")


def place(cursor: str, by_id: bool = False) -> tuple[datetime | UUID, UUID]:
    """``by_id``: of the order of ids; else of times. Raises Invalid."""
    at, _, id = _read(cursor).partition(" ")
    try:
        return UUID(at) if by_id else _moment(at), UUID(id)
    except ValueError:
        raise strange() from None


def of_version(one: Stored) -> str:
    """Of a version in a history of many resources."""
    return _written(f"{one.updated.isoformat()} {one.id} {one.version}")


def version(cursor: str) -> tuple[datetime, UUID, int]:
    """Raises Invalid."""
    try:
        at, id, number = _read(cursor).split(" ")
        return _moment(at), UUID(id), int(number)
    except ValueError:
        raise strange() from None


def of_keys(keys: tuple[str, ...]) -> str:
    """Of the last one of a page that was sorted after it was found."""
    return _written(kernel.encode(keys).decode())


def keys(cursor: str, count: int) -> tuple[str, ...]:
    """``count`` keys. Raises Invalid."""
    try:
        found = kernel.decode(_read(cursor).encode())
    except kernel.Invalid:
        raise strange() from None
    if not isinstance(found, list) or len(found) != count or not all(isinstance(one, str) for one in found):
        raise strange()
    return tuple(found)


def strange() -> kernel.Invalid:
    """What is said of a link that is none of this search."""
    return kernel.Invalid("This is not a page of this search. Start again from the first page.", path="_cursor")


def _instant(moment: datetime) -> str:
    """The driver gives PostgreSQL's infinities without a time zone."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _written(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


def _read(cursor: str) -> str:
    try:
        return urlsafe_b64decode(cursor.encode()).decode()
    except ValueError:
        raise strange() from None
