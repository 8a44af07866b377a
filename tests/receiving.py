"""A subscriber's own endpoint: a real HTTP server that keeps what it is sent and answers what a test wants."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GUIDE = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
TOPIC = "urn:sekali:topic:"


@dataclass(frozen=True)
class Message:
    """One POST that came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def bundle(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def kind(self) -> str:
        return said(self.bundle)["type"]

    @property
    def numbers(self) -> list[int]:
        return [one["number"] for one in told(self.bundle)]


def said(bundle: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a message's status that have one value, by name."""
    status = bundle["entry"][0]["resource"]
    assert bundle["type"] == "history" and status["resourceType"] == "Parameters"
    found = {}
    for one in status["parameter"]:
        values = [value for name, value in one.items() if name.startswith("value")]
        if values:
            found[one["name"]] = values[0]
    return found


def told(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of a message: number, focus and context as Type/id."""
    events = []
    for one in bundle["entry"][0]["resource"]["parameter"]:
        if one["name"] != "notification-event":
            continue
        parts = [(part["name"], next(v for n, v in part.items() if n.startswith("value"))) for part in one["part"]]
        named = dict(parts)
        events.append({
            "number": int(named["event-number"]), "at": named["timestamp"],
            "focus": named.get("focus", {}).get("reference"),
            "context": [value["reference"] for name, value in parts if name == "additional-context"],
        })  # fmt: skip
    return events


@dataclass
class Receiver:
    """``answers``: statuses for the next messages; when there is none left, 200."""

    url: str
    messages: list[Message] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    came: threading.Condition = field(default_factory=threading.Condition)

    def take(self, message: Message) -> int:
        with self.came:
            self.messages.append(message)
            self.came.notify_all()
            return self.answers.pop(0) if self.answers else 200

    @property
    def events(self) -> list[Message]:
        return [one for one in self.messages if one.kind == "event-notification"]

    @property
    def numbers(self) -> list[int]:
        return [number for message in self.events for number in message.numbers]

    def wait(self, ready, seconds: float = 60) -> None:
        """Until ``ready()``, looked at after each message; a message that never comes fails the test."""
        with self.came:
            assert self.came.wait_for(ready, seconds), [(one.kind, one.numbers) for one in self.messages]


@contextmanager
def receiver(port: int = 0) -> Iterator[Receiver]:
    """A receiver on this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = found.take(Message(self.path, headers, body))
            self.send_response(status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    found = Receiver(f"http://127.0.0.1:{server.server_port}/fhir?rahasia=1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


def subscription(topic: str, endpoint: str = "", content: str = "id-only", *filters: str, **channel: int) -> dict:
    """A Subscription by POST to ``endpoint``; without one by websocket. ``channel``: extensions of the guide."""
    kinds = {"heartbeat_period": "valueUnsignedInt", "timeout": "valueUnsignedInt", "max_count": "valuePositiveInt"}
    extensions = [
        {"url": f"{GUIDE}backport-{name.replace('_', '-')}", kinds[name]: value} for name, value in channel.items()
    ]
    resource = {
        "resourceType": "Subscription",
        "meta": {"profile": [f"{GUIDE}backport-subscription"]},
        "status": "requested",
        "reason": "Uji",
        "criteria": TOPIC + topic,
        "channel": {
            "type": "rest-hook" if endpoint else "websocket",
            "payload": "application/fhir+json",
            "_payload": {"extension": [{"url": f"{GUIDE}backport-payload-content", "valueCode": content}]},
        },
    }
    if endpoint:
        resource["channel"]["endpoint"] = endpoint
    if extensions:
        resource["channel"]["extension"] = extensions
    if filters:
        url = f"{GUIDE}backport-filter-criteria"
        resource["_criteria"] = {"extension": [{"url": url, "valueString": one} for one in filters]}
    return resource
