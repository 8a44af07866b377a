"""Times of HL7 v2 (TS, DTM): ``YYYY[MM[DD[HH[MM[SS[.S…]]]]]][+/-ZZZZ]``, in the sender's offset or the facility's zone."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from sekali import kernel

from .refusals import WRONG_FORM, Place, Refused

_FORM = re.compile(r"(\d{4})(\d\d)?(\d\d)?(?:(\d\d)(\d\d)?(?:(\d\d)(?:\.\d{1,6})?)?)?([+-]\d{4})?")
AHEAD = timedelta(minutes=10)
"""How far a sender's clock may go before ours; beyond it is a future time, which SATUSEHAT refuses."""
OLDEST = datetime(2014, 6, 3, tzinfo=UTC)
"""SATUSEHAT takes nothing older (its guides on Encounter and ServiceRequest)."""
LONGEST_LIFE = 130


def moment(text: str, zone: str, place: Place) -> datetime:
    """An aware moment in UTC. Raises Refused without an hour, and for a moment that cannot be."""
    found = _FORM.fullmatch(text)
    if found is None or found[4] is None:
        raise Refused(WRONG_FORM, place, "%(place)s needs date and time as YYYYMMDDHHMM, with +0700 if you can.")
    try:
        wall = datetime(*(int(part or 0) for part in found.groups()[:6]))
        at = wall.replace(tzinfo=_offset(found[7]) or ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise impossible(place) from None
    if not OLDEST <= at <= kernel.now() + AHEAD:
        raise Refused(
            WRONG_FORM, place, "%(place)s lies in the future, or before 3 June 2014. Check the clock and the time zone."
        )  # fmt: skip
    return at


def day(text: str, place: Place) -> str:
    """A birth date as FHIR writes it; year or month alone are kept so. Raises Refused for one that cannot be."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise Refused(WRONG_FORM, place, "%(place)s needs a date as YYYYMMDD.")
    year, month, number = int(found[1]), int(found[2] or 1), int(found[3] or 1)
    today = (kernel.now() + timedelta(hours=14)).date()  # somewhere it is tomorrow already
    try:
        when = date(year, month, number)
    except ValueError:
        raise impossible(place) from None
    if when > today or when.year < today.year - LONGEST_LIFE:
        raise impossible(place)
    return "-".join(part for part in found.groups()[:3] if part)


def impossible(place: Place) -> Refused:
    """There is no such day or hour."""
    return Refused(WRONG_FORM, place, "%(place)s cannot be: there is no such date or time. Correct it and send again.")


def _offset(text: str | None) -> timezone | None:
    if text is None:
        return None
    hours, minutes = int(text[1:3]), int(text[3:5])
    if hours > 14 or minutes > 59:
        raise ValueError
    return timezone(timedelta(hours=hours, minutes=minutes) * (-1 if text[0] == "-" else 1))
