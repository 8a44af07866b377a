"""The demo city: Kota Yogyakarta's real places, and people whom nobody is."""

from .accounts import CLIENTS, PASSWORD, SENDERS, Login, logins
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
    "facilities",
    "load",
    "loaded",
    "logins",
    "people",
    "practitioners",
]
