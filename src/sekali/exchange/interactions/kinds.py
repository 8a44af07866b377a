"""The kind of resource in a path."""

from starlette.requests import Request

from sekali import fhir, kernel


def kind(request: Request) -> str:
    """``{type}`` of the path. Raises NotFound for one that is not kept here."""
    type = request.path_params["type"]
    if type not in fhir.TYPES:
        raise kernel.NotFound("Sekali does not keep resources of this kind.", path=type[:64])
    return type
