"""Keys of backups, in the format of age (https://age-encryption.org/v1): one to make them, a secret one to open them.

The server needs only the first, so that whoever breaks into it cannot read older backups. It is no secret of age's, but
keep it on the server all the same: whoever has it could make a file that the secret key opens.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pyrage

from sekali import kernel

Secret = pyrage.x25519.Identity
LARGEST = 64 << 10
_SECRET_LINE = "AGE-SECRET-KEY-"  # noqa: S105 - how such a line begins
_LOCKED = b"age-encryption.org/v1"


def new_key(secret: Path, passphrase: str = "") -> Path:
    """Write a new secret key, under a passphrase if there is one, and beside it the file that makes backups.

    :return: where the second is: the same name with ``.pub``. Raises Trouble; nothing is ever written over.
    """
    public = secret.with_name(secret.name + ".pub")
    made = pyrage.x25519.Identity.generate()
    content = f"# A secret key of Sekali's backups. Keep it away from the server.\n{made}\n".encode()
    for path, what in (
        (public, f"# Makes backups that {secret.name} opens.\n{made.to_public()}\n".encode()),
        (secret, pyrage.passphrase.encrypt(content, passphrase) if passphrase else content),
    ):
        try:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(what)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise kernel.Trouble(f"{path} cannot be written ({error.strerror}).") from None
    return public


def recipient_in(path: Path) -> pyrage.x25519.Recipient:
    """Whom a backup is made for, from either file of a key. Raises Trouble."""
    content = _read(path)
    if content.startswith(_LOCKED):
        raise kernel.Trouble(
            f"{path} is a secret key under a passphrase. Give the file beside it, {path.name}.pub: no secret is needed."
        )
    for line in _lines(content):
        try:
            if line.startswith(_SECRET_LINE):
                return pyrage.x25519.Identity.from_str(line).to_public()
            return pyrage.x25519.Recipient.from_str(line)
        except (pyrage.IdentityError, pyrage.RecipientError):
            break
    raise _no_key(path)


def secret_in(path: Path, passphrase: Callable[[], str]) -> Secret:
    """The secret key of a file; ``passphrase`` is asked only when it is under one. Raises Trouble."""
    content = _read(path)
    if content.startswith(_LOCKED):
        try:
            content = pyrage.passphrase.decrypt(content, passphrase())
        except (pyrage.DecryptError, OSError):
            raise kernel.Trouble(f"This passphrase does not open {path}.") from None
    for line in _lines(content):
        if line.startswith("age1"):
            raise kernel.Trouble(f"{path} only makes backups. To open one, give the secret key.")
        try:
            return pyrage.x25519.Identity.from_str(line)
        except pyrage.IdentityError:
            break
    raise _no_key(path)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST)
    except OSError as error:
        raise kernel.Trouble(f"{path} cannot be read ({error.strerror}).") from None


def _lines(content: bytes) -> list[str]:
    lines = [line.strip() for line in content.decode("utf-8", "replace").splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def _no_key(path: Path) -> kernel.Trouble:
    return kernel.Trouble(f"{path} holds no key of a backup. Make one: sekali backup-key --to FILE")
