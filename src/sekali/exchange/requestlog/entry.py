"""One line of the request log. Nothing of a person is in it: paths are the route's, parameters are names without values.

What was refused is told in our own words, which hold no values; what a client could have brought into them (the name of
an element or a parameter, a reference) is looked through once more here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from sekali import fhir, kernel

MOST_ISSUES = 5
LONGEST = 600
HIDDEN = "…"
_NAME = re.compile(r"[A-Za-z_$][\w:.$-]{0,63}", re.ASCII)
_CONTROL = re.compile(r"[_$][A-Za-z-]{1,30}|[A-Z][a-z]+(-[A-Z][a-z]+)+")
"""Parameters of a search itself, operations, headers."""
_VALUES = re.compile(
    r"[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}"  # ids
    r"|\d{6,}"  # numbers of people: NIK, JKN, telephone
    r"|(?<=[=(\s])'[^']*'"  # in a FHIRPath
    r'|(?<![/\w])"[^"]*"'  # in anything else, but not W/"3"
)


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that an answer refused: the sentence, and the element or parameter it is about (may be empty)."""

    text: str
    expression: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One request.

    :ivar path: of the route, such as ``/fhir-r4/v1/Patient/{id}``.
    :ivar parameters: names of the search parameters in the address.
    :ivar milliseconds: until the last byte was handed to the network.
    :ivar size: bytes of the answer's body, as sent.
    """

    client: str
    at: datetime
    method: str
    path: str
    parameters: tuple[str, ...]
    status: int
    milliseconds: float
    size: int
    issues: tuple[Issue, ...]


class Raw(NamedTuple):
    """A request as it is noted on its way: no work is done on it there. It is in memory only, for a second."""

    at: datetime
    method: str
    path: str
    type: str
    query: bytes
    status: int
    seconds: float
    size: int
    refusal: bytes


def entry(client: str, raw: Raw) -> Entry:
    """What may be kept of a request."""
    path = raw.path.replace("{type}", raw.type) if raw.type in fhir.TYPES else raw.path
    return Entry(
        client, raw.at, raw.method, path, names(raw.query), raw.status, round(raw.seconds * 1000, 1), raw.size,
        issues(raw.refusal),
    )  # fmt: skip


def names(query: bytes) -> tuple[str, ...]:
    """The names of the parameters, each once; what is no name of a parameter is hidden."""
    found = (name for name, _ in parse_qsl(query[:8192].decode("latin-1"), keep_blank_values=True))
    known = (name if _NAME.fullmatch(name) and not _VALUES.search(name) else HIDDEN for name in found)
    return tuple(dict.fromkeys(known))


def issues(refusal: bytes) -> tuple[Issue, ...]:
    """What an OperationOutcome says."""
    if not refusal:
        return ()
    told: list[Mapping[str, Any]] = kernel.decode(refusal)["issue"]
    found = []
    for one in told[:MOST_ISSUES]:
        text, places = one["details"]["text"], list(one.get("expression", ()))
        for strange in sorted({part for place in places for part in strange_parts(place)}, key=len, reverse=True):
            text, places = text.replace(strange, HIDDEN), [place.replace(strange, HIDDEN) for place in places]
        found.append(Issue(without_values(text), without_values(" ".join(places))))
    return tuple(found)


def strange_parts(place: str) -> list[str]:
    """The parts of an issue's place that no definition and no parameter of ours is called: what somebody typed as a name."""
    parts = (part.partition(":")[0] for part in re.split(r"[.\[\]]", place))
    return [
        part
        for part in parts
        if part and not ((part.isdecimal() and len(part) < 6) or _CONTROL.fullmatch(part) or part in _ours())
    ]


@cache
def _ours() -> frozenset[str]:
    elements = fhir.definitions.R4.elements
    named = {name for members in elements.values() for name in members}
    chosen = {
        fhir.definitions.json_member(name, type)
        for members in elements.values() for name, one in members.items() if name.endswith("[x]") for type in one.types
    }  # fmt: skip
    searched = {name for parameters in fhir.SEARCH.values() for name in parameters}
    sent = {"grant_type", "client_id", "client_secret", "client_assertion", "inputFormat", "inputSource", "scope"}
    ours = {"$", "body", "resource", "resourceType", "id", "path", "value", "op", "mode", "input", "content"}
    return frozenset({*sent, *ours, *fhir.TYPES, *elements, *named, *chosen, *searched})


def without_values(text: str) -> str:
    """``text`` without what looks like an id, a number of a person or a quoted value."""
    return _VALUES.sub(HIDDEN, text)[:LONGEST]
