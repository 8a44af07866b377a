"""The gate as Starlette takes it."""

from starlette.middleware import Middleware

from sekali import kernel

from .headers import Headers
from .patience import Patience
from .wellformed import Refuse, Wellformed


def gate(settings: kernel.Settings, refuse: Refuse) -> list[Middleware]:
    """From the outside in. ``refuse`` answers for the door that a path belongs to."""
    return [Middleware(Headers, https=settings.https), Middleware(Wellformed, refuse=refuse), Middleware(Patience)]
