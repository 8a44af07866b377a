"""Files that leave Sekali."""

from datetime import date
from urllib.parse import quote

from babel.dates import format_date
from starlette.requests import Request
from starlette.responses import Response

from sekali import program


def download(content: bytes, name: str, media_type: str, inline: bool = False) -> Response:
    """A file with its name; shown by the browser only where that is meant."""
    kind = "inline" if inline else "attachment"
    disposition = f"{kind}; filename*=UTF-8''{quote(name)}"
    return Response(content, media_type=media_type, headers={"Content-Disposition": disposition})


def certificate(request: Request, one: program.Certificate) -> bytes:
    """The paper of a certificate, with the QR by which anyone can verify it. Runs half a second: use a thread."""
    language = request.state.language
    title, body = (one.category, f"{one.cohort.name}") if one.category else (_completed(language), f"{one.cohort.name}")
    return program.documents.certificate(
        program.documents.Certificate(
            one.number, one.region.full_name, title, body, long_day(one.issued_at.date(), language), "", (),
            f"{request.base_url}verifikasi/{one.code}", one.code, language, one.cohort.rehearsal,
        )
    )  # fmt: skip


def _completed(language: str) -> str:
    return (
        "Telah menyelesaikan masterplan smart city" if language == "id" else "Has completed its smart city masterplan"
    )


def long_day(value: date, language: str) -> str:
    """14 Desember 2018."""
    return format_date(value, "d MMMM y", locale=language)
