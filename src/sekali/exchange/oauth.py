"""``POST /oauth2/v1/accesstoken?grant_type=client_credentials``, as SATUSEHAT's clients send it; see ``smart`` for others.

The members of the answer that those clients read are ``access_token`` and ``expires_in`` (a string of seconds); the
others follow the answer of SATUSEHAT's gateway as far as it is publicly known (docs/conformance.md).
"""

from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from sekali import kernel, security

from .doors import Doors
from .messages import limited
from .requestlog import WHO
from .smart import token_by_assertion

LARGEST_FORM = 8192
"""Bytes; a signed assertion may bring certificates along."""


async def access_token(request: Request, doors: Doors) -> Response:
    """A token for a client id and secret, or for a signed assertion, from a form body."""
    body = await limited(request, LARGEST_FORM)
    try:
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8"), max_num_fields=10).items()}
    except ValueError:
        raise kernel.Invalid("Send client_id and client_secret as a form.", path="body") from None
    if "client_assertion" in form or "client_assertion_type" in form:
        return await token_by_assertion(request, doors, form)
    if request.query_params.get("grant_type") != "client_credentials":
        raise kernel.Invalid(
            "grant_type=client_credentials belongs into the address, after a question mark.", path="grant_type"
        )
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    if not client_id or not secret:
        raise kernel.Invalid(
            "Send client_id and client_secret in the body as a form, not as JSON.", rule="20009", path="client_id"
        )
    scope = security.scope_of(form["scope"]) if "scope" in form else None
    if "scope" in form and scope is None:
        raise kernel.Invalid("Nothing of this scope is known. Ask for system/Patient.rs, or for none.", path="scope")
    token = await doors.doorkeeper.token(client_id, secret, scope)
    request.scope[WHO] = token.client, token.organization
    answer = {
        "access_token": token.value,
        "token_type": "BearerToken",
        "expires_in": str(token.expires_in),
        "client_id": token.client,
        "organization_name": token.organization_name,
        "organization_id": str(token.organization or ""),
        "issued_at": str(int(kernel.now().timestamp() * 1000)),
        "status": "approved",
    } | ({"scope": scope.text} if scope else {})
    return Response(kernel.encode(answer), headers={"Cache-Control": "no-store"}, media_type="application/json")
