"""SMART Backend Services: a token for a signed assertion, and where clients learn of it.

https://hl7.org/fhir/smart-app-launch/backend-services.html. The answers have OAuth's shapes (RFC 6749, section 5).
"""

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from sekali import kernel, security

from .doors import Doors
from .requestlog import WHO

TOKENS = "/oauth2/v1/accesstoken"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SCOPE = security.SCOPES[0]
"""Of a token that was asked for without one."""


async def configuration(request: Request, doors: Doors) -> Response:
    """``GET /fhir-r4/v1/.well-known/smart-configuration``."""
    return _json(
        {
            "token_endpoint": doors.reached_at[0] + TOKENS,
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_post"],
            "token_endpoint_auth_signing_alg_values_supported": list(security.ALGORITHMS),
            "scopes_supported": list(security.SCOPES),
            "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
        }
    )


async def token_by_assertion(request: Request, doors: Doors, form: Mapping[str, str]) -> Response:
    """A token for the client that signed ``client_assertion``; what is wrong is told as OAuth tells it."""
    if form.get("grant_type", request.query_params.get("grant_type")) != "client_credentials":
        return _error("unsupported_grant_type", "grant_type is client_credentials.")
    if form.get("client_assertion_type") != ASSERTION_TYPE or not form.get("client_assertion"):
        return _error("invalid_request", f"Send client_assertion, and client_assertion_type={ASSERTION_TYPE}")
    if "client_secret" in form:
        return _error("invalid_request", "Send either client_assertion or client_secret.")
    scope = security.scope_of(form["scope"]) if "scope" in form else None
    if "scope" in form and scope is None:
        return _error("invalid_scope", f"Ask for scopes of systems, such as {SCOPE} or system/Patient.rs")
    try:
        token = await doors.doorkeeper.token_by_assertion(form["client_assertion"], _audiences(doors.reached_at), scope)
    except kernel.Unauthenticated as failure:
        return _error("invalid_client", failure.text("en"), 401)
    request.scope[WHO] = token.client, token.organization
    told = {"access_token": token.value, "token_type": "bearer", "expires_in": token.expires_in}
    return _json(told | {"scope": scope.text if scope else SCOPE})


def _audiences(addresses: Sequence[str]) -> list[str]:
    """Our token endpoint, as told and as SATUSEHAT's clients write it."""
    return [address + TOKENS + query for address in addresses for query in ("", "?grant_type=client_credentials")]


def _error(code: str, words: str, status: int = 400) -> Response:
    return _json({"error": code, "error_description": words}, status)


def _json(answer: Mapping[str, object], status: int = 200) -> Response:
    return Response(kernel.encode(answer), status, {"Cache-Control": "no-store"}, "application/json")
