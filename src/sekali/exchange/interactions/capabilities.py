"""capabilities: what this server really does. https://hl7.org/fhir/R4/http.html#capabilities"""

from functools import cache, lru_cache
from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import Response

from sekali import fhir, kernel

from .. import auditevents, operations
from ..doors import Doors
from ..messages import base_url
from ..outcomes import FHIR_JSON
from ..representation import FORMATS
from ..smart import TOKENS
from ..subscriptions import TOPICS, sockets_url

READING = ("read", "vread", "history-instance", "search-type")
WRITING = ("create", "update", "patch", "delete")


_GUIDE = "http://hl7.org/fhir/uv/subscriptions-backport"
_SERVICES = "http://terminology.hl7.org/CodeSystem/restful-security-service"
_OAUTH = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_WEBSOCKET = "http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket"


async def capabilities(request: Request, doors: Doors) -> Response:
    """``GET /metadata``, made from the tables that the server itself works by."""
    return Response(_statement(base_url(request), doors.reached_at[0] + TOKENS), media_type=FHIR_JSON)


@lru_cache(8)
def _statement(base: str, tokens: str) -> bytes:
    """The statement of a server at ``base``; only where a websocket connects to depends on it.

    :param tokens: where tokens are given.
    """
    return kernel.encode(
        {
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": "2026-11-23",
            "kind": "instance",
            "software": {"name": "Sekali", "version": version("sekali")},
            "implementation": {"description": "Sekali, the city's health link"},
            "instantiates": [
                "http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data",
                f"{_GUIDE}/CapabilityStatement/backport-subscription-server-r4",
            ],
            "fhirVersion": "4.0.1",
            "format": list(FORMATS),
            "patchFormat": [fhir.JSON_PATCH, FHIR_JSON, "application/fhir+xml"],
            "rest": [
                {
                    "extension": [{"url": _WEBSOCKET, "valueUri": sockets_url(base)}],
                    "mode": "server",
                    "security": {
                        "cors": False,
                        "service": [{"coding": [{"system": _SERVICES, "code": "SMART-on-FHIR"}]}],
                        "extension": [{"url": _OAUTH, "extension": [{"url": "token", "valueUri": tokens}]}],
                        "description": f"Bearer tokens from {tokens}, for a signed assertion (SMART Backend Services) "
                        "or, with ?grant_type=client_credentials, for a client id and secret",
                    },
                    "resource": [_resource(type) for type in sorted(fhir.TYPES)],
                    "interaction": [{"code": "transaction"}, {"code": "batch"}, {"code": "history-system"}],
                    "operation": [_export("")],
                }
            ],
        }
    )


@cache
def _pointing() -> dict[str, list[str]]:
    """Kind -> ``Type:parameter`` of everything that may point at it."""
    found: dict[str, list[str]] = {type: [] for type in fhir.TYPES}
    for type, own in fhir.SEARCH.items():
        for name, parameter in own.items():
            for target in parameter.targets & fhir.TYPES if parameter.kind == "reference" else ():
                found[target].append(f"{type}:{name}")
    return found


def _resource(type: str) -> dict[str, object]:
    own = fhir.SEARCH[type]
    if type == "Subscription":
        return _subscription()
    if type == "AuditEvent":
        return _audit_event()
    codes = (
        *READING,
        *(("history-type",) if type in fhir.CITY_TYPES else ()),
        *WRITING,
    )
    return {
        "type": type,
        "interaction": [{"code": code} for code in codes],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "not-match",
        "conditionalUpdate": True,
        "conditionalDelete": "single",
        "searchInclude": ["*", *(f"{type}:{name}" for name, parameter in own.items() if parameter.kind == "reference")],
        "searchRevInclude": _pointing()[type],
        "searchParam": [{"name": name, "type": parameter.kind} for name, parameter in own.items()],
        "operation": [
            *([_export(f"{type.lower()}-")] if type in ("Patient", "Group") else ()),
            *operations.declared(type),
        ],
    }


def _subscription() -> dict[str, object]:
    """Each client has its own, so they are had by other ways than the rest. The guide's extension names the topics."""
    canonical = f"{_GUIDE}/StructureDefinition/capabilitystatement-subscriptiontopic-canonical"
    operations = ("status", "events", "get-ws-binding-token")
    return {
        "extension": [{"url": canonical, "valueCanonical": one.url} for one in TOPICS],
        "type": "Subscription",
        "supportedProfile": [f"{_GUIDE}/StructureDefinition/backport-subscription"],
        "interaction": [{"code": code} for code in ("read", "search-type", "create", "update", "delete")],
        "versioning": "versioned-update",
        "readHistory": False,
        "updateCreate": False,
        "searchParam": [
            {"name": name, "type": parameter.kind} for name, parameter in fhir.SEARCH["Subscription"].items()
        ],
        "operation": [
            *(
                {"name": one, "definition": f"{_GUIDE}/OperationDefinition/backport-subscription-{one}"}
                for one in operations
            ),
            {"name": "renew-secret", "definition": "urn:sekali:operation:renew-secret"},
        ],
    }


def _audit_event() -> dict[str, object]:
    """Made from the audit itself; nobody writes them, and none has versions."""
    return {
        "type": "AuditEvent",
        "interaction": [{"code": code} for code in ("read", "search-type")],
        "versioning": "no-version",
        "readHistory": False,
        "updateCreate": False,
        "searchParam": [
            {"name": name, "type": fhir.SEARCH["AuditEvent"][name].kind if name != "_id" else "token"}
            for name in auditevents.PARAMETERS
        ],
        "operation": operations.declared("AuditEvent"),
    }


def _export(level: str) -> dict[str, str]:
    """The operation of Bulk Data at a level."""
    return {"name": "export", "definition": f"http://hl7.org/fhir/uv/bulkdata/OperationDefinition/{level}export"}
