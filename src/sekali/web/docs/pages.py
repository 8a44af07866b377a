"""The two pages. https://hl7.org/fhir/R4/http.html is what the examples speak."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sekali import kernel, security

from ..frame import render
from ..routing import PUBLIC, Sandbox, page
from .code import LANGUAGES, filled
from .example import Example, examples

ELSEWHERE = Sandbox("CLIENT_ID", "CLIENT_SECRET", "RS")
"""Where it is not: whoever reads has their own."""


@dataclass(frozen=True, slots=True)
class Block:
    """One example in one language."""

    language: str
    code: str


async def documentation(request: Request) -> Response:
    """How to use the exchange, with examples that run as they stand."""
    doors = request.state.doors
    sandbox = doors.sandbox or ELSEWHERE
    settings = {
        "client": sandbox.client, "client_secret": sandbox.secret, "hospital": sandbox.hospital,
        "endpoint": "http://127.0.0.1:8099/" if doors.sandbox else "https://ENDPOINT/",
    }  # fmt: skip
    base = f"{request.url.scheme}://{request.url.netloc}"
    return render(
        request, "docs/docs.html", base=base, languages={key: one.name for key, one in LANGUAGES.items()},
        begin=[Block(key, one.begin(base)) for key, one in LANGUAGES.items()],
        examples={id: (one, _blocks(one, settings)) for id, one in examples().items()}, sandbox=doors.sandbox,
        receiver=_receiver(),
    )  # fmt: skip


@cache
def _receiver() -> str:
    """The program that the page shows: an endpoint that verifies what it is sent."""
    return (Path(__file__).parent / "receiver.py").read_text(encoding="utf-8").strip()


def _blocks(one: Example, settings: Mapping[str, str]) -> list[Block]:
    """An example in every language."""
    given: dict[str, Any] = filled(msgspec.to_builtins(one), settings)
    example = msgspec.convert(given, Example)
    return [Block(key, language.write(example)) for key, language in LANGUAGES.items()]


async def requests(request: Request) -> Response:
    """What the systems of one's own organization asked lately; with ``?hanya=gagal`` only what was refused."""
    actor: security.Actor = request.state.actor
    if actor.facility is None:
        raise kernel.Forbidden("This account belongs to no facility, so it has no system of its own.")
    found = await request.state.doors.requests(actor.facility)
    refused = [one for one in found if one.status >= 400]
    only = request.query_params.get("hanya") == "gagal"
    return render(
        request, "docs/requests.html", lines=refused if only else found, only=only, refused=len(refused), all=len(found)
    )


PAGES = (
    page("/docs", documentation, PUBLIC),
    page("/docs/permintaan", requests, {security.Role.INTEGRATOR}),
)
