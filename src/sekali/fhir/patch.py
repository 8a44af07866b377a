"""Patches: JSON Patch (RFC 6902) and FHIRPath Patch. https://hl7.org/fhir/R4/http.html#patch"""

from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Any

import jsonpatch
from jsonpointer import JsonPointer, JsonPointerException

from sekali import kernel

from . import path_patch
from .paths import Refused, masked

JSON_PATCH = "application/json-patch+json"
_FHIRPATH_PATCH = ("application/fhir+json", "application/json", "application/json+fhir")
MOST_OPERATIONS = 200
MOST_COPIED = 1 << 20
"""Bytes that the ``copy`` operations of one patch may add: a few of them could double a resource again and again."""
_Resource = dict[str, Any]


def patched(content: bytes, patch: bytes, media_type: str) -> bytes:
    """A resource with all operations of a patch done, or none of them.

    Numbers keep their digits, members their order; a member of the resource that the patch leaves alone stays byte for
    byte. A generated narrative that the patch leaves alone is taken out, since it may say what is no longer so (R4: it
    SHALL not be clinically unsafe). The result is not validated.

    :param media_type: ``application/json-patch+json``, or a JSON type for a Parameters resource (FHIRPath Patch) or for a
        Binary that holds a JSON Patch.
    Raises Invalid (a Fault names the operation and what to do), Unprocessable (a ``test`` failed), TooCostly, Unsupported.
    """
    patch, media_type = unwrapped(patch, media_type)
    resource = kernel.decode(content)
    if media_type == JSON_PATCH:
        operations = _json_operations(kernel.decode(patch))
    elif media_type in _FHIRPATH_PATCH:
        operations = _path_operations(kernel.decode(patch))
    else:
        raise kernel.Unsupported("Send application/json-patch+json, or a Parameters resource.", path="Content-Type")
    kept = _servers_own(resource)
    for where, operation in operations:
        try:
            resource = operation(resource)
        except (Refused, RecursionError) as error:
            raise _invalid(where, str(error) if isinstance(error, Refused) else "is nested too deeply") from None
        if _servers_own(resource) != kept:
            raise _invalid(where, "id, resourceType, meta.versionId and meta.lastUpdated are the server's; leave them")
    return _encoded(content, resource)


def unwrapped(patch: bytes, media_type: str) -> tuple[bytes, str]:
    """A patch and its media type out of the Binary resource in which Bundles carry a JSON Patch; any other as it is.

    https://hl7.org/fhir/R4/http.html#jsonpatch-transaction. Raises Invalid.
    """
    found = kernel.decode(patch) if media_type in _FHIRPATH_PATCH else None
    if not isinstance(found, dict) or found.get("resourceType") != "Binary":
        return patch, media_type
    if found.get("contentType") != JSON_PATCH:
        raise _invalid("Binary.contentType", f"must be {JSON_PATCH}")
    try:
        return b64decode(found["data"], validate=True), JSON_PATCH
    except (KeyError, TypeError, ValueError):
        raise _invalid("Binary.data", "must be the patch in base64") from None


def _invalid(where: str, reason: str) -> kernel.Invalid:
    return kernel.Invalid(faults=[kernel.Fault(where, reason)])


def _servers_own(resource: Any) -> tuple[Any, ...]:
    """What no operation may touch."""
    if not isinstance(resource, dict):
        return ()
    meta = resource.get("meta")
    own = (meta.get("versionId"), meta.get("lastUpdated")) if isinstance(meta, dict) else (None, None)
    return resource.get("resourceType"), resource.get("id"), *own


_Operations = Iterator[tuple[str, Callable[[_Resource], _Resource]]]


def _counted(operations: Any, where: str, what: str) -> list[Any]:
    if not isinstance(operations, list):
        raise _invalid(where, what)
    if len(operations) > MOST_OPERATIONS:
        raise kernel.TooCostly("A patch may have at most %(most)s operations.", most=MOST_OPERATIONS)
    return operations


def _json_operations(patch: Any) -> _Operations:
    copied = 0
    for n, operation in enumerate(_counted(patch, "$", "a JSON Patch is a list of operations")):
        path = operation.get("path") if isinstance(operation, dict) else None
        where = f"[{n}] {path[:200]}" if isinstance(path, str) else f"[{n}]"

        def run(resource: _Resource, operation: Any = operation, where: str = where) -> _Resource:
            nonlocal copied
            copied += _copied(resource, operation)
            if copied > MOST_COPIED:
                raise kernel.TooCostly("A patch may copy at most %(most)s KB.", path=where, most=MOST_COPIED >> 10)
            return _json_operation(resource, operation, where)

        yield where, run


def _copied(resource: _Resource, operation: Any) -> int:
    if not isinstance(operation, dict) or operation.get("op") != "copy" or not isinstance(operation.get("from"), str):
        return 0
    try:
        found = JsonPointer(operation["from"]).resolve(resource, None)
    except JsonPointerException:
        return 0  # the operation itself will say so
    return len(kernel.encode(found)) if isinstance(found, (dict, list, str)) else 0


def _json_operation(resource: _Resource, operation: Any, where: str) -> _Resource:
    """One operation of RFC 6902. The library's own words are not passed on: they may hold what the resource says.

    A failed ``test`` is 422, as R4 says ("in the case of a failing JSON Patch test operation, the server returns a 422"),
    and not 412, which tells of If-Match.
    """
    try:
        return jsonpatch.JsonPatch([operation]).apply(resource, in_place=True)
    except jsonpatch.JsonPatchTestFailed:
        raise kernel.Unprocessable(
            "The resource is not what this patch expects. Read it again, then change it.", path=where
        ) from None
    except jsonpatch.InvalidJsonPatch:
        raise Refused("an operation has op (add, remove, replace, move, copy, test), path, and value or from") from None
    except (jsonpatch.JsonPatchPathNotFound, JsonPointerException):
        raise Refused("the path or from leads nowhere in this resource; read it again") from None
    except (jsonpatch.JsonPatchConflict, TypeError):
        raise Refused("this cannot be done there; read the resource again") from None


def _path_operations(patch: Any) -> _Operations:
    if not isinstance(patch, dict) or patch.get("resourceType") != "Parameters":
        raise _invalid("Parameters", f"send a Parameters resource, or a JSON Patch as {JSON_PATCH}")
    parameters = _counted(patch.get("parameter", []), "Parameters.parameter", "must be a list of operations")
    for n, parameter in enumerate(parameters):
        where = f"Parameters.parameter[{n}]"
        try:
            parts = path_patch.read_parts(parameter)
        except Refused as error:
            raise _invalid(where, str(error)) from None
        path = parts.get("path", {}).get("valueString")

        def run(resource: _Resource, parts: path_patch.Parts = parts) -> _Resource:
            path_patch.apply(resource, parts)
            return resource

        yield f"{where} {masked(path)}" if isinstance(path, str) else where, run


def _encoded(content: bytes, resource: _Resource) -> bytes:
    before = {name: bytes(value) for name, value in kernel.members(content).items()}
    members, changed = {}, before.keys() ^ resource.keys()
    try:
        for name, value in resource.items():
            new = kernel.encode(value)
            same = name in before and kernel.encode(kernel.decode(before[name])) == new
            members[name] = before[name] if same else new
            changed |= set() if same else {name}
    except RecursionError:
        raise _invalid("$", "what comes out is nested too deeply") from None
    if changed - {"meta"} and "text" not in changed and _generated(resource):
        members.pop("text")
    return b"{" + b",".join(kernel.encode(name) + b":" + value for name, value in members.items()) + b"}"


def _generated(resource: _Resource) -> bool:
    """Whether the narrative was made from the data (its status says so), and so can be made again.

    Raises Invalid for one that says more than the data: only the sender knows whether it is still true.
    """
    text = resource.get("text")
    status = text.get("status") if isinstance(text, dict) else None
    if status == "additional":
        where = f"{resource.get('resourceType')}.text"
        raise _invalid(where, "says more than the data does; patch it too, so that it stays true")
    return status in ("generated", "extensions")
