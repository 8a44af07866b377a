"""How long a record is kept, and on which ground: ``data/retention.tsv``, or the table that SEKALI_RETENTION names.

PMK 24/2022 art. 39: at least 25 years after the patient's last visit; then it may be destroyed, except what is still to be
used. So each visit starts the time anew, and an operator may keep for longer, never shorter. Pure but for reading the table.
"""

import csv
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sekali import kernel

DATA = Path(__file__).parent / "data/retention.tsv"
LEAST, MOST = 25, 200
"""Years: of the law, and of what can be counted."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How it stands with one record. ``until``: the last day on which the law has it kept."""

    last_visit: date
    until: date
    over: bool


class Retention:
    """The rule. Raises Trouble for a table that cannot be read, or that keeps for less than the law.

    :ivar basis: language -> the legal ground in words.
    """

    def __init__(self, path: Path | None = None) -> None:
        try:
            text = (path or DATA).read_text(encoding="utf-8")
            (row,) = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
            self.years = int(row["years"])
            self.basis = {name: row[name].strip() for name in kernel.LANGUAGES}
            if not all(self.basis.values()):
                raise ValueError("a ground without words")
        except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise kernel.Trouble(
                f"SEKALI_RETENTION must name a table of one line like src/sekali/care/data/retention.tsv ({error!r})."
            ) from None
        if not LEAST <= self.years <= MOST:
            raise kernel.Trouble(
                f"SEKALI_RETENTION keeps records for {self.years} years. PMK 24/2022 art. 39 has them kept for 25 years or "
                f"longer: write a number from {LEAST} to {MOST}."
            )

    def until(self, last_visit: date) -> date:
        """The last day on which a record is to be kept."""
        year = last_visit.year + self.years
        if year > date.max.year:
            return date.max
        try:
            return last_visit.replace(year=year)
        except ValueError:  # a leap day
            return date(year, 3, 1)

    def kept(self, last: datetime, today: date, zone: str) -> Kept:
        """How it stands ``today`` with a record whose last visit was at ``last``, on the clock of ``zone``."""
        day = kernel.in_zone(last, zone).date()
        until = self.until(day)
        return Kept(day, until, today > until)

    def edge(self, today: date, zone: str) -> datetime:
        """Whoever was cared for at this moment or later is not due; of those before, nearly all are."""
        year = today.year - self.years
        day = date(year, 2, 28) if (today.month, today.day) == (2, 29) else today.replace(year=year)
        return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(zone))
