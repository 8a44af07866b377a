"""ID tokens: what an OpenID provider says of who has logged in there, and why that is not believed.

https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation. Pure: keys and time come from the caller.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

ALGORITHMS = {"RSA": "RS256", "EC": "ES256"}
"""Kind of key -> the one algorithm that it is taken for. ``none``, and HS256 by our own secret, are refused unseen."""
SMALLEST_RSA = 2048
SKEW = timedelta(seconds=30)
"""By how much the provider's clock may be wrong."""
LONGEST_SUBJECT = 255
MOST_KEYS = 30
_CURVE = {"ES256": "P-256"}


class Refused(Exception):
    """Why an answer of the provider does not count: for the log, with nothing in it of who it was."""


class UnknownKey(Refused):
    """Signed with a key that is not known yet: the provider may have new ones."""


@dataclass(frozen=True, slots=True)
class Key:
    """One public key of the provider."""

    kid: str | None
    key: jwt.PyJWK


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token has to say.

    :ivar since: the log-in at the provider may not be older than this.
    """

    issuer: str
    client: str
    nonce: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Proved:
    """Who has logged in: the provider's own name for them, and by what (``amr`` and ``acr``)."""

    subject: str
    means: frozenset[str]


def keys_in(found: Any) -> list[Key]:
    """The keys of a JWK Set (RFC 7517) that are of use here; others are passed over, as section 5 asks."""
    given = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(given, list):
        raise Refused("the keys are no JWK Set")
    usable = (_key(one) for one in given[:MOST_KEYS] if isinstance(one, dict))
    return [one for one in usable if one is not None]


def _key(given: Mapping[str, Any]) -> Key | None:
    algorithm = ALGORITHMS.get(given.get("kty", ""), "")
    if given.get("use", "sig") != "sig" or given.get("alg", algorithm) != algorithm:
        return None
    if not algorithm or given.get("crv") != _CURVE.get(algorithm):
        return None
    try:
        key = jwt.PyJWK({name: given[name] for name in ("kty", "n", "e", "crv", "x", "y") if name in given}, algorithm)
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    if algorithm == "RS256" and key.key.key_size < SMALLEST_RSA:
        return None
    kid = given.get("kid")
    return Key(kid if isinstance(kid, str) else None, key)


def verify(token: str, keys: Sequence[Key], expected: Expected) -> Proved:
    """What an ID token proves. Raises Refused, or UnknownKey."""
    claims = _signed(token, _the_key(token, keys), expected)
    if claims["nonce"] != expected.nonce:
        raise Refused("nonce is another's")
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", expected.client if not several else None) != expected.client:
        raise Refused("azp is not us")
    at = claims["auth_time"]
    if isinstance(at, bool) or not isinstance(at, int | float) or not 0 <= at < 1e11:
        raise Refused("auth_time is no time")
    if datetime.fromtimestamp(at, UTC) + SKEW < expected.since:
        raise Refused("auth_time is too long ago")
    subject = claims["sub"]
    if not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise Refused("sub is no text of a fit length")
    return Proved(subject, _means(claims))


def _the_key(token: str, keys: Sequence[Key]) -> Key:
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError):
        raise Refused("no JWT") from None
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS.values():
        raise Refused("alg is not allowed")
    fitting = [one for one in keys if one.key.algorithm_name == algorithm]
    named = [one for one in fitting if one.kid == header.get("kid")] if "kid" in header else fitting
    if len(named) != 1:
        raise UnknownKey("kid is not among the provider's keys")
    return named[0]


def _signed(token: str, by: Key, expected: Expected) -> dict[str, Any]:
    try:
        return jwt.decode(
            token, by.key, algorithms=[by.key.algorithm_name], audience=expected.client, issuer=expected.issuer,
            leeway=SKEW, options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce", "auth_time"]},
        )  # fmt: skip
    except jwt.PyJWTError as error:
        raise Refused(_SAID.get(type(error), "claims are wrong")) from None


_SAID: dict[type[jwt.PyJWTError], str] = {
    jwt.InvalidSignatureError: "signature is wrong",
    jwt.InvalidAudienceError: "aud is not us",
    jwt.InvalidIssuerError: "iss is another",
    jwt.ExpiredSignatureError: "exp is past",
    jwt.ImmatureSignatureError: "iat or nbf is ahead",
    jwt.MissingRequiredClaimError: "a claim is missing",
}


def _means(claims: Mapping[str, Any]) -> frozenset[str]:
    amr = claims.get("amr", [])
    told = [*(amr if isinstance(amr, list) else []), claims.get("acr")]
    return frozenset(one for one in told if isinstance(one, str))
