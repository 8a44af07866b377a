"""The kind of resource in a path."""

from starlette.requests import Request

from sekali import fhir, kernel, records


def kind(request: Request) -> str:
    """``{type}`` of the path. Raises NotFound for one that is not kept here."""
    return fhir.require_kind(request.path_params["type"])


async def make(change: records.Writing, type: str, body: bytes) -> records.Stored:
    """A new resource of the kind that the path says. Raises Invalid, and what ``Writing.create`` raises."""
    one = await change.create(body)
    if one.type != type:
        raise kernel.Invalid(faults=[kernel.Fault("resourceType", "is another kind than the path says")])
    return one
