"""capabilities: what this server really does. https://hl7.org/fhir/R4/http.html#capabilities"""

from functools import cache
from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import Response

from sekali import fhir, kernel

from ..doors import Doors
from ..outcomes import FHIR_JSON

INTERACTIONS = ("read", "vread", "update", "delete", "history-instance", "create", "search-type")


async def capabilities(request: Request, doors: Doors) -> Response:
    """``GET /metadata``, made from the tables that the server itself works by."""
    return Response(_statement(), media_type=FHIR_JSON)


@cache
def _statement() -> bytes:
    return kernel.encode(
        {
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": "2026-11-23",
            "kind": "instance",
            "software": {"name": "Sekali", "version": version("sekali")},
            "implementation": {"description": "Sekali, the city's health link"},
            "fhirVersion": "4.0.1",
            "format": ["application/fhir+json", "json"],
            "rest": [
                {
                    "mode": "server",
                    "security": {
                        "cors": False,
                        "description": "Bearer tokens from /oauth2/v1/accesstoken?grant_type=client_credentials",
                    },
                    "resource": [_resource(type) for type in sorted(fhir.TYPES)],
                    "interaction": [{"code": "transaction"}],
                }
            ],
        }
    )


def _resource(type: str) -> dict[str, object]:
    return {
        "type": type,
        "interaction": [{"code": code} for code in INTERACTIONS],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": False,
        "conditionalCreate": True,
        "conditionalRead": "not-match",
        "conditionalUpdate": False,
        "conditionalDelete": "not-supported",
        "searchParam": [{"name": name, "type": parameter.kind} for name, parameter in fhir.SEARCH[type].items()],
    }
