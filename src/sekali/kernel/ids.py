"""Ids that say where they live.

Each id is a UUID version 8 (RFC 9562, 5.8): the first 32 bits are the *shard key of the person* the resource belongs
to, then 48 bits of milliseconds since 1970 and 42 random bits. So a person's whole record lies together, a read by id
goes to one place, and ids need no sequence.

    ssssssss-tttt-8ttt-vttt-ttrrrrrrrrrr      s shard, t time, r random, v variant
"""

import random
import secrets
import time
from collections.abc import Callable
from uuid import UUID

from asyncpg.pgproto import pgproto

quick_uuid: Callable[[bytes | str], UUID] = pgproto.UUID
"""The driver's own kind of UUID, of 16 bytes or of text: read, written and handed to another process in a fraction of the
time. Raises ValueError."""
CITY = 0
"""The shard of what belongs to no person: Organization, Location, Practitioner, HealthcareService."""


def id_of(shard: int, milliseconds: int, noise: int) -> UUID:
    """An id of given parts; of ``noise`` the last 42 bits."""
    t_high, t_mid, t_low = milliseconds >> 32 & 0xFFFF, milliseconds >> 20 & 0xFFF, milliseconds & 0xFFFFF
    rest = t_low << 42 | noise & (1 << 42) - 1
    whole = (shard & 0xFFFFFFFF) << 96 | t_high << 80 | 0x8 << 76 | t_mid << 64 | 0b10 << 62 | rest
    return quick_uuid(whole.to_bytes(16))


def as_uuid(text: str) -> UUID | None:
    """An id that this server could know, else None."""
    try:
        return quick_uuid(text)
    except ValueError:
        return None


class Ids:
    """A source of ids. The program's own draws from the operating system; a demo city's from a seed."""

    def __init__(self, bits: Callable[[int], int]) -> None:
        self._bits = bits

    def person(self, milliseconds: int | None = None) -> UUID:
        """A new person's id, with a shard of its own (never that of the city)."""
        shard = 0
        while shard == CITY:
            shard = self._bits(32)
        return self.within(shard, milliseconds)

    def within(self, shard: int, milliseconds: int | None = None) -> UUID:
        """A new id on ``shard``; ``milliseconds`` since 1970, this moment when left out."""
        at = time.time_ns() // 1_000_000 if milliseconds is None else milliseconds
        return id_of(shard, at, self._bits(42))


_own = Ids(secrets.randbits)
new_person = _own.person
new_id = _own.within


def ids_from(rng: random.Random) -> Ids:
    """Ids that are the same for the same seed."""
    return Ids(rng.getrandbits)


def shard_of(id: UUID) -> int:
    """The shard that an id carries, as PostgreSQL's signed ``integer``."""
    return int.from_bytes(id.bytes[:4], signed=True)
