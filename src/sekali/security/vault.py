"""What must lie in the database but must not be read there: sealed with the server's keys, which lie outside it.

Keys have numbers. The newest one seals, the older ones still open. Each is one of age's (ADR 22); what few and small secrets
are sealed by age itself here, and what is much is sealed by :class:`~.cipher.Cipher` with keys that are derived from these.
Each seal is for one thing: moved to another row it does not open.
"""

import hmac
import re
from collections.abc import Mapping
from pathlib import Path

import pyrage

from sekali import kernel

_SEALED = b"age-encryption.org/v1\n"
_FILE = re.compile(r"server(?:\.(\d{1,4}))?\.key")
_GIVEN = re.compile(r"(?:(\d{1,4}):)?(AGE-SECRET-KEY-\S+)")
MOST_KEYS = 9999


class Vault:
    """Seals and opens bytes. The first key is made at the first use, unless the settings bring it.

    :param settings: ``server_key``, one key or several as ``1:AGE-… 2:AGE-…``; or ``data``, below which
        ``keys/server.key`` is key 1 and ``keys/server.2.key`` key 2. Methods raise Trouble when a key cannot be read.
    """

    def __init__(self, settings: kernel.Settings) -> None:
        self._given = settings.server_key
        self._folder = settings.data / "keys"
        self._keys: dict[int, pyrage.x25519.Identity] = {}

    def there(self) -> Mapping[int, pyrage.x25519.Identity]:
        """The keys that are there now, by number; none is made."""
        texts = _given(self._given) if self._given else _kept(self._folder)
        self._keys = {number: _identity(texts[number], self.place(number)) for number in sorted(texts)}
        return self._keys

    def make(self, number: int) -> None:
        """A new key in a file of its own, whole on disk from its first moment; one that is there is left alone.

        Raises Trouble when the settings bring the keys: then whoever set them sets the next one.
        """
        if self._given:
            raise kernel.Trouble(
                "SEKALI_SERVER_KEY brings the keys. Add the next one there (1:AGE-SECRET-KEY-… 2:AGE-SECRET-KEY-…), "
                "start Sekali anew, and give this command again."
            )
        file = self._folder / _name(number)
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            kernel.keep_once(file, f"{pyrage.x25519.Identity.generate()}\n".encode())
            kernel.sync_folder(self._folder)
        except OSError as error:
            raise kernel.Trouble(
                f"The server's key {file} cannot be kept ({error.strerror}). See SEKALI_SERVER_KEY."
            ) from None

    def place(self, number: int) -> str:
        """Where a key lies or would lie, for people."""
        return "SEKALI_SERVER_KEY" if self._given else str(self._folder / _name(number))

    def require(self) -> Mapping[int, pyrage.x25519.Identity]:
        """The keys, the last one the newest; at the very first use one is made."""
        if not self._keys and not self.there():
            self.make(1)
            self.there()
        return self._keys

    def seal(self, content: bytes, purpose: str) -> bytes:
        """``content``, readable with the newest key only. About 0.2 ms."""
        keys = self.require()
        return pyrage.encrypt(purpose.encode() + b"\0" + content, [keys[max(keys)].to_public()])

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """What was sealed for ``purpose``. Raises Unavailable when that was with another key, or for something else."""
        for keys in (self.require, self.there):  # somebody may have made a new one
            try:
                before, _, content = pyrage.decrypt(sealed, list(keys().values())).partition(b"\0")
            except pyrage.DecryptError:
                continue
            if before == purpose.encode():
                return content
            break
        raise kernel.Unavailable(
            "This was sealed with another key than this server has. Tell the operations engineer.", retry_after=600
        )

    def mark(self, code: str, purpose: str) -> bytes:
        """What is kept of a code that people type: of no use without the key."""
        return self.marks(code, purpose)[-1]

    def marks(self, code: str, purpose: str) -> list[bytes]:
        """What may be kept of it, by each key."""
        said = purpose.encode() + b"\0" + code.encode()
        return [hmac.digest(str(key).encode(), said, "sha256") for key in self.require().values()]

    @staticmethod
    def is_sealed(content: bytes) -> bool:
        """Whether it was sealed, or lies there as it is."""
        return content.startswith(_SEALED)


def _name(number: int) -> str:
    return "server.key" if number == 1 else f"server.{number}.key"


def _identity(text: str, place: str) -> pyrage.x25519.Identity:
    try:
        return pyrage.x25519.Identity.from_str(text)
    except pyrage.IdentityError:
        raise kernel.Trouble(f"{place} holds no key of age's, which begins with AGE-SECRET-KEY-.") from None


def _said(text: str) -> str:
    """What a file of keys says, without its comments."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("#")).strip()


def _given(text: str) -> dict[int, str]:
    """Keys in a setting: one, or several with their numbers. Raises Trouble."""
    found: dict[int, str] = {}
    for part in _said(text).replace(",", " ").split():
        one = _GIVEN.fullmatch(part)
        number = int(one[1] or 1) if one else 0
        if one is None or number in found or number < 1:
            raise kernel.Trouble(
                "SEKALI_SERVER_KEY holds no key of age's, which begins with AGE-SECRET-KEY-; several have each their own "
                "number before them: 1:AGE-SECRET-KEY-… 2:AGE-SECRET-KEY-…"
            )
        found[number] = one[2]
    return found


def _kept(folder: Path) -> dict[int, str]:
    """Keys in files that are only ours. Raises Trouble."""
    try:
        files = {int(name[1] or 1): path for path in folder.glob("server*.key") if (name := _FILE.fullmatch(path.name))}
        return {number: _said(path.read_text()) for number, path in files.items()}
    except OSError as error:
        raise kernel.Trouble(
            f"The server's key {folder} cannot be read ({error.strerror}). See SEKALI_SERVER_KEY."
        ) from None
