"""The demo city: Kota Yogyakarta's real places, and people whom nobody is."""

from .accounts import CLIENTS, PASSWORD, SENDERS, Login, add_integrators, logins
from .loading import Progress, load, loaded
from .people import EXAMPLES, Example, people
from .places import facilities
from .practitioners import practitioners

__all__ = [
    "CLIENTS",
    "EXAMPLES",
    "PASSWORD",
    "SENDERS",
    "Example",
    "Login",
    "Progress",
    "add_integrators",
    "facilities",
    "load",
    "loaded",
    "logins",
    "people",
    "practitioners",
]
