"""What was typed."""

from datetime import date
from decimal import Decimal, InvalidOperation
from urllib.parse import parse_qsl
from uuid import UUID

from starlette.requests import Request

from sekali import kernel

LARGEST = 256 << 10
MOST_FIELDS = 300


async def typed(request: Request) -> dict[str, str]:
    """The fields of a form, without blanks around; of fields with one name the last. Raises TooCostly, Invalid."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise kernel.TooCostly("This form is too large; nothing was kept. Shorten the text.", path="body")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise kernel.Invalid("This form could not be read.") from None
    return {name: value.replace("\0", "").strip() for name, value in pairs}


def uuid_of(text: str, otherwise: kernel.Failure) -> UUID:
    """The id that an address or a field names. Raises ``otherwise``."""
    try:
        return UUID(text)
    except ValueError:
        raise otherwise from None


def day(text: str, field: str) -> date:
    """A date as browsers send it (2026-11-23) or as people write it (23-11-2026, 23/11/2026). Raises Invalid."""
    parts = text.replace("/", "-").replace(".", "-").split("-")
    try:
        numbers = [int(part) for part in parts]
        year, month, number = numbers if len(parts[0]) == 4 else reversed(numbers)
        if year >= 1800:
            return date(year, month, number)
    except (ValueError, TypeError):
        pass
    raise kernel.Invalid(faults=[kernel.Fault(field, "Write the date as day-month-year, such as 23-11-1990.")])


def number(text: str, field: str) -> Decimal | None:
    """A number with a comma or a point; None when empty. Raises Invalid."""
    if not text:
        return None
    try:
        value = Decimal(text.replace(",", "."))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or len(text) > 8:
        raise kernel.Invalid(faults=[kernel.Fault(field, "Write a number.")])
    return value
