"""From a bearer token to a Grant."""

from starlette.requests import Request

from sekali import kernel, security

from .doors import Doors


async def grant_of(request: Request, doors: Doors) -> security.Grant:
    """What the system that holds the request's token may do. Raises Unauthenticated."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise kernel.Unauthenticated("Send the header Authorization: Bearer and an access token.")
    actor = await doors.doorkeeper.bearer(token.strip())
    if actor is None:
        raise kernel.Unauthenticated("This access token is unknown or has ended. Ask for a new one.")
    return security.decide(actor, security.Purpose.INTEGRATION)
