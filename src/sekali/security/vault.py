"""What must lie in the database but must not be read there: sealed with the server's key, which lies outside it.

The key is one of age's (ADR 22). Each seal is for one thing: moved to another row it does not open.
"""

import hmac
from functools import cached_property
from pathlib import Path

import pyrage

from sekali import kernel

_SEALED = b"age-encryption.org/v1\n"


class Vault:
    """Seals and opens bytes. The key is made at the first use, unless the settings bring it.

    :param settings: ``server_key``; or ``data``, below which ``keys/server.key`` lies.
    """

    def __init__(self, settings: kernel.Settings) -> None:
        self._given = settings.server_key
        self._file = settings.data / "keys/server.key"

    @cached_property
    def _key(self) -> pyrage.x25519.Identity:
        try:
            return pyrage.x25519.Identity.from_str(self._given or _kept(self._file))
        except pyrage.IdentityError:
            where = "SEKALI_SERVER_KEY" if self._given else self._file
            raise kernel.Trouble(f"{where} holds no key of age's, which begins with AGE-SECRET-KEY-.") from None

    def seal(self, content: bytes, purpose: str) -> bytes:
        """``content``, readable with the key only. About 0.2 ms."""
        return pyrage.encrypt(purpose.encode() + b"\0" + content, [self._key.to_public()])

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """What was sealed for ``purpose``. Raises Unavailable when that was with another key, or for something else."""
        try:
            before, _, content = pyrage.decrypt(sealed, [self._key]).partition(b"\0")
        except pyrage.DecryptError:
            before = content = b""
        if before != purpose.encode():
            raise kernel.Unavailable(
                "This was sealed with another key than this server has. Tell the operations engineer.", retry_after=600
            )
        return content

    def mark(self, code: str, purpose: str) -> bytes:
        """What is kept of a code that people type: of no use without the key."""
        return hmac.digest(str(self._key).encode(), purpose.encode() + b"\0" + code.encode(), "sha256")

    @staticmethod
    def is_sealed(content: bytes) -> bool:
        """Whether it was sealed, or lies there as it is."""
        return content.startswith(_SEALED)


def _kept(file: Path) -> str:
    """The key in a file that is only ours; whole from its first moment, however many processes make one at once."""
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            kernel.keep_once(file, f"{pyrage.x25519.Identity.generate()}\n".encode())
        return file.read_text().strip()
    except OSError as error:
        raise kernel.Trouble(
            f"The server's key {file} cannot be kept ({error.strerror}). See SEKALI_SERVER_KEY."
        ) from None
