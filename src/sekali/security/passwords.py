"""Which passwords are good enough (NIST SP 800-63B-4, section 3.1.1.2: length and a list, no rules of composition)."""

import hashlib
import re
from functools import cache
from pathlib import Path

from sekali import kernel

SHORTEST = 8
COMMON = Path(__file__).parent / "common_passwords.txt"
"""The most frequent ones of 8 characters or more, in small letters; from Django 5.2, see ADR 19."""
_LINE = re.compile(rb"[0-9A-Fa-f]{40}:\d+\r?\n")


@cache
def _common() -> frozenset[str]:
    return frozenset(COMMON.read_text(encoding="utf-8").splitlines())


class Passwords:
    """The rules, and the lists of what everybody tries first. No network.

    :param breached: a file as Have I Been Pwned gives it: one SHA-1 in hexadecimal, a colon and a count a line, ordered
        by the SHA-1. It is searched where it lies, so its size hardly matters.

    Raises Trouble when the file is not such a one.
    """

    def __init__(self, breached: Path | None = None) -> None:
        self._breached = breached
        if breached is not None:
            try:
                with breached.open("rb") as file:
                    begins = file.readline(100)
            except OSError as error:
                raise kernel.Trouble(f"SEKALI_BREACHED_PASSWORDS cannot be read ({error.strerror}).") from None
            if not _LINE.fullmatch(begins):
                raise kernel.Trouble(
                    "SEKALI_BREACHED_PASSWORDS is no list of SHA-1 sums with counts, ordered by sum (SHA1:COUNT)."
                )

    def require_good(self, password: str, username: str) -> None:
        """Raises Invalid that says what to do. Reads the disk."""
        if len(password) < SHORTEST:
            raise kernel.Invalid("The password needs at least %(least)s characters.", path="password", least=SHORTEST)
        small = password.casefold()
        if small == username.strip().casefold():
            raise kernel.Invalid("The password may not be the user name. Choose another.", path="password")
        if small in _common() or (self._breached is not None and _holds(self._breached, password)):
            raise kernel.Invalid(
                "This password is on a list of passwords that everybody tries first. Choose another.", path="password"
            )


def _holds(path: Path, password: str) -> bool:
    """Whether the ordered file has the password's sum, by halving: some forty places are read, however large it is."""
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with path.open("rb") as file:
        low, high = 0, file.seek(0, 2)
        while low < high:
            middle = (low + high) // 2
            file.seek(max(middle - 1, 0))
            if middle:
                file.readline()  # to the beginning of a line at or behind the middle
            found = file.readline()[:40].upper()
            if found == wanted:
                return True
            if found and found < wanted:
                low = file.tell()
            else:
                high = middle
    return False
