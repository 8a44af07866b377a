"""The frame around every page: templates, language, headers."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import segno
from babel.dates import format_date
from babel.numbers import format_decimal
from babel.units import format_unit
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sekali import care, kernel, program, security

HERE = Path(__file__).parent
STATIC = HERE / "static"

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

HOME = {
    security.Role.CLERK: "/loket",
    security.Role.NURSE: "/dokter",
    security.Role.DOCTOR: "/dokter",
    security.Role.PHARMACIST: "/rekam",
    security.Role.RECORDS_OFFICER: "/rekam",
    security.Role.FACILITY_HEAD: "/kepala",
    security.Role.AUDITOR: "/pengawas",
    security.Role.REFERRAL_DESK: "/rujukan",
    security.Role.CITIZEN: "/warga",
    security.Role.CITY: "/kota",
    security.Role.SECRETARIAT: "/sekretariat",
    security.Role.MENTOR: "/pendamping",
    security.Role.ASSESSOR: "/penilai",
    security.Role.CITY_TEAM: "/tim",
    security.Role.INTEGRATOR: "/docs/permintaan",
    security.Role.EMERGENCY_OPERATOR: "/operator",
}
"""Where each role's day begins."""

_environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Fields(dict[str, Any]):
    """Fields of a form, or their errors: one that is not there is empty."""

    def __missing__(self, name: str) -> str:
        return ""


def choose_language(request: Request) -> str:
    """Indonesian, unless the reader chose English or their browser asks for it before Indonesian."""
    chosen = request.cookies.get("lang")
    if chosen in kernel.LANGUAGES:
        return chosen
    for wanted in request.headers.get("accept-language", "").lower().split(","):
        if wanted.strip()[:2] in kernel.LANGUAGES:
            return wanted.strip()[:2]
    return "id"


def render(request: Request, template: str, status: int = 200, **context: Any) -> Response:
    """A page in the reader's language."""
    language = request.state.language
    actor: security.Actor | None = request.state.actor

    def _(message: str, **params: Any) -> str:
        return kernel.translate(language, message, **params)

    context |= {name: Fields(context[name]) for name in ("form", "errors") if name in context}
    zone = actor.zone if actor else "Asia/Jakarta"
    today = kernel.in_zone(kernel.now(), zone).date()
    tools = {
        "_": _,
        "asset": asset,
        "qr": qr,
        "pairs": _pairs,
        "hospitals": lambda options: _hospitals(options, language),
        "decimal": lambda value: decimal(value, language),
        "score": lambda value: score(value, language),
        "money": lambda value: format_decimal(value, "#,##0", locale=language),
        "z95": Decimal("1.96"),
        "region_pairs": lambda lines: [(line.region.id, line.region.full_name) for line in lines],
        "day": lambda value: _day(value, zone, language),
        "clock": lambda value: kernel.in_zone(value, zone).strftime("%H.%M"),
        "second": lambda value: kernel.in_zone(value, zone).strftime("%H.%M.%S"),
        "span": lambda length: span(length, language),
        "share": share,
        "age": lambda born: _age(born, today, _),
    }
    frame = {
        "language": language,
        "actor": actor,
        "home": HOME.get(actor.role, "/") if actor else "/",
        "path": request.url.path,
        "untold": request.state.untold,
        "safe_to_return": request.method == "GET",
        "emergencies": request.state.emergencies,
        "demo_logins": request.state.doors.logins,
    }
    html = _environment.get_template(template).render(tools | frame | context)
    return HTMLResponse(html, status)


def decimal(value: Decimal, language: str) -> str:
    """One digit after the comma, as the language writes it."""
    return format_decimal(value, "0.0", locale=language)


def score(value: Decimal | float, language: str) -> str:
    """A score as it is printed: two digits, half up, from the unrounded value."""
    return format_decimal(program.instruments.rounded(Decimal(value)), "0.00", locale=language)


def span(length: timedelta, language: str) -> str:
    """Whole seconds, minutes or, from two hours on, hours: so that it can be held against a time limit."""
    seconds = int(length.total_seconds())
    count, unit = (seconds // 3600, "hour") if seconds >= 7200 else (seconds // 60, "minute")
    return (
        format_unit(count, unit, locale=language) if seconds >= 60 else format_unit(seconds, "second", locale=language)
    )


def share(part: Any, whole: Any) -> float:
    """The length of a bar of 100; what is more than the whole fills it, and what is little can still be seen."""
    return round(max(0.6, min(100.0, float(part / whole) * 100)), 1) if whole else 100.0


def _pairs(items: Iterable[Any], key: str, text: str) -> list[tuple[Any, Any]]:
    """Options of a choice."""
    return [(getattr(item, key), getattr(item, text)) for item in items]


def _hospitals(options: Iterable[care.HospitalOption], language: str) -> list[tuple[Any, str]]:
    """Hospitals with a place left, nearest first."""
    return [
        (o.facility.id, f"{o.facility.name} ({decimal(o.distance_km, language)} km, {o.department.free_today})")
        for o in options
        if o.department.free_today
    ]


def _day(value: date | datetime | None, zone: str, language: str) -> str:
    if value is None:
        return ""
    plain = kernel.in_zone(value, zone).date() if isinstance(value, datetime) else value
    return format_date(plain, "d MMMM y", locale=language)


def _age(born: date | None, today: date, _: Any) -> str:
    """Years; for small children months; for the newborn days."""
    if born is None:
        return ""
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    if months < 1:
        return _("%(n)s days old", n=(today - born).days)
    if months < 24:
        return _("%(n)s months old", n=months)
    return _("%(n)s years old", n=months // 12)


@cache
def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so browsers may keep it."""
    return f"/static/{name}?{hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:8]}"


def qr(text: str, label: str) -> Markup:
    """A QR code as inline SVG (no scripts, no image request), readable by any scanner."""
    svg = segno.make(text, error="m", micro=False).svg_inline(
        border=2, svgclass="qr", lineclass=None, omitsize=True, dark="#000", light="#fff"
    )
    return Markup(svg.replace("<svg ", Markup('<svg role="img" aria-label="{}" ').format(label), 1))  # noqa: S704
