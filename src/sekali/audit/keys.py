"""The key that anchors are signed with: Ed25519, in a file outside the database."""

import os
from base64 import b64decode, b64encode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from sekali import kernel


def private_key(path: Path) -> Ed25519PrivateKey:
    """The key of a PEM file; made with mode 0600 when there is none. Raises Trouble."""
    try:
        if not path.exists():
            _make(path)
        key = load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise kernel.Trouble(f"The audit's key {path} cannot be read or made ({error.strerror}).") from None
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise kernel.Trouble(f"{path} does not hold an Ed25519 key as PEM without a password.")
    return key


def _make(path: Path) -> None:
    content = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True)
    kernel.keep_once(path, content)


def public_text(key: Ed25519PrivateKey) -> str:
    """The public half: its 32 bytes in base64, for :func:`public_key`."""
    return b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def public_key(text: str) -> Ed25519PublicKey:
    """The public key of 44 characters, or of the file that holds them. Raises Trouble."""
    try:
        told = Path(text).read_text().strip() if len(text) != 44 or os.path.exists(text) else text
        return Ed25519PublicKey.from_public_bytes(b64decode(told, validate=True))
    except (OSError, ValueError):
        raise kernel.Trouble(
            "This is no public key: give what `sekali audit key` prints, or a file that holds it."
        ) from None
