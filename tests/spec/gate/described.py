"""An OpenAPI document of every route, made from the route table, FHIR's definitions and the CapabilityStatement's own tables:
what schemathesis needs to make requests that come further than the first check.
"""

import inspect
import re
import sys

import asking
from starlette.routing import Mount, Route

from sekali import fhir

AS = "x-as"
"""Of an operation: as whom it is asked, in turn."""
WRITTEN_OUT = (
    "Patient", "Encounter", "Condition", "Observation", "ServiceRequest", "Task", "Consent", "Subscription", "Group",
    "AuditEvent", "Bundle", "Practitioner", "Organization", "Questionnaire", "MedicationRequest", "Location",
)  # fmt: skip
"""Kinds whose search parameters and elements are told one by one; the others go by ``{type}``."""
DEPTH = 1
"""How far elements of elements are told: what is told is made up, and that takes longer than the asking."""
JUNK = [value[:300] for value in asking.JUNK]
"""In one address with others: what is too long for the server's line comes not as far as Sekali."""
_JSON = {
    "boolean": "boolean",
    "integer": "integer",
    "positiveInt": "integer",
    "unsignedInt": "integer",
    "decimal": "number",
}
_SEARCHED = {
    "date": ["2026", "ge2026-01-01", "lt2026-13-01", "eq2026-02-30", "ap9999-12-31T23:59:59.999+14:00"],
    "number": ["1", "lt1e3", "ap-0.00", "1e400"],
    "quantity": ["5.4|http://unitsofmeasure.org|mg", "gt5||mg", "5|||", "1e999999"],
    "token": ["a", "http://a|b", "|b", "a|", "a\\|b", "a,b,,c"],
    "reference": ["Patient/1", "Patient?x", "http://a/Patient/1/_history/2", "urn:uuid:1", "/"],
    "composite": ["a$b", "a$", "$", "a$b$c", "http://loinc.org|1$gt5"],
    "uri": ["http://a", "urn:oid:1", "%"], "string": ["Siti", "%_", "\\,"], "special": ["1|2|3|km", "|||", "91|181"],
}  # fmt: skip


def document(asgi, known: dict[str, list[str]], who: dict[str, str]) -> dict:
    """:param known: values of paths' parameters that pages link to.
    :param who: the names of those who ask, and the role of each.
    """
    paths: dict[str, dict] = {}
    for route in asgi.routes:
        if isinstance(route, Mount):
            paths[f"{route.path}/{{file}}"] = {"get": _operation("GET", route, known, who, ["file"])}
        elif isinstance(route, Route):
            for path in _spelt(route.path):
                told = paths.setdefault(re.sub(r":\w+}", "}", path), {})
                for method in sorted((route.methods or set()) - {"HEAD"}) or ["TRACE"]:
                    told.setdefault(
                        method.lower(), _operation(method, route, known, who, re.findall(r"\{(\w+)", path), path)
                    )
    return {"openapi": "3.0.3", "info": {"title": "Sekali", "version": "0"}, "paths": paths}


def _spelt(path: str) -> list[str]:
    """A path of any kind of resource, and the same of some kinds by their names."""
    if path.startswith("/fhir-r4/v1/{type}"):
        return [path, *(path.replace("{type}", type) for type in WRITTEN_OUT)] if path.count("/") == 3 else [path]
    return [path]


def _operation(method: str, route, known: dict, who: dict[str, str], inside: list[str], path: str = "") -> dict:
    fhir_door = path.startswith(("/fhir-r4", "/consent", "/oauth2"))
    kind = path.removeprefix("/fhir-r4/v1/").partition("/")[0] if path.startswith("/fhir-r4/v1/") else ""
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _one_of(_values(name, known))} for name in inside
    ]
    for name, values in _queries(kind, fhir_door, route).items():
        parameters.append({"name": name, "in": "query", "schema": _one_of(values)})
    for name, values in (_HEADERS if fhir_door else {"Accept-Language": ["en", "id", ",,;q=x"]}).items():
        parameters.append({"name": name, "in": "header", "schema": {"type": "string", "enum": values}})
    told = {
        AS: _likely(route, who, fhir_door),
        "parameters": parameters,
        "responses": {"default": {"description": "what asking.faults says of it"}},
    }
    if method in ("POST", "PUT", "PATCH"):
        told["requestBody"] = {"content": _bodies(method, path, kind, fhir_door, route, known)}
    return told


_RESULT = (
    "_id",
    "_count",
    "_sort",
    "_include",
    "_revinclude",
    "_has:Observation:patient:code",
    "_elements",
    "_cursor",
    "identifier",
)
_ASKED = (
    "_type",
    "_since",
    "_outputFormat",
    "_count",
    "_typeFilter",
    "url",
    "code",
    "system",
    "nik",
    "_cursor",
    "_format",
)
_HEADERS = {
    "Prefer": ["return=minimal", "return=OperationOutcome", "handling=lenient", "respond-async", "return=x"],
    "If-Match": ['W/"1"', "*", 'W/"0"', "W/", 'W/"99999999999999999999"'],
    "If-None-Exist": ["identifier=x|y", "name=x", "_id=", "%"],
    "Accept": ["application/fhir+json", "application/fhir+xml", "application/fhir+ndjson", "text/html", "x"],
}


def _likely(route, who: dict[str, str], fhir_door: bool) -> list[str]:
    """Those who come through this door, nobody, and one who does not; the page matrix asks as all the others."""
    authority = getattr(getattr(route, "endpoint", None), "authority", frozenset())
    may = {"system"} if fhir_door else {str(role) for role in authority} or {*who.values()} - {"system"}
    here = [name for name, role in who.items() if role in may]
    others = [name for name in who if name not in here and name != "nobody"]
    return [*here, *others[len(route.path) % max(1, len(others)) :][:1], "nobody"]


def _values(name: str, known: dict[str, list[str]]) -> list[str]:
    return [*known.get(name, []), *(sorted(fhir.TYPES) if name == "type" else [])]


def _one_of(values: list[str]) -> dict:
    """What is known to be of use, what is known to hurt, and anything."""
    return {
        "anyOf": [{"type": "string", "enum": [*values, *JUNK]}, {"type": "string", "minLength": 1, "maxLength": 40}]
    }


def _queries(kind: str, fhir_door: bool, route) -> dict[str, list[str]]:
    if not fhir_door:
        return {name: [] for name in _read_by(route, "query_params")}
    own = fhir.SEARCH.get(kind, {})
    if route.path.count("/") == 3:
        return {name: [] for name in _RESULT} | {name: _SEARCHED[one.kind] for name, one in [*own.items()][:14]}
    return {name: [] for name in _ASKED}


def _read_by(route, what: str) -> list[str]:
    """Names of what a page's module asks a request for."""
    page = getattr(getattr(route, "endpoint", None), "_page", None)
    if page is None:
        return []
    text = inspect.getsource(sys.modules[page.handler.__module__])
    shape = r'query_params\.get\("(\w+)"' if what == "query_params" else r'(?:\.get\(|\[|, )"(\w+)"'
    return sorted(set(re.findall(shape, text)))


def _bodies(method: str, path: str, kind: str, fhir_door: bool, route, known: dict) -> dict:
    form = "application/x-www-form-urlencoded"
    if path.startswith("/oauth2") or path.endswith("_search"):
        names = [*_RESULT, "client_id", "client_secret", "scope", "client_assertion", "client_assertion_type"]
        return {form: {"schema": {"type": "object", "properties": {name: _one_of([]) for name in names}}}}
    if not fhir_door:
        every = [value for values in known.values() for value in values[:3]]
        fields = {name: _one_of(every) for name in _read_by(route, "form")}
        told = {form: {"schema": {"type": "object", "properties": fields}}}
        if route.endpoint._page.upload:
            file = {"file": {"type": "string", "format": "binary"}}
            told["multipart/form-data"] = {"schema": {"type": "object", "properties": fields | file}}
        return told
    resource = {"schema": _resource(kind)}
    if method == "PATCH":
        steps = {
            "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
            "value": {},
            "from": {"type": "string"},
        }
        steps["path"] = _one_of(["/name", "/name/0/text", "/-", "/meta/security", "/id", "/resourceType", "~", "//"])
        step = {"type": "object", "properties": steps, "required": ["op", "path"]}
        return {
            "application/json-patch+json": {"schema": {"type": "array", "items": step}},
            "application/fhir+json": resource,
        }
    return {"application/fhir+json": resource}


def _resource(kind: str) -> dict:
    if kind not in fhir.TYPES:
        kinds = {
            "resourceType": {"type": "string", "enum": ["Parameters", "Bundle", "Patient", "Observation", "Coding"]}
        }
        parts = {"parameter": _listed(_parameter()), "entry": _listed(_entry())}
        return {"type": "object", "required": ["resourceType"], "properties": kinds | parts}
    told = _element(kind, DEPTH)
    told["properties"]["resourceType"] = {"type": "string", "enum": [kind]}
    told["required"] = sorted({*told["required"], "resourceType"})
    if kind == "Bundle":
        told["properties"]["entry"] = _listed(_entry())
    return told


def _listed(items: dict) -> dict:
    return {"type": "array", "items": items, "maxItems": 4}


def _parameter() -> dict:
    named = {"name": _one_of(["resource", "url", "code", "system", "meta", "count", "onlyCertainMatches", "operation"])}
    values = {
        f"value{one}": _type(one[0].lower() + one[1:], 1) for one in ("String", "Uri", "Code", "Integer", "Boolean")
    }
    values |= {"valueCoding": _type("Coding", 1), "valueMeta": _type("Meta", 1)}
    return {"type": "object", "required": ["name"], "properties": named | values | {"resource": _element("Patient", 0)}}


def _entry() -> dict:
    asked = {"method": {"enum": ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "X"]}}
    asked["url"] = _one_of(
        ["Patient", "Patient/1", "Observation?code=1", "Patient?identifier=x|y", "", "/metadata", "Task/1"]
    )
    asked |= {"ifMatch": {"type": "string"}, "ifNoneExist": {"type": "string"}}
    request = {"type": "object", "required": ["method", "url"], "properties": asked}
    resource = {"anyOf": [_element(one, 0) for one in ("Patient", "Observation", "Task")]}
    inside = {"request": request, "resource": resource, "fullUrl": _one_of(["urn:uuid:1"])}
    return {"type": "object", "properties": inside}


def _element(name: str, depth: int) -> dict:
    told, must = {}, []
    told_of = [(one, it) for one, it in fhir.definitions.R4.elements[name].items() if it.summary or it.least]
    for one, element in sorted(told_of, key=lambda each: -each[1].least)[: 3 + 6 * depth]:
        for type in element.types[:2] if one.endswith("[x]") else element.types[:1]:
            told[member := one.removesuffix("[x]") + (type[0].upper() + type[1:] if one.endswith("[x]") else "")] = (
                _listed(_type(type, depth)) if element.many else _type(type, depth)
            )
            if element.least and not one.endswith("[x]"):
                must.append(member)
    return {"type": "object", "properties": told, "required": must}


def _type(type: str, depth: int) -> dict:
    if type in _JSON:
        return {"type": _JSON[type]}
    if type in ("date", "dateTime", "instant", "time"):
        return {
            "type": "string",
            "enum": ["2026-02-28", "2026", "2026-02-30", "2026-01-01T00:00:00Z", "24:00:00", "0000"],
        }
    if type in fhir.definitions.R4.elements and type not in fhir.TYPES:
        return _element(type, depth - 1) if depth else {"type": "object"}
    return {"type": "string"} if type[0].islower() else {"type": "object"}
