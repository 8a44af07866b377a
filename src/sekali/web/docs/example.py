"""The examples of the documentation: data, from which ``code`` writes every language. A test runs all that is shown."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One request and what comes back. ``{name}`` in a text stands for a value: one kept before, or a setting's.

    :ivar id: also the name of the answer in the code.
    :ivar url: below the server's address, or whole where it begins with a kept value.
    :ivar type: the Content-Type of ``body``.
    :ivar keep: name -> where in the answer; later examples use it.
    :ivar show: where in the answer something stands that is worth printing.
    """

    id: str
    method: str
    url: str
    status: int
    anonymous: bool = False
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    form: Mapping[str, str] = {}
    type: str = "application/fhir+json"
    body: Any = None
    keep: Mapping[str, Sequence[str | int]] = {}
    show: Sequence[str | int] = ()

    def sent_headers(self) -> dict[str, str]:
        """All headers that the code must name."""
        token = {} if self.anonymous else {"Authorization": "Bearer {token}"}
        return token | ({"Content-Type": self.type} if self.body is not None else {}) | dict(self.headers)

    def address(self) -> str:
        """The URL, with the server's address."""
        return self.url if self.url.startswith("{") else "{base}" + self.url


@cache
def examples() -> dict[str, Example]:
    """All of them by id, in the order in which they can be run."""
    found = json.loads((Path(__file__).parent / "examples.json").read_text(encoding="utf-8"))
    return {one["id"]: msgspec.convert(one, Example) for one in found}
