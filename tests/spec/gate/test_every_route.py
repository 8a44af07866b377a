"""Every route, whoever asks and whatever is sent: a clear answer, never a fault of ours, never a thing that a browser may misuse.

``FUZZ_SECONDS=3600 FUZZ_SEED=7 pytest tests/spec/gate/test_every_route.py`` goes on for an hour with another seed.
"""

import os
from time import monotonic

from asking import Fuzz, Request, ask, callers, faults, known_values, table
from starlette.routing import Mount, WebSocketRoute

from sekali import app, kernel

SECONDS = float(os.environ.get("FUZZ_SECONDS", "25"))
SEED = int(os.environ.get("FUZZ_SEED", "2018"))
OPEN = {"rate_address": None, "rate_account": None}


async def test_no_request_at_all_makes_a_fault_of_ours(city) -> None:
    asgi, who = city.asgi, await callers(city)
    known = await known_values(asgi, who)
    assert sum(map(len, known.values())) > 50, "pages link to things"
    known["id"] = known.get("id", []) + [
        str(row["id"]) for row in await city.database.fetch("select id from records.resource order by id limit 20")
    ]
    routes, fuzz, found, asked = table(asgi), Fuzz(SEED, known), {}, 0
    assert len(routes) > 150

    async def one(name: str, path: str, methods: tuple[str, ...], plain: bool) -> None:
        nonlocal asked
        proof = [] if path == "/keluar" else who[name]  # logging out would end that session for all that follows
        request = fuzz.request(name, proof, path, methods, plain)
        try:
            wrong = faults(request, await ask(asgi, request))
        except Exception as error:
            wrong = [f"left as {type(error).__name__}: {kernel.places(error)}"]
        asked += 1
        for words in wrong:
            found.setdefault((path, words), request)

    for path, methods in routes:
        for name in who:
            await one(name, path, methods, True)
    whole, names, until = asked, list(who), monotonic() + SECONDS
    while monotonic() < until:
        path, methods = fuzz.choice(routes)
        await one(fuzz.choice(names), path, methods, False)
    assert asked - whole > 500
    assert not found, f"{asked} requests, seed {SEED}\n" + "\n".join(
        f"{path}: {words}\n    {request}"[:900] for (path, words), request in sorted(found.items())
    )


async def test_behind_tls_every_cookie_is_secure_and_every_answer_asks_for_tls(city, folder) -> None:
    sekali = await app.build(kernel.Settings(data=folder / "data", https=True, **OPEN), city.database)
    form = [(b"host", b"sekali.test"), (b"sec-fetch-site", b"same-origin")]
    for path, body in (
        ("/masuk", b"username=walikota&password=sekali-demo"),
        ("/bahasa", b"lang=en"),
        ("/keluar", b""),
    ):
        headers = [*form, (b"cookie", b"sekali=x")]
        request = Request("somebody", "POST", path, headers=headers, body=body)
        answer = await ask(sekali.asgi, request)
        assert answer.status == 303 and answer.header(b"set-cookie"), path
        assert not faults(request, answer, https=True)
    for path in ("/", "/fhir-r4/v1/metadata", "/static/docs.css", "/fhir-r4/v1/Patient"):
        request = Request("nobody", "GET", path, headers=form)
        assert not faults(request, await ask(sekali.asgi, request), https=True)


async def test_every_route_ends_a_body_without_end(city) -> None:
    """Somebody sends for as long as they are listened to: every route has had enough at some point."""
    limits = {"/bulk/{job}/input": 20_000 << 20, "/fhir-r4/v1/{": 24 << 20, "/fhir-r4/v1": 65 << 20}
    who = await callers(city)
    piece = b"a" * (1 << 20)
    for route in city.asgi.routes:
        if isinstance(route, Mount | WebSocketRoute):
            continue
        for method in sorted((route.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}):
            for name in ("nobody", "sekretariat", "tim.yogya", "a hospital's system"):
                for kind in (
                    b"application/fhir+json",
                    b"application/x-www-form-urlencoded",
                    b"multipart/form-data; boundary=x",
                ):
                    size = await _endless(city.asgi, method, route.path, who[name], kind, piece)
                    limit = next((most for part, most in limits.items() if part in route.path), 24 << 20)
                    assert size <= limit, f"{method} {route.path} as {name} read {size >> 20} MB of {kind!r}"


async def _endless(asgi, method: str, path: str, proof, kind: bytes, piece: bytes) -> int:
    """How many bytes a route reads of a body that goes on; 80 MB are counted as for ever."""
    size, sent = 0, []

    async def receive():
        nonlocal size
        size += len(piece)
        head = (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
            if size == len(piece)
            else b""
        )
        return {"type": "http.request", "body": head + piece, "more_body": size < (80 << 20)}

    async def send(message):
        sent.append(message)

    headers = [(b"host", b"sekali.test"), (b"sec-fetch-site", b"same-origin"), (b"content-type", kind), *proof]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http", "root_path": "",
        "path": path.replace("{type}", "Patient").replace("{id}", "00000001-0000-8000-8000-000000000000"),
        "raw_path": b"", "query_string": b"grant_type=client_credentials", "headers": headers, "client": ("127.0.0.1", 1),
        "server": ("sekali.test", 80),
    }  # fmt: skip
    await asgi(scope, receive, send)
    assert sent[0]["status"] < 500, f"{method} {path}: {sent[0]['status']}"
    return size
