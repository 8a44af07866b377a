"""$validate: would this be taken, and does it keep a profile's rules? https://hl7.org/fhir/R4/resource-operation-validate.html

With ``mode`` the interaction itself is tried and taken back, so its answer is the one that the interaction would give:
references, numbers that are somebody else's, a person's record that forbids a deletion.
"""

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from sekali import fhir, kernel, security

from ..doors import Doors
from ..interactions.kinds import kind
from ..messages import resource_id
from ..outcomes import FHIR_JSON, issue, issues_of, numbered, outcome_of
from .asked import asked

NAMES = frozenset({"resource", "mode", "profile"})
MODES = ("", "create", "update", "delete")
Issues = list[dict[str, Any]]


async def validate(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """``POST /{type}/$validate``, ``/{type}/{id}/$validate``: 200 with every fault, also where there are some."""
    type = kind(request)
    id = resource_id(request, type) if "id" in request.path_params else None
    wanted = await asked(request, NAMES, bare="resource")
    mode, content = wanted.text("mode"), wanted.resources.get("resource")
    if mode not in MODES:
        raise kernel.Invalid("mode is create, update or delete.", path="mode")
    if id is None and mode in ("update", "delete"):
        raise kernel.Invalid("Name the resource in the address: {type}/{id}/$validate.", path="mode")
    if content is None and id is not None and not mode:
        content = (await doors.store.under(grant).read(type, id)).content
    if content is None and mode != "delete":
        raise kernel.Invalid("Send the resource, by itself or in a Parameters resource.", path="resource")
    issues = await _tried(doors, grant, mode, type, id, content)
    if content is not None and mode != "delete":
        issues = issues or _structure(type, id, content)
        issues += _profiled(content, wanted.texts("profile"), sound=not issues)
    if not any(one["severity"] == "error" for one in issues):
        issues.append(issue("informational", "No fault was found.", None, "information"))
    return Response(kernel.encode(outcome_of(issues)), media_type=FHIR_JSON)


async def _tried(
    doors: Doors, grant: security.Grant, mode: str, type: str, id: UUID | None, content: bytes | None
) -> Issues:
    """What the interaction would be refused for, as far as the resource is the reason. Raises NotFound, Gone, Forbidden."""
    if not mode:
        return []
    grant.may_write(type)
    try:
        async with doors.store.trial(grant) as change:
            if mode == "delete" and id is not None:
                await change.delete(type, id)
            elif mode == "update" and id is not None:
                await change.update(type, id, content or b"")
            else:
                await change.create(content or b"")
    except (kernel.Invalid, kernel.Conflict) as refused:
        return issues_of(refused)
    return []


def _structure(type: str, id: UUID | None, content: bytes) -> Issues:
    """What R4 itself finds wrong."""
    try:
        resource = fhir.require_valid(content)
    except kernel.Invalid as refused:
        return issues_of(refused)
    if resource["resourceType"] != type:
        return [issue("invalid", "resourceType: is another kind than the path says", "resourceType")]
    if id is not None and resource.get("id", str(id)) != str(id):
        return [issue("invalid", f"{type}.id: is another id than the path says", f"{type}.id")]
    return []


def _profiled(content: bytes, named: list[str], sound: bool) -> Issues:
    """What the profiles find wrong: those asked for, else those that the resource says it keeps.

    :param sound: whether it is R4; else what profiles cannot say (times, orders) is not looked at.
    """
    try:
        resource = kernel.decode(content)
    except kernel.Invalid:
        return []  # said already
    if not isinstance(resource, dict):
        return []
    meta = resource.get("meta")
    claimed = meta.get("profile") if isinstance(meta, dict) else None
    found: Issues = []
    for url in named or (claimed if isinstance(claimed, list) else []):
        profile = fhir.profiles().get(str(url).partition("|")[0])
        if profile is None:
            severity = "error" if named else "warning"
            found.append(
                issue("not-found", f"Not checked: the profile {str(url)[:200]} is not known here.", None, severity)
            )
            continue
        faults = fhir.check_profile(resource, profile)
        if sound and resource["resourceType"] == profile.type:
            faults += fhir.beyond_profile(resource)
        found += [issue("invariant", f"{one.path}: {one.reason}{numbered(one.rule)}", one.path) for one in faults]
        found += [issue("informational", f"Not checked: {one}", None, "information") for one in profile.unchecked]
    return found
