"""The kind of resource in a path."""

from starlette.requests import Request

from sekali import fhir


def kind(request: Request) -> str:
    """``{type}`` of the path. Raises NotFound for one that is not kept here."""
    return fhir.require_kind(request.path_params["type"])
