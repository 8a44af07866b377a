"""Signed assertions in place of a client's secret (private_key_jwt, RFC 7523), as SMART Backend Services asks.

https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html. Keys are registered at the server from a file
(a JWK Set, RFC 7517). No address is ever fetched, neither one in the set nor one in an assertion.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from sekali import kernel

ALGORITHMS = ("RS384", "ES384")
"""What SMART asks of every server. An algorithm that is not here, ``none`` and HS384 among them, is refused unseen."""
LONGEST = timedelta(minutes=5)
"""How far ahead an assertion may end."""
SKEW = timedelta(seconds=30)
"""By how much a client's clock may be wrong."""
MOST_KEYS = 5
LARGEST_SET = 64 << 10
LONGEST_NUMBER = 200
"""Characters of ``jti`` and ``kid``."""
SMALLEST_RSA = 2048
_CURVE = {"ES384": "P-384"}
_PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "k", "oth")


class Refused(Exception):
    """Why an assertion does not count: for the audit, never for the one who sent it."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a valid one says: whose it is, its number, until when that must not come again, and the key that signed."""

    client: str
    number: str
    until: datetime
    kid: str


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key as it is kept: its ``kid`` and its JWK."""

    kid: str
    jwk: str


def keys_in(document: bytes) -> list[PublicKey]:
    """The public keys of a JWK Set, or of one JWK. Raises Invalid with what to do."""
    if len(document) > LARGEST_SET:
        raise kernel.TooCostly("This file is larger than %(most)s KB.", most=LARGEST_SET >> 10)
    try:
        found = kernel.decode(document)
        given = found.get("keys", [found])
        keys = [_public(one) for one in given if one.get("use", "sig") == "sig"]
    except (ValueError, AttributeError, TypeError):
        raise kernel.Invalid('This file is no JWK Set: it has the form {"keys": [...]}.') from None
    if not 1 <= len(keys) <= MOST_KEYS or len({one.kid for one in keys}) != len(keys):
        raise kernel.Invalid("A client has 1 to %(most)s keys, each with a kid of its own.", most=MOST_KEYS)
    return keys


def _public(jwk: Mapping[str, Any]) -> PublicKey:
    """One key. What is private in it is refused, not dropped: it should never have come here."""
    kid = jwk.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= LONGEST_NUMBER:
        raise kernel.Invalid("Each key needs a kid, a text by which assertions name it.")
    if any(name in jwk for name in _PRIVATE):
        raise kernel.Invalid("The key %(kid)s is private. Keep it, and give only its public part.", kid=kid)
    kept = {name: jwk[name] for name in ("kty", "n", "e", "crv", "x", "y", "alg") if name in jwk}
    _usable(kept, kid)
    return PublicKey(kid, kernel.encode(kept | {"kid": kid}).decode())


def _usable(jwk: Mapping[str, Any], kid: str) -> jwt.PyJWK:
    """The key, with the one algorithm that it is for. Raises Invalid."""
    algorithm = {"RSA": "RS384", "EC": "ES384"}.get(jwk.get("kty", ""), "")
    try:
        if jwk.get("alg", algorithm) != algorithm or jwk.get("crv") != _CURVE.get(algorithm):
            raise jwt.PyJWTError
        key = jwt.PyJWK(dict(jwk), algorithm)
        if algorithm == "RS384" and key.key.key_size < SMALLEST_RSA:
            raise jwt.PyJWTError
    except (jwt.PyJWTError, ValueError, TypeError):
        raise kernel.Invalid(
            "The key %(kid)s is of no use here: RS384 with 2048 bits or more, or ES384 with the curve P-384.", kid=kid
        ) from None
    return key


def claimed_client(assertion: str) -> str:
    """Whose an assertion says that it is; nothing is proved by that. Raises Refused."""
    try:
        client = jwt.decode(assertion, options={"verify_signature": False}).get("iss")
    except (jwt.PyJWTError, ValueError):
        raise Refused("no JWT") from None
    if not isinstance(client, str) or not client.isprintable():
        raise Refused("iss is no text")
    return client[:LONGEST_NUMBER]


def verify(assertion: str, keys: Iterable[PublicKey], audiences: Sequence[str], now: datetime) -> Assertion:
    """What an assertion proves. Raises Refused.

    :param audiences: the addresses of our own token endpoint.
    """
    try:
        header = jwt.get_unverified_header(assertion)
    except (jwt.PyJWTError, ValueError):
        raise Refused("no JWT") from None
    if header.get("alg") not in ALGORITHMS:
        raise Refused("alg is not allowed")
    if "jku" in header:
        raise Refused("jku is not registered")  # SMART: one that is not registered fails
    key = next((one for one in keys if one.kid == header.get("kid")), None)
    if key is None:
        raise Refused("kid is not registered")
    usable = _usable(kernel.decode(key.jwk.encode()), key.kid)
    if usable.algorithm_name != header["alg"]:
        raise Refused("alg is not the key's")
    try:
        claims = jwt.decode(
            assertion, usable, algorithms=[usable.algorithm_name], audience=list(audiences), leeway=SKEW,
            options={"require": ["iss", "sub", "aud", "exp", "jti"], "verify_iat": False, "verify_exp": False,
                     "verify_nbf": False},
        )  # fmt: skip
    except jwt.InvalidSignatureError:
        raise Refused("signature is wrong") from None
    except jwt.PyJWTError as error:
        raise Refused(_SAID.get(type(error), "claims are wrong")) from None
    until = _in_time(claims, now)
    if claims["iss"] != claims["sub"]:
        raise Refused("iss is not sub")
    number = claims["jti"]
    if not 0 < len(number) <= LONGEST_NUMBER or not number.isprintable():
        raise Refused("jti is no text of a fit length")
    return Assertion(claims["sub"], number, until, key.kid)


_SAID: dict[type[jwt.PyJWTError], str] = {
    jwt.InvalidAudienceError: "aud is not our token endpoint",
    jwt.MissingRequiredClaimError: "a claim is missing",
}


def _in_time(claims: Mapping[str, Any], now: datetime) -> datetime:
    """Until when it could be taken. All times are looked at by one clock: ``now``. Raises Refused."""
    try:
        end, since, made = (
            None if name not in claims else datetime.fromtimestamp(claims[name], UTC) for name in ("exp", "nbf", "iat")
        )
    except (TypeError, ValueError, OverflowError, OSError):
        raise Refused("a time is no number") from None
    if end is None or end + SKEW <= now:
        raise Refused("exp is past")
    if end > now + LONGEST + SKEW:
        raise Refused("exp is more than five minutes ahead")
    if since is not None and since > now + SKEW:
        raise Refused("nbf is ahead")
    if made is not None and made > now + SKEW:
        raise Refused("iat is ahead")
    return end + SKEW
