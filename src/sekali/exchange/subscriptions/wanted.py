"""What a Subscription asks for, understood and checked.

https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/StructureDefinition-backport-subscription.html
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from sekali import kernel, records

from .endpoints import Policy
from .topics import BY_URL, Topic

IG = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
PROFILE = f"{IG}backport-subscription"
SECRET = "urn:sekali:subscription-secret"  # noqa: S105 - the name of an extension
CONTENTS = ("empty", "id-only", "full-resource")
CHANNELS = ("rest-hook", "websocket")
PAYLOADS = ("application/fhir+json", "application/json")
HIDDEN = "***"
"""Stands for the value of a header where the Subscription is shown; sent back, it means the one that is kept."""
MOST_HEADERS, LARGEST_HEADERS, MOST_FILTERS = 10, 4096, 5
LONGEST_BEAT, LONGEST_TIMEOUT, MOST_AT_ONCE = 86_400, 60, 100
DEFAULT_TIMEOUT, DEFAULT_AT_ONCE = 10, 20
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}):[ \t]*([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)")
_OURS = frozenset(
    "connection content-encoding content-length content-type expect host http2-settings keep-alive proxy-authenticate"
    " proxy-authorization proxy-connection te trailer transfer-encoding upgrade".split()
)
"""Headers that say what we send and how; a subscriber's own would let it smuggle."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to tell, where, and how much. Times are seconds.

    :ivar filters: as they were sent, ``Task?priority=urgent``.
    :ivar beat: between two messages when there is nothing to tell; None for never.
    """

    topic: Topic
    filters: tuple[str, ...]
    channel: str
    endpoint: str
    headers: tuple[tuple[str, str], ...]
    media_type: str
    content: str
    beat: int | None
    timeout: int
    at_once: int
    ends_at: datetime | None


def understood(resource: dict[str, Any], policy: Policy, before: dict[str, Any] | None = None) -> Wanted:
    """What a valid Subscription asks for. Raises Invalid with each fault.

    :param before: the one whose place it takes; header values that are shown as ``***`` are filled in from it.
    """
    faults: list[kernel.Fault] = []

    def fault(path: str, reason: str) -> None:
        faults.append(kernel.Fault(f"Subscription.{path}", reason))

    topic = BY_URL.get(resource["criteria"])
    filters = tuple(_values(resource.get("_criteria"), "backport-filter-criteria", "valueString"))
    if topic is None:
        fault("criteria", f"must be the canonical of a topic: {', '.join(BY_URL)}")
    elif reason := _filters_fault(topic, filters):
        fault("criteria.extension", reason)
    channel = resource["channel"]
    kind, endpoint = channel["type"], channel.get("endpoint", "")
    if kind not in CHANNELS:
        fault("channel.type", "must be rest-hook or websocket")
    elif kind == "rest-hook":
        try:
            policy.endpoint(endpoint)
        except kernel.Invalid as wrong:
            faults += wrong.faults
    elif endpoint or channel.get("header"):
        fault("channel.endpoint", "a websocket has neither endpoint nor header; you connect to us")
    _restore(channel, before)
    headers = tuple(_headers(channel.get("header", ()), fault))
    if channel.get("payload") not in PAYLOADS:
        fault("channel.payload", "must be application/fhir+json")
    content = next(iter(_values(channel.get("_payload"), "backport-payload-content", "valueCode")), None)
    if content not in CONTENTS:
        fault("channel.payload.extension", f"{IG}backport-payload-content must say empty, id-only or full-resource")
    beat = _number(channel, "backport-heartbeat-period", "valueUnsignedInt", 1, LONGEST_BEAT, fault)
    timeout = _number(channel, "backport-timeout", "valueUnsignedInt", 1, LONGEST_TIMEOUT, fault)
    most = _number(channel, "backport-max-count", "valuePositiveInt", 1, 2**31 - 1, fault)
    ends_at = datetime.fromisoformat(resource["end"]) if "end" in resource else None
    if ends_at is not None and ends_at <= kernel.now():
        fault("end", "is over")
    if faults or topic is None:
        raise kernel.Invalid(faults=faults)
    return Wanted(
        topic, filters, kind, endpoint, headers, channel["payload"], str(content), beat, timeout or DEFAULT_TIMEOUT,
        min(most or DEFAULT_AT_ONCE, MOST_AT_ONCE), ends_at,
    )  # fmt: skip


def shown(resource: dict[str, Any]) -> dict[str, Any]:
    """The same without what opens the subscriber's own door."""
    channel = dict(resource["channel"])
    if "header" in channel:
        channel["header"] = [f"{one.partition(':')[0]}: {HIDDEN}" for one in channel["header"]]
    return resource | {"channel": channel}


def queries(filters: Sequence[str]) -> dict[str, list[records.Query]]:
    """Kind -> what a focus of it must fit, all of it. Raises Invalid, Unsupported."""
    found: dict[str, list[records.Query]] = {}
    for text in filters:
        kind, _, query = text.partition("?")
        found.setdefault(kind, []).append(records.parse_filter(kind, parse_qsl(query, keep_blank_values=True)))
    return found


def _filters_fault(topic: Topic, filters: Sequence[str]) -> str:
    """What is wrong with filters; empty where nothing is."""
    if len(filters) > MOST_FILTERS:
        return f"at most {MOST_FILTERS} filters"
    for text in filters:
        kind, mark, query = text.partition("?")
        names = [name for name, _ in parse_qsl(query, keep_blank_values=True)]
        if kind not in topic.focus or not mark or not names:
            return f"write a search of {' or '.join(topic.focus)}, such as {topic.focus[0]}?{topic.filters[0]}=..."
        if len(text) > 500 or not set(names) <= set(topic.filters):
            return f"this topic is filtered by {', '.join(topic.filters)}"
    try:
        queries(filters)
    except kernel.Failure as failure:
        return failure.text("en")
    return ""


def _headers(given: Sequence[str], fault: Any) -> list[tuple[str, str]]:
    if len(given) > MOST_HEADERS or sum(map(len, given)) > LARGEST_HEADERS:
        fault("channel.header", f"at most {MOST_HEADERS} headers of {LARGEST_HEADERS} characters together")
        return []
    found = []
    for place, one in enumerate(given):
        parts = _HEADER.fullmatch(one)
        name = parts[1].lower() if parts else ""
        if parts is None or name in _OURS or name.startswith("webhook-"):
            fault(f"channel.header[{place}]", "write Name: value in ASCII; names that say what we send are ours")
        elif parts[2] == HIDDEN:
            fault(f"channel.header[{place}]", f"{HIDDEN} stands for a value that is kept; none is")
        else:
            found.append((parts[1], parts[2]))
    return found


def _restore(channel: dict[str, Any], before: dict[str, Any] | None) -> None:
    """Fill in the values of headers that came back as they were shown, if they go where they went before."""
    if before is None or before["channel"].get("endpoint") != channel.get("endpoint"):
        return  # to another place they would give away what the client itself may not know any more
    kept = {one.partition(":")[0].lower(): one for one in before["channel"].get("header", ())}
    if "header" in channel:
        channel["header"] = [
            kept.get(one.partition(":")[0].lower(), one) if one.endswith(f": {HIDDEN}") else one
            for one in channel["header"]
        ]


def _values(element: Any, name: str, member: str) -> list[Any]:
    """The values of an extension of the guide."""
    extensions = element.get("extension", ()) if isinstance(element, dict) else ()
    return [one[member] for one in extensions if one.get("url") == IG + name and member in one]


def _number(channel: dict[str, Any], name: str, member: str, least: int, most: int, fault: Any) -> int | None:
    found = next(iter(_values(channel, name, member)), None)
    if found is not None and not least <= found <= most:
        fault("channel.extension", f"{name} must be from {least} to {most}")
        return None
    return found
