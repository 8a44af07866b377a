"""Passwords, random codes and seals."""

import hashlib
import hmac
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

_hasher = PasswordHasher()  # argon2id with the library's defaults (RFC 9106, low-memory)
_nobody = _hasher.hash(secrets.token_hex())
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""For codes that people type: no 0/O, 1/I/L, U."""


def hash_password(password: str) -> str:
    """The argon2id hash; about 50 ms of CPU, so run it in a thread."""
    return _hasher.hash(password)


def password_matches(password_hash: str | None, password: str) -> bool:
    """Compare. A missing account costs as much time as a wrong password, so that names cannot be told apart."""
    try:
        return _hasher.verify(password_hash or _nobody, password) and password_hash is not None
    except (Argon2Error, InvalidHashError):
        return False


def new_token() -> str:
    """256 random bits, for a cookie or a bearer token."""
    return secrets.token_urlsafe(32)


def new_code(length: int = 8) -> str:
    """A code that a person can read from paper and type."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def fingerprint(token: str) -> bytes:
    """What is kept of a random token."""
    return hashlib.sha256(token.encode()).digest()


class Seal:
    """Text that goes out in a form and comes back unchanged, or not at all (HMAC-SHA256 with a time)."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def _mark(self, purpose: str, body: bytes) -> bytes:
        return hmac.digest(self._key, purpose.encode() + b"\0" + body, "sha256")

    def seal(self, text: str, purpose: str) -> str:
        """``text`` with the time and a seal that holds for ``purpose`` only."""
        body = f"{time.time():.3f} {text}".encode()
        return urlsafe_b64encode(self._mark(purpose, body) + body).decode()

    def unseal(self, sealed: str, purpose: str, max_age: float) -> str | None:
        """The text, or None when it was changed, was meant for something else or is older than ``max_age`` seconds."""
        try:
            content = urlsafe_b64decode(sealed.encode())
        except ValueError:
            return None
        mark, body = content[:32], content[32:]
        if not hmac.compare_digest(mark, self._mark(purpose, body)):
            return None
        at, _, text = body.decode().partition(" ")
        return text if time.time() - float(at) <= max_age else None
