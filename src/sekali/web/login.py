"""The log-in page, for those who came by themselves and those whose session has ended."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from .frame import render
from .keep import Kept


def login_page(
    request: Request, status: int = 200, *, kept: Kept | None = None, to: str = "", **context: Any
) -> Response:
    """``kept`` is what was typed before, ``to`` where to go on after."""
    doorkeeper = request.state.doors.doorkeeper
    provider = doorkeeper.by_provider.name if doorkeeper.by_provider else ""
    passkey = doorkeeper.offer_entry(request.url.netloc)
    return render(
        request, "entrance/login.html", status, kept=kept, to=to, passkey=passkey, provider=provider, **context
    )
