"""The NIK: 16 digits that say where and when a person was first registered.

province(2) regency(2) district(2) DDMMYY(6; women DD+40) serial(4). There is no check digit (Dukcapil: the last four
are a serial). The number never changes, also when the birth date is later corrected or the person moves, so a NIK that
disagrees with the stated date or sex is a warning and never a refusal.
"""

from dataclasses import dataclass
from datetime import date

from sekali import kernel

FICTITIOUS_PROVINCE = "99"
"""No province has this code: a NIK that begins with it belongs to nobody real."""


@dataclass(frozen=True, slots=True)
class Nik:
    """What a NIK tells.

    :ivar born: the birth date; of the two centuries that fit, the later one that is not in the future.
    :ivar sex: ``male`` or ``female``, FHIR's words.
    """

    value: str
    province: str
    regency: str
    district: str
    born: date
    sex: str
    serial: int

    @property
    def fictitious(self) -> bool:
        """Made for the demo or for tests."""
        return self.province == FICTITIOUS_PROVINCE


def parse_nik(text: str, today: date | None = None) -> Nik:
    """Read a NIK; blanks, dots and dashes between digits are allowed. Raises Invalid with what is wrong."""
    value = "".join(c for c in text if c not in " .-\t")
    if not value.isascii() or not value.isdecimal() or len(value) != 16:
        raise kernel.Invalid("A NIK has 16 digits. Please look at the card again.", path="nik", rule="10166")
    day, month, year, serial = int(value[6:8]), int(value[8:10]), int(value[10:12]), int(value[12:])
    sex = "female" if day > 40 else "male"
    born = _birth_date(day - 40 if day > 40 else day, month, year, today or kernel.now().date())
    if born is None:
        raise kernel.Invalid("Digits 7 to 12 of this NIK are no date. Please look at the card again.", path="nik")
    if serial == 0:
        raise kernel.Invalid("A NIK does not end in 0000. Please look at the card again.", path="nik")
    return Nik(value, value[:2], value[2:4], value[4:6], born, sex, serial)


def nik_warnings(nik: Nik, birth_date: date, sex: str) -> list[str]:
    """What does not fit together, as msgids. Never a reason to refuse (even the official sandbox patients differ)."""
    warnings = []
    if (nik.born.day, nik.born.month, nik.born.year % 100) != (birth_date.day, birth_date.month, birth_date.year % 100):
        warnings.append("The birth date is another than the NIK says. Please check; both may be right.")
    if sex in ("male", "female") and nik.sex != sex:
        warnings.append("The sex is another than the NIK says. Please check; both may be right.")
    return warnings


def _birth_date(day: int, month: int, year: int, today: date) -> date | None:
    for century in (2000, 1900):
        try:
            born = date(century + year, month, day)
        except ValueError:
            continue
        if born <= today:
            return born
    return None
