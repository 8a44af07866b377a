"""Signed notifications, by Standard Webhooks 1.0 (https://www.standardwebhooks.com): HMAC-SHA256 with a shared secret."""

import hmac
import secrets
from base64 import b64encode
from collections.abc import Iterable

PREFIX = "whsec_"
BYTES = 32


def new_secret() -> bytes:
    """A secret of one subscription."""
    return secrets.token_bytes(BYTES)


def shown(secret: bytes) -> str:
    """As the subscriber gets it, once."""
    return PREFIX + b64encode(secret).decode()


def headers(secret_s: Iterable[bytes], id: str, at: int, body: bytes) -> list[tuple[str, str]]:
    """The three headers of one message. ``id`` is the same at each attempt and has no dot; ``at`` is in seconds."""
    signed = f"{id}.{at}.".encode() + body
    marks = [f"v1,{b64encode(hmac.digest(secret, signed, 'sha256')).decode()}" for secret in secret_s]
    return [("webhook-id", id), ("webhook-timestamp", str(at)), ("webhook-signature", " ".join(marks))]
