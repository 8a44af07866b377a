"""An external OpenID provider: where it is, its keys, and a code of its exchanged for who has logged in.

OpenID Connect Core 1.0 and Discovery 1.0; authorization code flow with PKCE (RFC 7636) and the provider's name in the
answer (RFC 9207). Tokens are PyJWT's (see ``id_tokens``); why the rest is not a library's: ADR 23.
"""

from base64 import b64encode
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from sekali import kernel

from . import id_tokens
from .fetching import Unreachable, fetch
from .id_tokens import Expected, Key, Proved, Refused

KEPT = 10.0
"""Seconds for which what a provider says of itself is not asked again: so short that nobody is sent to one that is away."""


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """What the operator settles.

    :ivar issuer: the provider's name, an address below which its configuration lies.
    :ivar name: as people know it, for the button.
    :ivar fresh: a log-in at the provider that is older does not count.
    :ivar second_factor: values of ``amr`` or ``acr`` that stand for our second factor.
    """

    issuer: str
    client: str
    secret: str
    name: str
    fresh: timedelta = timedelta(0)
    second_factor: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Metadata:
    authorization: str
    token: str
    keys: str
    farewell: str | None
    posted: bool
    names_itself: bool


class Provider:
    """Asks the provider. Whatever raises Unreachable is the provider's absence, Refused its wrong answer."""

    def __init__(self, known: ProviderSettings) -> None:
        self.known = known
        self._metadata: tuple[float, _Metadata] | None = None
        self._keys: list[Key] | None = None

    async def address(self, back: str, state: str, nonce: str, challenge: str) -> str:
        """Where somebody logs in; they come back to ``back``. ``challenge``: RFC 7636, S256."""
        asked = {
            "response_type": "code", "scope": "openid", "client_id": self.known.client, "redirect_uri": back,
            "state": state, "nonce": nonce, "code_challenge": challenge, "code_challenge_method": "S256",
            "max_age": str(int(self.known.fresh.total_seconds())),
        }  # fmt: skip
        return _with((await self._about()).authorization, asked)

    async def farewell(self, back: str) -> str | None:
        """Where somebody logs out there too (RP-Initiated Logout 1.0); None when the provider has no such place."""
        place = (await self._about()).farewell
        return _with(place, {"client_id": self.known.client, "post_logout_redirect_uri": back}) if place else None

    async def prove(self, code: str, verifier: str, back: str, issuer: str | None, expected: Expected) -> Proved:
        """Who has logged in, for a code that came back.

        :param issuer: ``iss`` beside the code; of a provider that names itself it has to be there.
        """
        about = await self._about()
        if issuer != self.known.issuer and (issuer is not None or about.names_itself):
            raise Refused("iss beside the code is another")
        token = await self._exchange(about, code, verifier, back)
        if self._keys is None:
            self._keys = await self._fetch_keys(about)
        try:
            return id_tokens.verify(token, self._keys, expected)
        except id_tokens.UnknownKey:  # the token came from the provider itself, so nobody can make us ask by false ones
            self._keys = await self._fetch_keys(about)
        return id_tokens.verify(token, self._keys, expected)

    async def _exchange(self, about: _Metadata, code: str, verifier: str, back: str) -> str:
        known = self.known
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        headers = {}
        if about.posted:
            form |= {"client_id": known.client, "client_secret": known.secret}
        else:  # RFC 6749, 2.3.1
            pair = f"{quote_plus(known.client)}:{quote_plus(known.secret)}".encode()
            headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
        answer = await fetch(about.token, form, headers)
        if answer.status >= 500:
            raise Unreachable(f"status {answer.status}")
        found = _members(answer.body)
        token = found.get("id_token")
        if answer.status != 200 or not isinstance(token, str):
            raise Refused(f"no token for this code, status {answer.status}")
        return token

    async def _fetch_keys(self, about: _Metadata) -> list[Key]:
        return id_tokens.keys_in(await _told(about.keys))

    async def _about(self) -> _Metadata:
        if self._metadata is None or self._metadata[0] < monotonic():
            found = await _told(self.known.issuer.rstrip("/") + "/.well-known/openid-configuration")
            self._metadata = monotonic() + KEPT, self._read(found)
        return self._metadata[1]

    def _read(self, found: dict[str, Any]) -> _Metadata:
        if found.get("issuer") != self.known.issuer:
            raise Refused("the configuration is another issuer's")
        methods = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return _Metadata(
            self._place(found, "authorization_endpoint"), self._place(found, "token_endpoint"),
            self._place(found, "jwks_uri"),
            self._place(found, "end_session_endpoint") if "end_session_endpoint" in found else None,
            "client_secret_basic" not in methods,
            found.get("authorization_response_iss_parameter_supported") is True,
        )  # fmt: skip

    def _place(self, found: dict[str, Any], name: str) -> str:
        """An address that the provider names; never one with less protection than its own."""
        place = found.get(name)
        wanted = urlsplit(self.known.issuer).scheme
        if not isinstance(place, str) or not place.isascii() or urlsplit(place).scheme != wanted:
            raise Refused(f"{name} is no address")
        return place


def _with(place: str, asked: dict[str, str]) -> str:
    return f"{place}{'&' if urlsplit(place).query else '?'}{urlencode(asked)}"


async def _told(url: str) -> dict[str, Any]:
    answer = await fetch(url)
    if answer.status != 200:
        raise Unreachable(f"status {answer.status}")
    return _members(answer.body)


def _members(body: bytes) -> dict[str, Any]:
    try:
        found = kernel.decode(body)
    except kernel.Invalid:
        found = None
    if not isinstance(found, dict):
        raise Refused("the answer is no JSON object")
    return found
