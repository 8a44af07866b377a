"""What is kept of people, sealed at rest: contents under AES-256-GCM, what they are found by under keyed AES.

Every key comes out of one of the server's keys (see :class:`~.vault.Vault`) and has its number, which stands in each seal
and beside each row. Number 0 is none: what versions of Sekali before this one kept as it was.

Which keys anything is kept under stands in ``security.server_key``. It changes only while nobody writes: who writes holds it
(:meth:`Cipher.hold`) until the transaction ends. Who looks for something does so under all of them, and asks afterwards
whether they were still these (:meth:`Cipher.steady`). So nothing is missed while keys change. Why: ADR 24.
"""

import hmac
import logging
from array import array
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from os import urandom
from typing import Any, TypeVar
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher as _Blocks
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sekali import kernel

from .vault import Vault

SQL = kernel.queries(__file__)
log = logging.getLogger(__name__)

PLAIN = 0
"""The number of no key."""
FORM = b"\x01"
"""The first byte of a seal; no JSON begins with it."""
HEAD = 3
"""Bytes before the nonce: the form and the key's number."""
LONGER = HEAD + 12 + 16
"""Bytes by which a sealed content is longer than it was."""
_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Key:
    """What comes out of one of the server's keys. Another process of this program may have it, to seal what it made."""

    number: int
    secret: bytes = field(repr=False)

    def __reduce__(self) -> tuple[type["Key"], tuple[int, bytes]]:
        return Key, (self.number, self.secret)

    def seal(self, content: bytes, about: bytes) -> bytes:
        """``content``, which opens with the same ``about`` only. About 1 µs."""
        nonce = urandom(12)
        return self.head + nonce + self.contents.encrypt(nonce, content, about)

    def terms(self, hashes: Sequence[int]) -> list[int]:
        """Index terms as they are kept under this key: keyed AES cut to 64 bits, sorted."""
        if not hashes:
            return []
        blocks = array("q", bytes(16 * len(hashes)))
        blocks[::2] = array("q", hashes)
        return sorted(array("q", self.blocks(blocks.tobytes()))[::2])

    def _of(self, purpose: bytes) -> bytes:
        return hmac.digest(self.secret, b"sekali at rest " + purpose, "sha256")

    @cached_property
    def head(self) -> bytes:
        return FORM + self.number.to_bytes(2, "big")

    @cached_property
    def mark(self) -> bytes:
        """What proves that a file holds this very key."""
        return self._of(b"mark")

    @cached_property
    def contents(self) -> AESGCM:
        return AESGCM(self._of(b"contents"))

    @cached_property
    def blocks(self) -> Callable[[bytes], bytes]:
        return _Blocks(algorithms.AES(self._of(b"terms")), modes.ECB()).encryptor().update  # noqa: S305 - of single blocks

    @cached_property
    def ids(self) -> Callable[[bytes], bytes]:
        return _Blocks(algorithms.AES(self._of(b"ids")), modes.ECB()).encryptor().update  # noqa: S305 - of single blocks

    @cached_property
    def ids_back(self) -> Callable[[bytes], bytes]:
        return _Blocks(algorithms.AES(self._of(b"ids")), modes.ECB()).decryptor().update  # noqa: S305 - of single blocks


class Cipher:
    """Seals and opens what is kept in the database.

    :ivar vault: what all keys come out of.
    :ivar in_use: numbers of the keys that anything may be kept under, the newest last.
    """

    def __init__(self, vault: Vault, database: kernel.Database) -> None:
        self.vault = vault
        self._database = database
        self._keys: dict[int, Key] = {}
        self._ask = database.coalesced(SQL.in_use)
        self.in_use: tuple[int, ...] = ()
        self._looked_for = 0

    # Which keys

    async def join(self) -> None:
        """Take up the keys that the database is kept under; its first one, where it has none yet.

        Raises Trouble when one of them is not here, or another is in its place.
        """
        rows = await self._database.fetch(SQL.known)
        if not any(row["number"] for row in rows):
            number = max(self.vault.require())
            await self._database.execute(SQL.first, number, self._key(number).mark, kernel.now())
            rows = await self._database.fetch(SQL.known)
        self.vault.there()
        self._keys.clear()
        for row in rows:
            if row["number"] != PLAIN and row["left_at"] is None:
                self.require(row["number"], row["mark"])
        self.in_use = tuple(row["number"] for row in rows if row["left_at"] is None)

    def require(self, number: int, mark: bytes) -> None:
        """Raises Trouble where a key is not the one with this mark."""
        where = self.vault.place(number)
        if number not in self.vault.there():
            raise kernel.Trouble(
                f"This database is sealed with the server's key {number}, which is not here ({where}). "
                "Put it back from where you keep it; nothing can be read without it."
            )
        if not hmac.compare_digest(self._key(number).mark, mark):
            raise kernel.Trouble(
                f"The server's key {number} ({where}) is not the one that this database is sealed with. "
                "Put the right one back; nothing can be read without it."
            )

    def mark(self, number: int) -> bytes:
        """What proves that somebody has a key. Raises Unavailable for one that is not here."""
        return self._key(number).mark

    def _key(self, number: int) -> Key:
        """Raises Unavailable for one that is not here."""
        if number not in self._keys:
            identity = self.vault.there().get(number)
            if identity is None:
                raise kernel.Unavailable(
                    "This was sealed with another key than this server has. Tell the operations engineer.",
                    retry_after=600,
                )
            self._keys[number] = Key(number, str(identity).encode())
        return self._keys[number]

    @property
    def newest(self) -> int:
        """The number of the key that seals."""
        return self.in_use[-1]

    @property
    def key(self) -> Key:
        """The key that seals."""
        return self._key(self.newest)

    async def hold(self, tx: kernel.Session) -> None:
        """Before a transaction writes anything sealed: until it ends, the keys stay as they are."""
        self.take_up(await tx.fetchval(SQL.hold))

    async def look(self) -> tuple[int, ...]:
        """Which keys are in use at this moment."""
        row = await self._ask(0)
        assert row is not None, "there is always an answer"
        return self.take_up(row["numbers"])

    def take_up(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """These are in use, says the database; which are then. Whoever asks it more at once gives what it said.

        Raises Unavailable for a key that is not here yet; then those that were in use stay.
        """
        found = tuple(numbers)
        if _age(found) > _age(self.in_use):  # an answer may overtake another that was asked for before it
            self.vault.there()
            for number in found:
                _ = number == PLAIN or self._key(number)
            self.in_use = found
        return self.in_use

    async def steady(
        self, ask: Callable[[], Awaitable[_Found]], whole: Callable[[_Found], bool] = lambda found: False
    ) -> _Found:
        """What ``ask`` finds by keyed terms; asked again when the keys were others by the end of it.

        What went by no keyed term (a person's own, say) needs no such question, nor does what is the ``whole`` answer
        already: other keys can only have hidden something.
        """
        while True:
            used, before = self.in_use, self._looked_for
            found = await ask()
            if whole(found) or self._looked_for == before or await self.look() == used:
                return found

    # Contents

    def seal(self, content: bytes, about: bytes) -> bytes:
        """``content``, which opens with the same ``about`` only."""
        return self.key.seal(content, about)

    def open(self, sealed: bytes, about: bytes) -> bytes:
        """What was sealed. Raises Broken for what was changed or moved, Unavailable for what is sealed with a key
        that is not here.
        """
        if sealed[:1] != FORM:
            if PLAIN in self.in_use:
                return sealed
            raise changed(about)
        key = self._key(number_of(sealed))
        try:
            return key.contents.decrypt(sealed[HEAD : HEAD + 12], sealed[HEAD + 12 :], about)
        except (InvalidTag, ValueError):
            raise changed(about) from None

    def seal_text(self, text: str, about: bytes) -> bytes:
        """A text of a column; of an empty one is seen that it is empty."""
        return self.seal(text.encode(), about) if text else b""

    def open_text(self, sealed: bytes | None, about: bytes) -> str:
        """The text. Raises Broken, Unavailable."""
        return self.open(sealed, about).decode() if sealed else ""

    # What things are found by

    def terms(self, hashes: Sequence[int], number: int | None = None) -> list[int]:
        """Index terms as they are kept under a key, the newest unless another is named."""
        if number is None:
            return self.key.terms(hashes)
        self._looked_for += 1
        return list(hashes) if number == PLAIN else self._key(number).terms(hashes)

    def every_term(self, hashes: Sequence[int]) -> list[int]:
        """The terms as they may be kept, under all keys in use."""
        return [term for number in self.in_use for term in self.terms(hashes, number)]

    def id(self, value: UUID, number: int | None = None) -> UUID:
        """The hash of an identifier as it is kept: permuted, so that another key can take over without the identifier."""
        number = self.in_use[-1] if number is None else number
        return value if number == PLAIN else kernel.quick_uuid(self._key(number).ids(value.bytes))

    def id_back(self, kept: UUID, number: int) -> UUID:
        """The hash of what is kept as ``kept``."""
        return kept if number == PLAIN else kernel.quick_uuid(self._key(number).ids_back(kept.bytes))

    def every_id(self, value: UUID) -> list[UUID]:
        """The hash as it may be kept, under all keys in use, the oldest first.

        Whoever looks for one after the other misses nothing in this order: what leaves a key meanwhile has a newer one then.
        """
        self._looked_for += 1
        return [self.id(value, number) for number in self.in_use]

    # Digests: whether something is the same as before

    def digest(self, digest: bytes) -> bytes:
        """The first 128 bits of a digest as they are kept: permuted, with the number of the key before them."""
        return FORM + self.newest.to_bytes(2, "big") + self.id(UUID(bytes=digest[:16])).bytes

    def is_digest(self, kept: bytes, digest: bytes) -> bool:
        """Whether what is kept is of this digest."""
        return self.digest_back(kept) == digest[:16]

    def is_new_digest(self, kept: bytes) -> bool:
        """Whether it is kept under the newest key."""
        return len(kept) == HEAD + 16 and number_of(kept) == self.newest

    def digest_back(self, kept: bytes) -> bytes:
        """The first 128 bits of what is kept; one of before was kept whole."""
        if kept[:1] != FORM or len(kept) != HEAD + 16:
            return kept[:16]
        return self.id_back(UUID(bytes=kept[HEAD:]), number_of(kept)).bytes


def _age(keys: Sequence[int]) -> tuple[int, int]:
    """An order of what is in use one after the other: first a new key comes, then the older ones go."""
    return (max(keys), -len(keys)) if keys else (-1, 0)


def number_of(sealed: bytes) -> int:
    """The number of the key that something is sealed with."""
    return int.from_bytes(sealed[1:HEAD], "big") if sealed[:1] == FORM else PLAIN


def about(table: str, *key: Any) -> bytes:
    """What a column of a row is bound to: its place."""
    return b"\0" + "\0".join([table, *map(str, key)]).encode()


def changed(about: bytes) -> kernel.Broken:
    """What is said of what does not open: somebody changed it, or moved it to another place, beside Sekali."""
    log.error("What is kept does not open: %s", about.hex())
    return kernel.Broken(
        "What is kept here was changed or moved outside Sekali, so it is not shown. Tell the operations engineer."
    )
