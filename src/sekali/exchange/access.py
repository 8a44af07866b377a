"""From a bearer token to a Grant."""

from starlette.types import Scope

from sekali import kernel, security

from .doors import Doors

TOKENS = "/oauth2/v1/accesstoken?grant_type=client_credentials"
"""Where tokens are given."""


def admit(scope: Scope, doors: Doors) -> None:
    """Count a request of this address. Raises TooMany."""
    doors.addresses.take(kernel.neighbourhood(scope["client"][0] if scope.get("client") else ""))


async def actor_of(authorization: bytes, doors: Doors) -> security.Actor:
    """The system that sent this Authorization header. Raises Unauthenticated, TooMany."""
    scheme, _, token = authorization.partition(b" ")
    if scheme.lower() != b"bearer" or not token:
        raise kernel.Unauthenticated(
            "Send the header Authorization: Bearer and an access token. POST %(to)s gives you one.",
            path="Authorization",
            to=TOKENS,
        )
    actor = await doors.doorkeeper.bearer(token.strip().decode("latin-1"))
    if actor is None:
        raise kernel.Unauthenticated(
            "This access token is unknown or has ended; it lives an hour. Ask for a new one: POST %(to)s",
            path="Authorization",
            to=TOKENS,
        )
    doors.accounts.take(actor.id)
    return actor


async def grant_of(authorization: bytes, doors: Doors) -> security.Grant:
    """What the system that sent this Authorization header may do. Raises Unauthenticated."""
    return security.decide(await actor_of(authorization, doors), security.Purpose.INTEGRATION)
