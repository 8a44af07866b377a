"""How often somebody may ask: a bucket of tokens for each, in this process.

Kept as the one moment at which a bucket will be full again (the generic cell rate algorithm, ITU-T I.371 annex A), so a
bucket is one number, and one that is full again need not be kept at all.
"""

from collections.abc import Hashable
from ipaddress import ip_address, ip_network
from math import ceil
from time import monotonic

from .failures import TooMany

MOST_KEPT = 20_000
AT_ONCE = 4
"""The bucket holds what a fourth of a minute gives."""


class Rates:
    """Buckets that fill evenly.

    :param per_minute: requests of one key; None for as many as they like.
    """

    def __init__(self, per_minute: int | None) -> None:
        self._per_minute = per_minute
        self._each = 60 / per_minute if per_minute else 0.0
        self._deep = 60 / AT_ONCE + self._each / 1000  # a sum of many small numbers is not exact
        self._full_at: dict[Hashable, float] = {}

    def take(self, key: Hashable) -> None:
        """Count one request. Raises TooMany, and counts nothing, when the bucket of ``key`` is empty."""
        if self._per_minute is None:
            return
        now = monotonic()
        full_at = max(self._full_at.get(key, now), now) + self._each
        if full_at - now > self._deep:
            raise TooMany(
                "These are more requests than %(most)s a minute. Nothing was lost; wait a moment, then try again.",
                retry_after=max(1, ceil(full_at - now - self._deep)), most=self._per_minute,
            )  # fmt: skip
        self._full_at[key] = full_at
        if len(self._full_at) > MOST_KEPT:
            self._tidy(now)

    def _tidy(self, now: float) -> None:
        """Forget the full buckets; where that is not enough, the half that is nearest to it."""
        kept = {key: at for key, at in self._full_at.items() if at > now}
        if len(kept) > MOST_KEPT // 2:
            kept = dict(sorted(kept.items(), key=lambda one: one[1])[-MOST_KEPT // 2 :])
        self._full_at = kept


def neighbourhood(address: str) -> str:
    """Who counts as one: an IPv4 address; of IPv6 the /64, of which a household has 2^64 addresses."""
    if ":" not in address:
        return address
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped) if mapped else str(ip_network((int(found), 64), strict=False))
