"""Encrypted backups: one file that holds the database as of one moment and the files beside it, and the way back."""

from .keys import Secret, new_key, recipient_in, secret_in
from .making import Made, make
from .reading import Seen, look
from .restoring import restore, unwilling

__all__ = ["Made", "Secret", "Seen", "look", "make", "new_key", "recipient_in", "restore", "secret_in", "unwilling"]
