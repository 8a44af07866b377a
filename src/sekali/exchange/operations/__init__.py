"""The operations, one file each: https://hl7.org/fhir/R4/operations.html.

:data:`OPERATIONS` is the one table: routes are made from it, and the CapabilityStatement.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response

from sekali import fhir

from . import everything, expand, lookup, match, meta, populate, summary, validate, validate_code

Handler = Callable[..., Awaitable[Response]]
_R4 = "http://hl7.org/fhir/OperationDefinition"
_BOTH = ("GET", "POST")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    :ivar name: as it is called, without the dollar sign.
    :ivar definition: the URL of its OperationDefinition.
    :ivar types: the kinds of resource that have it.
    :ivar paths: where it is, below the base.
    """

    name: str
    definition: str
    types: frozenset[str]
    paths: tuple[str, ...]
    methods: tuple[str, ...]
    handler: Handler


def _of(name: str, definition: str, types: frozenset[str], where: str, methods: tuple[str, ...], handler: Handler,
        ) -> Operation:  # fmt: skip
    """``where``: ``type``, ``instance``, or both with a space between them."""
    stem = f"/{next(iter(types))}" if len(types) == 1 else "/{type}"
    at = {"type": f"{stem}/${name}", "instance": f"{stem}/{{id}}/${name}"}
    return Operation(name, definition, types, tuple(at[one] for one in where.split()), methods, handler)


def _one(type: str) -> frozenset[str]:
    return frozenset({type})


_CHANGED = fhir.TYPES - {"AuditEvent"}
OPERATIONS = (
    _of("everything", f"{_R4}/Patient-everything", _one("Patient"), "instance", _BOTH, everything.everything),
    _of("summary", "http://hl7.org/fhir/uv/ips/OperationDefinition/summary", _one("Patient"), "instance", ("GET",),
        summary.summary),
    _of("match", f"{_R4}/Patient-match", _one("Patient"), "type", ("POST",), match.match),
    _of("validate", f"{_R4}/Resource-validate", fhir.TYPES, "type instance", ("POST",), validate.validate),
    _of("meta", f"{_R4}/Resource-meta", fhir.TYPES, "instance", ("GET",), meta.meta),
    _of("meta-add", f"{_R4}/Resource-meta-add", _CHANGED, "instance", ("POST",), meta.meta_add),
    _of("meta-delete", f"{_R4}/Resource-meta-delete", _CHANGED, "instance", ("POST",), meta.meta_delete),
    _of("lookup", f"{_R4}/CodeSystem-lookup", _one("CodeSystem"), "type", _BOTH, lookup.lookup),
    _of("validate-code", f"{_R4}/CodeSystem-validate-code", _one("CodeSystem"), "type", _BOTH, validate_code.of_system),
    _of("expand", f"{_R4}/ValueSet-expand", _one("ValueSet"), "type instance", _BOTH, expand.expand),
    _of("validate-code", f"{_R4}/ValueSet-validate-code", _one("ValueSet"), "type instance", _BOTH, validate_code.of_set),
    _of("populate", "http://hl7.org/fhir/uv/sdc/OperationDefinition/Questionnaire-populate", _one("Questionnaire"),
        "instance", _BOTH, populate.populate),
)  # fmt: skip


def routes() -> list[tuple[str, str, Handler]]:
    """Path, method and what answers; each needs the token of a system."""
    return [(path, method, one.handler) for one in OPERATIONS for path in one.paths for method in one.methods]


def declared(type: str) -> list[dict[str, str]]:
    """What the CapabilityStatement says of one kind of resource."""
    return [{"name": one.name, "definition": one.definition} for one in OPERATIONS if type in one.types]
