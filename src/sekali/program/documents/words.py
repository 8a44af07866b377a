"""How documents speak either language, and how they write numbers."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from functools import partial

from babel.numbers import format_decimal

from sekali import kernel

Say = Callable[[str], str]


def words(language: str) -> Say:
    """A speaker of ``language``: Indonesian, or English where it is ``en``."""
    return partial(kernel.translate, locale_of(language))


def locale_of(language: str) -> str:
    """The language in which numbers are written and hyphens are set: en or id."""
    return "en" if language == "en" else "id"


def amount(value: Decimal | None, language: str) -> str | None:
    """A number as it was given, unrounded."""
    if value is None:
        return None
    return format_decimal(value, locale=locale_of(language), decimal_quantization=False)


def money(value: Decimal | None, language: str) -> str | None:
    """Whole rupiah: Rp 1.250.000. The blank does not break."""
    if value is None:
        return None
    return f"Rp\u00a0{amount(value.quantize(Decimal(1), ROUND_HALF_UP), language)}"


def percent(value: Decimal | None, language: str) -> str:
    """With one decimal; empty where it cannot be known."""
    if value is None:
        return ""
    return f"{amount(value.quantize(Decimal('0.1'), ROUND_HALF_UP), language)}%"
