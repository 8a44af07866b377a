"""SATUSEHAT's consent interface: whether other organizations may see a person's data.

https://satusehat.kemkes.go.id/platform/docs/id/api-catalogue/consent/. ``GET ?patient_id=`` answers the Consent that stands;
``POST`` with patient_id, action (OPTIN or OPTOUT) and agent (who took the person's word) notes a new one.
"""

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from sekali import care, kernel, security

from .doors import Doors
from .messages import read_body, resource_response

PATH = "/consent/v1/Consent"
ACTIONS = {"OPTIN": True, "OPTOUT": False}


async def standing(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """The newest general Consent of a person in a relation. Raises NotFound, Forbidden, Invalid."""
    person = _person(request.query_params.get("patient_id", ""))
    record = await doors.store.under(grant.about(person)).record(("Consent",))
    found = [one for one in record["Consent"] if _general(one.resource)]
    if not found:
        raise kernel.NotFound(
            "This person has said nothing about sharing. Until they do, those who care for them may see."
        )
    return resource_response(request, max(found, key=lambda one: one.updated))


async def say(request: Request, doors: Doors, grant: security.Grant) -> Response:
    """Note a person's word. Raises Invalid, Forbidden (nobody whom the facility cares for)."""
    asked = kernel.decode(await read_body(request))
    fields = asked if isinstance(asked, dict) else {}
    person, action, agent = _person(fields.get("patient_id")), fields.get("action"), fields.get("agent")
    faults = []
    if action not in ACTIONS:
        faults.append(kernel.Fault("action", "must be OPTIN or OPTOUT"))
    if not isinstance(agent, str) or not agent.strip() or len(agent) > 200:
        faults.append(kernel.Fault("agent", "must be the name of who took the person's word"))
    if faults:
        raise kernel.Invalid(faults=faults)
    consent = care.consent(person, care.Wish(ACTIONS[action], "", None))
    consent["performer"] = [{"display": agent.strip()}]
    async with doors.store.change(grant) as change:
        one = await change.create(consent)
    return resource_response(request, one, 201)


def _general(consent: dict[str, Any]) -> bool:
    """Active, and about what is ordinary for everybody."""
    provision = consent.get("provision", {})
    return consent.get("status") == "active" and not {"securityLabel", "actor", "purpose"} & provision.keys()


def _person(text: Any) -> UUID:
    try:
        return UUID(text)
    except (TypeError, ValueError, AttributeError):
        raise kernel.Invalid(
            faults=[kernel.Fault("patient_id", "must be the id of a Patient of this server")]
        ) from None
