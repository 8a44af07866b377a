"""The gate as Starlette takes it."""

from starlette.middleware import Middleware

from sekali import kernel

from .headers import Headers
from .patience import Patience


def gate(settings: kernel.Settings) -> list[Middleware]:
    """From the outside in."""
    return [Middleware(Headers, https=settings.https), Middleware(Patience)]
