"""What a kick-off asks for (https://hl7.org/fhir/uv/bulkdata/STU2/export.html#query-parameters)."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sekali import fhir, kernel, security

from .exporting import filters
from .job import Asked, Source

FORMATS = ("application/fhir+ndjson", "application/ndjson", "ndjson")
HELPFUL = frozenset({"HealthcareService", "Location", "Medication", "Organization", "Practitioner", "PractitionerRole"})
"""What is the city's and may be asked for beside people's own, at the levels of people."""
MOST_FILTERS = 50
MOST_INPUTS = 1000
_BETWEEN_FILTERS = re.compile(r",(?=[A-Z][A-Za-z]+\?)")
_PASSED_OVER = ("_format", "_pretty")
Params = Sequence[tuple[str, str]]


def params_of(parameters: Any) -> Params:
    """The parameters of a POST, from a Parameters resource. Raises Invalid."""
    if not isinstance(parameters, dict) or parameters.get("resourceType") != "Parameters":
        raise kernel.Invalid("Send a Parameters resource.", path="body")
    found = []
    for one in parameters.get("parameter") or ():
        values = [value for name, value in one.items() if name.startswith("value")] if isinstance(one, dict) else []
        if len(values) != 1 or not isinstance(values[0], str) or not isinstance(one.get("name"), str):
            raise kernel.Invalid("Each parameter needs a name and one value.", path="Parameters.parameter")
        found.append((one["name"], values[0]))
    return found


def asked(level: str, params: Params, grant: security.Grant, lenient: bool) -> Asked:
    """Understand a kick-off. Raises Invalid, NotFound (a kind not kept), Forbidden, Unsupported.

    :param lenient: leave out what is not known, as ``Prefer: handling=lenient`` wants it.
    """
    found = Asked(level)
    people = level == "group" or (level == "patient" and bool(grant.related))
    found.people = people
    for name, value in params:
        match name:
            case "_outputFormat":
                if value.replace(" ", "+") not in FORMATS:
                    raise kernel.Invalid("_outputFormat must be application/fhir+ndjson.", path=name)
            case "_since":
                found.since = _instant(value)
            case "_type":
                found.types += [type for type in value.split(",") if type]
            case "_typeFilter":
                found.filters += [_filter(one) for one in _BETWEEN_FILTERS.split(value) if one]
            case _ if name not in _PASSED_OVER and not lenient:
                raise kernel.Invalid("$export has no parameter %(name)s.", path=name[:64], name=name[:64])
    if len(found.filters) > MOST_FILTERS:
        raise kernel.TooCostly("At most %(most)s filters.", path="_typeFilter", most=MOST_FILTERS)
    found.types = _types(found, grant, lenient)
    found.filters = [one for one in found.filters if one[0] in found.types]
    filters(found.filters)
    return found


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise kernel.Invalid("%(name)s needs a date such as 2026-11-23.", path="_since", name="_since") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _filter(text: str) -> tuple[str, str]:
    type, mark, query = text.partition("?")
    if not mark or not query:
        raise kernel.Invalid("_typeFilter takes searches such as Observation?status=final.", path="_typeFilter")
    return type, query


def _types(found: Asked, grant: security.Grant, lenient: bool) -> list[str]:
    """The kinds to give: those asked for, else all that the level and the Grant have."""
    own = grant.reads if found.level == "system" else (fhir.PERSON_TYPES.keys() | {"Patient"}) & grant.reads
    also = own if found.level == "system" or found.people else own | HELPFUL & grant.reads
    strange = sorted(set(found.types) - also)
    if strange and not lenient:
        kind = fhir.require_kind(strange[0])
        raise kernel.Invalid("%(type)s cannot be exported at this level.", path="_type", type=kind)
    wanted = sorted(set(found.types) & also) if found.types else sorted(own)
    if not wanted:
        raise kernel.Invalid("Nothing that was asked for can be exported.", path="_type")
    return wanted


def inputs(manifest: Any) -> list[str]:
    """The urls of an import's inputs, from a Parameters resource or a JSON manifest. Raises Invalid.

    https://github.com/smart-on-fhir/bulk-import/blob/master/import-manifest.md, and HAPI FHIR's ``$import``.
    """
    if not isinstance(manifest, dict):
        raise kernel.Invalid("Send a Parameters resource or a manifest.", path="body")
    if manifest.get("resourceType") == "Parameters":
        listed = _parts(manifest)
        format = next((value for name, value in _values(manifest) if name == "inputFormat"), None)
    else:
        listed = manifest.get("input")
        format = manifest.get("inputFormat")
    if format is not None and format not in FORMATS:
        raise kernel.Invalid("inputFormat must be application/fhir+ndjson.", path="inputFormat")
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_INPUTS:
        raise kernel.Invalid("An import needs 1 to %(most)s inputs.", path="input", most=MOST_INPUTS)
    urls = [one.get("url") if isinstance(one, dict) else None for one in listed]
    if not all(isinstance(url, str) for url in urls):
        raise kernel.Invalid("Each input needs the url that its file was uploaded to.", path="input.url")
    return list(dict.fromkeys(urls))


def _values(node: dict[str, Any]) -> list[tuple[str, Any]]:
    """name and value of each parameter or part."""
    listed = node.get("parameter") or node.get("part") or ()
    return [
        (one["name"], value)
        for one in listed if isinstance(one, dict) and "name" in one
        for name, value in one.items() if name.startswith("value")
    ]  # fmt: skip


def _parts(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    listed = manifest.get("parameter") or ()
    return [dict(_values(one)) for one in listed if isinstance(one, dict) and one.get("name") == "input"]


def sources(urls: Sequence[str], there: dict[str, int]) -> list[Source]:
    """The uploaded files that the urls mean; ``there`` are their sizes by name. Raises Invalid: nothing else is fetched."""
    names = [url.rpartition("/")[2] for url in urls]
    missing = [name for name in names if name not in there]
    if missing:
        raise kernel.Invalid("An input was not uploaded to this import.", path="input.url")
    return [Source(f"input/{name}", name, there[name]) for name in names]
