"""AuditEvent: a facility's own part of the audit as R4 tells it. Made from the audit when asked for, never stored.

https://hl7.org/fhir/R4/auditevent.html. A client sees what its own organization's people and systems did, nothing else.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from sekali import audit, fhir, kernel, security

from .interactions.search import LARGEST_FORM, Params, form_of
from .messages import base_url
from .outcomes import FHIR_JSON

TYPE = "AuditEvent"
PARAMETERS = ("_id", "action", "agent", "agent-name", "date", "entity-type", "patient", "subtype", "type")
_PAGING = ("_count", "_cursor", "_sort", "_format", "_pretty")
SUBTYPE, ROLE, ACTOR = "urn:sekali:audit", "urn:sekali:role", "urn:sekali:actor"
_EVENT, _DICOM = (
    "http://terminology.hl7.org/CodeSystem/audit-event-type",
    "http://dicom.nema.org/resources/ontology/DCM",
)
_ENTITY, _PART = (
    "http://terminology.hl7.org/CodeSystem/audit-entity-type",
    "http://terminology.hl7.org/CodeSystem/object-role",
)
_TYPES = "http://hl7.org/fhir/resource-types"
_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"

_ACTIONS = {
    "R": ("looked", "fetched", "exported", "notified"),
    "C": ("registered", "checked-in", "referred", "loaded", "questioned", "right-asked", "breach-recorded"),
    "D": ("deleted", "destroyed"),
    "U": (
        "wrote", "referral-answered", "sent-back", "question-answered", "right-answered", "right-withdrawn", "breach-told",
        "subscribed", "destruction-proposed", "retention-held", "retention-released",
    ),
}  # fmt: skip
"""R4's action -> kinds of event; all others are E, executed."""
_ACTION_OF = {kind: action for action, kinds in _ACTIONS.items() for kind in kinds}
_REASONS = {
    "treatment": "TREAT", "referral": "TREAT", "registration": "HOPERAT", "own-record": "PATRQT", "rights": "PATRQT",
    "acting": "FAMRQT",
}  # fmt: skip


def routes() -> list[tuple[str, str, Any]]:
    """Path, method and what answers."""
    return [("/AuditEvent", "GET", search), ("/AuditEvent/_search", "POST", search), ("/AuditEvent/{id}", "GET", read)]


async def read(request: Request, doors: Any, grant: security.Grant) -> Response:
    """``GET /AuditEvent/{id}``. Raises NotFound, also for another organization's."""
    place = _place(request.path_params["id"], grant.actor.facility)
    found = await doors.trail.one(_reading(grant), *place) if place else None
    if found is None:
        raise kernel.NotFound("There is no %(type)s with this id.", rule="20007", type=TYPE)
    return Response(kernel.encode(resource(found)), media_type=FHIR_JSON)


async def search(request: Request, doors: Any, grant: security.Grant) -> Response:
    """``GET /AuditEvent?…``, the newest first. Raises Invalid for what it does not know, unless that is to be left out."""
    params = list(request.query_params.multi_items())
    if request.method == "POST":
        params += await form_of(request, LARGEST_FORM)
    used, asked = _asked(params, "handling=lenient" in request.headers.get("prefer", ""))
    ids = [value for name, value in used if name == "_id"]
    reader = _reading(grant, asked.citizen)
    if ids:
        found = [await doors.trail.one(reader, *place) for id in ids if (place := _place(id, grant.actor.facility))]
        found, behind = [one for one in found if one], None
    else:
        found, behind = await doors.trail.search(reader, asked)
    return Response(kernel.encode(_bundle(base_url(request), found, used, behind)), media_type=FHIR_JSON)


def _bundle(
    base: str, found: list[audit.Traced], used: Params, behind: tuple[datetime, str, int] | None
) -> dict[str, Any]:
    links = [{"relation": "self", "url": f"{base}/{TYPE}?{urlencode(used)}" if used else f"{base}/{TYPE}"}]
    if behind:
        at, stream, seq = behind
        rest = [(name, value) for name, value in used if name != "_cursor"]
        cursor = ("_cursor", f"{at.isoformat()}|{seq}|{stream}")
        links.append({"relation": "next", "url": f"{base}/{TYPE}?{urlencode([*rest, cursor])}"})
    entries = [
        {"fullUrl": f"{base}/{TYPE}/{one['id']}", "resource": one, "search": {"mode": "match"}}
        for one in map(resource, found)
    ]
    return {"resourceType": "Bundle", "type": "searchset", "link": links} | ({"entry": entries} if entries else {})


def _reading(grant: security.Grant, citizen: UUID | None = None) -> audit.Event:
    """That this client read its organization's audit. Raises Forbidden to a client of no organization."""
    actor = grant.actor
    if actor.facility is None:
        raise kernel.Forbidden("Your role may not read %(type)s here.", rule="20003", type=TYPE)
    return audit.Event(
        audit.Kind.LOOKED, actor.id, actor.signature, actor.role.value, actor.facility, citizen, grant.purpose.value,
        grant.basis, TYPE,
    )  # fmt: skip


def resource(one: audit.Traced) -> dict[str, Any]:
    """The event as R4 tells it."""
    door = one.kind in audit.AT_THE_DOOR
    type = {"system": _DICOM, "code": "110114", "display": "User Authentication"} if door else {
        "system": _EVENT, "code": "rest", "display": "RESTful Operation"}  # fmt: skip
    why: dict[str, Any] = {"text": f"{one.purpose}; {one.basis}"}
    if one.purpose in _REASONS:
        why["coding"] = [{"system": _REASON, "code": _REASONS[one.purpose]}]
    made: dict[str, Any] = {
        "resourceType": TYPE,
        "id": _id(one),
        "type": type,
        "subtype": [{"system": SUBTYPE, "code": one.kind}],
        "action": _ACTION_OF.get(one.kind, "E"),
        "recorded": one.at.isoformat(),
        "outcome": "4" if one.kind in audit.REFUSED_AT_THE_DOOR else "0",
    }
    if one.purpose:
        made["purposeOfEvent"] = [why]
    who = {"identifier": {"system": ACTOR, "value": str(one.actor)}}
    agent: dict[str, Any] = {"role": [{"coding": [{"system": ROLE, "code": one.role}]}], "who": who, "requestor": True}
    if one.actor_name:
        agent["name"] = who["display"] = one.actor_name  # type: ignore[assignment]
    made["agent"] = [agent]
    made["source"] = {"observer": {"reference": f"Organization/{one.facility}"}}
    if entities := _entities(one):
        made["entity"] = entities
    return made


def _entities(one: audit.Traced) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if one.citizen:
        found.append({
            "what": {"reference": f"Patient/{one.citizen}"}, "type": {"system": _ENTITY, "code": "1", "display": "Person"},
            "role": {"system": _PART, "code": "1", "display": "Patient"},
        })  # fmt: skip
    for part in filter(None, one.what.split(",")):
        type, _, id = part.strip().split(" ")[0].partition("/")
        if type not in fhir.TYPES:
            continue
        entity: dict[str, Any] = {"type": {"system": _TYPES, "code": type}}
        if re.fullmatch(r"[0-9a-f-]{36}", id):
            entity["what"] = {"reference": f"{type}/{id}"}
        found.append(entity)
    return found


def _id(one: audit.Traced) -> str:
    """Facility, day, process, connection and number: what names an event, in R4's letters for ids."""
    facility, day, line = one.stream.split("/")
    return f"{facility.replace('-', '')}.{day.replace('-', '')}.{line}.{one.seq}"


def _place(id: str, facility: UUID | None) -> tuple[str, int] | None:
    """Chain and number of an id; None for one of another form or organization."""
    found = re.fullmatch(r"([0-9a-f]{32})\.(\d{4})(\d\d)(\d\d)\.(\d{1,4}\.\d{1,4})\.([1-9]\d{0,8})", id)
    if not found or facility is None or found[1] != facility.hex:
        return None
    return f"{facility}/{found[2]}-{found[3]}-{found[4]}/{found[5]}", int(found[6])


def _asked(params: Params, lenient: bool) -> tuple[Params, audit.Told]:
    """The parameters that are used, and what they ask for. Raises Invalid."""
    used: Params = []
    told: dict[str, Any] = {"since": _EVER, "until": _END}
    for name, value in params:
        if name in ("_format", "_pretty"):
            continue
        if name not in (*PARAMETERS, *_PAGING):
            if lenient:
                continue
            raise kernel.Invalid("AuditEvent can be searched by %(names)s.", path=name, names=", ".join(PARAMETERS))
        used.append((name, value))
        try:
            _take(told, name, value)
        except ValueError:
            raise kernel.Invalid("This value does not fit the parameter.", path=name) from None
    return used, audit.Told(**told)


def _take(told: dict[str, Any], name: str, value: str) -> None:
    """Note one parameter. Raises ValueError."""
    code = value.rpartition("|")[2]
    match name:
        case "patient":
            told["citizen"] = UUID(value.removeprefix("Patient/"))
        case "agent":
            told["actor"] = UUID(code.rpartition("/")[2])
        case "agent-name":
            told["actor_name"] = value
        case "date":
            _date(told, value)
        case "entity-type":
            told |= {"person": True} if code == "1" else {"type": code}
        case "action" | "subtype" | "type":
            kinds = _kinds(name, code)
            told["kinds"] = [kind for kind in kinds if kind in told.get("kinds", kinds)]
        case "_count":
            told["count"] = int(value)
        case "_sort" if value != "-date":
            raise ValueError
        case "_cursor":
            at, seq, stream = value.split("|", 2)
            told["behind"] = datetime.fromisoformat(at).astimezone(UTC), stream, int(seq)


def _kinds(name: str, code: str) -> list[str]:
    every = [kind.value for kind in audit.Kind]
    if name == "subtype":
        return [kind for kind in every if kind in code.split(",")]
    if name == "action":
        return [kind for kind in every if _ACTION_OF.get(kind, "E") in code.split(",")]
    return [kind for kind in every if ("110114" if kind in audit.AT_THE_DOOR else "rest") in code.split(",")]


def _date(told: dict[str, Any], value: str) -> None:
    prefix = value[:2] if value[:2].isalpha() else "eq"
    low, high = _span(value.removeprefix(prefix) if value[:2].isalpha() else value)
    if prefix in ("eq", "ge"):
        told["since"] = max(told["since"], low)
    if prefix in ("eq", "le"):
        told["until"] = min(told["until"], high)
    if prefix in ("gt", "sa"):
        told["since"] = max(told["since"], high)
    if prefix in ("lt", "eb"):
        told["until"] = min(told["until"], low)
    if prefix not in ("eq", "ge", "le", "gt", "sa", "lt", "eb"):
        raise ValueError


_EVER, _END = datetime(2000, 1, 1, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC)


def _span(text: str) -> tuple[datetime, datetime]:
    """First moment of a day, second or less that was named, and the first behind it; in UTC where no zone stands."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        day = datetime.fromisoformat(text).replace(tzinfo=UTC)
        return day, day + timedelta(days=1)
    if re.fullmatch(r"\d{4}(-\d\d)?", text):
        year, month = int(text[:4]), int(text[5:] or 1)
        end = (year + 1, 1) if len(text) == 4 else (year + month // 12, month % 12 + 1)
        return datetime(year, month, 1, tzinfo=UTC), datetime(*end, 1, tzinfo=UTC)
    moment = datetime.fromisoformat(text.replace(" ", "+"))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment, moment + (
        timedelta(seconds=1) if moment.microsecond == 0 and "." not in text else timedelta(microseconds=1)
    )
