"""Requests as anybody could send them, byte for byte, to the joined program; and what every answer has to be like."""

import json
import random
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_from_bytes

from starlette.routing import Mount, Route

from sekali import app, demo, fhir

SOURCE = Path(app.__file__).parent
CANARY = b"<script>alert('kenari')</script>"
REFLECTED = (CANARY, b"<img src=kenari", b'href="javascript:', b'src="javascript:', b'action="javascript:')
Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Request:
    """One request; ``who`` is only for whoever reads of a failure."""

    who: str
    method: str
    path: str
    query: bytes = b""
    headers: Headers = field(default_factory=list)
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Headers
    body: bytes

    def header(self, name: bytes) -> bytes:
        return b", ".join(value for one, value in self.headers if one.lower() == name)


async def ask(asgi, request: Request, address: str = "127.0.0.1") -> Answer:
    """Whatever leaves the program as an exception fails the test."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": request.method, "scheme": "http",
        "path": request.path, "raw_path": request.path.encode("utf-8", "surrogateescape"), "root_path": "",
        "query_string": request.query, "headers": request.headers, "client": (address, 1), "server": ("sekali.test", 80),
    }  # fmt: skip
    sent, pieces = [], [{"type": "http.request", "body": request.body, "more_body": False}]

    async def receive():
        return pieces.pop() if pieces else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    await asgi(scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    body = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    return Answer(start["status"], [(bytes(n), bytes(v)) for n, v in start["headers"]], body)


def faults(request: Request, answer: Answer, https: bool = False, home: str = "http://sekali.test") -> list[str]:
    """What is wrong with an answer, whatever was asked. ``home``: where it may lead to."""
    found = []

    def require(holds: bool, words: str) -> None:
        if not holds:
            found.append(words)

    kind = answer.header(b"content-type").partition(b";")[0]
    asked_to_wait = answer.status == 503 and answer.header(b"retry-after")
    require(answer.status < 500 or bool(asked_to_wait), f"status {answer.status}")
    for mark in (b"Traceback (most", b"asyncpg", b"site-packages", b"SELECT ", b"psql"):
        require(mark not in answer.body or request.path.startswith("/docs"), f"{mark!r} in the answer")
    for name, value in answer.headers:
        require(not re.search(rb"[\r\n\0]", name + value), f"a line break in {name!r}")
    if request.path.startswith(("/fhir-r4", "/oauth2")):
        require(kind in (b"", b"application/fhir+json", b"application/fhir+xml", b"application/fhir+ndjson",
                         b"application/json", b"application/ndjson"), f"{kind!r} at the FHIR door")  # fmt: skip
        require(bool(kind) or not answer.body, "a body of no kind")
    if kind == b"text/html":
        for mark in REFLECTED:
            require(mark not in answer.body, f"{mark!r} comes back in a page")
    require(answer.header(b"x-content-type-options") == b"nosniff", "no nosniff")
    require(b"default-src 'none'" in answer.header(b"content-security-policy"), "no content security policy")
    require(b"unsafe" not in answer.header(b"content-security-policy"), "an unsafe content security policy")
    require(b"frame-ancestors 'none'" in answer.header(b"content-security-policy"), "may be framed")
    require(answer.header(b"referrer-policy") == b"no-referrer", "a referrer leaks")
    require(
        bool(answer.header(b"strict-transport-security")) == https, "HSTS where there is no TLS, or none where there is"
    )
    if not request.path.startswith("/static/") and not _public_file(request.path):
        require(b"no-store" in answer.header(b"cache-control"), f"may be kept: {answer.header(b'cache-control')!r}")
    for name, value in answer.headers:
        if name.lower() == b"set-cookie":
            flags = {part.strip().lower().partition(b"=")[0] for part in value.split(b";")[1:]}
            require({b"httponly", b"samesite", b"path"} <= flags, f"a cookie without its flags: {flags}")
            require((b"secure" in flags) == https, "a cookie that travels in the clear")
    to = answer.header(b"location")
    require(
        not to or re.match(rb"/(?![/\\])|" + re.escape(home.encode()) + rb"(/|$)", to) is not None,
        f"leads away: {to!r}",
    )
    return found


def _public_file(path: str) -> bool:
    """The movement's open data and the tablet's script are for everybody, and may be kept."""
    return path.startswith("/gerakan/") or path == "/penilai/luring.js"


def table(asgi) -> list[tuple[str, tuple[str, ...]]]:
    """Every route that answers over HTTP: its path, and its methods."""
    found = [
        (route.path, tuple(sorted(route.methods or {"OPTIONS"}))) for route in asgi.routes if isinstance(route, Route)
    ]
    return found + [(f"{mount.path}/{{file}}", ("GET",)) for mount in asgi.routes if isinstance(mount, Mount)]


def field_names() -> list[str]:
    """What forms and handlers call their fields."""
    found = set()
    for path in [*SOURCE.rglob("web/**/*.html"), *SOURCE.rglob("web/**/*.py")]:
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'name="(\w[\w.]*)"', text)) | set(
            re.findall(r'(?:form|typed|params)\.get\("(\w+)"', text)
        )
    return sorted(found)


PARAMETERS = sorted(
    {"_id", "_count", "_sort", "_include", "_revinclude", "_has:Observation:patient:code", "_elements", "_summary", "_total",
     "_lastUpdated", "_format", "_pretty", "_contained", "_type", "_since", "_outputFormat", "_cursor", "identifier", "name",
     "name:exact", "subject", "patient", "patient.name", "subject:Patient.name", "code", "code:in", "code:below", "date",
     "value-quantity", "near", "birthdate", "status", "grant_type", "identifier:of-type", "_query", "_text", "_at", "url",
     "ke", "q", "page", "scan"}
)  # fmt: skip

JUNK = [
    "", " ", "0", "-1", "1", "99999999999999999999", "1e400", "NaN", "\0", "\r\nSet-Cookie: kenari=1", "%0d%0aX: y", "%", "%zz",
    "'", "' or 1=1--", '"; drop table x', CANARY.decode(), "\"><img src=kenari onerror=a>", "javascript:kenari", "//evil.test",
    "https://evil.test/", "\\\\evil.test", "../../etc/passwd", "..%2f..%2fetc", "{{7*7}}", "${7*7}", "%(x)s", "{0}",
    "a" * 5000,
    "\u202e\u0000\ud7ff", "é", "日本", "\U0001f600", "2026-02-30", "2026-13", "0001-01-01", "9999-12-31T23:59:59+14:00", "ge",
    "ge2026", "eq", "|", "a|b|c", "http://a|", ",,,,", "$", "\\,", "Patient/", "Patient/1", "Patient?name=x", "urn:uuid:x",
    "true",
    "null", "[]", "00000000-0000-0000-0000-000000000000", "9901014503901234", "SEKALI:ABCD", "2026", "1.5.3", "(1,2)", "::1",
]  # fmt: skip

HEADERS: list[tuple[bytes, list[bytes]]] = [
    (b"accept", [b"*/*", b"application/fhir+xml", b"text/html", b"application/fhir+ndjson", b"x/y;q=z", b"\xff", b"," * 300]),
    (b"accept-language", [b"en", b"id", b"\xff\xfe", b"xx;q=9", b"," * 500]),
    (b"accept-encoding", [b"gzip", b"br", b"zstd", b"*;q=0", b"identity;q=0", b"gzip;q=x"]),
    (b"content-type", [b"application/fhir+json", b"application/json", b"application/fhir+xml", b"text/plain",
                       b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x", b"multipart/form-data", b"\xff",
                       b"application/json-patch+json", b"application/fhir+ndjson", b"application/fhir+json; charset=utf-7"]),
    (b"content-encoding", [b"gzip", b"br", b"zstd", b"deflate", b"gzip, gzip", b"x"]),
    (b"content-length", [b"0", b"-1", b"99999999999999999999", b"x", b"1"]),
    (b"if-match", [b'W/"1"', b"*", b"x", b'W/"99999999999999999999"', b"\xff"]),
    (b"if-none-match", [b'W/"1"', b"*", b"\xff"]), (b"if-none-exist", [b"identifier=x|y", b"", b"%", b"name=\xff"]),
    (b"if-modified-since", [b"x", b"Mon, 01 Jan 0001 00:00:00 GMT", b"\xff"]),
    (b"prefer", [b"return=minimal", b"handling=lenient", b"respond-async", b"return=x", b"\xff"]),
    (b"range", [b"bytes=0-1", b"bytes=-1", b"bytes=5-1", b"bytes=x", b"bytes=0-,1-,2-,3-", b"bytes=99999999999999999999-"]),
    (b"cookie", [b"lang=en", b"lang=\xff", b"sekali=x", b"sekali=\xff; lang=id", b";;;=", b"sekali=" + b"a" * 4000]),
    (b"origin", [b"null", b"http://sekali.test", b"https://evil.test", b"\xff"]),
    (b"sec-fetch-site", [b"same-origin", b"cross-site", b"none", b"\xff"]),
    (b"host", [b"evil.test", b"", b"sekali.test:99999", b"a b", b"\xff", b"[::1"]),
    (b"x-forwarded-for", [b"10.0.0.1", b"x", b"\xff"]), (b"x-forwarded-proto", [b"https", b"javascript"]),
    (b"authorization", [b"Bearer", b"Bearer x", b"Basic eDp5", b"\xff", b"Bearer " + b"a" * 5000]),
    (b"expect", [b"100-continue"]), (b"upgrade", [b"websocket"]), (b"transfer-encoding", [b"chunked"]),
]  # fmt: skip


KINDS = ["Patient", "Observation", "Task", "Bundle", "Parameters", "Subscription", "Condition", "Encounter", "Group"]
MEMBERS = [
    "identifier", "name", "subject", "code", "entry", "parameter", "channel", "criteria", "birthDate", "type", "id", "meta",
    "extension", "contained", "input", "valueQuantity", "value",
]  # fmt: skip
PARTS = [
    "system", "value", "reference", "coding", "code", "resource", "request", "method", "url", "fullUrl", "name", "part", "path",
    "type", "endpoint", "payload", "header", "text", "family", "id", "resourceType", "valueUri", "inputSource",
]  # fmt: skip
BROKEN = [
    b"", b"{", b"null", b"[]", b'"x"', b"7", b"[" * 5000, b'{"a":' * 3000, b"\xff\xfe", b"\x1f\x8b\x08",
    b'{"resourceType":"Patient","resourceType":7}', b'{"resourceType":"Patient","id":"\\ud800"}',
    b"<Patient xmlns='http://hl7.org/fhir'/>", b'[{"op":"add","path":"/x","value":1}]',
    b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    b'{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Patient?_count=\\u0000"}}]}',
]  # fmt: skip


class Fuzz:
    """Makes requests from a seed.

    :param known: values that stand in the place of a path's parameter, as pages link to them.
    """

    def __init__(self, seed: int, known: dict[str, list[str]]) -> None:
        self._random = random.Random(seed)  # noqa: S311 - to be made again from its seed
        self._known = known
        self._fields = field_names()

    def choice(self, of: list):
        """One of them."""
        return self._random.choice(of)

    def request(self, who: str, proof: Headers, path: str, methods: tuple[str, ...], plain: bool = False) -> Request:
        """A request to a route. ``plain``: its own method, known values, and nothing strange in the headers."""
        r = self._random
        filled = re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: self._value(found[1], plain), path)
        method = r.choice(methods) if plain or r.random() < 0.8 else r.choice(
            ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "CONNECT", "get"]
        )  # fmt: skip
        headers = [(b"host", b"sekali.test"), *proof]
        if method not in ("GET", "HEAD") and (plain or r.random() < 0.9):
            headers.append((b"sec-fetch-site", b"same-origin"))
        if not plain and path.startswith(("/masuk", "/keluar")) and r.random() < 0.5:
            headers = headers[:1]
        body = self._body(path, headers) if method not in ("GET", "HEAD") else b""
        for _ in range(0 if plain else r.choice([0, 0, 1, 1, 2, 3])):
            name, values = r.choice(HEADERS)
            headers = [one for one in headers if one[0] != name or r.random() < 0.1] + [(name, r.choice(values))]
        return Request(who, method, filled, self._query(plain), headers, body)

    def _value(self, name: str, plain: bool) -> str:
        r = self._random
        if name == "type" and (plain or r.random() < 0.8):
            return r.choice(["Patient", "Observation", "Encounter", "Task", "Bundle", "Subscription", "AuditEvent"]
                            if r.random() < 0.5 else sorted(fhir.TYPES))  # fmt: skip
        if self._known.get(name) and (plain or r.random() < 0.6):
            return r.choice(self._known[name])
        if plain or r.random() < 0.3:
            return "00000001-0000-8000-8000-000000000000"
        return r.choice(JUNK) if name == "rest" else r.choice(JUNK).replace("/", "")

    def _pairs(self, names: list[str], most: int) -> list[tuple[str, str]]:
        r = self._random
        every = [value for values in self._known.values() for value in values] or [""]
        return [
            (r.choice(names), r.choice(every) if r.random() < 0.3 else r.choice(JUNK)) for _ in range(r.randrange(most))
        ]

    def _query(self, plain: bool) -> bytes:
        if plain or self._random.random() < 0.4:
            return b""
        return self._form(self._pairs(PARAMETERS + self._fields[:20], 4))

    def _form(self, pairs: list[tuple[str, str]]) -> bytes:
        r = self._random
        made = "&".join(
            f"{quote_from_bytes(name.encode())}={quote_from_bytes(value.encode('utf-8', 'surrogatepass'))}"
            for name, value in pairs
        ).encode()
        return made if r.random() < 0.9 else made + r.choice([b"&%ff=%fe", b"&&=&", b"%", b";", b"\xff\xfe", b"&a=%00"])

    def _body(self, path: str, headers: Headers) -> bytes:
        r = self._random
        if path.startswith("/fhir-r4"):
            kind = "application/x-www-form-urlencoded" if path.endswith("_search") else "application/fhir+json"
            headers.append((b"content-type", kind.encode()))
            if path.endswith("_search"):
                return self._form(self._pairs(PARAMETERS, 4))
            return r.choice([self._resource, self._broken])()
        if r.random() < 0.2:
            headers.append((b"content-type", b"multipart/form-data; boundary=x"))
            return self._multipart()
        headers.append((b"content-type", b"application/x-www-form-urlencoded"))
        return self._form(self._pairs(self._fields, 12))

    def _multipart(self) -> bytes:
        parts = []
        for name, value in self._pairs([*self._fields, "file"], 6):
            file = self._random.choice(["", "; filename=a.pdf"])
            parts.append(f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{value}\r\n')
        end = self._random.choice(["--x--\r\n", "--x", "", "--y--"])
        return ("".join(parts) + end).encode("utf-8", "surrogatepass")

    def _resource(self) -> bytes:
        r = self._random
        one: dict = {"resourceType": r.choice(KINDS), "status": r.choice(["active", "final", "requested", "off", 7])}
        for name in MEMBERS:
            if r.random() < 0.35:
                one[name] = self._thing(3)
        return json.dumps(one).encode("utf-8", "surrogatepass")

    def _thing(self, depth: int):
        r = self._random
        if depth == 0 or r.random() < 0.3:
            return r.choice([None, True, 0, -1, 1e308, 10**30, *JUNK[:40], f"Patient/{self._value('id', True)}"])
        if r.random() < 0.4:
            return [self._thing(depth - 1) for _ in range(r.randrange(3))]
        return {r.choice(PARTS): self._thing(depth - 1) for _ in range(r.randrange(1, 4))}

    def _broken(self) -> bytes:
        return self._random.choice([*BROKEN, self._random.randbytes(self._random.randrange(200))])


def proof_of(token: str) -> Headers:
    return [(b"authorization", b"Bearer " + token.encode())]


async def callers(sekali: app.Sekali) -> dict[str, Headers]:
    """Nobody; one of each role of the demo city; a hospital's system; the operator's."""
    found: dict[str, Headers] = {"nobody": []}
    seen = set()
    for login in demo.logins():
        if login.role not in seen:
            seen.add(login.role)
            token = await sekali.doorkeeper.log_in(login.username, demo.PASSWORD, "127.0.0.1")
            found[login.username] = [(b"cookie", b"sekali=" + token.encode())]
    client, secret, _ = demo.CLIENTS[0]
    found["a hospital's system"] = proof_of((await sekali.doorkeeper.token(client, secret)).value)
    async with sekali.database.transaction() as tx:
        await sekali.doorkeeper.add_operator(tx, "operator", "secret-of-the-operator")
    found["the operator"] = proof_of((await sekali.doorkeeper.token("operator", "secret-of-the-operator")).value)
    return found


async def known_values(asgi, who: dict[str, Headers], most: int = 250) -> dict[str, list[str]]:
    """Values of the paths' parameters that pages link to: each role follows its links for a while."""
    routes = [route for route in asgi.routes if isinstance(route, Route)]
    found: dict[str, set[str]] = {}
    for name, proof in who.items():
        ahead, seen = (
            [
                "/",
                "/loket",
                "/dokter",
                "/rujukan",
                "/warga",
                "/sekretariat",
                "/gerakan",
                "/tim",
                "/penilai",
                "/pendamping",
            ],
            set(),
        )
        while ahead and len(seen) < most // 10:
            path = ahead.pop(0)
            seen.add(path)
            answer = await ask(asgi, Request(name, "GET", path, headers=[(b"host", b"sekali.test"), *proof]))
            for link in re.findall(rb'(?:href|action)="(/[^"?#]*)', answer.body):
                to = link.decode()
                for route in routes:
                    if (match := route.path_regex.match(to)) and "rest" not in match.groupdict():
                        for key, value in match.groupdict().items():
                            found.setdefault(key, set()).add(value)
                        break
                if to not in seen and to not in ahead and not to.startswith(("/static", "/keluar")):
                    ahead.append(to)
    return {name: sorted(values)[:30] for name, values in found.items()}
