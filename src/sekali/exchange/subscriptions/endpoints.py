"""Where notifications may go. The address comes from a client, so the server could be made to knock anywhere (SSRF).

HTTPS to public addresses, and what the operator has allowed besides. The name is resolved here, all its addresses are
looked at, and the connection goes to one of those and no other; no redirect is followed.
"""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from sekali import kernel

LONGEST = 2000
PATH = "Subscription.channel.endpoint"
_NAT64 = ip_network("64:ff9b::/96")
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Unreachable(Exception):  # noqa: N818 - a sentence for the subscriber, no error of ours
    """An attempt that failed; why, in words that name no address."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address to POST to. ``target`` is path and query."""

    secure: bool
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """For the header Host."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == (443 if self.secure else 80) else f"{name}:{self.port}"


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator allows.

    :ivar networks: that are not public, and may be reached all the same.
    :ivar http: whether HTTP without TLS may leave this machine.
    """

    networks: Sequence[Network] = ()
    http: bool = False

    def endpoint(self, url: str) -> Endpoint:
        """The address, as far as can be said without asking for its name. Raises Invalid."""
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").encode("idna").decode("ascii")
            port = parts.port
        except (ValueError, UnicodeError):
            raise _wrong("is no address; write https://host/path") from None
        if len(url) > LONGEST or not url.isascii() or any(sign <= " " or sign == "\x7f" for sign in url):
            raise _wrong(f"must be ASCII without blanks, at most {LONGEST} characters")
        if parts.scheme not in ("https", "http") or not host:
            raise _wrong("must begin with https:// and name a host")
        if parts.username is not None or parts.fragment:
            raise _wrong("must hold no user name and no fragment; send what the endpoint asks for in channel.header")
        secure = parts.scheme == "https"
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        found = Endpoint(secure, host, port or (443 if secure else 80), target)
        literal = _literal(host)
        if literal is not None:
            self._require(found, literal)
        elif not secure and not self.http and host != "localhost":
            raise _wrong("must begin with https://; HTTP without TLS is not allowed here")
        return found

    def _require(self, endpoint: Endpoint, address: Address) -> None:
        if not self.allows(address):
            raise _wrong("leads to a private address, which the operator has not allowed")
        if not (endpoint.secure or self.http or _inner(address).is_loopback):
            raise _wrong("must begin with https://; HTTP without TLS is not allowed here")

    def allows(self, address: Address) -> bool:
        """Whether it is public, or in a network that the operator has named."""
        inner = _inner(address)
        if any(inner in network for network in self.networks if network.version == inner.version):
            return True
        return inner.is_global and not (inner.is_multicast or inner.is_reserved or inner.is_unspecified)

    async def resolve(self, endpoint: Endpoint) -> list[str]:
        """The addresses to connect to, the best first. Raises Unreachable, also when only one of several is not allowed."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                endpoint.host, endpoint.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
            )
        except (OSError, UnicodeError):
            raise Unreachable("The endpoint's name leads to no address.") from None
        addresses = [ip_address(info[4][0].partition("%")[0]) for info in found]
        try:
            for address in addresses:
                self._require(endpoint, address)
        except kernel.Invalid as refused:
            raise Unreachable(f"The endpoint {refused.faults[0].reason}.") from None
        return [str(address) for address in dict.fromkeys(addresses)]


def _wrong(reason: str) -> kernel.Invalid:
    return kernel.Invalid(faults=[kernel.Fault(PATH, reason)])


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one carries inside it, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(address.packed[-4:])
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)
