"""Time: aware, UTC inside, the facility's own zone on screens and paper."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """This moment, aware, in UTC, to the microsecond (what PostgreSQL keeps)."""
    return datetime.now(UTC)


def this_millisecond() -> datetime:
    """This moment to the millisecond, as meta.lastUpdated shows it."""
    moment = now()
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def in_zone(moment: datetime, zone: str) -> datetime:
    """``moment`` on the wall clock of ``zone`` (an IANA name such as ``Asia/Jakarta``)."""
    return moment.astimezone(ZoneInfo(zone))


def fhir_instant(moment: datetime) -> str:
    """``YYYY-MM-DDThh:mm:ss+00:00``, the form SATUSEHAT asks for."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
