"""What a clerk scans or types: one field for every number there is."""

from dataclasses import dataclass
from enum import StrEnum

from sekali import kernel

CARD_PREFIX = "SEKALI:"
LETTER_PREFIX = "SEKALI-R:"
LONGEST = 100


class ScanKind(StrEnum):
    """What kind of number it is."""

    NIK = "nik"
    JKN = "jkn"
    CARD = "card"
    REFERRAL = "referral"
    RECORD_NUMBER = "record-number"


@dataclass(frozen=True, slots=True)
class Scan:
    """A number and what it is."""

    kind: ScanKind
    value: str


def read_scan(text: str) -> Scan:
    """What a scanned or typed text is.

    16 digits are a NIK, 13 a JKN number, ``SEKALI:`` a citizen's QR, ``SEKALI-R:`` a referral letter's; other short
    numbers are this facility's medical record number. Raises Invalid for anything else.
    """
    tidy = text.strip()
    if not tidy:
        raise kernel.Invalid("Scan a card, or type a number.", path="scan")
    upper = tidy.upper()
    if len(tidy) > LONGEST or not tidy.isprintable() or not tidy.isascii():
        raise kernel.Invalid(_NONSENSE, path="scan")
    for prefix, kind in ((LETTER_PREFIX, ScanKind.REFERRAL), (CARD_PREFIX, ScanKind.CARD)):
        if upper.startswith(prefix):
            return _coded(kind, upper.removeprefix(prefix))
    digits = tidy.replace(" ", "").replace(".", "").replace("-", "")
    if digits.isdecimal() and len(digits) == 16:
        return Scan(ScanKind.NIK, digits)
    if digits.isdecimal() and len(digits) == 13:
        return Scan(ScanKind.JKN, digits)
    if digits.isdecimal() and len(digits) > 10:
        raise kernel.Invalid("A NIK has 16 digits and a JKN number 13. Please look at the card again.", path="scan")
    if digits.isalnum() and any(c.isdigit() for c in digits) and len(tidy) <= 20:
        return Scan(ScanKind.RECORD_NUMBER, upper)
    raise kernel.Invalid(_NONSENSE, path="scan")


_NONSENSE = (
    "This is no number that Sekali knows. Scan the QR, or type the NIK (16 digits) or the JKN number (13 digits)."
)


def _coded(kind: ScanKind, value: str) -> Scan:
    if not value or not value.replace("-", "").isalnum():
        raise kernel.Invalid(_NONSENSE, path="scan")
    return Scan(kind, value)
